"""What a compiled library prints by itself, kept from pages and terminals."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def quietly() -> Iterator[None]:
    """While open, nothing written straight to the process's output or error stream comes out.

    HiGHS 1.12 prints a line of its own at times, whatever it is told; inside a notebook that line would stand on a
    page. What is silenced is the process, so it is opened for moments only; a stream that is closed stays so.
    **Source**: https://github.com/ERGO-Code/HiGHS/issues/2783.
    """
    _flush()
    kept: list[tuple[int, int]] = []
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (1, 2):
            with suppress(OSError):
                kept.append((stream, os.dup(stream)))
                os.dup2(nowhere, stream)
        yield
    finally:
        _flush()
        for stream, before in kept:
            os.dup2(before, stream)
            os.close(before)
        os.close(nowhere)


def _flush() -> None:
    """Empty the buffers of the C library."""
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL("ucrtbase") if sys.platform == "win32" else ctypes.CDLL(None)
        library.fflush(None)
