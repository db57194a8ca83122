"""The projection of children in care: everyone in the record carried forward, held to a simple baseline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from incare import periods as p
from incare.forecast import cohort_backtest, entries, hazards, reorganised
from incare.forecast.combine import Combined
from incare.forecast.entries import ENTRANTS
from incare.forecast.exposure import BANDS, EXITS, GROUPS, Care, Exposure, care_of, exposure, stock
from incare.forecast.simulate import Levers, Paths, Rates, simulate
from incare.record import Record

FEWEST_MONTHS, TEST_MONTHS, FEW_CHILDREN, LONGEST = 12, 30, 40, 60
SHOCK_MONTHS, SHOCK_CHANCE = 3, 0.005
COHORT, LAST = "cohort and series, averaged", "last value"
SEED = 20_250_331


class ProjectionError(ValueError):
    """A record that children cannot be projected from, with what was found and what is needed."""


@dataclass(frozen=True)
class Settings:
    """How a projection is made.

    `share` is the weight of the cohort's own mean for the total; the rest is a forecast of the stock as a series, so
    that neither is followed alone. `widen` multiplies the spread of the simulated totals: what hazards and
    entries do not know of themselves. `half_life` (months) is how fast the past counts less in the hazards, `trend` how
    much of a trend in entries is followed.

    **Source** shares and width measured by `tests/bench/cohort_accuracy.py`.
    """

    share: float = 0.8
    widen: float = 1.12
    half_life: float = 48.0
    trend: float = 0.25

    def __post_init__(self):
        if not 0 <= self.share <= 1 or self.widen <= 0 or self.half_life <= 0 or not 0 <= self.trend <= 1:
            raise ProjectionError("share and trend lie from 0 to 1; widen and half_life above 0.")


@dataclass(frozen=True)
class Projection:
    """A forecast of children in care, with how it was made and how far earlier ones were off.

    `paths` are the simulations as they ran; `parts` the same after averaging with the baseline: by breakdown an array
    simulations × months × categories, each breakdown adding up to the total in every simulation. `tested` is the
    back-test (see `cohort_backtest.table`), empty when the record is too short for one. `method` says what the total
    rests on, `notices` what a reader must know. `without` is the same forecast without the last quarter, where that
    quarter was a shock.
    """

    care: Care
    days: np.ndarray
    paths: Paths = field(repr=False)
    parts: dict[str, np.ndarray] = field(repr=False)
    tested: pd.DataFrame = field(repr=False)
    method: str
    notices: tuple[str, ...]
    rates: Rates = field(repr=False)
    settings: Settings
    seed: int
    without: Projection | None = None

    @property
    def origin(self) -> np.datetime64:
        """The last day that the forecast knows."""
        return self.care.origin

    @property
    def total(self) -> np.ndarray:
        """Children in care, simulations × months."""
        return self.parts["age_band"].sum(axis=2)

    def chance(self, target: float, on, at_most: bool = True) -> float:
        """How likely the number in care on a month's end is at most (or at least) a target, from 0 to 1.

        Raises `ProjectionError` for a day that is no month's end of the projection.
        """
        place = np.flatnonzero(self.days == p.day(on))
        if not len(place):
            raise ProjectionError(f"The projection has the days {self.days[0]} to {self.days[-1]} by month; not {on}.")
        held = self.total[:, place[0]]
        return float(np.mean(held <= target if at_most else held >= target))


CATEGORIES = {"age_band": BANDS, "placement": GROUPS, "uasc": ("UASC", "Not UASC")}


def project(
    record: Record | Care,
    horizon: int,
    *,
    origin=None,
    sims: int = 1000,
    seed: int = SEED,
    settings: Settings = Settings(),
    levers: Levers | None = None,
    tested: pd.DataFrame | None = None,
) -> Projection:
    """Children in care at the end of each of the next `horizon` months, by age band, placement group and UASC.

    `origin` is the last day to be known (by default the last the record covers); nothing later is looked at. `sims`
    simulations are drawn from `seed`; the same seed gives the same figures. `levers` is what a scenario changes.
    `tested` is a back-test made earlier; without it one is made from the record.

    Raises `ProjectionError` when the record holds less than a year before the origin (or since the area was
    reorganised), the origin lies outside the record, or nobody is in care.

    **Source** stock and flow with competing risks, entries and drift by simulation; averaging with a series forecast
    after Bates and Granger (1969), Operational Research Quarterly 20.
    """
    care, moved = reorganised.since(known_at(record, origin))
    _check(horizon, sims)
    seen = exposure(care)
    _refuse_short(care, seen, moved)
    tested = cohort_backtest.table(care, settings, seed=seed) if tested is None else tested
    notices = [*([moved] if moved else []), *_notices(care, seen)]
    rates = estimate(care, seen, horizon, settings)
    shocks = shock(care, seen, settings, seed)
    beaten = cohort_backtest.loses(tested)
    method = LAST if beaten else COHORT
    if not len(tested):
        notices.append(f"No back-test: it needs {TEST_MONTHS} months of record before the first earlier origin.")
    elif beaten:
        notices.append(
            "In this record's own back-test the cohort projection did not beat the last value; the total is the last "
            "value, with the cohort's spread and its split by age and placement."
        )
    elif cohort_backtest.against_last(tested) >= 1:
        notices.append(
            "In this record's own back-test the cohort projection did not beat the last value, but by less than so few "
            "earlier origins can tell from chance; it is used."
        )
    paths = simulate(care, rates, horizon, sims, np.random.default_rng(seed), levers)
    found = Projection(care, paths.days, paths, {}, tested, method, (*notices, *shocks), rates, settings, seed)
    found = replace(found, parts=combined(found, seen))
    if shocks and levers is None:
        rates = estimate(care, seen, horizon, settings, until=seen.steps - SHOCK_MONTHS)
        other = simulate(care, rates, horizon, sims, np.random.default_rng(seed))
        other = replace(found, paths=other, rates=rates)
        found = replace(found, without=replace(other, parts=combined(other, seen)))
    return found


def known_at(record: Record | Care, origin=None) -> Care:
    """The periods of care of a record as known at the end of a day; see `project` for what is refused."""
    care = record if isinstance(record, Care) else care_of(record)
    origin = care.origin if origin is None else p.day(origin)
    if origin > care.origin or origin < care.first:
        raise ProjectionError(
            f"The origin {origin} lies outside the record, which runs from {care.first} to {care.origin}. "
            "Give a day within it."
        )
    return care.known(origin)


def estimate(care: Care, seen: Exposure, horizon: int, settings: Settings, until: int | None = None) -> Rates:
    """Hazards and entries from what is known; with `until`, levels take no account of the months from that one on."""
    found = hazards.fit(seen, hazards.Settings(settings.half_life), until)
    coming = entries.fit(seen, care.born, care.start, horizon, entries.Settings(settings.trend), until)
    return Rates(found, coming)


def combined(found: Projection, seen: Exposure) -> dict[str, np.ndarray]:
    """The simulated parts with the total moved towards the baseline and its spread widened, coherent in every path."""
    raw = found.paths.total.astype(float)
    middle = raw.mean(axis=0)
    history = stock(found.care, seen.ends).astype(float)
    if found.method == LAST:
        centre = np.full(len(middle), history[-1])
    else:
        series = Combined(12)(history[None, :], len(middle))[0]
        centre = middle + (1 - found.settings.share) * (series - middle)
    total = np.maximum(centre + found.settings.widen * cohort_backtest.width(found.tested) * (raw - middle), 0)
    parts = {"age_band": found.paths.band, "placement": found.paths.group, "uasc": found.paths.asylum}
    return {
        name: total[:, :, None] * _shares(counts, raw, max(cohort_backtest.width(found.tested, name), 1.0))
        for name, counts in parts.items()
    }


def _shares(counts: np.ndarray, total: np.ndarray, wider: float) -> np.ndarray:
    """Each part's share of the total in every simulation, their spread widened, still adding up to one."""
    middle = counts.sum(axis=0) / np.maximum(total.sum(axis=0), 1)[:, None]
    share = np.where(total[:, :, None] > 0, counts / np.maximum(total, 1)[:, :, None], middle)
    if wider > 1:
        share = np.maximum(middle + wider * (share - middle), 0)
    whole = share.sum(axis=2, keepdims=True)
    # Nobody in any simulation: whoever may come is of unknown age and place.
    return np.where(whole > 0, share / np.maximum(whole, 1e-12), np.eye(share.shape[2])[-1])


