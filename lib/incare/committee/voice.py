"""Voice: what young people say, by survey, theme, quote and inspection, each with its source, date and number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from incare.committee.entries import EntryError, Place, day, known_keys, needed, whole, words
from incare.committee.text import cleaned

KINDS = ("survey", "themes", "quotes", "inspections", "audits", "waits")
KEYS = {
    "survey": ("theme", "question", "agree", "answered", "asked", "measure", "source", "date"),
    "themes": ("theme", "text", "n", "source", "date", "measure"),
    "quotes": ("theme", "text", "consent", "source", "date"),
    "inspections": ("theme", "place", "findings", "visited", "good", "by", "source", "date", "measure"),
    "audits": ("of", "grade", "number", "source", "date"),
    "waits": ("what", "asked", "ended", "source"),
}


@dataclass(frozen=True)
class Answer:
    """One survey question: how many were asked, answered and agreed; `measure` is the recorded figure beside it."""

    theme: str
    question: str
    agree: int
    answered: int
    asked: int | None
    measure: str
    source: str
    on: date


@dataclass(frozen=True)
class Words:
    """What was said: a theme as summed up from the words of `n` young people, or a quote of one of them.

    A quote without consent is never kept beyond reading (`Voice.withheld` counts them).
    """

    theme: str
    text: str
    source: str
    on: date
    n: int | None = None
    measure: str = ""


@dataclass(frozen=True)
class Inspection:
    """A visit of young inspectors to homes of one kind: how many they saw, how many they found good, what they said."""

    theme: str
    place: str
    findings: str
    visited: int | None
    good: int | None
    by: str
    source: str
    on: date
    measure: str = ""


@dataclass(frozen=True)
class Audit:
    """How many files of a kind were given a grade in an audit."""

    of: str
    grade: str
    number: int
    source: str
    on: date


@dataclass(frozen=True)
class Wait:
    """One wait, such as for a flat: when it was asked for and when it ended; open while `ended` is missing."""

    what: str
    asked: date
    ended: date | None
    source: str


@dataclass(frozen=True)
class Voice:
    """All that was handed in; `withheld` is the number of quotes left out for want of consent."""

    survey: tuple[Answer, ...] = ()
    themes: tuple[Words, ...] = ()
    quotes: tuple[Words, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    audits: tuple[Audit, ...] = ()
    waits: tuple[Wait, ...] = field(default=(), repr=False)
    withheld: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was handed in."""
        return not any(getattr(self, kind) for kind in KINDS) and not self.withheld

    def theme_names(self) -> tuple[str, ...]:
        """The themes in the order in which they first appear."""
        parts = (*self.survey, *self.themes, *self.inspections, *self.quotes)
        return tuple(dict.fromkeys(part.theme for part in parts if part.theme))

    def until(self, on: date) -> Voice:
        """What had been said by a day: a pack of an earlier quarter knows nothing of later surveys."""
        kept = {k: tuple(p for p in getattr(self, k) if p.on <= on) for k in KINDS if k != "waits"}
        waits = tuple(Wait(w.what, w.asked, w.ended if w.ended and w.ended <= on else None, w.source)
                      for w in self.waits if w.asked <= on)  # fmt: skip
        return Voice(**kept, waits=waits, withheld=self.withheld)


def spread(given) -> list[tuple[str, object, tuple]]:
    """Every entry with its kind and its path of keys.

    `given` is `{kind: [entries]}`, or a list of entries that say their `kind`; a text alone is a theme.
    Raises `EntryError` for a kind that is none.
    """
    found = []
    if isinstance(given, Mapping):
        for kind, entries in given.items():
            _kind(kind)
            found += [(kind, entry, (kind, n)) for n, entry in enumerate(entries or ())]
        return found
    for n, entry in enumerate(given or ()):
        kind = "themes" if isinstance(entry, str) else _kind(entry.get("kind", "themes"))
        bare = entry if isinstance(entry, str) else {key: v for key, v in entry.items() if key != "kind"}
        found.append((kind, bare, (n,)))
    return found


def _kind(name: str) -> str:
    plural = {"theme": "themes", "quote": "quotes", "inspection": "inspections", "audit": "audits", "wait": "waits"}
    name = plural.get(name, name)
    if name not in KINDS:
        raise EntryError(f"`{name}` is no kind of voice; there are: {', '.join(KINDS)}.")
    return name


