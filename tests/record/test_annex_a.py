"""Annex A: three of its lists become tables, as of one day, and say that they hold latest dates only."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.writer.excel import ExcelWriter

from drawn import table
from extract import filled
from incare.record import ExtractError, read
from incare.record import annex_a_labels as labels
from incare.record.annex_a import lists_as_tables
from incare.record.workbook import read_workbook

# ---- two real layouts ----

LISTS = ("List 8", "List 9", "List 10")


def rows_in_sheet(path: Path, name: str) -> pd.DataFrame:
    """A sheet as it stands, its first row as heading."""
    rows = list(openpyxl.load_workbook(path, data_only=True)[name].values)
    return pd.DataFrame(rows[1:], columns=[str(cell).strip() for cell in rows[0]]).replace("", None)


def dated(sheet: pd.DataFrame, column: str) -> int:
    return int(sheet[column].notna().sum()) if column in sheet else 0


@pytest.mark.parametrize("name", ["Annex_A.xlsx", "Annex_A_2024_Jan.xlsx"])
@pytest.mark.parametrize("as_at", [None, "2021-03-10"])
def test_every_row_of_the_three_lists_is_in_the_record(shared, name, as_at):
    path = shared / "data" / "ssda903" / "annex_a_liia" / name
    care, leaving, adoption = (rows_in_sheet(path, sheet) for sheet in LISTS)
    asylum = care.filter(like="Unaccompanied").iloc[:, 0].str.contains("Yes")

    record = read(path, area="Testshire", as_at=as_at)

    lines = record.reconciliation
    assert (lines["rows_in"] == lines["used"] + lines["set_aside"]).all()
    rows = {(t, file.rsplit(", sheet ")[-1]): n for t, file, n in lines[["table", "file", "rows_in"]].to_numpy()}
    expected = {
        ("header", "List 8"): len(care),
        ("episodes", "List 8"): len(care),
        ("uasc", "List 8"): int(asylum.sum()),
        ("poc_start", "List 8"): dated(care, "Date Started to be Looked After"),
        ("reviews", "List 8"): dated(care, "Date of Latest Statutory Review"),
        ("visits", "List 8"): dated(care, "Date of Last Social Work Visit"),
        ("health", "List 8"): dated(care, "Date of Last Health Assessment") + dated(care, "Date of Last Dental Check"),
        ("header", "List 9"): len(leaving),
        ("care_leavers", "List 9"): len(leaving),
        ("pathway_plans", "List 9"): dated(leaving, "Latest Pathway Plan Review Date"),
        ("adoption_list", "List 10"): len(adoption),
    }
    assert rows == {key: count for key, count in expected.items() if count}


@pytest.mark.parametrize("name", ["Annex_A.xlsx", "Annex_A_2024_Jan.xlsx"])
def test_who_is_in_care_and_what_care_leavers_do_is_what_the_lists_say(shared, name):
    path = shared / "data" / "ssda903" / "annex_a_liia" / name
    care, leaving, _ = (rows_in_sheet(path, sheet) for sheet in LISTS)

    record = read(path, area="Testshire", as_at="2021-03-10")

    episodes = record.tables["episodes"]
    assert episodes["end"].isna().sum() == care["Date Ceased to be Looked After"].isna().sum()
    placed = care["Placement Type"].str.extract(r"\) (\w+):")[0]
    assert Counter(episodes["place"].astype(str)) == Counter(placed)
    status = care["Child's Legal Status"].str[:2]
    assert Counter(record.tables["episodes"]["ls"].astype(str)) == Counter(status)
    activity = leaving["Activity Status"].str[:2].fillna("")
    leavers = record.tables["care_leavers"]
    assert Counter(leavers["ACTIV"]) == Counter(activity)
    assert set(leavers["ELIGIBILITY"]) == {"FORMER_RELEVANT"}
    assert Counter(leavers["SUITABLE"]) == Counter(
        leaving["Suitability of Accommodation"].notna().map({True: "1", False: ""})
    )
    coded = {"SEX", "ETHNIC", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC", "ELIGIBILITY", "IN_TOUCH", "ACTIV"}
    unread = record.issues["reason"].str.contains("not in the code list|not a valid code")
    assert not (unread & record.issues["column"].isin(coded)).any()


def test_without_an_as_at_date_the_lists_are_as_of_their_latest_date(shared):
    path = shared / "data" / "ssda903" / "annex_a_liia" / "Annex_A.xlsx"
    sheets = [rows_in_sheet(path, name) for name in LISTS]
    dates = pd.concat([s[c] for s in sheets for c in s if "Date" in c and c != "Date of Birth"]).dropna()
    latest = max(date for date in dates if isinstance(date, dt.datetime))

    record = read(path, area="Testshire")

    assert record.as_at == np.datetime64(latest.date())
    assert record.covers[1] == record.as_at
    assert set(record.tables["care_leavers"]["SNAPSHOT_DATE"]) == {pd.Timestamp(latest)}
    words = f"read as of {latest.day} {latest:%B %Y}, their latest date."
    assert any(words in said for said in record.notices)


# ---- drawn lists ----

CARE = {
    "Child Unique ID": "000001",
    "Gender": "b) Female",
    "Ethnicity": "a) WBRI",
    "Date of Birth": "01/02/2012",
    "Age of Child (Years)": 99.5,
    "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)": "b) No",
    "Date Started to be Looked After": "01/06/2023",
    "Child's Category of Need": "N1 - Abuse or Neglect",
    "Child's Legal Status": "C2: FCO",
    "Date of Latest Statutory Review": "10/01/2025",
    "Date of Last Social Work Visit": "-",
    "Date of Last Health Assessment": "02/12/2024",
    "Date of Last Dental Check": "#N/A",
    "Date Ceased to be Looked After": "",
    "Reason Ceased to be Looked After": "",
    "Start Date of Most Recent Placement": "05/08/2024",
    "Placement Type": "f) U6: Foster placement - not FFA",
    "Placement Provider": "b) PR1 - Own provision",
    "Placement postcode": "ZZ1 1ZZ",
    "URN of Placement": "SC123456",
    "Placement Location": "b) Out",
    "LA of Placement": "Other Town",
    "Allocated Team": "North",
    "Allocated Worker": "W1",
}
LEAVING = {
    "Child Unique ID": "000009",
    "Gender": "a) Male",
    "Ethnicity": "Any other ethnic group",
    "Date of Birth": "01/02/2006",
    "Unaccompanied Asylum Seeking Child (UASC), or formerly UASC if 18 or over (Y/N)": "Y",
    "Allocated Team": "Leaving care",
    "Allocated Worker": "W2",
    "Allocated Personal Advisor": "P1",
    "Eligibility Category": "b) Former relevant child",
    "Latest Pathway Plan Review Date": "03/01/2025",
    "LA in Touch": "a) Yes",
    "Latest Date of Contact": "20/01/2025",
    "Type of Accommodation": "U: Independent living",
    "Suitability of Accommodation": "b) Unsuitable",
    "Activity Status": "G5: Not in education, employment or training - other",
}
ADOPTION = {
    "Child Unique ID": "000001",
    "Date of Birth": "01/02/2012",
    "Date the Child Entered Care": "01/06/2023",
    "Date of Decision that Child Should be Placed for Adoption": "01/01/2024",
    "Date of Placement Order": "01/02/2024",
    "Date of Matching Child and Prospective Adopters": "01/04/2024",
    "Date Placed for Adoption": "",
    "Date of Adoption Order": "",
    "Date of Decision that Child Should No Longer be Placed for Adoption": "01/12/2024",
    "Reason Why Child No Longer Placed for Adoption": "RD3 - Prospective adopters could not be found",
    "Date the child was placed for fostering in FFA or concurrent planning placement": "01/03/2024",
}


def rows(*children: dict) -> list[list]:
    return [list(children[0]), *(list(child.values()) for child in children)]


def annex(path: Path, saved: str = "2025-02-03", **sheets: list[list]) -> Path:
    """A workbook of lists that says on which day it was last saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        tab = book.create_sheet(name)
        for row in cells:
            tab.append(row)
    book.properties.modified = dt.datetime.fromisoformat(saved)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()
    return path


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "annex a.xlsx"