def table(found: Projection) -> pd.DataFrame:
    """The projection as rows: origin, target, breakdown, category, mean, lo80, hi80, lo95, hi95.

    `target` is the day forecast. Breakdowns: `total`, `age_band`, `placement`, `uasc` (children in care at the end of
    the day), `entries` by kind and `exits` by way (in the month that ends on the day), and, where the last quarter was
    a shock, `total without the last quarter`.
    """
    blocks = [rows(found, "total", ("All",), found.total[:, :, None])]
    blocks += [rows(found, name, names, found.parts[name]) for name, names in CATEGORIES.items()]
    entered, left = found.paths.entered, found.paths.left
    blocks.append(rows(found, "entries", ("All", *ENTRANTS), _with_sum(entered)))
    blocks.append(rows(found, "exits", ("All", *EXITS), _with_sum(left)))
    if found.without is not None:
        blocks.append(rows(found, "total without the last quarter", ("All",), found.without.total[:, :, None]))
    return pd.concat(blocks, ignore_index=True)


def _with_sum(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2)


def rows(found: Projection, breakdown: str, names, values: np.ndarray) -> pd.DataFrame:
    """Mean and limits of simulations × months × categories as rows of the table."""
    limits = np.quantile(values, (0.1, 0.9, 0.025, 0.975), axis=0)
    months = values.shape[1]
    columns = {
        "origin": np.repeat(str(found.origin), months * len(names)),
        "target": np.repeat(found.days.astype(str), len(names)),
        "breakdown": breakdown,
        "category": np.tile(np.array(names, dtype=object), months),
        "mean": values.mean(axis=0).ravel(),
    }
    for name, limit in zip(("lo80", "hi80", "lo95", "hi95"), limits, strict=True):
        columns[name] = limit.ravel()
    return pd.DataFrame(columns)


