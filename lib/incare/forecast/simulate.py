"""Children carried forward month by month, all of them in all simulations at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from incare import periods as p
from incare.forecast.entries import ENTRANTS, Entries
from incare.forecast.exposure import (
    ADULT,
    BANDS,
    ENTRY,
    EXITS,
    GROUPS,
    MONTH,
    WAYS,
    Care,
    age_class,
    band_of,
    cell,
    length_class,
    month_ends,
)
from incare.forecast.hazards import AGE_PARTS, Hazards

OUT = -1
KIN, OTHER_CARERS = 0, 1
FOSTER = (KIN, OTHER_CARERS)
YEAR = 365.25
FIRST_LEAVER, LEAVER_AGES = 16, 10
WEEKS = 91
# Draws of the rates out and of moves; simulations beyond them share these in turn.
WORLDS = 250


@dataclass(frozen=True)
class Levers:
    """What a scenario changes, from the first month ahead to the last; the defaults change nothing.

    `entries` multiplies entrants (horizon × kinds), `added` adds whole children a month (horizon × kinds; below 0 takes
    away as many of the kind as enter), `ways`
    multiplies the rates out (horizon × ways), `kin` is the share of new placements with other foster carers that are
    with relatives or friends instead (by month), `fewer` is how many children of whatever kind stay away (by month).
    """

    entries: np.ndarray
    added: np.ndarray
    ways: np.ndarray
    kin: np.ndarray
    fewer: np.ndarray

    @classmethod
    def none(cls, horizon: int) -> Levers:
        """Nothing changed."""
        kinds = len(ENTRANTS)
        return cls(
            np.ones((horizon, kinds)),
            np.zeros((horizon, kinds), int),
            np.ones((horizon, len(WAYS))),
            np.zeros(horizon),
            np.zeros(horizon, int),
        )


@dataclass(frozen=True)
class Paths:
    """What happened in every simulation: simulations × months ahead × parts.

    `band`, `group` and `asylum` (UASC, not UASC) count the children in care at each month's end; each adds up to the
    total. `entered` counts entries in the month by kind, `left` exits by way. `leavers` counts young people who have
    left care from 16 on under the 13-week test, by completed years of age from 16 to 25 at the month's end; `fostered`
    of the exits at 18 those from foster care.
    """

    days: np.ndarray
    band: np.ndarray
    group: np.ndarray
    asylum: np.ndarray
    entered: np.ndarray
    left: np.ndarray
    leavers: np.ndarray
    fostered: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Children in care, simulations × months."""
        return self.band.sum(axis=2)


@dataclass(frozen=True)
class Rates:
    """Hazards and entries as a simulation uses them.

    `certain` leaves out what is not known of rates (parameters and drift), so that only chance is left.
    """

    hazards: Hazards
    entries: Entries
    certain: bool = False
    pull_entries: float = 1.0
    pull_exits: float = 1.0


def simulate(
    care: Care, rates: Rates, horizon: int, sims: int, rng: np.random.Generator, levers: Levers | None = None
) -> Paths:
    """Carry everyone in care at the origin, and those who will enter, `horizon` months ahead in `sims` simulations.

    A child leaves on the 18th birthday at the latest. The same generator state with other `levers` gives the same
    chances to the same children (common random numbers), so that two runs differ by what was changed alone.
    """
    levers = levers or Levers.none(horizon)
    streams = rng.spawn(4 + horizon)
    tables = _Tables(rates, sims, horizon, streams[0], levers)
    counts = _entrants(rates, sims, horizon, streams[1])
    tally = _Tally(sims, horizon)
    days = month_ends(care.origin, np.arange(0, horizon + 1))
    present = _Present(care, days, sims, streams[2])
    cohorts: list[_Cohort] = []
    for month in range(horizon):
        now = tables.month(month)
        cohorts += _cohorts(rates.entries, counts[:, month], levers, month, streams[4 + month], tally)
        present.step(now, month, tally)
        for cohort in cohorts:
            cohort.step(now, month, tally)
    return tally.paths(days[1:])


def _entrants(rates: Rates, sims: int, horizon: int, rng) -> np.ndarray:
    if rates.certain:
        mean = rates.entries.expected().T[:horizon]
        return rng.poisson(np.broadcast_to(mean, (sims, *mean.shape)))
    return rates.entries.draw(rng, sims, rates.pull_entries)


