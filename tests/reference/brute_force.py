"""Every measure that SSDA903 returns can answer, written a second time, plainly, from the catalogue alone.

Nothing here comes from `incare`: where the two agree, two people read the same definition the same way. It is written
as an analyst would write it for one report: one period at a time, filter, then group, with a loop where a loop says it
best. `brute_cleaning` reads and cleans the returns, `brute_returns` says who each measure counts; here is the list of
measures, and how rows become numbers.
"""

from __future__ import annotations

import pandas as pd

from . import brute_returns as returns
from .brute_cleaning import (
    RESPITE,
    TEMPORARY,
    add_months,
    add_working_days,
    age_at,
    birthday,
    birthdays,
    clean,
    groups,
    latest_complete,
    load,
    months_to,
    parse,
    parse_dates,
    twelve_months_to,
)
from .brute_returns import (
    ADOPTED,
    AGE_BANDS,
    CATEGORIES,
    EET,
    EET_TO_2021,
    FOSTER,
    KINSHIP,
    NEET,
    NOT_KNOWN,
    NOT_RECORDED,
    adopted_in,
    care_leavers,
    ceased_in,
    children_and_incidents,
    describe,
    in_care_all_year,
    in_care_at,
    in_care_during,
    mark_uasc,
    on_the_day,
    reviews_due,
    started_in,
)

