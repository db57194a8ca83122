"""Many authorities at once: each area read, answered and forgotten in turn, on several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from incare.measure import Catalogue
from incare.measures import catalogue
from incare.named import SOURCES
from incare.periods import Periods
from incare.record import ExtractError, read
from incare.series import calculate


@dataclass(frozen=True)
class Question:
    """What every area is asked: measures by id with their choices, periods, breakdowns and the day of the cut."""

    measures: tuple[str, ...]
    periods: Periods
    choices: dict = field(default_factory=dict)
    by: tuple[str, ...] = ()
    as_at: str | None = None
    keep: tuple[str, ...] = ()

    def catalogue(self) -> Catalogue:
        """The measures themselves; a process of its own makes them from their ids."""
        return catalogue().choose(self.choices).only(self.measures)


def areas_of(folder: str | Path) -> dict[str, Path]:
    """The areas of a folder by name: its sub-folders that hold an extract each.

    Raises `ExtractError` when there is none.
    """
    folder = Path(folder)
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    found = {path.name: path for path in inside if path.is_dir() and not path.name.startswith(".")}
    if not found:
        raise ExtractError(f"{folder} holds no folder of an area; put each extract in a folder named by its area.")
    return found


def tables_read(measures: Catalogue) -> frozenset[str]:
    """The input tables that measures read; the returns' own tables of people are always among them."""
    named = {table for m in measures for name in m.sources for table in SOURCES[name].tables}
    return frozenset({"episodes", "header", "uasc", *named})


def series_by_area(folder: str | Path, question: Question, workers: int = 2) -> Iterator[pd.DataFrame]:
    """The tidy series of every area in a folder, one after another, in the order of their names.

    Only the tables that the measures read are read, and no more than `workers` areas are in memory at once.
    Raises `ExtractError` naming the area whose extract cannot be read.
    """
    areas = areas_of(folder)
    if workers == 1 or len(areas) == 1:
        yield from (_answer(name, path, question) for name, path in areas.items())
        return
    # Workers are started afresh on every system, so that they are the same on all of them.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(areas)), mp_context=context) as pool:
        yield from pool.map(_answer, areas, areas.values(), [question] * len(areas))


def _answer(name: str, path: Path, question: Question) -> pd.DataFrame:
    measures = question.catalogue()
    try:
        record = read(path, area=name, as_at=question.as_at, keep=question.keep, only=tables_read(measures))
    except ExtractError as problem:
        raise ExtractError(f"{name}: {problem}") from None
    return calculate(measures, record, question.periods, by=question.by)
