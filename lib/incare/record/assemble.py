"""From text tables already recognised to one record: typed, stacked, cleaned and joined up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import NOT_KNOWN
from incare.record import cells, leavers, located, reviews, spells
from incare.record.checks import Look, check
from incare.record.children import children, everyone, numbered
from incare.record.clean import clean_episodes, short_breaks
from incare.record.files import ExtractError, TextTable, label_year
from incare.record.findings import Finding, collect, flag, reconcile, whose
from incare.record.missing import incidents, merged
from incare.record.social_workers import one_after_another
from incare.record.stack import last_day, stack
from incare.record.tables import SSDA903, TABLES
from incare.record.yearly import plausible

NEEDED = ("episodes", "header")


@dataclass(frozen=True)
class Record:
    """An extract as measures see it.

    `tables` are the typed tables as used (with `child`, the number of the person in `people`); `issues` has a line per
    row set aside, repaired or flagged (rule, table, file, row, column, action, reason); `reconciliation` says per file
    rows in = used + set aside; `covers` are the first and last day of the returns without a missing year between;
    `reaches` is the latest day on which anything is recorded; `notices` are sentences for the analyst.

    `latest_only` names tables that hold only the latest date per child; `whose` gives the person's number behind each
    line of `issues` (-1: nobody's) and stays inside the record; `respite` are the short breaks, which are no care, as
    spans (`child, start, end`); `begins` gives, by table, the first day a table of reviews can answer for where that is
    later than the first day covered; `postcodes` are those of homes and placements, so that a pack can be searched for
    them.
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
    whose: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int), repr=False)
    respite: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["child", "start", "end"]), repr=False)
    begins: dict[str, np.datetime64] = field(default_factory=dict, repr=False)
    postcodes: frozenset[str] = field(default=frozenset(), repr=False)

    def _repr_html_(self) -> str:
        """What a notebook shows of a record: where it is from, what it covers, and its rows in, used and set aside."""
        lines = self.reconciliation.groupby("table", sort=False)[["rows_in", "used", "set_aside"]].sum().reset_index()
        head = f"{self.area}: {len(self.people):,} people, {self.covers[0]} to {self.covers[1]}, cut on {self.as_at}"
        return f"<p>{escape(head)}</p>{lines.to_html(index=False)}"

    @cached_property
    def care_periods(self) -> pd.DataFrame:
        """Periods of care, see `incare.record.spells.care_periods`."""
        return spells.care_periods(self.tables["episodes"])

    @cached_property
    def carer_spells(self) -> pd.DataFrame:
        """Carer spells, see `incare.record.spells.carer_spells`."""
        return spells.carer_spells(self.tables["episodes"])

    @cached_property
    def placement_spells(self) -> pd.DataFrame:
        """Carer spells with same-carer changes of placement counted, see `incare.record.spells.carer_spells`."""
        return spells.carer_spells(self.tables["episodes"], count_same_carer_changes=True)

    @cached_property
    def located(self) -> pd.DataFrame | None:
        """The episodes, with where placements lie and how far from home; None where the extract tells neither."""
        episodes = self.tables["episodes"]
        told = (episodes["location"] != NOT_KNOWN) | episodes["miles"].notna()
        return episodes if told.any() else None

    @cached_property
    def incidents(self) -> pd.DataFrame | None:
        """Missing incidents, those that overlap joined, see `incare.record.missing.merged`; None without the table."""
        rows = self.tables.get("missing")
        return None if rows is None else merged(rows)

    @cached_property
    def held_reviews(self) -> pd.DataFrame | None:
        """Reviews held, each day of a child once: `child, care, start` (the day), `code`; None without such a table."""
        return reviews.held_reviews(self.tables.get("reviews"), self.tables.get("reviews_local"))

    @cached_property
    def due_reviews(self) -> pd.DataFrame | None:
        """Reviews that fell due, with the day held, from the local table where there is one; None without either."""
        for name in ("reviews_local", "reviews"):
            if name in self.tables:
                since = self.begins.get(name, self.covers[0])
                return reviews.due_reviews(self.tables[name], self.care_periods, since)
        return None

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


