"""Returns drawn row by row for the tests of rules and dirt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from extract import write
from incare.record import Record, read

# The columns of the rows; left side: how a case calls them.
HEADINGS = {
    "episodes": ("episodes", "CHILD | DECOM | RNE | LS | PLACE | DEC | REC"),
    "needs": ("episodes", "CHILD | DECOM | RNE | CIN | DEC | REC"),
    "settings": ("episodes", "CHILD | DECOM | RNE | LS | PLACE | PL_POST | URN | PLACE_PROVIDER | DEC | REC"),
    "moves": ("episodes", "CHILD | DECOM | RNE | PLACE | PL_POST | DEC | REC | REASON_PLACE_CHANGE"),
    "located": ("episodes", "CHILD | DECOM | RNE | PLACE | HOME_POST | PL_POST | PL_LOCATION | PL_DISTANCE"),
    "header": ("header", "CHILD | SEX | DOB | ETHNIC | UPN | MOTHER"),
    "uasc": ("uasc", "CHILD | SEX | DOB | DUC"),
    "oc2": (
        "oc2",
        "CHILD | SDQ_SCORE | SDQ_REASON | CONVICTED | HEALTH_CHECK | IMMUNISATIONS | TEETH_CHECK |"
        " HEALTH_ASSESSMENT | SUBSTANCE_MISUSE | INTERVENTION_RECEIVED | INTERVENTION_OFFERED",
    ),
    "oc2_born": ("oc2", "CHILD | DOB | SDQ_SCORE | CONVICTED | HEALTH_ASSESSMENT"),
    "oc3": ("oc3", "CHILD | DOB | IN_TOUCH | ACTIV | ACCOM"),
    "reviews": ("reviews", "CHILD | DOB | REVIEW | REVIEW_CODE"),
    "reviews_local": ("reviews_local", "CHILD | DUE_DATE | REVIEW_DATE | CANCELLED | REVIEW_CODE"),
    "missing": ("missing", "CHILD | MISSING | MIS_START | MIS_END"),
    "missing_born": ("missing", "CHILD | DOB | MISSING | MIS_START | MIS_END"),
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
    """Rows by table and return year, the rule they break and the children it touches.

    `born` gives birth dates other than 01/01/2015.
    """

    rule: str
    returns: dict[int, dict[str, list[str]]]
    born: dict[str, str] = field(default_factory=dict)
    found: tuple[str, ...] = ("x",)


def case(rule: str, *, born=None, found=("x",), before=None, returns=None, **rows) -> Case:
    """A case in the return for the year to 31 March 2025, with the return before where one is needed.

    `returns` draws other years instead.
    """
    years = returns or ({2024: before} if before else {}) | {2025: rows}
    return Case(rule, years, born or {}, tuple(found))


def drawn(name: str, rows: list[str]) -> tuple[str, str]:
    """The table that rows are of, and the rows as a drawn table."""
    table, heading = HEADINGS[name]
    return table, "\n".join([heading, "---", *rows])


def record_of(folder: Path, case: Case) -> Record:
    """The record of a case; everyone named in it is in the header, unless the case draws a header."""
    for year, named in case.returns.items():
        tables = dict(drawn(name, rows) for name, rows in named.items())
        if "episodes" not in tables:
            tables |= dict([drawn("episodes", ["still | 01/05/2019 | S | C2 | U6 | |"])])
            if "header" in tables:
                tables["header"] += "\nstill | F | 01/01/2015 | WBRI | |"
        if "header" not in tables:
            ids = {row.split("|")[0].strip(): None for text in tables.values() for row in text.splitlines()[2:]}
            born = {child: case.born.get(child, "01/01/2015") for child in ids}
            tables |= dict([drawn("header", [f"{child} | F | {day} | WBRI | |" for child, day in born.items()])])
        write(folder, year, **tables)
    return read(folder, area="Testshire")


def named(record: Record, rule: str) -> set[str]:
    """The children whose rows a rule touched."""
    lines = (record.issues["rule"] == rule).to_numpy()
    return set(record.people["id"].to_numpy()[record.whose[lines]])


YEAR = "01/01/2020 | S | C2 | U6 | |"  # in care for the whole year
