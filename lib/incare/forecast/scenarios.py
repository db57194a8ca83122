"""What if: a scenario file, and the difference it makes, with everything else left to the same chances."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from incare import periods as p
from incare import plain_yaml
from incare.forecast.capacity import Staffing
from incare.forecast.cohort import CATEGORIES, Projection, rows
from incare.forecast.entries import ENTRANTS
from incare.forecast.exposure import EXITS, GROUPS, WAYS, month_ends
from incare.forecast.simulate import Levers, simulate


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the message names every problem."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Dated(_Strict):
    """Something that holds from a day (by default at once) until another (by default for good)."""

    since: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None

    def months(self, days: np.ndarray) -> np.ndarray:
        """The months ahead that begin on or after the day and end by the other; `days` begins with the origin."""
        opens, closes = days[:-1] + 1, days[1:]
        held = np.ones(len(opens), bool)
        if self.since is not None:
            held &= opens >= p.day(self.since)
        if self.until is not None:
            held &= closes <= p.day(self.until)
        return held


class EntriesChange(_Dated):
    """More or fewer children coming into care: whole children a month (`add`), or a share (`percent`)."""

    add: float | None = None
    percent: Annotated[float | None, Field(ge=-100, le=400)] = None
    who: Literal[ENTRANTS] | None = None

    @model_validator(mode="after")
    def _one_of_two(self):
        if (self.add is None) == (self.percent is None):
            raise ValueError("give either add or percent")
        return self


class ExitsChange(_Dated):
    """A way out of care becoming more or less frequent, in percent of its rate."""

    way: Literal[WAYS]
    percent: Annotated[float, Field(ge=-100, le=400)]


class KinChange(_Dated):
    """Of new placements with other foster carers, the percentage that are with relatives or friends instead."""

    percent: Annotated[float, Field(ge=0, le=100)]


class ExtensionChange(_Dated):
    """Care leavers are supported until this birthday."""

    to: Annotated[int, Field(ge=18, le=25)]


class StaffingChange(_Dated):
    """Personal advisers now, those added, the most young people each may hold, and how much work each of these is."""

    advisers: Annotated[float, Field(ge=0)]
    add: float = 0.0
    ceiling: Annotated[float, Field(gt=0)] = 24.0
    complexity: Annotated[float, Field(gt=0)] = 1.0

    def after(self) -> Staffing:
        """The staffing once those added are there."""
        return Staffing(self.advisers, self.ceiling, self.complexity).add(self.add)


class Target(_Strict):
    """A number of children in care not to be above on a month's end; the key is `by`, as YAML reads `on` as true."""

    children: Annotated[float, Field(ge=0)]
    by: date


class Scenario(_Strict):
    """What a scenario file says; every key but the name may be left out."""

    name: Annotated[str, Field(min_length=1)]
    entries: list[EntriesChange] = []
    exits: list[ExitsChange] = []
    kinship: list[KinChange] = []
    extension: ExtensionChange | None = None
    staffing: StaffingChange | None = None
    costs: dict[str, tuple[float, float]] = {}
    targets: list[Target] = []

    def levers(self, origin: np.datetime64, horizon: int) -> Levers:
        """The scenario as a simulation takes it."""
        days = month_ends(origin, np.arange(horizon + 1))
        base = Levers.none(horizon)
        names = ("entries", "added", "ways", "kin", "fewer")
        entries, added, ways, kin, fewer = (np.array(getattr(base, name)) for name in names)
        for change in self.entries:
            held = change.months(days)
            kinds = slice(None) if change.who is None else ENTRANTS.index(change.who)
            if change.percent is not None:
                factor = np.where(held, 1 + change.percent / 100, 1)
                entries[:, kinds] *= factor[:, None] if change.who is None else factor
            elif change.add < 0 and change.who is None:
                fewer += -_whole(change.add, held, None).sum(axis=1)
            else:
                added += _whole(change.add, held, change.who)
        for change in self.exits:
            ways[:, WAYS.index(change.way)] *= np.where(change.months(days), 1 + change.percent / 100, 1)
        for change in self.kinship:
            kin = np.maximum(kin, np.where(change.months(days), change.percent / 100, 0))
        return Levers(entries, added, ways, kin, fewer)


# Who stands for "one more child" when a scenario does not say: the shares of the ages at which children enter care in
# England, of each hundred.
USUAL_ENTRANTS = {"Under 1": 20, "1 to 4": 17, "5 to 9": 19, "10 to 15": 30, "16 and over": 14, "UASC": 0}


