"""The words of the variation and assurance icons: what the latest point and the latest limits allow to be said."""

from __future__ import annotations

import numpy as np

VARIATION = ("common cause", "improvement", "concern", "higher", "lower", "too few points", "no figure")
ASSURANCE = ("", "passes", "fails", "hit or miss", "no direction", "too few points", "no figure", "no limits")
POINT = ("", "improvement", "concern", "higher", "lower")


def point(code: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """The place in `POINT` of each special cause: better or worse by direction, higher or lower without one.

    `code` is that of `spc_rules.special_causes`; `sign` is 1 where higher is better, -1 where lower is, 0 for neither.
    """
    way = np.sign(code)
    better = way * sign
    judged = np.where(better > 0, 1, 2)
    bare = np.where(way > 0, 3, 4)
    return np.where(way == 0, 0, np.where(sign == 0, bare, judged)).astype(np.int8)


def variation(code: np.ndarray, sign: np.ndarray, few: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """The place in `VARIATION` of each series, by its latest point alone.

    `few`: its latest limits are made from too few points; `shown`: its latest period has a figure.
    """
    return np.select([~shown, few], [6, 5], point(code, sign)).astype(np.int8)


def assurance(lower, upper, target, sign, few: np.ndarray, shown: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """The place in `ASSURANCE` of each series: its latest target against its latest limits.

    The target is met by chance or missed by chance ("hit or miss") unless both limits lie strictly on one side of it.
    A series that never varied passes where it stands on the target too. "" without a target; "no direction" when
    neither higher nor lower is better.
    """
    ahead = np.where(sign > 0, lower - target, target - upper)
    behind = np.where(sign > 0, target - upper, lower - target)
    passes = (ahead > 0) | (constant & (ahead >= 0))
    none = np.isnan(target)
    return np.select(
        [none, sign == 0, ~shown, few, np.isnan(lower), passes, behind > 0], [0, 4, 6, 5, 7, 1, 2], 3
    ).astype(np.int8)
