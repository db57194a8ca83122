"""The measures, one file per topic, collected in the order in which boards read them."""

from collections.abc import Iterable

from incare.measure import Catalogue
from incare.measure import catalogue as _collect
from incare.measures import (
    care_leavers,
    education,
    entering,
    health,
    in_care,
    leaving_care,
    missing,
    offending,
    placements,
    plans,
    reviews,
    workforce,
)

TOPICS = {
    "entering": "Entering care",
    "in_care": "Children in care",
    "placements": "Placements",
    "plans": "Plans and visits",
    "reviews": "Reviews",
    "health": "Health",
    "education": "Education",
    "missing": "Missing from care",
    "offending": "Offending",
    "leaving_care": "Leaving care and permanence",
    "care_leavers": "Care leavers",
    "workforce": "Workers",
}


def catalogue() -> Catalogue:
    """All measures that incare has."""
    return _collect(
        entering,
        in_care,
        placements,
        plans,
        reviews,
        health,
        education,
        missing,
        offending,
        leaving_care,
        care_leavers,
        workforce,
    )


# What a corporate parenting board is shown unless its params file names other measures.
AGREED = (
    *("cla_started_count", "cla_reentry_pct", "cla_count", "cla_rate", "cla_uasc_count"),
    *("placement_type_pct", "placement_kinship_pct", "placement_residential_pct", "foster_or_adoption_10_16_pct"),
    *("stability_3plus_pct", "stability_long_term_pct", "care_plan_up_to_date_pct", "pathway_plan_up_to_date_pct"),
    *("cl_visits_in_time_pct", "cla_reviews_in_time_pct", "missing_now_count", "missing_children_pct"),
    *("cla_ceased_count", "ceased_adopted_pct", "ceased_sgo_pct", "ceased_returned_home_pct"),
    *("cl_count", "cl_in_touch_pct", "cl_eet_pct", "cl_neet_reasons", "cl_suitable_accommodation_pct"),
    *("cl_staying_put_pct",),
)


def agreed(choices: dict | None = None, also: Iterable[str] = ()) -> Catalogue:
    """The agreed set that reports print, in catalogue order, with the choices of a params file.

    `also` names measures beside it, such as those that have a target.
    """
    every = catalogue().choose(choices or {})
    return Catalogue(tuple(m for m in every if m.id in {*AGREED, *also}))
