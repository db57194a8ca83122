"""Children missing from care."""

from __future__ import annotations

from incare.kinds import Count, Share
from incare.measure import measure
from incare.periods import rolling
from incare.rows import count_in, one_per_child


@measure(title="Children missing from care now", kind=Count(), better="lower")
def missing_now_count(in_care, missing):
    """Children in care who are missing at the end of the last day.

    Population: children in care at the end of the last day.
    Counted: those with a missing incident (M) that has started and not ended.
    Set aside: away from placement without authorisation (A).
    Source: SSDA903 Missing module.
    """
    rows = one_per_child(in_care.at("end"), keep="last")
    now = missing.at("end")
    return rows.assign(counted=count_in(now[now["kind"] == "M"], rows) > 0)


@measure(
    title="Children in care who went missing in the year",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def missing_children_pct(in_care, missing):
    """Share of the children in care at any time in the 12 months who went missing at least once.

    Population: children with an episode of care that touches the 12 months.
    Counted: those with a missing incident (M) that touches the 12 months, however short.
    Set aside: away from placement without authorisation (A); incidents outside care.
    Source: LAIT Children_missing; DfE.
    """
    rows = one_per_child(in_care.overlapping("window"), keep="last")
    incidents = missing.overlapping("window")
    return rows.assign(counted=count_in(incidents[incidents["kind"] == "M"], rows) > 0)
