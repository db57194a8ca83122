"""The attacker: whoever holds every released cell, of this pack and of earlier ones, and does the sums."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from incare.disclosure import ledger
from incare.disclosure.bounds import Wanted, search
from incare.disclosure.complementary import CROSS
from incare.disclosure.protect import SHOWN, Protected, Rules, protect
from incare.disclosure.relations import BEHIND, REVISED, YEARS_OF, Web, webs
from incare.disclosure.released import KEY, Facts, PackError, name_of, read_manifest, read_pack
from incare.disclosure.released import released as released_cells
from incare.disclosure.spoken import unexplained

NAMED = ["area", "measure", "period_end", "grain", "breakdown", "category", "cohort", "what"]
_WHAT = {"counted": "the number counted", "left": "those not counted", "group": "the size of the group"}
MOST_NAMED = 12
GENTLE = 4  # turns in which single rows are hidden beside what gives way, before whole measures are
_MEASURE_OF = ["area", "measure", "grain", "period_end"]


@dataclass(frozen=True)
class Verdict:
    """What an attacker can work out; safe when that is nothing.

    `unsafe`: a row per cell, `area, measure, period_end, grain, breakdown, category, cohort, what, problem`, and never
    a value.
    `given_up`: how many relations of each family the printed figures contradict, and so prove nothing.
    `cells` and `hidden` count the cells that were looked at, `unknowns` the numbers they stand for, `releases` the
    packs and questions. `others` are sentences on what else is wrong: the ledger, the pages, figures of everyone.
    `given_away` counts the numbers that earlier releases give away without this one.
    """

    unsafe: pd.DataFrame = field(repr=False)
    given_up: dict[str, int]
    cells: int
    hidden: int
    unknowns: int
    releases: int = 1
    others: tuple[str, ...] = ()
    given_away: int = 0

    @property
    def safe(self) -> bool:
        """Whether nothing was found."""
        return self.unsafe.empty and not self.others

    def told(self) -> list[str]:
        """The verdict in sentences; cells are named, their values are not."""
        packs = f"{self.releases} release{'s' * (self.releases != 1)}"
        said = [f"{self.cells:,} cells of {packs} were put together; {self.hidden:,} numbers are hidden.", *self.others]
        if self.given_away:
            numbers = f"{self.given_away:,} number{'s' * (self.given_away > 1)}"
            said.append(f"{numbers} can be worked out from earlier releases alone.")
        if self.unsafe.empty:
            return [*said, "No hidden cell can be worked out."]
        said.append(f"{len(self.unsafe):,} numbers can be worked out, or nearly:")
        said += [f"  {named(row)}: {row.problem}." for row in self.unsafe.head(MOST_NAMED).itertuples()]
        more = len(self.unsafe) - MOST_NAMED
        return said + ([f"  and {more:,} more."] if more > 0 else [])


def named(row) -> str:
    """A cell by its name: measure, period, group and what of it."""
    group = "everyone" if row.breakdown == "total" else f"{row.breakdown} {row.category}"
    some = f", of {row.cohort}" if row.cohort else ""
    return f"{row.measure}, {row.grain} to {row.period_end:%Y-%m-%d}, {group}{some}, {row.what}"


def audit(
    released: pd.DataFrame,
    rules: Rules | None = None,
    *,
    facts: dict[str, Facts] | None = None,
    known: dict[bytes, tuple] | None = None,
) -> Verdict:
    """Attack everything that was released, and name the cells that give way.

    `released` holds the rows of `incare.disclosure.released.released` for all releases, oldest first. A hidden cell is
    unsafe when fewer than `rules.least_possible` values are left for it, unless 0 is the only one. A number that nobody
    printed but that can be formed (a flow between running totals, a revision, everyone less some) is unsafe when so few
    values are left and one of them is from 1 to `rules.hide_to`. `known` keeps what was found, for a later audit of
    nearly the same cells.
    **Source**: attacks D1 to D8 and D14 of the mission notes; the solver is HiGHS.
    """
    rules = rules or Rules()
    woven = webs(released, facts)
    unsafe, families = _gives_way(woven, rules, known)
    return Verdict(
        unsafe=unsafe.assign(period_end=pd.to_datetime(unsafe["period_end"]).astype("datetime64[s]")),
        given_up={str(name): int(count) for name, count in families.value_counts().items()},
        cells=len(released),
        hidden=int(woven[0].cells["hidden"].sum()),
        unknowns=len(woven[0].system.low),
        releases=released["release"].nunique(),
    )


def attack(own: pd.DataFrame, earlier: pd.DataFrame | None = None, rules: Rules | None = None) -> Verdict:
    """Attack the cells of a release together with those of earlier ones, oldest first.

    What the earlier ones give away by themselves is counted and not blamed on this release: hiding more in it would
    not take that back.
    """
    return attacker(earlier, rules or Rules())(own)


def attacker(earlier: pd.DataFrame | None, rules: Rules) -> Callable[[pd.DataFrame], Verdict]:
    """An attack that may be repeated on nearly the same cells, and then is quicker."""
    known: dict[bytes, tuple] = {}
    before = cache(lambda: webs(earlier))

    def attacked(own: pd.DataFrame) -> Verdict:
        if earlier is None or not len(earlier):
            return audit(own, rules, known=known)
        verdict = audit(pd.concat([earlier, own], ignore_index=True), rules, known=known)
        if verdict.unsafe.empty:
            return verdict
        return _blamed(verdict, _gives_way(before(), rules, known, only=verdict.unsafe)[0])

    return attacked


def _blamed(verdict: Verdict, before: pd.DataFrame) -> Verdict:
    """The verdict without the numbers that gave way before."""
    old = _among(verdict.unsafe, before, NAMED)
    return replace(verdict, unsafe=verdict.unsafe[~old].reset_index(drop=True), given_away=int(old.sum()))


def protect_and_attack(
    series: pd.DataFrame,
    rules: Rules | None = None,
    turns: int = 10,
    earlier: pd.DataFrame | None = None,
    cohort: str = "",
    choices: dict[str, dict] | None = None,
) -> tuple[Protected, Verdict]:
    """Protect a series for the public, attack it, and hide more where that succeeds, until it does not.

    `earlier` are the cells of earlier releases, which the attacker holds as well; `cohort` says of whom a question
    asked, when the series answers one; `choices` the definitions other than the default, by measure. In the first turns
    the smallest shown row of the same table and group as each cell that gives way is hidden, or else its total, and of
    a revision that gives way the revised row itself; of a quarter, the rolling years that hold it; then all of the
    measure in that period; in the last turns the group in every measure. The verdict is that of the last turn: not safe
    when `turns` were not enough, or nothing is left to hide. Takes seconds per attack.
    """
    rules = rules or Rules()
    also, attacked = np.zeros(len(series), bool), attacker(earlier, rules)
    for turn in range(turns):
        shown = protect(series, "public", rules, also)
        verdict = attacked(released_cells(shown, "series", cohort=cohort, choices=choices))
        told = shown.frame["status"].isin(SHOWN).to_numpy()
        more = np.zeros(len(series), bool)
        ways = (_beside, _measure_of, _group_of)[(turn >= GENTLE) + (turn >= 2 * GENTLE) :]
        if turn >= GENTLE // 2:
            # What stands beside a quarter does not help when rolling years tell it.
            ways = (_of_its_years, *ways)
        # The rolling year that ends with a quarter may be hidden, or older than the record, and others still tell it.
        for unsafe in (verdict.unsafe, _years_with(verdict.unsafe))[turn >= GENTLE // 2 :]:
            for further in ways:
                more = more if more.any() or verdict.safe else further(series, told, unsafe) & told
        if not more.any():
            break
        also |= more
    return shown, verdict


def _years_with(unsafe: pd.DataFrame) -> pd.DataFrame:
    """The unsafe cells, and for each quarter behind a rolling year the four years that hold it."""
    return pd.concat([unsafe, _four_ends(unsafe[unsafe["what"] == BEHIND])], ignore_index=True)


def _four_ends(quarters: pd.DataFrame) -> pd.DataFrame:
    """Rows of quarters at the ends of the four rolling years that hold each."""
    ends = (quarters["period_end"] + pd.offsets.MonthEnd(3 * later) for later in range(4))
    return pd.concat([quarters.assign(period_end=end) for end in ends], ignore_index=True)


def _of_its_years(series: pd.DataFrame, told: np.ndarray, unsafe: pd.DataFrame) -> np.ndarray:
    """The group in every rolling year that counts the same children as an unsafe quarter of starts or exits."""
    pairs = [(flow, year) for flow, years in YEARS_OF.items() for year, _ in years]
    quarters = unsafe.merge(pd.DataFrame(pairs, columns=["measure", "year"]), on="measure")
    years = _four_ends(quarters.drop(columns="measure").rename(columns={"year": "measure"}))
    return _alike(series, years, [*_MEASURE_OF, "breakdown", "category"])


def _beside(series: pd.DataFrame, told: np.ndarray, unsafe: pd.DataFrame) -> np.ndarray:
    """For each unsafe cell the smallest shown row of its table and group, or else the total of everyone."""
    rows = series[[*_MEASURE_OF, "breakdown", "category"]].reset_index(drop=True)
    rows = rows.assign(group=rows["category"].str.rpartition(CROSS)[0], size=series["numerator"].to_numpy(float))
    table = [*_MEASURE_OF, "breakdown", "group"]
    wanted = unsafe.assign(group=unsafe["category"].str.rpartition(CROSS)[0])
    wanted = wanted.loc[unsafe["what"] != REVISED, table].drop_duplicates()
    beside = rows[told & (rows["size"] > 0)].merge(wanted, on=table, how="inner").sort_values("size")
    first = beside.drop_duplicates(table)
    spent = wanted[~pd.MultiIndex.from_frame(wanted).isin(pd.MultiIndex.from_frame(first[table]))]
    totals = spent.assign(breakdown="total", category="All")
    keys = [*_MEASURE_OF, "breakdown", "category"]
    # What was revised is hidden itself: it is shown, in two states.
    revised = unsafe.loc[unsafe["what"] == REVISED, keys]
    chosen = pd.MultiIndex.from_frame(pd.concat([first[keys], totals[keys], revised]))
    return pd.MultiIndex.from_frame(rows[keys]).isin(chosen)


def _measure_of(series: pd.DataFrame, told: np.ndarray, unsafe: pd.DataFrame) -> np.ndarray:
    """All rows of the measure and period of each unsafe cell."""
    return _alike(series, unsafe, _MEASURE_OF)


def _group_of(series: pd.DataFrame, told: np.ndarray, unsafe: pd.DataFrame) -> np.ndarray:
    """The group and period of each unsafe cell in every measure."""
    return _alike(series, unsafe, ["area", "grain", "period_end", "breakdown", "category"])


def _alike(series: pd.DataFrame, unsafe: pd.DataFrame, columns: list[str]) -> np.ndarray:
    return _among(series, unsafe, columns)


def _among(rows: pd.DataFrame, others: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Which rows have the same values in some columns as any of the others."""
    return pd.MultiIndex.from_frame(rows[columns]).isin(pd.MultiIndex.from_frame(others[columns]))


