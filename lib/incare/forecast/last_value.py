"""The last value, carried forward: the baseline every method must beat."""

from __future__ import annotations

import numpy as np


def last_value(history: np.ndarray, horizon: int) -> np.ndarray:
    """The last column, repeated; rows × horizon.

    `history` is rows × steps, the latest step last, NaN only in front.
    """
    return np.repeat(history[:, -1:], horizon, axis=1)