COUNTS = {
    "cla_started_count": returns.cla_started_count,
    "cla_count": returns.cla_count,
    "cla_uasc_count": returns.cla_uasc,
    "cla_any_time_count": returns.cla_any_time_count,
    "cla_12m_count": returns.cla_12m_count,
    "missing_now_count": returns.missing_now_count,
    "missing_incidents_count": returns.missing_incidents_count,
    "cla_ceased_count": returns.cla_ceased_count,
    "adopted_by_foster_carer_count": returns.adopted_by_foster_carer_count,
    "cl_count": returns.cl_count,
    "cl_bed_and_breakfast_count": returns.cl_bed_and_breakfast_count,
    "cl_returned_home_count": returns.cl_returned_home_count,
}
RATES = {
    "cla_started_rate": returns.cla_started_rate,
    "cla_rate": returns.cla_count,
    "cla_ceased_rate": returns.cla_ceased_rate,
}
SHARES = {
    "cla_started_uasc_pct": returns.cla_started_uasc_pct,
    "cla_reentry_pct": returns.cla_reentry_pct,
    "cla_uasc_pct": returns.cla_uasc,
    "placement_kinship_pct": returns.placement_share(returns.KINSHIP),
    "placement_residential_pct": returns.placement_share(returns.RESIDENTIAL),
    "placement_foster_pct": returns.placement_share(returns.FOSTER),
    "placement_with_parents_pct": returns.placement_share(["P1"]),
    "placement_supported_accommodation_pct": returns.placement_share(returns.SUPPORTED),
    "family_environment_pct": returns.placement_share([*returns.FOSTER, "A3", "A4", "A5", "A6", "P1"]),
    "foster_or_adoption_10_16_pct": returns.foster_or_adoption_10_16_pct,
    "placement_out_of_area_pct": returns.placement_out_of_area_pct,
    "placement_over_20_miles_pct": returns.placement_over_20_miles_pct,
    "stability_3plus_pct": returns.stability_3plus_pct,
    "stability_3plus_2y_pct": returns.stability_3plus_2y_pct,
    "stability_long_term_pct": returns.stability_long_term_pct,
    "cla_reviews_in_time_pct": returns.cla_reviews_in_time_pct,
    "cla_review_participation_pct": returns.cla_review_participation_pct,
    "health_assessment_pct": returns.health_share("HEALTH_ASSESSMENT"),
    "dental_check_pct": returns.health_share("TEETH_CHECK"),
    "immunisations_pct": returns.health_share("IMMUNISATIONS"),
    "development_check_pct": returns.health_share("HEALTH_CHECK", 0, 4),
    "sdq_completed_pct": returns.sdq_completed_pct,
    "substance_misuse_pct": returns.health_share("SUBSTANCE_MISUSE"),
    "offending_pct": returns.health_share("CONVICTED", 10, 17),
    "missing_children_pct": returns.incident_share("M"),
    "away_children_pct": returns.incident_share("A"),
    "missing_repeat_pct": returns.missing_repeat_pct,
    "ceased_adopted_pct": returns.ceased_share(returns.ADOPTED),
    "ceased_sgo_pct": returns.ceased_share(returns.SPECIAL_GUARDIANSHIP),
    "ceased_cao_pct": returns.ceased_share(["E41"]),
    "ceased_returned_home_pct": returns.ceased_share(returns.RETURNED_HOME),
    "ceased_aged_18_pct": returns.ceased_aged_18_pct,
    "ceased_stayed_with_carers_pct": returns.ceased_share(["E17"]),
    "ceased_independent_pct": returns.ceased_share(["E5", "E6"]),
    "ceased_permanence_pct": returns.ceased_share(returns.PERMANENCE),
    "adopted_placed_within_12m_pct": returns.adopted_placed_within_12m_pct,
    "cl_in_touch_pct": returns.cl_in_touch_pct,
    "cl_eet_pct": returns.cl_eet_pct,
    "cl_neet_pct": returns.activity_share(returns.NEET),
    "cl_higher_education_pct": returns.activity_share(["F1", "P1"]),
    "cl_apprenticeship_pct": returns.activity_share(["F4", "P4"]),
    "cl_employment_training_pct": returns.cl_employment_training_pct,
    "cl_other_education_pct": returns.activity_share(["F2", "P2"]),
    "cl_suitable_accommodation_pct": returns.cl_suitable_accommodation_pct,
    "cl_staying_put_pct": returns.cl_staying_put_pct,
    "sw_three_plus_pct": returns.sw_three_plus_pct,
}
MIXES = {
    "cla_breakdown": returns.cla_breakdown,
    "placement_type_pct": returns.placement_type_pct,
    "placement_change_reasons": returns.placement_change_reasons,
    "sdq_band_pct": returns.sdq_band_pct,
    "substance_intervention_pct": returns.substance_intervention_pct,
    "cl_neet_reasons": returns.cl_neet_reasons,
    "cl_accommodation_types": returns.cl_accommodation_types,
    "sw_changes_reasons": returns.sw_changes_reasons,
}
MEANS = {
    "placement_moves_per_child": returns.placement_moves_per_child,
    "sdq_average": returns.sdq_average,
    "missing_incidents_per_child": returns.missing_incidents_per_child,
    "adoption_a1_days": returns.adoption_a1_days,
    "adoption_a10_days": returns.adoption_a10_days,
    "adoption_a2_days": returns.adoption_a2_days,
    "time_in_care_days": returns.time_in_care_days,
}
ALL = COUNTS | RATES | SHARES | MIXES | MEANS
MEASURES = list(ALL)

PARTS = {
    "cla_breakdown": [*returns.AGE_BANDS, returns.NOT_KNOWN],
    "placement_type_pct": [*returns.PLACEMENT, returns.NOT_KNOWN],
    "placement_change_reasons": [*returns.PLACE_REASONS, returns.NOT_RECORDED],
    "sdq_band_pct": list(returns.BANDS),
    "substance_intervention_pct": returns.INTERVENTIONS,
    "cl_neet_reasons": [*returns.ACTIVITY, returns.NOT_KNOWN],
    "cl_accommodation_types": [*returns.ACCOMMODATION, returns.NO_INFORMATION],
    "sw_changes_reasons": [*returns.SW_REASONS, returns.NOT_RECORDED],
}
# A care leaver has left care: these describe a period of care.
NOT_OF_LEAVERS = ["legal_status", "placement", "category_of_need"]