def without_children(record: Record, children: np.ndarray) -> Record:
    """The same record without everything that is recorded of some children (given by number).

    People keep their numbers; periods of care and spells are numbered anew, as measures expect them. The issues and the
    reconciliation stay those of the whole record.
    """
    gone = np.zeros(len(record.people), bool)
    gone[children] = True

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        if "child" not in table:
            return table
        return table[~gone[table["child"].to_numpy(int)]].reset_index(drop=True)

    tables = {name: kept(table) for name, table in record.tables.items()}
    episodes = tables["episodes"]
    numbers = {column: pd.factorize(episodes[column])[0] for column in ("care", "spell", "placement_spell")}
    # Care numbers ascend, so their order of appearance is their order; reviews name periods of care by number.
    care = np.unique(episodes["care"])
    tables["episodes"] = episodes.assign(**numbers)
    for name in ("reviews", "reviews_local"):
        if name in tables:
            tables[name] = tables[name].assign(care=np.searchsorted(care, tables[name]["care"].to_numpy()))
    return replace(record, tables=tables, respite=kept(record.respite))


def assemble(
    parts: list[TextTable],
    *,
    area: str,
    as_at=None,
    keep: tuple[str, ...] = (),
    name: str = "The extract",
    la_code: str = "",
    rules: bool = True,
) -> Record:
    """One record from text tables already recognised: typed, stacked, cleaned and joined up.

    `name` is how the extract is called in messages; `la_code` the council's own code in the local table of postcodes
    (without it the most common one of home postcodes). Without `rules` the findings that set no row aside are not
    looked for, as they need every table. Raises `ExtractError` as `read` does.
    """
    findings: list[Finding] = []
    earlier: dict[str, pd.DataFrame] = {}
    _refuse_missing_tables(parts, name)
    years, notices = _return_years(parts)
    read = _stacked(parts, years, findings, earlier)
    covers = _covers(sorted(set(years.values())), notices)
    cut = p.day(as_at) if as_at is not None else covers[1]
    ids = everyone(read)
    stated = {name: numbered(table, ids) for name, table in read.items()}
    clean = clean_episodes(stated["episodes"], cut.astype("datetime64[s]"), findings)
    people = children(stated | {"episodes": clean}, ids, tuple(keep), findings)
    people = _without_impossible_births(people, clean, findings)
    _note_forgotten(clean, findings)
    _note_adults(clean, people, findings)
    episodes = _joined_up(clean, people, stated, la_code, notices, findings)
    care = spells.care_periods(episodes)
    breaks = short_breaks(stated["episodes"], cut.astype("datetime64[s]"))
    tables = stated | {"episodes": episodes} | _within_care(stated, care, p.days(people["born"]), findings)
    if rules:
        look = Look(
            stated=stated | {name: tables[name] for name in ("oc2", "sw_episodes") if name in tables},
            earlier=earlier,
            clean=clean,
            spans=episodes,
            care=care,
            people=people,
            breaks=breaks,
            covers=covers,
            years=np.unique(list(years.values())),
        )
        check(look, findings)
    issues = collect(findings)
    return Record(
        area=area,
        as_at=cut,
        tables=tables,
        people=people,
        issues=issues,
        reconciliation=reconcile(_rows_in(parts, years), issues),
        covers=(covers[0], min(covers[1], cut)),
        reaches=_reaches(read, cut),
        notices=tuple(notices),
        latest_only=frozenset(part.table.name for part in parts if getattr(part, "latest_only", False)),
        whose=whose(findings, ids),
        respite=breaks,
        begins=_begins(stated, covers[0]),
        postcodes=_postcodes(stated["episodes"]),
    )


def _postcodes(episodes: pd.DataFrame) -> frozenset[str]:
    """Every postcode of a home or placement: no table keeps them, and no page may show one."""
    found = (episodes[column].unique() for column in ("HOME_POST", "PL_POST") if column in episodes)
    return frozenset(text for column in found for text in column if isinstance(text, str) and text)


