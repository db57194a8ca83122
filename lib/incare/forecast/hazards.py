"""Chances of leaving care each way, and of moving, in a month: by age, time in care, UASC and placement, shrunk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from incare.forecast.exposure import AGES, CELLS, GROUPS, MONTHS, SHAPE, WAYS, Exposure
from incare.forecast.levels import Level, level

# How far a class may stand from the whole on the log scale before the data say so: main effects, then combinations.
MAIN, TOGETHER = 0.8, 0.4
# Destinations of a move: a group's own moves stand beside this many moves of children of the age.
BORROWED = 6.0
AGE_PARTS = np.searchsorted([1, 5, 10, 16], AGES, side="right")
LENGTH_PARTS = np.r_[0, np.searchsorted([1, 3, 12, 36], MONTHS, side="right") + 1, 6]


@dataclass(frozen=True)
class Settings:
    """How hazards are estimated.

    `half_life` is after how many months an observation counts half (infinite: all count alike).
    """

    half_life: float = 48.0


@dataclass(frozen=True)
class Hazards:
    """Log-linear rates a month for each way out and for a move (`beta`, `spread`), and where a move leads.

    `beta` has a row for each of `WAYS` and one for moves; `spread` holds the factors of their covariances; `levels` say
    how far the latest months depart from the rates. `leads` counts moves (with what is borrowed) by age part, group
    left and group entered.
    """

    beta: np.ndarray
    spread: np.ndarray
    levels: tuple[Level, ...]
    leads: np.ndarray

    def rates(self, shift: np.ndarray | None = None) -> np.ndarray:
        """Expected events a month: four × cells, or four × cells × simulations with draws of standard normals.

        Draws keep the mean of each rate where it is: the exponent of a wide normal would lift the rates of cells of
        which little is known.
        """
        design = _design()
        if shift is None:
            return np.exp(design @ self.beta.T).T
        return np.stack([_drawn(design, *each) for each in zip(self.beta, self.spread, shift, strict=True)])


def effects() -> int:
    """How many effects a rate is made of; the first is the rate of all."""
    return _design().shape[1]


def _drawn(design: np.ndarray, beta: np.ndarray, factor: np.ndarray, normal: np.ndarray) -> np.ndarray:
    along = (design @ factor).astype(np.float32)
    middle = design @ beta - (along**2).sum(axis=1) / 2
    return np.exp(middle[:, None].astype(np.float32) + along @ normal)


@cache
def _design() -> np.ndarray:
    """Cells × effects: all, age, time in care, UASC, placement, and age part × time part with UASC as a part."""
    age, length, asylum, group = (axis.ravel() for axis in np.indices(SHAPE))
    part = np.where(asylum == 1, AGE_PARTS.max() + 1, AGE_PARTS[age])
    pair = part * (LENGTH_PARTS.max() + 1) + LENGTH_PARTS[length]
    kind = part * len(GROUPS) + group
    blocks = [np.ones((CELLS, 1))]
    blocks += [_dummies(codes) for codes in (age, length, asylum, group, pair, kind)]
    return np.hstack(blocks)


@cache
def _prior() -> np.ndarray:
    """How firmly each effect is held to nothing."""
    mains = sum(SHAPE)
    together = _design().shape[1] - 1 - mains
    return np.r_[1e-2, np.full(mains, MAIN**-2), np.full(together, TOGETHER**-2)]


def _dummies(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.unique(codes)).astype(float)


def fit(exposure: Exposure, settings: Settings = Settings(), until: int | None = None) -> Hazards:
    """Hazards from the months of an exposure.

    Months that hold a child's 18th birthday say nothing about the other ways out. With `until` the levels take no
    account of the months from that one on.

    **Source** competing risks by discrete log-linear hazards: Laird and Olivier (1981), JASA 76; shrinkage by a normal
    prior on effects, uncertainty by Laplace's approximation.
    """
    fair = ~exposure.turns
    weight = 0.5 ** ((exposure.steps - 1 - exposure.step) / settings.half_life)
    happened = [fair & (exposure.way == way) for way in range(len(WAYS))]
    happened.append(fair & (exposure.later >= 0) & (exposure.later != exposure.group))
    risk = np.bincount(exposure.cell[fair], weights=weight[fair], minlength=CELLS)
    used = np.flatnonzero(risk > 0)
    design, prior = _design()[used], _prior()
    beta, spread, levels = [], [], []
    for event in happened:
        count = np.bincount(exposure.cell[event], weights=weight[event], minlength=CELLS)
        found, covariance = _poisson(design, count[used], risk[used], prior)
        beta.append(found)
        spread.append(_factor(covariance))
        rate = np.zeros(CELLS)
        rate[used] = np.exp(design @ found)
        expected = exposure.per_month(np.where(fair, rate[exposure.cell], 0))
        counts = exposure.per_month(event.astype(float))
        if until is not None:
            expected[until:] = 0
        levels.append(level(counts, expected, certain=30.0))
    return Hazards(np.array(beta), np.array(spread), tuple(levels), _leads(exposure, happened[-1], weight))


def _poisson(design, count, risk, prior) -> tuple[np.ndarray, np.ndarray]:
    """The most likely effects under the prior, by Newton's steps, and their covariance."""
    beta = np.zeros(design.shape[1])
    beta[0] = np.log((count.sum() + 0.5) / (risk.sum() + 1))
    mean = risk * np.exp(design @ beta)
    best = count @ np.log(np.maximum(mean, 1e-300)) - mean.sum()
    for _ in range(40):
        slope = design.T @ (count - mean) - prior * beta
        curve = (design.T * mean) @ design + np.diag(prior)
        step = np.linalg.solve(curve, slope)
        for _ in range(20):
            trial = beta + step
            eta = np.clip(design @ trial, -40, 5)
            value = count @ eta - risk @ np.exp(eta) - prior @ trial**2 / 2
            if value >= best - 1e-9 or np.abs(step).max() < 1e-9:
                break
            step = step / 2
        beta, best = trial, value
        mean = risk * np.exp(design @ beta)
        if np.abs(step).max() < 1e-7:
            break
    return beta, np.linalg.inv((design.T * mean) @ design + np.diag(prior))


def _factor(covariance: np.ndarray) -> np.ndarray:
    return np.linalg.cholesky(covariance + 1e-10 * np.eye(len(covariance)))


def _leads(exposure: Exposure, moved: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Moves by age part, group left and group entered, each row with what it borrows from its age part."""
    parts, groups = AGE_PARTS.max() + 1, len(GROUPS)
    part = AGE_PARTS[exposure.cell // (SHAPE[1] * SHAPE[2] * SHAPE[3])]
    key = (part * groups + exposure.group) * groups + exposure.later
    counts = np.bincount(key[moved], weights=weight[moved], minlength=parts * groups * groups)
    counts = counts.reshape(parts, groups, groups)
    towards = counts.sum(axis=1)
    stays = np.eye(groups, dtype=bool)
    # Nobody of the age ever moved: the placement that is nobody's home in particular.
    towards = np.where(towards.sum(axis=1, keepdims=True) > 0, towards, 1.0)
    lent = np.where(stays, 0, towards[:, None, :])
    total = lent.sum(axis=2, keepdims=True)
    lent = np.where(total > 0, lent / np.where(total > 0, total, 1), np.where(stays, 0, 1 / (groups - 1)))
    return counts + BORROWED * lent
