"""A folder of published files as downloaded: tables of Explore Education Statistics and a list of neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from incare.published import ees, neighbours

WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class PublishedFiles:
    """What was read: `tables` by file name without its ending, `neighbours` or None, and what could not be read."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    neighbours: pd.DataFrame | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()


def read(place: Path | str | None) -> PublishedFiles:
    """The CSV files and the neighbour workbook in a folder (or one such file); nothing when no place is given.

    A CSV with the column `neighbour_code` (or `neighbour_code_3`) is a list of neighbours, any other a table as
    `published.ees.read` reads it. Of several lists the last by name counts. A file that cannot be read is named in
    `problems` with its row and column, and the others are used.

    **Source** Explore Education Statistics, Children looked after in England including adoptions; Local Authority
    Interactive Tool (the neighbours).
    """
    if not place:
        return PublishedFiles()
    place = Path(place)
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    wanted = [
        file for file in files if file.suffix.lower() in (".csv", *WORKBOOKS) and not file.name.startswith((".", "~"))
    ]
    tables, lists, problems = {}, [], []
    for file in wanted:
        try:
            if _is_list(file):
                lists.append(neighbours.read(file))
            else:
                tables[file.stem] = ees.read(file)
        except (ees.EesError, neighbours.NeighbourListError) as problem:
            problems.append(str(problem))
    if not wanted:
        problems.append(f"{place.name} holds no CSV file and no workbook.")
    return PublishedFiles(tables, lists[-1] if lists else None, tuple(problems))


def _is_list(file: Path) -> bool:
    if file.suffix.lower() in WORKBOOKS:
        return True
    try:
        with file.open(encoding="utf-8-sig") as opened:
            return "neighbour_code" in opened.readline()
    except (OSError, UnicodeDecodeError):
        # The reader of tables says what is wrong with it.
        return False
