"""Care leavers: who is in which basis, what is counted, who is set aside, and every choice."""

from __future__ import annotations

import pandas as pd
import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_BIRTH
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
HOME, OTHERS, DEAD = "returned home for six months", "care transferred to another council", "died"
EPISODES = """
    CHILD | DECOM      | RNE | PLACE | DEC        | REC
    ------+------------+-----+-------+------------+----
    other | 01/05/2024 | S   | U6    |            |
"""
OC3 = """
    CHILD | DOB        | IN_TOUCH | ACTIV | ACCOM
    ------+------------+----------+-------+------
"""
LISTED = """
    CHILD | SNAPSHOT_DATE | DOB      | ELIGIBILITY     | IN_TOUCH | ACTIV | ACCOM | LATEST_CONTACT | RESP_LA_TRANSFERRED
    ------+---------------+----------+-----------------+----------+-------+-------+----------------+--------------------
"""
BORN = """
    CHILD | DOB
    ------+-----------
"""


def lines(head: str, *rows: str) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables; births are those of the tables."""
    header = lines(BORN, "other | 01/01/2015")
    return lambda *rows, **tables: record_of(
        tmp_path, 2025, **({"episodes": lines(EPISODES, *rows), "header": header} | tables)
    )


@pytest.fixture
def on_birthdays(of):
    """The record of an OC3 return with young people who turned 20, given as CHILD | IN_TOUCH | ACTIV | ACCOM."""

    def record(*people: str, born="01/06/2004"):
        split = [row.partition("|") for row in people]
        return of(oc3=lines(OC3, *(f"{child} | {born} | {rest}" for child, _, rest in split)))

    return record


@pytest.fixture
def listed(of):
    """The record of a snapshot with former relevant people of 20, given as CHILD | IN_TOUCH | ACTIV | ACCOM."""

    def record(*people: str):
        split = [row.partition("|") for row in people]
        fixed = f"{D} | 01/06/2004 | FORMER_RELEVANT"
        return of(care_leavers=lines(LISTED, *(f"{child} | {fixed} | {rest} | |" for child, _, rest in split)))

    return record


def rows(record, measure, ending=D, **choices):
    """The rows behind a figure, by the person's id."""
    found = rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))
    return found.set_index(record.people["id"].to_numpy()[found["child"]]).sort_index()


def asides(record, measure, ending=D, **choices) -> dict[str, str]:
    """Who is set aside, and why."""
    found = rows(record, measure, ending, **choices)["aside"].astype(str)
    return found[found != ""].to_dict()


def unrecorded(record, measure, **choices) -> list[str]:
    """Those of whom the fact was not recorded."""
    found = rows(record, measure, **choices)["known"]
    return found.index[~found].tolist()


def parts(record, measure, of, **choices) -> dict[str, int]:
    """The parts of a mix that hold anybody, in their order."""
    series = calculate(catalogue().only([measure]).choose({measure: choices}), record, Periods.months(D, 1))
    found = series[(series["breakdown"] == of) & (series["numerator"] > 0)]
    return dict(zip(found["category"], found["numerator"].astype(int), strict=True))


# Birthdays: who is in


@pytest.mark.parametrize(("born", "there"), [("01/04/2005", 1), ("31/03/2005", 1), ("01/04/2004", 1), ("31/03/2004", 1),
                                             ("31/03/2003", 0), ("01/04/2006", 0)])  # fmt: skip
def test_the_19th_to_21st_birthday_falls_in_the_year(on_birthdays, born, there):
    """Born 31 March 2005: 20 on the last day; 1 April 2005: 19 on the first; 31 March 2003 was 21 the year before."""
    assert answer(on_birthdays("a | YES | F2 | U1", born=born), "cl_eet_pct", D)[1] == there