def tables(path: Path, *, as_at="2025-01-31", present=(), keep=(), **sheets) -> dict[str, pd.DataFrame]:
    """The text tables that drawn lists fill, by name."""
    found, _ = read_workbook(annex(path, **sheets), path.parent)
    parts, _, _ = lists_as_tables(found, as_at=as_at, present=frozenset(present), keep=keep)
    assert all(part.latest_only for part in parts)
    return {part.table.name: part.rows for part in parts}


def only(frame: pd.DataFrame) -> dict[str, str]:
    """The one row of a table, without blanks."""
    assert len(frame) == 1
    return {column: value for column, value in frame.iloc[0].items() if value != "" and column != "_row"}


def test_a_child_in_care_becomes_one_episode_and_a_start_of_care(path):
    found = tables(path, care=rows(CARE))
    assert only(found["episodes"]) == {
        **{"CHILD": "000001", "DECOM": "05/08/2024", "RNE": "P", "LS": "C2", "CIN": "N1", "PLACE": "U6"},
        **{"PLACE_PROVIDER": "PR1", "PL_POST": "ZZ1 1ZZ", "URN": "SC123456", "PL_LOCATION": "OUT"},
    }
    assert only(found["poc_start"]) == {
        **{"CHILD": "000001", "POC_START_DATE": "01/06/2023", "SPELL_START_DATE": "05/08/2024"}
    }
    assert only(found["header"]) == {"CHILD": "000001", "SEX": "F", "DOB": "01/02/2012", "ETHNIC": "WBRI"}
    assert only(found["reviews"]) == {"CHILD": "000001", "DOB": "01/02/2012", "REVIEW": "10/01/2025"}
    assert only(found["health"]) == {
        **{"CHILD": "000001", "CHECK_TYPE": "RHA", "CHECK_DATE": "02/12/2024", "STATUS": "COMPLETED"}
    }
    # No visit, dental check or asylum status stands in the list.
    assert set(found) == {"episodes", "poc_start", "header", "reviews", "health"}


