"""The least and most that unknown whole numbers can be, given sums that tie them together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from incare.disclosure.quiet import quietly

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
NEARBY, STEPS = 150, 3  # unknowns, and ties in a row, to which a question is widened before all that hang together
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

    The system falls into independent parts, of which only those with an open question are looked at. `known` keeps what
    was found of each part, for a later search in which that part is the same. One solution is a witness for every cell
    of its part, so most cells are settled together; only those left are asked about one by one.
    **Source**: HiGHS, through SciPy (Huangfu and Hall 2018, Math. Prog. Comp. 10).
    """
    known = {} if known is None else known
    system = narrowed(system)
    unknown = np.asarray(wanted.unknown, int)
    least, most = system.low[unknown].copy(), system.high[unknown].copy()
    decided = np.ones(len(unknown), bool)
    open_ = wanted.matters(least, most) & (least < most)
    pieces = _pieces(system, wanted, open_)
    marks = [piece.mark() for piece in pieces]
    fresh = {mark: piece for mark, piece in zip(marks, pieces, strict=True) if mark not in known}
    for group in _together(fresh):
        known |= _found([fresh[mark] for mark in group], group)
    given_up = [np.zeros(0, int)]
    for mark, piece in zip(marks, pieces, strict=True):
        dropped, *found = known[mark]
        given_up.append(piece.ties[dropped])
        least[piece.places], most[piece.places], decided[piece.places] = found
    few = (most - least + 1 < wanted.enough) & wanted.matters(least, most)
    return Found(least, most, few, decided, np.concatenate(given_up))


@dataclass(frozen=True)
class _Piece:
    """A part of a system that hangs together: which of its `ties` and which wanted `places` it holds, and itself."""

    ties: np.ndarray
    places: np.ndarray
    system: System
    wanted: Wanted

    def mark(self) -> bytes:
        """The same for parts that say and ask the same."""
        made = hashlib.blake2b(repr((self.wanted.enough, self.wanted.small)).encode(), digest_size=32)
        for array in (*(getattr(self.system, name) for name in _OF_A_PART), self.wanted.unknown, self.wanted.always):
            made.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return made.digest()


def _together(fresh: dict[bytes, _Piece]) -> list[list[bytes]]:
    """Small parts in groups, so that the solver is called less often."""
    size = np.cumsum([len(piece.system.low) for piece in fresh.values()])
    groups: dict[int, list[bytes]] = {}
    for mark, number in zip(fresh, size // TOGETHER, strict=True):
        groups.setdefault(number, []).append(mark)
    return list(groups.values())


def _found(pieces: list[_Piece], marks: list[bytes]) -> dict[bytes, tuple]:
    """By part the beliefs given up, and the ends of its wanted unknowns with whether they are sure."""
    whole, wanted = _joined([piece.system for piece in pieces]), _all_wanted(pieces)
    start = _solution(whole)
    if start is None and len(pieces) > 1:
        # Some part contradicts itself: halves are tried until it is alone, and what is given up depends on it only.
        half = len(pieces) // 2
        return _found(pieces[:half], marks[:half]) | _found(pieces[half:], marks[half:])
    dropped = np.zeros(0, int)
    if start is None:
        dropped = _contradicted(whole)
        whole = narrowed(whole.without(dropped))
        start = _solution(whole)
    least, most, sure = _ranges(*_merged(whole, start, wanted))
    cuts = np.cumsum([len(piece.places) for piece in pieces])[:-1]
    each = zip(marks, *(np.split(ends, cuts) for ends in (least, most, sure)), strict=True)
    return {mark: (dropped, *ends) for mark, *ends in each}


def _merged(system: System, start: np.ndarray | None, wanted: Wanted) -> tuple[System, np.ndarray | None, Wanted]:
    """The same with unknowns that a tie makes equal put together; a system with a solution holds all its ties."""
    if start is None:
        return system, start, wanted
    sizes = np.bincount(system.tie, minlength=len(system.least))
    sums = np.bincount(system.tie, system.weight, minlength=len(system.least))
    alike = (sizes == 2) & (sums == 0) & (system.least == 0) & (system.most == 0)
    of_alike = alike[system.tie]
    joins = replace(system, tie=system.tie[of_alike], unknown=system.unknown[of_alike], weight=system.weight[of_alike])
    _, at = np.unique(_parts_of(joins)[0], return_inverse=True)
    count = at.max(initial=-1) + 1
    low, high, value = np.full(count, -np.inf), np.full(count, np.inf), np.zeros(count)
    np.maximum.at(low, at, system.low)
    np.minimum.at(high, at, system.high)
    value[at] = start
    kept = np.flatnonzero(~alike)
    line = np.cumsum(~alike) - 1
    merged = replace(
        system,
        low=low,
        high=high,
        tie=line[system.tie[~of_alike]],
        unknown=at[system.unknown[~of_alike]],
        weight=system.weight[~of_alike],
        **{name: getattr(system, name)[kept] for name in ("least", "most", "firm", "family")},
    )
    return merged, value, replace(wanted, unknown=at[wanted.unknown])


def _joined(parts: list[System]) -> System:
    """Systems side by side."""
    if len(parts) == 1:
        return parts[0]
    unknowns = np.cumsum([0, *(len(part.low) for part in parts)])
    ties = np.cumsum([0, *(len(part.least) for part in parts)])
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in (*_OF_A_PART, "family")}
    for name, first in (("tie", ties), ("unknown", unknowns)):
        columns[name] = np.concatenate([getattr(part, name) + n for part, n in zip(parts, first[:-1], strict=True)])
    return System(**columns)


