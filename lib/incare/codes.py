"""Code lists keyed by (table, column), the returns in which each code is valid, and the published groups.

The same string means different things in different columns (P1 is a placement with parents and part-time higher
education), so every look-up names its table and column. Source: CATALOGUE section 4 (Standard Safeguarding Dataset for
meanings, yearly SSDA903 schemas for validity).
"""

from __future__ import annotations

from collections.abc import Iterable

ALWAYS = (1900, 2999)
NOT_KNOWN = "Not known"
_YES_NO = "Y N"
_CONTRIBUTIONS = "PN0 PN1 PN2 PN3 PN4 PN5 PN6 PN7"


def _codes(text: str, years: tuple[int, int] = ALWAYS) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(text.split(), years)


_OC3_ACCOMMODATION = " ".join(f"{letter}1 {letter}2" for letter in "BCDEGHKRTUVWYZ") + " S2 X2 0"

VALID: dict[tuple[str, str], dict[str, tuple[int, int]]] = {
    ("header", "SEX"): _codes("1 2", (1900, 2024)) | _codes("M F U", (2025, 2999)),
    ("uasc", "SEX"): _codes("1 2", (1900, 2024)) | _codes("M F U", (2025, 2999)),
    ("header", "ETHNIC"): _codes(
        "WBRI WIRI WOTH WIRT WROM MWBC MWBA MWAS MOTH AIND APKN ABAN AOTH CHNE BCRB BAFR BOTH OOTH REFU NOBT"
    ),
    ("header", "MOTHER"): _codes("0 1"),
    ("episodes", "RNE"): _codes("S L P T B U"),
    # V1 is the short-break code of old returns.
    ("episodes", "LS"): _codes("C1 C2 D1 E1 V1 V2 V3 V4 L1 L2 L3 J1 J2 J3"),
    ("episodes", "CIN"): _codes("N1 N2 N3 N4 N5 N6 N7 N8"),
    ("episodes", "PLACE"): _codes("A3 A4 A5 A6 U1 U2 U3 U4 U5 U6 P1 P3 K1 K2 R1 R2 R3 R5 S1 T0 T1 T2 T3 T4")
    | _codes("P2 H5", (1900, 2024))
    | _codes("K3", (2024, 2999))
    | _codes("Z1", (1900, 2026))
    | _codes("Z11 Z12 Z13 Z14", (2026, 2999))
    | _codes("A1 A2 H1 H2 H3 H4", (1900, 2016)),
    ("episodes", "PL_LOCATION"): _codes("IN OUT"),
    ("episodes", "PLACE_PROVIDER"): _codes("PR0 PR1 PR2 PR3 PR4 PR5"),
    ("episodes", "REC"): _codes("X1 E11 E12 E2 E3 E4A E4B E13 E41 E45 E46 E47 E48 E5 E6 E7 E8 E9 E14 E15 E16 E17")
    | _codes("E43 E44", (1900, 2018)),
    ("episodes", "REASON_PLACE_CHANGE"): _codes("CARPL CLOSE ALLEG STAND APPRR CREQB CREQO CHILD LAREQ PLACE OTHER")
    | _codes("CUSTOD", (2019, 2999)),
    ("reviews", "REVIEW_CODE"): _codes(_CONTRIBUTIONS),
    ("missing", "MISSING"): _codes("M A"),
    ("oc3", "IN_TOUCH"): _codes("YES NO DIED REFU NREQ RHOM"),
    ("oc3", "ACTIV"): _codes("F1 P1 F2 P2 G4 G5 G6 0")
    | _codes("F3 P3", (1900, 2021))
    | _codes("F4 P4 F5 P5", (2022, 2999)),
    ("oc3", "ACCOM"): _codes(_OC3_ACCOMMODATION),
    ("previous_permanence", "PREV_PERM"): _codes("P1 P2 P3 P4 Z1"),
    ("oc2", "SDQ_REASON"): _codes("SDQ1 SDQ2 SDQ3 SDQ4 SDQ5"),
    ("placed_for_adoption", "REASON_PLACED_CEASED"): _codes("RD1 RD2 RD3 RD4"),
    ("ad1", "FOSTER_CARE"): _codes("0 1"),
    ("ad1", "SEX_ADOPTR"): _codes("M1 F1 MM FF MF"),
    ("ad1", "LS_ADOPTR"): _codes("L0 L11 L12 L2 L3 L4"),
    ("sw_episodes", "SW_REASON"): _codes("MANAGE FCONTA LEFTRL ORGRST TSPROC ABSENC CHCHAN PCCHAN SWDIED OTHERS"),
}
for _flag in ["CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE"]:
    VALID["oc2", _flag] = _codes("0 1")
