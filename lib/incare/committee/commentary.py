"""Commentary: what the service says about a measure, a topic or the whole, this quarter or carried from an earlier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from incare.committee.entries import EntryError, Place, keyed, needed
from incare.committee.text import cleaned
from incare.periods import Quarter

OVERALL = "overall"
KEYS = ("about", "text", "quarter", "by", "unexplained", "closed")


@dataclass(frozen=True)
class Comment:
    """What was said `about` a measure, a topic or the whole (`overall`) in a quarter, by a role.

    `unexplained` says that the reason is not known yet, which is a legal answer. Without a `quarter` it belongs to the
    run at hand; `closed` is the quarter from which it is no longer carried.
    """

    about: str
    text: str
    quarter: str = ""
    by: str = ""
    unexplained: bool = False
    closed: str = ""
    place: Place = field(default=Place(), compare=False)


def read(given, lines: Mapping[tuple, int] | None = None, file: str = "") -> tuple[Comment, ...]:
    """Comments from `{about: text}`, `{about: entry}`, `{about: [entries]}` or a list of entries with `about`.

    An entry has the keys of `KEYS`. `lines` gives the line of each key path. Raises `EntryError` for an unknown key, a
    quarter that is none, or an entry with neither words nor `unexplained`.
    """
    lines = lines or {}
    found = []
    for at, about, entry in _spread(given or {}):
        place = Place(file, next((lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in lines), 0))
        found.append(_comment(about, entry, place))
    return tuple(found)


def _spread(given) -> Iterable[tuple[tuple, str | None, object]]:
    if isinstance(given, Mapping):
        for about, value in given.items():
            if isinstance(value, list):
                yield from (((about, n), str(about), entry) for n, entry in enumerate(value))
            else:
                yield (about,), str(about), value
    else:
        yield from (((n,), None, entry) for n, entry in enumerate(given))


def _comment(about: str | None, entry, place: Place) -> Comment:
    entry = keyed(entry, "text", KEYS, "a comment", place)
    about = str(about or needed(entry, "about", "a comment", place))
    text, unexplained = cleaned(entry.get("text")), entry.get("unexplained") is True
    if not text and not unexplained:
        raise EntryError(f"{place.told()}: the comment about `{about}` needs `text`, or `unexplained: true`.")
    said = {name: _quarter(entry.get(name), name, place) for name in ("quarter", "closed")}
    return Comment(about, text, by=cleaned(entry.get("by")), unexplained=unexplained, place=place, **said)


def _quarter(label, what: str, place: Place) -> str:
    if not label:
        return ""
    try:
        return Quarter.parse(str(label)).label
    except ValueError as problem:
        raise EntryError(f"{place.told()}: `{what}`: {problem}") from None


def current(comments: Iterable[Comment], quarter: str) -> dict[str, Comment]:
    """The comment in force about each thing in a quarter: its own, or the newest earlier one that is not closed."""
    now = _number(quarter)
    found: dict[str, Comment] = {}
    for comment in sorted(comments, key=lambda c: _number(c.quarter or quarter)):
        if _number(comment.quarter or quarter) <= now:
            found[comment.about] = comment
    return {about: c for about, c in found.items() if not (c.closed and _number(c.closed) <= now)}


def said(comments: Iterable[Comment], quarter: str) -> dict[str, str]:
    """What a page prints about each thing: the words, with the quarter they come from when it is an earlier one."""
    return {about: _said(comment, quarter) for about, comment in current(comments, quarter).items()}


def _said(comment: Comment, quarter: str) -> str:
    early = f"From {comment.quarter}: " if comment.quarter and comment.quarter != quarter else ""
    since = f" since {comment.quarter}" if early else ""
    unknown = f"Unexplained{since}: the reason is not known yet." if comment.unexplained else ""
    words = comment.text if comment.unexplained else f"{early}{comment.text}"
    by = f" ({comment.by})" if comment.by else ""
    return " ".join(part for part in (unknown, words) if part) + by


def _number(label: str) -> int:
    """Quarters in a row as whole numbers."""
    start = Quarter.parse(label).start
    return start.year * 4 + (start.month - 1) // 3


def lacking(comments: Iterable[Comment], mandatory: Iterable[str], quarter: str) -> list[str]:
    """The mandatory sections about which nothing is said in a quarter."""
    there = current(comments, quarter)
    return [name for name in mandatory if name not in there]
