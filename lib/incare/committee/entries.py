"""Reading entries: a list in the params file or in a YAML or CSV file beside it, each entry with its file and line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml

from incare import plain_yaml
from incare.committee.text import cleaned

FILES = (".yaml", ".yml", ".csv")
Made = TypeVar("Made")


class EntryError(ValueError):
    """An entry that cannot be used, with its file and line, what was found and what to do."""


@dataclass(frozen=True)
class Place:
    """Where an entry stands; line 0 when only the file is known."""

    file: str = ""
    line: int = 0

    def told(self) -> str:
        """`actions.yaml, line 4`, as a message begins."""
        return f"{self.file}, line {self.line}" if self.line else self.file or "the params file"


def is_file(value) -> bool:
    """Whether a value names a file of entries."""
    return isinstance(value, str) and value.lower().endswith(FILES) and "\n" not in value


def load(path: Path) -> tuple[object, dict[tuple, int]]:
    """The content of a YAML or CSV file, and the line on which each entry begins, by its path of keys.

    A CSV file (UTF-8, names in the first row) is a list of mappings; cells left blank are keys not given.
    Raises `EntryError` when the file is not there, or not what its ending says.
    """
    text = text_of(path)
    return _csv(text, path) if path.suffix.lower() == ".csv" else _yaml(text, path)


def text_of(path: Path) -> str:
    """The text of a UTF-8 file, without the mark that some programs put before it.

    Raises `EntryError` when the file is not there, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise EntryError(f"{path.name} is not there. Paths start at the params file.") from None
    except UnicodeDecodeError:
        raise EntryError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None


def _yaml(text: str, path: Path) -> tuple[object, dict[tuple, int]]:
    try:
        return plain_yaml.load(text), lines_of(plain_yaml.compose(text))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise EntryError(f"{path.name}{where}: not YAML ({getattr(problem, 'problem', None)}).") from None


def lines_of(node, at: tuple = ()) -> dict[tuple, int]:
    """The line of every key path of a YAML node."""
    found = {}
    if isinstance(node, yaml.MappingNode):
        parts = [(key.value, key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        parts = [(place, value, value) for place, value in enumerate(node.value)]
    else:
        return found
    for name, key, value in parts:
        found[(*at, name)] = key.start_mark.line + 1
        found |= lines_of(value, (*at, name))
    return found


def _csv(text: str, path: Path) -> tuple[list[dict], dict[tuple, int]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise EntryError(f"{path.name}: not CSV ({problem}).") from None
    if not rows:
        return [], {}
    names = [name.strip() for name in rows[0][1]]
    ragged = next((number for number, row in rows[1:] if len(row) != len(names)), 0)
    if ragged:
        raise EntryError(f"{path.name}, line {ragged}: {len(names)} cells were needed, as in the first row.")
    found = [{n: _read(cell) for n, cell in zip(names, row, strict=True) if cell.strip()} for _, row in rows[1:]]
    return found, {(place,): number for place, (number, _) in enumerate(rows[1:])}


def _read(cell: str):
    """A cell as YAML would read it, so that dates, numbers and yes or no mean the same in both kinds of file."""
    try:
        value = yaml.safe_load(cell)
    except yaml.YAMLError:
        return cell.strip()
    return cell.strip() if isinstance(value, dict | list) else value


def each(entries: Iterable | None, places: Sequence[Place], made: Callable[[object, Place], Made]) -> tuple[Made, ...]:
    """What `made` makes of each entry and its place, in order; entries without a place stand in the params file.

    Raises what `made` raises.
    """
    given = list(entries or ())
    known = [*places, *[Place()] * (len(given) - len(places))]
    return tuple(made(entry, place) for entry, place in zip(given, known, strict=True))


def keyed(entry, main: str, keys: Iterable[str], what: str, place: Place) -> Mapping:
    """An entry as keys and values, all of them known; a text alone is the value of `main`.

    `what` names the kind of entry in messages, such as "an action". Raises `EntryError` for anything else.
    """
    if isinstance(entry, str):
        return {main: entry}
    if not isinstance(entry, Mapping):
        some = ", ".join(f"`{name}`" for name in list(keys)[:3])
        raise EntryError(f"{place.told()}: {what} is a text, or keys such as {some}.")
    known_keys(entry, keys, what, place)
    return entry


def words(entry: Mapping, name: str, what: str, place: Place) -> str:
    """The cleaned text of a key that must have one; `EntryError` when nothing is left of it."""
    said = cleaned(needed(entry, name, what, place))
    if not said:
        raise EntryError(f"{place.told()}: {what} needs `{name}` in words; only marks or markup were found.")
    return said


def measures_of(entry: Mapping) -> tuple[str, ...]:
    """The measures an entry names: a list as `measures`, or one as `measure` or `measures`."""
    named = entry.get("measures") or entry.get("measure") or ()
    return (named,) if isinstance(named, str) else tuple(named)


def day(value, what: str, place: Place) -> date | None:
    """A day as a date; None when it was not given.

    Raises `EntryError` for anything but `yyyy-mm-dd`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise EntryError(f"{place.told()}: `{what}` is a day as yyyy-mm-dd; found `{str(value)[:20]}`.") from None


def known_keys(entry: Mapping, known: Iterable[str], what: str, place: Place) -> None:
    """Refuse a key that an entry cannot have, with the nearest one it can, and an entry without keys.

    Raises `EntryError`.
    """
    import difflib

    if not isinstance(entry, Mapping):
        found = "nothing" if entry is None else type(entry).__name__
        raise EntryError(f"{place.told()}: {what} needs keys with values; found {found}.")
    names = list(known)
    for name in entry:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, 1, 0.6)
            hint = f"; did you mean `{near[0]}`?" if near else f"; there are: {', '.join(names)}."
            raise EntryError(f"{place.told()}: `{name}` is not a key of {what}{hint}")


def whole(value, what: str, place: Place) -> int | None:
    """A number of 0 or more without a fraction; None when it was not given.

    Raises `EntryError` for anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise EntryError(f"{place.told()}: `{what}` is a whole number, 0 or more.")
    return value


def needed(entry: Mapping, name: str, what: str, place: Place):
    """The value of a key that must be there; `EntryError` when it is missing or blank."""
    value = entry.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise EntryError(f"{place.told()}: {what} needs `{name}`.")
    return value