STARTS = """
    started    | placed     | begins     | RNE
    -----------+------------+------------+----
    01/06/2023 | 05/08/2024 | 05/08/2024 | P
    01/06/2023 | 01/06/2023 | 01/06/2023 | S
    01/06/2023 |            | 01/06/2023 | S
    01/06/2023 | 31/05/2023 | 01/06/2023 | S
    01/06/2023 | 2024-08-05 | 2024-08-05 | P
"""


@pytest.mark.parametrize(
    "case", table(STARTS).to_dict("records"), ids=lambda case: f"placed {case['placed'] or 'blank'}"
)
def test_the_episode_begins_with_the_placement_or_with_care_when_that_is_later(path, case):
    child = CARE | {
        "Date Started to be Looked After": case["started"],
        "Start Date of Most Recent Placement": case["placed"],
    }
    episode = only(tables(path, care=rows(child))["episodes"])
    assert (episode["DECOM"], episode["RNE"]) == (case["begins"], case["RNE"])


WHERE = """
    LA of Placement               | Placement Location | PL_LA     | PL_LOCATION
    ------------------------------+--------------------+-----------+------------
    E09000008                     | a) In              | E09000008 | IN
    306                           |                    | 306       |
    WAL - Child placed in Wales   |                    | W92000004 | OUT
    NUK - outside the UK          |                    |           | OUT
    SCO - Child placed in Scotland | a) In             | S92000003 | IN
    CON - confidential            | b) Out             |           | OUT
    Home Town                     | In                 |           | IN
    Home Town                     |                    |           |
"""