def _all_wanted(pieces: list[_Piece]) -> Wanted:
    first = np.cumsum([0, *(len(piece.system.low) for piece in pieces)])[:-1]
    unknown = np.concatenate([piece.wanted.unknown + n for piece, n in zip(pieces, first, strict=True)])
    return replace(pieces[0].wanted, unknown=unknown, always=np.concatenate([piece.wanted.always for piece in pieces]))


def narrowed(system: System) -> System:
    """The system with bounds as close as each tie by itself makes them; as they were where ties contradict each other.

    A contradiction leaves the bounds of its own part alone, and of no other.
    """
    low, high = system.low.copy(), system.high.copy()
    tie, unknown, weight = system.tie, system.unknown, system.weight
    up, live = weight > 0, np.ones(len(tie), bool)
    label = None
    for _ in range(ROUNDS):
        small = np.where(up, weight * low[unknown], weight * high[unknown])
        large = np.where(up, weight * high[unknown], weight * low[unknown])
        rest_small = np.bincount(tie, small, minlength=len(system.least))[tie] - small
        rest_large = np.bincount(tie, large, minlength=len(system.least))[tie] - large
        ends = (system.least[tie] - rest_large) / weight, (system.most[tie] - rest_small) / weight
        lower, upper = np.where(up, ends[0], ends[1]), np.where(up, ends[1], ends[0])
        before = low.sum() - high.sum()
        # Where a tie has two unbounded sides it says nothing (infinity less infinity): fmax and fmin pass over that.
        np.fmax.at(low, unknown[live], np.ceil(lower - _HAIR)[live])
        np.fmin.at(high, unknown[live], np.floor(upper + _HAIR)[live])
        crossed = low > high
        if crossed.any():
            label = _parts_of(system, system.low[unknown] < system.high[unknown])[0] if label is None else label
            torn = np.isin(label, label[crossed])
            low, high = np.where(torn, system.low, low), np.where(torn, system.high, high)
            live &= ~torn[unknown]
        elif low.sum() - high.sum() == before:
            break
    return replace(system, low=low, high=high)


def _pieces(system: System, wanted: Wanted, open_: np.ndarray) -> list[_Piece]:
    """The independent parts that hold an open question and a tie.

    A number that is known joins nothing: it only moves the bounds of its ties.
    """
    places = np.flatnonzero(open_)
    if not len(places) or not len(system.tie):
        return []
    fixed = system.low[system.unknown] == system.high[system.unknown]
    moved = np.bincount(
        system.tie[fixed], (system.weight * system.low[system.unknown])[fixed], minlength=len(system.least)
    )
    free = replace(
        system,
        tie=system.tie[~fixed],
        unknown=system.unknown[~fixed],
        weight=system.weight[~fixed],
        least=system.least - moved,
        most=system.most - moved,
    )
    of_unknown, of_tie = _parts_of(free)
    asked = of_unknown[np.asarray(wanted.unknown, int)[places]]
    chosen = np.intersect1d(np.unique(asked), np.unique(of_tie))
    slices = [_slices(label, chosen) for label in (of_unknown, of_tie, of_unknown[free.unknown], asked)]
    at_unknown, at_tie = np.zeros(len(of_unknown), int), np.zeros(len(of_tie), int)
    found = []
    for unknowns, ties, entries, mine in zip(*slices, strict=True):
        at_unknown[unknowns], at_tie[ties] = np.arange(len(unknowns)), np.arange(len(ties))
        part = System(
            low=free.low[unknowns],
            high=free.high[unknowns],
            tie=at_tie[free.tie[entries]],
            unknown=at_unknown[free.unknown[entries]],
            weight=free.weight[entries],
            least=free.least[ties],
            most=free.most[ties],
            firm=free.firm[ties],
            family=free.family[ties],
        )
        which = places[mine]
        found.append(_Piece(ties, which, part, wanted.only(which, at_unknown[np.asarray(wanted.unknown, int)[which]])))
    return found


