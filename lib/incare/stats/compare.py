"""A series beside its targets, its own past and a published benchmark."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incare.stats import intervals

KEY = ["area", "measure", "breakdown", "category", "grain"]
STEP = {"month": 1, "quarter": 3}
BACK = {"previous": {"month": 1, "quarter": 1}, "year_ago": {"month": 12, "quarter": 4}}
BENCHMARK_COLUMNS = ("MEASURE_ID", "YEAR", "AREA", "VALUE", "SOURCE")


class CompareError(ValueError):
    """A target, benchmark or series that cannot be compared, with what to change."""


def targets(frame: pd.DataFrame, targets: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """The series with its targets: `target`, `rag` and `below_for` added, rows in the order given.

    `targets` is `{measure: {"target": 80, "tolerance": 5}}`, in the measure's own unit; tolerance is 0 when left out.
    `rag` is "green" on the right side of the target (the target itself included), "amber" within the tolerance on the
    wrong side (its end included), else "red"; "none" where the value is hidden or missing, there is no target, or the
    measure has no better direction. `below_for` counts the periods in a row, ending at this one, that were amber or
    red; missing where `rag` is "none". A hidden or absent period starts the count again.

    Raises `CompareError` for a target without `target`, or with other settings than those two.

    **Source** the performance report's target rule (MEM).
    """
    wanted = pd.DataFrame([_target(name, setting) for name, setting in targets.items()], columns=["m", "t", "tol"])
    wanted = wanted.set_index("m").astype(float)
    target = frame["measure"].map(wanted["t"]).to_numpy(float)
    tolerance = frame["measure"].map(wanted["tol"]).to_numpy(float)
    sign = frame["better"].map({"higher": 1, "lower": -1}).to_numpy(float)
    short = sign * (target - frame["value"].to_numpy(float, na_value=np.nan))
    rag = np.select([np.isnan(short), short <= 0, short <= tolerance], ["none", "green", "amber"], "red")
    return frame.assign(target=target, rag=rag, below_for=_in_a_row(frame, np.isin(rag, ["amber", "red"]), rag))


def change(frame: pd.DataFrame, periods_back: Mapping[str, int] | None = None) -> pd.DataFrame:
    """The series beside its own past: for each name `<name>_value, _difference, _lower, _upper, _word` are added.

    `periods_back` is `{name: periods}`; left out, it is `previous` (one period) and `year_ago` (four quarters or
    twelve months, by each row's grain). The difference is this value less the earlier one, in the series' unit
    (percentage points for shares), with 95 % limits:

    - shares (unit "%"): Newcombe's hybrid score limits from numerator and denominator; a numerator that is not shown
      is taken as value × denominator / 100;
    - counts (no denominator, the numerator being the value): the exact conditional (binomial) limits of two Poisson
      counts;
    - rates, means and medians: the hybrid of each value's own `lower` and `upper`.

    `_word` is "improved" or "worse" only when the limits exclude 0 and the measure has a better direction; "higher"
    or "lower" when they exclude 0 and it has none; "not comparable" when either value is missing, the definition
    changed in between, or limits cannot be made; otherwise "no clear change". Consecutive periods mostly hold the
    same children, yet are treated as independent: for a stock the limits are then wider than they need be.

    Raises `CompareError` for a grain other than month or quarter, or two rows for one period.

    **Source** Newcombe (1998), Statistics in Medicine 17, 873–890; Zou and Donner (2008), Statistics in Medicine 27,
    1693–1702 (hybrid of limits); `intervals.counts_change`.
    """
    position = _position(frame)
    backs = BACK if periods_back is None else {name: dict.fromkeys(STEP, back) for name, back in periods_back.items()}
    added = {}
    for name, back in backs.items():
        earlier = _earlier(frame, position, frame["grain"].map(back).to_numpy())
        added.update({f"{name}_{column}": values for column, values in _change(frame, earlier).items()})
    return frame.assign(**added)


def benchmark(frame: pd.DataFrame, benchmarks: pd.DataFrame, area: str = "England") -> pd.DataFrame:
    """The series beside a published figure: `benchmark_value`, `benchmark_area`, `benchmark_year` are added.

    `benchmarks` has `MEASURE_ID, YEAR, AREA, VALUE, SOURCE`, YEAR being the year in which the return year ends (2025
    is 1 April 2024 to 31 March 2025). Each "total" row takes the latest year up to its own return year, and
    `benchmark_year` says which; other rows, and measures without a figure for `area`, stay missing.

    Raises `CompareError` for missing columns, years that are not whole numbers, or two figures for one year.
    """
    missing = [name for name in BENCHMARK_COLUMNS if name not in benchmarks]
    if missing:
        raise CompareError(
            f"Benchmarks have the columns {', '.join(BENCHMARK_COLUMNS)}; missing: {', '.join(missing)}."
        )
    chosen = _published(benchmarks[benchmarks["AREA"] == area])
    ends = pd.to_datetime(frame["period_end"])
    rows = pd.DataFrame({"measure": frame["measure"].astype(object).to_numpy(), "place": np.arange(len(frame))})
    rows["year"] = (ends.dt.year + (ends.dt.month > 3)).to_numpy("int64")
    rows = rows[(frame["breakdown"] == "total").to_numpy()].sort_values("year", kind="stable")
    found = pd.merge_asof(rows, chosen, on="year", by="measure").set_index("place").reindex(range(len(frame)))
    known = found["benchmark_value"].notna().to_numpy()
    return frame.assign(
        benchmark_value=found["benchmark_value"].to_numpy(float),
        benchmark_area=pd.array(np.where(known, area, None), dtype="str"),
        benchmark_year=found["benchmark_year"].astype("Int64").array,
    )


def _target(name: str, setting: Mapping[str, float]) -> tuple[str, float, float]:
    unknown = sorted(set(setting) - {"target", "tolerance"})
    if "target" not in setting or unknown:
        wrong = f"found {', '.join(unknown)}" if unknown else "target is missing"
        raise CompareError(f"The target of {name} has target and perhaps tolerance; {wrong}.")
    return name, setting["target"], setting.get("tolerance", 0)


def _month(frame: pd.DataFrame) -> np.ndarray:
    return frame["period_end"].to_numpy("datetime64[M]").astype("int64")


def _series(frame: pd.DataFrame) -> np.ndarray:
    """One number for each line of the series, the same for all its periods."""
    return frame.groupby(KEY, sort=False, observed=True, dropna=False).ngroup().to_numpy()


def _step(frame: pd.DataFrame) -> np.ndarray:
    step = frame["grain"].map(STEP)
    if step.isna().any():
        other = frame["grain"][step.isna()].iloc[0]
        raise CompareError(f'The grain of a series is "month" or "quarter"; found "{other}".')
    return step.to_numpy("int64")


def _in_a_row(frame: pd.DataFrame, off: np.ndarray, rag: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """How many periods in a row, up to each row's own, were off target."""
    line, month, step = _series(frame), _month(frame), _step(frame)
    order = np.lexsort((month, line))
    line, month, counted = line[order], month[order], off[order].astype(int)
    follows = np.r_[False, (line[1:] == line[:-1]) & (month[1:] - month[:-1] == step[order][1:])]
    # A stretch begins wherever a row does not follow the one before or is on target.
    stretch = np.cumsum(~follows | (counted == 0))
    run = pd.Series(counted).groupby(stretch).cumsum().to_numpy()
    below = np.empty(len(frame), dtype="int64")
    below[order] = run
    return pd.array(np.where(rag == "none", None, below), dtype="Int64")


def _position(frame: pd.DataFrame) -> pd.Series:
    """Where each line and month stands in the frame."""
    place = pd.MultiIndex.from_arrays([_series(frame), _month(frame)])
    if place.has_duplicates:
        row = frame[place.duplicated()].iloc[0]
        raise CompareError(
            f"{row['measure']} ({row['breakdown']} {row['category']}) has two rows for the period to "
            f"{pd.Timestamp(row['period_end']).date()}; keep one."
        )
    return pd.Series(np.arange(len(frame)), index=place)


def _earlier(frame: pd.DataFrame, position: pd.Series, back: np.ndarray) -> pd.DataFrame:
    """Each row's counterpart some periods before; all missing where there is none."""
    wanted = pd.MultiIndex.from_arrays([_series(frame), _month(frame) - back.astype("int64") * _step(frame)])
    place = position.index.get_indexer(wanted)
    columns = ["numerator", "denominator", "value", "lower", "upper", "definition_version"]
    then = frame[columns].astype(float).to_numpy()[place]
    then[place < 0] = np.nan
    return pd.DataFrame(then, columns=columns)


def _change(frame: pd.DataFrame, then: pd.DataFrame) -> dict[str, np.ndarray]:
    now = frame[then.columns].astype(float).reset_index(drop=True)
    same = (now["definition_version"] == then["definition_version"]).to_numpy()
    gap, lower, upper = (np.where(same, part, np.nan) for part in _limits(now, then, frame["unit"].to_numpy()))
    # Two counts of 0 have no limits, and no change either.
    known = ~np.isnan(gap) & ((gap == 0) | ~np.isnan(lower) & ~np.isnan(upper))
    up, down = lower > 0, upper < 0
    better = frame["better"].to_numpy()
    good = (up & (better == "higher")) | (down & (better == "lower"))
    bad = (down & (better == "higher")) | (up & (better == "lower"))
    word = np.select(
        [~known, good, bad, up, down],
        ["not comparable", "improved", "worse", "higher", "lower"],
        "no clear change",
    )
    return {"value": then["value"].to_numpy(), "difference": gap, "lower": lower, "upper": upper, "word": word}


def _limits(now: pd.DataFrame, then: pd.DataFrame, unit: np.ndarray) -> tuple[np.ndarray, ...]:
    """Difference and limits by what each row is: a share, a count, or anything with limits of its own."""
    share = unit == "%"
    count = now["denominator"].isna() & (now["numerator"] == now["value"]) & (then["numerator"] == then["value"])
    as_share = intervals.difference(_hits(now), now["denominator"], _hits(then), then["denominator"])
    as_count = intervals.counts_change(now["value"], then["value"])
    as_other = _hybrid(now, then)
    gap = now["value"] - then["value"]
    return gap, *(np.select([share, count], [as_share[side], as_count[side]], as_other[side]) for side in (1, 2))


def _hits(side: pd.DataFrame) -> np.ndarray:
    return side["numerator"].fillna(side["value"] * side["denominator"] / 100).to_numpy()


def _hybrid(now: pd.DataFrame, then: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gap = now["value"] - then["value"]
    below = np.hypot(now["value"] - now["lower"], then["upper"] - then["value"])
    above = np.hypot(now["upper"] - now["value"], then["value"] - then["lower"])
    return gap.to_numpy(), (gap - below).to_numpy(), (gap + above).to_numpy()


def _published(benchmarks: pd.DataFrame) -> pd.DataFrame:
    years = pd.to_numeric(benchmarks["YEAR"], errors="coerce")
    if years.isna().any() or (years % 1 != 0).any():
        raise CompareError(
            "YEAR of a benchmark is the year its return year ends in, such as 2025; found something else."
        )
    table = pd.DataFrame(
        {
            "measure": benchmarks["MEASURE_ID"].astype(object).to_numpy(),
            "year": years.to_numpy("int64"),
            "benchmark_value": pd.to_numeric(benchmarks["VALUE"], errors="coerce").to_numpy(float),
        }
    )
    twice = table.duplicated(["measure", "year"])
    if twice.any():
        row = table[twice].iloc[0]
        raise CompareError(f"{row['measure']} has two benchmark figures for {row['year']}; keep one.")
    table = table.dropna(subset="benchmark_value").assign(benchmark_year=lambda rows: rows["year"])
    return table.sort_values("year", kind="stable")