def _joined_up(clean, people, stated, la_code, notices, findings) -> pd.DataFrame:
    """Clean episodes with periods of care, spells, and where placements lie."""
    uasc = people["ever_uasc"].to_numpy(bool)[clean["child"].to_numpy()]
    where, own = located.located(clean, stated.get("postcodes"), uasc, la_code)
    if own and not la_code:
        notices.append(
            f"Where placements lie was worked out from postcodes; the council's own code was taken to be {own}, "
            "the most common one of home postcodes."
        )
    return spells.episodes_with_spells(
        clean, findings, poc_start=stated.get("poc_start"), born=p.days(people["born"]), located=where
    )


def _within_care(stated, care, born, findings) -> dict[str, pd.DataFrame]:
    """The tables that are read beside periods of care and birth dates, repaired; those that are absent are left out."""
    work = {
        "missing": lambda rows: incidents(rows, care, findings),
        "reviews": lambda rows: reviews.within_care(rows, care, findings),
        "reviews_local": lambda rows: reviews.local_within_care(rows, care, findings),
        "oc2": lambda rows: plausible(rows, born, findings),
        "sw_episodes": lambda rows: one_after_another(rows, findings),
    }
    return {name: done(stated[name]) for name, done in work.items() if name in stated}


def _begins(stated: dict[str, pd.DataFrame], first: np.datetime64) -> dict[str, np.datetime64]:
    """The first day that a table of reviews can answer for, where the returns reach back further.

    The Reviews of a return begin with its year; a local table that begins more than a year after the returns begins
    with its first day.
    """
    begins = {}
    if "reviews" in stated and len(stated["reviews"]):
        begins["reviews"] = last_day(stated["reviews"]["_year"].min() - 1) + 1
    if "reviews_local" in stated:
        rows = stated["reviews_local"]
        seen = np.concatenate([p.days(rows["DUE_DATE"]), p.days(rows["REVIEW_DATE"])])
        seen = seen[~np.isnat(seen)]
        if len(seen) and seen.min() > p.add_months([first], 12)[0]:
            begins["reviews_local"] = seen.min()
    return {name: day for name, day in begins.items() if day > first}


def _stacked(parts, years, findings, earlier) -> dict[str, pd.DataFrame]:
    """Every table there is, all returns together; local tables belong to no return."""
    found = {name: [part for part in parts if part.table.name == name] for name in TABLES}
    return {
        name: stack(
            TABLES[name], [(part, years[part.group] if name in SSDA903 else 0) for part in mine], findings, earlier
        )
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


def _without_impossible_births(people: pd.DataFrame, episodes: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    born = p.days(people["born"]).copy()
    child = episodes["child"].to_numpy()
    first = np.r_[True, child[1:] != child[:-1]] if len(child) else np.zeros(0, bool)
    late = first & (born[child] > p.days(episodes["DECOM"]))
    flag(episodes, first & np.isnat(born[child]), "102", "episodes", "CHILD", findings)
    flag(episodes, late, "302", "episodes", "DECOM", findings)
    if not late.any():
        return people
    born[child[late]] = np.datetime64("NaT", "D")
    return people.assign(born=born.astype("datetime64[s]"))


def _note_forgotten(rows: pd.DataFrame, findings: list[Finding]) -> None:
    """Note children whose episode is open in a return although a later return has no row for them (rule 502)."""
    open_ = rows["DEC"].isna().to_numpy()
    latest = rows["_year"].max()
    flag(rows, open_ & (rows["_year"] < latest).to_numpy(), "502", "episodes", "DEC", findings)


def _note_adults(rows: pd.DataFrame, people: pd.DataFrame, findings: list[Finding]) -> None:
    eighteenth = p.birthday(p.days(people["born"]), 18)[rows["child"].to_numpy()]
    ends = p.days(rows["DEC"])
    until = np.where(np.isnat(ends), last_day(rows["_year"]), ends)
    stays = (rows["LS"].to_numpy(object) == "V2") & (rows["PLACE"].to_numpy(object) == "K2")
    flag(rows, (until > eighteenth) & ~stays, "359", "episodes", "DEC", findings)


def _rows_in(parts: list[TextTable], years: dict[tuple[str, str], int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": [part.table.name for part in parts],
            "file": [part.path for part in parts],
            "year": [years[part.group] if part.table.name in SSDA903 else 0 for part in parts],
            "rows_in": [len(part.rows) + len(part.ragged) for part in parts],
        }
    )
