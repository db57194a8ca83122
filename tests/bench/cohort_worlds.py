"""Invented authorities with known rates, in regimes that real ones go through; the truth that forecasts are held to.

Rates are smooth functions of age and time in care, and children differ beyond what a record shows (frailty), so the
truth is not of the form that the library fits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incare.forecast.exposure import Care
from incare.periods import birthday

DAY = "datetime64[D]"
BURN, HISTORY, AHEAD = 216, 84, 24
REGIMES = ("steady", "rising", "falling", "step up", "seasonal", "UASC wave", "slowing exits", "random walk")
CHANGED = ("rising", "falling", "step up", "UASC wave", "slowing exits")
SIZES = {"small": 130, "medium": 400, "large": 1000}
KIN, FOSTER, ADOPTION, PARENTS, HOMES, SUPPORTED = 0, 1, 2, 3, 4, 5
NEVER = 10**9
# Age in years at entry, chance: other children; then unaccompanied children.
AGES = np.r_[0.2, np.full(4, 0.045), np.full(5, 0.037), np.full(3, 0.046), 0.06, 0.07, 0.071, 0.062, 0.032]
ASYLUM_AGES = {14: 0.05, 15: 0.16, 16: 0.36, 17: 0.43}


def course(regime: str, months: int, stock: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors on other entries, unaccompanied entries and exits, by month; changes come shortly before the origins."""
    t = np.arange(months)
    change = BURN + HISTORY - 33
    since = np.clip(t - change, 0, None)
    entries, asylum, exits = np.ones(months), np.ones(months), np.ones(months)
    if regime == "rising":
        entries = 1 + 0.35 * np.clip(since / 36, 0, 1)
    if regime == "falling":
        entries = 1 - 0.35 * np.clip(since / 36, 0, 1)
    if regime == "step up":
        entries = np.where(t >= change + 4, 1.35, 1)
    if regime == "seasonal":
        entries = 1 + 0.3 * np.cos(2 * np.pi * (t - 9) / 12)
    if regime == "UASC wave":
        asylum = 1 + 2.5 * np.clip(since / 6, 0, 1)
    if regime == "slowing exits":
        exits = 1 - 0.4 * np.clip(since / 6, 0, 1)
    if regime == "random walk":
        walk = np.zeros(months)
        for month in range(1, months):
            walk[month] = 0.985 * walk[month - 1] + rng.normal(0, 0.075 * np.sqrt(400 / stock))
        entries = np.exp(walk)
    return entries, asylum, exits


