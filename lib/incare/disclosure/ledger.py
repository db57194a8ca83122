"""The ledger of what was released: one line per pack, each holding the hash of the line before it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from incare.disclosure.protect import SHOWN
from incare.disclosure.released import COLUMNS, LABELS
from incare.disclosure.turns import in_turn

NAME = "ledger.jsonl"
START = "0" * 64
# What stands before the cells of a line: no text in it can hold these marks, as they would be escaped there.
CELLS = b', "rows": '
_DATES = ("period_start", "period_end")


class LedgerError(ValueError):
    """A ledger that was changed, torn or cannot be written, with the line."""


@dataclass(frozen=True)
class Entry:
    """One release: its name, area and time, the digest of its cells, its own hash and that of the entry before.

    `rows` are its cells as plain values; None where they were not read (`releases`).
    """

    number: int
    release: str
    area: str
    at: str
    digest: str
    previous: str
    hash: str
    rows: list | None = field(repr=False)

    def cells(self) -> pd.DataFrame:
        """The released cells, as `released` returns them; raises `ValueError` where they were not read."""
        if self.rows is None:
            raise ValueError(f"{self.release} was looked up without its cells; read it with ledger.read.")
        return _frame(self.rows)


def place(pack: str | os.PathLike) -> Path:
    """The ledger of a published pack `reports/<area>/<quarter>`: `reports/ledger.jsonl`."""
    return Path(pack).resolve().parents[1] / NAME


def digest(cells: pd.DataFrame) -> str:
    """The hash of released cells, whatever their order."""
    return _digest(_rows(cells))


def read(path: str | os.PathLike, area: str | None = None) -> list[Entry]:
    """Every entry of a ledger, oldest first, or those of one area; none where there is no ledger.

    The chain is held for every line, the cells for the entries returned: what a ledger knows of a hundred other areas
    is not gone through for one. A line that another process is writing is waited for. Raises `LedgerError` naming the
    first line that was changed, removed, put in or torn. Lines cut off at the end leave no trace in the file itself: a
    pack that is in no line shows it (`incare audit`).
    """
    path = Path(path)
    return [_with_cells(entry, cells, path) for entry, cells in _lines(path) if area is None or entry.area == area]


def releases(path: str | os.PathLike) -> list[Entry]:
    """Every entry of a ledger without its cells; raises `LedgerError` as `read` does, but not for changed cells."""
    return [entry for entry, _ in _lines(Path(path))]


def _lines(path: Path, ours: bool = False) -> Iterator[tuple[Entry, bytes]]:
    """Each line as an entry without its cells, which stand last, and the text of these; the chain holds up to there.

    `ours`: this process has the turn to write.
    """
    previous = START
    for number, line in enumerate(_texts(path, ours), start=1):
        if not line.endswith(b"\n"):
            raise LedgerError(f"{path.name}, line {number}: the last line is torn. Remove it and publish again.")
        entry, cells = _entry(line, path, number)
        if entry.number != number or entry.previous != previous or _hash(entry) != entry.hash:
            raise LedgerError(f"{path.name}, line {number}: the ledger was changed. Restore it from a copy.")
        yield entry, cells
        previous = entry.hash


def _texts(path: Path, ours: bool) -> Iterator[bytes]:
    """The lines as they stand. One that has no end yet is read again when nobody is writing."""
    if not path.exists():
        return
    whole = 0
    with path.open("rb") as file:
        for line in file:
            if not ours and not line.endswith(b"\n"):
                break
            whole += len(line)
            yield line
        else:
            return
    yield from _texts_from(path, whole)


def _texts_from(path: Path, start: int) -> list[bytes]:
    with ExitStack() as turn:
        # Where no lock can be had, as in a folder that may only be read, the file is taken as it stands.
        with suppress(OSError):
            turn.enter_context(in_turn(path))
        with path.open("rb") as file:
            file.seek(start)
            return file.readlines()


def _entry(line: bytes, path: Path, number: int) -> tuple[Entry, bytes]:
    try:
        facts, _, cells = line.partition(CELLS)
        return Entry(**json.loads(facts + b"}"), rows=None), cells
    except (ValueError, TypeError):
        raise _unreadable(path, number) from None


def _with_cells(entry: Entry, cells: bytes, path: Path) -> Entry:
    try:
        # Nothing but the cells may stand there: a fact said twice would be another than the one that was held.
        (rows,) = json.loads(b'{"rows": ' + cells, object_pairs_hook=_only_rows)
    except (ValueError, TypeError):
        raise _unreadable(path, entry.number) from None
    if _digest(rows) != entry.digest:
        raise LedgerError(f"{path.name}, line {entry.number}: the cells were changed. Restore the ledger from a copy.")
    return replace(entry, rows=rows)


def _only_rows(pairs: list[tuple[str, list]]) -> list:
    if [name for name, _ in pairs] != ["rows"]:
        raise ValueError
    return [rows for _, rows in pairs]


def _unreadable(path: Path, number: int) -> LedgerError:
    return LedgerError(f"{path.name}, line {number} cannot be read. Restore the ledger from a copy.")


def append(path: str | os.PathLike, cells: pd.DataFrame, at: datetime) -> Entry:
    """Record one release at the end of a ledger, and wait until it is on the disk.

    `cells` are those of one release and area, as `released` returns them. A release recorded already with the same
    cells is not recorded twice. Other processes wait their turn. Raises `LedgerError` for a ledger that does not hold
    together, as `read` of the area does, or cannot be written.
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
    own = _digest(rows)
    entries = [
        _with_cells(entry, text, path) if entry.area == area else entry for entry, text in _lines(path, ours=True)
    ]
    same = [entry for entry in entries if entry.release == release and entry.digest == own]
    if same:
        return same[-1]
    previous = entries[-1].hash if entries else START
    entry = Entry(len(entries) + 1, release, area, at.isoformat(timespec="seconds"), own, previous, "", rows)
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
            with path.open("rb") as file:
                file.seek(max(path.stat().st_size - 1, 0))
                if file.read() in (b"", b"\n"):
                    return False
            os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
    except OSError as problem:
        raise LedgerError(f"{path} cannot be written: {problem.strerror or type(problem).__name__}.") from None
    return True


def cells_of(entries: list[Entry], area: str, without: str = "") -> pd.DataFrame:
    """The cells of every release of an area, oldest first, but for the release called `without`."""
    parts = [entry.cells() for entry in entries if entry.area == area and entry.release != without]
    return pd.concat(parts, ignore_index=True) if parts else _frame([])


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
