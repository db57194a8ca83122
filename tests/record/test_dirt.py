"""Every dirt that returns are known to hold, in the words of the list, with what becomes of it.

Set aside: the row is in no figure. Repaired: it is used, corrected. Kept, flagged: it is used as it is, or the one cell
that cannot be is read as missing. Read: it is read as it is meant, without a note. Refused: the file is not read.
The dirt of Annex A lists is drawn with their reader.
"""

from __future__ import annotations

import numpy as np
import pytest

from extract import answer
from incare.codes import NOT_KNOWN
from incare.record import ExtractError
from record.returns import YEAR, Case, case, named, record_of

ASIDE, REPAIRED, KEPT, READ = "set aside", "repaired", "kept, flagged", "read"


def dirt(words: str, outcome: str, rule: str, *, in_care=None, **rows) -> pytest.param:
    """One dirt: child x has it. `in_care` is how many children are in care on 31 March 2025 all the same."""
    return pytest.param(case(rule, **rows), outcome, in_care, id=words)


def stays(child: str, *rows: str) -> list[str]:
    """Episodes of one child, each as `from | RNE | LS | place | to | reason`."""
    return [f"{child} | {row}" for row in rows]


MOVE = ("01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "01/07/2024 | P | C2 | K2 | |")
IDS = [
    dirt(
        "different CHILD for the same child after migration",
        KEPT,
        "ID1",
        born={"x": "01/05/2012", "old": "01/05/2012"},
        before={"episodes": ["old | 01/06/2023 | S | C2 | U6 | |"]},
        episodes=["x | 01/06/2023 | S | C2 | U6 | |"],
        in_care=2,
    ),
    dirt(
        "CHILD in Episodes but not in Header",
        KEPT,
        "INT03",
        header=["ok | F | 01/01/2015 | WBRI | |"],
        episodes=[f"x | {YEAR}", f"ok | {YEAR}"],
        in_care=2,
    ),
    dirt(
        "leading zeros lost",
        KEPT,
        "ID2",
        found=("7",),
        header=["007 | F | 01/01/2015 | WBRI | |"],
        episodes=[f"7 | {YEAR}"],
        in_care=1,
    ),
    dirt(
        "trailing spaces", READ, "", header=["x | F | 01/01/2015 | WBRI | |"], episodes=[f"x\u00a0 | {YEAR}"], in_care=1
    ),
]
DATES = [
    dirt("DOB after first episode", KEPT, "302", born={"x": "02/01/2020"}, episodes=[f"x | {YEAR}"], in_care=1),
    dirt(
        "DOB differing between Header and OC2",
        KEPT,
        "INT14",
        header=["x | F | 01/01/2015 | WBRI | |"],
        oc2_born=["x | 01/01/2014 | 3 | 0 | 1"],
    ),
    dirt(
        "DOB differing between Header and OC3",
        KEPT,
        "INT15",
        header=["x | F | 01/05/2004 | WBRI | |"],
        oc3=["x | 05/01/2004 | YES | F2 | U1"],
    ),
    dirt(
        "DOB differing between Header and Missing",
        KEPT,
        "INT13",
        episodes=[f"x | {YEAR}"],
        missing_born=["x | 01/01/2014 | M | 01/06/2024 | 02/06/2024"],
        in_care=1,
    ),
    dirt("unborn (DOB in future)", KEPT, "301", born={"x": "01/06/2025"}, episodes=[f"x | {YEAR}"], in_care=1),
    dirt(
        "two-digit years",
        ASIDE,
        "141Y",
        episodes=["x | 01/06/24 | S | C2 | U6 | |", f"ok | {YEAR}", f"too | {YEAR}"],
        in_care=2,
    ),
    dirt(
        "Excel serial numbers",
        ASIDE,
        "141S",
        episodes=["x | 45444 | S | C2 | U6 | |", f"ok | {YEAR}", f"too | {YEAR}"],
        in_care=2,
    ),
    dirt(
        "01/01/1900 dummies: a start",
        ASIDE,
        "141",
        episodes=["x | 01/01/1900 | S | C2 | U6 | |", f"ok | {YEAR}"],
        in_care=1,
    ),
    dirt("01/01/1900 dummies: an end", KEPT, "C5", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/01/1900 |"], in_care=1),
    dirt("31/12/9999 dummies: an end", KEPT, "C5", episodes=["x | 01/06/2024 | S | C2 | U6 | 31/12/9999 |"], in_care=1),
    dirt(
        "31/12/9999 dummies: a start",
        ASIDE,
        "141",
        episodes=["x | 31/12/9999 | S | C2 | U6 | |", f"ok | {YEAR}"],
        in_care=1,
    ),
    dirt("01/01/1900 dummies: a birth", KEPT, "C5", header=["x | F | 01/01/1900 | WBRI | |"], episodes=[f"x | {YEAR}"]),
    dirt(
        "DEC after the end of the return",
        KEPT,
        "385",
        episodes=["x | 01/06/2024 | S | C2 | U6 | 01/04/2025 | E4A"],
        in_care=1,
    ),
    dirt(
        "DECOM before 1991",
        KEPT,
        "353",
        born={"x": "01/01/1985"},
        episodes=["x | 01/06/1990 | S | C2 | U6 | |"],
        in_care=1,
    ),
]
EPISODES = [
    dirt(
        "two open rows",
        REPAIRED,
        "142",
        episodes=stays("x", "01/06/2024 | S | C2 | U6 | |", "01/07/2024 | P | C2 | K2 | |"),
        in_care=1,
    ),
    dirt(
        "closed child without DEC (the next return has no row for the child)",
        KEPT,
        "502",
        before={"episodes": [f"x | {YEAR}"]},
        episodes=[f"ok | {YEAR}"],
        in_care=2,
    ),
    dirt(
        "overlap by one or more days",
        REPAIRED,
        "501",
        episodes=stays("x", "01/06/2024 | S | C2 | U6 | 03/07/2024 | X1", "01/07/2024 | P | C2 | K2 | |"),
        in_care=1,
    ),
    dirt(
        "gap after X1",
        REPAIRED,
        "388",
        episodes=stays("x", "01/06/2024 | S | C2 | U6 | 28/06/2024 | X1", "01/07/2024 | P | C2 | K2 | |"),
        in_care=1,
    ),
    dirt(
        "same-day start and end", ASIDE, "355", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/06/2024 | E4A"], in_care=0
    ),
    dirt("first row not S", KEPT, "357", episodes=["x | 01/06/2024 | L | C2 | U6 | |"], in_care=1),
    dirt(
        "first row not S, with a start of care from POC_START",
        REPAIRED,
        "357P",
        episodes=["x | 01/06/2024 | L | C2 | U6 | |"],
        poc_start=["x | 01/06/2020 | 01/06/2022"],
        in_care=1,
    ),
    dirt(
        "RNE S in the middle of a POC: after X1",
        KEPT,
        "431X",
        episodes=stays("x", "01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "01/07/2024 | S | C2 | K2 | |"),
        in_care=1,
    ),
    dirt(
        "RNE S in the middle of a POC: on the day care ended",
        KEPT,
        "431",
        episodes=stays("x", "01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "01/07/2024 | S | C2 | K2 | |"),
        in_care=1,
    ),
    dirt(
        "RNE L with a changed PLACE",
        KEPT,
        "434",
        episodes=stays("x", "01/06/2024 | S | C1 | U6 | 01/07/2024 | X1", "01/07/2024 | L | C2 | K2 | |"),
        in_care=1,
    ),
    dirt(
        "RNE P where the postcode did not change",
        KEPT,
        "435",
        moves=["x | 01/06/2024 | S | U6 | ZZ1 1AA | 01/07/2024 | X1 |", "x | 01/07/2024 | P | U6 | ZZ1 1AA | | |"],
        in_care=1,
    ),
    dirt(
        "duplicate rows from stacked returns with different DEC",
        ASIDE,
        "S2",
        before={"episodes": ["x | 01/06/2023 | S | C2 | U6 | |"]},
        episodes=["x | 01/06/2023 | S | C2 | U6 | 01/06/2024 | E4A"],
        in_care=0,
    ),
    dirt(
        "CIN changing inside a POC",
        KEPT,
        "504",
        needs=["x | 01/06/2024 | S | N1 | 01/07/2024 | X1", "x | 01/07/2024 | P | N5 | |"],
        in_care=1,
    ),
    dirt("open past 18th birthday", KEPT, "359", born={"x": "01/06/2006"}, episodes=[f"x | {YEAR}"], in_care=1),
    dirt(
        "LS V3 mixed with V2",
        ASIDE,
        "RESPITE",
        episodes=stays(
            "x",
            "01/05/2024 | S | V3 | U6 | 03/05/2024 | E4A",
            "01/06/2024 | S | V2 | U6 | |",
        ),
        in_care=1,
    ),
]
PLACEMENTS = [
    dirt(
        "T-codes lasting months",
        KEPT,
        "379",
        episodes=stays(
            "x",
            "01/05/2024 | S | C2 | U6 | 01/06/2024 | X1",
            "01/06/2024 | P | C2 | T4 | 01/09/2024 | X1",
            "01/09/2024 | P | C2 | U6 | |",
        ),
        in_care=1,
    ),
    dirt(
        "no return row after T",
        KEPT,
        "383",
        moves=[
            "x | 01/05/2024 | S | U6 | ZZ1 1AA | 01/06/2024 | X1 |",
            "x | 01/06/2024 | P | T4 | | 04/06/2024 | X1 |",
            "x | 04/06/2024 | P | K2 | ZZ2 2BB | | |",
        ],
        in_care=1,
    ),
    dirt(
        "postcode in mixed formats",
        READ,
        "",
        moves=[
            "x | 01/05/2024 | S | U6 | ZZ1 1AA | 01/06/2024 | X1 |",
            "x | 01/06/2024 | P | T4 | | 04/06/2024 | X1 |",
            "x | 04/06/2024 | P | U6 | zz11aa | | |",
        ],
        in_care=1,
    ),
    dirt(
        "postcode missing for adopters",
        READ,
        "",
        located=["x | 01/06/2024 | S | A6 | ZZ1 1AA | | |", "ok | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | |"],
        in_care=2,
    ),
    dirt("P2 for 15-year-olds", KEPT, "371", born={"x": "02/06/2005"}, episodes=["x | 01/06/2021 | S | V2 | P2 | |"]),
    dirt(
        "U1 against U4 swapped",
        KEPT,
        "KIN",
        moves=["x | 01/06/2024 | S | U1 | ZZ1 1AA | 01/07/2024 | X1 |", "x | 01/07/2024 | T | U4 | zz1 1aa | | |"],
        in_care=1,
    ),
    dirt(
        "K2 without URN",
        KEPT,
        "218",
        settings=["x | 01/06/2024 | S | C2 | K2 | | | PR4 | |", "ok | 01/06/2024 | S | C2 | K2 | | SC123456 | PR4 | |"],
        in_care=2,
    ),
    dirt("provider given for Z1", KEPT, "213", settings=["x | 01/06/2024 | S | C2 | Z1 | | | PR4 | |"], in_care=1),
    dirt("distance 999.9", READ, "", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | OUT | 999.9"], in_care=1),
    dirt(
        "distance 0.0 for real moves", KEPT, "164Z", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | IN | 0.0"]
    ),
    dirt(
        "distance negative", KEPT, "164", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | IN | -3.1"], in_care=1
    ),
]
CODES = [
    dirt(
        "old codes in new returns: SEX", KEPT, "C7", header=["x | 2 | 01/01/2015 | WBRI | |"], episodes=[f"x | {YEAR}"]
    ),
    dirt(
        "old codes in new returns: H5 where K3 belongs",
        KEPT,
        "C7",
        born={"x": "01/05/2008"},
        episodes=["x | 01/06/2024 | S | V2 | H5 | |"],
    ),
    dirt(
        "old codes in new returns: H5 in closed history",
        READ,
        "",
        born={"x": "01/05/2007"},
        episodes=["x | 01/06/2023 | S | V2 | H5 | 01/06/2024 | E3"],
        in_care=0,
    ),
    dirt("old codes in new returns: E43", KEPT, "C7", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E43"]),
    dirt("old codes in new returns: F3", KEPT, "C7", born={"x": "01/05/2004"}, oc3=["x | 01/05/2004 | YES | F3 | U1"]),
    dirt(
        "new codes in old returns: K3",
        KEPT,
        "C7",
        born={"x": "01/05/2006"},
        returns={2023: {"episodes": ["x | 01/06/2022 | S | V2 | K3 | |"]}},
    ),
    dirt("lower case", READ, "", episodes=["x | 01/06/2024 | s | c2 | u6 | |"], in_care=1),
    dirt(
        "label instead of code", REPAIRED, "C9", episodes=["x | 01/06/2024 | S | Full care order | U6 | |"], in_care=1
    ),
    dirt("label that no code has", KEPT, "146", episodes=["x | 01/06/2024 | S | C2 | With a carer | |"], in_care=1),
    dirt("code plus label", REPAIRED, "C9", episodes=["x | 01/06/2024 | S | C2 | U6 - Foster carer | |"], in_care=1),
    dirt("unknown codes such as PLACE R4", KEPT, "146", episodes=["x | 01/06/2024 | S | C2 | R4 | |"], in_care=1),
]
PUPILS = [
    dirt("UN1 to UN5", READ, "", born={"x": "01/01/2022"}, header=["x | F | 01/01/2022 | WBRI | UN1 |"]),
    dirt("UPN blank", READ, "", header=["x | F | 01/01/2022 | WBRI | |"]),
    dirt(
        "temporary UPNs (last character a letter)", KEPT, "168T", header=["x | F | 01/01/2015 | WBRI | A12345678901B |"]
    ),
    dirt(
        "two children with one UPN",
        KEPT,
        "444",
        found=("x", "y"),
        header=["x | F | 01/01/2015 | WBRI | A123456789012 |", "y | F | 01/01/2015 | WBRI | A123456789012 |"],
    ),
]
ITEMS = "1 | 1 | 1"
OC2 = [
    dirt(
        "rows for children not in care 12 months",
        KEPT,
        "190",
        episodes=["x | 01/06/2024 | S | C2 | U6 | |"],
        oc2=[f"x | | | | | {ITEMS} | 0 | |"],
    ),
    dirt("blanks where 0 is meant", KEPT, "191", episodes=[f"x | {YEAR}"], oc2=["x | 3 | | | | 1 | | 1 | 0 | |"]),
    dirt(
        "SDQ score and reason together",
        KEPT,
        "197A",
        episodes=[f"x | {YEAR}"],
        oc2=[f"x | 3 | SDQ2 | | | {ITEMS} | 0 | |"],
    ),
    dirt(
        "intervention flags without misuse",
        KEPT,
        "193",
        episodes=[f"x | {YEAR}"],
        oc2=[f"x | 3 | | | | {ITEMS} | 0 | 1 |"],
    ),
    dirt(
        "CONVICTED filled for under-10s",
        KEPT,
        "542",
        born={"x": "01/01/2016"},
        oc2=[f"x | 3 | | 0 | | {ITEMS} | 0 | |"],
    ),
    dirt("SDQ score outside 0 to 40", KEPT, "180", oc2=[f"x | 45 | | | | {ITEMS} | 0 | |"]),
    dirt("flag that is neither 0 nor 1", KEPT, "181", oc2=["x | 3 | | | | 2 | 1 | 1 | 0 | |"]),
    dirt("development check for a child of 5 or over", KEPT, "546", oc2=[f"x | 3 | | | 1 | {ITEMS} | 0 | |"]),
]
LEFT = "01/01/2020 | S | C2 | U6 | 01/03/2022 | E17"
OC3 = [
    dirt(
        "young people outside the age cohort",
        KEPT,
        "391",
        born={"x": "01/05/2002"},
        oc3=["x | 01/05/2002 | YES | F2 | U1"],
    ),
    dirt("DIED/RHOM with activity", KEPT, "344", born={"x": "01/05/2004"}, oc3=["x | 01/05/2004 | RHOM | F2 | 0"]),
    dirt(
        "not in touch but “suitable” accommodation",
        KEPT,
        "345N",
        born={"x": "01/05/2004"},
        oc3=["x | 01/05/2004 | NO | 0 | U1"],
    ),
    dirt("S1 or X1: never suitable", KEPT, "133", born={"x": "01/05/2004"}, oc3=["x | 01/05/2004 | YES | F2 | X1"]),
    dirt(
        "rows for people who came back into care",
        KEPT,
        "1007",
        born={"x": "01/05/2006"},
        episodes=[
            "x | 01/01/2020 | S | C2 | U6 | 01/01/2024 | E4A",
            "x | 01/03/2024 | S | C2 | U6 | 10/05/2024 | E4A",
        ],
        oc3=["x | 01/05/2006 | YES | F2 | U1"],
    ),
    dirt(
        "people transferred to another council",
        KEPT,
        "1011",
        born={"x": "01/05/2004"},
        episodes=["x | 01/01/2020 | S | C2 | U6 | 01/03/2022 | E3"],
        oc3=["x | 01/05/2004 | YES | F2 | U1"],
    ),
    dirt("former foster carers at 17", KEPT, "3001", born={"x": "01/05/2007"}, oc3=["x | 01/05/2007 | YES | F2 | Z1"]),
]
REVIEWS = [
    dirt(
        "review before care started",
        ASIDE,
        "399",
        episodes=["x | 01/06/2024 | S | C2 | U6 | |"],
        reviews=["x | | 31/05/2024 | PN1"],
    ),
    dirt(
        "review after care ended",
        ASIDE,
        "399",
        episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A"],
        reviews=["x | | 02/07/2024 | PN1"],
    ),
    dirt("PN0 for over-4s", KEPT, "440", episodes=[f"x | {YEAR}"], reviews=["x | | 01/06/2024 | PN0"]),
    dirt(
        "two on one day",
        ASIDE,
        "S3",
        episodes=[f"x | {YEAR}"],
        reviews=["x | | 01/06/2024 | PN1", "x | | 01/06/2024 | PN2"],
    ),
]
MISSING = [
    dirt(
        "overlapping incidents",
        REPAIRED,
        "574",
        episodes=[f"x | {YEAR}"],
        missing=["x | M | 01/06/2024 | 05/06/2024", "x | M | 03/06/2024 | 07/06/2024"],
    ),
    dirt(
        "incident left open after the child returned to another placement",
        KEPT,
        "575",
        episodes=stays("x", *MOVE),
        missing=["x | M | 30/06/2024 |"],
    ),
    dirt(
        "incident left open after the child left care",
        REPAIRED,
        "577",
        episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E8"],
        missing=["x | M | 20/06/2024 |"],
    ),
    dirt(
        "MIS_END before MIS_START", ASIDE, "567", episodes=[f"x | {YEAR}"], missing=["x | M | 02/06/2024 | 01/06/2024"]
    ),
    dirt(
        "midnight incidents of zero days (allowed)",
        READ,
        "",
        episodes=[f"x | {YEAR}"],
        missing=["x | M | 02/06/2024 | 02/06/2024"],
    ),
]
ADOPTED = stays("x", "01/06/2022 | S | E1 | U6 | 01/08/2024 | X1", "01/08/2024 | P | E1 | A6 | 01/12/2024 | E11")
ADOPTION = [
    dirt("match before decision", KEPT, "333", episodes=ADOPTED, ad1=["x | 01/05/2022 | 01/04/2022 | 0 | MF | L11"]),
    dirt(
        "AD1 absent for an E11 child",
        KEPT,
        "601",
        episodes=[*ADOPTED, *(row.replace("x", "ok", 1) for row in ADOPTED)],
        ad1=["ok | 01/05/2022 | 01/07/2024 | 0 | MF | L11"],
    ),
    dirt(
        "FOSTER_CARE contradicting A3/A5",
        KEPT,
        "335",
        episodes=ADOPTED,
        ad1=["x | 01/05/2022 | 01/07/2024 | 1 | MF | L11"],
    ),
]
SOCIAL_WORKERS = [
    dirt(
        "gaps of a few days",
        READ,
        "",
        episodes=[f"x | {YEAR}"],
        sw_episodes=["x | SW1 | 01/01/2024 | 01/06/2024 |", "x | SW2 | 08/06/2024 | |"],
    ),
    dirt(
        "overlaps of a few days",
        READ,
        "",
        episodes=[f"x | {YEAR}"],
        sw_episodes=["x | SW1 | 01/01/2024 | 08/06/2024 |", "x | SW2 | 01/06/2024 | |"],
    ),
    dirt(
        "overlaps of more than a few days",
        REPAIRED,
        "SW10",
        episodes=[f"x | {YEAR}"],
        sw_episodes=["x | SW1 | 01/01/2024 | 01/09/2024 |", "x | SW2 | 01/06/2024 | |"],
    ),
    dirt(
        "team names or duty teams as workers",
        KEPT,
        "SW02",
        episodes=[f"x | {YEAR}"],
        sw_episodes=["x | DUTY | 01/01/2024 | |"],
    ),
    dirt(
        "registration number missing (XX placeholders)",
        KEPT,
        "SW02X",
        episodes=[f"x | {YEAR}"],
        sw_episodes=["x | XX0001 | 01/01/2024 | |"],
    ),
]
UASC = [
    dirt(
        "UASC status past the 18th birthday",
        REPAIRED,
        "304",
        born={"x": "01/06/2006"},
        uasc=["x | F | 01/06/2006 | 01/09/2024"],
    ),
]
DIRT = [*IDS, *DATES, *EPISODES, *PLACEMENTS, *CODES, *PUPILS, *OC2, *OC3, *REVIEWS, *MISSING, *ADOPTION]


@pytest.mark.parametrize(("dirty", "outcome", "in_care"), [*DIRT, *SOCIAL_WORKERS, *UASC])
def test_what_becomes_of(tmp_path, dirty: Case, outcome: str, in_care: int | None):
    record = record_of(tmp_path, dirty)
    done = dict(zip(record.issues["rule"], record.issues["action"], strict=True))
    if outcome == READ:
        assert done == {}
    else:
        assert done[dirty.rule] == outcome
        assert named(record, dirty.rule) == set(dirty.found)
    lines = record.reconciliation
    assert (lines["rows_in"] == lines["used"] + lines["set_aside"]).all()
    if in_care is not None:
        assert answer(record, "cla_count", "2025-03-31")[0] == in_care


@pytest.mark.parametrize(
    ("words", "starts", "said"),
    [
        ("two-digit years throughout", ["01/06/24", "02/06/24", "03/06/24"], "two digits"),
        ("Excel serial numbers throughout", ["45444", "45445", "45446"], "Excel serial numbers"),
        ("month first", ["06/13/2024", "06/14/2024", "06/01/2024"], "month first"),
    ],
)
def test_a_column_of_dates_that_would_have_to_be_guessed_is_refused(tmp_path, words, starts, said):
    rows = [f"c{n} | {day} | S | C2 | U6 | |" for n, day in enumerate(starts)]
    with pytest.raises(ExtractError, match=said):
        record_of(tmp_path, case("", episodes=[*rows, f"ok | {YEAR}"]))


# ---- what the cells are read as ----


def test_items_that_cannot_be_are_missing_in_the_yearly_table(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            born={"young": "01/01/2016", "old": "01/01/2012"},
            oc2=["young | 3 | | 1 | 1 | 1 | 1 | 1 | 0 | 1 |", "old | 41 | | 1 | 1 | 2 | 1 | 1 | 1 | 1 |"],
        ),
    )
    rows = record.tables["oc2"].set_index("CHILD")
    assert rows.loc["young", ["CONVICTED", "HEALTH_CHECK", "INTERVENTION_RECEIVED"]].tolist() == ["", "", ""]
    assert rows.loc["young", "SDQ_SCORE"] == 3
    assert rows.loc["old", ["CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "INTERVENTION_RECEIVED"]].tolist() == [
        "1",
        "",
        "",
        "1",
    ]
    assert np.isnan(rows.loc["old", "SDQ_SCORE"])


def test_a_label_is_read_as_its_code(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            header=["x | Female | 01/01/2015 | WBRI | |"],
            episodes=["x | 01/06/2024 | S | E1: Placement order | U4 - foster | |"],
        ),
    )
    row = record.tables["episodes"].iloc[0]
    assert (row["legal_status"], row["placement"]) == ("Placement order", "Foster: other carers")
    assert record.people["sex"].tolist() == ["Female"]


def test_the_first_category_of_need_holds_for_the_period_of_care_and_an_unknown_one_does_not_count_as_first(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            needs=[
                "x | 01/06/2024 | S | N9 | 01/07/2024 | X1",
                "x | 01/07/2024 | P | N2 | 01/08/2024 | X1",
                "x | 01/08/2024 | P | N5 | 01/09/2024 | E4A",
                "x | 01/12/2024 | S | N9 | |",
            ],
        ),
    )
    assert list(record.tables["episodes"]["category_of_need"]) == ["Child's disability"] * 3 + [NOT_KNOWN]


def test_a_placement_re_coded_at_the_turn_of_the_year_is_the_same_one(tmp_path):
    """Back from hospital to the same address: H5 before it, K3 after it."""
    record = record_of(
        tmp_path,
        case(
            "",
            born={"x": "01/05/2007"},
            before={
                "moves": ["x | 01/01/2024 | S | H5 | ZZ1 1AA | 20/03/2024 | X1 |", "x | 20/03/2024 | P | T1 | | | |"]
            },
            moves=[
                "x | 20/03/2024 | P | T1 | | 02/04/2024 | X1 |",
                "x | 02/04/2024 | P | K3 | ZZ1 1AA | | |",
            ],
        ),
    )
    assert record.tables["episodes"]["spell"].nunique() == 1


@pytest.mark.parametrize(
    ("year", "code", "flagged"),
    [
        (2024, "K3", False),
        (2023, "K3", True),
        (2024, "H5", False),
        (2025, "H5", True),
        (2024, "P2", False),
        (2025, "P2", True),
        (2026, "Z1", False),
        (2027, "Z1", True),
        (2025, "Z12", True),
        (2026, "Z12", False),
    ],
)
def test_a_placement_code_is_valid_in_the_returns_of_its_years(tmp_path, year, code, flagged):
    rows = {"episodes": [f"x | 01/06/{year - 1} | S | V2 | {code} | |"]}
    record = record_of(tmp_path, case("", born={"x": f"01/05/{year - 18}"}, returns={year: rows}))
    columns = record.issues.loc[record.issues["rule"] == "C7", "column"]
    assert ("PLACE" in set(columns)) == flagged


@pytest.mark.parametrize("words", ["short breaks only", "tables with a heading only"])
def test_an_extract_with_nothing_to_count_is_read(tmp_path, words):
    if words == "tables with a heading only":
        names = "uasc oc2 oc3 reviews reviews_local missing ad1 placed_for_adoption sw_episodes poc_start"
        rows = {name: [] for name in names.split()}
    else:
        rows = {"missing": ["x | M | 01/06/2024 |"], "oc2": ["x | 3 | | | | | | | | |"]}
    record = record_of(tmp_path, case("", episodes=["x | 01/06/2024 | S | V4 | U6 | |"], **rows))
    assert len(record.tables["episodes"]) == len(record.care_periods) == len(record.carer_spells) == 0
    assert len(record.respite) == 1
    assert record.located is None
    if words == "tables with a heading only":
        assert len(record.due_reviews) == len(record.held_reviews) == len(record.incidents) == 0