class _Tables:
    """Chances of every cell in every simulation, made anew for each month."""

    def __init__(self, rates: Rates, sims: int, horizon: int, rng, levers: Levers):
        hazards, causes, sims = rates.hazards, len(WAYS) + 1, min(sims, 1 if rates.certain else WORLDS)
        draws = hazards.beta.shape[1]
        normal = rng.standard_normal((causes, draws, sims), dtype=np.float32)
        self.rates = hazards.rates()[:, :, None].astype(np.float32) if rates.certain else hazards.rates(normal)
        if rates.certain:
            means = np.array([found.mean for found in hazards.levels])
            self.levels = np.broadcast_to(means[:, None, None], (causes, sims, horizon))
        else:
            self.levels = np.stack([found.draw(rng, sims, horizon, rates.pull_exits) for found in hazards.levels])
        leads = hazards.leads if rates.certain else rng.gamma(np.maximum(hazards.leads, 1e-9))
        self.leads = leads / np.maximum(leads.sum(axis=2, keepdims=True), 1e-300)
        self.levers = levers

    def month(self, month: int) -> _Month:
        factors = self.levels[:, :, month] * np.r_[self.levers.ways[month], 1.0][:, None]
        each = self.rates * factors[:, None, :].astype(np.float32)
        out = each[:3].sum(axis=0)
        # Competing risks within a month: of those to whom something happens, shares by rate.
        every = out + each[3]
        leave = -np.expm1(-out)
        any_event = -np.expm1(-every)
        first = each[0] / np.maximum(out, 1e-12)
        second = (each[0] + each[1]) / np.maximum(out, 1e-12)
        leads = self.leads.copy()
        kin = self.levers.kin[month]
        # A move from relatives or friends cannot lead to them.
        share = np.where(np.arange(len(GROUPS)) == KIN, 0, kin)
        leads[:, :, KIN] += share * leads[:, :, OTHER_CARERS]
        leads[:, :, OTHER_CARERS] *= 1 - share
        return _Month(leave, any_event, first, second, np.cumsum(leads, axis=2), kin)


@dataclass(frozen=True)
class _Month:
    leave: np.ndarray
    happens: np.ndarray
    home: np.ndarray
    permanent: np.ndarray
    leads: np.ndarray
    kin: float

    def events(self, cells, sim, chance):
        """For children in care: way out (-1 none) and whether a move happens, from one uniform number each."""
        place = cells * self.leave.shape[1] + sim % self.leave.shape[1]
        leave = self.leave.ravel()[place]
        gone = chance < leave
        way = np.full(chance.shape, OUT, np.int8)
        at, share = place[gone], chance[gone] / leave[gone]
        way[gone] = (share >= self.home.ravel()[at]).astype(np.int8) + (share >= self.permanent.ravel()[at])
        happens = self.happens.ravel()[place]
        moves = ~gone & (chance < happens)
        return way, moves, (chance[moves] - leave[moves]) / np.maximum(happens[moves] - leave[moves], 1e-12)

    def destination(self, part, group, chance):
        return (chance[:, None] >= self.leads[part, group]).sum(axis=1).clip(0, len(GROUPS) - 1).astype(np.int8)


class _Tally:
    """Counts of every simulation, month by month."""

    def __init__(self, sims: int, horizon: int):
        self.sims = sims
        parts = {
            "band": len(BANDS),
            "group": len(GROUPS),
            "asylum": 2,
            "entered": len(ENTRANTS),
            "left": len(EXITS),
            "leavers": LEAVER_AGES,
            "fostered": 1,
        }
        self.counts = {name: np.zeros((sims, horizon, size), np.int32) for name, size in parts.items()}

    def add(self, name: str, month: int, sim: np.ndarray, codes) -> None:
        """Count people of a month by simulation and code."""
        size = self.counts[name].shape[2]
        found = np.bincount(sim * size + codes, minlength=self.sims * size)
        self.counts[name][:, month] += found.reshape(self.sims, size).astype(np.int32)

    def paths(self, days: np.ndarray) -> Paths:
        """What was counted."""
        return Paths(days, **{**self.counts, "fostered": self.counts["fostered"][:, :, 0]})