def test_a_placement_is_located_by_its_council_code_or_country_and_never_by_a_name(path):
    drawn = table(WHERE)
    given, expected = drawn[["LA of Placement", "Placement Location"]], drawn[["PL_LA", "PL_LOCATION"]]
    children = [CARE | {"Child Unique ID": f"{n:06d}"} | row for n, row in enumerate(given.to_dict("records"))]
    episodes = tables(path, care=rows(*children))["episodes"]
    assert episodes[["PL_LA", "PL_LOCATION"]].to_numpy().tolist() == expected.to_numpy().tolist()
    said = read(path, area="Testshire", as_at="2025-01-31").notices
    assert any("2 cells of the column “LA of Placement” hold a council's name, not its code" in words for words in said)


def test_a_child_who_left_stays_in_the_list_with_the_day_and_the_reason(path):
    left = {"Date Ceased to be Looked After": "24/12/2024", "Reason Ceased to be Looked After": "e) E4A: Returned home"}
    record = read(annex(path, care=rows(CARE | left)), area="Testshire", as_at="2025-01-31")
    episode = record.tables["episodes"].iloc[0]
    assert (str(episode["end"].date()), episode["reason"]) == ("2024-12-24", "E4A")


def test_a_visit_and_asylum_status_are_rows_where_the_list_has_them(path):
    asylum = "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)"
    found = tables(path, care=rows(CARE | {"Date of Last Social Work Visit": "07/01/2025", asylum: "Yes"}))
    assert only(found["visits"]) == {"CHILD": "000001", "VISIT_DATE": "07/01/2025", "SEEN": "Y", "WORKER_ROLE": "SW"}
    assert only(found["uasc"]) == {"CHILD": "000001", "SEX": "F", "DOB": "01/02/2012"}


def test_the_age_column_is_never_read(path):
    born = read(annex(path, care=rows(CARE)), area="Testshire", as_at="2025-01-31").people["born"]
    assert [str(day.date()) for day in born] == ["2012-02-01"]
    assert 99.5 not in tables(path, care=rows(CARE))["header"].to_numpy()


def test_a_care_leaver_becomes_a_row_of_the_snapshot_and_a_pathway_plan(path):
    found = tables(path, leaving=rows(LEAVING))
    assert only(found["care_leavers"]) == {
        **{"CHILD": "000009", "SNAPSHOT_DATE": "2025-01-31", "DOB": "01/02/2006", "ELIGIBILITY": "FORMER_RELEVANT"},
        **{"IN_TOUCH": "YES", "LATEST_CONTACT": "20/01/2025", "ACTIV": "G5", "ACCOM_TYPE": "U", "SUITABLE": "2"},
        **{"PERSONAL_ADVISER": "P1", "UASC": "Y"},
    }
    plan = {"CHILD": "000009", "PLAN_DATE": "03/01/2025", "KIND": "REVIEW", "STATUS": "AUTHORISED"}
    assert only(found["pathway_plans"]) == plan
    assert only(found["header"]) == {"CHILD": "000009", "SEX": "M", "DOB": "01/02/2006", "ETHNIC": "OOTH"}


def test_a_latest_contact_is_no_visit_and_the_record_says_so(path):
    record = read(annex(path, care=rows(CARE), leaving=rows(LEAVING)), area="Testshire", as_at="2025-01-31")
    assert "cl_contacts" not in record.tables
    assert any("does not say which of them were visits" in said for said in record.notices)


