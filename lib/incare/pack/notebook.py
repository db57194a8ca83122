"""Notebook files: read, and numbered as their writer sees them."""

from __future__ import annotations

import sys
from pathlib import Path

# Checking a notebook's shape imports a parser of web addresses that is never used and takes 1.5 seconds to build.
# Without it the check is the same: jsonschema leaves out the formats whose packages are not there.
sys.modules.setdefault("rfc3987_syntax", None)

import nbformat  # noqa: E402

ADDED = "injected-parameters"  # papermill's cell of parameters
MARKER = "papermill-error-cell-tag"  # papermill's notes beside an error


def read(path: Path):
    """A notebook as a node of version 4; `OSError`, `ValueError` or `KeyError` when it cannot be read."""
    return nbformat.read(path, as_version=4)


def tagged(cell, tag: str) -> bool:
    """Whether a cell carries a tag."""
    return tag in cell.metadata.get("tags", [])


def without(notebook, *tags: str):
    """The notebook without the cells that carry one of the tags."""
    notebook.cells = [cell for cell in notebook.cells if not any(tagged(cell, tag) for tag in tags)]
    return notebook


def number(notebook, place: int) -> int:
    """The number of the cell at a place, counted from 1 in the notebook as written."""
    return max(sum(not tagged(cell, ADDED) for cell in notebook.cells[: place + 1]), 1)
