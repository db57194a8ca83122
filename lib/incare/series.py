"""Asks measures of periods and makes the one tidy series."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from incare import periods as p
from incare.breakdowns import SNAPSHOT, STANDARD, by_column, dated_groups
from incare.cohort import Cohort
from incare.kinds import Count, Mean, Median, Rate, Ratio
from incare.measure import Catalogue, Measure
from incare.named import SOURCES, begins
from incare.periods import Periods, Quarter
from incare.record import Record
from incare.rows import Spans, used

COLUMNS = [
    *("area", "measure", "period_start", "period_end", "grain", "breakdown", "category"),
    *("numerator", "denominator", "value", "lower", "upper", "unit", "better"),
    *("definition_version", "status", "reason"),
]
# How a figure came about; beside the columns, and not part of a written series.
SILENT = "it is recorded for nobody"
ACCOUNT = ["people", "set_aside", "recorded"]
TOTAL, ALL = "total", "All"


class BreakdownError(ValueError):
    """A breakdown that neither incare nor the extract has, with those there are."""


class NotComputableError(LookupError):
    """A measure asked of an extract that lacks one of its tables."""


@dataclass(frozen=True)
class Asked:
    """A record asked about periods: hands each measure the tables that its arguments name."""

    record: Record
    periods: Periods
    answers: dict = field(default_factory=dict, repr=False)

    def frame(self, name: str) -> pd.DataFrame | None:
        """The whole table of that name, made once; None when the extract has none."""
        if ("frame", name) not in self.answers:
            found = SOURCES[name].frame(self.record)
            # Names of columns as plain objects: pandas builds anew what it finds text names by for every frame made.
            named = found if found is None else found.set_axis(found.columns.astype(object), axis=1)
            self.answers["frame", name] = named
        return self.answers["frame", name]

    def table(self, name: str, measure: Measure):
        """The table of that name as the measure sees it, or None when the extract has none or it is not needed."""
        found = self.frame(name) if name in measure.sources else None
        if found is None or not SOURCES[name].spans:
            return found
        return Spans(found, self.periods, measure.window, self.answers.setdefault(("rows", name), {}))

    def computable(self, measure: Measure) -> tuple[np.ndarray, str]:
        """Which periods the record can answer for a measure, and the reason where it cannot."""
        first, last = self.record.covers
        back = 0 if measure.latest_enough and self.record.latest_only else measure.needs_history
        needed = p.held_since(self.periods.ends, back) if back else self.periods.ends
        needed = np.minimum(needed, measure.window.starts(self.periods))
        fine = (needed >= first) & (self.periods.ends <= last)
        reason = f"the record runs from {first} to {last}; this needs {_span(measure)}"
        for name in measure.sources:
            words = name.replace("_", " ")
            table = self.frame(name)
            start = None if table is None else begins(table, SOURCES[name], self.record)
            if start is None:
                return np.zeros(len(self.periods), bool), f"the extract has no {words} table"
            latest_only = set(SOURCES[name].tables) & self.record.latest_only
            if latest_only and not measure.latest_enough:
                return np.zeros(len(self.periods), bool), f"the {words} table holds only the latest date of each child"
            short = (start > needed) & (not latest_only)
            if (short & fine).any():
                reason = f"the {words} table begins on {start}; this needs {_span(measure)}"
            fine &= ~short
        if fine.any() and measure.only_at:
            at_close = np.isin(self.periods.ends.astype("datetime64[M]").astype(int) % 12 + 1, measure.only_at)
            if not at_close[fine].all():
                reason = "the return answers this for the year to 31 March only"
            fine &= at_close
        return fine, reason


def _span(measure: Measure) -> str:
    months = max(measure.needs_history, measure.window.months)
    return f"{months} months of history" if months else "the whole period"


def calculate(
    measures: Catalogue,
    record: Record,
    periods: Periods,
    by: tuple[str, ...] = (),
    *,
    cohort: str = "",
    as_defined: bool = False,
) -> pd.DataFrame:
    """Ask every measure about every period; returns the tidy series with a row for each group, empty ones included.

    `by` names breakdowns beside the total; `cohort` keeps only the rows of some children, as in
    `uasc and age >= 16` (see `incare.cohort`). `as_defined` gives each period the version of the definition that was
    in force at its end; without it the newest version makes all figures.
    Columns: area, measure, period_start, period_end, grain, breakdown, category, numerator, denominator, value, lower,
    upper (95 %), unit, better, definition_version, status (ok, z for not applicable, x for not available), reason, and
    how the figure came about: `people` (rows behind it), `set_aside` (rows left out with a reason), `recorded` (rows of
    which the fact was recorded). Where a table or the history is missing the status is x with the reason, never 0.
    Raises `BreakdownError` for a breakdown that does not exist, `CohortError` for a cohort that cannot be read.
    Source: DESIGN 5 (series columns); INPUTS 9 (refuse rather than return 0).
    """
    asked = Asked(record, periods)
    _refuse_unknown(by, record)
    chosen = Cohort.parse(cohort, known=[*groups_of(record), "age"]) if cohort else None
    blocks = [block for m in measures for block in _versioned(m, asked, by, chosen, as_defined)]
    return _tidy(blocks, measures, asked)


def groups_of(record: Record) -> list[str]:
    """The breakdowns that a record can be asked for: the standard ones, and the local columns it carries."""
    local = [c for c in record.people if c not in ("id", "born", "uasc_until", "ever_uasc", *STANDARD)]
    snapshot = record.care_leaver_snapshots
    return list(dict.fromkeys([*STANDARD, *local, *dated_groups(record), *([] if snapshot is None else SNAPSHOT)]))


def _refuse_unknown(by: tuple[str, ...], record: Record) -> None:
    known = groups_of(record)
    for name in by:
        if name not in known:
            raise BreakdownError(f"There is no breakdown called {name}; there are: {', '.join(known)}.")


def _versioned(measure: Measure, asked: Asked, by, cohort, as_defined: bool) -> list[_Block]:
    """The blocks of a measure, each period by the definition in force at its end when that is asked for."""
    if not as_defined or not measure.earlier:
        return _measure_blocks(measure, asked, by, cohort)
    which = np.array([measure.as_of(day).version for day in asked.periods.ends])
    versions = {m.version: _measure_blocks(m, asked, by, cohort) for m in (*measure.earlier, measure)}
    blocks = zip(*versions.values(), strict=True)
    return [_pieced(list(alike), list(versions), which) for alike in blocks]


def _pieced(blocks: list[_Block], versions: list[int], which: np.ndarray) -> _Block:
    """One block with each period's numbers taken from the block of its version."""
    place = np.array([versions.index(v) for v in which])

    def take(name):
        values = np.stack([getattr(block, name) for block in blocks])
        return np.take_along_axis(values, place[None, None, :], axis=0)[0]

    arrays = {name: take(name) for name in _ARRAYS}
    return replace(blocks[-1], **arrays, version=which)