def audit_pack(
    pack: str | os.PathLike, records: str | os.PathLike | None = None, *, rules: Rules | None = None, new: bool = False
) -> Verdict:
    """Attack a pack together with everything its ledger holds of the same area.

    `records` is the ledger (by default that beside the packs); `new` says that the pack is not published yet, so that
    it is not expected there. Rules are those of the pack's own manifest unless given. A restricted pack is refused.
    Raises `PackError` for a folder that is no public pack, `LedgerError` for a ledger that was changed.
    """
    pack = Path(pack)
    facts = read_manifest(pack)
    if facts["profile"] != "public":
        raise PackError(f"{pack} is a {facts['profile']} pack: it holds true counts and is not for publication.")
    params = facts.get("params", {})
    rules = rules or Rules(**params.get("disclosure", {}))
    rules.check("public")
    own, place = read_pack(pack), Path(records) if records else ledger.place(pack)
    entries = ledger.read(place, facts["area"])
    earlier = ledger.cells_of(entries, facts["area"], without=name_of(facts))
    verdict = attack(own, earlier, rules)
    others = [*_unrounded(own, rules), *_of_pages(pack, rules), *_everyone(own, rules, params)]
    others += [] if new else _unrecorded(entries, own, name_of(facts), place)
    return replace(verdict, others=tuple(others))


