"""How released cells hang together: every sum an attacker can write down, over all tables and packs at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.disclosure.bounds import Builder, System, narrowed
from incare.disclosure.complementary import CROSS
from incare.disclosure.protect import SHOWN
from incare.disclosure.released import KEY, WHOSE, Facts, kinds_of, published_facts

QUANTITIES = ("counted", "left", "group")  # numerator, complement, denominator
# The same children under several names: a measure with "counted" (its numerator) or "group" (its denominator).
SAME = (
    (
        *(("cla_count", "counted"), ("cla_rate", "counted")),
        *((f"placement_{name}_pct", "group") for name in ("type", "kinship", "residential", "foster", "with_parents")),
        *((f"placement_{name}_pct", "group") for name in ("supported_accommodation", "out_of_area", "over_20_miles")),
        *(("stability_3plus_pct", "group"), ("family_environment_pct", "group"), ("cla_uasc_pct", "group")),
        ("cla_breakdown", "group"),
    ),
    (("cla_uasc_count", "counted"), ("cla_uasc_pct", "counted")),
    (("cla_any_time_count", "counted"), ("missing_children_pct", "group"), ("away_children_pct", "group")),
    (("missing_children_pct", "counted"), ("missing_repeat_pct", "group")),
    (("cla_started_rate", "counted"), ("cla_started_uasc_pct", "group")),
    (
        ("cla_ceased_rate", "counted"),
        *((f"ceased_{why}_pct", "group") for why in ("adopted", "sgo", "cao", "returned_home", "aged_18")),
        *((f"ceased_{why}_pct", "group") for why in ("stayed_with_carers", "independent", "permanence")),
    ),
    (("ceased_adopted_pct", "counted"), ("adopted_placed_within_12m_pct", "group")),
    (
        *((f"cl_{name}_pct", "group") for name in ("in_touch", "eet", "neet", "higher_education", "apprenticeship")),
        *((f"cl_{name}_pct", "group") for name in ("employment_training", "other_education")),
        *(("cl_neet_reasons", "group"), ("cl_accommodation_types", "group")),
    ),
    tuple((f"{name}_pct", "group") for name in ("dental_check", "health_assessment", "immunisations")),
    tuple((f"return_interview_{name}_pct", "group") for name in ("offered", "accepted")),
    (("sdq_completed_pct", "counted"), ("sdq_band_pct", "group")),
    (("substance_misuse_pct", "counted"), ("substance_intervention_pct", "group")),
)
# A measure's numerator that is one part of a mix, and a measure that is one group of another.
PART_OF = {
    "placement_kinship_pct": ("placement_type_pct", "Foster: relatives or friends"),
    "placement_with_parents_pct": ("placement_type_pct", "With parents"),
    "cl_eet_pct": ("cl_neet_reasons", "In education, employment or training"),
}
GROUP_OF = {"cla_uasc_count": ("cla_count", "uasc", "UASC")}
# Children in care at the end = those before + started - ceased, for groups that a child does not change.
STOCK, STARTED, CEASED = "cla_count", "cla_started_count", "cla_ceased_count"
LASTING = ("total", "sex", "uasc")
# Some of the same children twice over: the second measure's numerator holds the first's.
NESTED = (
    ("ceased_adopted_pct", "ceased_permanence_pct"),
    ("ceased_sgo_pct", "ceased_permanence_pct"),
    ("ceased_cao_pct", "ceased_permanence_pct"),
    ("placement_kinship_pct", "placement_foster_pct"),
)
# Rolling years in which each child or event belongs to one quarter only, so that the quarters add up.
SUMS_OF_QUARTERS = re.compile(
    r"cl_(?!pa_)\w+|ceased_\w+|cla_(started|ceased)_(rate|count|uasc_pct)|cla_reentry_pct|adopt\w+|missing_incidents_count"
)
# What happens in a quarter, and the rolling years that count the same children, each of them once.
YEARS_OF = {
    "cla_started_count": (
        ("cla_started_rate", "counted"),
        ("cla_started_uasc_pct", "group"),
        ("cla_reentry_pct", "group"),
    ),
    "cla_ceased_count": (
        ("cla_ceased_rate", "counted"),
        *((f"ceased_{why}_pct", "group") for why in ("adopted", "sgo", "cao", "returned_home", "aged_18")),
        *((f"ceased_{why}_pct", "group") for why in ("stayed_with_carers", "independent", "permanence")),
    ),
}
TWICE = 0.02  # of a year's children, those counted in two of its quarters: an attacker trusts that there are no more
REVISED = "the change when it was revised"
BEHIND = "the quarter behind the rolling year"
_PLACE = ["area", "grain", "period_end", "cohort", "breakdown", "category"]
_PERIOD = ["area", "grain", "period_end"]
_SUFFICIENT = 2_000  # groups of children that a question about some of them may be cut into


@dataclass(frozen=True)
class Web:
    """All released cells as unknowns of one system.

    `cells`: a row per cell and version, with the numbers of its unknowns (`counted`, `left`, `group`; -1 where it has
    none) and `hidden`. `changes`: numbers that nobody printed but that anyone can form (a flow between two running
    totals, a figure before and after it was revised, everyone less some): `unknown` and `what`, with the key.
    """

    cells: pd.DataFrame
    changes: pd.DataFrame
    system: System


def webs(released: pd.DataFrame, facts: dict[str, Facts] | None = None) -> tuple[Web, Web, Web, Web]:
    """Everything that can be asked of releases: `weave`, `revisions`, `quarters_behind` and `flows_behind`."""
    cells, facts = _cells(released), published_facts() | (facts or {})
    web = _woven(cells, facts)
    return web, _revisions(cells, facts), quarters_behind(web), flows_behind(web)


def weave(released: pd.DataFrame, facts: dict[str, Facts] | None = None) -> Web:
    """Every relation between the newest figures of all releases, for an attacker who has read the definitions.

    `released` holds the rows of `released()` for one or more releases, oldest first; `facts` replaces or adds to the
    facts of the catalogue. Releases are put together as long as no figure of a period was revised; what stood beside a
    revised one may have been revised too, unseen (`revisions` has those).
    **Source**: attacks D1, D2, D3, D5 to D8 and D14 of the mission notes.
    """
    return _woven(_cells(released), published_facts() | (facts or {}))


def _woven(cells: pd.DataFrame, facts: dict[str, Facts]) -> Web:
    builder = Builder()
    cells = _unknowns(_newest(cells), builder)
    view = View.of(cells)
    for tie in (_breakdowns, _mixes, _margins, _months, _same, _parts_of, _groups_of, _flow):
        tie(view, builder, facts)
    changes = [form(view, builder) for form in (_to_date, _nested, _alternatives, _cohorts)]
    return Web(cells, _changes(changes), builder.system())


def revisions(released: pd.DataFrame, facts: dict[str, Facts] | None = None) -> Web:
    """The tables of periods in which anything was revised, in all their states and by themselves.

    A cell that one release hides and another shows is one number as long as no figure of its table changed; where one
    did, the difference is the children who were added or taken out.
    **Source**: attack D4 of the mission notes.
    """
    return _revisions(_cells(released), published_facts() | (facts or {}))


def _revisions(cells: pd.DataFrame, facts: dict[str, Facts]) -> Web:
    revised = cells.groupby(_PERIOD, dropna=False)["world"].transform("max") > 0
    builder = Builder()
    cells = _unknowns(_merged(cells[revised]), builder)
    changes: list[pd.DataFrame] = []
    for _, state in cells.groupby("version"):
        view = View.of(state.reset_index(drop=True))
        for tie in (_breakdowns, _mixes, _margins, _months):
            tie(view, builder, facts)
        changes.append(_cohorts(view, builder))
    return Web(cells, _changes([*changes, _revised(cells, builder)]), builder.system())


def _changes(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = [*KEY, "unknown", "what"]
    parts = [part for part in parts if len(part)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return found[columns].drop_duplicates([*KEY, "what"])


# Cells and versions


def _cells(released: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and version: what was printed, and whether it never was."""
    rows = released.reset_index(drop=True)
    rows = rows.assign(kind=kinds_of(rows), shown=rows["status"].isin(SHOWN))
    # A share of nobody is printed as 0 of 0, so its numbers are known.
    rows = rows.assign(empty=(rows["status"] == "z") & (rows["denominator"] == 0) & (rows["kind"] == "share"))
    rows = rows[(rows["shown"] | (rows["status"] == "c") | rows["empty"]) & (rows["kind"] != "ratio")]
    rows = rows.reset_index(drop=True)
    return rows.assign(version=_versions(rows)).assign(world=_worlds)


