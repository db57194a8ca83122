"""Care leavers: what they are asked about, in the order of a report, with the measures that stand beside the set."""

from __future__ import annotations

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Catalogue
from incare.views import numbers, panels, shown, words
from incare.views.markup import Html, joined, tag

# Each part of the report with its measures, the agreed ones first.
PARTS = {
    "plans": ("pathway_plan_up_to_date_pct", "pathway_plan_first_in_time_pct"),
    "activity": ("cl_eet_pct", "cl_neet_reasons"),
    "contact": ("cl_visits_in_time_pct", "cl_in_touch_pct"),
    "homes": ("cl_suitable_accommodation_pct", "cl_staying_put_pct", "cl_accommodation_types"),
    "advisers": ("cl_count", "cl_pa_allocated_pct", "pa_caseload"),
}
# Not in the agreed set. They are shown for everyone only, so that no breakdown of theirs meets one of another report.
BESIDE = (
    *("pathway_plan_first_in_time_pct", "cl_accommodation_types", "cl_pa_allocated_pct", "pa_caseload"),
    "wanted_service_pct",
)


def beside(choices: dict | None = None) -> Catalogue:
    """The measures of care leavers beside the agreed set, with the choices of a params file."""
    from incare.measures import catalogue

    return catalogue().choose(choices or {}).only(BESIDE)


def summary(protected: Protected, measures: Catalogue, targets: dict | None = None) -> Html:
    """Where each agreed measure of care leavers stands, a sentence each."""
    known = {found.id: found for found in measures}
    listed = [known[name] for names in PARTS.values() for name in names if name in known]
    said = [words.summary(protected, found, targets) for found in listed if not shown.is_mix(found)]
    return tag("ul", joined(tag("li", sentence) for sentence in said))


def panels_of(
    part: str,
    protected: Protected,
    measures: Catalogue,
    more: Protected,
    others: Catalogue,
    *,
    comments: dict[str, str] | None = None,
    benchmarks: pd.DataFrame | None = None,
    **settings,
) -> Html:
    """The panels of one part of the report, for everyone; their groups are in the report of the agreed set.

    `protected` and `measures` are the agreed set, `more` and `others` the measures beside it. `settings` are those of
    `panels.measure`, `benchmarks` the table of published figures.
    """
    agreed = {known.id: (protected, known) for known in measures}
    held = {known.id: (more, known) for known in others} | agreed
    return joined(
        panels.measure(*held[name], benchmark=benchmarks, comment=(comments or {}).get(name), **settings)
        for name in PARTS[part]
    )


def wants(more: Protected) -> tuple[float, float | None] | None:
    """The share of survey respondents who want a service and the share who answered, from the protected figures.

    None where there was no survey, or its figures are hidden. The share who answered is None where it is not shown.
    """
    row = shown.latest(more, "wanted_service_pct")
    if not numbers.is_shown(row):
        return None
    answered, silent = row["denominator"], row.get("set_aside")
    response = float(answered / (answered + silent)) if silent == silent and silent is not None else None
    return float(row["value"]) / 100, response
