"""The least and most that unknown whole numbers can be, given sums that tie them together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

# A solve that needs more branches leaves its cells undecided, which an audit counts as unsafe. Branches, not seconds,
# so that a slow machine finds what a fast one does; the seconds only end what would never end.
NODES_PER_CELL = 5_000
NODES_PER_SWEEP = 500
NODES_PER_DOUBT = 50
SECONDS = 600.0
SWEEPS = 30
FRUITLESS = 3
ROUNDS = 12
TOGETHER = 1_500  # unknowns that are solved for at once where their parts are small
REACH = 2  # how far from a solution others are looked for, as a multiple of the values needed
_HAIR = 1e-6
_OF_A_PART = ("low", "high", "tie", "unknown", "weight", "least", "most", "firm")


@dataclass(frozen=True)
class System:
    """Whole-number unknowns between `low` and `high`, and ties `least <= sum of weight times unknown <= most`.

    The ties are sparse: entry n says that `weight[n]` times unknown `unknown[n]` stands in tie `tie[n]`. A `firm` tie
    follows from how figures are printed; another one is a belief that is given up where the figures contradict it.
    `family` says in a word where each tie comes from.
    """

    low: np.ndarray
    high: np.ndarray
    tie: np.ndarray
    unknown: np.ndarray
    weight: np.ndarray
    least: np.ndarray
    most: np.ndarray
    firm: np.ndarray
    family: np.ndarray = field(repr=False)

    def part(self, unknowns: np.ndarray, ties: np.ndarray) -> System:
        """Some of the unknowns with some of the ties; unknowns left out must be fixed, and move into the bounds."""
        place = np.full(len(self.low), -1)
        place[unknowns] = np.arange(len(unknowns))
        line = np.full(len(self.least), -1)
        line[ties] = np.arange(len(ties))
        mine = line[self.tie] >= 0
        tie, unknown, weight = line[self.tie[mine]], self.unknown[mine], self.weight[mine]
        outside = place[unknown] < 0
        fixed = np.bincount(tie[outside], weight[outside] * self.low[unknown[outside]], minlength=len(ties))
        inside = ~outside
        return System(
            low=self.low[unknowns],
            high=self.high[unknowns],
            tie=tie[inside],
            unknown=place[unknown[inside]],
            weight=weight[inside],
            least=self.least[ties] - fixed,
            most=self.most[ties] - fixed,
            firm=self.firm[ties],
            family=self.family[ties],
        )

    def without(self, ties: np.ndarray) -> System:
        """The same unknowns without some of the ties."""
        gone = np.zeros(len(self.least), bool)
        gone[ties] = True
        return self.part(np.arange(len(self.low)), np.flatnonzero(~gone))


@dataclass(frozen=True)
class Found:
    """Which wanted unknowns have too few values, and the ties that were given up.

    `few` is True where fewer than `enough` values remain, `decided` False where the solver ran out of time; `least`
    and `most` reach as far as values were looked for: exact where `few`.
    """

    least: np.ndarray
    most: np.ndarray
    few: np.ndarray
    decided: np.ndarray
    given_up: np.ndarray


@dataclass(frozen=True)
class Wanted:
    """The unknowns to ask about, and how many values each must have.

    `always` is True where too few values are wrong whatever they are; elsewhere they are wrong only when one of them
    is as small as a hidden count, `small[0]` to `small[1]`, in either direction.
    """

    unknown: np.ndarray
    always: np.ndarray
    enough: int = 4
    small: tuple[int, int] = (1, 7)

    def matters(self, least: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Whether few values between these ends would be wrong."""
        first, last = self.small
        inside = ((least <= last) & (most >= first)) | ((-most <= last) & (-least >= first))
        return self.always | inside

    def only(self, places: np.ndarray, unknown: np.ndarray) -> Wanted:
        """Some of them, under other numbers."""
        return replace(self, unknown=unknown, always=self.always[places])