def test_those_who_died_went_home_or_to_another_council_are_set_aside_with_the_reason(of):
    """By the code of OC3, and by the reason with which care last ended before the birthday; later ends do not count."""
    born = "01/06/2004"
    record = of(
        "e2   | 01/05/2020 | S | U6 | 01/05/2021 | E2",
        "e3   | 01/05/2020 | S | U6 | 01/05/2021 | E3",
        "back | 01/05/2020 | S | U6 | 01/05/2021 | E3",
        "back | 01/09/2021 | S | U6 | 01/06/2022 | E5",
        oc3=lines(
            OC3,
            *(f"{child} | {born} | YES | F2 | U1" for child in ("e2", "e3", "back", "a")),
            f"died | {born} | DIED | 0 | 0",
            f"home | {born} | RHOM | 0 | 0",
        ),
    )
    assert answer(record, "cl_in_touch_pct", D) == (2, 2)
    assert asides(record, "cl_in_touch_pct") == {"died": DEAD, "e2": DEAD, "e3": OTHERS, "home": HOME}


def test_an_unknown_date_of_birth_is_set_aside_in_the_year_of_the_return(of):
    record = of(oc3=lines(OC3, "a | | YES | F2 | U1", "b | 01/06/2004 | YES | F2 | U1"))
    assert answer(record, "cl_eet_pct", D) == (1, 1)
    assert asides(record, "cl_eet_pct") == {"a": UNKNOWN_BIRTH}


@pytest.mark.parametrize(("left", "there"), [("01/06/2024", 1), ("02/06/2024", 0)])
def test_leaving_care_on_the_18th_birthday_is_having_left(of, left, there):
    record = of(
        f"a | 01/05/2020 | S | U6 | {left} | E5",
        oc3=lines(OC3, "a | 01/06/2006 | YES | F2 | U1"),
    )
    assert answer(record, "cl_eet_pct", D, ages=(17, 18)) == (there, there)
    kept = {} if there else {"a": "still in care on the birthday"}
    assert asides(record, "cl_eet_pct", ages=(17, 18)) == kept


def test_the_age_band_is_the_age_reached(of):
    record = of(oc3=lines(OC3, "a | 01/06/2004 | YES | F2 | U1", "b | 01/06/2005 | YES | G5 | U1"))
    series = calculate(catalogue().only(["cl_eet_pct"]), record, Periods.months(D, 1), by=("age_band",))
    found = series[series["breakdown"] == "age_band"]
    assert dict(zip(found["category"], found["denominator"], strict=True)) == {
        "19": 1,
        "20": 1,
        "21": 0,
        "Not known": 0,
    }


# Snapshots: who is in


def test_a_snapshot_holds_the_statutory_groups_of_the_ages_on_the_last_day(of):
    """c turns 22 the day after; d turned 19 on the day; e is eligible, f qualifies only, g is in an older list."""
    record = of(
        care_leavers=lines(
            LISTED,
            "a | 28/02/2025 | 01/06/2004 | FORMER_RELEVANT | YES | F2 | U1 | |",
            "b | 28/02/2025 | 01/06/2007 | RELEVANT        | YES | F2 | U1 | |",
            "c | 28/02/2025 | 01/04/2003 | FORMER_RELEVANT | YES | G5 | U1 | |",
            "d | 28/02/2025 | 31/03/2006 | FORMER_RELEVANT | YES | F2 | U1 | |",
            "e | 28/02/2025 | 01/06/2007 | ELIGIBLE        | YES | F2 | U1 | |",
            "f | 28/02/2025 | 01/06/2004 | QUALIFYING      | YES | F2 | U1 | |",
            "g | 31/01/2025 | 01/06/2004 | FORMER_RELEVANT | YES | F2 | U1 | |",
        )
    )
    assert answer(record, "cl_eet_pct", D, basis="snapshot") == (2, 3)
    assert answer(record, "cl_eet_pct", D, basis="snapshot", ages=(17,)) == (1, 1)
    assert answer(record, "cl_count", D, basis="snapshot")[0] == 4
    bands = rows(record, "cl_count", basis="snapshot")["age_band"].astype(str).to_dict()
    assert bands == {"a": "18 to 20", "b": "16 to 17", "c": "21 to 25", "d": "18 to 20"}


