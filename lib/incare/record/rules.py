"""The numbered rules by which rows are set aside, repaired or flagged, in the words that readers see.

Numbers of three and four digits, INT and SW are those of the DfE/Data to Insight validator rule that describes the same
fault (a letter after them marks a case that we treat apart); F, C and S are our own rules for reading files, cells and
stacked returns, the other words our own findings. `moves` names the measures that a rule can move.
Source: INPUTS sections 7 to 9, CATALOGUE 1.2 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass

SET_ASIDE = "set aside"
REPAIRED = "repaired"
KEPT = "kept, flagged"

# ---- which measures a rule can move: ids of the measure catalogue by topic ----


def _ids(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENTERING = _ids("cla_started_count cla_started_rate cla_started_uasc_pct cla_reentry_pct")
STOCK = _ids("cla_count cla_rate cla_breakdown cla_uasc_count cla_uasc_pct cla_any_time_count cla_12m_count")
UASC = _ids("cla_uasc_count cla_uasc_pct cla_started_uasc_pct cla_breakdown")
PLACEMENTS = _ids(
    "placement_type_pct placement_kinship_pct placement_residential_pct placement_foster_pct placement_with_parents_pct"
    " placement_supported_accommodation_pct foster_or_adoption_10_16_pct family_environment_pct"
)
LOCATED = _ids("placement_out_of_area_pct placement_over_20_miles_pct")
STABILITY = _ids("stability_3plus_pct stability_3plus_2y_pct stability_long_term_pct placement_moves_per_child")
MOVES = _ids("placement_change_reasons")
PLANS = _ids("care_plan_up_to_date_pct cla_visits_in_time_pct")
PATHWAY = _ids("pathway_plan_up_to_date_pct pathway_plan_first_in_time_pct")
REVIEWS = _ids("cla_reviews_in_time_pct cla_review_participation_pct")
SDQ = _ids("sdq_completed_pct sdq_average sdq_band_pct")
SUBSTANCE = _ids("substance_misuse_pct substance_intervention_pct")
CHECKS = _ids("health_assessment_pct dental_check_pct immunisations_pct")
DEVELOPMENT = _ids("development_check_pct")
OFFENDING = _ids("offending_pct")
YEARLY = (*CHECKS, *DEVELOPMENT, *SDQ, *SUBSTANCE, *OFFENDING)
HEALTH = (*YEARLY, *_ids("iha_in_time_pct"))
EDUCATION = _ids(
    "pep_up_to_date_pct pep_initial_in_time_pct attainment_ks4_english_maths_pct attainment_ks2_rwm_pct"
    " attainment8_average absence_overall_pct absence_persistent_pct absence_severe_pct suspensions_pct"
    " school_moves_midyear_pct pupil_premium_used_pct"
)
MISSING = _ids(
    "missing_now_count missing_children_pct missing_incidents_count missing_incidents_per_child missing_repeat_pct"
    " return_interview_offered_pct return_interview_accepted_pct"
)
EXITS = _ids(
    "cla_ceased_count cla_ceased_rate ceased_adopted_pct ceased_sgo_pct ceased_cao_pct ceased_returned_home_pct"
    " ceased_aged_18_pct ceased_stayed_with_carers_pct ceased_independent_pct ceased_permanence_pct time_in_care_days"
)
ADOPTION = _ids(
    "adopted_by_foster_carer_count adoption_a1_days adoption_a10_days adoption_a2_days adopted_placed_within_12m_pct"
)
BIRTHDAYS = _ids(
    "cl_count cl_in_touch_pct cl_eet_pct cl_neet_pct cl_neet_reasons cl_higher_education_pct cl_apprenticeship_pct"
    " cl_employment_training_pct cl_other_education_pct cl_suitable_accommodation_pct cl_accommodation_types"
    " cl_bed_and_breakfast_count cl_staying_put_pct cl_returned_home_count"
)
SNAPSHOTS = _ids("cl_visits_in_time_pct cl_pa_allocated_pct cl_22_25_support_pct wanted_service_pct cl_parents_count")
LEAVERS = (*BIRTHDAYS, *SNAPSHOTS)
WORKERS = _ids("sw_three_plus_pct sw_changes_reasons")
CASELOADS = _ids("sw_caseload pa_caseload")
HISTORIES = (*ENTERING, *STOCK, *STABILITY, *EXITS)
EPISODES = (*HISTORIES, *PLACEMENTS, *LOCATED, *MOVES)
CARE_STARTS = _ids(
    "cla_started_count cla_started_rate cla_started_uasc_pct cla_reentry_pct cla_12m_count stability_3plus_2y_pct"
    " stability_long_term_pct adoption_a1_days adoption_a10_days time_in_care_days care_plan_up_to_date_pct"
    " cla_reviews_in_time_pct iha_in_time_pct"
)
AGES = (
    *_ids("cla_breakdown foster_or_adoption_10_16_pct stability_long_term_pct placement_supported_accommodation_pct"),
    *_ids("ceased_aged_18_pct cla_review_participation_pct pep_up_to_date_pct"),
    *YEARLY,
    *PATHWAY,
    *LEAVERS,
)
ACTIVITY = _ids(
    "cl_eet_pct cl_neet_pct cl_neet_reasons cl_higher_education_pct cl_apprenticeship_pct cl_employment_training_pct"
    " cl_other_education_pct"
)
HOMES = _ids("cl_suitable_accommodation_pct cl_accommodation_types cl_bed_and_breakfast_count cl_staying_put_pct")
EVERYTHING = tuple(
    dict.fromkeys(
        (
            *EPISODES,
            *PLANS,
            *PATHWAY,
            *REVIEWS,
            *HEALTH,
            *EDUCATION,
            *MISSING,
            *ADOPTION,
            *LEAVERS,
            *WORKERS,
            *CASELOADS,
        )
    )
)
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule: its number, what is done with the row, the reason in plain words, and the measures it can move."""

    number: str
    action: str
    reason: str
    moves: tuple[str, ...] = NOTHING