def _unrounded(cells: pd.DataFrame, rules: Rules) -> list[str]:
    """Counts that the rules would not have printed."""
    figures = np.nan_to_num(cells[["numerator", "denominator"]].to_numpy(float))
    wrong = (figures % rules.base != 0) | ((figures >= rules.hide_from) & (figures <= rules.hide_to))
    named = cells[wrong.any(axis=1)].drop_duplicates(["measure", "breakdown"])
    return [f"{row.measure} by {row.breakdown} is printed unrounded or too small." for row in named.itertuples()]


def _of_pages(pack: Path, rules: Rules) -> list[str]:
    found = unexplained(pack, rules)
    return [
        f"{name} says {len(rows)} number{'s' * (len(rows) > 1)} that no released figure explains, the first in "
        f'"{rows["words"].iloc[0]}".'
        for name, rows in found.groupby("file")
    ]


def _everyone(cells: pd.DataFrame, rules: Rules, params: dict) -> list[str]:
    """Shares of 0 % or 100 % on a sensitive matter, which two people must have looked at."""
    if len(params.get("signed_by", [])) >= 2:
        return []
    share = cells["status"].isin(SHOWN) & (cells["unit"] == "%") & cells["measure"].isin(rules.sensitive)
    all_of = (cells["value"] == 100) & (cells["numerator"] == cells["denominator"])
    rows = cells[share & (all_of | (cells["numerator"] == 0))]
    return [
        f"{name}: {count} figures speak of everyone in a group; two people must sign for them (signed_by)."
        for name, count in rows.groupby("measure").size().items()
    ]


