"""The SSDA903 return as XML: the same figures as from CSV, and a refusal in words where a file cannot be trusted."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from drawn import table
from extract import filled
from incare import sample
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import ExtractError, read
from incare.series import calculate

# The layout of the return: what stands in the child's header, and the groups that repeat.
IN_HEADER = {"uasc": ["DUC"], "oc3": ["IN_TOUCH", "ACTIV", "ACCOM"]}
IN_HEADER["ad1"] = ["DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"]
GROUPS = {"reviews": "AREVIEW", "missing": "AMISSING", "previous_permanence": "PERMANENCE", "oc2": "OC2"}
GROUPS |= {"placed_for_adoption": "AD_PLACED", "sw_episodes": "SWEPISODE"}
TAGS = {"CHILD": "CHILDID", "PLACE": "PL"}
BREAKDOWNS = ("age_band", "sex", "uasc")


def item(column: str, value: str) -> str:
    """One item: an empty element where the cell is blank."""
    tag = TAGS.get(column, column)
    return f"<{tag}>{escape(value)}</{tag}>" if value else f"<{tag} />"


def items(row, columns) -> str:
    return "".join(item(column, row[column]) for column in columns)


def as_xml(tables: dict[str, pd.DataFrame], break_lines: str = "\n") -> str:
    """A return given as tables of text in the XML layout, a line for each element with items."""
    rows = {name: frame.groupby("CHILD") for name, frame in tables.items()}
    stray = {name for name, frame in tables.items() if not frame["CHILD"].isin(tables["header"]["CHILD"]).all()}
    assert not stray, f"{stray} hold children who are not in the header, which XML cannot say"

    def of(name: str, child: str) -> list[dict]:
        known = name in rows and child in rows[name].groups
        return rows[name].get_group(child).to_dict("records") if known else []

    out = ["<?xml version='1.0' encoding='utf-8'?>", "<EXPSSDA903>"]
    for child in tables["header"].to_dict("records"):
        out += ["<CHILD>", "<HEADER>" + items(child, tables["header"].columns)]
        out.append("<UASC>1</UASC>" if of("uasc", child["CHILD"]) else "<UASC />")
        out += [items(row, columns) for name, columns in IN_HEADER.items() for row in of(name, child["CHILD"])]
        for name, group in GROUPS.items():
            for row in of(name, child["CHILD"]):
                columns = [c for c in row if c not in ("CHILD", "DOB") and (row[c] or name != "oc2")]
                out.append(f"<{group}>{items(row, columns)}</{group}>")
        out.append("</HEADER>")
        for row in of("episodes", child["CHILD"]):
            out.append(f"<EPISODE>{items(row, [c for c in row if c != 'CHILD'])}</EPISODE>")
        out.append("</CHILD>")
    return break_lines.join([*out, "</EXPSSDA903>"])


def returns_as_xml(folder: Path, to: Path) -> Path:
    """A copy of an extract with each return's CSV files turned into one XML file."""
    shutil.copytree(folder, to)
    for place in {path.parent for path in to.rglob("episodes.csv")}:
        files = {path.stem: path for path in place.glob("*.csv")}
        frames = {name: pd.read_csv(path, dtype=str, keep_default_na=False) for name, path in files.items()}
        (place / "return.xml").write_text(as_xml(frames), encoding="utf-8")
        for path in files.values():
            path.unlink()
    return to


def all_figures(extract: Path) -> pd.DataFrame:
    record = read(extract, area="Testshire")
    assert (
        record.reconciliation["rows_in"] == record.reconciliation["used"] + record.reconciliation["set_aside"]
    ).all()
    return calculate(catalogue(), record, Periods.of("quarter", "2025-03-31", 2), by=BREAKDOWNS)