def _worlds(rows: pd.DataFrame) -> np.ndarray:
    """A number for each state of a period: it grows with every release that prints other figures for any of it."""
    state = rows.groupby([*WHOSE, "release"], sort=False, dropna=False)["version"].transform("max")
    tables = rows.assign(version=state).drop_duplicates([*WHOSE, "release"])
    before = tables.groupby(WHOSE, sort=False, dropna=False)["version"].shift(fill_value=0)
    grew = (tables["version"] > before).groupby([tables[name] for name in [*_PERIOD, "release"]], sort=False).any()
    world = grew.astype(int).groupby(level=_PERIOD, sort=False).cumsum()
    return world.reindex(pd.MultiIndex.from_frame(rows[[*_PERIOD, "release"]])).to_numpy()


def _merged(cells: pd.DataFrame) -> pd.DataFrame:
    """Each cell of each state of its table once: what was printed, where any release did."""
    first = cells.sort_values("shown", ascending=False, kind="stable")
    return first.drop_duplicates([*KEY, "version"]).reset_index(drop=True)


def _newest(cells: pd.DataFrame) -> pd.DataFrame:
    """Each cell once, as in the releases since its period was revised, or in the last that had its table."""
    last = cells["world"] == cells.groupby(WHOSE, dropna=False)["world"].transform("max")
    merged = _merged(cells[last])
    newest = merged["version"] == merged.groupby(WHOSE, dropna=False)["version"].transform("max")
    return merged[newest].reset_index(drop=True)


