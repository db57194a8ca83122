"""CSV files without any peculiarity, read column by column, all files of one heading together.

Most files of an extract are like this, and reading them cell by cell would take half the time of reading a record.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from incare.record.files import MISSING_WORDS, Plain, Sheet, group_of, heading
from incare.record.tables import recognise

# What Python takes for a space and Arrow does not; and empty lines, which Arrow skips where they are the last.
_PECULIAR = (b"\x00", b"\x1c", b"\x1d", b"\x1e", b"\x1f", b"\n\n", b"\n\r\n")


def plain_sheets(paths: list[Path], root: Path) -> dict[Path, Sheet]:
    """The sheets of the CSV files of known tables that hold nothing but cells, by path.

    Left to be read cell by cell, which tells what is wrong with a file, is any with a quotation mark, a lone carriage
    return, a letter outside ASCII, an empty line, or a row of another length than its heading.
    """
    alike: dict[bytes, dict[Path, bytes]] = {}
    for path in paths:
        data = path.read_bytes()
        first = data[: data.find(b"\n") + 1]
        if _is_plain(data, first):
            rest = data[len(first) :]
            alike.setdefault(first, {})[path] = rest if rest.endswith(b"\n") or not rest else rest + b"\n"
    found = {}
    for first, files in alike.items():
        columns = _columns(first)
        found |= _read(columns, files, root)
    return found


def _is_plain(data: bytes, first: bytes) -> bool:
    if not first.strip(b",\r\n ") or b'"' in data or data.count(b"\r") != data.count(b"\r\n") or not data.isascii():
        return False
    return not any(mark in data for mark in _PECULIAR) and recognise(_columns(first)) is not None


def _columns(first: bytes) -> tuple[str, ...]:
    return heading(first.decode("ascii").rstrip("\r\n").split(","))


def _read(columns: tuple[str, ...], files: dict[Path, bytes], root: Path) -> dict[Path, Sheet]:
    """Files of one heading; when one of them is uneven each is tried by itself."""
    read = _cells(b"".join(files.values()), len(columns))
    if read is None:
        alone = len(files) == 1
        return {} if alone else {k: v for path in files for k, v in _read(columns, {path: files[path]}, root).items()}
    texts, words = zip(*(_ready(column.dictionary) for column in read), strict=True)
    places = [column.indices.to_numpy(zero_copy_only=False) for column in read]
    blank = [np.flatnonzero(column.dictionary.to_numpy(zero_copy_only=False) == "") for column in read]
    found, begins = {}, 0
    for path, rest in files.items():
        ends = begins + rest.count(b"\n")
        mine = [place[begins:ends] for place in places]
        filled = _filled(mine, blank, ends - begins)
        kept = tuple(mine) if filled.all() else tuple(place[filled] for place in mine)
        lines = (np.flatnonzero(filled) + 2).tolist()
        name = path.relative_to(root).as_posix()
        found[path] = Sheet(name, group_of(path, root), columns, [], lines, plain=Plain(texts, kept, words))
        begins = ends
    return found


def _cells(data: bytes, width: int) -> list | None:
    """The columns of lines of that many cells, as Arrow's dictionaries; None when a line has more or fewer."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(place) for place in range(width)]
    text = pa.dictionary(pa.int32(), pa.string())
    if not data:
        return [pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string())) for _ in names]
    try:
        table = csv.read_csv(
            pa.py_buffer(data),
            read_options=csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, text)),
        )
    except pa.ArrowInvalid:
        return None
    # Files are told apart by their lines.
    return [column.combine_chunks() for column in table.columns] if len(table) == data.count(b"\n") else None


def _filled(places: list[np.ndarray], blank: list[np.ndarray], length: int) -> np.ndarray:
    """Which rows have a filled cell."""
    filled = np.zeros(length, bool)
    for place, empty in zip(places, blank, strict=True):
        filled |= ~np.isin(place, empty)
        if filled.all():
            break
    return filled


def _ready(dictionary) -> tuple[np.ndarray, np.ndarray]:
    """Different texts without outer spaces, words for “missing” blanked; and the places of those words."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.ascii_trim_whitespace(dictionary)
    missing = pc.is_in(pc.ascii_upper(texts), value_set=pa.array(sorted(MISSING_WORDS))).to_numpy(zero_copy_only=False)
    out = texts.to_numpy(zero_copy_only=False).astype(object)
    words = np.flatnonzero(missing & (out != ""))
    out[words] = ""
    return out, words