def test_those_left_out_of_a_snapshot_are_set_aside_with_the_reason(of):
    record = of(
        care_leavers=lines(
            LISTED,
            f"died  | {D} | 01/06/2004 | FORMER_RELEVANT | DIED | 0  | 0  | |",
            f"home  | {D} | 01/06/2004 | FORMER_RELEVANT | RHOM | 0  | 0  | |",
            f"moved | {D} | 01/06/2004 | FORMER_RELEVANT | YES  | F2 | U1 | | Y",
            f"dob   | {D} |            | FORMER_RELEVANT | YES  | F2 | U1 | |",
        )
    )
    assert answer(record, "cl_eet_pct", D, basis="snapshot") == (0, 0)
    assert asides(record, "cl_eet_pct", basis="snapshot") == {
        "died": DEAD, "home": HOME, "moved": OTHERS, "dob": UNKNOWN_BIRTH,
    }  # fmt: skip


@pytest.mark.parametrize(("day", "later", "there"), [
    ("29/12/2024", "", 1),
    ("28/12/2024", "", 0),
    ("29/12/2024", "31/12/2024", 0),
    ("29/12/2024", "01/04/2025", 1),
])  # fmt: skip
def test_the_latest_snapshot_describes_the_day_for_92_days(of, day, later, there):
    """29 December is 92 days before 31 March; a later list without the person stands instead."""
    lists = [f"a | {day} | 01/06/2004 | FORMER_RELEVANT | YES | F2 | U1 | |"]
    lists += [f"b | {later} | 01/06/2004 | QUALIFYING | YES | F2 | U1 | |"] if later else []
    record = of(care_leavers=lines(LISTED, *lists))
    assert len(rows(record, "cl_count", basis="snapshot")) == there


def test_how_many_counts_17_to_21_on_birthdays_and_others_by_choice(of):
    years = range(2001, 2010)
    record = of(oc3=lines(OC3, *(f"{2024 - year} | 01/06/{year} | YES | F2 | U1" for year in years)))
    assert sorted(rows(record, "cl_count").index) == ["17", "18", "19", "20", "21"]
    assert sorted(rows(record, "cl_count", ages=(22, 23)).index) == ["22", "23"]


# In touch

TOUCH = ("yes | YES | F2 | U1", "no | NO | 0 | 0", "refu | REFU | 0 | 0", "nreq | NREQ | 0 | 0", "blank | | F2 | U1")


@pytest.mark.parametrize(("answers", "counted"), [(("YES",), 1), (("NO",), 1), (("REFU", "NREQ"), 2)])
def test_only_yes_is_in_touch_and_the_other_answers_stay(on_birthdays, answers, counted):
    record = on_birthdays(*TOUCH)
    assert answer(record, "cl_in_touch_pct", D, answers=answers) == (counted, 5)
    assert unrecorded(record, "cl_in_touch_pct") == ["blank"]


@pytest.mark.parametrize(("contact", "counted"), [("03/02/2025", 1), ("02/02/2025", 0), ("", 0), ("01/04/2025", 0)])
def test_in_a_snapshot_in_touch_is_a_contact_within_eight_weeks(of, contact, counted):
    """56 days before 31 March is 3 February; a contact after the day is none."""
    person = f"a | {D} | 01/06/2004 | FORMER_RELEVANT | YES | F2 | U1 | {contact} |"
    record = of(care_leavers=lines(LISTED, person))
    assert answer(record, "cl_in_touch_pct", D, basis="snapshot") == (counted, 1)
    assert answer(record, "cl_in_touch_pct", D, basis="snapshot", max_days=0) == (1, 1)
    known = contact in ("03/02/2025", "02/02/2025")
    assert rows(record, "cl_in_touch_pct", basis="snapshot")["known"].tolist() == [known]


def test_in_touch_by_three_months_is_a_choice_and_the_list_says_when_it_was_due(of):
    record = of(care_leavers=lines(LISTED, f"a | {D} | 01/06/2004 | FORMER_RELEVANT | NO | F2 | U1 | 01/01/2025 |"))
    assert answer(record, "cl_in_touch_pct", D, basis="snapshot", max_days=91) == (1, 1)
    row = rows(record, "cl_in_touch_pct", basis="snapshot").loc["a"]
    assert [f"{row[name]:%Y-%m-%d}" for name in ("done", "due")] == ["2025-01-01", "2025-02-26"]


