"""From text tables already recognised to one record: typed, stacked, cleaned and joined up."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record import cells, leavers, reviews, spells
from incare.record.children import children, everyone, numbered
from incare.record.clean import clean_episodes
from incare.record.files import ExtractError, TextTable, label_year
from incare.record.findings import collect, flag, reconcile
from incare.record.missing import incidents
from incare.record.stack import stack
from incare.record.tables import SSDA903, TABLES

NEEDED = ("episodes", "header")


@dataclass(frozen=True)
class Record:
    """An extract as measures see it.

    `tables` are the typed tables as used (with `child`, the number of the person in `people`); `issues` has a line per
    row set aside, repaired or flagged (rule, table, file, row, column, action, reason); `reconciliation` says per file
    rows in = used + set aside; `covers` are the first and last day of the returns without a missing year between;
    `reaches` is the latest day on which anything is recorded; `notices` are sentences for the analyst.
    """

    area: str
    as_at: np.datetime64
    tables: dict[str, pd.DataFrame] = field(repr=False)
    people: pd.DataFrame = field(repr=False)
    issues: pd.DataFrame = field(repr=False)
    reconciliation: pd.DataFrame = field(repr=False)
    covers: tuple[np.datetime64, np.datetime64]
    reaches: np.datetime64
    notices: tuple[str, ...] = ()
    fingerprint: str = ""
    latest_only: frozenset[str] = frozenset()

    @cached_property
    def care_periods(self) -> pd.DataFrame:
        """Periods of care, see `incare.record.spells.care_periods`."""
        return spells.care_periods(self.tables["episodes"])

    @cached_property
    def carer_spells(self) -> pd.DataFrame:
        """Carer spells, see `incare.record.spells.carer_spells`."""
        return spells.carer_spells(self.tables["episodes"])

    @cached_property
    def due_reviews(self) -> pd.DataFrame | None:
        """Reviews that fell due, with the day held; None without a Reviews table."""
        held = self.tables.get("reviews")
        if held is None:
            return None
        return reviews.due_reviews(held, self.care_periods, self.covers[0])

    @cached_property
    def care_leavers(self) -> pd.DataFrame | None:
        """The birthday cohort of OC3; None without an OC3 table."""
        oc3 = self.tables.get("oc3")
        if oc3 is None:
            return None
        return leavers.birthday_cohort(oc3, self.people, self.care_periods, self.tables["episodes"])

    @cached_property
    def care_leaver_snapshots(self) -> pd.DataFrame | None:
        """Care leavers at each snapshot; None without the local CARE_LEAVERS table."""
        table = self.tables.get("care_leavers")
        return None if table is None else leavers.snapshots(table, self.people)

    @cached_property
    def eligible_from(self) -> np.ndarray:
        """The day each person first met the 13-week test, by person number."""
        return leavers.became_eligible(self.tables["episodes"], p.days(self.people["born"]))


def assemble(
    parts: list[TextTable], *, area: str, as_at=None, keep: tuple[str, ...] = (), name: str = "The extract"
) -> Record:
    """One record from text tables already recognised: typed, stacked, cleaned and joined up.

    `name` is how the extract is called in messages. Raises `ExtractError` as `read` does.
    """
    findings: list[pd.DataFrame] = []
    _refuse_missing_tables(parts, name)
    years, notices = _return_years(parts)
    tables = _stacked(parts, years, findings)
    covers = _covers(sorted(set(years.values())), notices)
    cut = p.day(as_at) if as_at is not None else covers[1]
    reaches = _reaches(tables, cut)
    tables["episodes"] = clean_episodes(tables["episodes"], cut.astype("datetime64[s]"), findings)
    ids = everyone(tables)
    tables = {name: numbered(table, ids) for name, table in tables.items()}
    people = children(tables, ids, tuple(keep), findings)
    people = _without_impossible_births(people, tables["episodes"], findings)
    _note_forgotten(tables["episodes"], findings)
    _note_adults(tables["episodes"], people, findings)
    tables["episodes"] = spells.episodes_with_spells(tables["episodes"], findings)
    care = spells.care_periods(tables["episodes"])
    if "missing" in tables:
        tables["missing"] = incidents(tables["missing"], care, findings)
    if "reviews" in tables:
        tables["reviews"] = reviews.within_care(tables["reviews"], care, findings)
    issues = collect(findings)
    return Record(
        area=area,
        as_at=cut,
        tables=tables,
        people=people,
        issues=issues,
        reconciliation=reconcile(_rows_in(parts, years), issues),
        covers=(covers[0], min(covers[1], cut)),
        reaches=reaches,
        notices=tuple(notices),
    )


def _stacked(parts, years, findings) -> dict[str, pd.DataFrame]:
    """Every table there is, all returns together; local tables belong to no return."""
    found = {name: [part for part in parts if part.table.name == name] for name in TABLES}
    return {
        name: stack(TABLES[name], [(part, years[part.group] if name in SSDA903 else 0) for part in mine], findings)
        for name, mine in found.items()
        if mine
    }


def _refuse_missing_tables(parts: list[TextTable], name: str) -> None:
    have = {part.table.name for part in parts}
    lacking = [name for name in NEEDED if name not in have]
    if lacking:
        needs = " and ".join(lacking)
        columns = "; ".join(f"{name}: {', '.join(TABLES[name].must)}" for name in lacking)
        raise ExtractError(
            f"{name} has no {needs} table; what was found: {', '.join(sorted(have)) or 'no known table'}. "
            f"Add the SSDA903 file with the columns ({columns})."
        )


def _return_years(parts: list[TextTable]) -> tuple[dict[tuple[str, str], int], list[str]]:
    """The closing year of each return: read from its episodes' dates, with the year in its name as a hint.

    Some councils name a return by the year it ends in, some by the year it starts in; the dates decide, and one answer
    holds for the whole extract.
    """
    starts: dict[tuple[str, str], list[np.ndarray]] = {}
    for part in parts:
        if part.table.name == "episodes":
            days = cells.read_dates(part.rows["DECOM"]).days
            starts.setdefault(part.group, []).append(days[~np.isnat(days)].astype("datetime64[D]"))
    dated = {group: np.concatenate(days) for group, days in starts.items() if sum(len(d) for d in days)}
    if not dated:
        # The reader of cells says best what is wrong with a column of dates.
        stack(TABLES["episodes"], [(part, 0) for part in parts if part.table.name == "episodes"], [])
        raise ExtractError("No episode has a readable start date (DECOM), so the return years cannot be told.")
    named_by_start = any(
        label_year(group) and np.mean(days > np.datetime64(f"{label_year(group)}-03-31")) > 0.01
        for group, days in dated.items()
    )
    years, said = {}, []
    for group in {part.group: None for part in parts if part.table.name in SSDA903}:
        label = label_year(group)
        if label:
            years[group] = label + named_by_start
        elif group in dated:
            years[group] = _closing_year(np.sort(dated[group])[int(len(dated[group]) * 0.995) - 1])
        else:
            raise ExtractError(
                f"The files in “{group[0]}” have no year in their name and no episodes beside them, so their return "
                "year cannot be told. Put each return's files in a folder named by the year it ends in, such as 2025."
            )
    if named_by_start:
        said.append(
            "Returns are named by the year they start in: the latest was read as the year to 31 March "
            f"{max(years.values())}."
        )
    return years, said


def _closing_year(day: np.datetime64) -> int:
    month = day.astype("datetime64[M]").astype(int)
    return 1970 + int(month) // 12 + (int(month) % 12 >= 3)


def _covers(years: list[int], notices: list[str]) -> tuple[np.datetime64, np.datetime64]:
    first = years[-1]
    while first - 1 in years:
        first -= 1
    if first != years[0]:
        notices.append(
            f"The return for the year to 31 March {first - 1} is missing; measures that look back start after it."
        )
    return np.datetime64(f"{first - 1}-04-01", "D"), np.datetime64(f"{years[-1]}-03-31", "D")


def _reaches(tables: dict[str, pd.DataFrame], cut: np.datetime64) -> np.datetime64:
    seen = [
        p.days(tables[name][column])
        for name, column in (
            ("episodes", "DECOM"),
            ("episodes", "DEC"),
            ("reviews", "REVIEW"),
            ("missing", "MIS_START"),
        )
        if name in tables
    ]
    days = np.concatenate(seen)
    days = days[~np.isnat(days) & (days <= cut)]
    return days.max() if len(days) else np.datetime64("NaT", "D")


def _without_impossible_births(
    people: pd.DataFrame, episodes: pd.DataFrame, findings: list[pd.DataFrame]
) -> pd.DataFrame:
    born = p.days(people["born"])
    first = ~episodes["CHILD"].duplicated().to_numpy()
    child = episodes["child"].to_numpy()
    wrong = first & (np.isnat(born[child]) | (born[child] > p.days(episodes["DECOM"])))
    flag(episodes, wrong, "102", "episodes", "DECOM", findings)
    born = born.copy()
    born[child[wrong]] = np.datetime64("NaT", "D")
    return people.assign(born=born.astype("datetime64[s]"))


def _note_forgotten(rows: pd.DataFrame, findings: list[pd.DataFrame]) -> None:
    """Note children whose episode is open in a return although a later return has no row for them (rule 502)."""
    open_ = rows["DEC"].isna().to_numpy()
    latest = rows["_year"].max()
    flag(rows, open_ & (rows["_year"] < latest).to_numpy(), "502", "episodes", "DEC", findings)


def _note_adults(rows: pd.DataFrame, people: pd.DataFrame, findings: list[pd.DataFrame]) -> None:
    eighteenth = p.birthday(p.days(people["born"]), 18)[rows["child"].to_numpy()]
    closing = np.array([f"{year}-03-31" for year in rows["_year"]], dtype="datetime64[D]")
    until = np.where(rows["DEC"].isna(), closing, p.days(rows["DEC"]))
    stays = (rows["LS"] == "V2") & (rows["PLACE"] == "K2")
    flag(rows, (until > eighteenth) & ~stays.to_numpy(), "359", "episodes", "DEC", findings)


def _rows_in(parts: list[TextTable], years: dict[tuple[str, str], int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": [part.table.name for part in parts],
            "file": [part.path for part in parts],
            "year": [years[part.group] if part.table.name in SSDA903 else 0 for part in parts],
            "rows_in": [len(part.rows) + len(part.ragged) for part in parts],
        }
    )
