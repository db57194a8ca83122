"""The attacker inside a run: reports share figures that stood the attack, and what gives way is not published."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd

from incare.disclosure import ledger
from incare.disclosure.audit import audit_pack
from incare.disclosure.released import MANIFEST, PackError, name_of, read_manifest, read_pack
from incare.pack import publish, shared
from incare.pack.params import Params

FOLDER = "figures"


class UnsafeError(ValueError):
    """A pack from which something hidden can be worked out; nothing was published."""


@contextmanager
def sharing(at: publish.Place, params: Params, now: datetime) -> Iterator[None]:
    """While open, all processes of the run start from the same figures (`incare.pack.shared`).

    The ledger of a public run is made ready first: a last line torn by a run that was killed goes, and every public
    pack of the area that stands published without a line gets one. Raises `LedgerError`.
    """
    place = at.reports / ledger.NAME
    if params.profile == "public":
        ledger.mend(place)
        _record_standing(at, place, now)
    folder = at.work / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"choices": params.choices, "targets": list(params.targets), "breakdowns": list(params.breakdowns)}
    facts |= {"grain": params.grain, "ledger": str(place)}
    (folder / shared.PACK).write_text(json.dumps(facts, default=str), encoding="utf-8")
    before = os.environ.get(shared.PLACE)
    os.environ[shared.PLACE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(shared.PLACE)
        if before is not None:
            os.environ[shared.PLACE] = before


def publish_if_safe(at: publish.Place, params: Params, now: datetime) -> Path:
    """Attack the staged pack, publish it when nothing gives way, and record it in the ledger.

    Raises as `withstand` and `publish_recorded` do.
    """
    withstand(at, params)
    return publish_recorded(at, params, now)


def withstand(at: publish.Place, params: Params) -> None:
    """Attack the staged pack; nothing happens when nothing gives way.

    The attacker holds every cell that the ledger knows of the area, the pack's earlier runs among them: they were
    released too. A restricted pack is not attacked. Raises `UnsafeError` naming cells, never their values.
    """
    if params.profile != "public":
        return
    verdict = audit_pack(at.pack, at.reports / ledger.NAME, new=True)
    if not verdict.safe:
        raise UnsafeError(
            "Numbers that the pack hides can be worked out, so nothing was published:\n  " + "\n  ".join(verdict.told())
        )


def publish_recorded(at: publish.Place, params: Params, now: datetime) -> Path:
    """Publish the staged pack, and record the cells of a public one in the ledger.

    Raises the errors of `publish` and of the ledger.
    """
    if params.profile != "public":
        return publish.publish(at)
    cells = read_pack(at.pack)
    pack = publish.publish(at)
    if len(cells):
        ledger.append(at.reports / ledger.NAME, cells, now)
    return pack


def earlier(place: str | os.PathLike, area: str) -> pd.DataFrame:
    """The cells of everything that was published of an area, oldest first, as the ledger has them."""
    return ledger.cells_of(ledger.read(place, area), area)


def fingerprint(reports: str | os.PathLike, params: Params) -> str:
    """A hash of what was published of the area for other quarters, which has a say in what reports hide.

    Empty for a restricted run, which hides nothing. Raises `LedgerError`.
    """
    place = Path(reports) / ledger.NAME
    if params.profile != "public" or not place.exists():
        return ""
    ledger.mend(place)
    own = f"{params.area} {params.quarter} "
    others = [e.digest for e in ledger.releases(place) if e.area == params.area and not f"{e.release} ".startswith(own)]
    return hashlib.sha256("".join(others).encode()).hexdigest() if others else ""


def _record_standing(at: publish.Place, place: Path, now: datetime) -> None:
    """Record the public packs of the area that stand published but are in no line of the ledger."""
    known = {entry.release for entry in ledger.releases(place)}
    for manifest in sorted(at.target.parent.glob(f"*/{MANIFEST}")):
        try:
            facts = read_manifest(manifest.parent)
        except PackError:
            continue
        if facts["profile"] == "public" and name_of(facts) not in known and publish.verify(manifest.parent) == []:
            cells = read_pack(manifest.parent)
            if len(cells):
                ledger.append(place, cells, now)