def read(given, places: Mapping[tuple, Place] | None = None) -> Voice:
    """Voices from plain entries, by kind, with the keys of `KEYS`.

    A quote is kept only with `consent: true`. Raises `EntryError` for an unknown key or kind, an entry without source
    or date, or more who agree than who answered.
    """
    places = places or {}
    found: dict[str, list] = {kind: [] for kind in KINDS}
    withheld = 0
    for kind, entry, at in spread(given):
        place = places.get(at, Place())
        if isinstance(entry, str):
            raise EntryError(f"{place.told()}: what was said needs `theme`, `text`, `source` and `date`.")
        known_keys(entry, KEYS[kind], f"an entry of `{kind}`", place)
        if kind == "quotes" and entry.get("consent") is not True:
            withheld += 1
            continue
        found[kind].append(_MAKERS[kind](entry, place))
    return Voice(**{kind: tuple(parts) for kind, parts in found.items()}, withheld=withheld)


def _said(entry: Mapping, place: Place) -> dict:
    """Source and day, which everything must have."""
    on = day(needed(entry, "date", "every voice", place), "date", place)
    return {"source": cleaned(needed(entry, "source", "every voice", place)), "on": on}


def _answer(entry: Mapping, place: Place) -> Answer:
    agree, answered = (whole(needed(entry, n, "a survey question", place), n, place) for n in ("agree", "answered"))
    asked = whole(entry.get("asked"), "asked", place)
    if agree > answered or (asked is not None and answered > asked):
        raise EntryError(f"{place.told()}: some of those asked answer, and some of these agree; they do not fit.")
    text = words(entry, "question", "a survey question", place)
    theme, measure = (str(entry.get(name) or "") for name in ("theme", "measure"))
    return Answer(theme, text, agree, answered, asked, measure, **_said(entry, place))


def _theme(entry: Mapping, place: Place) -> Words:
    about, text = str(needed(entry, "theme", "a theme", place)), words(entry, "text", "a theme", place)
    n = whole(entry.get("n"), "n", place)
    return Words(about, text, n=n, measure=str(entry.get("measure") or ""), **_said(entry, place))


def _quote(entry: Mapping, place: Place) -> Words:
    return Words(str(entry.get("theme") or ""), words(entry, "text", "a quote", place), **_said(entry, place))


def _inspection(entry: Mapping, place: Place) -> Inspection:
    visited, good = (whole(entry.get(name), name, place) for name in ("visited", "good"))
    if good is not None and (visited is None or good > visited):
        raise EntryError(f"{place.told()}: of the homes visited some are found good; the numbers do not fit.")
    said = {name: cleaned(entry.get(name)) for name in ("place", "findings", "by")}
    theme, measure = (str(entry.get(name) or "") for name in ("theme", "measure"))
    return Inspection(theme, visited=visited, good=good, measure=measure, **said, **_said(entry, place))


def _audit(entry: Mapping, place: Place) -> Audit:
    of, grade = (str(needed(entry, name, "an audit", place)) for name in ("of", "grade"))
    return Audit(of, grade, whole(needed(entry, "number", "an audit", place), "number", place), **_said(entry, place))


def _wait(entry: Mapping, place: Place) -> Wait:
    asked = day(needed(entry, "asked", "a wait", place), "asked", place)
    ended = day(entry.get("ended"), "ended", place)
    if ended and ended < asked:
        raise EntryError(f"{place.told()}: the wait ended before it began; correct `asked` or `ended`.")
    return Wait(str(needed(entry, "what", "a wait", place)), asked, ended, cleaned(entry.get("source")))


_MAKERS = {
    "survey": _answer,
    "themes": _theme,
    "quotes": _quote,
    "inspections": _inspection,
    "audits": _audit,
    "waits": _wait,
}


def name_of(text: str) -> str:
    """A short name in small letters from a few words, such as those of a survey question."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]


def waits_of(voice: Voice) -> dict[str, list[Wait]]:
    """The waits by what was waited for."""
    found: dict[str, list[Wait]] = {}
    for wait in voice.waits:
        found.setdefault(wait.what, []).append(wait)
    return found


def texts(voice: Voice) -> Iterable[str]:
    """Every text that a page may print of what was said."""
    yield from (theme.text for theme in voice.themes)
    yield from (quote.text for quote in voice.quotes)
    yield from (found.findings for found in voice.inspections)
