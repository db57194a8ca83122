"""Supplementary figures: one number with a day of its own, such as "as of last week, no child missing"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from incare.committee.entries import EntryError, Place, day, each, known_keys, needed, words
from incare.committee.text import cleaned

KEYS = ("figure", "value", "as_at", "of", "source")
CHILDREN = "children"


@dataclass(frozen=True)
class Figure:
    """A number with its words, day and source; `of` says of what: children, or something else such as posts."""

    figure: str
    value: float
    as_at: date
    of: str = CHILDREN
    source: str = ""
    place: Place = field(default=Place(), compare=False)


def read(entries: Iterable | None, places: Sequence[Place] = ()) -> tuple[Figure, ...]:
    """Figures from plain entries with the keys of `KEYS`.

    Raises `EntryError` for an unknown key, or an entry without words, number or day.
    """
    return each(entries, places, _figure)


def _figure(entry, place: Place) -> Figure:
    if not isinstance(entry, dict):
        raise EntryError(f"{place.told()}: a supplementary figure has `figure`, `value` and `as_at`.")
    known_keys(entry, KEYS, "a supplementary figure", place)
    text = words(entry, "figure", "a supplementary figure", place)
    value = needed(entry, "value", "a supplementary figure", place)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise EntryError(f"{place.told()}: `value` is a number, 0 or more.")
    as_at = day(needed(entry, "as_at", "a supplementary figure", place), "as_at", place)
    return Figure(text, value, as_at, cleaned(entry.get("of")) or CHILDREN, cleaned(entry.get("source")), place)