_READING = (
    Rule("F1", SET_ASIDE, "row has more or fewer cells than the heading", EVERYTHING),
    Rule("F2", SET_ASIDE, "row is blank in a column that must be filled", EVERYTHING),
    Rule("C1", SET_ASIDE, "date that must be there is not a date as dd/mm/yyyy or yyyy-mm-dd", EVERYTHING),
    Rule("C2", SET_ASIDE, "date that must be there is an Excel serial number", EVERYTHING),
    Rule("C3", SET_ASIDE, "date that must be there has a two-digit year", EVERYTHING),
    Rule("C4", KEPT, "optional date is not a date as dd/mm/yyyy or yyyy-mm-dd; read as missing", EVERYTHING),
    Rule("C5", KEPT, "dummy date (1 January 1900 or earlier, or 2200 or later); read as missing", EVERYTHING),
    Rule("C6", KEPT, "code is not in the code list; shown in its own group", EVERYTHING),
    Rule("C7", KEPT, "code is known, but not valid in this return year"),
    Rule("C8", KEPT, "value is not a number; read as missing", EVERYTHING),
    Rule("C9", REPAIRED, "label, or code with its label, where a code belongs; read as the code"),
    Rule("S1", SET_ASIDE, "exact copy of another row"),
    Rule("S2", SET_ASIDE, "earlier copy of a row that a later return states again"),
    Rule("S3", SET_ASIDE, "second row for the same key in one return; the fuller one is used"),
    Rule("S4", SET_ASIDE, "starts after the as-at date"),
    Rule("141", SET_ASIDE, "episode start is not a date as dd/mm/yyyy or yyyy-mm-dd", EPISODES),
    Rule("141S", SET_ASIDE, "episode start is an Excel serial number", EPISODES),
    Rule("141Y", SET_ASIDE, "episode start has a two-digit year", EPISODES),
    Rule("147", SET_ASIDE, "episode end is not a date as dd/mm/yyyy or yyyy-mm-dd", EPISODES),
    Rule("147S", SET_ASIDE, "episode end is an Excel serial number", EPISODES),
    Rule("147Y", SET_ASIDE, "episode end has a two-digit year", EPISODES),
    Rule("564", SET_ASIDE, "missing incident without a start date", MISSING),
    Rule("565", SET_ASIDE, "missing incident that does not say whether the child was missing or away", MISSING),
)
_CODES = (
    Rule("101", KEPT, "sex is not a valid code; not known", _ids("cla_breakdown")),
    Rule("103", KEPT, "ethnicity is not a valid code; not known", _ids("cla_breakdown")),
    Rule("114", KEPT, "former carer of an adopted child is not a valid code", _ids("adopted_by_foster_carer_count")),
    Rule("120", KEPT, "reason for reversing a decision to place for adoption is not a valid code", ADOPTION),
    Rule("131", KEPT, "being in touch is not a valid code; no information", _ids("cl_in_touch_pct")),
    Rule("132", KEPT, "activity is not a valid code; not known", ACTIVITY),
    Rule(
        "133", KEPT, "accommodation is not a valid code; S1 and X1 read as unsuitable, others as no information", HOMES
    ),
    Rule("143", KEPT, "reason for a new episode is not a valid code; read as no move", (*ENTERING, *STABILITY)),
    Rule("144", KEPT, "legal status is not a valid code; not known", _ids("cla_breakdown")),
    Rule("145", KEPT, "category of need is not a valid code; not known", _ids("cla_breakdown")),
    Rule("146", KEPT, "placement type is not a valid code; not known, in the denominator", (*PLACEMENTS, *LOCATED)),
    Rule("149", KEPT, "reason for ending is not a valid code; care ended for a reason not known", EXITS),
    Rule("167", KEPT, "participation is not a valid code", _ids("cla_review_participation_pct")),
    Rule("176", KEPT, "gender of adopters is not a valid code"),
    Rule("177", KEPT, "legal status of adopters is not a valid code"),
    Rule("178", KEPT, "placement provider is not a valid code; not known"),
    Rule("179", KEPT, "placement location is not a valid code; not known", _ids("placement_out_of_area_pct")),
    Rule("181", KEPT, "yearly health or offending flag is not 0 or 1; read as missing", YEARLY),
    Rule("196", KEPT, "reason for no strengths and difficulties score is not a valid code", SDQ),
    Rule("631", KEPT, "previous permanence is not a valid code", _ids("cla_reentry_pct")),
    Rule("1006", KEPT, "missing or away is not a valid code; counted as neither", MISSING),
    Rule("1009", KEPT, "reason for a placement change is not a valid code; not recorded", MOVES),
    Rule("SW13", KEPT, "reason for a change of social worker is not a valid code", _ids("sw_changes_reasons")),
)
_PEOPLE = (
    Rule("INT01", KEPT, "adopted child who is not in the header", ADOPTION),
    Rule("INT02", KEPT, "child with a decision to place for adoption who is not in the header", ADOPTION),
    Rule(
        "INT03",
        KEPT,
        "child in episodes but not in the header; age, sex and ethnicity from another table or unknown",
        tuple(dict.fromkeys((*AGES, *EPISODES))),
    ),
    Rule("INT04", KEPT, "child in missing incidents but not in the header", MISSING),
    Rule("INT05", KEPT, "child in the yearly health table but not in the header", YEARLY),
    Rule("INT06", KEPT, "young person in care leavers' outcomes but not in the header", BIRTHDAYS),
    Rule("INT07", KEPT, "child in previous permanence but not in the header", _ids("cla_reentry_pct")),
    Rule("INT08", KEPT, "child in reviews but not in the header", REVIEWS),
    Rule("INT09", KEPT, "child in the UASC table but not in the header", UASC),
    Rule("H1", KEPT, "child in a table of social workers or a local table but not in the header"),
    Rule("INT11", KEPT, "date of birth of an adopted child differs from the header; the header is used", AGES),
    Rule("INT12", KEPT, "date of birth in placed for adoption differs from the header; the header is used", AGES),
    Rule("INT13", KEPT, "date of birth in missing incidents differs from the header; the header is used", AGES),
    Rule("INT14", KEPT, "date of birth in the yearly health table differs from the header; the header is used", AGES),
    Rule("INT15", KEPT, "date of birth in care leavers' outcomes differs from the header; the header is used", AGES),
    Rule("INT16", KEPT, "date of birth in previous permanence differs from the header; the header is used", AGES),
    Rule("INT17", KEPT, "date of birth in reviews differs from the header; the header is used", AGES),
    Rule("INT18", KEPT, "date of birth in the UASC table differs from the header; the header is used", AGES),
    Rule("H2", KEPT, "date of birth in another table differs from the header; the header is used", AGES),
    Rule("INT21", KEPT, "sex in the UASC table differs from the header; the header is used", _ids("cla_breakdown")),
    Rule("INT31", SET_ASIDE, "adopted child listed twice in one return; the fuller row is used", ADOPTION),
    Rule("INT32", SET_ASIDE, "child in the header twice in one return; the fuller row is used", AGES),
    Rule("INT33", SET_ASIDE, "child in the yearly health table twice in one return; the fuller row is used", YEARLY),
    Rule(
        "INT34",
        SET_ASIDE,
        "young person in care leavers' outcomes twice in one return; the fuller row is used",
        BIRTHDAYS,
    ),
    Rule("INT35", SET_ASIDE, "child in previous permanence twice in one return; the fuller row is used"),
    Rule("INT36", SET_ASIDE, "child in the UASC table twice in one return; the fuller row is used", UASC),
    Rule("102", KEPT, "date of birth is missing or unusable; left out of measures by age", AGES),
    Rule("301", KEPT, "date of birth lies after the return's last day; read as missing", AGES),
    Rule("302", KEPT, "first episode starts before the child was born; left out of measures by age", AGES),
    Rule("202", KEPT, "sex differs from the return before; the latest is used", _ids("cla_breakdown")),
    Rule("203", KEPT, "date of birth differs from the return before; the latest is used", AGES),
    Rule("204", KEPT, "ethnicity differs from the return before; the latest is used", _ids("cla_breakdown")),
    Rule("207", KEPT, "a mother in the return before, not one now; the latest is used"),
    Rule("208", KEPT, "pupil number differs from the return before; the latest is used", EDUCATION),
    Rule(
        "168",
        KEPT,
        "pupil number is neither 13 characters of the right form nor UN1 to UN5; not to be joined by",
        EDUCATION,
    ),
    Rule("168T", KEPT, "temporary pupil number (last character a letter); not to be joined by", EDUCATION),
    Rule("209", KEPT, "UN1 (not of school age) for a child of school age", EDUCATION),
    Rule("210", KEPT, "UN4 (newly in care) for a child in care for more than a week", EDUCATION),
    Rule("444", KEPT, "two children with one pupil number; not to be joined by", EDUCATION),
    Rule("ID1", KEPT, "same birth, sex and episode start as a child of an earlier return under another id", HISTORIES),
    Rule("ID2", KEPT, "id is another table's id without its leading zeros; two children are counted", EVERYTHING),
)
_EPISODES = (
    Rule("RESPITE", SET_ASIDE, "short breaks (V1, V3, V4) are not counted as care", _ids("cla_12m_count")),
    Rule("142", REPAIRED, "open episode with a later one; ended where the next starts", (*STOCK, *PLACEMENTS)),
    Rule("148", KEPT, "reason for leaving care without an end date; read as open", (*STOCK, *EXITS)),
    Rule("148X", KEPT, "X1 (next episode follows) without an end date; read as open", (*STOCK, *EXITS)),
    Rule("148R", KEPT, "end date without a reason; care ended, reason not recorded", (*STOCK, *EXITS)),
    Rule("353", KEPT, "episode starts before 14 October 1991", STABILITY),
    Rule("354", KEPT, "episode starts after the last day of its return", STOCK),
    Rule("355", SET_ASIDE, "episode ends on the day it starts", (*PLACEMENTS, *STABILITY)),
    Rule("356", SET_ASIDE, "episode ends before it starts", (*PLACEMENTS, *STABILITY)),
    Rule("357", KEPT, "first row is not a start (S); the start of care is unknown", CARE_STARTS),
    Rule("357P", REPAIRED, "first row is not a start (S); the start of care is taken from POC_START", CARE_STARTS),
    Rule("357N", KEPT, "start of care given for a child without such an unknown start; not used", CARE_STARTS),
    Rule("357D", KEPT, "start of care or of the stay with the carer contradicts the episodes; not used", CARE_STARTS),
    Rule("359", KEPT, "in care after the 18th birthday", STOCK),
    Rule("361", KEPT, "police protection for more than 3 days", _ids("cla_breakdown")),
    Rule("362", KEPT, "emergency protection order for more than 21 days", _ids("cla_breakdown")),
    Rule("363", KEPT, "child assessment order for more than 7 days", _ids("cla_breakdown")),
    Rule("365", KEPT, "short break of more than 17 days"),
    Rule("366", KEPT, "short break that is not a start (S)"),
    Rule("367", KEPT, "more than 75 days of short breaks in one return's year"),
    Rule("426", KEPT, "short breaks of both kinds (V3 and V4) in one return's year"),
    Rule("385", KEPT, "end date after the last day of the return", STOCK),
    Rule("388", REPAIRED, "gap after X1 before a continuation; ended where the next starts", HISTORIES),
    Rule("388E", KEPT, "X1 with no episode after it; care ended that day, reason not recorded", HISTORIES),
    Rule("431", KEPT, "starts again on the day the last period of care ended; a new period of care", HISTORIES),
    Rule(
        "431X", KEPT, "says start (S), but the episode before goes on (X1) that day; the same period of care", ENTERING
    ),
    Rule("432", KEPT, "goes on the day after an exit code without a new start (S); the same period of care", HISTORIES),
    Rule("433", KEPT, "continuation after care had ended with a gap; a new period of care", HISTORIES),
    Rule("437", KEPT, "episode after the child died or was found to be an adult", STOCK),
    Rule("445", KEPT, "freeing order in an episode that starts after 2005", _ids("cla_breakdown adoption_a2_days")),
    Rule(
        "446",
        KEPT,
        "placement order in an episode that starts before December 2005",
        _ids("cla_breakdown adoption_a2_days"),
    ),
    Rule("501", REPAIRED, "episode overlaps the next one; ended where the next starts", (*STOCK, *STABILITY)),
    Rule("501R", KEPT, "overlaps a short break; the short break is set aside, the other row stands"),
    Rule("502", KEPT, "open at the end of a return, and the next return has no row for it; kept open", STOCK),
    Rule("504", KEPT, "category of need changes inside a period of care; the first is used", _ids("cla_breakdown")),
    Rule("562", KEPT, "began before its return's year, and the return before has no row for it", CARE_STARTS),
)
_PLACEMENTS = (
    Rule("213", KEPT, "provider given for a placement that has none"),
    Rule(
        "217",
        KEPT,
        "placed for adoption with the present foster carer, but the new episode is not S, T or U",
        STABILITY,
    ),
    Rule("218", KEPT, "children's home without an Ofsted number (URN)"),
    Rule("225", KEPT, "a placement ended without a reason for the change; not recorded", MOVES),
    Rule("226", KEPT, "reason for a placement change beside a temporary placement; not counted", MOVES),
    Rule("233", KEPT, "reason for a placement change on an open episode; not counted", MOVES),
    Rule("371", KEPT, "supported accommodation or independent living under 16", PLACEMENTS),
    Rule(
        "375", KEPT, "temporary stay in hospital for more than six weeks; still no placement", (*PLACEMENTS, *STABILITY)
    ),
    Rule("376", KEPT, "carer's holiday for more than three weeks; still no placement", (*PLACEMENTS, *STABILITY)),
    Rule("377", KEPT, "more than two carer's holidays in twelve months; still no placement", (*PLACEMENTS, *STABILITY)),
    Rule(
        "378",
        KEPT,
        "placed with parents while accommodated by agreement (V2)",
        _ids("placement_with_parents_pct cla_breakdown"),
    ),
    Rule(
        "379", KEPT, "other temporary placement for more than seven days; still no placement", (*PLACEMENTS, *STABILITY)
    ),
    Rule("380", KEPT, "period of care starts in a temporary placement", (*PLACEMENTS, *STABILITY)),
    Rule("381", KEPT, "period of care ends in a temporary placement", (*EXITS, *STABILITY)),
    Rule("383", KEPT, "no return to the same placement after a temporary one; a new placement", STABILITY),
    Rule(
        "434",
        KEPT,
        "new episode for legal status only (L), but the placement changed too or the status did not",
        STABILITY,
    ),
    Rule(
        "435",
        KEPT,
        "new episode for placement only (P, T), but the status changed too or the placement did not",
        STABILITY,
    ),
    Rule("436", KEPT, "new episode for both (B, U), but the status or the placement did not change", STABILITY),
    Rule("526", KEPT, "placement without a provider"),
    Rule("550", KEPT, "provider PR0 (parents) for a placement that is not with parents"),
    Rule(
        "KIN",
        KEPT,
        "relative's and other foster care at one address without a move; each counted as stated",
        _ids("placement_kinship_pct placement_type_pct"),
    ),
    Rule("164", KEPT, "distance is below 0 or above 999.9 miles; not known", LOCATED),
    Rule("164Z", KEPT, "distance of 0 miles between two postcodes; used as it is", LOCATED),
    Rule("392A", KEPT, "no distance recorded; not known unless the postcodes tell it", LOCATED),
    Rule("392B", KEPT, "home or placement postcode is blank; not known", LOCATED),
    Rule("392C", KEPT, "home or placement postcode is not written as a postcode", LOCATED),
    Rule("392D", KEPT, "placement has the home postcode, but is not with parents", LOCATED),
    Rule("406", KEPT, "distance given for an unaccompanied asylum-seeking child; read as not known", LOCATED),
    Rule("454", KEPT, "distance of more than 350 miles; not known", LOCATED),
)
_UASC = (
    Rule("303", KEPT, "UASC status ended before the return's year began", UASC),
    Rule("304", REPAIRED, "UASC status ends after the 18th birthday; ended on it", UASC),
    Rule("205A", KEPT, "in care and UASC in the return before without an end, no longer listed", UASC),
    Rule(
        "205B",
        KEPT,
        "UASC status had ended by the return before, listed with another end now; the latest is used",
        UASC,
    ),
    Rule("205D", KEPT, "in care and not UASC in the return before, but UASC now", UASC),
)
_YEARLY = (
    Rule("157", KEPT, "strengths and difficulties score said to be out of age (SDQ1) for a child of 4 to 16", SDQ),
    Rule("158", KEPT, "substance misuse: intervention both received and offered; read as received", SUBSTANCE),
    Rule("159", KEPT, "substance misuse: not received, and not said whether offered", SUBSTANCE),
    Rule("180", KEPT, "strengths and difficulties score outside 0 to 40; read as missing", SDQ),
    Rule("182", KEPT, "some, but not all, of the yearly health items are filled", CHECKS),
    Rule("185", KEPT, "strengths and difficulties score for a child not in care for the whole year; not counted", SDQ),
    Rule("186", KEPT, "no strengths and difficulties score for a child of 4 to 16 in care for the whole year", SDQ),
    Rule("187", KEPT, "in care for the whole year, yet adopted or listed as a care leaver in it", YEARLY),
    Rule("188", KEPT, "strengths and difficulties score or reason for a child under 4; score read as missing", SDQ),
    Rule(
        "189", KEPT, "strengths and difficulties score or reason for a person of 17 or over; score read as missing", SDQ
    ),
    Rule(
        "190", KEPT, "yearly health or offending items for a child not in care for the whole year; not counted", YEARLY
    ),
    Rule("191", KEPT, "yearly health items blank for a child in care for the whole year; not done", CHECKS),
    Rule("192", KEPT, "substance misuse, and not said whether an intervention was received", SUBSTANCE),
    Rule("193", KEPT, "intervention without substance misuse; read as missing", SUBSTANCE),
    Rule("197A", KEPT, "strengths and difficulties score and a reason for none; the score is used", SDQ),
    Rule("197B", KEPT, "neither score nor reason for a child of 4 or 17", SDQ),
    Rule("198", KEPT, "reason for no strengths and difficulties score for a child not in care for the whole year", SDQ),
    Rule("542", KEPT, "offending item for a child under 10; read as missing", OFFENDING),
    Rule("543", KEPT, "no offending item for a child of 10 or over in care for the whole year", OFFENDING),
    Rule("544", KEPT, "offending item filled, health items not", CHECKS),
    Rule("545", KEPT, "no development check recorded for a child under 5 in care for the whole year", DEVELOPMENT),
    Rule("546", KEPT, "development check for a child of 5 or over; read as missing", DEVELOPMENT),
)
_LEAVERS = (
    Rule("153", KEPT, "some, but not all, of the care leavers' items are filled; no information", BIRTHDAYS),
    Rule(
        "344",
        KEPT,
        "died or returned home, yet with activity or accommodation; left out as died or returned",
        BIRTHDAYS,
    ),
    Rule("345", KEPT, "in touch, yet without activity or accommodation; no information", (*ACTIVITY, *HOMES)),
    Rule(
        "345N",
        KEPT,
        "not in touch, yet accommodation called suitable; counted as recorded",
        _ids("cl_suitable_accommodation_pct"),
    ),
    Rule("347", KEPT, "foyer under 18", HOMES),
    Rule("391", KEPT, "not 17 to 21 in the return's year; outside the cohort", BIRTHDAYS),
    Rule("1000", KEPT, "died in care, yet listed as a care leaver; left out", BIRTHDAYS),
    Rule("1001", KEPT, "not in care for 13 weeks after 14 and after 16 by the episodes; counted as listed", BIRTHDAYS),
    Rule("1007", KEPT, "in care on the 17th or 18th birthday; left out", BIRTHDAYS),
    Rule("1011", KEPT, "care taken over by another council, yet listed as a care leaver; left out", BIRTHDAYS),
    Rule("1016", KEPT, "left care on the 17th or 18th birthday; counted", BIRTHDAYS),
    Rule("3001", KEPT, "with former foster carers at 17; counted as recorded", HOMES),
)
_REVIEWS = (
    Rule("399", SET_ASIDE, "review outside every period of care, or of a child with short breaks only", REVIEWS),
    Rule("399C", SET_ASIDE, "review was cancelled", REVIEWS),
    Rule("399B", SET_ASIDE, "review with neither a due day nor a day held", REVIEWS),
    Rule("440", KEPT, "participation says under 4, the dates say older", _ids("cla_review_participation_pct")),
    Rule("441", KEPT, "participation says 4 or older, the dates say younger", _ids("cla_review_participation_pct")),
)
_MISSING = (
    Rule("567", SET_ASIDE, "missing incident ends before it starts", MISSING),
    Rule("570", KEPT, "missing incident starts after the last day of its return", MISSING),
    Rule("571", KEPT, "missing incident ends after the last day of its return", MISSING),
    Rule("574", REPAIRED, "missing incident overlaps an earlier one of the same kind; joined with it", MISSING),
    Rule("575", KEPT, "missing incident left open although the placement ended; still missing", MISSING),
    Rule("576", KEPT, "missing incident open in a return, and the next return does not state it; kept open", MISSING),
    Rule("577", REPAIRED, "missing incident runs past the end of care; ended with it", MISSING),
    Rule("578", SET_ASIDE, "missing incident starts after care had ended", MISSING),
    Rule("580", KEPT, "missing on the day care ended, and the reason is not “other” (E8)", (*MISSING, *EXITS)),
    Rule("581", SET_ASIDE, "missing incident starts before care", MISSING),
    Rule("586", KEPT, "missing incident starts before the child was born", MISSING),
)
_ADOPTION = (
    Rule("331", KEPT, "matched with adopters after being placed with them", ADOPTION),
    Rule("333", KEPT, "matched with adopters before the decision that the child should be placed", ADOPTION),
    Rule("335", KEPT, "adopted by the foster carer or not: the table and the last placement disagree", ADOPTION),
    Rule("551", KEPT, "placed for adoption, but no decision is recorded", ADOPTION),
    Rule("552", KEPT, "decision to place for adoption is later than the placement", ADOPTION),
    Rule("553", KEPT, "placement order, but no decision to place for adoption is recorded", ADOPTION),
    Rule("554", KEPT, "decision to place for adoption is later than the placement order", ADOPTION),
    Rule("555", KEPT, "freeing order, but no decision to place for adoption is recorded", ADOPTION),
    Rule("556", KEPT, "decision to place for adoption is later than the freeing order", ADOPTION),
    Rule("557", KEPT, "left care without adoption, and the decision to place was not recorded as reversed", ADOPTION),
    Rule("558", KEPT, "adopted, but the decision to place is recorded as reversed", ADOPTION),
    Rule("601", KEPT, "adopted by the episodes, but not in the adoption table", ADOPTION),
    Rule("602", KEPT, "in the adoption table, but not adopted by the episodes", ADOPTION),
)
_WORKERS = (
    Rule("SW02", KEPT, "worker's id begins neither SW nor XX: perhaps a team; counted as one worker", WORKERS),
    Rule(
        "SW02X", KEPT, "placeholder (XX) for a worker without a registration number; never joined with another", WORKERS
    ),
    Rule("SW08", REPAIRED, "social worker left open with a later one; ended where the next starts", WORKERS),
    Rule(
        "SW10",
        REPAIRED,
        "social worker overlaps the next by more than seven days; ended where the next starts",
        WORKERS,
    ),
    Rule("SW12", KEPT, "social workers do not cover the return's year to within seven days", WORKERS),
    Rule("SW17", KEPT, "in care on 31 March without an open social worker", WORKERS),
)