def test_the_adoption_list_keeps_its_dates(path):
    assert only(tables(path, adoption=rows(ADOPTION))["adoption_list"]) == {
        **{"CHILD": "000001", "DOB": "01/02/2012", "ENTERED_CARE": "01/06/2023", "DECISION": "01/01/2024"},
        **{"PLACEMENT_ORDER": "01/02/2024", "MATCHED": "01/04/2024", "DECISION_REVERSED": "01/12/2024"},
        **{"REASON_REVERSED": "RD3", "FFA_PLACED": "01/03/2024"},
    }


@pytest.mark.parametrize(("as_at", "sex"), [("2024-03-31", "2"), ("2024-04-01", "F")])
def test_sex_is_written_as_in_the_return_of_that_year(path, as_at, sex):
    assert tables(path, care=rows(CARE), as_at=as_at)["header"]["SEX"].tolist() == [sex]


def test_team_and_worker_are_carried_along_when_asked_for(path):
    assert "TEAM" not in tables(path, care=rows(CARE))["header"]
    asked = tables(path, care=rows(CARE), keep=("team", "Worker", "Allocated Team"))["header"]
    assert asked[["TEAM", "WORKER", "ALLOCATED TEAM"]].to_numpy().tolist() == [["North", "W1", "North"]]
    record = read(annex(path, care=rows(CARE)), area="Testshire", as_at="2025-01-31", keep=["TEAM"])
    assert list(record.people["team"]) == ["North"]


# ---- which sheet is which ----

VARIANTS = {
    "Child Unique ID": "CHILD ID",
    "Date Started to be Looked After": "date  started to be looked-after",
    "Child's Legal Status": "Child’s Legal Status",
    "Start Date of Most Recent Placement": "Start date of latest placement",
    "Date of Last Social Work Visit": "Date of latest social work visit",
    "LA of Placement": "Local Authority of placement",
    "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)": "Unaccompanied Asylum Seeking Child",
}


def test_headings_are_compared_loosely(path):
    renamed = {VARIANTS.get(name, name.upper()): value for name, value in CARE.items()}
    official, loose = (tables(path, care=rows(child)) for child in (CARE, renamed))
    assert official.keys() == loose.keys()
    for name, frame in official.items():
        pd.testing.assert_frame_equal(frame, loose[name])


def test_lists_are_known_by_their_columns_below_a_title_and_in_any_order(path):
    shuffled = [["List of children in care"], [None], *(list(reversed(row)) for row in rows(CARE))]
    found, _ = read_workbook(annex(path, **{"List 9": shuffled}), path.parent)
    parts, _, _ = lists_as_tables(found, as_at="2025-01-31")
    episodes = next(part for part in parts if part.table.name == "episodes")
    assert (episodes.path, episodes.rows["_row"].tolist()) == ("annex a.xlsx, sheet List 9", [4])


def test_a_list_saved_as_csv_is_read_like_a_sheet(tmp_path):
    pd.DataFrame([CARE]).to_csv(tmp_path / "list 8.csv", index=False)
    record = read(tmp_path, area="Testshire", as_at="2025-01-31")
    assert len(record.tables["episodes"]) == 1
    assert set(record.reconciliation["file"]) == {"list 8.csv"}


def test_a_list_that_lacks_one_column_is_refused_with_the_nearest(path):
    child = {name.replace("Date Ceased to be", "Date child ceased being"): value for name, value in CARE.items()}
    with pytest.raises(
        ExtractError, match=r"looks like Annex A list 8 \(children in care\) but lacks the column"
    ) as no:
        read(annex(path, care=rows(child)), area="Testshire", as_at="2025-01-31")
    assert "“Date Ceased to be Looked After” (nearest: DATE CHILD CEASED BEING LOOKED AFTER)" in str(no.value)


def test_two_columns_of_one_meaning_are_refused(path):
    with pytest.raises(ExtractError, match="“GENDER” and “SEX” mean the same"):
        read(annex(path, care=rows(CARE | {"Sex": "F"})), area="Testshire", as_at="2025-01-31")