def search(system: System, wanted: Wanted, known: dict[bytes, tuple] | None = None) -> Found:
    """Whether each wanted unknown can have enough values; whole numbers throughout.

    The system falls into independent parts. One solution is a witness for every cell of its part, so most cells are
    settled together; only those left are asked about one by one. `known` keeps what was found of each part, for a
    later search in which that part is the same.
    **Source**: HiGHS, through SciPy (Huangfu and Hall 2018, Math. Prog. Comp. 10).
    """
    system = narrowed(system)
    unknown = np.asarray(wanted.unknown, int)
    least, most = system.low[unknown].copy(), system.high[unknown].copy()
    decided = np.ones(len(unknown), bool)
    open_ = wanted.matters(least, most) & (least < most)
    given_up: list[np.ndarray] = []
    sought = np.zeros(len(system.low), bool)
    sought[unknown[open_]] = True
    for unknowns, ties in _parts(system, sought):
        inside = np.full(len(system.low), -1)
        inside[unknowns] = np.arange(len(unknowns))
        places = np.flatnonzero(open_ & (inside[unknown] >= 0))
        dropped, *found = _found(system.part(unknowns, ties), wanted.only(places, inside[unknown[places]]), known)
        given_up.append(ties[dropped])
        least[places], most[places], decided[places] = found
    few = (most - least + 1 < wanted.enough) & wanted.matters(least, most)
    return Found(least, most, few, decided, np.concatenate([np.zeros(0, int), *given_up]))


def _found(part: System, wanted: Wanted, known: dict[bytes, tuple] | None) -> tuple:
    """The beliefs given up in one part, and the ends of its wanted unknowns with whether they are sure."""
    if known is None:
        known = {}
    mark = hashlib.blake2b(repr((wanted.enough, wanted.small)).encode())
    for array in (*(getattr(part, name) for name in _OF_A_PART), wanted.unknown, wanted.always):
        mark.update(np.ascontiguousarray(array).tobytes() + b"|")
    if mark.digest() not in known:
        consistent, start, dropped = _consistent(part)
        known[mark.digest()] = (dropped, *_ranges(consistent, start, wanted))
    return known[mark.digest()]


def narrowed(system: System) -> System:
    """The system with bounds as close as each tie by itself makes them; unchanged where ties contradict each other."""
    low, high = system.low.copy(), system.high.copy()
    tie, unknown, weight = system.tie, system.unknown, system.weight
    up = weight > 0
    for _ in range(ROUNDS):
        small = np.where(up, weight * low[unknown], weight * high[unknown])
        large = np.where(up, weight * high[unknown], weight * low[unknown])
        rest_small = np.bincount(tie, small, minlength=len(system.least))[tie] - small
        rest_large = np.bincount(tie, large, minlength=len(system.least))[tie] - large
        ends = (system.least[tie] - rest_large) / weight, (system.most[tie] - rest_small) / weight
        lower, upper = np.where(up, ends[0], ends[1]), np.where(up, ends[1], ends[0])
        before = low.sum() - high.sum()
        # Where a tie has two unbounded sides it says nothing (infinity less infinity): fmax and fmin pass over that.
        np.fmax.at(low, unknown, np.ceil(lower - _HAIR))
        np.fmin.at(high, unknown, np.floor(upper + _HAIR))
        if (low > high).any():
            return system
        if low.sum() - high.sum() == before:
            break
    return replace(system, low=low, high=high)