# Activity

CODES = ["F1", "P1", "F2", "P2", "F3", "P3", "F4", "P4", "F5", "P5", "G4", "G5", "G6", "0"]
ACTIVITIES = tuple(f"{code} | YES | {code} | U1" for code in CODES)


@pytest.mark.parametrize("basis", ["birthday", "snapshot"])
@pytest.mark.parametrize(("measure", "choices", "counted"), [
    ("cl_eet_pct", {}, "F1 P1 F2 P2 F4 P4 F5 P5"),
    ("cl_neet_pct", {}, "G4 G5 G6"),
    ("cl_neet_pct", {"reasons": ("G4",)}, "G4"),
    ("cl_higher_education_pct", {}, "F1 P1"),
    ("cl_other_education_pct", {}, "F2 P2"),
    ("cl_apprenticeship_pct", {}, "F4 P4"),
    ("cl_employment_training_pct", {}, "F5 P5"),
])  # fmt: skip
def test_activities_are_counted_by_their_codes(on_birthdays, listed, basis, measure, choices, counted):
    """F3 and P3 ended with the return of 2020-21: here they are unknown, as 0 is."""
    record = (on_birthdays if basis == "birthday" else listed)(*ACTIVITIES)
    found = rows(record, measure, basis=basis, **choices)
    assert set(found.index[found["counted"]]) == set(counted.split())
    assert answer(record, measure, D, basis=basis, **choices) == (len(counted.split()), len(CODES))
    known = {"basis": basis, "denominator": "known", **choices}
    assert answer(record, measure, D, **known) == (len(counted.split()), len(CODES) - 3)
    assert set(asides(record, measure, **known)) == {"F3", "P3", "0"}
    assert unrecorded(record, measure, basis=basis, **choices) == ["0", "F3", "P3"]


@pytest.mark.parametrize("basis", ["birthday", "snapshot"])
def test_those_not_in_touch_stay_in_unless_chosen_otherwise(on_birthdays, listed, basis):
    """Of yes, no and refu the activity is known from others; two of four are in education, one of them in touch."""
    people = ("yes | YES | F2 | U1", "yes2 | YES | G5 | U2", "no | NO | F2 | U1", "refu | REFU | 0 | 0")
    record = (on_birthdays if basis == "birthday" else listed)(*people)
    out = {"no": "not in touch", "refu": "not in touch"}
    for measure, choice in (("cl_eet_pct", "denominator"), ("cl_suitable_accommodation_pct", "definition")):
        chosen = {choice: "in_touch", "basis": basis}
        assert answer(record, measure, D, basis=basis) == (2, 4)
        assert answer(record, measure, D, **chosen) == (1, 2)
        assert asides(record, measure, **chosen) == out


def test_training_or_employment_of_the_older_code_counts_in_its_returns(tmp_path):
    record = record_of(
        tmp_path,
        2021,
        episodes=EPISODES.replace("2024", "2020"),
        oc3=lines(OC3, "a | 01/06/2000 | YES | F3 | U1", "b | 01/06/2000 | YES | P3 | U1"),
    )
    assert answer(record, "cl_eet_pct", "2021-03-31") == (2, 2)
    assert answer(record, "cl_employment_training_pct", "2021-03-31") == (2, 2)
    assert answer(record, "cl_apprenticeship_pct", "2021-03-31") == (0, 2)


def test_reasons_and_unknown_activity_make_up_everyone(listed, on_birthdays):
    expected = {
        "In education, employment or training": 8,
        "NEET: illness or disability": 1,
        "NEET: pregnancy or parenting": 1,
        "NEET: other": 1,
        "Not known": 3,
    }
    assert parts(on_birthdays(*ACTIVITIES), "cl_neet_reasons", "neet_reason") == expected
    assert parts(listed(*ACTIVITIES), "cl_neet_reasons", "neet_reason", basis="snapshot") == expected


