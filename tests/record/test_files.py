"""What a file may look like, and the sentence a reader gets when it cannot be used."""

from __future__ import annotations

import pytest

from extract import record_of, write
from incare.record import ExtractError, read

EPISODES = """
    CHILD  | DECOM      | RNE | LS | PLACE | DEC        | REC
    -------+------------+-----+----+-------+------------+----
    000001 | 01/06/2024 | S   | C2 | U6    |            |
    000002 | 13/06/2024 | S   | C2 | K2    | 01/12/2024 | E4A
"""
HEADER = """
    CHILD  | SEX | DOB        | ETHNIC
    -------+-----+------------+-------
    000001 | M   | 01/01/2015 | WBRI
    000002 | F   | 29/02/2012 | MOTH
"""


def rewrite(folder, name, change):
    path = folder / "2025" / f"{name}.csv"
    path.write_bytes(change(path.read_bytes()))
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path, 2025, episodes=EPISODES, header=HEADER)


def stock(folder) -> int:
    record = read(folder, area="Testshire")
    return int(record.tables["episodes"]["end"].isna().sum())


def test_a_table_is_known_by_its_columns_whatever_the_file_is_called(folder):
    (folder / "2025" / "episodes.csv").rename(folder / "2025" / "export (3) final.csv")
    assert stock(folder) == 1


def test_order_and_case_of_columns_do_not_matter(folder):
    def shuffled(data):
        lines = [line.split(",") for line in data.decode().splitlines()]
        return "\n".join(",".join(reversed(line)) for line in lines).replace("CHILD", "Child ").encode()

    assert stock(rewrite(folder, "episodes", shuffled)) == 1


def test_a_byte_order_mark_and_windows_1252_are_read(folder):
    rewrite(folder, "episodes", lambda data: b"\xef\xbb\xbf" + data)
    rewrite(folder, "header", lambda data: data.replace(b"UPN", b"UPN") + b"000003,M,01/01/2016,WBRI,\xe9,,\n")
    record = read(folder, area="Testshire")
    assert any("Windows-1252" in said for said in record.notices)
    assert len(record.people) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.decode().encode("utf-16"), "UTF-16"),
        (lambda data: b"PK\x00\x04" + data, "not a text file"),
        (lambda data: data.replace(b"U6", b'"U6'), "quotation mark"),
        (lambda data: data.rstrip()[:-30], "cut off"),
        (lambda data: data.replace(b"DECOM", b"DECOMM"), r"lacks the column DECOM \(nearest: DECOMM\)"),
        (lambda data: data.replace(b"000001", b"1.23E+11"), "scientific notation"),
        (lambda data: data.replace(b"01/06/2024", b"06/13/2024").replace(b"13/06/2024", b"06/01/2024"), "month first"),
        (lambda data: data.replace(b",URN", b",DECOM"), "two columns called DECOM"),
    ],
    ids=["utf-16", "binary", "open quote", "cut off", "misspelt column", "1.23E+11", "mm/dd", "two alike"],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(folder, change, said):
    with pytest.raises(ExtractError, match=said) as refusal:
        read(rewrite(folder, "episodes", change), area="Testshire")
    assert "episodes.csv" in str(refusal.value)
    assert "000001" not in str(refusal.value)


def test_dates_as_excel_serials_throughout_are_refused_with_what_to_do(tmp_path):
    serials = "\n".join(f"    00000{n} | 4544{n} | S | C2 | U6 | |" for n in range(1, 5))
    with pytest.raises(ExtractError, match="Excel serial numbers; format the column as a date") as refusal:
        record_of(tmp_path, 2025, episodes=EPISODES.rsplit("\n", 2)[0] + "\n" + serials)
    assert "DECOM" in str(refusal.value)
    assert "45441" not in str(refusal.value)


def test_an_extract_without_a_single_readable_start_date_says_why(tmp_path):
    drawn = EPISODES.replace("01/06/2024", "45444").replace("13/06/2024", "45456").replace("01/12/2024", "")
    with pytest.raises(ExtractError, match=r"DECOM.*Excel serial numbers"):
        record_of(tmp_path, 2025, episodes=drawn + "    000003 | 45460 | S | C2 | U6 | |\n", header=HEADER)


def test_a_missing_table_is_named_with_its_columns(folder):
    (folder / "2025" / "header.csv").unlink()
    with pytest.raises(ExtractError, match=r"no header table; what was found: episodes.*CHILD, SEX, DOB, ETHNIC"):
        read(folder, area="Testshire")


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path):
    with pytest.raises(ExtractError, match=r"holds no CSV, XML or Excel \(\.xlsx\) file"):
        read(tmp_path, area="Testshire")
    with pytest.raises(ExtractError, match="was not found"):
        read(tmp_path / "nowhere", area="Testshire")


def test_one_csv_file_is_no_extract_because_header_and_episodes_are_two(folder):
    with pytest.raises(ExtractError, match=r"is one file; an extract is a folder of files, or a single XML return"):
        read(folder / "2025" / "episodes.csv", area="Testshire")


def test_files_of_other_kinds_are_named_and_left_out(folder):
    for name in ("minutes.pdf", "backup.zip", "old.xls", "README.txt", ".DS_Store", "~$return.xlsx"):
        (folder / name).write_bytes(b"\x00")
    said = [words for words in read(folder, area="Testshire").notices if "left out" in words]
    assert said == [
        f"Files of the kinds .pdf, .xls, .zip in {folder.name} were left out; CSV, XML and .xlsx files are read."
    ]