def _check(horizon: int, sims: int) -> None:
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or not 1 <= horizon <= LONGEST:
        raise ProjectionError(f"The horizon is a whole number of months from 1 to {LONGEST}; found {horizon}.")
    if sims < 20:
        raise ProjectionError(f"At least 20 simulations are needed for limits; {sims} were asked for.")


def _refuse_short(care: Care, seen: Exposure, moved: str) -> None:
    if seen.steps < FEWEST_MONTHS:
        raise ProjectionError(
            f"A projection needs {FEWEST_MONTHS} months of record before its origin; from {care.first} to "
            f"{care.origin} there are {seen.steps}. " + (moved or "Add earlier returns.")
        )
    if not care.inside(care.origin).any():
        raise ProjectionError(f"Nobody is in care on {care.origin}; there is nobody to project.")


def _notices(care: Care, seen: Exposure) -> list[str]:
    inside = care.inside(care.origin)
    number = int(inside.sum())
    said = []
    if seen.steps < TEST_MONTHS:
        said.append(f"Only {seen.steps} months of record: rates and seasons rest on little.")
    if number < FEW_CHILDREN:
        said.append(f"Fewer than {FEW_CHILDREN} children in care: one family can move every figure.")
    share = float(care.censored[inside].mean())
    if share > 0.05:
        said.append(
            f"For {share:.0%} of children in care the start of care is not known; time in care counts from the first "
            "return for them. Earlier returns would help."
        )
    adults = int((inside & (care.eighteenth <= care.origin)).sum())
    if adults:
        said.append("Some children recorded as in care are 18 or over; they are taken to leave in the first month.")
    if np.isnat(care.born[inside]).any():
        said.append("Some children in care have no date of birth; they are taken to stay under 18.")
    return said


def shock(care: Care, seen: Exposure, settings: Settings, seed: int) -> tuple[str, ...]:
    """Sentences about the last quarter where entries or exits were far from what was to be expected before it."""
    until = seen.steps - SHOCK_MONTHS
    if until < 24:
        return ()
    rng = np.random.default_rng(seed)
    before = entries.fit(seen, care.born, care.start, 1, entries.Settings(settings.trend), until)
    counts = entries.history(seen)[until:].sum(axis=0)
    likely = before.levels[0].draw(rng, 2000, SHOCK_MONTHS), before.levels[1].draw(rng, 2000, SHOCK_MONTHS)
    said = []
    for name, level, count in (
        ("Entries", likely[0], counts[:-1].sum()),
        ("Entries of unaccompanied children", likely[1], counts[-1]),
    ):
        said += _unlikely(name, rng.poisson(level).sum(axis=1), count)
    fitted = hazards.fit(seen, hazards.Settings(settings.half_life), until)
    fair = ~seen.turns & (seen.step >= until)
    rate = fitted.rates()
    for way, name in enumerate(("Returns home", "Exits to permanence", "Other exits")):
        expected = rate[way][seen.cell[fair]].sum() * fitted.levels[way].draw(rng, 2000, SHOCK_MONTHS).mean(axis=1)
        said += _unlikely(name, rng.poisson(expected), int((seen.way[fair] == way).sum()))
    return tuple(said)


def _unlikely(name: str, likely: np.ndarray, count: int) -> list[str]:
    high, low = np.mean(likely >= count), np.mean(likely <= count)
    if min(high, low) >= SHOCK_CHANCE or abs(count - likely.mean()) < 4:
        return []
    word = "far more" if high < low else "far fewer"
    return [
        f"{name} in the last quarter were {word} than the months before led to expect; the forecast is shown with and "
        "without that quarter."
    ]
