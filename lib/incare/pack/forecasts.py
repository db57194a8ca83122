"""The children and care leavers ahead of a record, projected once for all notebooks of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields, replace

import pandas as pd

from incare.disclosure import Rules
from incare.disclosure.projections import ProtectedProjection, of_record, with_take_up
from incare.forecast.capacity import Staffing
from incare.forecast.scenarios import read
from incare.pack import shared
from incare.periods import Quarter
from incare.record import Record

TOLD = "told"


def ahead(
    record: Record,
    quarter: str,
    quarters: int,
    *,
    scenario_files: Sequence[str | os.PathLike] = (),
    wants: tuple[float, float | None] | None = None,
    profile: str = "public",
    rules: dict | None = None,
) -> ProtectedProjection:
    """What is expected after a quarter, as it may be shown; in a run the notebooks share one projection.

    `quarters` is how far ahead; the rest as for `incare.disclosure.projections.of_record`, with its errors.
    """
    day = Quarter.parse(quarter).end
    facts = ["ahead", record.fingerprint, record.area, str(record.as_at), str(day), quarters, profile, rules or {}]
    facts += [read(path).model_dump_json() for path in scenario_files]

    def made() -> dict[str, pd.DataFrame]:
        found = of_record(record, day, quarters, scenario_files=scenario_files, profile=profile, rules=rules)
        return _frames(found)

    return with_take_up(_of_frames(shared.once(facts, made)), wants, Rules(**(rules or {})))


def _frames(found: ProtectedProjection) -> dict[str, pd.DataFrame]:
    """A projection as frames: its own, and one with what is told beside them."""
    frames = {each.name: getattr(found, each.name) for each in fields(found) if each.type == "pd.DataFrame"}
    told = {each.name: getattr(found, each.name) for each in fields(found) if each.name not in frames}
    told |= {"origin": str(found.origin), "staffing": [(name, asdict(staff)) for name, staff in found.staffing]}
    return {**frames, TOLD: pd.DataFrame({TOLD: [json.dumps(told)]})}


def _of_frames(frames: dict[str, pd.DataFrame]) -> ProtectedProjection:
    """The projection that was written as frames."""
    told = json.loads(frames[TOLD][TOLD].item())
    staffing = tuple((name, Staffing(**given)) for name, given in told.pop("staffing"))
    origin, notices = pd.Timestamp(told.pop("origin")), tuple(told.pop("notices"))
    own = {name: frame for name, frame in frames.items() if name != TOLD}
    found = ProtectedProjection(origin=origin.to_datetime64().astype("datetime64[D]"), **told, **own)
    return replace(found, staffing=staffing, notices=notices)
