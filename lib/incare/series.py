"""Asks measures of periods and makes the one tidy series."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from incare import periods as p
from incare.breakdowns import STANDARD, by_column
from incare.kinds import Count, Rate
from incare.measure import Catalogue, Measure
from incare.periods import Periods
from incare.record import Record
from incare.rows import Spans

COLUMNS = [
    *("area", "measure", "period_start", "period_end", "grain", "breakdown", "category"),
    *("numerator", "denominator", "value", "lower", "upper", "unit", "better"),
    *("definition_version", "status", "reason"),
]
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

    def table(self, name: str, measure: Measure):
        """The table of that name as the measure sees it, or None when the extract has none."""
        record = self.record
        frame = {
            "in_care": lambda: record.tables["episodes"],
            "care_periods": lambda: _described(record.care_periods, record),
            "carer_spells": lambda: record.carer_spells,
            "due_reviews": lambda: record.due_reviews,
            "care_leavers": lambda: record.care_leavers,
            "care_leaver_snapshots": lambda: record.care_leaver_snapshots,
            "missing": lambda: record.tables.get("missing"),
            "care_plans": lambda: _dated(record.tables.get("care_plans"), "PLAN_DATE"),
            "pathway_plans": lambda: _dated(record.tables.get("pathway_plans"), "PLAN_DATE"),
            "cl_contacts": lambda: _dated(record.tables.get("cl_contacts"), "CONTACT_DATE"),
            "people": lambda: record.people.assign(eligible_from=record.eligible_from.astype("datetime64[s]")),
            "population": lambda: record.tables.get("population"),
        }
        if ("frame", name) not in self.answers:
            self.answers["frame", name] = frame[name]()
        found = self.answers["frame", name]
        if found is None or name in ("people", "population"):
            return found
        return Spans(found, self.periods, measure.window, self.answers.setdefault(("rows", name), {}))

    def computable(self, measure: Measure) -> tuple[np.ndarray, str]:
        """Which periods the record can answer for a measure, and the reason where it cannot."""
        first, last = self.record.covers
        needed = p.held_since(self.periods.ends, measure.needs_history) if measure.needs_history else self.periods.ends
        needed = np.minimum(needed, measure.window.starts(self.periods))
        fine = (needed >= first) & (self.periods.ends <= last)
        reason = f"the record runs from {first} to {last}; this needs {_span(measure)}"
        for name in measure.sources:
            begins = _begins(self, name, measure)
            if begins is None:
                return np.zeros(len(self.periods), bool), f"the extract has no {name.replace('_', ' ')} table"
            short = begins > needed
            if (short & fine).any():
                reason = f"the {name.replace('_', ' ')} table begins on {begins}; this needs {_span(measure)}"
            fine &= ~short
        return fine, reason


def _span(measure: Measure) -> str:
    months = max(measure.needs_history, measure.window.months)
    return f"{months} months of history" if months else "the whole period"


def _begins(asked: Asked, name: str, measure: Measure) -> np.datetime64 | None:
    """The first day a source can answer for; local tables begin with their first date, others with the record."""
    table = asked.table(name, measure)
    if table is None:
        return None
    if name in ("care_plans", "pathway_plans", "cl_contacts", "care_leaver_snapshots"):
        days = p.days(table.table["start"])
        return days[~np.isnat(days)].min() if (~np.isnat(days)).any() else None
    return asked.record.covers[0]


def _dated(table: pd.DataFrame | None, column: str) -> pd.DataFrame | None:
    return None if table is None else table.assign(start=table[column])


def _described(care: pd.DataFrame, record: Record) -> pd.DataFrame:
    """Periods of care with the first and last legal status and placement, for breakdowns."""
    episodes = record.tables["episodes"]
    facts = {}
    for side in ("first", "last"):
        at = care[f"{side}_episode"].to_numpy()
        for column in ("legal_status", "placement", "place"):
            facts[f"{side}_{column}"] = episodes[column].array.take(at)
    return care.assign(**facts)


def calculate(measures: Catalogue, record: Record, periods: Periods, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Ask every measure about every period; returns the tidy series with a row for each group, empty ones included.

    `by` names breakdowns beside the total. Columns: area, measure, period_start, period_end, grain, breakdown,
    category, numerator, denominator, value, lower, upper (95 %), unit, better, definition_version, status (ok, z for
    not applicable, x for not available), reason. Where a table or the history is missing the status is x with the
    reason, never 0.
    Raises `BreakdownError` for a breakdown that does not exist.
    Source: DESIGN 5 (series columns); INPUTS 9 (refuse rather than return 0).
    """
    asked = Asked(record, periods)
    _refuse_unknown(by, record)
    blocks = [block for m in measures for block in _measure_blocks(m, asked, by)]
    return _tidy(blocks, measures, asked)


