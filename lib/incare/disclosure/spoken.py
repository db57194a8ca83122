"""Numbers in pages, alternative texts and file names that no released cell explains (attack D10)."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from incare.disclosure.protect import Rules
from incare.disclosure.released import data_files, read_manifest

_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w.])\d+(?:\.\d+)?(?!\w)")
# A number of people, as sentences say it.
_PEOPLE = re.compile(
    r"(?<![\w.,–-])(\d{1,3}(?:,\d{3})+|\d+) (?:more |fewer )?(?:children|young people|care leavers|people|cases|rows)\b"
)
_SPOKEN = {"alt", "title", "aria-label", "content", "aria-description"}
# What is worked out from protected figures, or says so: axes, limits, past errors, and an adviser's share.
_DERIVED = re.compile(
    r"axis starts at [\d,.]+|(?:Mean [\d,.]+, )?(?:interval|limits) [\d,.]+ to [\d,.]+|about [\d,.]+"
    r"|at \d+ [\w ]+ each|with places for [\d,.]+"
)
_LONGEST = 60  # of the words that say where a number stands


class _Words(HTMLParser):
    """Collects what a page says: its text, alternative texts and titles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag, attrs):
        self._inside += tag in ("style", "script")
        self.found += [value for name, value in attrs if name in _SPOKEN and value]

    def handle_endtag(self, tag):
        self._inside -= tag in ("style", "script")

    def handle_data(self, data):
        if not self._inside and data.strip():
            self.found.append(data.strip())


def words(page: str) -> list[str]:
    """The pieces of text of a page, alternative texts and titles among them."""
    reader = _Words()
    reader.feed(page)
    return reader.found


def unexplained(folder: str | Path, rules: Rules | None = None) -> pd.DataFrame:
    """Places where a page says a number of people that was not rounded, or a large number that nothing explains.

    Explained are the numbers of the data files and of the manifest, definitions, years, and multiples of the base.
    Returns `file, place` (which piece of text it is) and `words`, how that text reads without any of its numbers. It
    cannot tell a small percentage from a count without its noun; the tables and charts are made from protected cells.
    """
    folder, rules = Path(folder), rules or Rules()
    known = _released(folder) | _numbers_of(str(read_manifest(folder))) | _of_definitions()
    found = []
    for file in sorted(folder.rglob("*.html")):
        for place, text in enumerate([file.stem, *words(file.read_text(encoding="utf-8"))]):
            if _betrays(text, known, rules):
                found.append((file.relative_to(folder).as_posix(), place, _without_numbers(text)))
    return pd.DataFrame(found, columns=["file", "place", "words"])


def _without_numbers(text: str) -> str:
    """The words around the first number of people or the first number at all, every number as `…`."""
    first = _PEOPLE.search(text) or _NUMBER.search(text)
    start = max(first.start() - _LONGEST // 2, 0) if first else 0
    return re.sub(r"\d[\d,.]*", "…", text[start:])[:_LONGEST].strip()


def _betrays(text: str, known: set[str], rules: Rules) -> bool:
    text = _DERIVED.sub("", text)
    for said in _PEOPLE.finditer(text):
        # A definition may speak of a number of people, such as caseloads of 16 children.
        # Fewer than the least count that is printed is what any hidden figure says.
        limit = said.group(1) == str(rules.hide_to + 1) and text[: said.start()].endswith("fewer than ")
        if int(said.group(1).replace(",", "")) % rules.base and not limit and said.group() not in _definitions():
            return True
    return any(_is_odd(number, known, rules) for number in _numbers_of(text))


def _is_odd(number: str, known: set[str], rules: Rules) -> bool:
    if "." in number or number in known or len(number) > 7:
        return False
    value = int(number)
    return value > 100 and value % rules.base != 0 and not 1900 <= value <= 2100


def _numbers_of(text: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(text)}


def _released(folder: Path) -> set[str]:
    frames = [pd.read_csv(file, dtype=str, keep_default_na=False) for file in data_files(folder)]
    return {n for frame in frames for value in pd.unique(frame.to_numpy().ravel()) for n in _numbers_of(value)}


@cache
def _definitions() -> str:
    from incare.measures import catalogue
    from incare.record.rules import RULES

    return " ".join(str((m.definition, m.choices, m.breaks, m.title)) for m in catalogue()) + str(RULES)


@cache
def _of_definitions() -> frozenset[str]:
    return frozenset(_numbers_of(_definitions()))
