"""One process at a time: a lock on a file that the system frees when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAR = 1 << 40  # Windows keeps others from reading what is locked: the byte that is locked lies beyond any file's end


@contextmanager
def in_turn(path: str | os.PathLike) -> Iterator[None]:
    """Wait until no other process holds the file, and hold it; it is made when it is not there.

    Raises `OSError` where the file cannot be opened or its file system knows no locks.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        _take(file.fileno())
        try:
            yield
        finally:
            _give(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        while True:
            os.lseek(handle, FAR, os.SEEK_SET)
            try:
                # Gives up after ten seconds, when another process still holds it.
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
                return
            except OSError as problem:
                if problem.winerror not in (None, 33, 36) and problem.errno != 36:
                    raise

    def _give(handle: int) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)

    def _give(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