def _refuse_unknown(by: tuple[str, ...], record: Record) -> None:
    snapshot = record.care_leaver_snapshots
    local = [c for c in record.people if c not in ("id", "born", "uasc_until", "ever_uasc", *STANDARD)]
    known = [*STANDARD, *local, *([] if snapshot is None else ["ehcp", "is_parent"])]
    for name in by:
        if name not in known:
            raise BreakdownError(f"There is no breakdown called {name}; there are: {', '.join(known)}.")


@dataclass(frozen=True)
class _Block:
    """Numbers of one measure and breakdown: arrays of shape (categories, periods)."""

    measure: str
    breakdown: str
    categories: list[str]
    numerator: np.ndarray
    denominator: np.ndarray
    status: np.ndarray
    reason: str


def rows_of(measure: Measure, record: Record, periods: Periods) -> pd.DataFrame:
    """The rows behind a measure: one per period and child (or event), with `counted` or the part of a mix.

    Restricted: these are children's rows. Columns `period`, `child`, `on` and what the measure picked.
    Raises `NotComputableError` when the extract lacks a table that the measure names.
    """
    asked = Asked(record, periods)
    lacking = [name for name in measure.sources if asked.table(name, measure) is None]
    if lacking:
        raise NotComputableError(f"{measure.id} reads the table {lacking[0]}, which the extract does not have.")
    return _pick(measure, asked)


def _pick(measure: Measure, asked: Asked) -> pd.DataFrame:
    tables = [asked.table(name, measure) for name in measure.sources]
    return measure.pick(*tables, **measure.choices)


def _measure_blocks(measure: Measure, asked: Asked, by: tuple[str, ...]) -> list[_Block]:
    fine, reason = asked.computable(measure)
    if not fine.any():
        nothing = np.full((1, len(fine)), np.nan)
        return [_Block(measure.id, TOTAL, [ALL], nothing, nothing, np.full((1, len(fine)), "x", object), reason)]
    rows = _pick(measure, asked)
    whole = pd.Categorical.from_codes(np.zeros(len(rows), int), categories=[ALL])
    groups = [(TOTAL, whole)] + [(name, by_column(rows, asked.record.people, name)) for name in by]
    blocks = []
    for name, group in groups:
        if group is None or (isinstance(measure.kind, Rate) and name != TOTAL):
            nothing = np.full((1, len(fine)), np.nan)
            blocks.append(
                _Block(
                    measure.id,
                    name,
                    [ALL],
                    nothing,
                    nothing,
                    np.full((1, len(fine)), "z", object),
                    "this breakdown does not apply to the measure",
                )
            )
        else:
            blocks += _tallied(measure, asked, rows, name, group, fine, reason)
    return blocks


def _tallied(measure, asked, rows, name, group, fine, reason) -> list[_Block]:
    shape = (len(group.categories), len(asked.periods))
    cell = group.codes.astype(np.int64) * shape[1] + rows["period"].to_numpy(np.int64)
    counted = rows["counted"].to_numpy(float) if "counted" in rows else np.ones(len(rows))
    size = shape[0] * shape[1]
    all_rows = np.bincount(cell, minlength=size).reshape(shape).astype(float)
    numerator = np.bincount(cell, weights=counted, minlength=size).reshape(shape).astype(float)
    denominator = _denominator(measure, asked, all_rows)
    blocks = [_block(measure, name, list(group.categories), numerator, denominator, fine, reason)]
    if measure.parts:
        blocks += [_mixed(measure, asked, rows, name, group, all_rows, fine, reason)]
    return blocks