def _whole(add: float, held: np.ndarray, who: str | None) -> np.ndarray:
    """Whole children by month and kind that add up to `add` a month; the remainder waits until it is one."""
    months = np.cumsum(held)
    total = np.floor(np.abs(add) * months + 1e-9).astype(int)
    each = np.diff(np.r_[0, total])
    out = np.zeros((len(held), len(ENTRANTS)), int)
    if who is not None:
        out[:, ENTRANTS.index(who)] = each
        return out * int(np.sign(add))
    share = np.array([USUAL_ENTRANTS[name] for name in ENTRANTS]) / 100
    # The kinds of the first, second, … child added, in an order that keeps each kind near its share.
    order = np.argsort(np.concatenate([(np.arange(200) + 0.5) / max(s, 1e-9) for s in share]), kind="stable") // 200
    for month, number in enumerate(each):
        done = total[month] - number
        np.add.at(out[month], order[np.arange(done, done + number) % 100], 1)
    return out * int(np.sign(add))


def read(path: str | Path) -> Scenario:
    """The scenario of a YAML file.

    Raises `ScenarioError` naming the file and every problem: an unknown key (with the nearest known one), a value that
    is not what is needed.
    """
    path = Path(path)
    try:
        given = plain_yaml.load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ScenarioError(f"There is no file {path}.") from None
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise ScenarioError(f"{path.name} cannot be read as YAML in UTF-8 ({type(problem).__name__}).") from None
    return of(given, path.name)


def of(given, name: str = "The scenario") -> Scenario:
    """The scenario of plain values; see `read`."""
    if not isinstance(given, dict):
        raise ScenarioError(f"{name}: keys and values were needed, such as `name: Edge of care`.")
    try:
        found = Scenario.model_validate(given)
    except ValidationError as problem:
        raise ScenarioError(f"{name}: " + "; ".join(_told(each) for each in problem.errors()) + ".") from None
    unknown = [group for group in found.costs if group not in GROUPS]
    if unknown:
        raise ScenarioError(f"{name}: costs: there is no placement group {unknown[0]}; there are: {', '.join(GROUPS)}.")
    return found


_KEYS = {
    name
    for model in (Scenario, EntriesChange, ExitsChange, KinChange, ExtensionChange, StaffingChange, Target)
    for name in (field.alias or key for key, field in model.model_fields.items())
}


def _told(error: dict) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), sorted(_KEYS), 1)
        return f"{place}: unknown key" + (f"; did you mean {near[0]}?" if near else "")
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


@dataclass(frozen=True)
class Compared:
    """A scenario beside its baseline: the two projections, and by breakdown the difference in every simulation."""

    scenario: Scenario
    baseline: Projection
    changed: Projection
    difference: dict[str, np.ndarray]


def compare(baseline: Projection, scenario: Scenario) -> Compared:
    """The same children with the same chances, under the scenario; differences are in whole children.

    The baseline keeps its averaging with the series forecast; the scenario is the baseline plus the difference, so that
    what is printed as the difference is the difference of what is printed.

    **Source** common random numbers: Law (2015), Simulation Modeling and Analysis, chapter 11.
    """
    sims, horizon = baseline.total.shape
    levers = scenario.levers(baseline.origin, horizon)
    paths = simulate(baseline.care, baseline.rates, horizon, sims, np.random.default_rng(baseline.seed), levers)
    names = {"age_band": "band", "placement": "group", "uasc": "asylum"}
    difference = {name: getattr(paths, own).astype(float) - getattr(baseline.paths, own) for name, own in names.items()}
    changed = replace(
        baseline,
        paths=paths,
        parts={name: baseline.parts[name] + difference[name] for name in names},
        without=None,
    )
    return Compared(scenario, baseline, changed, difference)


def table(found: Compared) -> pd.DataFrame:
    """What the scenario changes, as rows of a projection's table.

    Breakdowns `difference`, `difference: age_band`, `difference: placement`, `difference: uasc` (children in care),
    `difference: entries` and `difference: exits` (in the month).
    """
    made, base = found.changed, found.baseline
    total = found.difference["age_band"].sum(axis=2, keepdims=True)
    blocks = [rows(made, "difference", ("All",), total)]
    blocks += [rows(made, f"difference: {n}", names, found.difference[n]) for n, names in CATEGORIES.items()]
    for name, own, kinds in (("entries", "entered", ENTRANTS), ("exits", "left", EXITS)):
        change = (getattr(made.paths, own) - getattr(base.paths, own)).astype(float)
        both = np.concatenate([change.sum(axis=2, keepdims=True), change], axis=2)
        blocks.append(rows(made, f"difference: {name}", ("All", *kinds), both))
    return pd.concat(blocks, ignore_index=True)