# ---- codes and labels ----


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("SEX", "a) Male", "M"),
        ("SEX", "2", "F"),
        ("ETHNIC", "A1", "WBRI"),
        ("ETHNIC", "A1 - White British", "WBRI"),
        ("PLACE", "A1", "A1"),
        ("ETHNIC", "s) NOBT", "NOBT"),
        ("LS", "E1: Placement order", "E1"),
        ("LS", "Section 20", "V2"),
        ("CIN", "N1 - Abuse or Neglect", "N1"),
        ("PLACE", "zz) T4: Temporary placement - seven days or less", "T4"),
        ("PLACE", "Foster placement - relative - FFA", "U2"),
        ("PLACE", "Foster placement - relative - not FFA", "U3"),
        ("PLACE", "R4", None),
        ("REC", "k) E47: Special Guardianship Orders - relative/friend", "E47"),
        ("REC", "Special Guardianship Orders – former carer relative/friend", "E45"),
        ("ELIGIBILITY", "Former relevant", "FORMER_RELEVANT"),
        ("ELIGIBILITY", "b)", "FORMER_RELEVANT"),
        ("ELIGIBILITY", "b) Relevant child", "RELEVANT"),
        ("IN_TOUCH", "d) Refu", "REFU"),
        ("IN_TOUCH", "No", "NO"),
        ("ACCOM_TYPE", "U: Independent living", "U"),
        ("ACCOM_TYPE", "b) With parents or relatives", "B"),
        ("ACCOM_TYPE", "U1", None),
        ("ACCOM_TYPE", "B) zoo", "B"),
        ("ACCOM_TYPE", "b) zoo", None),
        ("SUITABLE", "Unsuitable", "2"),
        ("ACTIV", "F2: Full time in education other than higher", "F2"),
        ("UASC", "b) No", "N"),
        ("PL_LOCATION", "a) In", "IN"),
        ("REASON_REVERSED", "RD1 - The child’s needs changed subsequent to the decision", "RD1"),
        ("LS", "E1", "E1"),
        ("ACTIV", "E1", None),
    ],
)
def test_a_cell_is_read_by_its_leading_code_or_its_label_for_its_own_column(column, text, code):
    codes, unknown = labels.codes_of(pd.Series([text, ""]), column)
    assert codes.tolist() == [text if code is None else code, ""]
    assert unknown.tolist() == [code is None, False]


# Eligibility has no codes of its own: those are our words.
@pytest.mark.parametrize("column", sorted(set(labels.LABELS) - {"ELIGIBILITY"}))
def test_every_code_reads_as_itself_and_every_label_as_a_code_of_its_column(column):
    codes = sorted(labels.CODES[column])
    for form in ("{}", "{}: x", "d) {} - x", " {} "):
        read_back, unknown = labels.codes_of(pd.Series([form.format(code) for code in codes]), column)
        assert read_back.tolist() == codes
        assert not unknown.any()
    assert set(labels.LABELS[column].values()) <= set(codes)


def test_a_value_that_nothing_explains_stays_as_it_came_is_flagged_and_counted(path):
    strange = CARE | {"Placement Type": "zoo", "Placement Location": "next door"}
    record = read(annex(path, care=rows(strange)), area="Testshire", as_at="2025-01-31")
    assert {"PLACE", "PL_LOCATION"} <= set(record.issues["column"])
    assert record.tables["episodes"]["placement"].tolist() == ["Not known"]
    said = [words for words in record.notices if "hold no code or label" in words]
    assert [words.partition("“")[2].partition("”")[0] for words in said] == ["Placement Location", "Placement Type"]
    assert not any("zoo" in words or "next door" in words for words in record.notices)


# ---- the day, and other files beside the lists ----


def test_a_date_after_the_day_the_workbook_was_saved_is_a_slip_and_does_not_tell_the_day(path):
    slip = CARE | {"Child Unique ID": "000002", "Date of Latest Statutory Review": "10/01/2035"}
    record = read(annex(path, care=rows(CARE, slip)), area="Testshire")
    assert str(record.as_at) == "2025-01-10"