for _flag in ("INTERVENTION_RECEIVED", "INTERVENTION_OFFERED"):
    VALID["oc2", _flag] = _codes("0 1")
for _column in ("IN_TOUCH", "ACTIV", "ACCOM"):
    VALID["care_leavers", _column] = VALID["oc3", _column]
for _table, _columns in {
    "visits": "SEEN SEEN_ALONE",
    "reviews_local": "CANCELLED",
    "pep": "COMPLETED PP_PLUS_REQUESTED",
    "return_interviews": "OFFERED ACCEPTED",
    "care_leavers": "UASC EHCP IS_PARENT CHILD_LIVES_WITH RESP_LA_TRANSFERRED",
    "workers": "AGENCY",
    "attainment": "KS2_RWM",
}.items():
    for _column in _columns.split():
        VALID[_table, _column] = _codes(_YES_NO)
VALID |= {
    ("care_plans", "STATUS"): _codes("AUTHORISED DRAFT"),
    ("care_plans", "PLAN_TYPE"): _codes(
        "REMAINSUP RETURN1M RETURN6M RETURNEV LTRELFR LTFOST18 RESPLMT SUPPLIV ADOPTION OTHERPLN"
    ),
    ("pathway_plans", "KIND"): _codes("FIRST REVIEW"),
    ("pathway_plans", "STATUS"): _codes("AUTHORISED DRAFT"),
    ("visits", "WORKER_ROLE"): _codes("SW PA IRO OTHER"),
    ("reviews_local", "REVIEW_CODE"): _codes(_CONTRIBUTIONS),
    ("pep", "QUALITY"): _codes("RED AMBER GREEN"),
    ("pep", "PP_PLUS_PURPOSE"): _codes("TUITION LEARNING_SUPPORT INTEREST OUT_OF_SCHOOL EQUIPMENT WELLBEING OTHER"),
    ("health", "CHECK_TYPE"): _codes("IHA RHA DENTAL OPTICAL IMMUNISATION DEVELOPMENT"),
    ("health", "STATUS"): _codes("PLANNED REFUSED CANCELLED COMPLETED"),
    ("sdq", "SDQ_REASON"): VALID["oc2", "SDQ_REASON"],
    ("offences", "OUTCOME"): _codes("CONVICTION YOUTH_CAUTION YOUTH_CONDITIONAL_CAUTION"),
    ("return_interviews", "OFFERED"): _codes("Y N NA"),
    ("return_interviews", "ACCEPTED"): _codes("Y N NA"),
    ("care_leavers", "ELIGIBILITY"): _codes("ELIGIBLE RELEVANT FORMER_RELEVANT QUALIFYING NONE"),
    ("care_leavers", "ACCOM_TYPE"): _codes("B C D E G H K R S T U V W X Y Z 0"),
    ("care_leavers", "SUITABLE"): _codes("1 2"),
    ("care_leavers", "NEET_DETAIL"): _codes("HOUSING_COST MENTAL_HEALTH BENEFITS CARING CUSTODY WAITING_START OTHER"),
    ("care_leavers", "SUPPORT_STATUS"): _codes("RECEIVING REQUESTED_NOT_YET NOT_REQUESTED DECLINED NOT_IN_TOUCH"),
    ("cl_contacts", "CONTACT_TYPE"): _codes("VISIT_HOME FACE_TO_FACE VIDEO PHONE TEXT LETTER ATTEMPT"),
    ("cl_accommodation", "ACCOM_TYPE"): _codes("B C D E G H K R S T U V W X Y Z 0"),
    ("cl_accommodation", "SUITABLE"): _codes("1 2"),
    ("entitlement_survey", "WANTS_SERVICE"): _codes("Y N UNSURE"),
    ("pa_allocations", "WORKER_ROLE"): _codes("PA SW"),
    ("attainment", "KEY_STAGE"): _codes("KS2 KS4"),
    ("attainment", "SEN"): _codes("EHCP SUPPORT NONE"),
    ("suspensions", "TYPE"): _codes("SUSPENSION PERMANENT"),
}

RESPITE = frozenset({"V1", "V3", "V4"})
TEMPORARY = frozenset({"T0", "T1", "T2", "T3", "T4"})
EXITS_TO_OTHERS = frozenset({"E2", "E3"})


def grouped(groups: dict[str, str]) -> dict[str, str]:
    """Turn `{group: "code code"}` into `{code: group}`."""
    return {code: group for group, codes in groups.items() for code in codes.split()}


