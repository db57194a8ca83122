"""Which points of a control chart are special causes, by a named set of rules; run charts' own rules.

Everything works on flat arrays: points one after the other, stretch after stretch (`spc_limits`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


class SpcError(ValueError):
    """A table or an option from which no control chart can be made, with what to change."""


@dataclass(frozen=True)
class RuleSet:
    """What counts as a special cause.

    A point beyond a limit always does. `shift` points in a row on one side of the centre line (a point on the line
    breaks the run), `trend` points in a row each above or each below the one before, two of three near one limit.
    `two_of_three`: "within" – three points on one side, at least two of them between two thirds of the way to the
    limit and the limit (a point beyond it does not count); "beyond" – two of three points past two thirds of the way
    on one side, wherever the third is (points beyond the limit count); None – not a rule of this set. `runs`: the run
    too long for its number of points, instead of a fixed `shift`.
    """

    name: str
    shift: int | None = None
    trend: int | None = None
    two_of_three: str | None = None
    runs: bool = False

    def __str__(self) -> str:
        """The rules in words, as a chart prints them."""
        near = {"within": "points beyond it not counted", "beyond": "points beyond it counted"}
        parts = [
            "beyond a limit",
            f"{self.trend} rising or falling" if self.trend else "",
            f"2 of 3 near a limit ({near[self.two_of_three]})" if self.two_of_three else "",
            f"{self.shift} on one side" if self.shift else "",
            "an unusually long run" if self.runs else "",
        ]
        return f"Rules {self.name}: {', '.join(part for part in parts if part)}."


RULES = {
    "7/7": RuleSet("7/7", shift=7, trend=7, two_of_three="within"),
    "6": RuleSet("6", shift=6, trend=6, two_of_three="within"),
    "8/6": RuleSet("8/6", shift=8, trend=6, two_of_three="beyond"),
    "anhoej": RuleSet("Anhøj", runs=True),
}


def rule_set(name: str | RuleSet) -> RuleSet:
    """The rule set of a name: 7/7, 6, 8/6 or anhoej, perhaps with +within, +beyond or +none for two of three.

    7/7: NHS Making Data Count. 6: six for both. 8/6: eight on one side, six rising or falling. anhoej: the longest run
    by the number of points. As in "7/7+beyond": the same with points beyond a limit counting toward two of three.
    Raises `SpcError` for another name.

    **Source** NHS England, Making Data Count (7/7); Perla, Provost and Murray (2011), BMJ Quality & Safety 20, 46–51
    (six); Provost and Murray (2011), The Health Care Data Guide (8/6); Anhøj and Olesen (2014), PLoS ONE 9(11)
    (longest run and crossings).
    """
    if isinstance(name, RuleSet):
        return name
    base, _, near = str(name).strip().lower().replace("ø", "oe").partition("+")
    if base not in RULES or near not in ("", "within", "beyond", "none"):
        known = ", ".join(RULES)
        raise SpcError(f"There is no rule set {name}; there are {known}, each perhaps with +within, +beyond or +none.")
    chosen = RULES[base]
    if not near:
        return chosen
    return replace(chosen, name=f"{chosen.name}+{near}", two_of_three=None if near == "none" else near)


# Codes of special causes; the sign is the side (1 above or rising, -1 below or falling).
NONE, BEYOND, TREND, TWO_OF_THREE, SHIFT = range(5)


def side(value: np.ndarray, line: np.ndarray, tolerance: np.ndarray | float = 0.0) -> np.ndarray:
    """1 above the line, -1 below it, 0 on it."""
    apart = value - line
    return (apart > tolerance).astype(np.int8) - (apart < -tolerance).astype(np.int8)


def beyond(value: np.ndarray, lower: np.ndarray, upper: np.ndarray, tolerance=0.0) -> np.ndarray:
    """1 above the upper limit, -1 below the lower one, 0 otherwise; on a limit is not beyond it."""
    return (value > upper + tolerance).astype(np.int8) - (value < lower - tolerance).astype(np.int8)


def completed(sides: np.ndarray, first: np.ndarray, length: int) -> np.ndarray:
    """The side at every point that is at least the `length`-th of a run on one side; 0 elsewhere."""
    if length < 2:
        return sides.copy()
    return np.where(_place(sides, first) >= length - 1, sides, 0).astype(np.int8)


def spread_back(ends: np.ndarray, first: np.ndarray, length: int) -> np.ndarray:
    """Each mark carried back over the `length` points that it completes, as far as the stretch goes.

    Where marks of both sides reach a point, the later one stands.
    """
    at = np.flatnonzero(ends)
    begin, mark = _begins(first)[at], ends[at]
    marked = ends.copy()
    for back in range(length):
        place = at - back
        inside = place >= begin
        marked[place[inside]] = mark[inside]
    return marked


def _begins(first: np.ndarray) -> np.ndarray:
    """Where the stretch of each point begins."""
    return np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))


def _place(codes: np.ndarray, first: np.ndarray) -> np.ndarray:
    """How many points of the same code come before each in its run."""
    new = first.copy()
    new[1:] |= codes[1:] != codes[:-1]
    here = np.arange(len(codes), dtype=np.int32)
    return here - np.maximum.accumulate(np.where(new, here, 0))


def steps(value: np.ndarray, first: np.ndarray) -> np.ndarray:
    """1 where a point is above the one before in its stretch, -1 below, 0 equal or first."""
    out = np.zeros(len(value), np.int8)
    out[1:] = (value[1:] > value[:-1]).astype(np.int8) - (value[1:] < value[:-1])
    out[first] = 0
    return out


def trend_ends(value: np.ndarray, first: np.ndarray, length: int) -> np.ndarray:
    """1 at every point that completes `length` rising ones, -1 falling ones."""
    return completed(steps(value, first), first, length - 1)


def near_one_limit(near: np.ndarray, sides: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Points of any three in a row on one side of which at least two are near the limit ("within")."""
    third = np.zeros(len(near), bool)
    near = near.astype(np.int8)
    same = (sides[2:] == sides[1:-1]) & (sides[1:-1] == sides[:-2]) & (sides[2:] != 0)
    third[2:] = same & (near[2:] + near[1:-1] + near[:-2] >= 2) & ~first[2:] & ~first[1:-1]
    return _window(third)