def test_the_xml_and_the_csv_files_of_the_same_returns_give_equal_series(tmp_path):
    csv = sample.write(tmp_path / "csv", seed=3, children=40, years=3)[0]
    xml = returns_as_xml(csv, tmp_path / "xml")

    by_csv, by_xml = all_figures(csv), all_figures(xml)

    assert (by_csv["status"] == "ok").sum() > 2000
    assert_frame_equal(by_csv, by_xml)
    lines = [read(folder, area="Testshire").reconciliation for folder in (csv, xml)]
    rows = [found.groupby(["table", "year"])["rows_in"].sum() for found in lines]
    # A CSV file may be a heading and nothing else; XML has no way to write that.
    assert rows[0][rows[0] > 0].to_dict() == rows[1].to_dict()


def test_one_xml_file_alone_gives_the_series_of_its_csv_files(shared, tmp_path):
    csv = shared / "data" / "ssda903" / "westmere" / "2025"
    xml = returns_as_xml(csv, tmp_path / "2025") / "return.xml"

    by_csv = all_figures(csv)

    assert (by_csv["status"] == "ok").sum() > 100
    assert_frame_equal(by_csv, all_figures(xml))


# ---- the layout as another tool writes it ----

GIVEN = {"CHILDID": "CHILD", "PL": "PLACE"}