def _unrecorded(entries: list[ledger.Entry], own: pd.DataFrame, name: str, place: Path) -> list[str]:
    if own.empty:
        return []
    mine = [entry for entry in entries if entry.release == name]
    if not mine:
        return [f"{place.name} does not record this pack: it was cut off, or the pack was not published by a run."]
    if mine[-1].digest != ledger.digest(own):
        return ["The data files differ from what the ledger says was released."]
    return []


def _gives_way(
    woven: tuple[Web, ...], rules: Rules, known: dict | None, only: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.Series]:
    """The numbers that give way, each once, and the families of the relations that were given up.

    `only` asks about the numbers with the names of its rows.
    """
    web, revised, years, flows = woven
    sought = (
        (web, _sought(web, every=only is not None)),
        (revised, _sought(revised, every=only is not None)),
        (years, years.changes.assign(strict=False)),
        (flows, flows.changes.assign(strict=True)),
    )
    if only is not None:
        sought = tuple((woven, asked[_among(asked, only, NAMED)]) for woven, asked in sought)
    attacks = [_attacked(woven, asked, rules, known) for woven, asked in sought]
    # A quarter may give way in two systems.
    unsafe = pd.concat([rows for rows, _ in attacks], ignore_index=True).drop_duplicates(NAMED)
    return unsafe, pd.Series([name for _, names in attacks for name in names], dtype=object)


def _attacked(web: Web, sought: pd.DataFrame, rules: Rules, known: dict | None) -> tuple[pd.DataFrame, np.ndarray]:
    """The numbers of a web that give way, and the families of the relations that were given up."""
    unknown, always = sought["unknown"].to_numpy(int), sought["strict"].to_numpy(bool)
    wanted = Wanted(unknown, always, rules.least_possible, (max(rules.hide_from, 1), rules.hide_to))
    found = search(web.system, wanted, known)
    # That nobody is in a group is no secret: the rules print every 0 unless it hides what is beside it.
    nobody = (found.least == 0) & (found.most == 0) & (sought["what"] == _WHAT["counted"]).to_numpy()
    problem = np.where(found.decided, f"fewer than {rules.least_possible} values are possible", "not shown to be safe")
    rows = sought.assign(problem=problem)[found.few & ~nobody]
    return rows[[*NAMED, "problem"]], web.system.family[found.given_up]


def _sought(web: Web, every: bool = False) -> pd.DataFrame:
    """The unknowns to be asked about: all numbers of hidden cells, or of every cell, and all changes."""
    hidden = web.cells if every else web.cells[web.cells["hidden"]]
    parts = []
    for quantity, what in _WHAT.items():
        mine = hidden[hidden[quantity] >= 0]
        # A count is all there is to a row without a group; of a share any of its numbers may be known to be large.
        strict = (mine["kind"] != "share") & (quantity != "left")
        parts.append(mine[KEY].assign(unknown=mine[quantity], what=what, strict=strict))
    parts.append(web.changes.assign(strict=False))
    return pd.concat(parts, ignore_index=True)
