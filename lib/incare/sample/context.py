"""What stands around the record: residents, targets and the published figures of England."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample.areas import Area

# Target, and the value from which it is green and amber. Invented, near what councils set themselves.
TARGETS = {
    "care_plan_up_to_date_pct": (95, 95, 85),
    "pathway_plan_up_to_date_pct": (90, 90, 80),
    "pathway_plan_first_in_time_pct": (90, 90, 80),
    "cla_visits_in_time_pct": (95, 95, 88),
    "cl_visits_in_time_pct": (85, 85, 75),
    "cla_reviews_in_time_pct": (95, 95, 88),
    "cla_review_participation_pct": (90, 90, 80),
    "cl_eet_pct": (60, 60, 54),
    "cl_neet_pct": (35, 35, 41),
    "cl_suitable_accommodation_pct": (90, 90, 85),
    "cl_in_touch_pct": (95, 95, 90),
    "cl_pa_allocated_pct": (98, 98, 92),
    "cl_bed_and_breakfast_count": (0, 0, 2),
    "stability_3plus_pct": (9, 9, 11),
    "stability_long_term_pct": (70, 70, 66),
    "placement_residential_pct": (12, 12, 14),
    "placement_kinship_pct": (18, 18, 14),
    "placement_over_20_miles_pct": (16, 16, 20),
    "foster_or_adoption_10_16_pct": (70, 70, 62),
    "health_assessment_pct": (92, 92, 86),
    "dental_check_pct": (85, 85, 75),
    "immunisations_pct": (88, 88, 80),
    "sdq_completed_pct": (85, 85, 75),
    "sdq_average": (14, 14, 15),
    "pep_up_to_date_pct": (95, 95, 88),
    "missing_children_pct": (10, 10, 12),
    "missing_now_count": (0, 0, 2),
    "offending_pct": (2, 2, 3),
    "ceased_adopted_pct": (10, 10, 8),
    "adoption_a1_days": (426, 426, 500),
    "pa_caseload": (21, 21, 24),
}

# Published England figures, by year ending or at 31 March 2021 to 2025 (NaN: not published).
ENGLAND = {
    "cla_rate": (69, 70, 70, 69, 67),
    "cla_started_rate": (24, 26, 28, 27, 26),
    "cla_ceased_rate": (24, 26, 27, 28, 28),
    "cla_uasc_pct": (5, 7, 9, 9, 8),
    "cla_started_uasc_pct": (10, 17, 22, 22, 22),
    "placement_foster_pct": (71, 70, 68, 67, 67),
    "placement_supported_accommodation_pct": (8, 9, 10, 7, 9),
    "placement_with_parents_pct": (8, 7, 7, 6, 6),
    "placement_out_of_area_pct": (42, 43, 44, 45, 44),
    "placement_over_20_miles_pct": (17, 17, 17, 18, 18),
    "stability_3plus_pct": (9, 10, 11, 11, 10),
    "stability_3plus_2y_pct": (21, 21, 22, 23, 23),
    "stability_long_term_pct": (70, 71, 68, 68, 69),
    "health_assessment_pct": (91, 89, 89, 89, 90),
    "immunisations_pct": (86, 85, 82, 82, 84),
    "dental_check_pct": (40, 70, 76, 79, 81),
    "development_check_pct": (89, 89, 88, 88, 88),
    "sdq_completed_pct": (80, 77, 75, 77, 78),
    "sdq_average": (13.7, 13.8, 14.4, 14.7, 14.9),
    "substance_misuse_pct": (3, 3, 3, 3, 3),
    "offending_pct": (2, 2, 2, 2, 2),
    "missing_children_pct": (10, 11, 11, 11, 11),
    "ceased_adopted_pct": (10, 10, 9, 9, 9),
    "ceased_sgo_pct": (14, 13, 12, 12, 12),
    "ceased_cao_pct": (4, 4, 4, 3, 3),
    "ceased_stayed_with_carers_pct": (10, 13, 16, 16, 17),
    "ceased_aged_18_pct": (39, 37, 38, 39, 40),
    "cl_eet_pct": (52, 55, 56, 54, 54),
    "cl_neet_pct": (41, 38, 38, 39, 40),
    "cl_higher_education_pct": (6, 7, 6, 6, 6),
    "cl_apprenticeship_pct": (np.nan, 2, 2, 2, 2),
    "cl_suitable_accommodation_pct": (88, 88, 88, 88, 89),
    "cl_staying_put_pct": (30, 31, 32, 32, 33),
}
BENCHMARK_YEARS = range(2021, 2026)
SOURCE = "DfE, Children looked after in England including adoption (LAIT and dashboard data, April 2026)"


def population(area: Area) -> pd.DataFrame:
    """POPULATION: residents aged 0 to 17 each year, so that about 67 in 10,000 are in care."""
    years = np.arange(area.ending - area.years - 1, area.ending + 1)
    persons = area.children / 67 * 10_000 * (1 + 0.003 * (years - area.ending))
    return pd.DataFrame({"YEAR": years, "AGE_FROM": 0, "AGE_TO": 17, "PERSONS": (persons // 10 * 10).astype(int)})


def targets(area: Area) -> pd.DataFrame:
    """TARGETS for the year's end of the last two returns and the one to come."""
    rows = [
        (name, f"31/03/{year}", *values)
        for year in (area.ending - 1, area.ending, area.ending + 1)
        for name, values in TARGETS.items()
    ]
    return pd.DataFrame(rows, columns=["MEASURE_ID", "PERIOD_END", "TARGET", "GREEN_AT", "AMBER_AT"])


def benchmarks() -> pd.DataFrame:
    """BENCHMARKS: what DfE published for England (care leavers: aged 19 to 21)."""
    rows = [
        (name, year, "England", value, SOURCE)
        for name, values in ENGLAND.items()
        for year, value in zip(BENCHMARK_YEARS, values, strict=True)
        if not np.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["MEASURE_ID", "YEAR", "AREA", "VALUE", "SOURCE"])
