"""Which of the smallest groups of children each released cell holds, for questions about some of the children."""

from __future__ import annotations

import ast

import numpy as np
import pandas as pd

from incare.cohort import Cohort, CohortError

AGE, BANDS = "age", "age_band"
OTHER = "(others)"


def memberships(table: pd.DataFrame, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The smallest groups that the cells tell apart, and which cell holds which.

    `table` has `cohort`, `breakdown` and `category` of the cells of one measure and period. Returns a matrix, a row per
    cell and a column per group, True where the group is inside the cell; and which cells could be placed. A cohort that
    cannot be read, or that would need more than `most` groups, is not placed.
    """
    asked = {text: _read(text, table) for text in table["cohort"].unique() if text}
    asked = {text: cohort for text, cohort in asked.items() if cohort is not None}
    names = dict.fromkeys(name for cohort in asked.values() for name in cohort.names)
    names |= dict.fromkeys(table.loc[table["cohort"] != "", "breakdown"])
    names.pop("total", None)
    values = {name: _values(name, table, asked.values()) for name in names if name != AGE}
    if AGE in names:
        values[AGE] = _ages(table, asked.values())
    shape = [len(value) for value in values.values()]
    if np.prod([1, *shape]) > most:
        return np.zeros((len(table), 1), bool), np.zeros(len(table), bool)
    grid = [axis.ravel() for axis in np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")] if shape else []
    size = int(np.prod([1, *shape]))
    columns = {name: _column(name, values[name], codes) for name, codes in zip(values, grid, strict=True)}
    inside = np.zeros((len(table), size), bool)
    fits = np.zeros(len(table), bool)
    for place, row in enumerate(table[["cohort", "breakdown", "category"]].itertuples(index=False)):
        try:
            found = _holds(row, asked, columns, size)
        except CohortError:
            found = None
        if found is not None:
            inside[place], fits[place] = found, True
    real = _possible(columns, size)
    return inside[:, real], fits


def _read(text: str, table: pd.DataFrame) -> Cohort | None:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    try:
        return Cohort.parse(text, [*names, AGE, *table["breakdown"].unique()])
    except CohortError:
        return None


def _values(name: str, table: pd.DataFrame, cohorts) -> list:
    """The groups of one breakdown: those printed, those asked for, and the others."""
    printed = list(dict.fromkeys(table.loc[table["breakdown"] == name, "category"]))
    asked = [value for cohort in cohorts for value in _compared(cohort, name)]
    lower = {text.lower() for text in printed}
    if name == BANDS:
        asked = []
    new = list(dict.fromkeys(value for value in map(str, asked) if value.lower() not in lower))
    if not printed and not new:
        return [name, "no"]
    return printed + new + ([] if printed else [OTHER])


def _compared(cohort: Cohort, name: str) -> list:
    """The values that an expression compares a name with."""
    found = []
    for node in ast.walk(cohort.tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
            right = node.comparators[0]
            found += [item.value for item in (right.elts if hasattr(right, "elts") else [right])]
    return found


def _ages(table: pd.DataFrame, cohorts) -> list[int]:
    """The first ages of the groups of ages that matter."""
    cuts = {0}
    for cohort in cohorts:
        for value in _compared(cohort, AGE):
            cuts |= {int(np.floor(value)), int(np.floor(value)) + 1} if isinstance(value, int | float) else set()
        for value in _compared(cohort, BANDS):
            cuts |= set(_span(str(value)) or ())
    for band in table.loc[table["breakdown"] == BANDS, "category"].unique():
        cuts |= set(_span(band) or ())
    return sorted(cut for cut in cuts if 0 <= cut <= 120)


def _span(text: str) -> tuple[int, int] | None:
    """The first age of a band and the first after it."""
    from incare.cohort import _AGES

    found = _AGES.fullmatch(text.strip())
    if not found:
        return None
    low, high, over, under = found.groups()
    return int(low or over or 0), int(high) + 1 if high else int(under) if under else 121


def _column(name: str, values: list, codes: np.ndarray):
    if name == AGE:
        return np.asarray(values, float)[codes]
    return pd.Categorical.from_codes(codes, categories=values)


def _possible(columns: dict, size: int) -> np.ndarray:
    """Groups that can have children: an age lies in one band."""
    if AGE not in columns or BANDS not in columns:
        return np.ones(size, bool)
    spans = [_span(str(band)) for band in columns[BANDS].categories]
    if any(span is None for span in spans):
        return np.ones(size, bool)
    low, high = np.array(spans).T
    codes = columns[BANDS].codes
    return (columns[AGE] >= low[codes]) & (columns[AGE] < high[codes])


def _holds(row, asked: dict, columns: dict, size: int) -> np.ndarray | None:
    """The groups inside one cell; None when it cannot be placed."""
    found = np.ones(size, bool)
    if row.cohort:
        if row.cohort not in asked:
            return None
        found &= asked[row.cohort].holds(size, columns.get)
    if row.breakdown == "total":
        return found
    if row.breakdown not in columns:
        return None
    groups = columns[row.breakdown]
    return found & (np.asarray(groups.categories, object)[groups.codes] == row.category)
