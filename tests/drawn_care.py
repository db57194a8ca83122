"""Drawn periods of care, and rates known in advance, for the tests of projections."""

from __future__ import annotations

import numpy as np

from incare.forecast.entries import ENTRANTS, Entries
from incare.forecast.exposure import GROUPS, Care, month_ends
from incare.forecast.hazards import AGE_PARTS, Hazards, effects
from incare.forecast.levels import Level
from incare.forecast.simulate import Rates

FOSTER = GROUPS.index("Foster: other carers")
HOMES = GROUPS.index("Children's homes and secure")
ORIGIN = np.datetime64("2025-03-31")
NAT = np.datetime64("NaT", "D")


def care(born, start, end=None, *, first="2019-04-01", way=2, group=FOSTER, censored=False, origin=ORIGIN) -> Care:
    """Periods of care of one placement each, given as days; `end` missing while care goes on."""
    start = np.array(start, "datetime64[D]")
    number = len(start)
    end = np.full(number, NAT) if end is None else np.array(end, "datetime64[D]")
    return Care(
        origin=origin,
        first=np.datetime64(first),
        child=np.arange(number),
        born=np.broadcast_to(np.array(born, "datetime64[D]"), number).copy(),
        asylum=np.zeros(number, bool),
        asylum_until=np.full(number, NAT),
        start=start,
        end=end,
        way=np.where(np.isnat(end), -1, np.broadcast_to(way, number)),
        censored=np.broadcast_to(censored, number).copy(),
        row_care=np.arange(number),
        row_start=start,
        row_group=np.full(number, group, np.int8),
    )


def steady(each: int = 4, months: int = 72, length: int = 20, seed: int = 1) -> Care:
    """An authority where `each` children enter every month and stay about `length` months; born in 2015."""
    rng = np.random.default_rng(seed)
    begin = (
        month_ends(ORIGIN, np.repeat(np.arange(-months - 60, 0), each)) + 1 + rng.integers(0, 27, (months + 60) * each)
    )
    end = begin + rng.exponential(length * 30.4, len(begin)).astype(int) + 1
    end = np.where(end > ORIGIN, NAT, end)
    seen = np.isnat(end) | (end >= np.datetime64("2019-04-01"))
    return care("2015-06-01", begin[seen], end[seen], way=rng.integers(0, 3, seen.sum()))


def surely(level: float) -> Level:
    """A level that is known and does not drift."""
    return Level(np.array([1.0]), np.array([1.0]), np.array([1e12]), np.array([1e12 / max(level, 1e-12)]), 1.0)


def closed(home: float, permanence: float, other: float, *, moves: float = 0.0, to: int = HOMES, enter=()) -> Rates:
    """Rates a month that are the same for every child; moves lead to one group; `enter` are entries a month by kind."""
    rates = np.array([home, permanence, other, moves])
    beta = np.zeros((4, effects()))
    beta[:, 0] = np.log(np.maximum(rates, 1e-12))
    leads = np.zeros((AGE_PARTS.max() + 1, len(GROUPS), len(GROUPS)))
    leads[:, :, to] = 1.0
    sure = surely(1.0)
    hazards = Hazards(beta, np.zeros((4, effects(), effects())), (sure,) * 4, leads)
    counts = np.zeros(len(ENTRANTS))
    counts[: len(enter)] = enter
    donors = tuple(
        (np.array([years * 365.25]), np.array([FOSTER], np.int8), np.ones(1)) for years in (0.5, 3, 7, 12, 16.5, 16)
    )
    horizon = 60
    coming = Entries(
        (surely(counts[:-1].sum()), surely(counts[-1])),
        np.ones((2, horizon)),
        np.ones((2, horizon)),
        np.maximum(counts[:-1], 1e-12),
        donors,
    )
    return Rates(hazards, coming, certain=True)