class _Block:
    """People who run through the months together: `size` child-simulations, of whom `key` are in care."""

    def __init__(self, size: int, key: np.ndarray, group: np.ndarray, rng: np.random.Generator):
        self.size, self.rng = size, rng
        self.key, self.group = key, group
        self.gone = np.zeros(0, np.int64)

    def step(self, now: _Month, month: int, tally: _Tally) -> None:
        """One month: who leaves, who moves, and the count at its end."""
        chance = self.rng.random(self.size, dtype=np.float32)[self.key]
        cells, part, turns = self.begin(month, self.key)
        sim = self.sim(self.key)
        way, moves, leads = now.events(cells + self.group, sim, np.where(turns, np.float32(2), chance))
        way[turns] = len(WAYS)
        if moves.any():
            self.group[moves] = now.destination(part[moves], self.group[moves], leads)
        leaves = way >= 0
        tally.add("left", month, sim[leaves], way[leaves])
        tally.add("fostered", month, sim[turns & np.isin(self.group, FOSTER)], 0)
        # Home, adoption and guardianship end what the council owes; other ends after 16 and 18th birthdays do not.
        owed = leaves & (way >= len(WAYS) - 1) & self.eligible(month, self.key, turns)
        self.gone = np.concatenate([self.gone, self.key[owed]])
        self.key, self.group = self.key[~leaves], self.group[~leaves]
        band, asylum = self.end(month, self.key)
        sim = sim[~leaves]
        tally.add("band", month, sim, band)
        tally.add("group", month, sim, self.group)
        tally.add("asylum", month, sim, 1 - asylum)
        years = self.years(month, self.gone)
        young = (years >= FIRST_LEAVER) & (years < FIRST_LEAVER + LEAVER_AGES)
        tally.add("leavers", month, self.sim(self.gone)[young], years[young] - FIRST_LEAVER)


