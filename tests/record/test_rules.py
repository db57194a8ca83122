"""What each rule finds, and what it just does not find: child x breaks it, child ok comes as near as may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from extract import write
from incare.record import read
from incare.record.rules import KEPT, REPAIRED, RULES, SET_ASIDE

# The columns of the rows below; left side: how a case calls them.
HEADINGS = {
    "episodes": ("episodes", "CHILD | DECOM | RNE | LS | PLACE | DEC | REC"),
    "needs": ("episodes", "CHILD | DECOM | RNE | CIN | DEC | REC"),
    "settings": ("episodes", "CHILD | DECOM | RNE | LS | PLACE | PL_POST | URN | PLACE_PROVIDER | DEC | REC"),
    "moves": ("episodes", "CHILD | DECOM | RNE | PLACE | PL_POST | DEC | REC | REASON_PLACE_CHANGE"),
    "located": ("episodes", "CHILD | DECOM | RNE | PLACE | HOME_POST | PL_POST | PL_LOCATION | PL_DISTANCE"),
    "header": ("header", "CHILD | SEX | DOB | ETHNIC | UPN | MOTHER"),
    "uasc": ("uasc", "CHILD | SEX | DOB | DUC"),
    "oc2": ("oc2", "CHILD | SDQ_SCORE | SDQ_REASON | CONVICTED | HEALTH_CHECK | IMMUNISATIONS | TEETH_CHECK |"
        " HEALTH_ASSESSMENT | SUBSTANCE_MISUSE | INTERVENTION_RECEIVED | INTERVENTION_OFFERED"),
    "oc3": ("oc3", "CHILD | DOB | IN_TOUCH | ACTIV | ACCOM"),
    "reviews": ("reviews", "CHILD | DOB | REVIEW | REVIEW_CODE"),
    "reviews_local": ("reviews_local", "CHILD | DUE_DATE | REVIEW_DATE | CANCELLED | REVIEW_CODE"),
    "missing": ("missing", "CHILD | MISSING | MIS_START | MIS_END"),
    "ad1": ("ad1", "CHILD | DATE_INT | DATE_MATCH | FOSTER_CARE | SEX_ADOPTR | LS_ADOPTR"),
    "placed_for_adoption": ("placed_for_adoption", "CHILD | DATE_PLACED | DATE_PLACED_CEASED | REASON_PLACED_CEASED"),
    "previous_permanence": ("previous_permanence", "CHILD | DOB | PREV_PERM | LA_PERM | DATE_PERM"),
    "sw_episodes": ("sw_episodes", "CHILD | SW_ID | SW_DECOM | SW_DEC | SW_REASON"),
    "poc_start": ("poc_start", "CHILD | POC_START_DATE | SPELL_START_DATE"),
    "care_plans": ("care_plans", "CHILD | PLAN_DATE | STATUS"),
    "care_leavers": ("care_leavers", "CHILD | SNAPSHOT_DATE | DOB | ELIGIBILITY | IN_TOUCH | ACTIV"),
}


@dataclass(frozen=True)
class Case:
    """Rows by table and return year in which child x breaks a rule; `born` gives birth dates other than 01/01/2015."""

    rule: str
    returns: dict[int, dict[str, list[str]]]
    born: dict[str, str] = field(default_factory=dict)
    found: tuple[str, ...] = ("x",)


def case(rule: str, *, born=None, found=("x",), before=None, **rows) -> Case:
    """A case in the return for the year to 31 March 2025, with the return before where one is needed."""
    returns = {2024: before} if before else {}
    return Case(rule, returns | {2025: rows}, born or {}, tuple(found))


def drawn(name: str, rows: list[str]) -> tuple[str, str]:
    table, heading = HEADINGS[name]
    return table, "\n".join([heading, "---", *rows])


def record_of(folder, case: Case):
    """The record of a case; everyone named in it is in the header, unless the case draws a header."""
    for year, named in case.returns.items():
        tables = dict(drawn(name, rows) for name, rows in named.items())
        if "episodes" not in tables:
            tables |= dict([drawn("episodes", ["still | 01/05/2019 | S | C2 | U6 | |"])])
        if "header" not in tables:
            ids = {row.split("|")[0].strip(): None for text in tables.values() for row in text.splitlines()[2:]}
            born = {child: case.born.get(child, "01/01/2015") for child in ids}
            tables |= dict([drawn("header", [f"{child} | F | {day} | WBRI | |" for child, day in born.items()])])
        write(folder, year, **tables)
    return read(folder, area="Testshire")


def named(record, rule: str) -> set[str]:
    """The children whose rows a rule touched."""
    lines = (record.issues["rule"] == rule).to_numpy()
    return set(record.people["id"].to_numpy()[record.whose[lines]])


YEAR = "01/01/2020 | S | C2 | U6 | |"  # in care for the whole year
CASES = [
    # ---- reading ----
    case("141", episodes=["x | 31/02/2024 | S | C2 | U6 | |", "ok | 29/02/2024 | S | C2 | U6 | |", f"still | {YEAR}"]),
    case("141S", episodes=["x | 45444 | S | C2 | U6 | |", "ok | 2024-06-01 | S | C2 | U6 | |", f"still | {YEAR}"]),
    case("141Y", episodes=["x | 01/06/24 | S | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | |", f"still | {YEAR}"]),
    case("147", episodes=["x | 01/06/2024 | S | C2 | U6 | 31/06/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 30/06/2024 | E4A"]),
    case("147S", episodes=["x | 01/06/2024 | S | C2 | U6 | 45455 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 30/06/2024 | E4A"]),
    case("147Y", episodes=["x | 01/06/2024 | S | C2 | U6 | 30/06/24 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 30/06/2024 | E4A"]),
    case("564", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | M | | 02/06/2024", "ok | M | 02/06/2024 |"]),
    case("565", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | | 01/06/2024 |", "ok | M | 02/06/2024 |"]),
    case("C9", episodes=["x | 01/06/2024 | S | C2 | U6 - foster carer | |", "ok | 01/06/2024 | S | C2 | u6 | |"]),
    # ---- codes ----
    case("143", episodes=["x | 01/06/2024 | Q | C2 | U6 | |", "ok | 01/06/2024 | s | C2 | U6 | |"]),
    case("144", episodes=["x | 01/06/2024 | S | C9 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | |"]),
    case("145", needs=["x | 01/06/2024 | S | N9 | |", "ok | 01/06/2024 | S | N8 | |"]),
    case("146", episodes=["x | 01/06/2024 | S | C2 | R4 | |", "ok | 01/06/2024 | S | C2 | R5 | |"]),
    case("149", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E99", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E17"]),
    case("178", settings=["x | 01/06/2024 | S | C2 | U6 | | | PR9 | |", "ok | 01/06/2024 | S | C2 | U6 | | | PR5 | |"]),
    case("179", located=["x | 01/06/2024 | S | U6 | | | MAYBE |", "ok | 01/06/2024 | S | U6 | | | out |"]),
    case("1009", moves=["x | 01/06/2024 | S | U6 | | 01/07/2024 | E3 | LIIAF", "ok | 01/06/2024 | S | U6 | | 01/07/2024 | E3 | OTHER"]),
    case("101", header=["x | 3 | 01/01/2015 | WBRI | |", "ok | 1 | 01/01/2015 | WBRI | |"]),
    case("103", header=["x | F | 01/01/2015 | WHIT | |", "ok | F | 01/01/2015 | NOBT | |"]),
    case("131", oc3=["x | 01/05/2004 | MAYBE | F2 | U1", "ok | 01/05/2004 | RHOM | 0 | 0"]),
    case("132", oc3=["x | 01/05/2004 | YES | F7 | U1", "ok | 01/05/2004 | YES | G6 | U1"]),
    case("133", oc3=["x | 01/05/2004 | YES | F2 | S1", "ok | 01/05/2004 | YES | F2 | S2"]),
    case("167", reviews=["x | 01/01/2015 | 01/06/2024 | PN8", "ok | 01/01/2015 | 01/06/2024 | PN7"]),
    case("1006", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | B | 01/06/2024 |", "ok | A | 01/06/2024 |"]),
    case("631", previous_permanence=["x | 01/01/2015 | P9 | |", "ok | 01/01/2015 | Z1 | |"]),
    case("114", ad1=["x | 01/05/2024 | 01/06/2024 | 2 | MF | L11", "ok | 01/05/2024 | 01/06/2024 | 0 | MF | L11"]),
    case("176", ad1=["x | 01/05/2024 | 01/06/2024 | 0 | FM | L11", "ok | 01/05/2024 | 01/06/2024 | 0 | MF | L11"]),
    case("177", ad1=["x | 01/05/2024 | 01/06/2024 | 0 | MF | L1", "ok | 01/05/2024 | 01/06/2024 | 0 | MF | L12"]),
    case("120", placed_for_adoption=["x | 01/05/2024 | 01/06/2024 | RD9", "ok | 01/05/2024 | 01/06/2024 | RD4"]),
    case("SW13", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | SW1 | 01/01/2024 | | BORED", "ok | SW1 | 01/01/2024 | | OTHERS"]),
    # ---- people ----
    case("INT01", header=["ok | F | 01/01/2015 | WBRI | |"], ad1=["x | 01/05/2024 | 01/06/2024 | 0 | MF | L11", "ok | 01/05/2024 | 01/06/2024 | 0 | MF | L11"]),
    case("INT02", header=["ok | F | 01/01/2015 | WBRI | |"], placed_for_adoption=["x | 01/05/2024 | |", "ok | 01/05/2024 | |"]),
    case("INT03", header=["ok | F | 01/01/2015 | WBRI | |"], episodes=[f"x | {YEAR}", f"ok | {YEAR}"]),
    case("INT04", header=["ok | F | 01/01/2015 | WBRI | |"], missing=["x | M | 01/06/2024 |", "ok | M | 01/06/2024 |"]),
    case("INT05", header=["ok | F | 01/01/2015 | WBRI | |"], oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("INT06", header=["ok | F | 01/05/2004 | WBRI | |"], oc3=["x | 01/05/2004 | YES | F2 | U1", "ok | 01/05/2004 | YES | F2 | U1"]),
    case("INT07", header=["ok | F | 01/01/2015 | WBRI | |"], previous_permanence=["x | 01/01/2015 | Z1 | |", "ok | 01/01/2015 | Z1 | |"]),
    case("INT08", header=["ok | F | 01/01/2015 | WBRI | |"], reviews=["x | 01/01/2015 | 01/06/2024 | PN1", "ok | 01/01/2015 | 01/06/2024 | PN1"]),
    case("INT09", header=["ok | F | 01/01/2015 | WBRI | |"], uasc=["x | F | 01/01/2015 |", "ok | F | 01/01/2015 |"]),
    case("H1", header=["ok | F | 01/01/2015 | WBRI | |"], care_plans=["x | 01/06/2024 | AUTHORISED", "ok | 01/06/2024 | AUTHORISED"]),
    case("INT12", placed_for_adoption=["x | 01/05/2024 | |"], found=()),
    case("INT15", born={"x": "01/05/2004", "ok": "01/05/2004"}, oc3=["x | 01/05/2005 | YES | F2 | U1", "ok | 01/05/2004 | YES | F2 | U1"]),
    case("INT16", previous_permanence=["x | 01/01/2016 | Z1 | |", "ok | 01/01/2015 | Z1 | |"]),
    case("INT17", reviews=["x | 01/01/2016 | 01/06/2024 | PN1", "ok | 01/01/2015 | 01/06/2024 | PN1"]),
    case("INT18", uasc=["x | F | 01/01/2016 |", "ok | F | 01/01/2015 |"]),
    case("H2", care_leavers=["x | 31/03/2025 | 01/05/2005 | RELEVANT | YES | F2", "ok | 31/03/2025 | 01/01/2015 | RELEVANT | YES | F2"]),
    case("INT21", uasc=["x | M | 01/01/2015 |", "ok | F | 01/01/2015 |"]),
    case("INT31", ad1=["x | 01/05/2024 | 01/06/2024 | 0 | MF | L11", "x | 01/05/2024 | 01/06/2024 | 1 | MF |", "ok | 01/05/2024 | 01/06/2024 | 0 | MF | L11"]),
    case("INT32", header=["x | F | 01/01/2015 | WBRI | |", "x | F | 01/01/2015 | WOTH | UN1 |", "ok | F | 01/01/2015 | WBRI | |"]),
    case("INT33", oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | |", "x | 4 | | | | 1 | 1 | 1 | 0 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("INT34", oc3=["x | 01/05/2004 | YES | F2 | U1", "x | 01/05/2004 | YES | F1 | U1", "ok | 01/05/2004 | YES | F2 | U1"]),
    case("INT35", previous_permanence=["x | 01/01/2015 | Z1 | |", "x | 01/01/2015 | P1 | |", "ok | 01/01/2015 | Z1 | |"]),
    case("INT36", uasc=["x | F | 01/01/2015 |", "x | F | 01/01/2015 | 01/06/2024", "ok | F | 01/01/2015 |"]),
    case("102", header=["x | F | | WBRI | |", "ok | F | 01/01/2015 | WBRI | |"], episodes=[f"x | {YEAR}", f"ok | {YEAR}"]),
    case("301", header=["x | F | 01/04/2025 | WBRI | |", "ok | F | 31/03/2025 | WBRI | |"]),
    case("302", born={"x": "02/01/2020", "ok": "01/01/2020"}, episodes=[f"x | {YEAR}", f"ok | {YEAR}"]),
    case("202", before={"header": ["x | M | 01/01/2015 | WBRI | |", "ok | 2 | 01/01/2015 | WBRI | |"]}, header=["x | F | 01/01/2015 | WBRI | |", "ok | F | 01/01/2015 | WBRI | |"]),
    case("203", before={"header": ["x | F | 01/01/2014 | WBRI | |", "ok | F | | WBRI | |"]}, header=["x | F | 01/01/2015 | WBRI | |", "ok | F | 01/01/2015 | WBRI | |"]),
    case("204", before={"header": ["x | F | 01/01/2015 | WOTH | |", "ok | F | 01/01/2015 | | |"]}, header=["x | F | 01/01/2015 | WBRI | |", "ok | F | 01/01/2015 | WBRI | |"]),
    case("207", before={"header": ["x | F | 01/01/2009 | WBRI | | 1", "ok | F | 01/01/2009 | WBRI | | 0"]}, header=["x | F | 01/01/2009 | WBRI | | 0", "ok | F | 01/01/2009 | WBRI | | 1"]),
    case("208", before={"header": ["x | F | 01/01/2015 | WBRI | A123456789012 |", "ok | F | 01/01/2015 | WBRI | UN1 |"]}, header=["x | F | 01/01/2015 | WBRI | B123456789012 |", "ok | F | 01/01/2015 | WBRI | C123456789012 |"]),
    case("168", header=["x | F | 01/01/2022 | WBRI | I123456789012 |", "ok | F | 01/01/2022 | WBRI | H123456789012 |"]),
    case("168T", header=["x | F | 01/01/2022 | WBRI | A12345678901B |", "ok | F | 01/01/2022 | WBRI | A123456789012 |"]),
    case("209", header=["x | F | 31/08/2019 | WBRI | UN1 |", "ok | F | 01/09/2019 | WBRI | UN1 |"]),
    case("210", header=["x | F | 01/01/2015 | WBRI | UN4 |", "ok | F | 01/01/2015 | WBRI | UN4 |"],
        episodes=["x | 24/03/2025 | S | C2 | U6 | |", "ok | 25/03/2025 | S | C2 | U6 | |"]),
    case("444", header=["x | F | 01/01/2015 | WBRI | A123456789012 |", "y | F | 01/01/2015 | WBRI | A123456789012 |", "ok | F | 01/01/2015 | WBRI | UN2 |", "also | F | 01/01/2015 | WBRI | UN2 |"], found=("x", "y")),
    case("ID1", born={"x": "01/05/2012", "old": "01/05/2012", "ok": "01/05/2013"},
        before={"episodes": ["old | 01/06/2023 | S | C2 | U6 | |", "ok | 01/06/2023 | S | C2 | U6 | |"]},
        episodes=["x | 01/06/2023 | S | C2 | U6 | |", "ok | 01/06/2023 | S | C2 | U6 | |"]),
    case("ID2", header=["0007 | F | 01/01/2015 | WBRI | |", "8 | F | 01/01/2015 | WBRI | |"], episodes=["7 | 01/06/2024 | S | C2 | U6 | |", "8 | 01/06/2024 | S | C2 | U6 | |"], found=("7",)),
    # ---- episodes ----
    case("RESPITE", episodes=["x | 01/06/2024 | S | V1 | U6 | |", "ok | 01/06/2024 | S | V2 | U6 | |"]),
    case("142", episodes=["x | 01/06/2024 | S | C2 | U6 | |", "x | 01/07/2024 | P | C2 | K2 | |", "ok | 01/06/2024 | S | C2 | U6 | |"]),
    case("148", episodes=["x | 01/06/2024 | S | C2 | U6 | | E4A", "ok | 01/06/2024 | S | C2 | U6 | |"]),
    case("148X", episodes=["x | 01/06/2024 | S | C2 | U6 | | X1", "ok | 01/06/2024 | S | C2 | U6 | |"]),
    case("148R", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A"]),
    case("353", born={"x": "01/01/1990", "ok": "01/01/1990"}, episodes=["x | 13/10/1991 | S | C2 | U6 | |", "ok | 14/10/1991 | S | C2 | U6 | |"]),
    case("354", before={"episodes": ["x | 01/04/2024 | S | C2 | U6 | |", "ok | 31/03/2024 | S | C2 | U6 | |"]}, episodes=[f"still | {YEAR}"]),
    case("355", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/06/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 02/06/2024 | E4A"]),
    case("356", episodes=["x | 01/06/2024 | S | C2 | U6 | 31/05/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 02/06/2024 | E4A"]),
    case("357", episodes=["x | 01/06/2024 | P | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | |"]),
    case("357P", episodes=["x | 01/06/2024 | P | C2 | U6 | |", "ok | 01/06/2024 | P | C2 | U6 | |"], poc_start=["x | 01/06/2022 |", "ok | 02/06/2024 |"]),
    case("357D", episodes=["x | 01/06/2024 | P | C2 | U6 | |", "ok | 01/06/2024 | P | C2 | U6 | |"], poc_start=["x | 02/06/2024 |", "ok | 01/06/2024 |"]),
    case("357N", episodes=["x | 01/06/2024 | S | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | |"], poc_start=["x | 01/05/2024 |", "ok | 01/06/2024 |"]),
    case("359", born={"x": "30/03/2007", "ok": "31/03/2007"}, episodes=[f"x | {YEAR}", f"ok | {YEAR}"]),
    case("361", episodes=["x | 01/06/2024 | S | L1 | U6 | 05/06/2024 | E4A", "ok | 01/06/2024 | S | L1 | U6 | 04/06/2024 | E4A"]),
    case("362", episodes=["x | 01/06/2024 | S | L2 | U6 | 23/06/2024 | E4A", "ok | 01/06/2024 | S | L2 | U6 | 22/06/2024 | E4A"]),
    case("363", episodes=["x | 01/06/2024 | S | L3 | U6 | 09/06/2024 | E4A", "ok | 01/06/2024 | S | L3 | U6 | 08/06/2024 | E4A"]),
    case("365", episodes=["x | 01/06/2024 | S | V3 | U6 | 19/06/2024 | E4A", "ok | 01/06/2024 | S | V3 | U6 | 18/06/2024 | E4A", f"still | {YEAR}"]),
    case("366", episodes=["x | 01/06/2024 | P | V3 | U6 | 05/06/2024 | E4A", "ok | 01/06/2024 | S | V3 | U6 | 05/06/2024 | E4A", f"still | {YEAR}"]),
    case("367", episodes=[f"x | {m:02d}/0{n}/2024 | S | V3 | U6 | {m + 15:02d}/0{n}/2024 | E4A" for n in (5, 6, 7, 8, 9) for m in (1,)]
        + ["x | 20/09/2024 | S | V3 | U6 | 21/09/2024 | E4A"]
        + [f"ok | 01/0{n}/2024 | S | V3 | U6 | 16/0{n}/2024 | E4A" for n in (5, 6, 7, 8, 9)] + [f"still | {YEAR}"]),
    case("426", episodes=["x | 01/06/2024 | S | V3 | U6 | 03/06/2024 | E4A", "x | 01/07/2024 | S | V4 | U6 | 03/07/2024 | E4A", "ok | 01/06/2024 | S | V3 | U6 | 03/06/2024 | E4A", f"still | {YEAR}"]),
    case("385", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/04/2025 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 31/03/2025 | E4A"]),
    case("388", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "x | 02/07/2024 | P | C2 | K2 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | P | C2 | K2 | |"]),
    case("388E", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A"]),
    case("431", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "x | 01/07/2024 | S | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "ok | 02/07/2024 | S | C2 | U6 | |"]),
    case("431X", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "x | 01/07/2024 | S | C2 | K2 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | P | C2 | K2 | |"]),
    case("432", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "x | 01/07/2024 | P | C2 | K2 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | P | C2 | K2 | |"]),
    case("433", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "x | 02/07/2024 | P | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "ok | 02/07/2024 | S | C2 | U6 | |"]),
    case("437", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E2", "x | 01/08/2024 | S | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E3", "ok | 01/08/2024 | S | C2 | U6 | |"]),
    case("445", born={"x": "01/01/2004", "ok": "01/01/2004"}, episodes=["x | 30/12/2005 | S | D1 | U6 | |", "ok | 29/12/2005 | S | D1 | U6 | |"]),
    case("446", born={"x": "01/01/2004", "ok": "01/01/2004"}, episodes=["x | 30/11/2005 | S | E1 | U6 | |", "ok | 01/12/2005 | S | E1 | U6 | |"]),
    case("501", episodes=["x | 01/06/2024 | S | C2 | U6 | 02/07/2024 | X1", "x | 01/07/2024 | P | C2 | K2 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | P | C2 | K2 | |"]),
    case("501R", episodes=["x | 01/06/2024 | S | V2 | U6 | 02/07/2024 | E4A", "x | 01/07/2024 | S | V3 | U6 | 03/07/2024 | E4A", "ok | 01/06/2024 | S | V2 | U6 | 01/07/2024 | E4A", "ok | 01/07/2024 | S | V3 | U6 | 03/07/2024 | E4A"]),
    case("502", before={"episodes": ["x | 01/06/2023 | S | C2 | U6 | |", "ok | 01/06/2023 | S | C2 | U6 | |"]}, episodes=["ok | 01/06/2023 | S | C2 | U6 | |"]),
    case("504", needs=["x | 01/06/2024 | S | N1 | 01/07/2024 | X1", "x | 01/07/2024 | L | N2 | |", "ok | 01/06/2024 | S | N1 | 01/07/2024 | E4A", "ok | 01/08/2024 | S | N2 | |"]),
    case("562", before={"episodes": [f"still | {YEAR}", "ok | 01/06/2023 | S | C2 | U6 | |"]}, episodes=["x | 31/03/2024 | P | C2 | U6 | |", "ok | 01/06/2023 | S | C2 | U6 | |", "new | 01/04/2024 | P | C2 | U6 | |"]),
    # ---- placements ----
    case("213", settings=["x | 01/06/2024 | S | C2 | Z1 | | | PR4 | |", "ok | 01/06/2024 | S | C2 | K2 | | | PR4 | |"]),
    case("526", settings=["x | 01/06/2024 | S | C2 | K2 | | | | |", "ok | 01/06/2024 | S | C2 | Z1 | | | | |", "also | 01/06/2024 | S | C2 | U6 | | | PR1 | |"]),
    case("550", settings=["x | 01/06/2024 | S | C2 | U6 | | | PR0 | |", "ok | 01/06/2024 | S | C2 | P1 | | | PR0 | |"]),
    case("218", settings=["x | 01/06/2024 | S | C2 | K2 | | | PR4 | |", "ok | 01/06/2024 | S | C2 | K2 | | SC123456 | PR4 | |"]),
    case("217", episodes=["x | 01/06/2024 | S | E1 | U6 | 01/07/2024 | X1", "x | 01/07/2024 | P | E1 | A5 | |", "ok | 01/06/2024 | S | E1 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | T | E1 | A5 | |"]),
    case("225", moves=["x | 01/06/2024 | S | U6 | | 01/07/2024 | X1 |", "x | 01/07/2024 | P | K2 | | | |", "ok | 01/06/2024 | S | U6 | | 01/07/2024 | X1 | CARPL", "ok | 01/07/2024 | P | K2 | | | |"]),
    case("226", moves=["x | 01/06/2024 | S | U6 | | 01/07/2024 | X1 | CARPL", "x | 01/07/2024 | P | T1 | | | |", "ok | 01/06/2024 | S | U6 | | 01/07/2024 | X1 | CARPL", "ok | 01/07/2024 | P | K2 | | | |"]),
    case("233", moves=["x | 01/06/2024 | S | U6 | | | | CARPL", "ok | 01/06/2024 | S | U6 | | 01/07/2024 | E3 | CARPL"]),
    case("371", born={"x": "02/06/2008", "ok": "01/06/2008"}, episodes=["x | 01/06/2024 | S | C2 | K3 | |", "ok | 01/06/2024 | S | C2 | K3 | |"]),
    case("375", episodes=["x | 01/04/2024 | S | C2 | U6 | 01/06/2024 | X1", "x | 01/06/2024 | P | C2 | T1 | 14/07/2024 | X1", "x | 14/07/2024 | P | C2 | U6 | |",
        "ok | 01/04/2024 | S | C2 | U6 | 01/06/2024 | X1", "ok | 01/06/2024 | P | C2 | T1 | 13/07/2024 | X1", "ok | 13/07/2024 | P | C2 | U6 | |"]),
    case("376", episodes=["x | 01/04/2024 | S | C2 | U6 | 01/06/2024 | X1", "x | 01/06/2024 | P | C2 | T3 | 23/06/2024 | X1", "x | 23/06/2024 | P | C2 | U6 | |",
        "ok | 01/04/2024 | S | C2 | U6 | 01/06/2024 | X1", "ok | 01/06/2024 | P | C2 | T3 | 22/06/2024 | X1", "ok | 22/06/2024 | P | C2 | U6 | |"]),
    case("379", episodes=["x | 01/04/2024 | S | C2 | U6 | 01/06/2024 | X1", "x | 01/06/2024 | P | C2 | T4 | 09/06/2024 | X1", "x | 09/06/2024 | P | C2 | U6 | |",
        "ok | 01/04/2024 | S | C2 | U6 | 01/06/2024 | X1", "ok | 01/06/2024 | P | C2 | T4 | 08/06/2024 | X1", "ok | 08/06/2024 | P | C2 | U6 | |"]),
    case("377", episodes=[row for child, months in (("x", (5, 6, 7)), ("ok", (5, 6))) for row in
        [f"{child} | 01/04/2024 | S | C2 | U6 | 01/05/2024 | X1"] + [line for month in months for line in (
            f"{child} | 01/0{month}/2024 | P | C2 | T3 | 05/0{month}/2024 | X1", f"{child} | 05/0{month}/2024 | P | C2 | U6 | 01/0{month + 1}/2024 | X1")]]),
    case("378", episodes=["x | 01/06/2024 | S | V2 | P1 | |", "ok | 01/06/2024 | S | C2 | P1 | |"]),
    case("380", episodes=["x | 01/06/2024 | S | C2 | T4 | 02/06/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 02/06/2024 | E4A"]),
    case("381", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "x | 01/07/2024 | P | C2 | T4 | 02/07/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | P | C2 | T4 | |"]),
    case("383", moves=["x | 01/06/2024 | S | U6 | ZZ1 1AA | 01/07/2024 | X1 |", "x | 01/07/2024 | P | T4 | | 03/07/2024 | X1 |", "x | 03/07/2024 | P | U6 | ZZ2 2BB | | |",
        "ok | 01/06/2024 | S | U6 | ZZ1 1AA | 01/07/2024 | X1 |", "ok | 01/07/2024 | P | T4 | | 03/07/2024 | X1 |", "ok | 03/07/2024 | P | U6 | zz11aa | | |"]),
    case("434", episodes=["x | 01/06/2024 | S | C1 | U6 | 01/07/2024 | X1", "x | 01/07/2024 | L | C2 | K2 | |", "ok | 01/06/2024 | S | C1 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | L | C2 | U6 | |"]),
    case("435", moves=["x | 01/06/2024 | S | U6 | ZZ1 1AA | 01/07/2024 | X1 |", "x | 01/07/2024 | P | U6 | ZZ1 1AA | | |", "ok | 01/06/2024 | S | U6 | ZZ1 1AA | 01/07/2024 | X1 |", "ok | 01/07/2024 | P | U6 | ZZ2 2BB | | |"]),
    case("436", episodes=["x | 01/06/2024 | S | C1 | U6 | 01/07/2024 | X1", "x | 01/07/2024 | B | C1 | K2 | |", "ok | 01/06/2024 | S | C1 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | B | C2 | K2 | |"]),
    case("KIN", moves=["x | 01/06/2024 | S | U3 | ZZ1 1AA | 01/07/2024 | X1 |", "x | 01/07/2024 | T | U6 | ZZ1 1AA | | |", "ok | 01/06/2024 | S | U3 | ZZ1 1AA | 01/07/2024 | X1 |", "ok | 01/07/2024 | P | U6 | ZZ2 2BB | | |"]),
    case("164", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | -1", "ok | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | 999.9"]),
    case("164Z", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | 0.0", "ok | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | 0.1"]),
    case("392A", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | |", "ok | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | 5"]),
    case("392B", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | | |", "ok | 01/06/2024 | S | A6 | ZZ1 1AA | | |", "also | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | |"]),
    case("392C", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | 12 High St | |", "ok | 01/06/2024 | S | U6 | zz11aa | ZZ2A2BB | |"]),
    case("392D", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | zz11aa | |", "ok | 01/06/2024 | S | P1 | ZZ1 1AA | ZZ1 1AA | |"]),
    case("406", located=["x | 01/06/2024 | S | U6 | | ZZ2 2BB | | 12", "ok | 01/06/2024 | S | U6 | | ZZ2 2BB | |"], uasc=["x | F | 01/01/2015 |", "ok | F | 01/01/2015 |"]),
    case("454", located=["x | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | 350.1", "ok | 01/06/2024 | S | U6 | ZZ1 1AA | ZZ2 2BB | | 350"]),
    # ---- unaccompanied children ----
    case("303", uasc=["x | F | 01/01/2015 | 31/03/2024", "ok | F | 01/01/2015 | 01/04/2024"]),
    case("304", born={"x": "01/06/2006", "ok": "01/06/2006"}, uasc=["x | F | 01/06/2006 | 02/06/2024", "ok | F | 01/06/2006 | 01/06/2024"]),
    case("205A", before={"episodes": [f"x | {YEAR}", f"ok | {YEAR}"], "uasc": ["x | F | 01/01/2015 |", "ok | F | 01/01/2015 | 01/04/2024"]},
        episodes=[f"x | {YEAR}", f"ok | {YEAR}"], uasc=["still | F | 01/01/2015 |"]),
    case("205B", before={"uasc": ["x | F | 01/01/2015 | 01/06/2023", "ok | F | 01/01/2015 | 01/06/2024"]}, uasc=["x | F | 01/01/2015 | 01/07/2024", "ok | F | 01/01/2015 | 01/07/2024"]),
    case("205D", before={"episodes": [f"x | {YEAR}"], "uasc": ["still | F | 01/01/2015 |"]}, episodes=[f"x | {YEAR}", "ok | 01/06/2024 | S | V2 | U6 | |"], uasc=["x | F | 01/01/2015 |", "ok | F | 01/01/2015 |"]),
    # ---- the yearly health table: CHILD | SDQ_SCORE | REASON | CONVICTED | HEALTH_CHECK | four items | two interventions ----
    case("157", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], born={"ok": "01/01/2022"}, oc2=["x | | SDQ1 | | | 1 | 1 | 1 | 0 | |", "ok | | SDQ1 | | 1 | 1 | 1 | 1 | 0 | |"]),
    case("158", oc2=["x | 3 | | | | 1 | 1 | 1 | 1 | 1 | 1", "ok | 3 | | | | 1 | 1 | 1 | 1 | 1 |"]),
    case("159", oc2=["x | 3 | | | | 1 | 1 | 1 | 1 | 0 |", "ok | 3 | | | | 1 | 1 | 1 | 1 | 0 | 1"]),
    case("180", oc2=["x | 41 | | | | 1 | 1 | 1 | 0 | |", "ok | 40 | | | | 1 | 1 | 1 | 0 | |"]),
    case("181", oc2=["x | 3 | | | | 7 | 1 | 1 | 0 | |", "ok | 3 | | | | 0.0 | 1 | 1 | 0 | |"]),
    case("182", oc2=["x | 3 | | | | | 1 | 1 | 0 | |", "ok | 3 | | | | 0 | 1 | 1 | 0 | |"]),
    case("185", episodes=["x | 02/04/2024 | S | C2 | U6 | |", "ok | 01/04/2024 | S | C2 | U6 | |"], oc2=["x | 3 | | | | | | | | |", "ok | 3 | | | | | | | | |"]),
    case("186", born={"x": "01/04/2020", "ok": "02/04/2020"}, episodes=["x | 01/04/2020 | S | C2 | U6 | |", "ok | 02/04/2020 | S | C2 | U6 | |"], oc2=["x | | SDQ2 | | 1 | 1 | 1 | 1 | 0 | |", "ok | | | | 1 | 1 | 1 | 1 | 0 | |"]),
    case("187", born={"x": "01/05/2006", "ok": "01/05/2006"}, episodes=[f"x | {YEAR}", f"ok | {YEAR}"], oc2=["x | | | 0 | | 1 | 1 | 1 | 0 | |", "ok | | | 0 | | 1 | 1 | 1 | 0 | |"], oc3=["x | 01/05/2006 | YES | F2 | U1"]),
    case("188", born={"x": "01/04/2021", "ok": "31/03/2021"}, oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("189", born={"x": "01/04/2007", "ok": "02/04/2007"}, oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("190", episodes=["x | 02/04/2024 | S | C2 | U6 | |", "ok | 01/04/2024 | S | C2 | U6 | |"], oc2=["x | | | | | 1 | 1 | 1 | 0 | |", "ok | | | | | 1 | 1 | 1 | 0 | |"]),
    case("191", episodes=[f"x | {YEAR}", "ok | 02/04/2024 | S | C2 | U6 | |"], oc2=["x | 3 | | | | 1 | | 1 | 0 | |", "ok | | | | | 1 | | 1 | 0 | |"]),
    case("192", oc2=["x | 3 | | | | 1 | 1 | 1 | 1 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("193", oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | 0 |", "ok | 3 | | | | 1 | 1 | 1 | 1 | 0 | 0"]),
    case("196", oc2=["x | | SDQ9 | | | 1 | 1 | 1 | 0 | |", "ok | | SDQ5 | | | 1 | 1 | 1 | 0 | |"]),
    case("197A", oc2=["x | 0 | SDQ2 | | | 1 | 1 | 1 | 0 | |", "ok | | SDQ2 | | | 1 | 1 | 1 | 0 | |"]),
    case("197B", born={"x": "01/05/2020", "ok": "01/05/2020"}, episodes=["x | 01/06/2020 | S | C2 | U6 | |", "ok | 01/06/2020 | S | C2 | U6 | |"], oc2=["x | | | | 1 | 1 | 1 | 1 | 0 | |", "ok | | SDQ1 | | 1 | 1 | 1 | 1 | 0 | |"]),
    case("198", episodes=["x | 02/04/2024 | S | C2 | U6 | |", "ok | 01/04/2024 | S | C2 | U6 | |"], oc2=["x | | SDQ4 | | | | | | | |", "ok | | SDQ4 | | | | | | | |"]),
    case("542", born={"x": "01/04/2015", "ok": "31/03/2015"}, oc2=["x | 3 | | 1 | | 1 | 1 | 1 | 0 | |", "ok | 3 | | 1 | | 1 | 1 | 1 | 0 | |"]),
    case("543", born={"x": "31/03/2015", "ok": "01/04/2015"}, episodes=[f"x | {YEAR}", f"ok | {YEAR}"], oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("544", born={"x": "01/01/2012", "ok": "01/01/2012"}, oc2=["x | | | 0 | | | | | | |", "ok | | | 0 | | 1 | 1 | 1 | 0 | |"]),
    case("545", born={"x": "01/04/2020", "ok": "31/03/2020"}, episodes=["x | 01/06/2020 | S | C2 | U6 | |", "ok | 01/06/2020 | S | C2 | U6 | |"], oc2=["x | 3 | | | | 1 | 1 | 1 | 0 | |", "ok | 3 | | | | 1 | 1 | 1 | 0 | |"]),
    case("546", born={"x": "31/03/2020", "ok": "01/04/2020"}, oc2=["x | 3 | | | 1 | 1 | 1 | 1 | 0 | |", "ok | 3 | | | 1 | 1 | 1 | 1 | 0 | |"]),
    # ---- care leavers, born so that they turn 17 to 21 in the year ----
    case("153", oc3=["x | 01/05/2004 | YES | | U1", "ok | 01/05/2004 | | |"]),
    case("344", oc3=["x | 01/05/2004 | DIED | F2 | 0", "ok | 01/05/2004 | RHOM | 0 | 0"]),
    case("345", oc3=["x | 01/05/2004 | YES | 0 | U1", "ok | 01/05/2004 | NO | 0 | U1"]),
    case("345N", oc3=["x | 01/05/2004 | NO | 0 | U1", "ok | 01/05/2004 | NO | 0 | U2"]),
    case("347", born={"x": "01/05/2007", "ok": "01/05/2006"}, oc3=["x | 01/05/2007 | YES | F2 | T1", "ok | 01/05/2006 | YES | F2 | T1"]),
    case("391", born={"x": "31/03/2003", "ok": "01/04/2003"}, oc3=["x | 31/03/2003 | YES | F2 | U1", "ok | 01/04/2003 | YES | F2 | U1"]),
    case("3001", born={"x": "01/05/2007", "ok": "01/05/2006"}, oc3=["x | 01/05/2007 | YES | F2 | Z1", "ok | 01/05/2006 | YES | F2 | Z1"]),
    case("1000", born={"x": "01/05/2004", "ok": "01/05/2004"}, episodes=["x | 01/01/2020 | S | C2 | U6 | 01/04/2022 | E2", "ok | 01/01/2020 | S | C2 | U6 | 01/05/2022 | E17"], oc3=["x | 01/05/2004 | YES | F2 | U1", "ok | 01/05/2004 | YES | F2 | U1"]),
    case("1011", born={"x": "01/05/2004", "ok": "01/05/2004"}, episodes=["x | 01/01/2020 | S | C2 | U6 | 01/04/2022 | E3", "ok | 01/01/2020 | S | C2 | U6 | 01/05/2022 | E17"], oc3=["x | 01/05/2004 | YES | F2 | U1", "ok | 01/05/2004 | YES | F2 | U1"]),
    case("1007", born={"x": "01/05/2006", "ok": "01/05/2006"}, episodes=["x | 01/01/2020 | S | C2 | U6 | 02/05/2024 | E17", "ok | 01/01/2020 | S | C2 | U6 | 01/05/2024 | E17"], oc3=["x | 01/05/2006 | YES | F2 | U1", "ok | 01/05/2006 | YES | F2 | U1"]),
    case("1016", born={"x": "01/05/2006", "ok": "01/05/2006"}, episodes=["x | 01/01/2020 | S | C2 | U6 | 01/05/2024 | E17", "ok | 01/01/2020 | S | C2 | U6 | 30/04/2024 | E17"], oc3=["x | 01/05/2006 | YES | F2 | U1", "ok | 01/05/2006 | YES | F2 | U1"]),
    # ---- reviews ----
    case("399", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A"], reviews=["x | | 02/07/2024 | PN1", "ok | | 01/07/2024 | PN1"]),
    case("399C", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], reviews_local=["x | 01/06/2024 | | Y |", "ok | 01/06/2024 | | N |"]),
    case("399B", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], reviews_local=["x | | | N |", "ok | 01/06/2024 | | N |"]),
    case("440", born={"x": "31/05/2020", "ok": "01/06/2020"}, episodes=["x | 01/07/2020 | S | C2 | U6 | |", "ok | 01/07/2020 | S | C2 | U6 | |"], reviews=["x | | 01/06/2024 | PN0", "ok | | 01/06/2024 | PN0"]),
    case("441", born={"x": "02/06/2020", "ok": "01/06/2020"}, episodes=["x | 01/07/2020 | S | C2 | U6 | |", "ok | 01/07/2020 | S | C2 | U6 | |"], reviews=["x | | 01/06/2024 | PN1", "ok | | 01/06/2024 | PN1"]),
    # ---- missing ----
    case("567", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | M | 02/06/2024 | 01/06/2024", "ok | M | 02/06/2024 | 02/06/2024"]),
    case("570", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | M | 01/04/2025 |", "ok | M | 31/03/2025 |"]),
    case("571", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | M | 01/03/2025 | 01/04/2025", "ok | M | 01/03/2025 | 31/03/2025"]),
    case("574", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["x | M | 01/06/2024 | 05/06/2024", "x | M | 04/06/2024 | 07/06/2024", "ok | M | 01/06/2024 | 05/06/2024", "ok | M | 05/06/2024 | 07/06/2024", "ok | A | 02/06/2024 | 03/06/2024"]),
    case("575", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "x | 01/07/2024 | P | C2 | K2 | |", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | X1", "ok | 01/07/2024 | P | C2 | K2 | |"],
        missing=["x | M | 30/06/2024 |", "ok | M | 01/07/2024 |"]),
    case("576", before={"episodes": [f"x | {YEAR}", f"ok | {YEAR}"], "missing": ["x | M | 01/03/2024 |", "ok | M | 01/03/2024 |"]}, episodes=[f"x | {YEAR}", f"ok | {YEAR}"], missing=["ok | M | 01/03/2024 | 02/05/2024"]),
    case("577", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E8", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E8"], missing=["x | M | 20/06/2024 |", "ok | M | 20/06/2024 | 01/07/2024"]),
    case("578", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E8", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E8"], missing=["x | M | 01/07/2024 |", "ok | M | 30/06/2024 | 01/07/2024"]),
    case("580", episodes=["x | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E4A", "ok | 01/06/2024 | S | C2 | U6 | 01/07/2024 | E8"], missing=["x | M | 20/06/2024 | 01/07/2024", "ok | M | 20/06/2024 | 01/07/2024"]),
    case("581", episodes=["x | 01/06/2024 | S | C2 | U6 | |", "ok | 01/06/2024 | S | C2 | U6 | |"], missing=["x | M | 31/05/2024 | 02/06/2024", "ok | M | 01/06/2024 | 02/06/2024"]),
    case("586", born={"x": "02/06/2024", "ok": "01/06/2024"}, missing=["x | M | 01/06/2024 |", "ok | M | 01/06/2024 |"]),
    # ---- adoption: decided, matched, placed, ordered ----
    *(
        case(rule, episodes=["x | 01/06/2022 | S | E1 | U6 | 01/08/2024 | X1", "x | 01/08/2024 | P | E1 | A6 | 01/12/2024 | E11", "ok | 01/06/2022 | S | E1 | U6 | 01/08/2024 | X1", "ok | 01/08/2024 | P | E1 | A6 | 01/12/2024 | E11"],
            ad1=[x, "ok | 01/05/2022 | 01/07/2024 | 0 | MF | L11"])
        for rule, x in {
            "331": "x | 01/05/2022 | 02/08/2024 | 0 | MF | L11",
            "333": "x | 01/05/2022 | 30/04/2022 | 0 | MF | L11",
            "335": "x | 01/05/2022 | 01/07/2024 | 1 | MF | L11",
        }.items()
    ),
    case("601", episodes=["x | 01/06/2022 | S | E1 | A6 | 01/12/2024 | E11", "ok | 01/06/2022 | S | E1 | A6 | 01/12/2024 | E11"], ad1=["ok | 01/05/2022 | 01/07/2024 | 0 | MF | L11"]),
    case("602", episodes=["x | 01/06/2022 | S | E1 | A6 | 01/12/2024 | E45", "ok | 01/06/2022 | S | E1 | A6 | 01/12/2024 | E12"], ad1=["x | 01/05/2022 | 01/06/2022 | 0 | MF | L11", "ok | 01/05/2022 | 01/06/2022 | 0 | MF | L11"]),
    case("551", episodes=["x | 01/06/2024 | S | C2 | A4 | |", "ok | 01/06/2024 | S | C2 | A4 | |"], placed_for_adoption=["ok | 01/05/2024 | |"]),
    case("552", episodes=["x | 01/06/2024 | S | C2 | A4 | |", "ok | 01/06/2024 | S | C2 | A4 | |"], placed_for_adoption=["x | 02/06/2024 | |", "ok | 01/06/2024 | |"]),
    case("553", episodes=["x | 01/06/2024 | S | E1 | U6 | |", "ok | 01/06/2024 | S | E1 | U6 | |"], placed_for_adoption=["ok | 01/05/2024 | |"]),
    case("554", episodes=["x | 01/06/2024 | S | E1 | U6 | |", "ok | 01/06/2024 | S | E1 | U6 | |"], placed_for_adoption=["x | 02/06/2024 | |", "ok | 01/06/2024 | |"]),
    case("555", episodes=["x | 01/06/2024 | S | D1 | U6 | |", "ok | 01/06/2024 | S | D1 | U6 | |"], placed_for_adoption=["ok | 01/05/2024 | |"]),
    case("556", episodes=["x | 01/06/2024 | S | D1 | U6 | |", "ok | 01/06/2024 | S | D1 | U6 | |"], placed_for_adoption=["x | 02/06/2024 | |", "ok | 01/06/2024 | |"]),
    case("557", episodes=["x | 01/06/2024 | S | E1 | A6 | 01/12/2024 | E4A", "ok | 01/06/2024 | S | E1 | A6 | 01/12/2024 | E4A"], placed_for_adoption=["x | 01/05/2024 | |", "ok | 01/05/2024 | 01/11/2024 | RD1"]),
    case("558", episodes=["x | 01/06/2024 | S | E1 | A6 | 01/12/2024 | E11", "ok | 01/06/2024 | S | E1 | A6 | 01/12/2024 | E11"], placed_for_adoption=["x | 01/05/2024 | 01/11/2024 | RD1", "ok | 01/05/2024 | |"]),
    # ---- social workers ----
    case("SW02", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | DUTY TEAM | 01/01/2024 | |", "ok | SW123 | 01/01/2024 | |"]),
    case("SW02X", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | XX1 | 01/01/2024 | |", "ok | SW123 | 01/01/2024 | |"]),
    case("SW08", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | SW1 | 01/01/2024 | |", "x | SW2 | 01/06/2024 | |", "ok | SW1 | 01/01/2024 | 01/06/2024 |", "ok | SW2 | 01/06/2024 | |"]),
    case("SW10", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | SW1 | 01/01/2024 | 09/06/2024 |", "x | SW2 | 01/06/2024 | |", "ok | SW1 | 01/01/2024 | 08/06/2024 |", "ok | SW2 | 01/06/2024 | |"]),
    case("SW12", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | SW1 | 01/01/2024 | 01/06/2024 |", "x | SW2 | 09/06/2024 | |", "ok | SW1 | 01/01/2024 | 01/06/2024 |", "ok | SW2 | 08/06/2024 | |"]),
    case("SW17", episodes=[f"x | {YEAR}", f"ok | {YEAR}"], sw_episodes=["x | SW1 | 01/01/2024 | 31/03/2025 |", "ok | SW1 | 01/01/2024 | 01/04/2025 |"]),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {RULES[case.rule].reason}" for case in CASES])
def test_a_rule_finds_child_x_and_not_child_ok(tmp_path, case):
    record = record_of(tmp_path, case)
    assert named(record, case.rule) == set(case.found)
    lines = record.reconciliation
    assert (lines["rows_in"] == lines["used"] + lines["set_aside"]).all()


def test_thirteen_weeks_are_asked_of_those_whose_14th_birthday_the_returns_reach_back_to(tmp_path):
    """x was in care for 90 days after 14, ok for 91; nobody can tell of old, whose 14th birthday lies earlier."""
    born = {"x": "01/05/2005", "ok": "01/05/2005", "old": "01/05/2004"}
    stays = {"x": "30/07/2021", "ok": "31/07/2021", "old": "30/07/2021"}
    header = [f"{child} | F | {day} | WBRI | |" for child, day in born.items()]
    for year in range(2020, 2026):
        episodes = ["still | 01/01/2019 | S | C2 | U6 | |"]
        if year == 2022:
            episodes += [f"{child} | 01/05/2021 | S | C2 | U6 | {end} | E4A" for child, end in stays.items()]
        tables = dict([drawn("episodes", episodes), drawn("header", [*header, "still | F | 01/01/2015 | WBRI | |"])])
        if year == 2025:
            tables |= dict([drawn("oc3", [f"{child} | {day} | YES | F2 | U1" for child, day in born.items()])])
        write(tmp_path, year, **tables)
    assert named(read(tmp_path, area="Testshire"), "1001") == {"x"}


def test_a_clean_return_has_no_findings(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            settings=[
                "a | 01/06/2022 | S | C1 | U6 | ZZ1 1AA | SC123456 | PR1 | 01/07/2024 | X1",
                "a | 01/07/2024 | L | C2 | U6 | ZZ1 1AA | SC123456 | PR1 | 01/08/2024 | X1",
                "a | 01/08/2024 | P | C2 | T3 | | | | 10/08/2024 | X1",
                "a | 10/08/2024 | P | C2 | U6 | ZZ1 1AA | SC123456 | PR1 | 01/09/2024 | X1",
                "a | 01/09/2024 | B | E1 | A6 | | | PR2 | 01/02/2025 | E11",
            ],
            missing=["a | M | 01/07/2024 | 01/07/2024"],
            ad1=["a | 01/05/2023 | 20/08/2024 | 0 | MF | L11"],
            placed_for_adoption=["a | 01/05/2023 | |"],
            reviews=["a | 01/01/2015 | 15/07/2024 | PN1"],
            sw_episodes=["a | SW1 | 01/06/2022 | |"],
        ),
    )
    assert record.issues.empty, record.issues.to_string()


def test_every_rule_that_a_return_can_break_is_drawn_here_or_in_the_tests_of_reading():
    drawn_here = {case.rule for case in CASES} | {"1001"}
    reading = {"F1", "F2", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "S1", "S2", "S3", "S4"}
    # The same line of code for every table; INT15 to INT18 stand for them.
    alike = {"INT11", "INT12", "INT13", "INT14"}
    assert set(RULES) - drawn_here - reading == alike - drawn_here


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.number)
def test_a_rule_names_what_is_done_why_and_measures_of_the_catalogue(rule, ids_of_the_catalogue):
    assert rule.action in (SET_ASIDE, REPAIRED, KEPT)
    assert rule.reason
    assert rule.reason[0].islower() or rule.reason[:2] in ("X1", "UA", "UN"), rule.reason
    assert set(rule.moves) <= ids_of_the_catalogue
    assert len(set(rule.moves)) == len(rule.moves)


@pytest.fixture(scope="session")
def ids_of_the_catalogue(shared) -> set[str]:
    """Every measure id in the index of the catalogue."""
    text = (shared / "domain" / "CATALOGUE.md").read_text(encoding="utf-8").partition("## 7. Index of ids")[2]
    return set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", text))
