"""Packs that a committee received: the pack, who received it and when, and the hash that says it is the same file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from incare.committee.entries import EntryError, Place, day, each, known_keys, needed
from incare.committee.text import cleaned

KEYS = ("quarter", "pack", "hash", "by", "date")
SAME, CHANGED, MISSING, UNKNOWN = "the same", "changed since", "not there", "no hash recorded"


@dataclass(frozen=True)
class Received:
    """A pack received by a body on a day: its quarter, its folder, and the SHA-256 of its manifest then."""

    quarter: str
    by: str
    on: date | None = None
    pack: str = ""
    hash: str = ""
    place: Place = field(default=Place(), compare=False)


def read(entries: Iterable | None, places: Sequence[Place] = ()) -> tuple[Received, ...]:
    """Received packs from plain entries with the keys of `KEYS`.

    Raises `EntryError` for an unknown key, or an entry without `quarter` or `by`.
    """
    return each(entries, places, _received)


def _received(entry, place: Place) -> Received:
    if not isinstance(entry, dict):
        raise EntryError(f"{place.told()}: a received pack has `quarter`, `by`, `date`, `pack` and `hash`.")
    known_keys(entry, KEYS, "a received pack", place)
    quarter, by = (str(needed(entry, name, "a received pack", place)) for name in ("quarter", "by"))
    digest = str(entry.get("hash") or "").lower()
    if digest and len(digest) != 64:
        raise EntryError(f"{place.told()}: `hash` is the SHA-256 of manifest.json, 64 characters.")
    return Received(quarter, cleaned(by), day(entry.get("date"), "date", place), str(entry.get("pack") or ""), digest)


def hash_of(pack) -> str:
    """The SHA-256 of a pack's manifest, which holds the hash of every other file of the pack."""
    return hashlib.sha256((Path(pack) / "manifest.json").read_bytes()).hexdigest()


def verdict(received: Received, folder) -> str:
    """Whether the pack on disk is the one that was received; `folder` is where its path starts."""
    if not received.hash:
        return UNKNOWN
    pack = Path(folder) / received.pack
    if not received.pack or not (pack / "manifest.json").is_file():
        return MISSING
    return SAME if hash_of(pack) == received.hash else CHANGED
