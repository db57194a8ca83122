"""A projection as it is handed out: its rows, its past error, and what a reader must be told, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from incare import periods as p
from incare.forecast import capacity, cohort, leavers, scenarios
from incare.record import Record


@dataclass(frozen=True)
class Outlook:
    """`rows` as written by `incare forecast`; `tested` the back-test; `said` sentences; `tables` of a scenario."""

    rows: pd.DataFrame
    tested: pd.DataFrame
    said: tuple[str, ...]
    tables: dict[str, pd.DataFrame]


def outlook(
    record: Record, origin, horizon: int, *, sims: int = 1000, seed: int | None = None, scenario: Path | None = None
) -> Outlook:
    """Children in care and care leavers in the months after a day, and under a scenario where a file of one is given.

    Under a scenario the rows are the scenario's; the baseline's total is kept as breakdown `baseline`, and the
    differences stand below. Raises `ProjectionError` and `ScenarioError` as `cohort.project` and `scenarios.read` do.
    """
    asked = scenarios.read(scenario) if scenario is not None else None
    given = {} if seed is None else {"seed": seed}
    found = cohort.project(record, horizon, origin=_day(origin), sims=sims, **given)
    said, tables, extra = [*_said(found)], {}, []
    shown = found
    if asked is not None:
        made = scenarios.compare(found, asked)
        shown = made.changed
        extra = [
            cohort.rows(found, "baseline", ("All",), found.total[:, :, None]),
            scenarios.table(made),
        ]
        said.append(_difference(made))
        if asked.costs:
            tables["Weekly cost of placements"] = capacity.weekly_cost(shown.parts["placement"], asked.costs).round()
            lacking = capacity.unpriced(asked.costs)
            said += [f"No weekly cost was given for: {', '.join(lacking)}."] if lacking else []
        for target in asked.targets:
            chance = shown.chance(target.children, target.by)
            said.append(f"The chance of at most {target.children:g} children in care on {target.by} is {chance:.0%}.")
    young = leavers.leavers(record, shown)
    blocks = [cohort.table(shown), leavers.table(young, shown), *extra]
    said += young.notices
    if asked is not None and (asked.extension or asked.staffing):
        tables["Care leavers and advisers"] = _advisers(young, asked)
    return Outlook(pd.concat(blocks, ignore_index=True), _printed(found.tested), tuple(said), tables)


def _day(origin) -> np.datetime64:
    try:
        return p.day(origin)
    except p.PeriodError:
        raise cohort.ProjectionError("The origin is a day written as yyyy-mm-dd; what was found is not one.") from None


def _said(found: cohort.Projection) -> list[str]:
    """What the total rests on, and how far it can be trusted."""
    said = [f"The total rests on: {found.method}."]
    tested = found.tested
    for row in tested[tested["breakdown"] == "total"].itertuples() if len(tested) else ():
        said.append(
            f"{row.horizon} months ahead, earlier projections missed the number in care by {row.mae:.1f} children on "
            f"average; repeating the last value missed by {row.mae_last_value:.1f} ({row.origins} earlier origins)."
        )
    return [*said, *found.notices]


def _printed(tested: pd.DataFrame) -> pd.DataFrame:
    shown = tested.drop(columns=["spread", "missed"])
    return shown.round({"mae": 1, "mae_last_value": 1, "cover80": 0, "cover95": 0})


def _difference(made: scenarios.Compared) -> str:
    last = made.difference["age_band"].sum(axis=2)[:, -1]
    low, high = np.quantile(last, (0.025, 0.975))
    return (
        f"{made.scenario.name}: {last.mean():+.1f} children in care on {made.baseline.days[-1]} against the baseline "
        f"(95 % of simulations from {low:+.0f} to {high:+.0f})."
    )


def _advisers(young: leavers.Leavers, asked: scenarios.Scenario) -> pd.DataFrame:
    """Young people supported and the advisers they need, by month; with an extension also those it adds."""
    before = young.until(leavers.USUAL).mean(axis=0)
    people = young.until(asked.extension.to).mean(axis=0) if asked.extension else before
    if asked.extension:
        held = asked.extension.months(np.r_[young.days[0] - 31, young.days])
        people = np.where(held, people, before)
    table = pd.DataFrame({"month": young.days.astype(str), "young people": people, "added": people - before})
    if asked.staffing:
        staff = asked.staffing.after()
        table["advisers needed"] = staff.needed(people)
        table["advisers"] = staff.advisers
        table["young people per adviser"] = staff.caseload(people)
    return table.round(1)
