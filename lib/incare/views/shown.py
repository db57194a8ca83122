"""Reading a protected series: the rows of one measure, and the facts pinned to it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd

from incare.disclosure.protect import Protected
from incare.kinds import Mix
from incare.measure import Catalogue, Measure


class NoRowsError(LookupError):
    """A measure was asked for that the series does not hold."""


def frame_of(shown: Protected) -> pd.DataFrame:
    """The frame of a protected series, with the columns of `incare.series` and those that statistics added.

    Raises `TypeError` for anything that has not been through disclosure.
    """
    if not isinstance(shown, Protected):
        raise TypeError(
            f"Views draw only what disclosure has protected, and were given a {type(shown).__name__}: "
            "pass the series through incare.disclosure.protect.protect first."
        )
    return shown.frame


def facts(measure: Measure | str) -> Measure:
    """The measure itself; an id is looked up in the catalogue of all measures."""
    return measure if isinstance(measure, Measure) else _catalogue()[measure]


@cache
def _catalogue() -> Catalogue:
    from incare.measures import catalogue

    return catalogue()


def is_mix(measure: Measure) -> bool:
    """Whether a measure is a mix of parts, whose total is all of them and says nothing by itself."""
    return isinstance(measure.kind, Mix)


def rows(shown: Protected, measure: Measure | str, breakdown: str = "total") -> pd.DataFrame:
    """One measure's rows of one breakdown, oldest first, categories in published order.

    Raises `NoRowsError` when the series does not hold them, `ValueError` when it holds more than one area.
    """
    frame = frame_of(shown)
    measure_id = measure if isinstance(measure, str) else measure.id
    found = frame[(frame["measure"] == measure_id) & (frame["breakdown"] == breakdown)]
    if found.empty:
        raise NoRowsError(f"The series holds no rows of {measure_id} by {breakdown}; ask `series` for them first.")
    if len(areas := found["area"].unique()) > 1:
        raise ValueError(f"A view shows one area; the rows of {measure_id} hold {len(areas)}.")
    return found.sort_values("period_end", kind="stable")


def latest(shown: Protected, measure: Measure | str) -> pd.Series:
    """The newest row of a measure for everyone."""
    return rows(shown, measure).iloc[-1]


def last_periods(shown: Protected, count: int) -> Protected:
    """The newest periods of a protected series, at most `count`; what they were compared with stays."""
    frame = frame_of(shown)
    ends = frame["period_end"].drop_duplicates().sort_values().tail(count)
    return replace(shown, frame=frame[frame["period_end"].isin(ends)].reset_index(drop=True))


def data_name(grain: str) -> str:
    """The name of the data file of quarters: of its own where the other figures of a pack are months."""
    return "figures" if grain == "quarter" else "figures_by_quarter"


def newest(found: pd.DataFrame) -> pd.DataFrame:
    """The rows of the newest period."""
    return found[found["period_end"] == found["period_end"].max()]


def earlier(found: pd.DataFrame, months: int) -> pd.Series | None:
    """The row whose period ended a number of months before the newest one; None when the series is shorter."""
    end = found["period_end"].max() - pd.offsets.MonthEnd(months)
    match = found[found["period_end"] == end]
    return None if match.empty else match.iloc[-1]


def previous(found: pd.DataFrame) -> pd.Series | None:
    """The row of the period before the newest."""
    return earlier(found, 3 if found["grain"].iloc[-1] == "quarter" else 1)


def year_ago(found: pd.DataFrame) -> pd.Series | None:
    """The row of the same period of the year before."""
    return earlier(found, 12)


def target_of(found: pd.DataFrame, measure: Measure, targets: dict | None = None) -> float | None:
    """The target in force: the newest one among the rows, or else that of the params' `targets`."""
    if "target" in found and pd.notna(found["target"].iloc[-1]):
        return float(found["target"].iloc[-1])
    target = (targets or {}).get(measure.id, {}).get("target")
    return None if target is None else float(target)


def benchmark_of(found: pd.DataFrame, given: pd.DataFrame | None = None) -> pd.DataFrame:
    """Other areas' figures for one measure as `area, period_end, value` and perhaps `status` and `source`.

    `given` has those columns, or is the table of published figures (`MEASURE_ID, YEAR, AREA, VALUE, SOURCE`, a year
    ending on 31 March). Without it the columns `benchmark_value, benchmark_area, benchmark_year` of the rows serve.
    The frame is empty when there is nothing to compare with.
    """
    if given is not None and "MEASURE_ID" in given:
        ours = given[given["MEASURE_ID"] == found["measure"].iloc[0]]
        # A figure published for a later year says nothing about this one.
        last = found["period_end"].max()
        ours = ours[ours["YEAR"].astype(int) <= last.year + (last.month > 3)]
        return _years(ours["AREA"], ours["YEAR"], ours["VALUE"]).assign(source=ours["SOURCE"].to_numpy())
    if given is not None:
        return given
    if "benchmark_value" not in found:
        return _years([], [], [])
    known = found[found["benchmark_value"].notna()].drop_duplicates(["benchmark_area", "benchmark_year"])
    return _years(known["benchmark_area"], known["benchmark_year"], known["benchmark_value"])


def _years(areas, years, values) -> pd.DataFrame:
    ends = pd.to_datetime([f"{int(year)}-03-31" for year in years])
    figures = pd.to_numeric(pd.Series(list(values), dtype=object), errors="coerce").astype(float)
    return pd.DataFrame({"area": list(areas), "period_end": ends, "value": figures})


def breakdowns(shown: Protected, measure: Measure | str) -> list[str]:
    """The breakdowns a measure has beside its total and its own parts, in published order."""
    frame, known = frame_of(shown), facts(measure)
    names = frame.loc[frame["measure"] == known.id, "breakdown"].drop_duplicates()
    return [name for name in names if name not in ("total", known.parts) and "/" not in name]


def has_rows(shown: Protected, measure: Measure | str, breakdown: str) -> bool:
    """Whether the series holds a measure by a breakdown."""
    frame = frame_of(shown)
    measure_id = measure if isinstance(measure, str) else measure.id
    return bool(((frame["measure"] == measure_id) & (frame["breakdown"] == breakdown)).any())


def has_groups(shown: Protected, measure: Measure, breakdown: str) -> bool:
    """Whether a breakdown applies to a measure: the series holds more than one group of it."""
    frame = frame_of(shown)
    mine = frame[(frame["measure"] == measure.id) & (frame["breakdown"] == breakdown)]
    return len(mine["category"].unique()) > 1


def enough_for_a_line(found: pd.DataFrame) -> bool:
    """Whether at least three of the rows have a figure to show: fewer make no line to read."""
    return int((found["status"].isin(["ok", "low"]) & found["value"].notna()).sum()) >= 3


def any_shown(found: pd.DataFrame) -> bool:
    """Whether any of the rows has a figure to show."""
    return bool((found["status"].isin(["ok", "low"]) & found["value"].notna()).any())
