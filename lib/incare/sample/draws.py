"""Chances: drawing many values at once from a generator that the caller seeds."""

from __future__ import annotations

import numpy as np


def pick(rng: np.random.Generator, weights: dict, size: int) -> np.ndarray:
    """Values of a dictionary `{value: weight}`, drawn independently."""
    chances = np.cumsum(np.fromiter(weights.values(), float))
    place = np.searchsorted(chances / chances[-1], rng.random(size), side="right")
    return np.array(list(weights), dtype=object)[np.minimum(place, len(weights) - 1)]


def pick_by(rng: np.random.Generator, group: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Column numbers drawn with the weights of each row's own group (`weights[group]`)."""
    chances = np.cumsum(weights, axis=1)
    chances = chances / chances[:, -1:]
    place = (rng.random(len(group))[:, None] >= chances[group]).sum(axis=1)
    return np.minimum(place, weights.shape[1] - 1)


def between(rng: np.random.Generator, low, high) -> np.ndarray:
    """Whole numbers from `low` to `high`, both included; `high` below `low` gives `low`."""
    low, high = np.broadcast_arrays(np.asarray(low, np.int64), np.asarray(high, np.int64))
    return low + (rng.random(low.shape) * (np.maximum(high - low, 0) + 1)).astype(np.int64)


def wait(rng: np.random.Generator, mean, size: int) -> np.ndarray:
    """Whole days until something that may happen any day."""
    return (rng.exponential(1.0, size) * mean).astype(np.int64)


def spread(rng: np.random.Generator, shape: float, mean: float, size: int) -> np.ndarray:
    """Whole days of a stage with a typical length (gamma); a larger shape is less spread."""
    return rng.gamma(shape, mean / shape, size).astype(np.int64)


def half_up(value) -> np.ndarray:
    """Whole numbers, halves upwards.

    A hair is added so that 0.58 × 50 is 29 and not 28.999…
    """
    return np.floor(np.asarray(value, float) + 0.5 + 1e-9).astype(np.int64)


def exactly(order: np.ndarray, group: np.ndarray, share: np.ndarray) -> np.ndarray:
    """True for exactly the wanted share of every group: those who come first by `order`.

    `share[g]` is the share of group `g`; the number chosen is rounded half up.
    """
    ranked = np.lexsort((order, group))
    sizes = np.bincount(group, minlength=len(share))
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    rank = np.empty(len(group), np.int64)
    rank[ranked] = np.arange(len(group)) - first[group[ranked]]
    return rank < half_up(sizes * share)[group]
