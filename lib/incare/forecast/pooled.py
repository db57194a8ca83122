"""Many areas of one measure, each known for a few years: what happened to all of them says what to expect of each."""

from __future__ import annotations

import numpy as np

from incare.forecast import season
from incare.forecast.combine import Combined

FEWEST_AREAS = 10
EARLIEST = 2  # points known at the first origin that is looked back on
# How many areas' worth of changes stand for the others in an area's own spread.
SHRINK = 6.0
# How strongly the pull towards the middle is held near none, in areas and origins.
RIDGE = 20.0
ROUNDS = 25
SMALLEST_ERROR = 0.3  # in spreads: below it an error counts by its square


def areas(history: np.ndarray, horizon: int, levels: tuple[int, ...]) -> tuple[np.ndarray, list]:
    """Means and limits of the next steps of every area of one measure, from the changes of all of them.

    `history` is areas × steps, the latest last, NaN in front. Each area starts from its last value and is drawn towards
    its own mean, the middle of the areas and its value before the last, as far as that was so of all areas at earlier
    steps (least absolute errors, held near no pull at all). Returns the means (areas × horizon) and for each level the
    low and high limits, from the errors that this rule had at those steps, in spreads of the area (its own changes,
    drawn to those of areas of its size).

    **Source** pooling over areas of one measure is the only method that beat the last value on annual series of local
    authorities; measured by `tests/bench/forecast_accuracy.py`. Shrinkage after James and Stein (1961).
    """
    steps = history.shape[1]
    spread = _spread(history)
    means, halves = np.full((len(history), horizon), np.nan), np.zeros((len(levels), len(history), horizon))
    now = _pulls(history, steps - 1) / spread[:, None]
    for ahead in range(1, horizon + 1):
        pulls, errors, origins = _looked_back(history, spread, ahead)
        weight, missed = _fitted(pulls, errors)
        means[:, ahead - 1] = history[:, -1] + spread * (now @ weight)
        # All areas share what a year brings, so there are no more independent errors than origins.
        wider = np.sqrt(1 + 1 / max(origins, 1))
        for place, level in enumerate(levels):
            reach = np.quantile(np.abs(missed), level / 100) if len(missed) else np.sqrt(ahead) * level / 50
            halves[place, :, ahead - 1] = wider * reach * spread
    halves = np.maximum.accumulate(halves, axis=2)
    return means, [(means - half, means + half) for half in halves]


def with_shared_season(history: np.ndarray, horizon: int, period: int) -> np.ndarray:
    """Theta and damped trend of the areas of one measure, each with a season drawn to that of all areas.

    `history` is areas × steps, NaN in front. Areas that have a value of 0 keep a season of their own, as do all where
    fewer than ten have none or the history is shorter than three cycles.
    """
    found = Combined(period)(history, horizon)
    alike = np.nanmin(history, axis=1) > 0
    if alike.sum() < FEWEST_AREAS or history.shape[1] < season.MIN_CYCLES * period:
        return found
    levels = np.log(history[alike])
    pattern = season.shared(levels, period)
    plain = Combined(1)(np.exp(pattern.remove(levels)), horizon)
    found[alike] = np.exp(pattern.restore(np.log(np.maximum(plain, 1e-9))))
    return found


def _spread(history: np.ndarray) -> np.ndarray:
    """How much each area changes in a step: its own changes, drawn to those usual for areas of its level."""
    change = np.diff(history, axis=1)
    known = ~np.isnan(change)
    seen = known.sum(axis=1)
    size = np.sqrt(np.maximum(np.nanmean(np.abs(history), axis=1), 1e-9))
    own = np.where(known, change, 0) ** 2 / size[:, None] ** 2
    usual = own.sum() / max(seen.sum(), 1)
    found = np.sqrt((own.sum(axis=1) + SHRINK * usual) / (seen + SHRINK)) * size
    return np.where(found > 0, found, 1.0)


def _pulls(history: np.ndarray, step: int) -> np.ndarray:
    """How far each area lay from its own mean, from the middle of the areas and from its value before."""
    value, past = history[:, step], history[:, : step + 1]
    known = ~np.isnan(past)
    mean = np.where(known, past, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    middle = np.nanmedian(value) if (~np.isnan(value)).any() else np.nan
    before = history[:, step - 1] if step else np.full(len(value), np.nan)
    return np.stack([mean - value, middle - value, np.where(np.isnan(before), 0, value - before)], axis=1)


def _looked_back(history: np.ndarray, spread: np.ndarray, ahead: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Pulls at earlier steps and what came of them, in spreads; and from how many steps."""
    pulls, errors = [np.zeros((0, 3))], [np.zeros(0)]
    for step in range(EARLIEST - 1, history.shape[1] - ahead):
        change = (history[:, step + ahead] - history[:, step]) / spread
        known = ~np.isnan(change)
        if known.any():
            pulls.append(_pulls(history, step)[known] / spread[known, None])
            errors.append(change[known])
    return np.concatenate(pulls), np.concatenate(errors), len(errors) - 1


def _fitted(pulls: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the pulls with the least absolute errors, and the errors left."""
    found, weight = np.zeros(pulls.shape[1]), np.ones(len(errors))
    left = errors
    for _ in range(ROUNDS):
        by_weight = pulls * weight[:, None]
        found = np.linalg.solve(by_weight.T @ pulls + RIDGE * np.eye(pulls.shape[1]), by_weight.T @ errors)
        left = errors - pulls @ found
        weight = 1 / np.maximum(np.abs(left), SMALLEST_ERROR)
    return found, left