@dataclass
class World:
    """One invented authority: everyone who was ever in care there, and the state at each month's end."""

    regime: str
    size: str
    seed: int
    days: np.ndarray = field(init=False)
    children: dict = field(init=False)
    rows: list = field(init=False)
    saved: dict = field(init=False)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        months = BURN + HISTORY + AHEAD
        self.days = ((np.datetime64("2025-04") - months + np.arange(months + 1)).astype(DAY) - 1).astype(int)
        self.other, self.asylum, self.exits = course(self.regime, months, SIZES[self.size], rng)
        self.rate = SIZES[self.size] / 27.5
        self.rows, self.saved = [], {}
        state = _none()
        everyone = []
        for month in range(months):
            if month >= BURN + HISTORY - 24:
                self.saved[month] = {name: values.copy() for name, values in state.items()}
            entrants = self._entrants(month, rng, state)
            state = {name: np.concatenate([state[name], entrants[name]]) for name in state}
            left = self._advance(state, month, rng, record=True)
            everyone.append({name: values[left] for name, values in state.items()})
            state = {name: values[~left] for name, values in state.items()}
        everyone.append(state)
        self.children = {name: np.concatenate([part[name] for part in everyone]) for name in state}

    def _entrants(self, month, rng, state, many: int = 1) -> dict:
        """Children who enter in a month, for `many` copies of the authority."""
        other = rng.poisson(0.9 * self.rate * self.other[month], many)
        asylum = rng.poisson(0.1 * self.rate * self.asylum[month], many)
        n = int(other.sum() + asylum.sum())
        young = np.r_[np.zeros(other.sum(), bool), np.ones(asylum.sum(), bool)]
        years = np.where(
            young,
            rng.choice(list(ASYLUM_AGES), n, p=list(ASYLUM_AGES.values())),
            rng.choice(18, n, p=AGES / AGES.sum()),
        )
        days = np.minimum((years + rng.random(n)) * 365.25, 17.9 * 365.25)
        first, last = self.days[month], self.days[month + 1]
        start = first + 1 + (rng.random(n) * (last - first)).astype(int)
        group = np.where(rng.random(n) < 0.2, KIN, FOSTER)
        group = np.where((years >= 10) & (rng.random(n) < 0.2), HOMES, group)
        group = np.where((years >= 16) & (rng.random(n) < np.where(young, 0.6, 0.45)), SUPPORTED, group)
        group = np.where(~young & (rng.random(n) < 0.07), PARENTS, group)
        if many == 1:
            number = self._next + np.arange(n) if hasattr(self, "_next") else np.arange(n)
            self._next = int(number[-1]) + 1 if n else getattr(self, "_next", 0)
            self.rows += list(zip(number, start, group, strict=True))
        else:
            number = np.zeros(n, int)
        return {
            "number": number,
            "copy": np.r_[np.repeat(np.arange(many), other), np.repeat(np.arange(many), asylum)],
            "born": start - days.astype(int),
            "start": start,
            "end": np.full(n, NEVER),
            "way": np.full(n, -1),
            "group": group,
            "asylum": young,
            "frailty": rng.gamma(4, 1 / 4, n),
        }

    def _advance(self, state, month, rng, record=False) -> np.ndarray:
        """One month for everyone in care; returns who left."""
        first, last = self.days[month], self.days[month + 1]
        begin = np.maximum(state["start"], first)
        share = (last - begin) / (last - first)
        age, length = (begin - state["born"]) / 365.25, (begin - state["start"]) / 30.44
        ways = true_rates(age, length, state["group"], state["asylum"]) * state["frailty"] * self.exits[month] * share
        out, n = ways.sum(axis=0), len(age)
        leaves = rng.random(n) < -np.expm1(-out)
        way = (rng.random(n)[None, :] >= np.cumsum(ways, axis=0) / np.maximum(out, 1e-12)).sum(axis=0).clip(0, 2)
        day = begin + 1 + (rng.random(n) * np.maximum(last - begin, 1)).astype(int)
        grown = birthday(state["born"].astype(DAY), 18).astype(int)
        aged = (grown <= last) & (~leaves | (day >= grown))
        day, way, leaves = np.where(aged, grown, np.minimum(day, last)), np.where(aged, 3, way), leaves | aged
        state["end"], state["way"] = np.where(leaves, day, state["end"]), np.where(leaves, way, state["way"])
        moves = ~leaves & (rng.random(n) < move_rate(age, length, state["group"]) * share)
        if moves.any():
            to = destinations(age[moves], rng)
            new = np.where(to == state["group"][moves], np.where(to == KIN, FOSTER, KIN), to)
            state["group"][moves] = new
            if record:
                when = begin[moves] + 1 + (rng.random(moves.sum()) * np.maximum(last - begin[moves], 1)).astype(int)
                self.rows += list(zip(state["number"][moves], np.minimum(when, last), new, strict=True))
        return leaves

    def care(self) -> Care:
        """The record that a council would have, from the end of the burn-in on."""
        first = np.datetime64(int(self.days[BURN]) + 1, "D")
        order = np.argsort(self.children["number"])
        seen = {name: values[order] for name, values in self.children.items()}
        kept = seen["end"] >= first.astype(int)
        number = np.full(len(kept), -1)
        number[kept] = np.arange(kept.sum())
        rows = np.array(self.rows)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        rows = rows[kept[rows[:, 0]]]
        end = seen["end"][kept]
        missing = np.full(kept.sum(), np.datetime64("NaT", "D"))
        return Care(
            origin=np.datetime64(int(self.days[-1]), "D"),
            first=first,
            child=np.arange(kept.sum()),
            born=seen["born"][kept].astype(DAY),
            asylum=seen["asylum"][kept],
            asylum_until=missing,
            start=seen["start"][kept].astype(DAY),
            end=np.where(end == NEVER, missing, end.astype(DAY)),
            way=seen["way"][kept],
            censored=np.zeros(kept.sum(), bool),
            row_care=number[rows[:, 0]],
            row_start=rows[:, 1].astype(DAY),
            row_group=rows[:, 2].astype(np.int8),
        )

    def origins(self, every: int = 6) -> list[int]:
        """Months at whose ends forecasts are made, each with two years of truth after it."""
        return list(range(BURN + HISTORY - 24, BURN + HISTORY + 1, every))

    def day(self, month: int) -> np.datetime64:
        """The last day before a month."""
        return np.datetime64(int(self.days[month]), "D")

    def ceiling(self, month: int, horizon: int = 24, many: int = 60, seed: int = 0) -> np.ndarray:
        """The mean stock that the true rates lead to from the true state, the entries to come known in expectation."""
        rng = np.random.default_rng(seed)
        state = {name: np.tile(values, many) for name, values in self.saved[month].items()}
        state["copy"] = np.repeat(np.arange(many), len(self.saved[month]["born"]))
        means = []
        for ahead in range(month, month + horizon):
            entrants = self._entrants(ahead, rng, state, many)
            state = {name: np.concatenate([state[name], entrants[name]]) for name in state}
            left = self._advance(state, ahead, rng)
            state = {name: values[~left] for name, values in state.items()}
            means.append(len(state["born"]) / many)
        return np.array(means)