def _slices(label: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """Where each chosen label stands, in order."""
    order = np.argsort(label, kind="stable")
    first, last = (np.searchsorted(label[order], chosen, side=side) for side in ("left", "right"))
    return [order[start:end] for start, end in zip(first, last, strict=True)]


# Solving


def _solve(system: System, goal: np.ndarray, nodes: int, gap: float = 0.0):
    matrix = _matrix(system)
    return _milp(goal, matrix, system.least, system.most, system.low, system.high, np.ones(len(goal)), nodes, gap)


def _matrix(system: System):
    from scipy.sparse import csr_array

    return csr_array((system.weight, (system.tie, system.unknown)), shape=(len(system.least), len(system.low)))


def _milp(goal, matrix, least, most, low, high, whole, nodes: int, gap: float):
    from scipy.optimize import Bounds, LinearConstraint, milp

    with quietly():
        return milp(
            goal,
            constraints=LinearConstraint(matrix, least, most),
            bounds=Bounds(low, high),
            integrality=whole,
            options={"node_limit": nodes, "time_limit": SECONDS, "mip_rel_gap": gap},
        )


def _solution(system: System) -> np.ndarray | None:
    """One solution, or None where there is none or it is not found."""
    found = _solve(system, np.zeros(len(system.low)), NODES_PER_CELL).x
    return None if found is None else np.round(found)


def _contradicted(system: System) -> np.ndarray:
    """The beliefs to give up, as few children moved as possible: each may be missed by an amount, and these are least.

    Bounds of the unknowns give way too, so that the question always has an answer.
    """
    from scipy.sparse import csr_array, hstack

    soft = np.flatnonzero(~system.firm)
    count, lines = len(system.low), len(system.least)
    over = csr_array((np.ones(len(soft)), (soft, np.arange(len(soft)))), shape=(lines, len(soft)))
    matrix = hstack([_matrix(system), over, -over])
    goal = np.r_[np.zeros(count), np.ones(2 * len(soft))]
    low, high = np.r_[system.low, np.zeros(2 * len(soft))], np.r_[system.high, np.full(2 * len(soft), 1e6)]
    for whole in (np.r_[np.ones(count), np.zeros(2 * len(soft))], np.zeros(len(goal))):
        found = _milp(goal, matrix, system.least, system.most, low, high, whole, NODES_PER_DOUBT, 0.0)
        if found.x is not None:
            missed = found.x[count : count + len(soft)] + found.x[count + len(soft) :]
            return soft[missed > _HAIR]
    return soft


def _ranges(system: System, start, wanted: Wanted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each wanted unknown the least and most value seen, exact where they are few, and whether that is sure."""
    seen = _Seen(wanted)
    own = _parts_of(system)
    if start is not None:
        seen.add(start)
        reach = REACH * wanted.enough
        near = replace(system, low=np.maximum(system.low, start - reach), high=np.minimum(system.high, start + reach))
        upward = (near.high - start + _HAIR) / (near.high - near.low + 2 * _HAIR)
        for goal, fruitless in _goals(seen, upward, np.random.default_rng(len(start))):
            _push(near, own, start, goal, fruitless > 0, seen)
    sure = np.ones(len(wanted.unknown), bool)
    for place in np.flatnonzero(seen.narrow()):
        if seen.narrow()[place]:
            sure[place] = _ends_nearby(system, seen, place) or _ends(system, own, start, seen, place)
    return seen.least, seen.most, sure


def _push(near: System, own, start: np.ndarray, goal: np.ndarray, wide: bool, seen: _Seen) -> None:
    """Look for another solution in one direction; what is far from the pushed unknowns stays as it is, unless `wide`.

    A solution of which a part is held still is a solution all the same, and found much sooner.
    """
    free = _around(near, goal != 0)[0] if not wide else None
    if free is None or free.sum() > len(start) / 2:
        # Parts whose numbers are all settled are left as they are.
        free = np.isin(own[0], own[0][goal != 0])
    held = replace(near, low=np.where(free, near.low, start), high=np.where(free, near.high, start))
    unknowns, ties = np.flatnonzero(free), np.unique(near.tie[free[near.unknown]])
    found = _solve(held.part(unknowns, ties), goal[unknowns], NODES_PER_SWEEP, gap=0.05)
    if found.x is not None:
        moved = start.copy()
        moved[unknowns] = found.x
        seen.add(moved)


def _around(system: System, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unknowns within a few ties of some of them, as True, and those ties, as True."""
    reached, ties = inner.copy(), np.zeros(len(system.least), bool)
    steps = 0
    while steps < STEPS or reached.sum() <= NEARBY:
        steps, before = steps + 1, reached.sum()
        ties[system.tie[reached[system.unknown]]] = True
        reached[system.unknown[ties[system.tie]]] = True
        if reached.sum() == before:
            break
    return reached, ties


def _parts_of(system: System, joins: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
    """The number of the independent part of each unknown and of each tie; entries that join nothing may be left out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    tie, unknown = system.tie[joins], system.unknown[joins]
    count = len(system.low)
    size = count + len(system.least)
    if not size:
        return np.zeros(0, int), np.zeros(0, int)
    graph = coo_array((np.ones(len(tie)), (unknown, count + tie)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return label[:count], label[count:]


class _Seen:
    """The values seen so far of the wanted unknowns."""

    def __init__(self, wanted: Wanted):
        self.wanted = wanted
        count = len(wanted.unknown)
        self.least, self.most = np.full(count, np.inf), np.full(count, -np.inf)

    def add(self, solution: np.ndarray) -> None:
        """One solution says a possible value of each; NaN says nothing."""
        values = np.round(solution[self.wanted.unknown])
        self.least, self.most = np.fmin(self.least, values), np.fmax(self.most, values)

    def narrow(self) -> np.ndarray:
        """Which have not yet shown enough values."""
        return ~(self.most - self.least + 1 >= self.wanted.enough)


def _goals(seen: _Seen, upward: np.ndarray, draw: np.random.Generator):
    """Directions to push all unsettled unknowns in at once, by chance, since parts of one sum must go different ways.

    With each goes how many before it in a row settled nothing.

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
        yield goal, fruitless
        fruitless = fruitless + 1 if seen.narrow().sum() == len(left) else 0


def _ends_nearby(system: System, seen: _Seen, place: int) -> bool:
    """Whether the ties around one unknown settle by themselves that it has few values, or that these are not small.

    Fewer ties allow more values, so what they rule out is ruled out; anything else is left to `_ends`.
    """
    unknown, always = seen.wanted.unknown[place], seen.wanted.always[[place]]
    inner = np.zeros(len(system.low), bool)
    inner[unknown] = True
    unknowns, ties = (np.flatnonzero(some) for some in _around(system, inner))
    if len(unknowns) > len(system.low) / 2:
        return False
    part, goal = system.part(unknowns, ties), (unknowns == unknown).astype(float)
    ends = [system.low[unknown], system.high[unknown]]
    for side, sign in enumerate((1.0, -1.0)):
        found = _solve(part, sign * goal, NODES_PER_CELL)
        if found.status != 0:
            return False
        ends[side] = np.round(sign * found.fun)
        least, most = np.array([ends[0]]), np.array([ends[1]])
        matters = seen.wanted.only(np.array([place]), unknown).matters(least, most)[0]
        # Of a number that may be 0, or is small only perhaps, the ends themselves are wanted.
        told = always[0] and (least > 0 or most < 0) and most - least + 1 < seen.wanted.enough
        if not matters or told:
            seen.least[place], seen.most[place] = least[0], most[0]
            return True
    return False


def _ends(system: System, own, start: np.ndarray | None, seen: _Seen, place: int) -> bool:
    """Push one unknown both ways; whether the ends are sure, or enough values were seen, or they cannot be small."""
    unknown = seen.wanted.unknown[place]
    unknowns, ties = (np.flatnonzero(label == own[0][unknown]) for label in own)
    part, goal = system.part(unknowns, ties), (unknowns == unknown).astype(float)
    always, last = seen.wanted.always[place], seen.wanted.small[1]
    sure, least = True, system.low[unknown]
    for sign in (1.0, -1.0):
        found = _solve(part, sign * goal, NODES_PER_CELL)
        if found.x is not None:
            moved = np.full(len(system.low), np.nan) if start is None else start.copy()
            moved[unknowns] = np.round(found.x)
            seen.add(moved)
            least = moved[unknown] if sign > 0 and found.status == 0 else least
        sure &= found.status == 0
        if not seen.narrow()[place] or (not always and least > last):
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
