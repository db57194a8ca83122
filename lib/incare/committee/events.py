"""Events: what happened to everyone, such as an inspection or a pandemic, drawn beside figures with its day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from incare.committee.entries import EntryError, Place, day, each, known_keys, measures_of, needed, words

KEYS = ("date", "text", "measures", "measure", "since")


@dataclass(frozen=True)
class Event:
    """What happened on a day; without `measures` it may concern any. `since` asks for the counts since that day."""

    text: str
    on: date
    measures: tuple[str, ...] = ()
    since: bool = False
    place: Place = field(default=Place(), compare=False)


def read(entries: Iterable | None, places: Sequence[Place] = ()) -> tuple[Event, ...]:
    """Events from plain entries with `date` and `text`, oldest first.

    Raises `EntryError` for an unknown key, or an event without words or day.
    """
    return tuple(sorted(each(entries, places, _event), key=lambda event: event.on))


def _event(entry, place: Place) -> Event:
    if not isinstance(entry, dict):
        raise EntryError(f"{place.told()}: an event has `date` and `text`.")
    known_keys(entry, KEYS, "an event", place)
    text = words(entry, "text", "an event", place)
    on = day(needed(entry, "date", "an event", place), "date", place)
    return Event(text, on, measures_of(entry), entry.get("since") is True, place)


def marks(events: Iterable[Event], measures: Iterable[str] = ()) -> list[dict]:
    """What is drawn on charts: a dict with `measure`, `date` and `text` for each measure that an event concerns.

    An event without measures is drawn on all of `measures`.
    """
    every = tuple(measures)
    return [
        {"measure": name, "date": event.on.isoformat(), "text": event.text}
        for event in events
        for name in event.measures or every
    ]
