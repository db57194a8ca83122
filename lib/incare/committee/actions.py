"""Actions of a committee: open, due, overdue or closed on a day, with their parts, carried forward until closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from incare.committee.entries import EntryError, Place, day, each, keyed, measures_of, words
from incare.committee.text import cleaned

OPEN, DUE, OVERDUE, CLOSED = "open", "due", "overdue", "closed"
STANDINGS = (OVERDUE, DUE, OPEN, CLOSED)
DUE_WITHIN = timedelta(days=92)  # until the next quarter's meeting
KEYS = (
    *("text", "what", "measure", "measures", "date", "due", "closed", "outcome", "owner", "route", "asked_by"),
    *("parts", "id"),
)
PART_KEYS = ("text", "closed", "due", "owner")


@dataclass(frozen=True)
class Part:
    """One item of an action that has several: what, until when, and the day it was done."""

    text: str
    due: date | None = None
    closed: date | None = None
    owner: str = ""


@dataclass(frozen=True)
class Action:
    """What was agreed, on which day, for when and by whom; `owner` is a role, `route` the body it goes to.

    `measures` are the ids it is meant to change: with a day it is drawn on their charts. `closed` is the day it was
    done, with its `outcome` in words.
    """

    text: str
    measures: tuple[str, ...] = ()
    began: date | None = None
    due: date | None = None
    closed: date | None = None
    outcome: str = ""
    owner: str = ""
    route: str = ""
    asked_by: str = ""
    parts: tuple[Part, ...] = ()
    place: Place = field(default=Place(), compare=False)

    def standing(self, on: date) -> str:
        """`open`, `due` (within the next quarter), `overdue` or `closed` on a day, by its own day or an open part's.

        The day it is due counts as due, the day after as overdue.
        """
        if self.closed and self.closed <= on:
            return CLOSED
        waits = [part.due for part in self.parts if part.due and not (part.closed and part.closed <= on)]
        first = min([*waits, *([self.due] if self.due else [])], default=None)
        if first is None:
            return OPEN
        return OVERDUE if first < on else DUE if first <= on + DUE_WITHIN else OPEN

    def parts_done(self, on: date) -> int:
        """How many of its parts were done by a day."""
        return sum(bool(part.closed and part.closed <= on) for part in self.parts)


@dataclass(frozen=True)
class Standing:
    """An action as a pack prints it: its standing, whether an earlier quarter brought it, and days overdue."""

    action: Action
    standing: str
    carried: bool
    days_overdue: int = 0


def read(entries: Iterable | None, places: Sequence[Place] = ()) -> tuple[Action, ...]:
    """Actions from plain entries: a text, or keys of `KEYS` (`what` is read as `text`, `measure` as one of `measures`).

    Raises `EntryError` for an unknown key, an entry without words, a day that is none, or one closed before it began.
    """
    return each(entries, places, _action)


def _action(entry, place: Place) -> Action:
    entry = keyed(entry, "text", KEYS, "an action", place)
    text = words(entry, "text" if entry.get("text") or not entry.get("what") else "what", "an action", place)
    days = {name: day(entry.get(name), name, place) for name in ("date", "due", "closed")}
    if days["date"] and days["closed"] and days["closed"] < days["date"]:
        raise EntryError(f"{place.told()}: the action was closed before it began; correct `date` or `closed`.")
    return Action(
        text=text,
        measures=measures_of(entry),
        began=days["date"],
        due=days["due"],
        closed=days["closed"],
        parts=tuple(_part(part, place) for part in entry.get("parts") or ()),
        place=place,
        **{name: cleaned(entry.get(name)) for name in ("outcome", "owner", "route", "asked_by")},
    )


def _part(entry, place: Place) -> Part:
    entry = keyed(entry, "text", PART_KEYS, "a part of an action", place)
    text = words(entry, "text", "a part of an action", place)
    due, closed = (day(entry.get(name), name, place) for name in ("due", "closed"))
    return Part(text, due, closed, cleaned(entry.get("owner")))


def standing(actions: Iterable[Action], start: date, on: date) -> tuple[Standing, ...]:
    """The actions that the pack of a quarter prints, the most urgent first.

    `start` is the quarter's first day, `on` the day of the extract. An action agreed by then is there until it is
    closed; one closed since `start` is there once more, as closed. An action agreed before `start` is carried forward.
    **Source** Southwark's workshop minutes ("monitor progress on the above").
    """
    found = []
    for action in actions:
        if action.began and action.began > on:
            continue
        if action.closed and action.closed < start:
            continue
        now = action.standing(on)
        late = max((on - action.due).days, 0) if now == OVERDUE and action.due else 0
        found.append(Standing(action, now, bool(action.began and action.began < start), late))
    far = date.max
    return tuple(sorted(found, key=lambda f: (STANDINGS.index(f.standing), f.action.due or far)))


def marks(actions: Iterable[Action]) -> list[dict]:
    """What is drawn on charts: a dict with `measure`, `date` and `text` for each measure of each dated action."""
    return [
        {"measure": name, "date": action.began.isoformat(), "text": action.text}
        for action in actions
        if action.began
        for name in action.measures
    ]


def routed(actions: Iterable[Action], route: str) -> tuple[Action, ...]:
    """The actions that go to one body, such as the SEN Strategy Board; capitals do not matter."""
    return tuple(action for action in actions if action.route.lower() == route.strip().lower())
