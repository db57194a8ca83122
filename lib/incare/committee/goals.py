"""Goals: what is to be reached, who answers for it and with whom, and whether young people put it first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from incare.committee.entries import Place, each, keyed, words
from incare.committee.text import cleaned

KEYS = ("goal", "measure", "owner", "partner", "young_peoples_priority", "how")


@dataclass(frozen=True)
class Goal:
    """A goal in words, the measure it is held against, its owner (a role), partner bodies, and how it is pursued."""

    goal: str
    measure: str = ""
    owner: str = ""
    partner: str = ""
    young_peoples_priority: bool = False
    how: str = ""
    place: Place = field(default=Place(), compare=False)


def read(entries: Iterable | None, places: Sequence[Place] = ()) -> tuple[Goal, ...]:
    """Goals from plain entries with the keys of `KEYS`, or a text each.

    Raises `EntryError` for an unknown key or a goal without words.
    """
    return each(entries, places, _goal)


def _goal(entry, place: Place) -> Goal:
    entry = keyed(entry, "goal", KEYS, "a goal", place)
    text = words(entry, "goal", "a goal", place)
    said = {name: cleaned(entry.get(name)) for name in ("measure", "owner", "partner", "how")}
    first = entry.get("young_peoples_priority") is True
    return Goal(text, young_peoples_priority=first, place=place, **said)


def unmatched(goals: Iterable[Goal], targets: Iterable[str]) -> tuple[list[Goal], list[str]]:
    """Goals without a measure, and measures that have a target but no goal."""
    goals = list(goals)
    linked = {goal.measure for goal in goals}
    return [goal for goal in goals if not goal.measure], [name for name in targets if name not in linked]
