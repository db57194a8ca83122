"""How many children come into care each month, by age band, unaccompanied children apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incare.codes import AGE_BAND_STARTS, AGE_BANDS
from incare.forecast import season
from incare.forecast.combine import Combined
from incare.forecast.exposure import SHAPE, Exposure
from incare.forecast.levels import Level, level

ASYLUM = "UASC"
# Who enters: the age bands of other children, then unaccompanied children of all ages.
ENTRANTS = (*AGE_BANDS, ASYLUM)
UNKNOWN_AGE = len(AGE_BANDS)
# A band's share of entries: months back count less, and a share is worth this many entries of the whole record's.
SHARE_MEMORY, SHARE_PRIOR = 0.97, 12.0
DONOR_HALF_LIFE = 24.0
MIDDLES = (0.3, 3.0, 7.5, 13.5, 16.7, 16.6)
YEAR = 365.25


@dataclass(frozen=True)
class Settings:
    """How entries are forecast.

    `trend` is how much of a trend in the monthly entries (by Theta and damped trend) is followed: 0 keeps the present
    level, 1 follows it. `pull` is how much of a drift of the level is left after a month.
    """

    trend: float = 0.5
    pull: float = 1.0


@dataclass(frozen=True)
class Entries:
    """What is known of entries at the origin.

    `levels` are those of other and of unaccompanied children; `pattern` the season ahead (2 × horizon), `course` the
    trend ahead (2 × horizon, factors); `shares` the age bands' discounted counts with prior, for a Dirichlet. `donors`
    are past entrants by kind: `age` in days, `group`, and cumulated `weight` (one array each per kind).
    """

    levels: tuple[Level, Level]
    pattern: np.ndarray
    course: np.ndarray
    shares: np.ndarray
    donors: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]

    def expected(self) -> np.ndarray:
        """Entries expected, kinds × horizon."""
        share = self.shares / self.shares.sum()
        both = np.array([found.mean for found in self.levels])[:, None] * self.pattern * self.course
        return np.vstack([share[:, None] * both[0], both[1:]])

    def draw(self, rng: np.random.Generator, sims: int, pull: float) -> np.ndarray:
        """Simulated numbers of entrants, simulations × horizon × kinds."""
        horizon = self.pattern.shape[1]
        share = rng.gamma(self.shares, size=(sims, len(self.shares)))
        share = share / share.sum(axis=1, keepdims=True)
        parts = []
        for place, found in enumerate(self.levels):
            mean = found.draw(rng, sims, horizon, pull) * self.pattern[place] * self.course[place]
            extra = found.dispersion - 1
            if extra > 0.02:
                # Siblings come together: a gamma around the mean gives counts that vary by more than their mean.
                mean = rng.gamma(np.maximum(mean / extra, 1e-9)) * extra
            parts.append(mean)
        others = parts[0][:, :, None] * share[:, None, :]
        return rng.poisson(np.concatenate([others, parts[1][:, :, None]], axis=2))


def kinds(exposure: Exposure) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of an exposure are entries, and the place in `ENTRANTS` of each of these."""
    rows = np.flatnonzero(exposure.enters)
    asylum = exposure.cell[rows] // SHAPE[3] % SHAPE[2] == 1
    years = exposure.years[rows]
    band = np.maximum(np.searchsorted(AGE_BAND_STARTS, np.where(np.isnan(years), 11, years), side="right") - 1, 0)
    return rows, np.where(asylum, len(AGE_BANDS), band)


def history(exposure: Exposure) -> np.ndarray:
    """Entries by month and kind, months × kinds."""
    rows, kind = kinds(exposure)
    place = exposure.step[rows] * len(ENTRANTS) + kind
    return np.bincount(place, minlength=exposure.steps * len(ENTRANTS)).reshape(-1, len(ENTRANTS))


def fit(exposure: Exposure, born, start, horizon: int, settings: Settings = Settings(), until=None) -> Entries:
    """What the months of an exposure say of entries to come.

    `born` and `start` are days by period of care, for the ages of past entrants. With `until` the months from that one
    on are not looked at.
    """
    seen = history(exposure).astype(float)
    known = seen if until is None else seen[:until]
    both = np.stack([known[:, :-1].sum(axis=1), known[:, -1]])
    lost = len(seen) - len(known)
    levels, patterns, courses = [], [], []
    for counts in both:
        past, ahead = _pattern(counts[None, :], horizon + lost)
        usual = max(counts.mean(), 1e-3)
        found = level(counts, past[0] * usual, certain=1.0)
        scaled = Level(found.discount, found.weight, found.shape, found.rate / usual, found.dispersion)
        levels.append(scaled)
        patterns.append(ahead[0, lost:])
        courses.append(_course(counts / past[0], scaled.mean, horizon + lost, settings.trend)[lost:])
    return Entries(
        tuple(levels),
        np.array(patterns),
        np.array(courses),
        _shares(known[:, :-1]),
        _donors(exposure, born, start, known),
    )


def _pattern(counts: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """The season as factors, in the past and ahead."""
    mean = np.maximum(counts.mean(axis=1, keepdims=True), 1e-9)
    found = season.find(counts, 12)
    past = 1 - found.remove(np.zeros(counts.shape)) / mean
    ahead = 1 + found.restore(np.zeros((len(counts), horizon))) / mean
    return np.clip(past, 0.2, 4), np.clip(ahead, 0.2, 4)


def _course(counts: np.ndarray, now: float, horizon: int, trend: float) -> np.ndarray:
    """Where a damped trend leads, against the present level, as factors."""
    if trend == 0 or len(counts) < 18 or counts.mean() < 1:
        return np.ones(horizon)
    ahead = Combined(1)(counts[None, :], horizon)[0]
    return np.clip(1 + trend * (ahead / max(now, 1e-9) - 1), 0.4, 2.5)


def _shares(seen: np.ndarray) -> np.ndarray:
    memory = SHARE_MEMORY ** np.arange(len(seen) - 1, -1, -1)
    total = seen.sum(axis=0) + 0.2
    return memory @ seen + SHARE_PRIOR * total / total.sum()


def _donors(exposure: Exposure, born, start, known):
    rows, kind = kinds(exposure)
    early = exposure.step[rows] < len(known)
    rows, kind = rows[early], kind[early]
    who = exposure.care[rows]
    age = (start[who] - born[who]).astype("timedelta64[D]").astype(float)
    age = np.where(np.isnat(born[who]), 12 * YEAR, age)
    weight = 0.5 ** ((len(known) - 1 - exposure.step[rows]) / DONOR_HALF_LIFE)
    found = []
    for place in range(len(ENTRANTS)):
        mine = kind == place
        if mine.any():
            ages, groups, weights = age[mine], exposure.group[rows][mine], weight[mine]
        else:
            ages, groups, weights = np.array([MIDDLES[place] * YEAR]), np.array([1]), np.ones(1)
        found.append((ages.astype(np.float32), groups.astype(np.int8), np.cumsum(weights) / weights.sum()))
    return tuple(found)
