"""The shape of every table that incare accepts, and which file is which: by its columns, never by its name.

Source: INPUTS sections 2 (SSDA903 modules) and 4 (local tables).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

TYPES = {"T": "text", "D": "date", "C": "code", "I": "integer", "N": "number", "P": "partial date"}


@dataclass(frozen=True)
class Table:
    """One table: its columns with their types, those that must not be blank, and what makes two rows the same.

    `columns` maps a name to one of `TYPES`; `must` names columns that have to be in the file; `filled` those that may
    not be blank in a row; `key` the columns of which a later return replaces an earlier row.
    """

    name: str
    columns: dict[str, str]
    must: tuple[str, ...]
    filled: tuple[str, ...]
    key: tuple[str, ...]
    yearly: bool = False

    @property
    def dates(self) -> tuple[str, ...]:
        """The columns that hold whole dates."""
        return tuple(name for name, kind in self.columns.items() if kind == "D")


def _table(name: str, columns: str, *, must: str, key: str, filled: str = "", yearly: bool = False) -> Table:
    pairs = (part.split(":") for part in columns.split())
    types = {pair[0]: (pair[1] if len(pair) > 1 else "T") for pair in pairs}
    return Table(name, types, tuple(must.split()), tuple((filled or key).split()), tuple(key.split()), yearly)


_SSDA903 = (
    _table(
        "episodes",
        "CHILD DECOM:D RNE:C LS:C CIN:C PLACE:C PLACE_PROVIDER:C DEC:D REC:C REASON_PLACE_CHANGE:C HOME_POST PL_POST"
        " URN PL_LA PL_LOCATION PL_DISTANCE:N",
        must="CHILD DECOM RNE LS CIN PLACE DEC REC",
        key="CHILD DECOM",
    ),
    _table(
        "header",
        "CHILD SEX:C DOB:D ETHNIC:C UPN MOTHER:C MC_DOB:D",
        must="CHILD SEX DOB ETHNIC",
        key="CHILD",
    ),
    _table("reviews", "CHILD DOB:D REVIEW:D REVIEW_CODE:C", must="CHILD REVIEW REVIEW_CODE", key="CHILD REVIEW"),
    _table("uasc", "CHILD SEX:C DOB:D DUC:D", must="CHILD DOB DUC", key="CHILD"),
    _table(
        "oc2",
        "CHILD DOB:D SDQ_SCORE:I SDQ_REASON:C CONVICTED:C HEALTH_CHECK:C IMMUNISATIONS:C TEETH_CHECK:C"
        " HEALTH_ASSESSMENT:C SUBSTANCE_MISUSE:C INTERVENTION_RECEIVED:C INTERVENTION_OFFERED:C",
        must="CHILD SDQ_SCORE CONVICTED HEALTH_ASSESSMENT",
        key="CHILD",
        yearly=True,
    ),
    _table(
        "oc3",
        "CHILD DOB:D IN_TOUCH:C ACTIV:C ACCOM:C",
        must="CHILD DOB IN_TOUCH ACTIV ACCOM",
        key="CHILD",
        yearly=True,
    ),
    _table(
        "ad1",
        "CHILD DOB:D DATE_INT:D DATE_MATCH:D FOSTER_CARE:C NB_ADOPTR:I SEX_ADOPTR LS_ADOPTR",
        must="CHILD DATE_INT DATE_MATCH FOSTER_CARE",
        key="CHILD",
    ),
    _table(
        "placed_for_adoption",
        "CHILD DOB:D DATE_PLACED:D DATE_PLACED_CEASED:D REASON_PLACED_CEASED:C",
        must="CHILD DATE_PLACED DATE_PLACED_CEASED",
        key="CHILD DATE_PLACED",
    ),
    _table(
        "previous_permanence",
        "CHILD DOB:D PREV_PERM:C LA_PERM DATE_PERM:P",
        must="CHILD PREV_PERM",
        key="CHILD",
        yearly=True,
    ),
    _table(
        "missing",
        "CHILD DOB:D MISSING:C MIS_START:D MIS_END:D",
        must="CHILD MISSING MIS_START MIS_END",
        key="CHILD MISSING MIS_START",
    ),
    _table(
        "sw_episodes",
        "CHILD DOB:D SW_ID SW_DECOM:D SW_DEC:D SW_REASON:C",
        must="CHILD SW_ID SW_DECOM",
        key="CHILD SW_ID SW_DECOM",
    ),
    _table("dolo", "CHILD DOB:D DOLO_START:D DOLO_END:D", must="CHILD DOLO_START", key="CHILD DOLO_START"),
)

_LOCAL = (
    _table(
        "care_plans",
        "CHILD PLAN_DATE:D STATUS:C REVIEW_MONTHS:I PLAN_TYPE:C",
        must="CHILD PLAN_DATE STATUS",
        key="CHILD PLAN_DATE STATUS",
        filled="CHILD PLAN_DATE",
    ),
    _table(
        "pathway_plans",
        "CHILD PLAN_DATE:D KIND:C STATUS:C NEEDS_ASSESSMENT_DATE:D REVIEW_MONTHS:I",
        must="CHILD PLAN_DATE KIND STATUS",
        key="CHILD PLAN_DATE KIND STATUS",
        filled="CHILD PLAN_DATE",
    ),
    _table(
        "visits",
        "CHILD VISIT_DATE:D SEEN:C SEEN_ALONE:C WORKER_ROLE:C INTERVAL_DAYS:I",
        must="CHILD VISIT_DATE SEEN",
        key="CHILD VISIT_DATE WORKER_ROLE",
        filled="CHILD VISIT_DATE",
    ),
    _table(
        "reviews_local",
        "CHILD DUE_DATE:D REVIEW_DATE:D CANCELLED:C REVIEW_CODE:C",
        must="CHILD DUE_DATE REVIEW_DATE",
        key="CHILD DUE_DATE REVIEW_DATE",
        filled="CHILD",
    ),
    _table(
        "pep",
        "CHILD TERM PEP_DATE:D COMPLETED:C QUALITY:C YEAR_GROUP PP_PLUS_REQUESTED:C PP_PLUS_AMOUNT:N PP_PLUS_PURPOSE:C",
        must="CHILD TERM PEP_DATE COMPLETED",
        key="CHILD TERM PEP_DATE",
        filled="CHILD TERM",
    ),
    _table("terms", "TERM START:D END:D", must="TERM START END", key="TERM"),
    _table(
        "health",
        "CHILD CHECK_TYPE:C CHECK_DATE:D STATUS:C",
        must="CHILD CHECK_TYPE CHECK_DATE",
        key="CHILD CHECK_TYPE CHECK_DATE STATUS",
        filled="CHILD CHECK_TYPE",
    ),
    _table(
        "sdq",
        "CHILD SDQ_DATE:D SDQ_SCORE:I SDQ_REASON:C",
        must="CHILD SDQ_DATE SDQ_SCORE",
        key="CHILD SDQ_DATE",
    ),
    _table("offences", "CHILD OUTCOME_DATE:D OUTCOME:C", must="CHILD OUTCOME_DATE OUTCOME", key="CHILD OUTCOME_DATE"),
    _table(
        "return_interviews",
        "CHILD MIS_START:D OFFERED:C ACCEPTED:C INTERVIEW_DATE:D",
        must="CHILD MIS_START OFFERED ACCEPTED",
        key="CHILD MIS_START",
    ),
    _table(
        "care_leavers",
        "CHILD SNAPSHOT_DATE:D DOB:D ELIGIBILITY:C IN_TOUCH:C LATEST_CONTACT:D ACTIV:C ACCOM:C ACCOM_TYPE:C SUITABLE:C"
        " PERSONAL_ADVISER UASC:C EHCP:C IS_PARENT:C N_CHILDREN:I CHILD_LIVES_WITH:C NEET_DETAIL:C SUPPORT_STATUS:C"
        " RESP_LA_TRANSFERRED:C",
        must="CHILD SNAPSHOT_DATE DOB ELIGIBILITY IN_TOUCH ACTIV",
        key="CHILD SNAPSHOT_DATE",
    ),
    _table(
        "cl_contacts",
        "CHILD CONTACT_DATE:D CONTACT_TYPE:C WORKER_ID",
        must="CHILD CONTACT_DATE CONTACT_TYPE",
        key="CHILD CONTACT_DATE CONTACT_TYPE",
    ),
    _table(
        "cl_accommodation",
        "CHILD START:D END:D ACCOM_TYPE:C SUITABLE:C TENANCY_TYPE",
        must="CHILD START END ACCOM_TYPE SUITABLE",
        key="CHILD START",
    ),
    _table(
        "entitlement_survey",
        "CHILD SENT_DATE:D RESPONSE_DATE:D WANTS_SERVICE:C",
        must="CHILD SENT_DATE RESPONSE_DATE WANTS_SERVICE",
        key="CHILD SENT_DATE",
    ),
    _table(
        "pa_allocations",
        "CHILD WORKER_ID WORKER_ROLE:C START:D END:D CHANGE_REASON:C",
        must="CHILD WORKER_ID WORKER_ROLE START END",
        key="CHILD WORKER_ID START",
    ),
    _table(
        "workers",
        "WORKER_ID ROLE:C FTE:N START:D END:D AGENCY:C TEAM",
        must="WORKER_ID ROLE FTE START END",
        key="WORKER_ID START",
        filled="WORKER_ID",
    ),
    _table(
        "attainment",
        "CHILD ACAD_YEAR KEY_STAGE:C ENG_LANG:I ENG_LIT:I MATHS:I ATT8:N KS2_RWM:C SEN:C",
        must="CHILD ACAD_YEAR KEY_STAGE MATHS",
        key="CHILD ACAD_YEAR KEY_STAGE",
    ),
    _table(
        "attendance",
        "CHILD ACAD_YEAR PERIOD SESSIONS_POSSIBLE:I AUTH_ABSENCE:I UNAUTH_ABSENCE:I",
        must="CHILD ACAD_YEAR PERIOD SESSIONS_POSSIBLE",
        key="CHILD ACAD_YEAR PERIOD",
    ),
    _table("suspensions", "CHILD START:D SESSIONS:N TYPE:C", must="CHILD START SESSIONS TYPE", key="CHILD START TYPE"),
    _table("schools", "CHILD SCHOOL_URN START:D END:D", must="CHILD SCHOOL_URN START END", key="CHILD START"),
    _table(
        "population",
        "YEAR:I AGE_FROM:I AGE_TO:I PERSONS:I",
        must="YEAR AGE_FROM AGE_TO PERSONS",
        key="YEAR AGE_FROM AGE_TO",
    ),
    _table(
        "targets",
        "MEASURE_ID PERIOD_END:D TARGET:N GREEN_AT:N AMBER_AT:N",
        must="MEASURE_ID PERIOD_END TARGET",
        key="MEASURE_ID PERIOD_END",
        filled="MEASURE_ID",
    ),
    _table(
        "benchmarks",
        "MEASURE_ID YEAR:I AREA VALUE:N SOURCE",
        must="MEASURE_ID YEAR AREA VALUE",
        key="MEASURE_ID YEAR AREA",
    ),
    _table(
        "adoption_list",
        "CHILD DOB:D ENTERED_CARE:D DECISION:D PLACEMENT_ORDER:D MATCHED:D PLACED:D ADOPTION_ORDER:D"
        " DECISION_REVERSED:D REASON_REVERSED FFA_PLACED:D",
        must="CHILD ENTERED_CARE DECISION PLACED",
        key="CHILD",
    ),
    _table(
        "poc_start",
        "CHILD POC_START_DATE:D SPELL_START_DATE:D",
        must="CHILD POC_START_DATE",
        key="CHILD POC_START_DATE",
    ),
    _table(
        "postcodes",
        "POSTCODE LA_CODE EASTING:I NORTHING:I",
        must="POSTCODE LA_CODE EASTING NORTHING",
        key="POSTCODE",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in (*_SSDA903, *_LOCAL)}
SSDA903: tuple[str, ...] = tuple(table.name for table in _SSDA903)


def recognise(columns: Iterable[str]) -> Table | None:
    """The table whose needed columns are all there, the most demanding one if several are; None if none is.

    `columns` are the file's column names in upper case.
    """
    found = set(columns)
    fits = [table for table in TABLES.values() if set(table.must) <= found]
    return max(fits, key=lambda t: (len(found & set(t.columns)), len(t.must)), default=None)


def nearest(columns: Iterable[str]) -> tuple[Table, dict[str, str]] | None:
    """The table a file was probably meant to be, with each missing column and the file's nearest name for it.

    None when fewer than 60 % of any table's needed columns are there: the file is something else.
    """
    found = list(columns)
    share, table = max(
        ((len(set(t.must) & set(found)) / len(t.must), t) for t in TABLES.values() if len(t.must) > 2),
        key=lambda pair: (pair[0], len(pair[1].must)),
    )
    if share < 0.6:
        return None
    spare = [name for name in found if name not in table.columns]
    missing = [name for name in table.must if name not in found]
    return table, {name: next(iter(difflib.get_close_matches(name, spare, 1, 0.5)), "") for name in missing}
