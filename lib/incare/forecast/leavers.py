"""Young people who have left care, by age: those known today, ageing by the calendar, and those who will leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import NOT_KNOWN, grouped
from incare.forecast.cohort import Projection, rows
from incare.forecast.simulate import FIRST_LEAVER
from incare.measures.care_leavers import ACCOMMODATION, STATUTORY
from incare.record import Record
from incare.record.leavers import days_in_care, passes_thirteen_weeks

FULL, USUAL = 25, 21
AGES = tuple(range(FIRST_LEAVER, FULL))
# After these the council owes no leaving-care service: died, care taken over by another council, adopted.
GONE = ("E2", "E3", "E11", "E12")
HOME = ("E4A", "E4B")
SNAPSHOT_MONTHS = 15


@dataclass(frozen=True)
class Leavers:
    """Care leavers ahead: `counts` simulations × months × ages 16 to 24 (completed years at the month's end).

    `known` are those of today (months × ages), who age by the calendar. `in_touch` and `staying_put` are shares drawn
    for each simulation (missing where the record does not say), `accommodation` shares by place, `names` the places.
    """

    days: np.ndarray
    counts: np.ndarray
    known: np.ndarray
    in_touch: np.ndarray | None
    staying_put: np.ndarray | None
    accommodation: np.ndarray | None
    names: tuple[str, ...]
    notices: tuple[str, ...]

    def until(self, birthday: int) -> np.ndarray:
        """Young people from 16 on who have not reached a birthday, simulations × months."""
        return self.counts[:, :, : max(birthday - FIRST_LEAVER, 0)].sum(axis=2)


def born_of(record: Record, origin: np.datetime64) -> np.ndarray:
    """Birth dates of relevant and former relevant young people under 25 on a day, each once.

    They are out of care on the day, left it at 16 or later after 13 weeks in care since 14, not adopted or moved to
    another council, and not before 18 to their parents; to them come those of the latest local snapshot (not older
    than 15 months) whom the returns do not reach back to, less those whom it records as died, home or transferred.

    **Source** CATALOGUE 1.9; Children and Social Work Act 2017, section 3 (until 25).
    """
    people, care = record.people, record.care_periods
    born = p.days(people["born"])
    start, end, child = p.days(care["start"]), p.days(care["end"]), care["child"].to_numpy()
    seen = start <= origin
    inside = np.zeros(len(people), bool)
    inside[child[seen & (np.isnat(end) | (end > origin))]] = True
    last = pd.DataFrame({"child": child, "end": end, "reason": care["reason"].astype(str)})[seen & (end <= origin)]
    last = last.sort_values("end", kind="stable").drop_duplicates("child", keep="last")
    who, left = last["child"].to_numpy(), p.days(last["end"])
    totals = days_in_care(record.tables["episodes"], born, np.full(len(born), origin))
    grown = left >= p.birthday(born[who], 18)
    gone = last["reason"].isin(GONE).to_numpy() | (last["reason"].isin(HOME).to_numpy() & ~grown)
    owed = np.zeros(len(people), bool)
    owed[who[passes_thirteen_weeks(totals).to_numpy()[who] & (left > p.birthday(born[who], 16)) & ~gone]] = True
    rows_now = _snapshot(record, origin)
    if rows_now is not None:
        listed = rows_now["child"].to_numpy()
        owed[listed[rows_now["eligibility"].isin(STATUTORY) & (rows_now["left_out"] == "")]] = True
        owed[listed[rows_now["left_out"] != ""]] = False
    under = p.birthday(born, FULL) > origin
    return born[owed & ~inside & under]


def _snapshot(record: Record, origin: np.datetime64) -> pd.DataFrame | None:
    """The rows of the latest snapshot up to a day."""
    found = record.care_leaver_snapshots
    if found is None:
        return None
    day = p.days(found["start"])
    day = day[day <= origin]
    if not len(day) or day.max() < p.add_months([origin], -SNAPSHOT_MONTHS)[0]:
        return None
    return found[p.days(found["start"]) == day.max()]


def leavers(record: Record, found: Projection) -> Leavers:
    """Care leavers in each month of a projection.

    The shares in touch, staying put and by place come from the latest snapshot, with the uncertainty of their number
    (Jeffreys); without one they are missing and a notice says so.
    """
    born = born_of(record, found.origin)
    ages = p.age(born[:, None], found.days[None, :]).astype(int)
    known = (
        np.stack([(ages == years).sum(axis=0) for years in AGES], axis=1)
        if len(born)
        else np.zeros((len(found.days), len(AGES)), int)
    )
    counts = known[None] + found.paths.leavers[:, :, : len(AGES)]
    notices = ["Care leavers are counted until the day before their 25th birthday."]
    rows_now = _snapshot(record, found.origin)
    if rows_now is None:
        notices.append("There is no snapshot of care leavers, so nothing is said of contact or of where they live.")
        return Leavers(found.days, counts, known, None, None, None, (), tuple(notices))
    rng = np.random.default_rng([found.seed, 17])
    sims = len(counts)
    use = rows_now[rows_now["eligibility"].isin(STATUTORY) & (rows_now["left_out"] == "")]
    place = use["accommodation"].map(grouped(ACCOMMODATION)).fillna(NOT_KNOWN)
    names = (*ACCOMMODATION, NOT_KNOWN)
    tally = place.value_counts().reindex(names, fill_value=0).to_numpy()
    age = p.age(p.days(record.people["born"])[use["child"]], found.origin)
    young = use[(age >= 18) & (age < 21)]
    touched = (use["in_touch"] == "YES").sum()
    return Leavers(
        found.days,
        counts,
        known,
        rng.beta(touched + 0.5, len(use) - touched + 0.5, sims),
        _jeffreys(rng, (young["accommodation"] == "Z").sum(), len(young), sims),
        rng.dirichlet(tally + 1 / len(names), sims),
        names,
        tuple(notices),
    )


def _jeffreys(rng, hits: int, number: int, sims: int) -> np.ndarray:
    return rng.beta(hits + 0.5, number - hits + 0.5, sims)


def table(young: Leavers, found: Projection) -> pd.DataFrame:
    """Care leavers as rows of a projection's table.

    Breakdowns `care_leavers` (all from 16 to 24, and by age), and where a snapshot says so `care_leavers in touch`,
    `care_leavers staying put` (aged 18 to 20, with former foster carers) and `care_leavers accommodation`.
    """
    every = young.counts.sum(axis=2, keepdims=True)
    names = ("All", *(str(years) for years in AGES))
    blocks = [rows(found, "care_leavers", names, np.concatenate([every, young.counts], axis=2))]
    if young.in_touch is not None:
        blocks.append(rows(found, "care_leavers in touch", ("All",), every * young.in_touch[:, None, None]))
        at_18 = young.counts[:, :, 18 - FIRST_LEAVER : 21 - FIRST_LEAVER].sum(axis=2, keepdims=True)
        blocks.append(rows(found, "care_leavers staying put", ("All",), at_18 * young.staying_put[:, None, None]))
        blocks.append(rows(found, "care_leavers accommodation", young.names, every * young.accommodation[:, None, :]))
    return pd.concat(blocks, ignore_index=True)
