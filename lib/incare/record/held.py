"""Records that this process has read already, for a process whose forks all read the same extract.

Nothing is held unless `hold` is called; only the process that forks a run's kernels does (`incare.pack.warm`). A fork
owns its copy, so what one notebook does to its record no other sees; and the run refuses to publish when the extract
changed while notebooks ran.
"""

from __future__ import annotations

from typing import Any

_held: dict[tuple, Any] = {}


def hold(extract, *, area: str, as_at=None, keep=(), only=None) -> None:
    """Read a record now, so that reading it again with the same arguments takes no time. Raises as `read` does."""
    from incare.record.read import read

    _held[_key(extract, area, as_at, keep, only)] = read(extract, area=area, as_at=as_at, keep=tuple(keep), only=only)


def find(extract, area: str, as_at, keep, only):
    """The record held for these arguments, or nothing."""
    return _held.get(_key(extract, area, as_at, keep, only)) if _held else None


def _key(extract, area, as_at, keep, only) -> tuple:
    return str(extract), area, str(as_at), tuple(keep), None if only is None else tuple(sorted(only))