def test_a_workbook_that_does_not_say_when_it_was_saved_is_as_of_its_latest_date(path):
    slip = CARE | {"Child Unique ID": "000002", "Date of Latest Statutory Review": "10/01/2035"}
    annex(path, care=rows(CARE, slip))
    other = path.with_name("other.xlsx")
    with ZipFile(path) as before, ZipFile(other, "w") as after:
        for entry in set(before.namelist()) - {"docProps/core.xml"}:
            after.writestr(entry, before.read(entry))
    assert str(read(other, area="Testshire").as_at) == "2035-01-10"


def test_lists_without_any_date_need_an_as_at_date(path):
    undated = {name: "" if "Date" in name and name != "Date of Birth" else value for name, value in LEAVING.items()}
    with pytest.raises(ExtractError, match="no date tells of which day the list is"):
        read(annex(path, leaving=rows(undated)), area="Testshire")
    assert tables(path, leaving=rows(undated))["care_leavers"]["SNAPSHOT_DATE"].tolist() == ["2025-01-31"]


def test_of_two_workbooks_with_the_same_list_the_one_with_the_later_date_is_read(tmp_path):
    later = CARE | {"Child Unique ID": "000002", "Date of Latest Statutory Review": "20/01/2025"}
    annex(tmp_path / "a.xlsx", care=rows(later))
    annex(tmp_path / "b.xlsx", care=rows(CARE))
    record = read(tmp_path, area="Testshire", as_at="2025-01-31")
    assert list(record.people["id"]) == ["000002"]
    assert any(said.startswith("b.xlsx, sheet care was left out: a.xlsx, sheet care holds") for said in record.notices)


EPISODES = """
    CHILD  | DECOM      | RNE | LS | PLACE | DEC        | REC
    -------+------------+-----+----+-------+------------+----
    000001 | 01/06/2023 | S   | C2 | U6    |            |
"""


def test_beside_returns_a_list_fills_only_the_tables_they_lack(tmp_path):
    folder = tmp_path / "2024"
    folder.mkdir()
    drawn = {"episodes": table(EPISODES), "header": pd.DataFrame({"CHILD": ["000001"]})}
    for name, frame in drawn.items():
        filled(name, frame).to_csv(folder / f"{name}.csv", index=False)
    annex(tmp_path / "annex.xlsx", care=rows(CARE), leaving=rows(LEAVING))

    record = read(tmp_path, area="Testshire", as_at="2024-03-31")

    files = record.reconciliation.groupby("table")["file"].agg(list).to_dict()
    assert files["episodes"] == ["2024/episodes.csv"]
    assert files["header"] == ["2024/header.csv"]
    assert {"health", "poc_start", "care_leavers", "pathway_plans"} <= set(files)
    assert "reviews" not in files
    assert [str(day) for day in record.covers] == ["2023-04-01", "2024-03-31"]
    assert any("nothing was taken for episodes, header, reviews" in said for said in record.notices)


def test_a_row_of_a_csv_list_with_too_many_cells_is_set_aside_once(tmp_path):
    text = pd.DataFrame([CARE, CARE | {"Child Unique ID": "000002"}]).to_csv(index=False).splitlines()
    (tmp_path / "list.csv").write_text("\n".join([text[0], text[1] + ",more", text[2]]) + "\n")
    record = read(tmp_path, area="Testshire", as_at="2025-01-31")
    assert record.issues.loc[record.issues["rule"] == "F1", ["table", "row"]].to_numpy().tolist() == [["header", 2]]
    lines = record.reconciliation.set_index("table")
    assert (lines.loc["header", ["rows_in", "used"]]).tolist() == [2, 1]
    assert (lines.loc["episodes", ["rows_in", "used"]]).tolist() == [1, 1]
