"""The ledger of what was released: one line per pack, each holding the hash of the line before it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd

from incare.disclosure.protect import SHOWN
from incare.disclosure.released import COLUMNS, LABELS
from incare.disclosure.turns import in_turn

NAME = "ledger.jsonl"
START = "0" * 64
_DATES = ("period_start", "period_end")


class LedgerError(ValueError):
    """A ledger that was changed, torn or cannot be written, with the line."""


@dataclass(frozen=True)
class Entry:
    """One release: its name, area and time, the digest of its cells, its own hash and that of the entry before."""

    number: int
    release: str
    area: str
    at: str
    digest: str
    previous: str
    hash: str
    rows: list = field(repr=False)

    def cells(self) -> pd.DataFrame:
        """The released cells, as `released` returns them."""
        return _frame(self.rows)


def place(pack: str | os.PathLike) -> Path:
    """The ledger of a published pack `reports/<area>/<quarter>`: `reports/ledger.jsonl`."""
    return Path(pack).resolve().parents[1] / NAME


def digest(cells: pd.DataFrame) -> str:
    """The hash of released cells, whatever their order."""
    return _digest(_rows(cells))


def read(path: str | os.PathLike) -> list[Entry]:
    """Every entry of a ledger, oldest first; none where there is no ledger.

    Raises `LedgerError` naming the first line that was changed, removed, put in or torn. Lines cut off at the end
    leave no trace in the file itself: a pack that is in no line shows it (`incare audit`).
    """
    path = Path(path)
    if not path.exists():
        return []
    entries: list[Entry] = []
    previous = START
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
        entry = _entry(line, path, number)
        if entry.number != number or entry.previous != previous or _hash(entry) != entry.hash:
            raise LedgerError(f"{path.name}, line {number}: the ledger was changed. Restore it from a copy.")
        if _digest(entry.rows) != entry.digest:
            raise LedgerError(f"{path.name}, line {number}: the cells were changed. Restore the ledger from a copy.")
        entries.append(entry)
        previous = entry.hash
    if not path.read_bytes().endswith(b"\n") and path.stat().st_size:
        raise LedgerError(f"{path.name}, line {len(entries) + 1}: the last line is torn. Remove it and publish again.")
    return entries


def append(path: str | os.PathLike, cells: pd.DataFrame, at: datetime) -> Entry:
    """Record one release at the end of a ledger, and wait until it is on the disk.

    `cells` are those of one release and area, as `released` returns them. A release recorded already with the same
    cells is not recorded twice. Other processes wait their turn. Raises `LedgerError` for a ledger that does not hold
    together, or cannot be written.
    """
    path = Path(path)
    names = cells[["release", "area"]].drop_duplicates()
    if len(names) != 1:
        raise LedgerError(f"One release of one area can be recorded at a time; found {len(names)}.")
    release, area = (str(name) for name in names.iloc[0])
    try:
        with in_turn(path):
            return _appended(path, release, area, _rows(cells), at)
    except OSError as problem:
        raise LedgerError(f"{path} cannot be written: {problem.strerror or type(problem).__name__}.") from None


def _appended(path: Path, release: str, area: str, rows: list, at: datetime) -> Entry:
    entries = read(path)
    same = [entry for entry in entries if entry.release == release and entry.digest == _digest(rows)]
    if same:
        return same[-1]
    previous = entries[-1].hash if entries else START
    entry = Entry(len(entries) + 1, release, area, at.isoformat(timespec="seconds"), _digest(rows), previous, "", rows)
    entry = Entry(**{**entry.__dict__, "hash": _hash(entry)})
    line = json.dumps(entry.__dict__, ensure_ascii=False, sort_keys=True) + "\n"
    with path.open("a", encoding="utf-8", newline="\n") as file:
        before = file.tell()
        try:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.truncate(path, before)
            raise
    return entry


def mend(path: str | os.PathLike) -> bool:
    """Remove a last line that was never written whole, as a run killed in the middle leaves it; says whether it did.

    What it was about is not lost: the pack stands published, and a run records every pack that no line knows.
    Raises `LedgerError` when the ledger cannot be written.
    """
    path = Path(path)
    if not path.exists():
        return False
    try:
        with in_turn(path):
            written = path.read_bytes()
            whole = written.rfind(b"\n") + 1
            if whole == len(written):
                return False
            os.truncate(path, whole)
    except OSError as problem:
        raise LedgerError(f"{path} cannot be written: {problem.strerror or type(problem).__name__}.") from None
    return True


def cells_of(entries: list[Entry], area: str, without: str = "") -> pd.DataFrame:
    """The cells of every release of an area, oldest first, but for the release called `without`."""
    parts = [entry.cells() for entry in entries if entry.area == area and entry.release != without]
    return pd.concat(parts, ignore_index=True) if parts else _frame([])


def _entry(line: str, path: Path, number: int) -> Entry:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        raise LedgerError(f"{path.name}, line {number} cannot be read. Restore the ledger from a copy.") from None


def _hash(entry: Entry) -> str:
    facts = {name: value for name, value in entry.__dict__.items() if name not in ("hash", "rows")}
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _digest(rows: list) -> str:
    lines = sorted(json.dumps(row, ensure_ascii=False) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _rows(cells: pd.DataFrame) -> list:
    """Cells as plain values; those that say nothing at all are left out."""
    kept = cells[cells["status"].isin([*SHOWN, "c"]) | (cells["denominator"] == 0)]
    text = kept[[*COLUMNS, *LABELS]].assign(**{name: kept[name].dt.strftime("%Y-%m-%d") for name in _DATES})
    plain = text.astype(object).where(text.notna(), None)
    return [[_plain(value) for value in row] for row in plain.to_numpy().tolist()]


def _plain(value):
    return int(value) if isinstance(value, float) and value == int(value) else value


def _frame(rows: list) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *LABELS])
    figures = {name: frame[name].astype(float) for name in ("numerator", "denominator", "value")}
    dates = {name: pd.to_datetime(frame[name]).astype("datetime64[s]") for name in _DATES}
    return frame.assign(**figures, **dates)