def _versions(rows: pd.DataFrame) -> np.ndarray:
    """A number for each state of a measure's table: it grows when a later release prints other figures for it."""
    table, cell = _number(rows, WHOSE), _number(rows, KEY)
    printed = rows[["numerator", "denominator", "value"]].to_numpy(float)
    told = (rows["shown"] | rows["empty"]).to_numpy()
    order = {name: place for place, name in enumerate(dict.fromkeys(rows["release"]))}
    release = rows["release"].map(order).to_numpy()
    last = np.full((cell.max(initial=-1) + 1, 3), np.nan)
    known = np.zeros(len(last), bool)
    current = np.zeros(table.max(initial=-1) + 1, int)
    version = np.zeros(len(rows), int)
    for number in range(len(order)):
        mine = np.flatnonzero(release == number)
        old = last[cell[mine]]
        same = np.all((old == printed[mine]) | (np.isnan(old) & np.isnan(printed[mine])), axis=1)
        revised = np.unique(table[mine[told[mine] & known[cell[mine]] & ~same]])
        current[revised] += 1
        forgotten = np.isin(table, revised)
        known[cell[forgotten]] = False
        version[mine] = current[table[mine]]
        fresh = mine[told[mine]]
        last[cell[fresh]], known[cell[fresh]] = printed[fresh], True
    return version