@dataclass(frozen=True)
class _Block:
    """Numbers of one measure and breakdown: arrays of shape (categories, periods)."""

    measure: str
    breakdown: str
    categories: list[str]
    numerator: np.ndarray
    denominator: np.ndarray
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    people: np.ndarray
    set_aside: np.ndarray
    recorded: np.ndarray
    status: np.ndarray
    reason: str
    version: np.ndarray


_ARRAYS = ("numerator", "denominator", "value", "lower", "upper", "people", "set_aside", "recorded", "status")


def rows_of(measure: Measure, record: Record, periods: Periods, cohort: str = "") -> pd.DataFrame:
    """The rows behind a measure: one per period and child (or event), with `counted` or the part of a mix.

    Restricted: these are children's rows. Columns `period`, `child`, `on` and what the measure picked; rows with a
    reason in `aside` are in no figure.
    Raises `NotComputableError` when the extract lacks a table that the measure names.
    """
    asked = Asked(record, periods)
    lacking = [name for name in measure.sources if asked.frame(name) is None]
    if lacking:
        raise NotComputableError(f"{measure.id} reads the table {lacking[0]}, which the extract does not have.")
    chosen = Cohort.parse(cohort, known=[*groups_of(record), "age"]) if cohort else None
    return _pick(measure, asked, chosen)


def _pick(measure: Measure, asked: Asked, cohort: Cohort | None = None) -> pd.DataFrame:
    tables = [asked.table(name, measure) for name in measure.arguments]
    rows = measure.pick(*tables, **{name: v for name, v in measure.choices.items() if name != "window"})
    if cohort is None:
        return rows
    return rows[cohort.holds(len(rows), lambda name: _facts(rows, asked, name))]


