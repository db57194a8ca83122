"""One quarter's figures, from the record to what may be shown: what every notebook starts from."""

from __future__ import annotations

import numpy as np

from incare.disclosure import Protected, Rules, protect
from incare.measure import Catalogue
from incare.periods import Periods, Quarter
from incare.record import Record
from incare.series import calculate
from incare.stats import compare

# How many periods lie between a figure and those it is compared with.
BACK = {"quarter": {"previous": 1, "year_ago": 4}, "month": {"previous": 1, "year_ago": 12}}


def quarters_covered(record: Record, quarter: str) -> Periods:
    """Every whole quarter that the record covers, up to the one named."""
    return Periods.quarters(Quarter.parse(quarter).end, max(_months(record, quarter) // 3, 1))


def months_covered(record: Record, quarter: str) -> Periods:
    """Every whole month that the record covers, up to the end of the quarter named."""
    return Periods.of("month", Quarter.parse(quarter).end, max(_months(record, quarter), 1))


def _months(record: Record, quarter: str) -> int:
    end = np.datetime64(Quarter.parse(quarter).end, "M")
    return int((end + 1 - record.covers[0].astype("datetime64[M]")).astype(int))


def figures(
    record: Record,
    measures: Catalogue,
    *,
    quarter: str,
    grain: str = "quarter",
    periods: int | None = 12,
    by: tuple[str, ...] | list[str] = (),
    profile: str = "public",
    rules: dict | None = None,
    targets: dict | None = None,
) -> Protected:
    """Every measure over the periods up to the quarter's end, protected, then compared with targets and its own past.

    `periods=None` asks for every period of the grain that the record covers. What is hidden depends on the measures and
    breakdowns given together: reports of one pack pass the same ones, so that none shows what another hides.

    Comparisons are made from the protected figures, so that no word or colour says more than the figures do.
    Raises the errors of `calculate` and `protect`.
    """
    asked = quarters_covered(record, quarter) if grain == "quarter" else months_covered(record, quarter)
    if periods is not None:
        asked = Periods.of(grain, Quarter.parse(quarter).end, periods)
    series = calculate(measures, record, asked, tuple(by))
    return (
        protect(series, profile, Rules(**(rules or {})))
        .pipe(compare.targets, targets or {})
        .pipe(compare.change, BACK[grain])
    )
