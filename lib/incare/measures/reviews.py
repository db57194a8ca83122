"""Reviews of children in care."""

from __future__ import annotations

import numpy as np

from incare import periods as p
from incare.kinds import Share
from incare.measure import measure
from incare.periods import rolling
from incare.rows import count_in, one_per_child


@measure(
    title="Children whose reviews were all held on time",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=18,
)
def cla_reviews_in_time_pct(in_care, due_reviews):
    """Share of children in care for whom every review due in the 12 months was held by its due day.

    Population: children in care at the end of the last day with at least one review of this period of care due in the
    12 months.
    Counted: those with every such review held on or before its due day.
    Set aside: reviews outside the period of care; the first due day of children who came into care before the record
    of reviews begins, which is unknown.
    Source: Care Planning, Placement and Case Review Regulations 2010, regulation 33; “all on
    time” is NI 66 (from memory).
    """
    rows = one_per_child(in_care.at("end"), keep="last")
    due = due_reviews.starting("window")
    held = p.days(due["held"])
    late = due[np.isnat(held) | (held > p.days(due["start"]))]
    rows = rows[count_in(due, rows, "care") > 0]
    return rows.assign(counted=count_in(late, rows, "care") == 0)