def answer(data, measure, period_start, period_end, by=None):
    """`[(category, numerator, denominator)]` of one measure for one period.

    Without `by` the category is "All" (a mix: one row per part). With `by` every category is a row, empty ones too;
    a mix then has "group / part". The denominator of a count is None; the numerator of a mean is the sum of the
    amounts, its denominator their number. A breakdown that does not apply gives [].
    """
    start, end = pd.Timestamp(period_start), pd.Timestamp(period_end)
    return tally(picked(data, measure, start, end), data, measure, end, by)


def picked(data, measure, start, end):
    """The rows of one measure and period, with `counted`, `part` for a mix, or `amount` for a mean."""
    return ALL[measure](data, start, end).reset_index(drop=True)


def tally(rows, data, measure, end, by):
    """The numbers of picked rows, over everyone or by a breakdown."""
    leavers = measure.startswith("cl_")
    if (leavers and by in NOT_OF_LEAVERS) or (by and measure in RATES):
        return []
    groups_of_rows = ["All"] * len(rows) if by is None else list(rows[by])
    wanted = ["All"] if by is None else categories(by, leavers)
    if measure in MIXES:
        return tally_mix(groups_of_rows, list(rows["part"]), measure, wanted)
    numerators, sizes = dict.fromkeys(wanted, 0), dict.fromkeys(wanted, 0)
    amounts = rows["amount" if measure in MEANS else "counted"].tolist()
    for group, amount in zip(groups_of_rows, amounts, strict=True):
        numerators[group] += amount
        sizes[group] += 1
    if measure in COUNTS:
        sizes = dict.fromkeys(wanted)
    if measure in RATES:
        sizes = {"All": population(data["population"], end)}
    return [(group, numerators[group], sizes[group]) for group in wanted]


def tally_mix(groups_of_rows, parts_of_rows, measure, wanted):
    """The parts of a mix, over everyone or within each group."""
    answers = []
    for group in wanted:
        own = [part for other, part in zip(groups_of_rows, parts_of_rows, strict=True) if other == group]
        for part in PARTS[measure]:
            name = part if wanted == ["All"] else f"{group} / {part}"
            answers.append((name, own.count(part), len(own)))
    return answers


def categories(by, leavers):
    """Every category of a breakdown, in order."""
    return returns.LEAVER_AGES if by == "age_band" and leavers else CATEGORIES[by]


def population(table, day):
    """Residents aged 0 to 17: a day in the year to 31 March Y uses the estimate of Y-1, or the latest one before it.

    None where there is no table or no early enough year.
    """
    if table is None:
        return None
    numbers = table[["YEAR", "AGE_FROM", "AGE_TO", "PERSONS"]].astype(float)
    wanted = day.year + (day.month > 3) - 1
    numbers = numbers[(numbers["YEAR"] <= wanted) & (numbers["AGE_TO"] <= 17)]
    if numbers.empty:
        return None
    return int(numbers.loc[numbers["YEAR"] == numbers["YEAR"].max(), "PERSONS"].sum())


# What other counts made in the same way may use.
__all__ = [
    "ADOPTED", "AGE_BANDS", "ALL", "CATEGORIES", "COUNTS", "EET", "EET_TO_2021", "FOSTER", "KINSHIP", "MEANS",
    "MEASURES", "MIXES", "NEET", "NOT_KNOWN", "NOT_RECORDED", "PARTS", "RATES", "RESPITE", "SHARES", "TEMPORARY",
    "add_months", "add_working_days", "adopted_in", "age_at", "answer", "birthday", "birthdays", "care_leavers",
    "ceased_in", "children_and_incidents", "clean", "describe", "groups", "in_care_all_year", "in_care_at",
    "in_care_during", "latest_complete", "load", "mark_uasc", "months_to", "on_the_day", "parse", "parse_dates",
    "picked", "population", "reviews_due", "started_in", "tally", "twelve_months_to",
]  # fmt: skip
