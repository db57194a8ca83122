"""Every child's time in care month by month, as it was known on a day: what may happen, and what did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import AGE_BAND_STARTS, AGE_BANDS, NOT_KNOWN, PLACEMENT
from incare.measures.leaving_care import ADOPTED, CHILD_ARRANGEMENTS, HOME, SPECIAL_GUARDIANSHIP
from incare.record import Record

NAT = np.datetime64("NaT", "D")
GROUPS = (*PLACEMENT, NOT_KNOWN)
BANDS = (*AGE_BANDS, NOT_KNOWN)
# Ways out of care that hazards decide; reaching 18 is decided by the calendar.
WAYS = ("Home", "Permanence", "Other")
AGED_OUT = "Reached 18"
EXITS = (*WAYS, AGED_OUT)
# E13 is "to live with parents, relatives or others without parental responsibility": nearer to home than to the rest.
HOMEWARD = (*HOME["both"], "E13")
PERMANENT = (*ADOPTED, *CHILD_ARRANGEMENTS, *SPECIAL_GUARDIANSHIP)
ADULT = 18
AGES = (0, 1, 2, 3, 5, 7, 10, 13, 15, 16, 17)
# Months since the start of care; before them the month of entry itself, after them a start that is not known.
MONTHS = (0, 1, 2, 3, 6, 9, 12, 18, 24, 36, 60)
ENTRY, UNKNOWN_LENGTH = 0, len(MONTHS) + 1
# A child whose start is unknown has the length seen in the record once that is long.
LONG = 36
SHAPE = (len(AGES), len(MONTHS) + 2, 2, len(GROUPS))
CELLS = int(np.prod(SHAPE))
MONTH = 30.4375


@dataclass(frozen=True)
class Care:
    """Periods of care as known at the end of `origin`, each an element of the arrays (days as `datetime64[D]`).

    `child` is the person's number; `end` is missing while care goes on; `way` is the place in `EXITS`, -1 without an
    end; `censored` marks a start that is not known; `asylum_until` is the first day without UASC status (missing: none
    known; `asylum` says whether there was one). `row_care`, `row_start`, `row_group` are the stays by placement group
    (place in `GROUPS`), in order. `first` is the first day that the record covers.
    """

    origin: np.datetime64
    first: np.datetime64
    child: np.ndarray
    born: np.ndarray
    asylum: np.ndarray
    asylum_until: np.ndarray
    start: np.ndarray
    end: np.ndarray
    way: np.ndarray
    censored: np.ndarray
    row_care: np.ndarray
    row_start: np.ndarray
    row_group: np.ndarray

    @cached_property
    def eighteenth(self) -> np.ndarray:
        """Each child's 18th birthday; missing where the date of birth is."""
        return p.birthday(self.born, ADULT)

    def known(self, origin) -> Care:
        """The same as it was known at the end of an earlier day: nothing that happened later."""
        origin = p.day(origin)
        kept = self.start <= origin
        number = np.cumsum(kept) - 1
        rows = kept[self.row_care] & (self.row_start <= origin)
        gone = self.end[kept] <= origin
        return replace(
            self,
            origin=origin,
            **{n: getattr(self, n)[kept] for n in ("child", "born", "asylum", "asylum_until", "start", "censored")},
            end=np.where(gone, self.end[kept], NAT),
            way=np.where(gone, self.way[kept], -1),
            row_care=number[self.row_care[rows]],
            row_start=self.row_start[rows],
            row_group=self.row_group[rows],
        )

    def inside(self, day) -> np.ndarray:
        """Which periods of care go on at the end of a day (leaving on the day is being out)."""
        return (self.start <= day) & (np.isnat(self.end) | (self.end > day))

    def group_on(self, care: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The placement group of periods of care at the end of a day; not known where none had begun."""
        key = self.row_care.astype(np.int64) * 1_000_000 + self.row_start.astype(np.int64)
        place = np.searchsorted(key, care.astype(np.int64) * 1_000_000 + day.astype(np.int64), side="right") - 1
        found = (place >= 0) & (self.row_care[np.maximum(place, 0)] == care) if len(key) else np.zeros(len(care), bool)
        return np.where(found, self.row_group[np.maximum(place, 0)] if len(key) else 0, len(GROUPS) - 1)

    def asylum_on(self, care: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Whether UASC status covers the day."""
        until = self.asylum_until[care]
        return self.asylum[care] & (np.isnat(until) | (until > day))


def care_of(record: Record) -> Care:
    """The periods of care of a record, as known at the end of the last day it covers.

    **Source** CATALOGUE 1.4 (who is in care), 1.5 (period of care); codes of reasons for leaving in `leaving_care`.
    """
    periods, episodes, people = record.care_periods, record.tables["episodes"], record.people
    child = periods["child"].to_numpy()
    reason = periods["reason"].astype(str).to_numpy()
    end, born = p.days(periods["end"]), p.days(people["born"])[child]
    way = np.where(np.isin(reason, HOMEWARD), 0, np.where(np.isin(reason, PERMANENT), 1, 2))
    way = np.where(end >= p.birthday(born, ADULT), 3, way)
    care = Care(
        origin=record.covers[1],
        first=record.covers[0],
        child=child,
        born=born,
        asylum=people["ever_uasc"].to_numpy(bool)[child],
        asylum_until=p.days(people["uasc_until"])[child],
        start=p.days(periods["start"]),
        end=end,
        way=np.where(np.isnat(end), -1, way),
        censored=periods["left_censored"].to_numpy(bool),
        row_care=episodes["care"].to_numpy(),
        row_start=p.days(episodes["start"]),
        row_group=episodes["placement"].array.codes.astype(np.int8),
    )
    return care.known(record.covers[1])


def month_ends(origin: np.datetime64, months: np.ndarray) -> np.ndarray:
    """The days some months after (or before) the origin; from the end of a month they are ends of months."""
    return p.add_months(np.full(len(months), origin + 1), months) - 1


def band_of(years: np.ndarray) -> np.ndarray:
    """The place in `BANDS` of ages in completed years; missing is not known."""
    known = np.maximum(np.searchsorted(AGE_BAND_STARTS, years, side="right") - 1, 0)
    return np.where(np.isnan(years), len(AGE_BANDS), known)


def age_class(years: np.ndarray) -> np.ndarray:
    """The class of age that hazards tell apart; a missing age is taken as 10 to 12."""
    return np.maximum(np.searchsorted(AGES, np.where(np.isnan(years), 10, years), side="right") - 1, 0)


def length_class(days: np.ndarray, censored) -> np.ndarray:
    """The class of time in care that hazards tell apart, from days since the (first known) start."""
    months = np.maximum(days, 0) / MONTH
    found = np.searchsorted(MONTHS, months, side="right")
    return np.where(censored & (months < LONG), UNKNOWN_LENGTH, found)


def cell(age: np.ndarray, length: np.ndarray, asylum: np.ndarray, group) -> np.ndarray:
    """One number for age class, length class, UASC and placement group."""
    return ((age * SHAPE[1] + length) * SHAPE[2] + asylum) * SHAPE[3] + group


@dataclass(frozen=True)
class Exposure:
    """One element per child and month at risk, the months ending on `ends[1:]` (the last on the origin).

    `care` is the period of care, `step` the month (0 the oldest), `cell` the class at the month's begin, `way` the exit
    in the month (-1 none), `enters` whether care began in it, `turns` whether the 18th birthday lies in it or is past,
    `group` and `later` the placement group at begin and end (`later` -1 for those who left), `years` the age at begin.
    """

    ends: np.ndarray
    care: np.ndarray
    step: np.ndarray
    cell: np.ndarray
    way: np.ndarray
    enters: np.ndarray
    turns: np.ndarray
    group: np.ndarray
    later: np.ndarray
    years: np.ndarray

    @property
    def steps(self) -> int:
        """How many months there are."""
        return len(self.ends) - 1

    def per_month(self, weight: np.ndarray) -> np.ndarray:
        """Sums of something over the children of each month."""
        return np.bincount(self.step, weights=weight, minlength=self.steps)


def exposure(care: Care, most: int = 120) -> Exposure:
    """Children at risk in each month from the first that the record covers, at most `most` months, to the origin.

    Exposure starts with the record, not with the child: a child who came into care before the first return is seen
    only because care lasted until then, and earlier months would hold nobody who left.

    **Source** left truncation: Keiding (1992), Handbook of Statistics 25; its cost measured in a prototype.
    """
    back = int((care.origin - care.first).astype(int) / MONTH) + 2
    ends = month_ends(care.origin, np.arange(-min(back, most), 1))
    ends = ends[ends >= care.first - 1]
    begin = np.searchsorted(ends, care.start, side="left")
    # Care that began before the first month is at risk from that month; one that began on the first boundary too.
    first_step = np.maximum(begin - 1, 0)
    last = np.where(np.isnat(care.end), care.origin, care.end)
    last_step = np.minimum(np.searchsorted(ends, last, side="left") - 1, len(ends) - 2)
    length = np.where(last > ends[0], np.maximum(last_step - first_step + 1, 0), 0)
    who = np.repeat(np.arange(len(care.start)), length)
    step = np.arange(len(who)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(first_step, length)
    opens, closes = ends[step], ends[step + 1]
    enters = care.start[who] > opens
    since = np.maximum(opens, care.start[who])
    years = p.age(care.born[who], since)
    leaves = ~np.isnat(care.end[who]) & (care.end[who] <= closes)
    group = care.group_on(who, since)
    lengths = np.where(
        enters & ~care.censored[who], ENTRY, length_class((since - care.start[who]).astype(float), care.censored[who])
    )
    asylum = care.asylum_on(who, since)
    return Exposure(
        ends=ends,
        care=who,
        step=step,
        cell=cell(age_class(years), lengths, asylum.astype(int), group),
        way=np.where(leaves, care.way[who], -1),
        enters=enters,
        turns=care.eighteenth[who] <= closes,
        group=group,
        later=np.where(leaves, -1, care.group_on(who, closes)),
        years=years,
    )


def stock(care: Care, days: np.ndarray) -> np.ndarray:
    """Children in care at the end of each day."""
    order = np.sort(care.start)
    gone = np.sort(care.end[~np.isnat(care.end)])
    return np.searchsorted(order, days, side="right") - np.searchsorted(gone, days, side="right")


def stocks(care: Care, days: np.ndarray) -> pd.DataFrame:
    """Children in care at the end of each day, by age band, placement group and UASC; beside it the total.

    Returns `day, breakdown, category, value`; groups with nobody are rows of 0.
    """
    at, who = np.nonzero((care.start <= days[:, None]) & (np.isnat(care.end) | (care.end > days[:, None])))
    on = days[at]
    parts = {
        "total": (np.zeros(len(who), int), ("All",)),
        "age_band": (band_of(p.age(care.born[who], on)), BANDS),
        "placement": (care.group_on(who, on), GROUPS),
        "uasc": (1 - care.asylum_on(who, on).astype(int), ("UASC", "Not UASC")),
    }
    tables = [
        pd.DataFrame(
            {
                "day": np.repeat(days, len(names)),
                "breakdown": name,
                "category": np.tile(np.array(names, dtype=object), len(days)),
                "value": np.bincount(at * len(names) + codes, minlength=len(days) * len(names)),
            }
        )
        for name, (codes, names) in parts.items()
    ]
    return pd.concat(tables, ignore_index=True)