def _number(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    return frame.groupby(columns, sort=False, dropna=False, observed=True).ngroup().to_numpy()


def _unknowns(cells: pd.DataFrame, builder: Builder) -> pd.DataFrame:
    """The cells with the numbers of their unknowns, bounded by what is printed, and totals that nobody printed."""
    cells = pd.concat([cells, _unprinted_totals(cells)], ignore_index=True)
    kind = cells["kind"].to_numpy()
    hidden = (cells["status"] == "c").to_numpy()
    unseen = hidden | (cells["status"] == "").to_numpy()
    share, mean = kind == "share", kind == "mean"
    number = {name: np.full(len(cells), -1) for name in QUANTITIES}
    rule = cells[["base", "hide_from", "hide_to"]].to_numpy(float).T
    # In steps, so that one more quarter leaves what is asked of the others as it was.
    most = _step_up(10 * np.nanmax(cells[["numerator", "denominator"]].to_numpy(float), initial=100) + 1_000)
    low, high = behind(cells["numerator"].to_numpy(float), *rule)
    low, high = _of_rates(cells, low, high)
    whole_low, whole_high = behind(cells["denominator"].to_numpy(float), *rule)
    everyone = (cells["value"] == 100) & (cells["numerator"] == cells["denominator"])
    nobody_left = (everyone | cells["empty"]).to_numpy()
    # Of a percentage without its counts nothing is known about who is left over.
    bare = cells["numerator"].isna().to_numpy()
    left_low = np.where(nobody_left | bare | (rule[1] > 1), 0, rule[2] + 1)
    left_high = np.where(nobody_left, 0, most)
    for name, mine, lower, upper in (
        ("counted", ~mean, low, high),
        ("left", share, left_low, left_high),
        ("group", share | mean, whole_low, whole_high),
    ):
        lower, upper = np.where(unseen | np.isnan(lower), 0, lower), np.where(unseen | np.isnan(upper), most, upper)
        number[name][mine] = builder.unknowns(lower[mine], upper[mine])
    cells = cells.assign(hidden=hidden, **number)
    shares = cells[share]
    key = np.arange(len(shares))
    unknowns = shares[list(QUANTITIES)].to_numpy().T.ravel()
    builder.sums("share", np.r_[key, key, key], unknowns, np.repeat([1.0, 1.0, -1.0], len(key)), firm=True)
    _percentages(shares[shares["status"].isin(SHOWN)], builder)
    return cells


def _step_up(largest: float) -> float:
    """The next power of two."""
    return float(2 ** np.ceil(np.log2(largest)))


def _unprinted_totals(cells: pd.DataFrame) -> pd.DataFrame:
    """Totals of tables that were released without them: two breakdowns of the same children still share one."""
    whole = [*WHOSE, "cohort", "version"]
    has = pd.MultiIndex.from_frame(cells.loc[cells["breakdown"] == "total", whole])
    first = cells.drop_duplicates(whole)
    first = first[~pd.MultiIndex.from_frame(first[whole]).isin(has)]
    figures = dict.fromkeys(("numerator", "denominator", "value"), np.nan)
    return first.assign(breakdown="total", category="All", status="", shown=False, empty=False, **figures)


def behind(printed: np.ndarray, base, hide_from, hide_to) -> tuple[np.ndarray, np.ndarray]:
    """The least and most true count behind a printed one, rounded half up to `base` with some counts never printed."""
    low, high = np.maximum(np.ceil(printed - base / 2), 0), np.ceil(printed + base / 2) - 1
    low = np.where((low >= hide_from) & (low <= hide_to), hide_to + 1, low)
    high = np.where((high >= hide_from) & (high <= hide_to), hide_from - 1, high)
    return low, high


def _of_rates(cells: pd.DataFrame, low, high) -> tuple[np.ndarray, np.ndarray]:
    """A whole rate of a known population narrows the count behind it."""
    rate = (cells["kind"] == "rate").to_numpy()
    per = cells["unit"].astype(str).str.replace(",", "").str.extract(r"per (\d+)")[0].astype(float).to_numpy()
    value, persons = cells["value"].to_numpy(float), cells["denominator"].to_numpy(float)
    step = _step(value[rate])
    base = cells["base"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        least = np.ceil((value - step / 2) * (persons - base / 2) / per - 1e-9)
        most = np.floor((value + step / 2) * (persons + base / 2) / per + 1e-9)
    return np.where(rate, np.fmax(low, least), low), np.where(rate, np.fmin(high, most), high)


def _step(values: np.ndarray) -> float:
    """To what the printed percentages are rounded: whole numbers or tenths."""
    known = values[~np.isnan(values)]
    return 1.0 if np.all(known == np.round(known)) else 0.1


def _percentages(shares: pd.DataFrame, builder: Builder) -> None:
    """A printed percentage p of d children: 100 x lies in [p - 1/2, p + 1/2) d."""
    known = shares[shares["value"].notna()]
    twice = np.round(2 / _step(known["value"].to_numpy(float)))
    key = np.arange(len(known))
    x, d, value = known["counted"].to_numpy(), known["group"].to_numpy(), known["value"].to_numpy(float) * twice
    ones = np.ones(len(key))
    lower = np.r_[100 * twice * ones, -(value - 1)]
    upper = np.r_[100 * twice * ones, -(value + 1)]
    builder.sums("percentage", np.r_[key, key], np.r_[x, d], lower, 0.0, np.inf, firm=True)
    builder.sums("percentage", np.r_[key, key], np.r_[x, d], upper, -np.inf, -1.0, firm=True)


# Views: what stood together


@dataclass(frozen=True)
class View:
    """Cells that one reader could hold at once, each once; `find` looks one up by its key."""

    cells: pd.DataFrame
    index: pd.MultiIndex
    by_measure: dict[str, np.ndarray]

    @classmethod
    def of(cls, cells: pd.DataFrame) -> View:
        """A view of cells with unlike keys."""
        places = cells.groupby("measure", sort=False, observed=True).indices
        return cls(cells, pd.MultiIndex.from_frame(cells[KEY]), places)

    def of_measure(self, name: str) -> pd.DataFrame:
        """The cells of one measure in its usual definition."""
        mine = self.cells.iloc[self.by_measure.get(name, np.zeros(0, int))]
        return mine[mine["definition"] == ""]

    def find(self, wanted: pd.DataFrame, **changed) -> np.ndarray:
        """The rows of the view with the keys of `wanted`, some of its columns changed; -1 where there is none."""
        return self.index.get_indexer(pd.MultiIndex.from_frame(wanted.assign(**changed)[KEY]))

    def numbers(self, quantity: str, rows: np.ndarray) -> np.ndarray:
        """The unknowns of one quantity at rows of the view; -1 where there is none."""
        values = self.cells[quantity].to_numpy()
        return np.where(rows >= 0, values[rows], -1) if len(values) else np.full(len(rows), -1)


def _sum_up(view: View, builder: Builder, family: str, parts: pd.DataFrame, key, total: np.ndarray, pairs) -> None:
    """The parts of each key add up to a total; `pairs` says which quantity adds up to which of the total's."""
    for mine, whole in pairs:
        unknown, sums = parts[mine].to_numpy(), view.numbers(whole, total)
        fine = (unknown >= 0) & (sums >= 0)
        if not fine.any():
            continue
        line = pd.factorize(key[fine])[0]
        at_first = pd.Series(sums[fine]).groupby(line).first().to_numpy()
        lines = np.arange(len(at_first))
        weight = np.r_[np.ones(fine.sum()), -np.ones(len(lines))]
        builder.sums(family, np.r_[line, lines], np.r_[unknown[fine], at_first], weight)


SAME_QUANTITY = tuple((name, name) for name in QUANTITIES)


def _is_mix(cells: pd.DataFrame, facts: dict[str, Facts]) -> np.ndarray:
    """Rows whose breakdown is the parts of their measure; those of an unknown measure are told by what is printed."""
    parts = cells["measure"].map(lambda name: facts[name].parts if name in facts else "").to_numpy()
    told = (cells["breakdown"] == parts).to_numpy() & (parts != "")
    unknown = ~cells["measure"].isin(facts).to_numpy() & (cells["kind"] == "share").to_numpy()
    if not unknown.any():
        return told
    beside = cells[unknown & (cells["breakdown"] != "total").to_numpy() & cells["shown"].to_numpy()]
    by = beside.groupby(["measure", "breakdown", "area", *WHOSE[2:], "cohort"])["value"]
    # The percentages of a mix add up to about 100 and never beyond; those of groups are shares of each.
    mix = by.sum().le(100 + by.size() / 2).groupby(level=[0, 1]).all() & (by.size().groupby(level=[0, 1]).max() > 1)
    named = pd.MultiIndex.from_tuples(mix[mix].index.tolist(), names=["measure", "breakdown"])
    return told | (unknown & pd.MultiIndex.from_frame(cells[["measure", "breakdown"]]).isin(named))


def _breakdowns(view: View, builder: Builder, facts) -> None:
    cells = view.cells
    cross = cells["breakdown"].str.contains(CROSS, regex=False).to_numpy()
    plain = ~cross & ~_is_mix(cells, facts) & (cells["breakdown"] != "total").to_numpy()
    parts = cells[plain]
    total = view.find(parts, breakdown="total", category="All")
    key = _number(parts, [*WHOSE, "cohort", "breakdown"])
    _sum_up(view, builder, "breakdown", parts, key, total, SAME_QUANTITY)


def _mixes(view: View, builder: Builder, facts) -> None:
    parts = view.cells[_is_mix(view.cells, facts)]
    total = view.find(parts, breakdown="total", category="All")
    key = _number(parts, [*WHOSE, "cohort", "breakdown"])
    _sum_up(view, builder, "mix", parts, key, total, [("counted", "group")])
    _one_group(view, builder, parts, total)


def _one_group(view: View, builder: Builder, parts: pd.DataFrame, total: np.ndarray) -> None:
    """Parts of a mix are shares of the same children."""
    mine, whole = parts["group"].to_numpy(), view.numbers("group", total)
    fine = (mine >= 0) & (whole >= 0)
    builder.equal("mix", mine[fine], whole[fine])


def _margins(view: View, builder: Builder, facts) -> None:
    cells = view.cells
    rows = cells[cells["breakdown"].str.contains(CROSS, regex=False)]
    if not len(rows):
        return
    names, values = (rows[name].str.partition(CROSS) for name in ("breakdown", "category"))
    outer, inner, group, part = names[0], names[2], values[0], values[2]
    of_mix = _is_mix(rows.assign(breakdown=inner), facts)
    by_group, by_part = (
        view.find(rows, breakdown=outer, category=group),
        view.find(rows, breakdown=inner, category=part),
    )
    key_group = _number(rows.assign(group=group), [*WHOSE, "cohort", "breakdown", "group"])
    key_part = _number(rows.assign(part=part), [*WHOSE, "cohort", "breakdown", "part"])
    mixed, plain = rows[of_mix], rows[~of_mix]
    _sum_up(view, builder, "margin", mixed, key_group[of_mix], by_group[of_mix], [("counted", "group")])
    _sum_up(view, builder, "margin", mixed, key_part[of_mix], by_part[of_mix], [("counted", "counted")])
    _one_group(view, builder, mixed, by_group[of_mix])
    for key, total in ((key_group, by_group), (key_part, by_part)):
        _sum_up(view, builder, "margin", plain, key[~of_mix], total[~of_mix], SAME_QUANTITY)


# Over time


def _months(view: View, builder: Builder, facts) -> None:
    """Three months of what happens in a period make its quarter."""
    cells = view.cells
    months = cells[(cells["grain"] == "month") & (cells["window"] == "period")]
    if not len(months):
        return
    end = (pd.DatetimeIndex(months["period_end"]) + pd.offsets.QuarterEnd(0)).astype("datetime64[s]")
    total = view.find(months, grain="quarter", period_end=end)
    key = _number(months.assign(period_end=end), KEY)
    three = pd.Series(key).groupby(key).transform("size").eq(3).to_numpy()
    _sum_up(view, builder, "months", months[three], key[three], total[three], SAME_QUANTITY)


def flows_behind(web: Web) -> Web:
    """The quarters of what happens in a quarter, beside rolling years that count the same children, each once.

    A system of its own, which knows of every cell what the sums around it say by themselves; joined to them, all
    periods would hang together. Few children are in two quarters of a year.
    """
    view = View.of(web.cells)
    cells, bounds = view.cells, narrowed(web.system)
    table = _of_years(view, [(flow, *year) for flow, years in YEARS_OF.items() for year in years])
    builder = Builder()
    if not len(table):
        return Web(cells, pd.DataFrame(columns=[*KEY, "unknown", "what"]), builder.system())
    old = np.unique(table[["year", *range(4)]].to_numpy())
    builder.unknowns(bounds.low[old], bounds.high[old])
    entries = np.searchsorted(old, table[[*range(4), "year"]].to_numpy().T.ravel())
    key, weight = np.tile(np.arange(len(table)), 5), np.repeat([1.0, 1, 1, 1, -1], len(table))
    # Where a year has nobody, none of its quarters has.
    twice = np.tile(np.where(table["printed"] == 0, 0, np.ceil(TWICE * table["printed"].fillna(0)).clip(1)), 5)
    builder.sums("rolling year", key, entries, weight, 0.0, twice)
    asked = cells[cells["hidden"] & cells["counted"].isin(old)]
    asked = asked.assign(unknown=np.searchsorted(old, asked["counted"]), what="the number counted")
    return Web(cells, asked, builder.system())


def _of_years(view: View, pairs: list[tuple[str, str, str]]) -> pd.DataFrame:
    """The unknowns of rolling years (`year`) and of their four quarters (0 to 3), and what is printed of the years.

    `pairs` say which flow stands behind which measure's `counted` or `group`.
    """
    parts = []
    for flow, measure, quantity in pairs:
        if not {flow, measure} <= set(view.by_measure):
            continue
        mine = view.of_measure(measure)
        mine = mine[(mine["grain"] == "quarter") & (mine["window"] == "12 months") & (mine[quantity] >= 0)]
        printed = mine["numerator" if quantity == "counted" else "denominator"]
        parts.append(mine[KEY].assign(measure=flow, window="period", year=mine[quantity], printed=printed))
    if not parts:
        return pd.DataFrame()
    years = pd.concat(parts, ignore_index=True)
    ends = pd.concat([years.assign(period_end=_before(years, back)) for back in range(4)])
    quarters = view.numbers("counted", view.find(ends)).reshape(4, len(years))
    found = pd.concat([years[["year", "printed"]], pd.DataFrame(quarters.T)], axis=1)
    return found[(quarters >= 0).all(axis=0)].astype({"printed": float})


def _before(cells: pd.DataFrame, periods: int = 1) -> pd.Series:
    """The end of the period a number of periods earlier."""
    months = np.where(cells["grain"] == "quarter", 3, 1) * periods
    month = cells["period_end"].to_numpy().astype("datetime64[M]") - months + 1
    return pd.Series((month.astype("datetime64[D]") - 1).astype("datetime64[s]"), index=cells.index)


def _flow(view: View, builder: Builder, facts) -> None:
    now = view.of_measure(STOCK)
    now = now[now["breakdown"].isin(LASTING)]
    if not len(now):
        return
    before = view.find(now, period_end=_before(now))
    came = view.find(now, measure=STARTED, window="period")
    went = view.find(now, measure=CEASED, window="period")
    fine = (before >= 0) & (came >= 0) & (went >= 0)
    key = np.arange(fine.sum())
    unknowns = [
        now["counted"].to_numpy()[fine],
        *(view.numbers("counted", rows[fine]) for rows in (before, came, went)),
    ]
    weights = np.repeat([1.0, -1.0, -1.0, 1.0], len(key))
    builder.sums("stock and flow", np.tile(key, 4), np.concatenate(unknowns), weights)


def _to_date(view: View, builder: Builder) -> pd.DataFrame:
    """What a running total gives away: this one less the one before is what happened in between."""
    cells = view.cells
    now = cells[(cells["window"] == "year to date") & (cells["counted"] >= 0)]
    if not len(now):
        return pd.DataFrame()
    april = pd.DatetimeIndex(now["period_start"]).month.to_numpy() == 4
    before, own = view.find(now, period_end=_before(now)), view.find(now, window="period")
    running = now["counted"].to_numpy()
    first = april & (own >= 0)
    builder.equal("running total", running[first], view.numbers("counted", own[first]))
    later = ~april & (before >= 0)
    change = builder.differences(running[later], view.numbers("counted", before[later]))
    builder.sums("running total", np.arange(len(change)), change, 1.0, 0.0, np.inf)
    told = own[later] >= 0
    builder.equal("running total", change[told], view.numbers("counted", own[later][told]))
    return now[later][KEY].assign(unknown=change, what="what was added since the period before")


def _revised(cells: pd.DataFrame, builder: Builder) -> pd.DataFrame:
    """A figure before and after it was revised: the difference is the children who were added or taken out.

    Before is when it was last shown, and after is the newest state of its table. A figure that was printed alike
    before and after says only that little changed, if anything did.
    """
    told = cells[(cells["counted"] >= 0) & (cells["status"] != "")]
    newest = told["version"] == told.groupby(WHOSE, dropna=False)["version"].transform("max")
    after = told[newest & (told["version"] > 0)]
    before = told[~newest & told["shown"]].sort_values("version").drop_duplicates(KEY, keep="last")
    place = pd.MultiIndex.from_frame(before[KEY]).get_indexer(pd.MultiIndex.from_frame(after[KEY]))
    if not (place >= 0).any():
        return pd.DataFrame()
    after, before = after[place >= 0], before.iloc[place[place >= 0]]
    now, then = (part[["numerator", "denominator", "value"]].to_numpy(float) for part in (after, before))
    alike = after["shown"].to_numpy() & np.all((now == then) | np.isnan(now + then), axis=1)
    change = builder.differences(after["counted"].to_numpy()[~alike], before["counted"].to_numpy()[~alike])
    return after[~alike][KEY].assign(unknown=change, what=REVISED)


def quarters_behind(web: Web) -> Web:
    """The quarters behind rolling years, each figure of twelve months being the sum of four of them.

    A system of its own: what each printed figure says by itself, over all periods; the quarters are the `changes`.
    Rolling years that count each child once, however often something happened, are not such sums and are left out.
    """
    low, high = _alone(web.cells)
    cells = web.cells.assign(low=low, high=high)
    cells = cells[(cells["grain"] == "quarter") & (cells["counted"] >= 0)]
    known = set(published_facts())
    adds_up = cells["measure"].map(lambda name: name not in known or bool(SUMS_OF_QUARTERS.fullmatch(name)))
    years = cells[(cells["window"] == "12 months") & adds_up.astype(bool)].reset_index(drop=True)
    builder = Builder()
    if not len(years):
        return Web(years, pd.DataFrame(columns=[*KEY, "unknown", "what"]), builder.system())
    sums = builder.unknowns(years["low"], years["high"])
    spread = pd.concat([years.assign(year=sums, period_end=_before(years, back)) for back in range(4)])
    quarters = spread[KEY].drop_duplicates().reset_index(drop=True)
    printed = View.of(cells[cells["window"] == "period"])
    own = printed.find(quarters, window="period")
    bounds = [
        np.where(own >= 0, printed.cells[name].to_numpy()[own], rest) if len(printed.cells) else rest
        for name, rest in (("low", np.zeros(len(quarters))), ("high", np.full(len(quarters), high.max())))
    ]
    quarter = builder.unknowns(*bounds)
    of_year = quarter[pd.MultiIndex.from_frame(quarters).get_indexer(pd.MultiIndex.from_frame(spread[KEY]))]
    unknowns, years_key = np.r_[of_year, sums], np.r_[spread["year"].to_numpy(), sums]
    builder.sums("rolling year", years_key, unknowns, np.r_[np.ones(len(of_year)), -np.ones(len(sums))])
    return Web(years, quarters.assign(unknown=quarter, what=BEHIND), builder.system())


def _alone(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The least and most that each cell's own printed figures leave for the number counted."""
    rule = cells[["base", "hide_from", "hide_to"]].to_numpy(float).T
    low, high = behind(cells["numerator"].to_numpy(float), *rule)
    low, high = _of_rates(cells, low, high)
    least, most = behind(cells["denominator"].to_numpy(float), *rule)
    value = np.where(cells["kind"] == "share", cells["value"].to_numpy(float), np.nan)
    half = _step(value) / 2
    low = np.fmax(low, np.ceil((value - half) / 100 * least - 1e-9))
    high = np.fmin(high, np.ceil((value + half) / 100 * most - 1e-9) - 1)
    unseen = ~(cells["shown"] | cells["empty"]).to_numpy()
    far = _step_up(10 * np.nanmax(high, initial=100))
    return np.where(unseen, 0, low), np.where(unseen, far, np.maximum(high, low))


# Across measures


def _quantity(view: View, measure: str, quantity: str) -> pd.DataFrame:
    """The unknowns of one quantity of one measure, by place; the parts of a mix are left out."""
    mine = view.of_measure(measure)
    parts = published_facts()[measure].parts if measure in published_facts() else ""
    if parts:
        mine = mine[(mine["breakdown"] != parts) & ~mine["breakdown"].str.endswith(f"{CROSS}{parts}")]
    mine = mine[mine[quantity] >= 0]
    return mine[_PLACE].assign(unknown=mine[quantity])


def _tie_places(builder: Builder, family: str, frames: list[pd.DataFrame]) -> None:
    """The same place has the same number in each of the frames."""
    joined = pd.concat(frames, ignore_index=True)
    if not len(joined):
        return
    first = joined.groupby(_PLACE, sort=False, dropna=False)["unknown"].transform("first").to_numpy()
    builder.equal(family, joined["unknown"].to_numpy(), first)


def _same(view: View, builder: Builder, facts) -> None:
    out = set(view.by_measure)
    for alike in SAME:
        frames = [_quantity(view, name, quantity) for name, quantity in alike if name in out]
        if len(frames) > 1:
            _tie_places(builder, "same children", frames)


def _parts_of(view: View, builder: Builder, facts) -> None:
    for measure, (mix, part) in PART_OF.items():
        if not {measure, mix} <= set(view.by_measure):
            continue
        parts = published_facts()[mix].parts
        mine = view.of_measure(mix)
        mine = mine[mine["counted"] >= 0]
        alone = mine[(mine["breakdown"] == parts) & (mine["category"] == part)].assign(
            breakdown="total", category="All"
        )
        inner = mine[
            mine["breakdown"].str.endswith(f"{CROSS}{parts}") & mine["category"].str.endswith(f"{CROSS}{part}")
        ]
        inner = inner.assign(
            breakdown=inner["breakdown"].str.removesuffix(f"{CROSS}{parts}"),
            category=inner["category"].str.removesuffix(f"{CROSS}{part}"),
        )
        both = pd.concat([alone, inner])
        _tie_places(
            builder,
            "part of a mix",
            [_quantity(view, measure, "counted"), both[_PLACE].assign(unknown=both["counted"])],
        )


def _groups_of(view: View, builder: Builder, facts) -> None:
    for measure, (whole, breakdown, category) in GROUP_OF.items():
        if not {measure, whole} <= set(view.by_measure):
            continue
        group = _quantity(view, whole, "counted")
        group = group[(group["breakdown"] == breakdown) & (group["category"] == category)]
        group = group.assign(breakdown="total", category="All")
        alone = _quantity(view, measure, "counted")
        _tie_places(builder, "group of another", [group, alone[alone["breakdown"] == "total"]])


def _nested(view: View, builder: Builder) -> pd.DataFrame:
    """Numbers left over when one measure counts some of another's children."""
    parts = []
    for inner, outer in NESTED:
        if not {inner, outer} <= set(view.by_measure):
            continue
        one = _quantity(view, inner, "counted").merge(
            _quantity(view, outer, "counted"), on=_PLACE, suffixes=("", "_of")
        )
        if not len(one):
            continue
        over = builder.differences(one["unknown_of"], one["unknown"])
        builder.sums("nested", np.arange(len(over)), over, 1.0, 0.0, np.inf)
        keys = one.assign(measure=outer, definition="", window="")[KEY]
        parts.append(keys.assign(unknown=over, what=f"less {inner}"))
    return pd.concat(parts) if parts else pd.DataFrame()


def _alternatives(view: View, builder: Builder) -> pd.DataFrame:
    """One measure under two definitions: the difference is the children on whom they disagree."""
    cells = view.cells[view.cells["counted"] >= 0]
    other = cells[cells["definition"] != ""]
    if not len(other):
        return pd.DataFrame()
    own = [name for name in KEY if name != "definition"]
    pairs = other.merge(cells[[*own, "definition", "counted"]], on=own, suffixes=("", "_of"))
    pairs = pairs[pairs["definition"] > pairs["definition_of"]]
    change = builder.differences(pairs["counted"], pairs["counted_of"])
    return pairs[KEY].assign(unknown=change, what="less another definition")


# Some of the children


def _cohorts(view: View, builder: Builder) -> pd.DataFrame:
    """Questions about some children: everyone is cut into the groups that the questions and tables tell apart."""
    cells = view.cells
    asked = cells[cells["cohort"] != ""]
    if not len(asked):
        return pd.DataFrame()
    whole = pd.MultiIndex.from_frame(cells[WHOSE]).isin(pd.MultiIndex.from_frame(asked[WHOSE]))
    parts = [_cut(table, builder) for _, table in cells[whole].groupby(WHOSE, sort=False, dropna=False)]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts) if parts else pd.DataFrame()


def _cut(table: pd.DataFrame, builder: Builder) -> pd.DataFrame:
    from incare.disclosure.groups import memberships

    table = table[~table["breakdown"].str.contains(CROSS, regex=False)]
    inside, fits = memberships(table, _SUFFICIENT)
    table, inside = table[fits], inside[fits]
    for quantity in QUANTITIES:
        unknown = table[quantity].to_numpy()
        mine = unknown >= 0
        if not mine.any():
            continue
        atoms = builder.unknowns(np.zeros(inside.shape[1]), np.full(inside.shape[1], 1e6))
        row, atom = np.nonzero(inside[mine])
        key = np.arange(mine.sum())
        weight = np.r_[np.ones(len(row)), -np.ones(len(key))]
        builder.sums("some of the children", np.r_[row, key], np.r_[atoms[atom], unknown[mine]], weight)
    return _left_out(table, inside, builder)


def _left_out(table: pd.DataFrame, inside: np.ndarray, builder: Builder) -> pd.DataFrame:
    """Everyone in one cell who is not in another that lies inside it, where a question is one of the two."""
    fine = (table["counted"] >= 0).to_numpy()
    table, inside = table[fine], inside[fine].astype(int)
    within = (inside @ (1 - inside).T) == 0
    asked = (table["cohort"] != "").to_numpy()
    sizes = inside.sum(axis=1)
    pairs = within & (sizes[:, None] < sizes[None, :]) & (asked[:, None] | asked[None, :]) & (sizes[:, None] > 0)
    inner, outer = np.nonzero(pairs)
    change = builder.differences(table["counted"].to_numpy()[outer], table["counted"].to_numpy()[inner])
    builder.sums("some of the children", np.arange(len(change)), change, 1.0, 0.0, np.inf)
    names = [_said(row) for row in table[["cohort", "breakdown", "category"]].itertuples(index=False)]
    what = [f"less {names[place]}" for place in inner]
    return table.iloc[outer][KEY].assign(unknown=change, what=what)


def _said(row) -> str:
    parts = [
        f"({row.cohort})" if row.cohort else "",
        "" if row.breakdown == "total" else f"{row.breakdown} {row.category}",
    ]
    return " ".join(part for part in parts if part) or "all"