def _facts(rows: pd.DataFrame, asked: Asked, name: str):
    """What a cohort expression reads by a name: the age on the day, or the group under a breakdown."""
    if name == "age":
        return p.age(asked.record.people["born"].to_numpy()[rows["child"].to_numpy()], rows["on"])
    return by_column(rows, asked.record, name)


def _measure_blocks(measure: Measure, asked: Asked, by: tuple[str, ...], cohort=None) -> list[_Block]:
    fine, reason = asked.computable(measure)
    if not fine.any():
        return [_empty(measure, asked, TOTAL, "x", reason)]
    rows = _pick(measure, asked, cohort)
    silent = fine & _silent(measure, rows, len(asked.periods))
    if silent.any():
        fine, reason = fine & ~silent, SILENT if fine.all() else f"{reason}, or {SILENT}"
    whole = pd.Categorical.from_codes(np.zeros(len(rows), int), categories=[ALL])
    groups = [(TOTAL, whole)] + [(name, by_column(rows, asked.record, name)) for name in by]
    blocks = []
    for name, group in groups:
        if group is None or (isinstance(measure.kind, Rate) and name != TOTAL):
            blocks.append(_empty(measure, asked, name, "z", "this breakdown does not apply to the measure"))
        else:
            blocks += _tallied(measure, asked, rows, name, group, fine, reason)
    return blocks


def _silent(measure: Measure, rows: pd.DataFrame, periods: int) -> np.ndarray:
    """Periods in which what is counted is recorded for none of the children asked about: a 0 would be a guess.

    Shares and mixes are answered all the same: they say beside the figure of how many the fact is recorded.
    """
    if "known" not in rows or not isinstance(measure.kind, Count):
        return np.zeros(periods, bool)
    inside = used(rows)
    asked = np.bincount(inside["period"], minlength=periods)
    told = inside["known"].to_numpy(bool) | inside["counted"].to_numpy(bool)
    return (asked > 0) & (np.bincount(inside["period"], weights=told, minlength=periods) == 0)


def _empty(measure: Measure, asked: Asked, name: str, status: str, reason: str) -> _Block:
    nothing = np.full((1, len(asked.periods)), np.nan)
    arrays = dict.fromkeys(_ARRAYS, nothing) | {"status": np.full(nothing.shape, status, object)}
    return _Block(measure.id, name, [ALL], reason=reason, version=_version(measure, asked), **arrays)


def _version(measure: Measure, asked: Asked) -> np.ndarray:
    return np.full(len(asked.periods), measure.version)