def person(child="a", born="01/06/2004", group="FORMER_RELEVANT", **said) -> dict[str, str]:
    """A young person in a snapshot: in touch and in education, unless said otherwise."""
    return {"CHILD": child, "DOB": born, "ELIGIBILITY": group, "IN_TOUCH": "YES", "ACTIV": "F2"} | {
        NAMES[name]: text for name, text in said.items()
    }


NAMES = {
    "activ": "ACTIV",
    "parent": "IS_PARENT",
    "lives": "CHILD_LIVES_WITH",
    "detail": "NEET_DETAIL",
    "support": "SUPPORT_STATUS",
    "adviser": "PERSONAL_ADVISER",
}


def snapshot(*people: dict[str, str]) -> pd.DataFrame:
    """A snapshot at D; what is not said of a person is blank."""
    columns = dict.fromkeys(["SNAPSHOT_DATE", *people[0], *NAMES.values()], "")
    return pd.DataFrame([columns | one | {"SNAPSHOT_DATE": D} for one in people])


def test_what_keeps_them_is_asked_of_those_not_in_education_employment_or_training(of):
    details = {"h": "HOUSING_COST", "m": "MENTAL_HEALTH", "b": "BENEFITS", "n": "", "x": "SOMETHING"}
    people = [person(child, activ="G5", detail=code) for child, code in details.items()]
    record = of(care_leavers=snapshot(*people, person("in", detail="OTHER"), person("old", "01/06/2000", activ="G5")))
    assert parts(record, "cl_neet_detail", "neet_detail") == {
        "Mental health": 1, "Cost of housing": 1, "Benefits": 1, "Not recorded": 2,
    }  # fmt: skip
    assert unrecorded(record, "cl_neet_detail") == ["n", "x"]
    assert answer(record, "cl_neet_detail", D, ages=(24,)) == (1, 1)


# Accommodation

HOMES = ("s | YES | F2 | U1", "u | YES | F2 | D2", "none | NO | 0 | 0", "blank | YES | F2 |",
         "g | YES | F2 | G1", "h | YES | F2 | H2", "r | YES | F2 | R1", "w | YES | F2 | W1")  # fmt: skip


@pytest.mark.parametrize("basis", ["birthday", "snapshot"])
@pytest.mark.parametrize(("definition", "expected", "out"), [
    ("published", (2, 5), "g h r"),
    ("known", (2, 3), "blank g h nil r"),
    ("all", (4, 8), ""),
])  # fmt: skip
def test_suitable_is_of_all_with_an_address_of_those_known_or_of_everyone(
    on_birthdays, listed, basis, definition, expected, out
):
    """U1 and W1 are suitable, D2 is not; of 0 and blank nothing is known; G, H and R have no address to judge."""
    homes = [row.replace("none", "nil") for row in HOMES]
    record = (on_birthdays if basis == "birthday" else listed)(*homes)
    choices = {"definition": definition, "basis": basis}
    assert answer(record, "cl_suitable_accommodation_pct", D, **choices) == expected
    assert " ".join(sorted(asides(record, "cl_suitable_accommodation_pct", **choices))) == out
    assert unrecorded(record, "cl_suitable_accommodation_pct", **choices) == ["blank", "nil"]


def test_where_they_live_holds_those_abroad_and_has_no_information_last(on_birthdays, listed):
    homes = [row.replace("none", "nil") for row in HOMES]
    expected = {
        "Independent living": 1,
        "Semi-independent, with support": 1,
        "Bed and breakfast": 1,
        "Gone abroad": 1,
        "Deported": 1,
        "Residence not known": 1,
        "No information": 2,
    }
    found = parts(on_birthdays(*homes), "cl_accommodation_types", "accommodation")
    assert found == expected
    assert list(found)[-1] == "No information"
    assert parts(listed(*homes), "cl_accommodation_types", "accommodation", basis="snapshot") == expected


def test_every_letter_has_a_name_of_its_own(on_birthdays):
    letters = "BCDEGHKRSTUVWXYZ"
    record = on_birthdays(*(f"{letter} | YES | F2 | {letter}2" for letter in letters))
    found = parts(record, "cl_accommodation_types", "accommodation")
    assert len(found) == len(letters)
    assert "No information" not in found