RULES: dict[str, Rule] = {
    rule.number: rule
    for rule in (
        *_READING,
        *_CODES,
        *_PEOPLE,
        *_EPISODES,
        *_PLACEMENTS,
        *_UASC,
        *_YEARLY,
        *_LEAVERS,
        *_REVIEWS,
        *_MISSING,
        *_ADOPTION,
        *_WORKERS,
    )
}

# ---- which rule speaks for which table and column ----

OC2_FLAGS = _ids(
    "CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT SUBSTANCE_MISUSE INTERVENTION_RECEIVED"
    " INTERVENTION_OFFERED"
)
CODES: dict[tuple[str, str], str] = {
    ("header", "SEX"): "101",
    ("uasc", "SEX"): "101",
    ("header", "ETHNIC"): "103",
    ("ad1", "FOSTER_CARE"): "114",
    ("ad1", "SEX_ADOPTR"): "176",
    ("ad1", "LS_ADOPTR"): "177",
    ("placed_for_adoption", "REASON_PLACED_CEASED"): "120",
    ("oc3", "IN_TOUCH"): "131",
    ("oc3", "ACTIV"): "132",
    ("oc3", "ACCOM"): "133",
    ("episodes", "RNE"): "143",
    ("episodes", "LS"): "144",
    ("episodes", "CIN"): "145",
    ("episodes", "PLACE"): "146",
    ("episodes", "REC"): "149",
    ("episodes", "PLACE_PROVIDER"): "178",
    ("episodes", "PL_LOCATION"): "179",
    ("episodes", "REASON_PLACE_CHANGE"): "1009",
    ("reviews", "REVIEW_CODE"): "167",
    ("reviews_local", "REVIEW_CODE"): "167",
    ("oc2", "SDQ_REASON"): "196",
    ("previous_permanence", "PREV_PERM"): "631",
    ("missing", "MISSING"): "1006",
    ("sw_episodes", "SW_REASON"): "SW13",
} | {("oc2", flag): "181" for flag in OC2_FLAGS}
BLANKS: dict[tuple[str, str], str] = {("missing", "MIS_START"): "564", ("missing", "MISSING"): "565"}
# Not a date, an Excel serial number, a two-digit year.
UNREADABLE: dict[tuple[str, str], tuple[str, str, str]] = {
    ("", ""): ("C1", "C2", "C3"),
    ("episodes", "DECOM"): ("141", "141S", "141Y"),
    ("episodes", "DEC"): ("147", "147S", "147Y"),
}
# Tables with one row per child in a return.
ONCE: dict[str, str] = {
    "ad1": "INT31",
    "header": "INT32",
    "oc2": "INT33",
    "oc3": "INT34",
    "previous_permanence": "INT35",
    "uasc": "INT36",
}
UNLISTED: dict[str, str] = {
    "ad1": "INT01",
    "placed_for_adoption": "INT02",
    "episodes": "INT03",
    "missing": "INT04",
    "oc2": "INT05",
    "oc3": "INT06",
    "previous_permanence": "INT07",
    "reviews": "INT08",
    "uasc": "INT09",
}
BORN: dict[str, str] = {
    "ad1": "INT11",
    "placed_for_adoption": "INT12",
    "missing": "INT13",
    "oc2": "INT14",
    "oc3": "INT15",
    "previous_permanence": "INT16",
    "reviews": "INT17",
    "uasc": "INT18",
}
