"""The authorities that do not exist: their names, sizes and the figures each is built to show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from incare.sample import dates

NAMES = ("Northmere", "Southmere", "Eastmere", "Midmere", "Overmere", "Nethermere", "Farmere", "Nearmere")


@dataclass(frozen=True)
class Aim:
    """A share in percent: where it stood when the history begins, where it ends, and how much it wobbles between."""

    begin: float
    end: float
    wobble: float = 1.5

    def path(self, rng: np.random.Generator, steps: int, moving: int) -> np.ndarray:
        """Shares (0 to 1) for each step: level, then a slow drift over the last `moving` steps to exactly the end."""
        drift = np.clip((np.arange(steps) - (steps - 1 - moving)) / max(moving, 1), 0, 1)
        wobble = np.zeros(steps)
        for step, shock in enumerate(rng.normal(0, self.wobble, steps)[1:], start=1):
            wobble[step] = 0.6 * wobble[step - 1] + shock
        wobble *= np.clip((steps - 1 - np.arange(steps)) / 3, 0, 1)
        return np.clip(self.begin + (self.end - self.begin) * drift + wobble, 1, 99) / 100


@dataclass(frozen=True)
class Aims:
    """The figures at the end of the last return that an authority is built to show; see `authority`."""

    care_plans: Aim = Aim(86, 91)
    pathway_plans: Aim = Aim(80, 86)
    eet: Aim = Aim(53, 55)
    contacts: Aim = Aim(75, 82)
    uasc_plans_lag: float = 4.0
    personal_advisers: float | None = None
    not_receiving: int | None = None
    survey: tuple[float, float] = (0.35, 0.55)
    bed_and_breakfast_stays: int | None = None


AIMS = {
    None: Aims(),
    # Seed 1: red care plans and pathway plans, unaccompanied children furthest behind.
    "croydon": Aims(Aim(86, 74), Aim(80, 70), Aim(61, 58), Aim(86, 81), uasc_plans_lag=13.0),
    # Seed 3: all improving; 6.5 advisers with up to 24 each; 249 letters, 61 % of respondents want a service.
    "worcestershire": Aims(
        Aim(85, 89),
        Aim(66, 79),
        Aim(53, 61),
        Aim(31, 50),
        personal_advisers=6.5,
        not_receiving=249,
        survey=(0.40, 0.61),
        bed_and_breakfast_stays=2,
    ),
}
LIKE = ("croydon", "worcestershire")


@dataclass(frozen=True)
class Area:
    """One authority to invent: what it is called, how large it is and which years are returned."""

    name: str
    seed: int
    children: int
    years: int
    ending: int
    like: str | None

    @property
    def slug(self) -> str:
        """The name as a folder."""
        return self.name.lower().replace(" ", "-")

    @cached_property
    def first(self) -> int:
        """First day of the first return."""
        return dates.year_bounds(self.ending - self.years + 1)[0]

    @cached_property
    def last(self) -> int:
        """Last day of the last return."""
        return dates.year_bounds(self.ending)[1]

    @property
    def returns(self) -> range:
        """The years of the returns."""
        return range(self.ending - self.years + 1, self.ending + 1)

    @property
    def aims(self) -> Aims:
        """The figures this authority is built to show."""
        return AIMS[self.like]

    def scaled(self, count: float) -> float:
        """A number stated for 650 children, for this authority's size."""
        return count * self.children / 650


def area(place: int, seed: int, children: int, years: int, ending: int) -> Area:
    """The authority at a place in the list: the first like Croydon, the second like Worcestershire, then plain ones."""
    name = NAMES[place] if place < len(NAMES) else f"Lakemere {place + 1}"
    like = LIKE[place] if place < len(LIKE) else None
    return Area(name, seed + place, children, years, ending, like)


def checked(area: Area) -> Area:
    """The same area, or a `ValueError` that says which setting cannot be used and what can."""
    limits = {"children": (40, 5000), "years": (1, 10), "ending": (2019, 2027)}
    for name, (low, high) in limits.items():
        if not low <= getattr(area, name) <= high:
            raise ValueError(f"{name} must be from {low} to {high}; found {getattr(area, name)}.")
    if area.like not in AIMS:
        raise ValueError(f'like must be "croydon", "worcestershire" or None; found "{area.like}".')
    return area