@pytest.mark.parametrize(("types", "counted"), [(("W",), 2), (("W", "V", "S", "X"), 5)])
def test_bed_and_breakfast_counts_whether_judged_suitable_or_not(on_birthdays, listed, types, counted):
    homes = [f"{code} | YES | F2 | {code}" for code in ("W1", "W2", "V2", "S2", "X2", "U1")]
    assert answer(on_birthdays(*homes), "cl_bed_and_breakfast_count", D, types=types)[0] == counted
    assert answer(listed(*homes), "cl_bed_and_breakfast_count", D, types=types, basis="snapshot")[0] == counted


STAYS = """
    CHILD | START      | END        | ACCOM_TYPE | SUITABLE
    ------+------------+------------+------------+---------
    a     | 01/02/2025 | 03/02/2025 | W          | 2
    a     | 05/02/2025 | 06/02/2025 | W          | 2
    b     | 01/02/2024 | 01/04/2024 | W          | 2
    c     | 01/02/2024 | 31/03/2024 | W          | 2
    d     | 31/03/2025 |            | W          | 1
    e     | 01/02/2025 |            | V          | 2
"""


@pytest.mark.parametrize(("choices", "who"), [
    ({}, "a b d"),
    ({"types": ("V", "W")}, "a b d e"),
    ({"window": "period"}, "d"),
    ({"ages": (20,)}, "a"),
])  # fmt: skip
def test_ever_in_bed_and_breakfast_is_any_day_of_the_twelve_months_each_person_once(of, choices, who):
    """b left on the first day, c the day before; d came on the last. a is 20, the others 23."""
    people = lines(BORN, "a | 01/06/2004", *(f"{child} | 01/06/2001" for child in "bcde"))
    record = of(cl_accommodation=STAYS, header=people)
    found = rows(record, "cl_bed_and_breakfast_count", form="ever", **choices)
    assert " ".join(found.index) == who
    assert answer(record, "cl_bed_and_breakfast_count", D, form="ever", **choices)[0] == len(who.split())


# Staying put


@pytest.mark.parametrize("basis", ["birthday", "snapshot"])
@pytest.mark.parametrize(("place", "left", "there"), [
    ("U6", "01/06/2022", 1),
    ("U1", "01/06/2022", 1),
    ("K2", "01/06/2022", 0),
    ("U6", "31/05/2022", 0),
    ("U6", "02/06/2022", 0),
])  # fmt: skip
def test_staying_put_is_of_those_who_left_foster_care_on_the_18th_birthday(of, basis, place, left, there):
    record = of(
        f"a | 01/05/2020 | S | {place} | {left} | E17",
        "early | 01/05/2010 | S | U6 | 01/05/2011 | E4A",
        oc3=lines(OC3, "a | 01/06/2004 | YES | F2 | Z2"),
        care_leavers=lines(LISTED, f"a | {D} | 01/06/2004 | FORMER_RELEVANT | YES | F2 | Z1 | |"),
    )
    assert answer(record, "cl_staying_put_pct", D, basis=basis) == (there, there)
    assert answer(record, "cl_staying_put_pct", D, basis=basis, ages=(19,)) == (0, 0)


def test_only_a_home_with_former_foster_carers_is_staying_put(of):
    record = of(
        *(f"{home} | 01/05/2020 | S | U6 | 01/06/2024 | E17" for home in ("Z1", "Z2", "B1", "0")),
        oc3=lines(OC3, *(f"{home} | 01/06/2006 | YES | F2 | {home}" for home in ("Z1", "Z2", "B1", "0"))),
    )
    assert answer(record, "cl_staying_put_pct", D, ages=(18,)) == (2, 4)
    assert unrecorded(record, "cl_staying_put_pct", ages=(18,)) == ["0"]