def independently(path: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of an XML return, gathered from its whole tree and by the names of its groups."""
    found = {name: [] for name in ("header", "episodes", *GROUPS, *IN_HEADER)}
    for child in ElementTree.parse(path).getroot():
        header = child.find("HEADER")
        plain = {GIVEN.get(e.tag, e.tag): (e.text or "").strip() for e in header if not len(e)}
        who = {"CHILD": plain["CHILD"], "DOB": plain["DOB"]}
        found["header"].append(
            {c: plain.get(c, "") for c in ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB")}
        )
        for name, columns in IN_HEADER.items():
            if any(plain.get(column) for column in columns):
                found[name].append(who | {column: plain.get(column, "") for column in columns})
        groups = [(name, e) for name, tag in GROUPS.items() for e in header.findall(tag)]
        for name, element in [*groups, *(("episodes", e) for e in child.findall("EPISODE"))]:
            cells = {GIVEN.get(e.tag, e.tag): (e.text or "").strip() for e in element}
            found[name].append((who if name != "episodes" else {"CHILD": who["CHILD"]}) | cells)
    return {name: rows for name, rows in found.items() if rows}


@pytest.fixture
def fake(shared) -> Path:
    return shared / "data" / "ssda903" / "lac_validator_fake"


def test_another_tools_xml_gives_the_rows_that_stand_in_it(fake):
    expected = independently(fake / "fake_903.xml")

    record = read(fake / "fake_903.xml", area="Testshire")

    lines = record.reconciliation.set_index("table")
    assert lines["rows_in"].to_dict() == {name: len(rows) for name, rows in expected.items()}
    assert (lines["rows_in"] == lines["used"] + lines["set_aside"]).all()
    assert [str(day) for day in record.covers] == ["2017-04-01", "2018-03-31"]


def test_another_tools_xml_gives_the_series_of_the_same_rows_as_csv_files(fake, tmp_path):
    for name, rows in independently(fake / "fake_903.xml").items():
        pd.DataFrame(rows).fillna("").to_csv(tmp_path / f"{name}.csv", index=False)
    uasc = pd.read_csv(tmp_path / "uasc.csv", dtype=str).assign(SEX="")
    uasc.to_csv(tmp_path / "uasc.csv", index=False)

    by_csv, by_xml = (
        calculate(catalogue(), read(place, area="T"), Periods.of("quarter", "2018-03-31", 2), by=BREAKDOWNS)
        for place in (tmp_path, fake / "fake_903.xml")
    )

    assert (by_csv["status"] == "ok").sum() > 100
    assert_frame_equal(by_csv, by_xml)


def test_that_tools_csv_files_are_another_drawing_with_no_child_in_common(fake):
    in_xml = {row["CHILD"] for row in independently(fake / "fake_903.xml")["header"]}
    in_csv = set(pd.read_csv(fake / "header.csv", dtype=str)["CHILD"])
    assert not in_xml & in_csv


# ---- single rules ----

HEADER = """
    CHILD  | SEX | DOB        | ETHNIC
    -------+-----+------------+-------
    000001 | 1   | 01/01/2015 | WBRI
    000002 | 2   | 29/02/2012 | MOTH
"""
EPISODES = """
    CHILD  | DECOM      | RNE | LS | CIN | PLACE | DEC        | REC
    -------+------------+-----+----+-----+-------+------------+----
    000001 | 01/06/2023 | S   | C2 | N1  | U6    |            |
    000002 | 13/06/2023 | S   | V2 | N8  | K2    | 01/12/2023 | E4A
"""


def drawn(**tables: str) -> str:
    frames = {name: table(text) for name, text in ({"header": HEADER, "episodes": EPISODES} | tables).items()}
    return as_xml({name: filled(name, frame) for name, frame in frames.items()})


def record_of(tmp_path: Path, xml: str, name: str = "2024.xml"):
    (tmp_path / name).write_text(xml, encoding="utf-8")
    return read(tmp_path / name, area="Testshire")


def test_a_child_is_uasc_by_the_flag_or_by_the_day_the_status_ended(tmp_path):
    three = HEADER + "    000003 | 1   | 01/01/2008 | BAFR\n"
    xml = drawn(header=three)
    for number, said in (
        ("000001", "<UASC>0</UASC>"),
        ("000002", "<UASC_STATUS>1</UASC_STATUS>"),
        ("000003", "<UASC>0</UASC><DUC>01/02/2024</DUC>"),
    ):
        at = xml.index("<UASC />", xml.index(number))
        xml = xml[:at] + said + xml[at + len("<UASC />") :]
    people = record_of(tmp_path, xml).people.set_index("id")
    assert people["ever_uasc"].to_dict() == {"000001": False, "000002": True, "000003": True}
    assert str(people.loc["000003", "uasc_until"].date()) == "2024-02-01"
    assert pd.isna(people.loc["000002", "uasc_until"])


def test_blank_items_in_the_header_are_no_row_and_a_blank_group_is_a_row_to_set_aside(tmp_path):
    leaver = "<IN_TOUCH /><ACTIV /><ACCOM />"
    xml = drawn().replace("</HEADER>", leaver + "<AREVIEW><REVIEW /><REVIEW_CODE /></AREVIEW></HEADER>", 1)
    xml = xml.replace("</HEADER>\n<EPISODE><DECOM>13", REVIEW + "</HEADER>\n<EPISODE><DECOM>13")
    record = record_of(tmp_path, xml)
    assert "oc3" not in record.tables
    reviews = record.reconciliation.set_index("table").loc["reviews"]
    assert (reviews["rows_in"], reviews["used"], reviews["set_aside"]) == (2, 1, 1)
    assert set(record.issues.loc[record.issues["table"] == "reviews", "rule"]) == {"F2"}


REVIEW = "<AREVIEW><REVIEW>01/07/2023</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>"


def test_items_before_the_childs_id_belong_to_the_child_that_closes_after_them(tmp_path):
    xml = drawn().replace("<CHILD>\n<HEADER>", "<CHILD>\n<HEADER>" + REVIEW)
    held = record_of(tmp_path, xml).tables["reviews"]
    assert sorted(held["child"]) == [0, 1]


def test_a_child_without_a_header_does_not_take_the_id_of_the_one_before(tmp_path):
    stray = f"<CHILD>\n{REVIEW}<EPISODE><DECOM>01/07/2023</DECOM><LS>C2</LS></EPISODE>\n</CHILD>\n"
    record = record_of(tmp_path, drawn().replace("</EXPSSDA903>", stray + "</EXPSSDA903>"))
    assert len(record.tables["episodes"]) == 2
    assert record.issues.loc[record.issues["rule"] == "F2", ["table", "column"]].to_numpy().tolist() == [
        ["episodes", "CHILD"],
        ["reviews", "CHILD"],
    ]


def test_an_item_that_stands_twice_in_one_element_sets_its_row_aside(tmp_path):
    xml = drawn().replace("<DECOM>01/06/2023</DECOM>", "<DECOM>01/06/2023</DECOM><DECOM>02/06/2023</DECOM>")
    record = record_of(tmp_path, xml)
    assert len(record.tables["episodes"]) == 1
    assert record.issues.loc[record.issues["rule"] == "F1", "table"].tolist() == ["episodes"]


@pytest.mark.parametrize(
    ("break_lines", "called", "row"),
    [("\n", "2024.xml, episodes by line", 7), ("", "2024.xml, episodes by element", 1)],
    ids=["in lines", "in one line"],
)
def test_a_row_is_found_by_its_line_or_by_the_number_of_its_element(tmp_path, break_lines, called, row):
    xml = drawn(episodes=EPISODES.replace("01/06/2023", "")).replace("\n", break_lines)
    assert break_lines == "" or xml.splitlines()[row - 1].startswith("<EPISODE><DECOM />")
    record = record_of(tmp_path, xml)
    found = record.issues[record.issues["rule"] == "F2"].iloc[0]
    assert (found["file"], found["row"]) == (called, row)
    assert any("numbered by element" in said for said in record.notices) == (break_lines == "")


def test_local_items_of_the_header_are_carried_along_and_others_named(tmp_path):
    xml = drawn().replace("<UASC />", "<TEAM>North</TEAM><SHOE_SIZE>36</SHOE_SIZE><UASC />")
    (tmp_path / "2024.xml").write_text(xml, encoding="utf-8")
    # Asking for columns that a table has already does not take them from there.
    record = read(tmp_path, area="Testshire", keep=["team", "place", "dob"])
    assert list(record.people["team"]) == ["North", "North"]
    assert list(record.tables["episodes"]["place"]) == ["U6", "K2"]
    assert "Columns that no table has were left unread: SHOE_SIZE." in record.notices


def test_names_in_a_namespace_and_in_small_letters_are_the_same_names(tmp_path):
    xml = drawn().replace("<EXPSSDA903>", '<s:EXPSSDA903 xmlns:s="urn:s">').replace("</EXPSS", "</s:EXPSS")
    xml = xml.replace("<EPISODE>", "<s:episode>").replace("</EPISODE>", "</s:episode>").replace("PL>", "s:pl>")
    xml = xml.replace("</s:pl>", "</s:pl>").replace("</PL", "</s:pl")
    assert list(record_of(tmp_path, xml).tables["episodes"]["place"]) == ["U6", "K2"]


def test_the_same_return_as_csv_and_xml_is_said_and_counted_once(tmp_path):
    frames = {name: filled(name, table(text)) for name, text in (("header", HEADER), ("episodes", EPISODES))}
    folder = tmp_path / "2024"
    folder.mkdir()
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "return.xml").write_text(as_xml(frames), encoding="utf-8")
    record = read(tmp_path, area="Testshire")
    assert len(record.tables["episodes"]) == 2
    assert (
        "The return for the year to 31 March 2024 was given more than once: 2024/episodes.csv; "
        "2024/return.xml, episodes by line. Rows that stand in both are counted once."
    ) in record.notices
    lines = record.reconciliation
    assert lines["rows_in"].sum() == 8
    assert lines["set_aside"].sum() == 4


def test_returns_beside_each_other_are_told_apart_by_the_dates_in_them(tmp_path):
    for name, year in (("a.xml", "2023"), ("b.xml", "2024")):
        (tmp_path / name).write_text(drawn().replace("/2023<", f"/{year}<"), encoding="utf-8")
    lines = read(tmp_path, area="Testshire").reconciliation
    assert sorted(set(zip(lines["file"].str[:5], lines["year"], strict=True))) == [("a.xml", 2024), ("b.xml", 2025)]


def test_xml_of_something_else_is_left_out_and_said(tmp_path):
    (tmp_path / "2024.xml").write_text(drawn(), encoding="utf-8")
    (tmp_path / "census.xml").write_text("<Message><Children><Child><Name>x</Name></Child></Children></Message>")
    (tmp_path / "nothing.xml").write_text("")
    said = read(tmp_path, area="Testshire").notices
    assert "census.xml was left out: it holds no child of an SSDA903 return." in said
    assert "nothing.xml is empty and was left out." in said


ENTITY = '<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY more "&lol;&lol;&lol;">]>'
OUTSIDE = '<!DOCTYPE a SYSTEM "file:///etc/hostname">'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda xml: xml[: len(xml) // 2], r"return\.xml is cut off: it ends in line \d+ before all elements"),
        (lambda xml: xml[: xml.index("</EXPSS")], r"is cut off: it ends in line 15 before"),
        (lambda xml: xml.replace("</RNE>", "</RN>"), r"return\.xml, line 7: this is not well-formed XML"),
        (lambda xml: xml.replace("<RNE>", "<RNE>&"), r"return\.xml, line 7: this is not well-formed XML"),
        (lambda xml: "CHILD,DECOM\n" + xml, r"line 1: this is not well-formed XML"),
        (lambda xml: xml.replace("<EXPSSDA903>", ENTITY + "<EXPSSDA903>"), "declares a document type or entities"),
        (lambda xml: xml.replace("<EXPSSDA903>", OUTSIDE + "<EXPSSDA903>"), "declares a document type or entities"),
        (lambda xml: xml.replace("PL>", "PLACEMENT>"), r"no row of episodes has PLACE \(nearest: PLACEMENT\)"),
        (lambda xml: xml.replace("DECOM>", "DECOMM>"), r"no row of episodes has DECOM \(nearest: DECOMM\)"),
        (lambda xml: xml.replace("CHILDID>", "ID>"), "no row of header has CHILD"),
        (lambda xml: xml.replace("000001", "1.23E+11"), "scientific notation"),
    ],
    ids=["half", "no-end", "mismatch", "ampersand", "text", "entity", "outside", "PL", "DECOM", "id", "1.2E+9"],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(tmp_path, change, said):
    with pytest.raises(ExtractError, match=said) as refusal:
        record_of(tmp_path, change(drawn()), "return.xml")
    assert "return.xml" in str(refusal.value)
    assert "000001" not in str(refusal.value)
    assert "2023" not in str(refusal.value)


def test_the_file_is_read_as_a_stream_and_never_held_as_a_tree(tmp_path):
    from incare.record.xml_return import read_xml

    ids = [f"{number:06d}" for number in range(1500)]
    header = pd.DataFrame({"CHILD": ids, "SEX": "1", "DOB": "01/01/2015", "ETHNIC": "WBRI", "UPN": "", "MOTHER": ""})
    episodes = pd.DataFrame(
        {"CHILD": [i for i in ids for _ in range(4)], "DECOM": "01/06/2023", "RNE": "S", "LS": "C2"}
    )
    episodes = episodes.assign(CIN="N1", PLACE="U6", PLACE_PROVIDER="PR1", DEC="", REC="", HOME_POST="ZZ1 1ZZ")
    path = tmp_path / "2024.xml"
    path.write_text(as_xml({"header": header, "episodes": episodes}), encoding="utf-8")

    def peak(work) -> int:
        tracemalloc.start()
        work()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    read_xml(path, tmp_path)
    assert peak(lambda: read_xml(path, tmp_path)) < peak(lambda: ElementTree.parse(path)) / 2
