"""How far each data-quality rule moves the figures: every measure with and without the children it touched."""

from __future__ import annotations

import pandas as pd

from incare.measure import Catalogue
from incare.periods import Periods
from incare.record import Record, quality
from incare.series import calculate


def effects(record: Record, measures: Catalogue, periods: Periods) -> pd.DataFrame:
    """What each rule that found something does to the measures it can move, in the last of the periods.

    Restricted: true figures. Returns `rule, reason, rows, measure, with_rows, without_rows, difference` (in the
    measure's own unit), the largest differences first. A mix is left out: its total says nothing.
    Source: INPUTS section 8 (which rules move which measures).
    """
    plain = [m.id for m in measures if not m.parts]

    def ask(asked: Record, names: tuple[str, ...]) -> pd.DataFrame:
        series = calculate(measures.only(names), asked, periods)
        last = series[(series["period_end"] == series["period_end"].max()) & (series["breakdown"] == "total")]
        return last[["measure", "value"]]

    found = quality.effects(record, ask, plain)
    order = found["difference"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return found.loc[order].reset_index(drop=True)