def test_whoever_turned_18_before_the_record_of_care_begins_is_set_aside_of_a_snapshot(of):
    record = of(
        "b | 01/05/2020 | S | U6 | 02/06/2022 | E5",
        care_leavers=lines(LISTED, f"a | {D} | 01/06/2004 | FORMER_RELEVANT | YES | F2 | Z1 | |"),
    )
    assert answer(record, "cl_staying_put_pct", D, basis="snapshot") == (0, 0)
    assert asides(record, "cl_staying_put_pct", basis="snapshot") == {"a": "turned 18 before the record of care begins"}


# Returned home

FAMILIES = ("rhom | RHOM | 0 | 0", "with | YES | F2 | B1", "else | YES | F2 | U1", "died | DIED | 0 | 0")


@pytest.mark.parametrize("basis", ["birthday", "snapshot"])
def test_returned_home_is_counted_before_it_sets_people_aside(on_birthdays, listed, basis):
    record = (on_birthdays if basis == "birthday" else listed)(*FAMILIES)
    assert answer(record, "cl_returned_home_count", D, basis=basis)[0] == 1
    assert answer(record, "cl_returned_home_count", D, basis=basis, show="share") == (1, 3)
    assert asides(record, "cl_returned_home_count", basis=basis) == {"died": DEAD}


def test_living_with_family_is_another_count_after_the_exclusions(on_birthdays):
    record = on_birthdays(*FAMILIES)
    assert answer(record, "cl_returned_home_count", D, who="accommodation", show="share") == (1, 2)
    assert asides(record, "cl_returned_home_count", who="accommodation") == {"died": DEAD, "rhom": HOME}


# Personal advisers

ADVISERS = """
    CHILD | WORKER_ID | WORKER_ROLE | START      | END
    ------+-----------+-------------+------------+-----------
    x     | P0        | PA          | 01/01/2020 | 01/01/2021
"""


@pytest.mark.parametrize(("role", "start", "end", "counted"), [
    ("PA", "31/03/2025", "", 1),
    ("PA", "01/04/2025", "", 0),
    ("PA", "01/01/2025", "01/04/2025", 1),
    ("PA", "01/01/2025", "31/03/2025", 0),
    ("SW", "01/01/2025", "", 0),
])  # fmt: skip
def test_a_personal_adviser_is_an_allocation_open_at_the_end_of_the_day(of, role, start, end, counted):
    record = of(
        care_leavers=snapshot(person()),
        pa_allocations=lines(ADVISERS, f"a | P1 | {role} | {start} | {end}"),
    )
    assert answer(record, "cl_pa_allocated_pct", D) == (counted, 1)


def test_advisers_are_for_eligible_relevant_and_former_relevant_unless_chosen(of):
    groups = {"e": "ELIGIBLE", "r": "RELEVANT", "f": "FORMER_RELEVANT", "q": "QUALIFYING"}
    people = [person(child, group=group, adviser="Jo" if child in "ef" else "") for child, group in groups.items()]
    record = of(care_leavers=snapshot(*people), pa_allocations=lines(ADVISERS, "r | P1 | PA | 01/01/2025 |"))
    assert answer(record, "cl_pa_allocated_pct", D) == (1, 3)
    assert answer(record, "cl_pa_allocated_pct", D, groups=("RELEVANT",)) == (1, 1)
    assert answer(record, "cl_pa_allocated_pct", D, form="named") == (2, 3)


@pytest.mark.parametrize(("start", "counted"), [("01/06/2024", 1), ("02/06/2024", 0)])
def test_an_adviser_by_the_17th_birthday_had_begun_on_that_day(of, start, counted):
    record = of(
        "a | 01/05/2023 | S | U6 | |",
        header=lines(BORN, "a | 01/06/2007", "other | 01/06/2015"),
        pa_allocations=lines(ADVISERS, f"a | P1 | PA | {start} |", "a | S1 | SW | 01/01/2024 |"),
    )
    assert answer(record, "cl_pa_allocated_pct", D, form="by_17th_birthday") == (counted, 1)