def _tallied(measure, asked, rows, name, group, fine, reason) -> list[_Block]:
    """Numbers by group and period, and by part beside them for a mix."""
    count = len(asked.periods)
    size = len(group.categories) * count
    cell = group.codes.astype(np.int64) * count + rows["period"].to_numpy(np.int64)
    inside = rows["aside"].array.codes == 0 if "aside" in rows else np.ones(len(rows), bool)
    aside = np.bincount(cell[~inside], minlength=size)
    rows, cell = (rows, cell) if inside.all() else (rows[inside], cell[inside])
    known = rows["known"].to_numpy(float) if "known" in rows else None
    numbers = _numbers(measure, asked, rows, cell, size)
    numbers["set_aside"] = aside.astype(float)
    numbers["recorded"] = np.bincount(cell, weights=known, minlength=size)
    shaped = {key: np.asarray(value, float).reshape(-1, count) for key, value in numbers.items()}
    blocks = [_block(measure, asked, name, list(group.categories), shaped, fine, reason)]
    if measure.parts:
        part = rows["part"].array
        inner = len(part.categories)
        cell = (cell // count * inner + part.codes) * count + cell % count
        blocks.append(_mixed(measure, asked, name, group, list(part.categories), cell, shaped, fine, reason))
    return blocks


def _numbers(measure: Measure, asked: Asked, rows: pd.DataFrame, cell: np.ndarray, size: int) -> dict:
    """Numerator, denominator, value, limits and rows behind them for each cell."""
    everyone = np.bincount(cell, minlength=size).astype(float)
    kind = measure.kind
    if isinstance(kind, Mean | Median | Ratio):
        found = kind.summary(cell, size, rows["amount"], rows.get("weight"))
        return {name: getattr(found, name) for name in ("numerator", "denominator", "value", "lower", "upper")} | {
            "people": everyone
        }
    numerator = np.bincount(cell, weights=rows["counted"].to_numpy(float), minlength=size).astype(float)
    denominator = everyone
    if isinstance(kind, Rate):
        persons = residents(asked.frame("population"), asked.periods.ends) * _share_of_year(measure, asked)
        denominator = np.tile(persons, size // len(asked.periods))
    elif isinstance(kind, Count):
        denominator = np.full(size, np.nan)
    return _valued(kind, numerator, denominator) | {"people": everyone}


def _valued(kind, numerator: np.ndarray, denominator: np.ndarray) -> dict:
    lower, upper = kind.limits(numerator, denominator)
    return {
        "numerator": numerator,
        "denominator": denominator,
        "value": kind.value(numerator, denominator),
        "lower": lower,
        "upper": upper,
    }


def _share_of_year(measure: Measure, asked: Asked) -> np.ndarray | float:
    """For a rate made annual: the part of a year that the window covers, so that residents become person-years."""
    if not measure.choices.get("annualise"):
        return 1.0
    first = measure.window.starts(asked.periods).astype("datetime64[M]")
    return ((asked.periods.ends + 1).astype("datetime64[M]") - first).astype(int) / 12


def _mixed(measure, asked, name, group, parts, cell, whole, fine, reason) -> _Block:
    count = len(asked.periods)
    numerator = np.bincount(cell, minlength=len(group.categories) * len(parts) * count).astype(float)
    numerator = numerator.reshape(-1, count)
    denominator = np.repeat(whole["people"], len(parts), axis=0)
    shaped = _valued(measure.kind, numerator, denominator) | {
        "people": denominator,
        "set_aside": np.repeat(whole["set_aside"], len(parts), axis=0),
        "recorded": np.repeat(whole["recorded"], len(parts), axis=0),
    }
    if name == TOTAL:
        return _block(measure, asked, measure.parts, parts, shaped, fine, reason)
    categories = [f"{outer} / {inner}" for outer in group.categories for inner in parts]
    return _block(measure, asked, f"{name} / {measure.parts}", categories, shaped, fine, reason)


def _block(measure, asked, name, categories, numbers: dict, fine, reason) -> _Block:
    status = np.full(numbers["numerator"].shape, "ok", object)
    if not isinstance(measure.kind, Count):
        status[~(numbers["denominator"] > 0)] = "z"
    status[:, ~fine] = "x"
    # An empty group keeps its 0 of 0; what cannot be answered has no figure at all.
    shown = {key: np.where(fine, array, np.nan) for key, array in numbers.items()}
    for key in ("value", "lower", "upper"):
        shown[key] = np.where(status == "ok", shown[key], np.nan)
    return _Block(measure.id, name, categories, status=status, reason=reason, version=_version(measure, asked), **shown)


def residents(population: pd.DataFrame, ends: np.ndarray) -> np.ndarray:
    """Residents aged 0 to 17 for each period's end: the estimate of the mid-year before the year to 31 March.

    A year without an estimate takes the latest earlier one; NaN before the first. Source: CATALOGUE A
    (`cla_started_rate`): the published rate of the year to March uses the estimate of the year before.
    """
    years = population[(population["AGE_FROM"] >= 0) & (population["AGE_TO"] <= 17)].groupby("YEAR")["PERSONS"].sum()
    closes = (ends.astype("datetime64[M]") - 3).astype("datetime64[Y]").astype(int) + 1971
    place = np.searchsorted(years.index.to_numpy(), closes - 1, side="right") - 1
    return np.where(place >= 0, years.to_numpy(float)[np.maximum(place, 0)], np.nan)


def _tidy(blocks: list[_Block], measures: Catalogue, asked: Asked) -> pd.DataFrame:
    count = len(asked.periods)
    rows = np.array([len(block.categories) for block in blocks])
    facts = {m.id: m for m in measures}
    per_block = [facts[block.measure] for block in blocks]
    arrays = {name: np.concatenate([getattr(block, name).ravel() for block in blocks]) for name in _ARRAYS}

    def spread(values: list) -> pd.Categorical:
        names = list(dict.fromkeys(values))
        codes = np.repeat([names.index(v) for v in values], rows * count)
        return pd.Categorical.from_codes(codes, categories=names)

    categories = [name for block in blocks for name in block.categories]
    names = list(dict.fromkeys(categories))
    place = {name: n for n, name in enumerate(names)}
    status = arrays["status"]
    frame = pd.DataFrame(
        {
            "area": asked.record.area,
            "measure": spread([m.id for m in per_block]),
            "period_start": np.tile(asked.periods.starts.astype("datetime64[s]"), rows.sum()),
            "period_end": np.tile(asked.periods.ends.astype("datetime64[s]"), rows.sum()),
            "grain": asked.periods.grain,
            "breakdown": spread([block.breakdown for block in blocks]),
            "category": pd.Categorical.from_codes(np.repeat([place[c] for c in categories], count), categories=names),
            **{name: arrays[name] for name in ("numerator", "denominator", "value", "lower", "upper")},
            "unit": spread([m.unit for m in per_block]),
            "better": spread([m.better for m in per_block]),
            "definition_version": np.concatenate([np.tile(b.version, len(b.categories)) for b in blocks]),
            "status": status,
            "reason": np.where(status == "ok", "", np.repeat([block.reason for block in blocks], rows * count)),
            **{name: arrays[name] for name in ACCOUNT},
        },
        columns=[*COLUMNS, *ACCOUNT],
    )
    frame.loc[frame["status"] == "z", "reason"] = frame.loc[frame["status"] == "z", "reason"].mask(
        frame["denominator"].eq(0), "nobody in the group"
    )
    return frame.astype({"measure": str, "breakdown": str, "category": str, "unit": str, "better": str})


def answerable(measures: Catalogue, record: Record, quarter: str) -> pd.DataFrame:
    """Which measures a record can answer for a quarter: `topic, measure, title, answer` (yes, or what is lacking)."""
    asked = Asked(record, Periods.quarters(Quarter.parse(quarter).end, 1))
    found = []
    for m in measures:
        fine, reason = asked.computable(m)
        found.append((m.topic.replace("_", " "), m.id, m.title, "yes" if fine.all() else f"no: {reason}"))
    return pd.DataFrame(found, columns=["topic", "measure", "title", "answer"])


def account(measures: Catalogue, record: Record, periods: Periods) -> pd.DataFrame:
    """Who was set aside from each figure, counted by reason, and of how many rows the fact was recorded.

    Restricted: true counts. A row per measure, period and reason: `measure, period_end, reason, rows, used, recorded`;
    a figure from which nobody was set aside has one row with the reason "" and 0 rows. Measures that the record cannot
    answer are left out. Source: INPUTS 9 rule 3.
    """
    asked = Asked(record, periods)
    parts = []
    for m in measures:
        fine, _ = asked.computable(m)
        if not fine.any():
            continue
        rows = _pick(m, asked)
        parts.append(_account(rows[fine[rows["period"].to_numpy(int)]], np.flatnonzero(fine), m.id, periods))
    columns = ["measure", "period_end", "reason", "rows", "used", "recorded"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _account(rows: pd.DataFrame, answered: np.ndarray, name: str, periods: Periods) -> pd.DataFrame:
    reason = rows["aside"].astype(str) if "aside" in rows else pd.Series("", index=rows.index)
    counted = pd.crosstab(rows["period"].to_numpy(), reason.to_numpy()).reindex(answered, fill_value=0)
    kept = used(rows)
    known = kept["known"] if "known" in kept else pd.Series(True, index=kept.index)
    every = counted.get("", pd.Series(0, index=counted.index))
    recorded = known.groupby(kept["period"].to_numpy()).sum().reindex(answered, fill_value=0)
    reasons = counted.drop(columns="", errors="ignore")
    reasons = reasons if len(reasons.columns) else reasons.assign(**{"": 0})
    long = reasons.melt(ignore_index=False, var_name="reason", value_name="rows").rename_axis("period").reset_index()
    at = long["period"].to_numpy(int)
    return long.assign(
        measure=name,
        period_end=periods.ends[at].astype("datetime64[s]"),
        used=every.loc[at].to_numpy(),
        recorded=recorded.loc[at].to_numpy(),
    )