def past_inner_limit(past: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Points past the inner limit of any three of which two are past it on one side ("beyond"): 1, -1 or 0."""
    out = np.zeros(len(past), np.int8)
    for side_ in (1, -1):
        here = (past == side_).astype(np.int8)
        if here.any():
            third = np.zeros(len(past), bool)
            third[2:] = (here[2:] + here[1:-1] + here[:-2] >= 2) & ~first[2:] & ~first[1:-1]
            out[_window(third) & (here == 1)] = side_
    return out


def _window(third: np.ndarray) -> np.ndarray:
    """The third points and the two before each."""
    out = third.copy()
    out[:-1] |= third[1:]
    out[:-2] |= third[2:]
    return out


@dataclass(frozen=True)
class Runs:
    """Anhøj's runs analysis of each stretch.

    `useful` points are off the centre line; `longest` run on one side, above `longest_max` unusually long; `crossings`
    of the centre line, under `crossings_min` unusually few; `signal` when either.
    """

    useful: np.ndarray
    longest: np.ndarray
    longest_max: np.ndarray
    crossings: np.ndarray
    crossings_min: np.ndarray
    signal: np.ndarray


def runs(sides: np.ndarray, first: np.ndarray, counted: np.ndarray | None = None) -> tuple[Runs, np.ndarray]:
    """Runs and crossings of each stretch, and for every point the length of the run that it is in (0 on the line).

    The longest run may have round(log2(n)) + 3 points; crossings may be as few as the 5 % point of the binomial
    distribution of n - 1 fair coins, n being the useful points. `counted` leaves out points that no run may hold.

    **Source** Anhøj and Olesen (2014), PLoS ONE 9(11), e113825.
    """
    from scipy.stats import binom

    stretch = np.cumsum(first) - 1
    number = int(first.sum())
    useful = np.flatnonzero((sides != 0) if counted is None else (sides != 0) & counted)
    code, of = sides[useful], stretch[useful]
    new = np.ones(len(useful), bool)
    new[1:] = (code[1:] != code[:-1]) | (of[1:] != of[:-1])
    begin = np.flatnonzero(new)
    length = np.diff(begin, append=len(useful))
    longest = np.zeros(number, int)
    np.maximum.at(longest, of[begin], length)
    n = np.bincount(of, minlength=number)
    crossings = np.maximum(np.bincount(of[begin], minlength=number) - 1, 0)
    sizes, place = np.unique(n, return_inverse=True)
    most = (np.round(np.log2(np.maximum(sizes, 1))) + 3)[place].astype(int)
    least = binom.ppf(0.05, np.maximum(sizes - 1, 0), 0.5)[place]
    inside = np.zeros(len(sides), int)
    inside[useful] = np.repeat(length, length)
    found = Runs(n, longest, most, crossings, np.nan_to_num(least).astype(int), (longest > most) | (crossings < least))
    return found, inside


def special_causes(value, limits, first: np.ndarray, lengths: np.ndarray, rules: RuleSet) -> np.ndarray:
    """The code of the first rule that each point meets, its sign the side: 0, ±BEYOND, ±TREND, ±TWO_OF_THREE, ±SHIFT.

    `limits` is `spc_limits.Limits`. A constant stretch has no special cause. In a stuck one (more than half of the
    points share the lowest or highest value) no run is counted: its centre line has not half of the points on a side.
    """
    width = limits.upper - limits.centre
    tolerance = 1e-12 * np.abs(limits.centre) + 1e-10 * np.where(width > 0, width, 0.0)
    sides = side(value, limits.centre, tolerance)
    code = np.zeros(len(value), np.int8)
    if rules.shift:
        code = SHIFT * spread_back_runs(sides, first, rules.shift)
    if rules.runs:
        found, inside = runs(sides, first)
        code = np.where(inside > np.repeat(found.longest_max, lengths), SHIFT * sides, code)
    stuck = limits.kind == "stuck"
    if stuck.any():
        code[np.repeat(stuck, lengths)] = 0
    out = beyond(value, limits.lower, limits.upper, tolerance)
    if rules.two_of_three:
        past = beyond(value, limits.inner_lower, limits.inner_upper, tolerance)
        if rules.two_of_three == "within":
            past[out != 0] = 0
            marked = np.where(near_one_limit(past != 0, sides, first), past, 0)
        else:
            marked = past_inner_limit(past, first)
        code = np.where(marked != 0, TWO_OF_THREE * marked, code)
    if rules.trend:
        ends = trend_ends(value, first, rules.trend)
        if ends.any():
            marked = spread_back(ends, first, rules.trend)
            code = np.where(marked != 0, TREND * marked, code)
    code = np.where(out != 0, BEYOND * out, code)
    still = limits.kind == "constant"
    if still.any():
        code[np.repeat(still, lengths)] = 0
    return code.astype(np.int8)


def spread_back_runs(sides: np.ndarray, first: np.ndarray, length: int) -> np.ndarray:
    """The side of every point in a run of at least `length` on one side of the centre line."""
    new = first.copy()
    new[1:] |= sides[1:] != sides[:-1]
    begin = np.flatnonzero(new)
    size = np.diff(begin, append=len(sides))
    long = (size >= length) & (sides[begin] != 0)
    return sides * np.repeat(long, size)