def test_by_17_is_asked_of_those_eligible_by_then_who_are_still_owed_it(of):
    """late came into care too late for 13 weeks, young turns 17 after the year; three are gone by the birthday."""
    stay = "01/05/2020 | S | U6 | 01/05/2024"
    record = of(
        "ok    | 01/05/2023 | S | U6 | |",
        "late  | 10/03/2024 | S | U6 | |",
        "young | 01/05/2023 | S | U6 | |",
        f"died  | {stay} | E2",
        "moved | 01/05/2020 | S | U6 | 01/06/2024 | E3",
        f"adopt | {stay} | E12",
        f"left  | {stay} | E4A",
        header=lines(
            BORN,
            *(f"{child} | 01/06/2007" for child in ("ok", "late", "died", "moved", "adopt", "left")),
            "young | 01/04/2008",
        ),
        pa_allocations=ADVISERS,
    )
    assert answer(record, "cl_pa_allocated_pct", D, form="by_17th_birthday") == (0, 2)
    assert asides(record, "cl_pa_allocated_pct", form="by_17th_birthday") == {
        "adopt": "adopted", "died": DEAD, "moved": OTHERS,
    }  # fmt: skip


# From 21 on, letters, parents


def test_support_is_of_those_aged_22_to_25_whatever_their_answer(of):
    born = {"21": 2003, "22": 2002, "25": 1999, "26": 1998}
    people = [person(child, f"01/06/{year}", support="RECEIVING") for child, year in born.items()]
    others = [person(f"n{n}", "01/06/2002", support=s) for n, s in enumerate(["NOT_IN_TOUCH", "DECLINED", ""])]
    record = of(care_leavers=snapshot(*people, *others))
    assert answer(record, "cl_22_25_support_pct", D) == (2, 5)
    assert answer(record, "cl_22_25_support_pct", D, ages=(21,)) == (1, 1)
    assert answer(record, "cl_22_25_support_pct", D, status=("NOT_IN_TOUCH", "DECLINED")) == (2, 5)
    assert unrecorded(record, "cl_22_25_support_pct") == ["n2"]


LETTERS = """
    CHILD | SENT_DATE  | RESPONSE_DATE | WANTS_SERVICE
    ------+------------+---------------+--------------
    yes   | 01/02/2025 | 01/03/2025    | Y
    no    | 01/04/2024 | 01/03/2025    | N
    maybe | 01/02/2025 | 31/03/2025    | UNSURE
    late  | 01/02/2025 | 01/04/2025    | Y
    quiet | 01/02/2025 |               |
    blank | 01/02/2025 | 01/03/2025    |
    old   | 31/03/2024 | 01/05/2024    | Y
"""


def test_who_wants_a_service_is_of_those_who_answered_by_the_last_day(of):
    record = of(entitlement_survey=LETTERS)
    assert answer(record, "wanted_service_pct", D) == (1, 4)
    assert answer(record, "wanted_service_pct", D, answers=("N", "UNSURE")) == (2, 4)
    assert asides(record, "wanted_service_pct") == dict.fromkeys(("late", "quiet"), "no answer yet")
    assert unrecorded(record, "wanted_service_pct")[0] == "blank"


def test_the_first_letter_is_not_where_the_record_of_letters_begins(of):
    record = of(entitlement_survey=LETTERS.replace("    old   | 31/03/2024 | 01/05/2024    | Y\n", ""))
    series = calculate(catalogue().only(["wanted_service_pct"]), record, Periods.months(D, 1))
    assert series.iloc[0]["status"] == "ok"


def test_parents_are_mothers_and_fathers_of_16_to_25(of):
    record = of(
        care_leavers=snapshot(
            person("with", parent="Y", lives="Y"),
            person("apart", parent="Y", lives="N"),
            person("none1", parent="N"),
            person("blank"),
            person("young", "01/06/2007", "RELEVANT", parent="Y"),
            person("care", "01/06/2007", "ELIGIBLE", parent="Y"),
        )
    )
    assert answer(record, "cl_parents_count", D)[0] == 3
    assert answer(record, "cl_parents_count", D, show="share") == (3, 5)
    assert answer(record, "cl_parents_count", D, living_with=True)[0] == 1
    assert answer(record, "cl_parents_count", D, ages=(17,), show="share") == (1, 1)
    assert unrecorded(record, "cl_parents_count") == ["blank"]