PLACEMENT = {
    "Foster: relatives or friends": "U1 U2 U3",
    "Foster: other carers": "U4 U5 U6",
    "Placed for adoption": "A1 A2 A3 A4 A5 A6",
    "With parents": "P1",
    "Children's homes and secure": "K1 K2 H1 H2 H3 H4",
    "Supported accommodation": "P2 H5 K3",
    "Residential schools": "S1",
    "Other residential": "R1 R2 R3 R5 P3",
    "Other placements": "Z1 Z11 Z12 Z13 Z14",
}
LEGAL_STATUS = {
    "Full care order": "C2",
    "Interim care order": "C1",
    "Voluntary (s20)": "V2",
    "Placement order": "E1",
    "Freed for adoption": "D1",
    "Detained for child protection": "L1 L2 L3",
    "Youth justice": "J1 J2 J3",
}
ETHNICITY = {
    "White": "WBRI WIRI WOTH WIRT WROM",
    "Mixed": "MWBC MWBA MWAS MOTH",
    "Asian": "AIND APKN ABAN AOTH CHNE",
    "Black": "BCRB BAFR BOTH",
    "Other": "OOTH",
}
SEX = {"Male": "1 M", "Female": "2 F"}
ACTIVITY = {
    "Higher education": "F1 P1",
    "Other education": "F2 P2",
    "Apprenticeship": "F4 P4",
    "Training or employment": "F3 P3 F5 P5",
    "NEET: illness or disability": "G4",
    "NEET: other": "G5",
    "NEET: pregnancy or parenting": "G6",
}
NEET_REASON = {
    "In education, employment or training": "F1 P1 F2 P2 F3 P3 F4 P4 F5 P5",
    "NEET: illness or disability": "G4",
    "NEET: pregnancy or parenting": "G6",
    "NEET: other": "G5",
}
CATEGORY_OF_NEED = {
    "Abuse or neglect": "N1",
    "Child's disability": "N2",
    "Parent's illness or disability": "N3",
    "Family in acute stress": "N4",
    "Family dysfunction": "N5",
    "Socially unacceptable behaviour": "N6",
    "Low income": "N7",
    "Absent parenting": "N8",
}
IN_AREA, OUT_OF_AREA = "In area", "Out of area"
LOCATION = (IN_AREA, OUT_OF_AREA, NOT_KNOWN)
# Carried over from last year's open row under a new code: the same placement, not a move (CATALOGUE 4.4).
RECODED = {"H5": "K3", "Z11": "Z1", "Z12": "Z1", "Z13": "Z1", "Z14": "Z1"}

# Whole labels that stand where a code belongs. Only words that can mean nothing else in their column.
_FLAGS = {"YES": "1", "Y": "1", "TRUE": "1", "NO": "0", "N": "0", "FALSE": "0"}
_LETTERS = {"YES": "Y", "TRUE": "Y", "NO": "N", "FALSE": "N"}
WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("header", "SEX"): {"MALE": "M", "FEMALE": "F", "UNKNOWN": "U"},
    ("uasc", "SEX"): {"MALE": "M", "FEMALE": "F", "UNKNOWN": "U"},
    ("episodes", "CIN"): {label.upper(): code for label, code in CATEGORY_OF_NEED.items()},
    ("episodes", "LS"): {
        "INTERIM CARE ORDER": "C1",
        "FULL CARE ORDER": "C2",
        "FREEING ORDER": "D1",
        "FREEING ORDER GRANTED": "D1",
        "PLACEMENT ORDER": "E1",
        "PLACEMENT ORDER GRANTED": "E1",
    },
    ("missing", "MISSING"): {"MISSING": "M", "AWAY": "A"},
} | {
    column: _FLAGS if "0" in valid else _LETTERS
    for column, valid in VALID.items()
    if set(valid) in ({"0", "1"}, {"Y", "N"}, {"Y", "N", "NA"})
}

AGE_BANDS = ("Under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over")
AGE_BAND_STARTS = (0, 1, 5, 10, 16)


def labels(groups: dict[str, str], unknown: str = NOT_KNOWN) -> tuple[str, ...]:
    """The groups in published order, the unknown group last."""
    return (*groups, unknown)


def invalid(table: str, column: str, code: str, year: int | None) -> bool | None:
    """Say whether a code is unknown (True), valid (False), or known but not in that return year (None).

    `year` is the closing year of the return; without one only the code itself is looked up.
    """
    years = VALID[table, column].get(code)
    if years is None:
        return True
    return False if year is None or years[0] <= year <= years[1] else None


def known(table: str, column: str) -> Iterable[str]:
    """Every code of a column in any year."""
    return VALID[table, column].keys()
