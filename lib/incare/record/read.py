"""Read an extract: from a folder of CSV files to one record of children, episodes, spells and statuses."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from incare.record.assemble import Record, assemble
from incare.record.files import TextTable, find, read_file


def read(extract: str | Path, *, area: str, as_at=None, keep: tuple[str, ...] = ()) -> Record:
    """Read the extract in a folder: SSDA903 CSV files of one or more returns, and local tables beside them.

    Files are recognised by their columns, return years by their dates. `as_at` is the day the extract was cut (without
    it the last day of the latest return); rows that start later are set aside. `keep` names local header columns.
    Raises `ExtractError` when the folder, a needed table or a needed column is missing, or a file cannot be trusted.
    Source: INPUTS sections 1, 2, 7 and 9.
    """
    folder = _folder(extract)
    paths, others = find(folder)
    parts, notices = [], []
    for path in paths:
        found, said = read_file(path, folder, tuple(keep))
        notices += said
        parts += found
    notices += _ignored(others, folder, parts)
    record = assemble(parts, area=area, as_at=as_at, keep=keep, name=str(folder))
    return replace(record, notices=(*dict.fromkeys(notices), *record.notices), fingerprint=_fingerprint(paths, folder))


def _folder(extract: str | Path) -> Path:
    text = str(extract)
    if text == "sample" or text.startswith("sample:"):
        from incare import sample

        return sample.embedded(int(text.partition(":")[2] or 0))
    return Path(extract)


def _ignored(others: list[Path], folder: Path, parts: list[TextTable]) -> list[str]:
    said = []
    kinds = sorted({path.suffix.lower() for path in others if path.suffix.lower() in {".xlsx", ".xls", ".xml", ".zip"}})
    if kinds:
        said.append(f"Files of the kinds {', '.join(kinds)} in {folder.name} were left out; CSV files are read.")
    extra = {(part.path, column) for part in parts for column in part.extra}
    if extra:
        names = sorted({column for _, column in extra})
        said.append(f"Columns that no table has were left unread: {', '.join(names)}.")
    blanked = sum(part.blanked for part in parts)
    if blanked:
        said.append(f"{blanked:,} cells holding a word for missing (such as NULL or N/A) were read as blank.")
    return said


def _fingerprint(paths: list[Path], folder: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.relative_to(folder).as_posix().encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
