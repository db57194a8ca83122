"""Breakdowns: any measure's rows by age, sex, ethnicity, UASC, need, legal status, placement, team or local column.

Unknown is a group of its own and stays in every total. Source: CATALOGUE B (`cla_breakdown`), 4.2, 4.8.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import AGE_BAND_STARTS, AGE_BANDS, NOT_KNOWN
from incare.record import Record
from incare.record.dated import DATED, dated
from incare.rows import open_on

STANDARD = ("age_band", "sex", "ethnicity", "uasc", "category_of_need", "legal_status", "placement")
# What a care leavers' snapshot says beside these.
SNAPSHOT = ("ehcp", "is_parent")
UNALLOCATED = "Unallocated"
UASC = ("UASC", "Not UASC")


def dated_groups(record: Record) -> list[str]:
    """The breakdowns that change with time and that the extract has tables for: team, ehcp."""
    return [name for name in DATED if dated(record, name) is not None]


def by_column(rows: pd.DataFrame, record: Record, name: str) -> pd.Categorical | None:
    """The group of every row under a breakdown; None when the breakdown does not apply to these rows.

    `rows` carries `child`, `on` and `night`; UASC status is read on the last night in care, as it often ends with care.
    A column of the breakdown's name in `rows` is used before one of `people`.
    """
    if name in rows:
        return _category(rows[name])
    child, people = rows["child"].to_numpy(), record.people
    if name == "age_band":
        return age_band(people["born"].to_numpy()[child], rows["on"])
    if name == "uasc":
        return uasc(people, child, rows["night"])
    if name in people:
        return _category(people[name]).take(child)
    facts = dated(record, name) if name in DATED else None
    return None if facts is None else _on_the_day(rows, facts)


def _on_the_day(rows: pd.DataFrame, facts: pd.DataFrame) -> pd.Categorical:
    """The value that holds on each row's day: the latest begun by then, unless it has ended."""
    found = open_on(facts, rows)
    categories = [*sorted(facts["value"].unique()), UNALLOCATED]
    codes = np.r_[pd.Categorical(facts["value"], categories=categories).codes, len(categories) - 1]
    return pd.Categorical.from_codes(codes[found], categories=categories)


def _category(values: pd.Series) -> pd.Categorical:
    return values.array if isinstance(values.dtype, pd.CategoricalDtype) else pd.Categorical(values.fillna(UNALLOCATED))


def age_band(born, on) -> pd.Categorical:
    """The published age bands of children in care, by age on a day."""
    years = p.age(born, on)
    codes = np.where(np.isnan(years), len(AGE_BANDS), np.searchsorted(AGE_BAND_STARTS, years, side="right") - 1)
    return pd.Categorical.from_codes(np.maximum(codes, 0), categories=[*AGE_BANDS, NOT_KNOWN])


def uasc(people: pd.DataFrame, child: np.ndarray, on) -> pd.Categorical:
    """Whether UASC status covers the day: a UASC row whose end date is blank or later."""
    until = p.days(people["uasc_until"])[child]
    covered = people["ever_uasc"].to_numpy(bool)[child] & (np.isnat(until) | (until > p.days(on)))
    return pd.Categorical.from_codes(np.where(covered, 0, 1), categories=list(UASC))