FLAGS = """
    CHILD  | DOB        | SDQ_SCORE | CONVICTED | HEALTH_ASSESSMENT
    -------+------------+-----------+-----------+------------------
    000001 | 01/01/2015 | 12        | TRUE      | False
"""
LEAVERS = """
    CHILD  | SNAPSHOT_DATE | DOB        | ELIGIBILITY | IN_TOUCH | ACTIV | EHCP
    -------+---------------+------------+-------------+----------+-------+-----
    000002 | 31/03/2025    | 29/02/2012 | RELEVANT    | TRUE     | TRUE  | TRUE
"""


def test_a_spreadsheets_true_and_false_become_the_codes_for_yes_and_no_where_a_column_has_them(folder):
    write(folder, 2025, episodes=EPISODES, header=HEADER, oc2=FLAGS, care_leavers=LEAVERS)
    record = read(folder, area="Testshire")
    flags, leaver = record.tables["oc2"].iloc[0], record.tables["care_leavers"].iloc[0]
    assert (flags["CONVICTED"], flags["HEALTH_ASSESSMENT"]) == ("1", "0")
    assert (leaver["EHCP"], leaver["IN_TOUCH"]) == ("Y", "YES")
    # An activity has no code for yes: the cell stays and is flagged.
    assert leaver["ACTIV"] == "TRUE"
    assert ("C6", "ACTIV") in set(zip(record.issues["rule"], record.issues["column"], strict=True))


@pytest.mark.parametrize(
    "address", ["postgresql://amy:secret@host/care", "care.duckdb", "care.DB?schema=dbo", "care.sqlite3", "care.ddb"]
)
def test_a_database_is_told_by_its_address_or_its_ending_and_read_by_its_own_reader(monkeypatch, address):
    from incare.record import database

    assert database.recognises(address)
    asked = []

    def nothing_there(url, keep, *, as_at):
        asked.append((url, keep, as_at))
        return [], [], ""

    monkeypatch.setattr(database, "tables", nothing_there)
    with pytest.raises(ExtractError, match="has no episodes and header table") as refusal:
        read(address, area="Testshire", as_at="2025-03-31", keep=["TEAM"])
    assert asked == [(address, ("TEAM",), "2025-03-31")]
    assert "secret" not in str(refusal.value)


def test_a_file_of_something_else_is_left_out_and_said(folder):
    (folder / "2025" / "rooms.csv").write_text("ROOM,SEATS\nA1,12\n")
    assert any("rooms.csv was left out" in said for said in read(folder, area="Testshire").notices)


@pytest.mark.parametrize("offset", [0, 1], ids=["named by the year it ends in", "named by the year it starts in"])
def test_the_dates_decide_which_year_a_return_is_of(tmp_path, offset):
    write(tmp_path, 2025 - offset, episodes=EPISODES, header=HEADER)
    record = read(tmp_path, area="Testshire")
    assert [str(day) for day in record.covers] == ["2024-04-01", "2025-03-31"]


def test_a_missing_return_between_two_shortens_the_history_and_is_said(tmp_path):
    early = EPISODES.replace("/2024", "/2021")
    write(tmp_path, 2022, episodes=early, header=HEADER)
    write(tmp_path, 2025, episodes=EPISODES, header=HEADER)
    record = read(tmp_path, area="Testshire")
    assert str(record.covers[0]) == "2024-04-01"
    assert any("31 March 2024 is missing" in said for said in record.notices)


def test_identifiers_keep_their_leading_zeros(folder):
    assert list(read(folder, area="Testshire").people["id"]) == ["000001", "000002"]


STACKED = """
    CHILD  | DECOM      | RNE | LS | PLACE | DEC        | REC | YEAR
    -------+------------+-----+----+-------+------------+-----+-----
    000001 | 01/06/2023 | S   | C2 | U6    |            |     | {first}
    000002 | 13/06/2023 | S   | C2 | K2    |            |     | {first}
    000001 | 01/06/2023 | S   | C2 | U6    | 01/12/2024 | E4A | {second}
    000002 | 13/06/2023 | S   | C2 | K2    |            |     | {second}
"""


def test_a_file_that_stacks_returns_says_so_in_a_column_year(tmp_path):
    path = tmp_path / "all"
    write(path, 2025, episodes=STACKED.format(first=2024, second=2025), header=HEADER)
    (path / "2025").rename(path / "returns")
    header = path / "returns" / "header.csv"
    lines = header.read_text().splitlines()
    header.write_text("\n".join([lines[0] + ",YEAR", *(f"{line},2025" for line in lines[1:])]) + "\n")
    record = read(path, area="Testshire")
    assert [str(day) for day in record.covers] == ["2023-04-01", "2025-03-31"]
    assert record.reconciliation.set_index("file").loc["returns/episodes.csv, 2024", "set_aside"] == 2
    assert (
        record.reconciliation["rows_in"] == record.reconciliation["used"] + record.reconciliation["set_aside"]
    ).all()
    assert stock(path) == 1


def test_a_stacked_row_without_a_year_is_refused_by_its_row(tmp_path):
    write(tmp_path, 2025, episodes=STACKED.format(first="", second=2025), header=HEADER)
    with pytest.raises(ExtractError, match="2 rows do not, the first in row 2"):
        read(tmp_path, area="Testshire")