def _parts(system: System, sought: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The parts that hold a wanted unknown and a tie: unknowns and ties of each; small parts are taken together.

    A number that is known joins nothing: it only moves the bounds of its ties.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(system.low)
    free = system.low[system.unknown] < system.high[system.unknown]
    tie, unknown = system.tie[free], system.unknown[free]
    size = count + len(system.least)
    if not size or not sought.any():
        return []
    graph = coo_array((np.ones(len(tie)), (unknown, count + tie)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    of_tie = label[count:]
    tied = np.zeros(label.max() + 1, bool)
    tied[label[unknown]] = True
    needed = np.zeros(label.max() + 1, bool)
    needed[label[:count][sought & (system.low < system.high)]] = True
    chosen = np.flatnonzero(needed & tied)
    by_unknown, by_tie = _grouped(label[:count]), _grouped(of_tie)
    together = np.cumsum([len(by_unknown[name]) for name in chosen]) // TOGETHER if len(chosen) else []
    return [
        tuple(np.concatenate([group[name] for name in chosen[together == number]]) for group in (by_unknown, by_tie))
        for number in dict.fromkeys(together)
    ]


def _grouped(label: np.ndarray) -> dict[int, np.ndarray]:
    return pd.Series(np.arange(len(label))).groupby(label).indices


# Solving


def _solve(system: System, goal: np.ndarray, nodes: int, gap: float = 0.0):
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    matrix = csr_array((system.weight, (system.tie, system.unknown)), shape=(len(system.least), len(system.low)))
    return milp(
        goal,
        constraints=LinearConstraint(matrix, system.least, system.most),
        bounds=Bounds(system.low, system.high),
        integrality=np.ones(len(system.low)),
        options={"node_limit": nodes, "time_limit": SECONDS, "mip_rel_gap": gap},
    )


def _consistent(system: System) -> tuple[System, np.ndarray | None, np.ndarray]:
    """The system without the beliefs that the printed figures contradict, a solution of it, and which these are."""
    found = _solve(system, np.zeros(len(system.low)), NODES_PER_CELL).x
    if found is not None:
        return system, np.round(found), np.zeros(0, int)
    dropped = _contradicted(system)
    rest = system.without(dropped)
    found = _solve(rest, np.zeros(len(system.low)), NODES_PER_CELL).x
    return rest, None if found is None else np.round(found), dropped


def _contradicted(system: System) -> np.ndarray:
    """The beliefs to give up, as few children moved as possible: each may be missed by an amount, and these are least.

    Bounds of the unknowns give way too, so that the question always has an answer.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack

    soft = np.flatnonzero(~system.firm)
    count, lines = len(system.low), len(system.least)
    matrix = csr_array((system.weight, (system.tie, system.unknown)), shape=(lines, count))
    over = csr_array((np.ones(len(soft)), (soft, np.arange(len(soft)))), shape=(lines, len(soft)))
    whole = np.r_[np.ones(count), np.zeros(2 * len(soft))]
    for integrality in (whole, np.zeros(len(whole))):
        found = milp(
            np.r_[np.zeros(count), np.ones(2 * len(soft))],
            constraints=LinearConstraint(hstack([matrix, over, -over]), system.least, system.most),
            bounds=Bounds(np.r_[system.low, np.zeros(2 * len(soft))], np.r_[system.high, np.full(2 * len(soft), 1e6)]),
            integrality=integrality,
            options={"node_limit": NODES_PER_DOUBT, "time_limit": SECONDS, "mip_rel_gap": 0.0},
        )
        if found.x is not None:
            missed = found.x[count : count + len(soft)] + found.x[count + len(soft) :]
            return soft[missed > _HAIR]
    return soft


def _ranges(system: System, start, wanted: Wanted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each wanted unknown the least and most value seen, exact where they are few, and whether that is sure."""
    seen = _Seen(wanted)
    own = _own_parts(system)
    if start is not None:
        seen.add(start)
        reach = REACH * wanted.enough
        near = replace(system, low=np.maximum(system.low, start - reach), high=np.minimum(system.high, start + reach))
        upward = (near.high - start + _HAIR) / (near.high - near.low + 2 * _HAIR)
        for goal in _goals(seen, upward, np.random.default_rng(len(start))):
            # Parts whose numbers are all settled are left as they are.
            unknowns, ties = (np.flatnonzero(np.isin(label, own[0][goal != 0])) for label in own)
            found = _solve(near.part(unknowns, ties), goal[unknowns], NODES_PER_SWEEP, gap=0.05)
            if found.x is not None:
                moved = start.copy()
                moved[unknowns] = found.x
                seen.add(moved)
    sure = np.ones(len(wanted.unknown), bool)
    for place in np.flatnonzero(seen.narrow()):
        if seen.narrow()[place]:
            sure[place] = _ends(system, own, seen, place)
    return seen.least, seen.most, sure


def _own_parts(system: System) -> tuple[np.ndarray, np.ndarray]:
    """The number of the independent part of each unknown and of each tie."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(system.low)
    size = count + len(system.least)
    graph = coo_array((np.ones(len(system.tie)), (system.unknown, count + system.tie)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return label[:count], label[count:]


class _Seen:
    """The values seen so far of the wanted unknowns."""

    def __init__(self, wanted: Wanted):
        self.wanted = wanted
        count = len(wanted.unknown)
        self.least, self.most = np.full(count, np.inf), np.full(count, -np.inf)

    def add(self, solution: np.ndarray) -> None:
        """One solution says a possible value of each."""
        values = np.round(solution[self.wanted.unknown])
        self.least, self.most = np.minimum(self.least, values), np.maximum(self.most, values)

    def narrow(self) -> np.ndarray:
        """Which have not yet shown enough values."""
        return ~(self.most - self.least + 1 >= self.wanted.enough)


def _goals(seen: _Seen, upward: np.ndarray, draw: np.random.Generator):
    """Directions to push all unsettled unknowns in at once, by chance, since parts of one sum must go different ways.

    `upward` is the chance of each unknown to be pushed up: where the more room is.
    """
    fruitless = 0
    for _ in range(SWEEPS):
        left = np.flatnonzero(seen.narrow())
        if not len(left) or fruitless == FRUITLESS:
            return
        goal = np.zeros(len(upward))
        pushed = seen.wanted.unknown[left]
        # Goals are made as small as can be, so an unknown with a negative weight goes up.
        goal[pushed] = np.where(draw.random(len(left)) < upward[pushed], -1.0, 1.0) * draw.uniform(0.5, 1.5, len(left))
        yield goal
        fruitless = fruitless + 1 if seen.narrow().sum() == len(left) else 0


def _ends(system: System, own, seen: _Seen, place: int) -> bool:
    """Push one unknown both ways; whether the ends are sure, or enough values were seen, or they cannot be small."""
    unknown = seen.wanted.unknown[place]
    unknowns, ties = (np.flatnonzero(label == own[0][unknown]) for label in own)
    part = system.part(unknowns, ties)
    alone = seen.wanted.only(np.array([place]), np.array([np.searchsorted(unknowns, unknown)]))
    last = alone.small[1]
    sure, reached = True, {1.0: system.low[unknown], -1.0: system.high[unknown]}
    for sign in (1.0, -1.0):
        goal = np.zeros(len(part.low))
        goal[alone.unknown[0]] = sign
        found = _solve(part, goal, NODES_PER_CELL)
        if found.x is not None:
            value = np.round(found.x[alone.unknown[0]])
            seen.least[place], seen.most[place] = min(seen.least[place], value), max(seen.most[place], value)
            reached[sign] = value if found.status == 0 else reached[sign]
        sure &= found.status == 0
        if not seen.narrow()[place] or (not alone.always[0] and reached[1.0] > last):
            return True
    return sure


class Builder:
    """Collects unknowns and ties, a block at a time, into a `System`."""

    def __init__(self) -> None:
        self._low: list[np.ndarray] = []
        self._high: list[np.ndarray] = []
        self._ties: list[tuple] = []
        self._count = 0

    def unknowns(self, low, high) -> np.ndarray:
        """New unknowns with their bounds; returns their numbers."""
        low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
        numbers = np.arange(self._count, self._count + len(low))
        self._low.append(low)
        self._high.append(high)
        self._count += len(low)
        return numbers

    def sums(self, family: str, key, unknown, weight, least=0.0, most=0.0, firm: bool = False) -> None:
        """Ties of one family: entries with the same `key` stand in one tie; `least` and `most` go with entries."""
        key, unknown = np.asarray(key), np.asarray(unknown, int)
        if not len(unknown):
            return
        line, _ = pd.factorize(key)
        shape = unknown.shape
        least, most = np.broadcast_to(np.asarray(least, float), shape), np.broadcast_to(np.asarray(most, float), shape)
        first = np.r_[np.unique(line, return_index=True)[1]]
        weight = np.broadcast_to(np.asarray(weight, float), shape)
        self._ties.append((family, line, unknown, weight, least[first], most[first], firm))

    def equal(self, family: str, one, other) -> None:
        """Pairs of unknowns that are the same number."""
        one, other = np.asarray(one, int), np.asarray(other, int)
        apart = one != other
        one, other = one[apart], other[apart]
        key = np.arange(len(one))
        self.sums(family, np.r_[key, key], np.r_[one, other], np.r_[np.ones(len(one)), -np.ones(len(one))])

    def differences(self, one, other) -> np.ndarray:
        """New unknowns, each one number less another, as large or small as these allow."""
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        one, other = np.asarray(one, int), np.asarray(other, int)
        new = self.unknowns(low[one] - high[other], high[one] - low[other])
        key = np.arange(len(new))
        weights = np.repeat([1.0, -1.0, -1.0], len(new))
        self.sums("difference", np.r_[key, key, key], np.r_[one, other, new], weights, firm=True)
        return new

    def system(self) -> System:
        """All that was collected."""
        offset, tie, least, most, firm, family = 0, [], [], [], [], []
        for name, line, _, _, low, high, hard in self._ties:
            tie.append(line + offset)
            offset += len(low)
            least.append(low)
            most.append(high)
            firm.append(np.full(len(low), hard))
            family.append(np.full(len(low), name, object))
        none = np.zeros(0)

        def joined(parts, kind=float):
            return np.concatenate([none.astype(kind), *parts])

        return System(
            low=joined(self._low),
            high=joined(self._high),
            tie=joined(tie, int),
            unknown=joined([t[2] for t in self._ties], int),
            weight=joined([t[3] for t in self._ties]),
            least=joined(least),
            most=joined(most),
            firm=joined(firm, bool),
            family=joined(family, object),
        )
