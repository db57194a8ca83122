"""The tables that measures name in their arguments, made from a record.

Adding a line here is all it takes for a measure to read another table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record import Record, schooling
from incare.record.adoptions import adoptions
from incare.record.dated import social_workers


@dataclass(frozen=True)
class Source:
    """How a table that measures name is made.

    `frame` makes it from a record (None when the extract has none). `spans` says that it is asked about periods, else
    it is handed over as it is. `dated` says that its own first date is where its history begins, as with local tables;
    others go back as far as the returns do. `tables` are the input tables it is made of.
    """

    frame: Callable[[Record], pd.DataFrame | None]
    spans: bool = True
    dated: bool = False
    tables: tuple[str, ...] = ()


def _events(table: str, column: str, end: str = "") -> Source:
    """An input table of events on the day in a column, or of spans up to the day in another."""

    def frame(record: Record) -> pd.DataFrame | None:
        found = record.tables.get(table)
        if found is None:
            return None
        found = found.assign(start=found[column], **({"end": found[end]} if end else {}))
        return found[found["start"].notna()].reset_index(drop=True)

    return Source(frame, dated=True, tables=(table,))


def _plain(table: str) -> Source:
    return Source(lambda record: record.tables.get(table), spans=False, tables=(table,))


def care_periods(record: Record) -> pd.DataFrame:
    """Periods of care with the first and last legal status, placement and place, for breakdowns."""
    care, episodes = record.care_periods, record.tables["episodes"]
    facts = {}
    for side in ("first", "last"):
        at = care[f"{side}_episode"].to_numpy()
        for column in ("legal_status", "placement", "place"):
            facts[f"{side}_{column}"] = episodes[column].array.take(at)
    if "category_of_need" in episodes:
        facts["category_of_need"] = episodes["category_of_need"].array.take(care["first_episode"].to_numpy())
    return care.assign(**facts)


def people(record: Record) -> pd.DataFrame:
    """Everyone in the record, with the day they first met the 13-week test."""
    return record.people.assign(eligible_from=record.eligible_from.astype("datetime64[s]"))


def known_reviews(record: Record) -> pd.DataFrame:
    """Reviews held, or no rows where the extract has no reviews: for measures that can do without them."""
    held = record.held_reviews
    none = pd.DataFrame({"child": np.zeros(0, int), "start": np.zeros(0, "datetime64[s]")})
    return none if held is None else held


def yearly(table: str) -> Source:
    """A return's table with a row per child and year, as events on the 31 March that closes the year."""

    def frame(record: Record) -> pd.DataFrame | None:
        found = record.tables.get(table)
        if found is None:
            return None
        closes = np.array([f"{year}-03-31" for year in found["_year"]], dtype="datetime64[s]")
        return found.assign(start=closes)

    return Source(frame, tables=(table,))


SOURCES: dict[str, Source] = {
    # From the returns
    "in_care": Source(lambda record: record.tables["episodes"], tables=("episodes",)),
    "care_periods": Source(care_periods, tables=("episodes",)),
    "carer_spells": Source(lambda record: record.carer_spells, tables=("episodes",)),
    "placement_spells": Source(lambda record: record.placement_spells, tables=("episodes",)),
    "placement_locations": Source(lambda record: record.located, tables=("episodes", "postcodes")),
    "respite": Source(lambda record: record.respite, tables=("episodes",)),
    "due_reviews": Source(lambda record: record.due_reviews, tables=("reviews", "reviews_local")),
    "held_reviews": Source(lambda record: record.held_reviews, tables=("reviews", "reviews_local")),
    "missing": Source(lambda record: record.tables.get("missing"), tables=("missing",)),
    "oc2": yearly("oc2"),
    "care_leavers": Source(lambda record: record.care_leavers, tables=("oc3",)),
    "adoptions": Source(adoptions),
    "social_workers": Source(social_workers, dated=True, tables=("sw_episodes",)),
    "known_reviews": Source(known_reviews),
    "people": Source(people, spans=False, tables=("header", "uasc")),
    "uasc": Source(lambda record: record.tables.get("uasc"), spans=False, tables=("uasc",)),
    # Local tables
    "population": _plain("population"),
    "care_plans": _events("care_plans", "PLAN_DATE"),
    "pathway_plans": _events("pathway_plans", "PLAN_DATE"),
    "visits": _events("visits", "VISIT_DATE"),
    "health_checks": _events("health", "CHECK_DATE"),
    "sdq_scores": _events("sdq", "SDQ_DATE"),
    "offences": _events("offences", "OUTCOME_DATE"),
    "peps": _events("pep", "PEP_DATE"),
    "terms": Source(schooling.terms, spans=False, tables=("terms",)),
    "attainment": Source(schooling.results, spans=False, dated=True, tables=("attainment",)),
    "attendance": Source(schooling.sessions, spans=False, dated=True, tables=("attendance",)),
    "term_attendance": Source(schooling.term_sessions, spans=False, tables=("attendance", "terms")),
    "suspensions": Source(schooling.exclusions, spans=False, dated=True, tables=("suspensions",)),
    "schools": _events("schools", "START", "END"),
    "return_interviews": _events("return_interviews", "MIS_START"),
    "care_leaver_snapshots": Source(lambda record: record.care_leaver_snapshots, dated=True, tables=("care_leavers",)),
    "cl_contacts": _events("cl_contacts", "CONTACT_DATE"),
    "cl_accommodation": _events("cl_accommodation", "START", "END"),
    # Letters go out now and then: the first one is not where the record of them begins.
    "entitlement_survey": replace(_events("entitlement_survey", "SENT_DATE"), dated=False),
    "pa_allocations": _events("pa_allocations", "START", "END"),
    "workers": _plain("workers"),
}


def begins(frame: pd.DataFrame, source: Source, record: Record) -> np.datetime64 | None:
    """The first day a table can answer for; None when a dated table holds no date."""
    if not source.dated:
        return record.covers[0]
    days = p.days(frame["start"])
    days = days[~np.isnat(days)]
    return days.min() if len(days) else None