class _Present(_Block):
    """The children in care at the origin, exact to their birthdays."""

    def __init__(self, care: Care, days: np.ndarray, sims: int, rng: np.random.Generator):
        who = np.flatnonzero(care.inside(care.origin))
        group = care.group_on(who, np.full(len(who), care.origin))
        key = np.arange(len(who) * sims, dtype=np.int64)
        super().__init__(len(key), key, np.repeat(group.astype(np.int8), sims), rng)
        self.sims = sims
        born, start = care.born[who, None], care.start[who, None]
        years = p.age(born, days)
        length = length_class((days - start).astype(float), care.censored[who, None])
        asylum = care.asylum_on(who, np.full(len(who), care.origin)).astype(np.int8)
        self.asylum = asylum
        self.cells = cell(age_class(years), length, asylum[:, None], 0)
        self.part = AGE_PARTS[age_class(years)]
        self.turns = care.eighteenth[who, None] <= days
        self.band = band_of(years)
        self.age = np.where(np.isnan(years), -1, years).astype(np.int16)
        self.owed = owed_by(care, who, days)
        self.owed_at_18 = owed_by(care, who, np.minimum(care.eighteenth[who], days[-1])[:, None])[:, 0]

    def sim(self, key):
        return key % self.sims

    def begin(self, month, key):
        row = key // self.sims
        return self.cells[row, month], self.part[row, month], self.turns[row, month + 1]

    def end(self, month, key):
        row = key // self.sims
        return self.band[row, month + 1], self.asylum[row]

    def eligible(self, month, key, turns):
        row = key // self.sims
        return np.where(turns, self.owed_at_18[row], self.owed[row, month])

    def years(self, month, key):
        return self.age[key // self.sims, month + 1]


def owed_by(care: Care, who: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Whether children in care at the origin would have met the 13-week test, if care went on until each of the days.

    91 days in care since the 14th birthday, one of them after the 16th; earlier periods of care count.

    **Source** CATALOGUE 1.9; Care Planning Regulations 2010, regulation 40.
    """
    fourteenth, sixteenth = p.birthday(care.born, 14), p.birthday(care.born, 16)
    end = np.where(np.isnat(care.end), care.origin, care.end)
    before = np.maximum((end - np.maximum(care.start, fourteenth)).astype(float), 0)
    before = np.where(np.isnan(before), 0, before)
    so_far = np.bincount(care.child, weights=before)[care.child[who]][:, None]
    ahead = (days - np.maximum(care.origin, fourteenth[who])[:, None]).astype(float)
    after_16 = days > np.maximum(sixteenth[who], care.start[who])[:, None]
    return (so_far + np.maximum(np.nan_to_num(ahead), 0) >= WEEKS) & after_16


class _Cohort(_Block):
    """Those who enter in one month; ages in days, as nobody knows their birthdays yet."""

    def __init__(self, month: int, entrants: _Entrants, rng: np.random.Generator):
        key = np.flatnonzero(entrants.kept)
        super().__init__(len(entrants.sim), key, entrants.group[key], rng)
        self.month, self.of_sim = month, entrants.sim
        self.age0, self.asylum = entrants.age, (entrants.kind == len(ENTRANTS) - 1).astype(np.int8)

    def sim(self, key):
        return self.of_sim[key]

    def _days(self, month, key):
        """Age in days at a month's end; entry is taken as the middle of the month."""
        return self.age0[key] + (month - self.month + 0.5) * MONTH

    def begin(self, month, key):
        opens = self.age0[key] if month == self.month else self._days(month - 1, key)
        age = age_class(np.floor(opens / YEAR))
        length = ENTRY if month == self.month else length_class(np.array((month - self.month - 0.5) * MONTH), False)
        return cell(age, length, self.asylum[key], 0), AGE_PARTS[age], self._days(month, key) >= ADULT * YEAR

    def end(self, month, key):
        return band_of(np.floor(self._days(month, key) / YEAR)), self.asylum[key]

    def eligible(self, month, key, turns):
        now = np.where(turns, ADULT * YEAR, self._days(month, key))
        return (now - np.maximum(self.age0[key], 14 * YEAR) >= WEEKS) & (now > 16 * YEAR)

    def years(self, month, key):
        return np.floor(self._days(month, key) / YEAR).astype(np.int64)


@dataclass(frozen=True)
class _Entrants:
    """Children coming into care in a month: simulation, kind, age in days, first placement, whether they do come."""

    sim: np.ndarray
    kind: np.ndarray
    age: np.ndarray
    group: np.ndarray
    kept: np.ndarray

    @classmethod
    def drawn(cls, entries: Entries, counts: np.ndarray, keep: np.ndarray, kin: float, rng) -> _Entrants:
        """As many as counted (simulations × kinds), age and first placement together from those of earlier months."""
        parts = [_like(entries.donors[kind], many, rng) for kind, many in enumerate(counts.T)]
        sim, age, group = (np.concatenate(each) for each in zip(*parts, strict=True))
        kind = np.repeat(np.arange(counts.shape[1]), counts.sum(axis=0))
        kept, with_kin = rng.random(len(sim)) < keep[kind], rng.random(len(sim)) < kin
        return cls(sim, kind, age, np.where(with_kin & (group == OTHER_CARERS), KIN, group).astype(np.int8), kept)

    def without(self, fewer: np.ndarray, anyone: int, rng: np.random.Generator) -> _Entrants:
        """The same with so many of each kind, and so many of anyone, staying away in every simulation."""
        kept = self.kept
        if fewer.any():
            kept = self._less(kept, self.sim * len(fewer) + self.kind, fewer[self.kind], rng)
        if anyone:
            kept = self._less(kept, self.sim, np.full(len(kept), anyone), rng)
        return replace(self, kept=kept)

    def _less(self, kept: np.ndarray, pool: np.ndarray, fewer: np.ndarray, rng) -> np.ndarray:
        """Of those kept in each pool, so many fewer, drawn by lot."""
        place = np.flatnonzero(kept)
        order = place[np.lexsort((rng.random(len(place)), pool[place]))]
        first = np.r_[True, pool[order][1:] != pool[order][:-1]] if len(order) else np.zeros(0, bool)
        begin = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        kept = kept.copy()
        kept[order[np.arange(len(order)) - begin < fewer[order]]] = False
        return kept


def _like(donors, many: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    age, group, weight = donors
    sim = np.repeat(np.arange(len(many)), many)
    donor = np.minimum(np.searchsorted(weight, rng.random(len(sim))), len(age) - 1)
    return sim, age[donor].astype(float), group[donor]


def _cohorts(entries: Entries, counts: np.ndarray, levers: Levers, month: int, rng, tally: _Tally) -> list[_Cohort]:
    """The entrants of a month: those of the baseline, and those whom a scenario adds."""
    factor, kin = levers.entries[month], levers.kin[month]
    usual, more, chance = rng.spawn(3)
    added = levers.added[month]
    extra = chance.poisson(np.maximum(factor - 1, 0) * counts) + np.maximum(added, 0)
    entrants = (
        _Entrants.drawn(entries, counts, np.minimum(factor, 1), kin, usual).without(
            np.maximum(-added, 0), levers.fewer[month], chance
        ),
        _Entrants.drawn(entries, extra, np.ones(len(factor)), kin, more),
    )
    made = [_Cohort(month, each, stream) for each, stream in zip(entrants, (usual, more), strict=True) if len(each.sim)]
    for cohort, each in zip(made, [each for each in entrants if len(each.sim)], strict=True):
        tally.add("entered", month, each.sim[cohort.key], each.kind[cohort.key])
    return made