def _none() -> dict:
    whole = ("number", "copy", "born", "start", "end", "way", "group")
    return {name: np.zeros(0, int) for name in whole} | {"asylum": np.zeros(0, bool), "frailty": np.zeros(0)}


def true_rates(age, length, group, asylum) -> np.ndarray:
    """Rates a month of going home, permanence and other ends, three rows."""
    teen = np.clip((age - 11) / 6, 0, 1)
    home = (0.045 * np.exp(-length / 8) + 0.007) * (1 - 0.5 * teen)
    home = home * np.select([group == PARENTS, group == HOMES, group == SUPPORTED], [3.0, 0.8, 0.5], 1.0)
    home = np.where(asylum, 0.001, home)
    permanence = (
        0.06
        * np.exp(-(((length - 17) / 10) ** 2))
        * np.interp(age, [0, 2, 5, 9, 14, 16], [1.2, 1.2, 0.7, 0.3, 0.08, 0])
    )
    permanence = permanence * np.select([group == ADOPTION, group == KIN], [2.0, 1.4], 1.0) * ~asylum
    other = 0.002 + 0.012 * np.exp(-length / 5) + 0.008 * np.clip(age - 15.5, 0, 1)
    other = np.where(asylum, 0.12 * np.exp(-length / 2) + 0.006, other)
    return np.stack([home, permanence, other])


def move_rate(age, length, group) -> np.ndarray:
    """Chance of a move to another group in a month."""
    rate = 0.05 * np.exp(-length / 5) + 0.008 + 0.012 * np.clip((age - 11) / 5, 0, 1)
    return rate * np.select([group == HOMES, group == PARENTS], [1.4, 1.5], 1.0)


def destinations(age, rng) -> np.ndarray:
    """The group moved to, by age."""
    u = rng.random(len(age))
    child = np.select([u < 0.28, u < 0.7, u < 0.85], [KIN, FOSTER, ADOPTION], PARENTS)
    youth = np.select([u < 0.15, u < 0.5, u < 0.62], [KIN, FOSTER, PARENTS], HOMES)
    adult = np.select([u < 0.08, u < 0.25, u < 0.35, u < 0.55], [KIN, FOSTER, PARENTS, HOMES], SUPPORTED)
    return np.where(age < 5, child, np.where(age < 16, youth, adult))