def _mixed(measure, asked, rows, name, group, all_rows, fine, reason) -> _Block:
    part = rows["part"].array
    parts, count = list(part.categories), len(asked.periods)
    cell = (group.codes.astype(np.int64) * len(parts) + part.codes) * count + rows["period"].to_numpy(np.int64)
    numerator = np.bincount(cell, minlength=len(group.categories) * len(parts) * count).astype(float)
    numerator = numerator.reshape(-1, count)
    denominator = np.repeat(all_rows, len(parts), axis=0)
    if name == TOTAL:
        return _block(measure, measure.parts, parts, numerator, denominator, fine, reason)
    categories = [f"{outer} / {inner}" for outer in group.categories for inner in parts]
    return _block(measure, f"{name} / {measure.parts}", categories, numerator, denominator, fine, reason)


def _denominator(measure: Measure, asked: Asked, all_rows: np.ndarray) -> np.ndarray:
    if isinstance(measure.kind, Rate):
        persons = residents(asked.record.tables["population"], asked.periods.ends)
        return np.broadcast_to(persons, all_rows.shape).astype(float)
    return np.full(all_rows.shape, np.nan) if isinstance(measure.kind, Count) else all_rows


def _block(measure, name, categories, numerator, denominator, fine, reason) -> _Block:
    status = np.full(numerator.shape, "ok", object)
    if not isinstance(measure.kind, Count):
        status[~(denominator > 0)] = "z"
    status[:, ~fine] = "x"
    numerator, denominator = numerator.copy(), denominator.copy()
    numerator[:, ~fine] = denominator[:, ~fine] = np.nan
    return _Block(measure.id, name, categories, numerator, denominator, status, reason)


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
    numerator = np.concatenate([block.numerator.ravel() for block in blocks])
    denominator = np.concatenate([block.denominator.ravel() for block in blocks])
    status = np.concatenate([block.status.ravel() for block in blocks])
    value, lower, upper = _numbers(per_block, rows * count, numerator, denominator)
    shown = status == "ok"

    def spread(values: list) -> pd.Categorical:
        names = list(dict.fromkeys(values))
        codes = np.repeat([names.index(v) for v in values], rows * count)
        return pd.Categorical.from_codes(codes, categories=names)

    categories = [name for block in blocks for name in block.categories]
    names = list(dict.fromkeys(categories))
    place = {name: n for n, name in enumerate(names)}
    frame = pd.DataFrame(
        {
            "area": asked.record.area,
            "measure": spread([m.id for m in per_block]),
            "period_start": np.tile(asked.periods.starts.astype("datetime64[s]"), rows.sum()),
            "period_end": np.tile(asked.periods.ends.astype("datetime64[s]"), rows.sum()),
            "grain": asked.periods.grain,
            "breakdown": spread([block.breakdown for block in blocks]),
            "category": pd.Categorical.from_codes(np.repeat([place[c] for c in categories], count), categories=names),
            "numerator": numerator,
            "denominator": denominator,
            "value": np.where(shown, value, np.nan),
            "lower": np.where(shown, lower, np.nan),
            "upper": np.where(shown, upper, np.nan),
            "unit": spread([m.unit for m in per_block]),
            "better": spread([m.better for m in per_block]),
            "definition_version": np.repeat([m.version for m in per_block], rows * count),
            "status": status,
            "reason": np.where(status == "ok", "", np.repeat([block.reason for block in blocks], rows * count)),
        },
        columns=COLUMNS,
    )
    frame.loc[frame["status"] == "z", "reason"] = frame.loc[frame["status"] == "z", "reason"].mask(
        frame["denominator"].eq(0), "nobody in the group"
    )
    return frame.astype({"measure": str, "breakdown": str, "category": str, "unit": str, "better": str})


def _numbers(per_block, lengths, numerator, denominator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value and limits, one call per kind over all its rows together."""
    value, lower, upper = (np.full(len(numerator), np.nan) for _ in range(3))
    kinds = [m.kind for m in per_block]
    for kind in dict.fromkeys(kinds):
        mine = np.repeat([k == kind for k in kinds], lengths)
        value[mine] = kind.value(numerator[mine], denominator[mine])
        lower[mine], upper[mine] = kind.limits(numerator[mine], denominator[mine])
    return value, lower, upper
