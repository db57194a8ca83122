"""The list behind a number: who is counted, who is not and why, what was due when, with whose team. Restricted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.breakdowns import UNALLOCATED
from incare.measure import Measure
from incare.periods import Periods
from incare.record import Record
from incare.record.dated import workers
from incare.rows import open_on
from incare.series import rows_of

COLUMNS = ["id", "age", "team", "worker", "standing", "why", "due", "done", "days_overdue"]
COUNTED, NOT_COUNTED, SET_ASIDE = "counted", "not counted", "set aside"


def worklist(measure: Measure, record: Record, periods: Periods, *, cohort: str = "", everyone: bool = False):
    """The people behind a measure's figure in the last of the periods, those to act on first.

    Restricted: a row per person (or event), with ids. Columns: id, age, team, worker (on the day), standing (counted,
    not counted, set aside), why (the part of a mix, or why set aside), due, done (dates where the measure has them),
    days_overdue. Without `everyone` only those a manager acts on: not counted where higher is better, counted where
    lower is better; all for other measures. `cohort` as in `incare.cohort`.
    Raises `NotComputableError` when the extract lacks a table that the measure reads.
    """
    rows = rows_of(measure, record, periods, cohort)
    rows = rows[rows["period"] == len(periods) - 1].reset_index(drop=True)
    on = p.days(rows["on"])
    child = rows["child"].to_numpy()
    aside = rows["aside"].astype(str) if "aside" in rows else pd.Series("", index=rows.index)
    counted = rows["counted"].to_numpy(bool) if "counted" in rows else np.ones(len(rows), bool)
    part = rows["part"].astype(str) if "part" in rows else pd.Series("", index=rows.index)
    team, worker = _allocated(record, rows)
    due, done = (_dates(rows, name) for name in ("due", "done"))
    overdue = np.where(np.isnat(due) | counted, np.nan, np.maximum((on - due).astype(float), 0))
    overdue[np.isnat(due)] = np.nan
    found = pd.DataFrame(
        {
            "id": record.people["id"].to_numpy()[child],
            "age": p.age(p.days(record.people["born"])[child], on),
            "team": team,
            "worker": worker,
            "standing": np.where(aside != "", SET_ASIDE, np.where(counted, COUNTED, NOT_COUNTED)),
            "why": aside.where(aside != "", part).to_numpy(),
            "due": due.astype("datetime64[s]"),
            "done": done.astype("datetime64[s]"),
            "days_overdue": overdue,
        },
        columns=COLUMNS,
    )
    if not everyone:
        found = found[found["standing"].isin(_to_act_on(measure))]
    return found.sort_values(
        ["team", "worker", "days_overdue", "id"], ascending=[True, True, False, True], kind="stable", ignore_index=True
    )


def _to_act_on(measure: Measure) -> tuple[str, ...]:
    every = {"higher": (NOT_COUNTED,), "lower": (COUNTED,), "neither": (COUNTED, NOT_COUNTED)}
    return every[measure.better]


def _dates(rows: pd.DataFrame, name: str) -> np.ndarray:
    return p.days(rows[name]) if name in rows else np.full(len(rows), np.datetime64("NaT"), "datetime64[D]")


def _allocated(record: Record, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Team and worker on each row's day: the social worker's, else the personal adviser's."""
    spans = workers(record)
    if spans is None or not len(spans):
        nobody = np.full(len(rows), UNALLOCATED, object)
        return nobody, nobody
    found = open_on(spans.assign(rank=(spans["role"] != "SW").astype(int)), rows)
    team = np.r_[spans["team"].replace("", UNALLOCATED).to_numpy(object), [UNALLOCATED]]
    return team[found], np.r_[spans["worker"].to_numpy(object), [UNALLOCATED]][found]
