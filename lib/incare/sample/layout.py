"""The columns of every table the sample writes, as the record expects to read them.

Source: INPUTS sections 2 (SSDA903 returns) and 4 (local tables).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

RETURNS = {
    "header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN",
    "reviews": "CHILD DOB REVIEW REVIEW_CODE",
    "uasc": "CHILD SEX DOB DUC",
    "oc2": "CHILD DOB SDQ_SCORE SDQ_REASON CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT "
    "SUBSTANCE_MISUSE INTERVENTION_RECEIVED INTERVENTION_OFFERED",
    "oc3": "CHILD DOB IN_TOUCH ACTIV ACCOM",
    "ad1": "CHILD DOB DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR",
    "placed_for_adoption": "CHILD DOB DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED",
    "previous_permanence": "CHILD DOB PREV_PERM LA_PERM DATE_PERM",
    "missing": "CHILD DOB MISSING MIS_START MIS_END",
    "sw_episodes": "CHILD DOB SW_ID SW_DECOM SW_DEC SW_REASON",
}
SW_EPISODES_FROM = 2024  # the first return with social workers

LOCAL = {
    "care_plans": "CHILD PLAN_DATE STATUS REVIEW_MONTHS PLAN_TYPE",
    "visits": "CHILD VISIT_DATE SEEN SEEN_ALONE WORKER_ROLE INTERVAL_DAYS",
    "reviews_local": "CHILD DUE_DATE REVIEW_DATE CANCELLED REVIEW_CODE",
    "pathway_plans": "CHILD PLAN_DATE KIND STATUS NEEDS_ASSESSMENT_DATE REVIEW_MONTHS",
    "pep": "CHILD TERM PEP_DATE COMPLETED QUALITY YEAR_GROUP PP_PLUS_REQUESTED PP_PLUS_AMOUNT PP_PLUS_PURPOSE",
    "terms": "TERM START END",
    "health": "CHILD CHECK_TYPE CHECK_DATE STATUS",
    "sdq": "CHILD SDQ_DATE SDQ_SCORE SDQ_REASON",
    "offences": "CHILD OUTCOME_DATE OUTCOME",
    "return_interviews": "CHILD MIS_START OFFERED ACCEPTED INTERVIEW_DATE",
    "care_leavers": "CHILD SNAPSHOT_DATE DOB ELIGIBILITY IN_TOUCH LATEST_CONTACT ACTIV ACCOM PERSONAL_ADVISER UASC "
    "EHCP IS_PARENT N_CHILDREN CHILD_LIVES_WITH NEET_DETAIL SUPPORT_STATUS RESP_LA_TRANSFERRED",
    "cl_contacts": "CHILD CONTACT_DATE CONTACT_TYPE WORKER_ID",
    "cl_accommodation": "CHILD START END ACCOM_TYPE SUITABLE TENANCY_TYPE",
    "entitlement_survey": "CHILD SENT_DATE RESPONSE_DATE WANTS_SERVICE",
    "pa_allocations": "CHILD WORKER_ID WORKER_ROLE START END CHANGE_REASON",
    "workers": "WORKER_ID ROLE FTE START END AGENCY TEAM",
    "attainment": "CHILD ACAD_YEAR KEY_STAGE ENG_LANG ENG_LIT MATHS ATT8 KS2_RWM SEN",
    "attendance": "CHILD ACAD_YEAR PERIOD SESSIONS_POSSIBLE AUTH_ABSENCE UNAUTH_ABSENCE",
    "suspensions": "CHILD START SESSIONS TYPE",
    "schools": "CHILD SCHOOL_URN START END",
    "population": "YEAR AGE_FROM AGE_TO PERSONS",
    "targets": "MEASURE_ID PERIOD_END TARGET GREEN_AT AMBER_AT",
    "benchmarks": "MEASURE_ID YEAR AREA VALUE SOURCE",
    "poc_start": "CHILD POC_START_DATE SPELL_START_DATE",
    "postcodes": "POSTCODE LA_CODE EASTING NORTHING",
}
COLUMNS = {name: tuple(text.split()) for name, text in (RETURNS | LOCAL).items()}


def table(name: str, values: dict) -> pd.DataFrame:
    """A data frame of text in the declared columns; columns that are not given are blank.

    Raises `ValueError` when a value is given for a column the table does not have.
    """
    strange = set(values) - set(COLUMNS[name])
    if strange:
        raise ValueError(f"{name} has the columns {', '.join(COLUMNS[name])}; found also {', '.join(sorted(strange))}.")
    length = max(len(column) for column in values.values())
    filled = {column: _text(values.get(column), length) for column in COLUMNS[name]}
    return pd.DataFrame(filled, dtype="str")


def _text(column, length: int) -> np.ndarray:
    if column is None:
        return np.full(length, "", dtype=object)
    if isinstance(column, str):
        return np.full(length, column, dtype=object)
    column = np.asarray(column)
    return column if column.dtype == object else column.astype(str).astype(object)
