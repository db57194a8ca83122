"""Projections leave by the same door as counts: small groups joined, figures rounded, small changes hidden."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import NOT_KNOWN
from incare.disclosure.protect import Rules, half_up, write_table
from incare.forecast import capacity, cohort, leavers, scenarios
from incare.forecast.entries import ENTRANTS
from incare.forecast.exposure import EXITS, month_ends, stocks
from incare.forecast.leavers import AGES, USUAL
from incare.record import Record

AHEAD = ["mean", "lo80", "hi80", "lo95", "hi95"]
OTHERS = "All others"
TOTAL, ALL = "total", "All"
# Breakdowns whose categories have an order: only neighbours are joined.
ORDERED = ("age_band", "care_leavers")
# Quarters of history: of everyone, and of each group, as a group that was small long ago need not be joined today.
QUARTERS, QUARTERS_BY_GROUP = 20, 12
# The error of fewer earlier dates would be what happened between two days, and so a change that is hidden elsewhere.
FEWEST_ORIGINS = 3
CHANCE_STEP = 5.0


@dataclass(frozen=True)
class ProtectedProjection:
    """A projection that may be shown; made by `protect_projection` or `of_record`.

    `ahead`: `target` (day), `breakdown`, `category`, `mean, lo80, hi80, lo95, hi95` (children or young people) and
    `status` ("ok", or "c" with no figures), at every quarter's end. Breakdowns: total, age_band, placement, uasc,
    care_leavers (and in touch, staying put, accommodation), `without` (the total without a last quarter that was a
    shock).
    `past`: `day, breakdown, category, value, status`, ending on the origin. `flows`: `year` (1 the first), then as
    `ahead`, for `entries` and `exits`. `changes`: `scenario, target`, then as `ahead`, with `level`, the number under
    the scenario. `chances`: `scenario, children, by, chance` (percent; missing for a day outside the forecast).
    `advisers`: `target, people, added, low, mid, high` (young people until 21, those added until 25, and of the latter
    how many would want support). `tested`: as `cohort_backtest.table`, without what is too little to show.
    `refused` says why there is no projection; then every table is empty.
    """

    origin: np.datetime64
    profile: str
    ahead: pd.DataFrame = field(repr=False)
    past: pd.DataFrame = field(repr=False)
    flows: pd.DataFrame = field(repr=False)
    tested: pd.DataFrame = field(repr=False)
    changes: pd.DataFrame = field(repr=False)
    chances: pd.DataFrame = field(repr=False)
    advisers: pd.DataFrame = field(repr=False)
    method: str = ""
    notices: tuple[str, ...] = ()
    staffing: tuple[tuple[str, capacity.Staffing], ...] = ()
    base: int = 1
    refused: str = ""

    def rows(self, breakdown: str, category: str | None = None) -> pd.DataFrame:
        """The rows ahead of one breakdown, oldest first; of one category when it is named."""
        chosen = self.ahead["breakdown"] == breakdown
        if category is not None:
            chosen &= self.ahead["category"] == category
        return self.ahead[chosen].reset_index(drop=True)

    def history(self, breakdown: str, category: str) -> pd.DataFrame:
        """The past of one category, oldest first."""
        chosen = (self.past["breakdown"] == breakdown) & (self.past["category"] == category)
        return self.past[chosen].reset_index(drop=True)

    def categories(self, breakdown: str) -> list[str]:
        """The categories of a breakdown that may be shown; none where every one would be small."""
        return list(dict.fromkeys(self.rows(breakdown)["category"]))

    def write(self, folder: str | os.PathLike | None, name: str) -> Path | None:
        """Write what is ahead as `<folder>/<name>.csv`, hidden figures as `c`; nothing without a folder."""
        frame = self.ahead.assign(origin=pd.Timestamp(self.origin))
        return write_table(frame[["origin", *self.ahead.columns]], folder, name)


def of_record(
    record: Record,
    day,
    quarters: int,
    *,
    scenario_files: Sequence[str | os.PathLike] = (),
    wants: tuple[float, float | None] | None = None,
    profile: str = "public",
    rules: Rules | dict | None = None,
    sims: int = 1000,
) -> ProtectedProjection:
    """Project the children and care leavers of a record, compare the scenarios given, and protect what is found.

    `day` is the last that is known, `quarters` how far ahead. `wants` is the share of survey respondents who want a
    service and the share who answered (0 to 1; None where it is not known). A record that nothing can be projected
    from gives an empty projection whose `refused` says why.

    Raises `ScenarioError` for a scenario file that cannot be used, `DisclosureError` for rules weaker than the default.
    """
    asked = [scenarios.read(path) for path in scenario_files]
    months = min(3 * quarters, cohort.LONGEST)
    try:
        found = cohort.project(record, months, origin=day, sims=sims)
    except cohort.ProjectionError as problem:
        return refused(p.day(day), str(problem), profile)
    young = leavers.leavers(record, found)
    made = [scenarios.compare(found, scenario) for scenario in asked]
    now = p.age(leavers.born_of(record, found.origin), found.origin)
    shown = protect_projection(found, young, made, now=now, profile=profile, rules=rules)
    return with_take_up(replace(shown, advisers=_advisers(shown, young, now, _rules(rules))), wants, _rules(rules))


def refused(origin: np.datetime64, why: str, profile: str = "public") -> ProtectedProjection:
    """A projection that could not be made, with the reason."""
    nothing = pd.DataFrame(columns=["target", "breakdown", "category", *AHEAD, "status"])
    return ProtectedProjection(origin, profile, *(nothing.copy() for _ in range(7)), refused=why)


def protect_projection(
    found: cohort.Projection,
    young: leavers.Leavers | None = None,
    compared: Sequence[scenarios.Compared] = (),
    *,
    now: np.ndarray | None = None,
    profile: str = "public",
    rules: Rules | dict | None = None,
) -> ProtectedProjection:
    """The projection, the care leavers and the scenarios as they may be shown.

    `now` are the ages of the care leavers of the origin, in completed years.

    Public: categories that are under 8 children at any quarter's end shown, past or expected, are joined: neighbouring
    ages with each other, others into "All others", until no joined number is small and no small number in it can be
    told to within fewer than `least_possible` values. Where everything would be joined the breakdown is left out. Means
    and limits are rounded to 5; a number, or a difference that a scenario makes, of 1 to 7 is hidden. Errors of earlier
    projections are whole children and need 3 earlier dates. Chances go to the nearest 5 %. Restricted: nothing is
    joined or hidden, one decimal is kept.

    Raises `DisclosureError` for rules weaker than the default.
    **Source** DISCLOSURE rules 1 to 7 of the mission notes; attack D16 (a forecast so small that it is a count).
    """
    rules = _rules(rules)
    rules.check(profile)
    public = profile == "public"
    quarters = np.arange(2, len(found.days), 3)
    parts, past = _parts(found, young, now, quarters)
    joined = {name: _joined(name, *parts[name], past.get(name), rules, public) for name in parts}
    ahead = [_ahead(name, found.days[quarters], parts[name][1], joined[name], rules, public) for name in parts]
    if found.without is not None:
        values = found.without.total[:, quarters, None]
        ahead.append(_ahead("without", found.days[quarters], values, [(ALL, [0])], rules, public))
    return ProtectedProjection(
        origin=found.origin,
        profile=profile,
        ahead=pd.concat(ahead, ignore_index=True),
        past=_past(past, joined, rules, public),
        flows=_flows(found, rules, public),
        tested=_tested(found.tested, public),
        changes=_changes(compared, joined, rules, public),
        chances=_chances(compared, public),
        advisers=pd.DataFrame(columns=["target", "people", "added", "low", "mid", "high"]),
        method=found.method,
        notices=_notices(found, young),
        staffing=tuple(
            (asked.name, asked.staffing.after()) for asked in (each.scenario for each in compared) if asked.staffing
        ),
        base=rules.base if public else 1,
    )


def _rules(rules: Rules | dict | None) -> Rules:
    return Rules(**rules) if isinstance(rules, dict) else rules or Rules()


# Which categories are shown by themselves


def _parts(found: cohort.Projection, young, now, quarters) -> tuple[dict, dict]:
    """By breakdown the names and simulations × quarters × categories, and the counts of the past, days × categories."""
    parts = {TOTAL: ((ALL,), found.total[:, quarters, None])}
    parts |= {name: (names, found.parts[name][:, quarters]) for name, names in cohort.CATEGORIES.items()}
    months = int((found.origin.astype("datetime64[M]") - found.care.first.astype("datetime64[M]")).astype(int)) + 1
    # The day before the record begins is left out: nothing is known of it.
    back = np.arange(-3 * min(QUARTERS, (months - 1) // 3), 1, 3)
    days = month_ends(found.origin, back)
    counts = stocks(found.care, days)
    past = {}
    for name, (names, _) in parts.items():
        mine = counts.loc[counts["breakdown"] == name, "value"].to_numpy().reshape(len(days), len(names))
        kept = len(days) if name == TOTAL else min(len(days), QUARTERS_BY_GROUP + 1)
        past[name] = (days[-kept:], mine[-kept:])
    if young is None:
        return parts, past
    held = young.counts[:, quarters]
    everyone = held.sum(axis=2, keepdims=True)
    parts["care_leavers total"] = ((ALL,), everyone)
    parts["care_leavers"] = (tuple(str(years) for years in AGES), held)
    if now is not None:
        today = (np.asarray(now)[:, None] == np.array(AGES)).sum(axis=0)[None, :]
        past["care_leavers"] = days[-1:], today
        past["care_leavers total"] = days[-1:], today.sum(axis=1, keepdims=True)
    if young.in_touch is not None:
        at_18 = held[:, :, 18 - AGES[0] : 21 - AGES[0]].sum(axis=2, keepdims=True)
        parts["care_leavers in touch"] = ((ALL,), everyone * young.in_touch[:, None, None])
        parts["care_leavers staying put"] = ((ALL,), at_18 * young.staying_put[:, None, None])
        parts["care_leavers accommodation"] = (young.names, everyone * young.accommodation[:, None, :])
    return parts, past


def _joined(name: str, names, values, past, rules: Rules, public: bool) -> list[tuple[str, list[int]]]:
    """The cells of a breakdown, each with its label and the categories in it; none where all would be one."""
    means = values.mean(axis=0)
    counts = np.zeros((0, len(names))) if past is None else past[1]
    used = [i for i in range(len(names)) if means[:, i].max() > 0.5 or (counts[:, i] > 0).any()]
    cells = [[i] for i in used]
    if len(names) == 1:
        return [(names[0], [0])]
    if not public:
        return [(names[i], [i]) for i in used]
    while len(cells) > 1 and (bad := _unsafe(cells, means, counts, rules)):
        cells = _join_neighbours(cells, bad, means) if name in ORDERED else _join_smallest(cells, bad, means)
    if len(cells) < 2:
        return []
    return [(_label(name, [names[i] for i in cell]), cell) for cell in cells]


def _unsafe(cells, means: np.ndarray, counts: np.ndarray, rules: Rules) -> list[int]:
    """The places of cells that are small, or give a small number in them away."""
    small = [_small(means[:, cell].sum(axis=1), counts[:, cell].sum(axis=1), rules) for cell in cells]
    telling = [len(cell) > 1 and _tells(i, cells, counts, rules) for i, cell in enumerate(cells)]
    return [i for i in range(len(cells)) if small[i] or telling[i]]


def _small(means: np.ndarray, counts: np.ndarray, rules: Rules) -> bool:
    limit = rules.hide_to + 0.5
    return bool(((means > 0.5) & (means < limit)).any() or ((counts > 0) & (counts < limit)).any())


def _tells(place: int, cells, counts: np.ndarray, rules: Rules) -> bool:
    """Whether a number of 1 to 7 among those joined can be told to fewer values than allowed.

    What is known: the joined number and every other cell as rounded, and of each member that is printed elsewhere its
    own rounding, or that it is 1 to 7, or that it is 0.
    """
    members = counts[:, cells[place]]
    low, high = _printed_range(members.sum(axis=1), rules)
    all_low, all_high = _printed_range(counts.sum(axis=1), rules)
    for other in (cell for i, cell in enumerate(cells) if i != place):
        other_low, other_high = _printed_range(counts[:, other].sum(axis=1), rules)
        all_low, all_high = all_low - other_high, all_high - other_low
    low, high = np.maximum(low, all_low), np.minimum(high, all_high)
    own_low, own_high = _printed_range(members, rules)
    hidden = (members >= rules.hide_from) & (members <= rules.hide_to)
    own_low, own_high = np.where(hidden, 1, own_low), np.where(hidden, rules.hide_to, own_high)
    rest_low = own_low.sum(axis=1, keepdims=True) - own_low
    rest_high = own_high.sum(axis=1, keepdims=True) - own_high
    least = np.maximum(own_low, low[:, None] - rest_high)
    most = np.minimum(own_high, high[:, None] - rest_low)
    return bool((hidden & (most - least + 1 < rules.least_possible)).any())


def _printed_range(counts: np.ndarray, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """The counts that are printed like these: 0 alone, others between the limits of their rounding."""
    shown = half_up(counts, rules.base)
    low = np.where(counts == 0, 0, np.maximum(shown - rules.base // 2, rules.hide_to + 1))
    return low, np.where(counts == 0, 0, shown - rules.base // 2 + rules.base - 1)


def _join_smallest(cells, bad: list[int], means: np.ndarray) -> list[list[int]]:
    """Every unsafe cell joined into one; a single unsafe cell also takes the smallest of the rest."""
    order = sorted((i for i in range(len(cells)) if i not in bad), key=lambda i: means[:, cells[i]].sum(axis=1).min())
    chosen = bad if len(bad) > 1 else bad + order[:1]
    pool = sorted(i for place in chosen for i in cells[place])
    return [cell for i, cell in enumerate(cells) if i not in chosen] + [pool]


def _join_neighbours(cells, bad: list[int], means: np.ndarray) -> list[list[int]]:
    """The smallest unsafe cell joined with the smaller of its neighbours."""
    size = [means[:, cell].sum(axis=1).min() for cell in cells]
    place = min(bad, key=lambda i: size[i])
    beside = min((i for i in (place - 1, place + 1) if 0 <= i < len(cells)), key=lambda i: size[i])
    first = min(place, beside)
    return [*cells[:first], cells[first] + cells[first + 1], *cells[first + 2 :]]


def _label(name: str, members: list[str]) -> str:
    if len(members) == 1:
        return members[0]
    if name not in ORDERED:
        return OTHERS
    known = [member for member in members if member != NOT_KNOWN]
    span = _span(known[0], known[-1]) if len(known) > 1 else known[0]
    return span if len(known) == len(members) else f"{span}, or not known"


def _span(first: str, last: str) -> str:
    """Two bands of age and all between them: `Under 5`, `5 to 15`, `10 and over`."""
    begin, end = first.split()[0], last.split()[-1]
    if begin == "Under":
        return f"Under {int(end) + 1}" if end.isdigit() else ALL
    return f"{begin} to {end}" if end.isdigit() else f"{begin} and {end}"


# The figures


def _ahead(name: str, days, values: np.ndarray, cells, rules: Rules, public: bool) -> pd.DataFrame:
    """Mean and limits of simulations × days × categories, joined, rounded and hidden."""
    if not cells:
        return pd.DataFrame(columns=["target", "breakdown", "category", *AHEAD, "status"]).astype(
            dict.fromkeys(AHEAD, float) | {"target": "datetime64[s]"}
        )
    held = np.stack([values[:, :, cell].sum(axis=2) for _, cell in cells], axis=2)
    figures, hidden = _rounded(_figures(held), rules, public)
    labels = np.array([label for label, _ in cells], dtype=object)
    return pd.DataFrame(
        {
            "target": np.repeat(np.asarray(days, "datetime64[s]"), len(cells)),
            "breakdown": name,
            "category": np.tile(labels, len(days)),
            **dict(zip(AHEAD, figures, strict=True)),
            "status": np.where(hidden, "c", "ok"),
        }
    )


def _figures(held: np.ndarray) -> np.ndarray:
    """The five figures of simulations × days × cells, a row for each figure."""
    flat = held.reshape(len(held), -1)
    return np.vstack([flat.mean(axis=0), np.quantile(flat, (0.1, 0.9, 0.025, 0.975), axis=0)])


def _rounded(figures: np.ndarray, rules: Rules, public: bool) -> tuple[np.ndarray, np.ndarray]:
    """Figures as printed, and which of their columns are hidden: a middle of 1 to 7 either way."""
    if not public:
        return half_up(figures, 0.1), np.zeros(figures.shape[1], bool)
    size = np.abs(figures[0])
    hidden = (size > 0.5) & (size < rules.hide_to + 0.5)
    return np.where(hidden, np.nan, half_up(figures, rules.base)) + 0.0, hidden


def _past(past: dict, joined: dict, rules: Rules, public: bool) -> pd.DataFrame:
    blocks = []
    for name, (days, counts) in past.items():
        for label, cell in joined[name]:
            true = counts[:, cell].sum(axis=1).astype(float)
            hidden = public & (true >= rules.hide_from) & (true <= rules.hide_to)
            value = np.where(hidden, np.nan, half_up(true, rules.base) if public else true)
            status = np.where(hidden, "c", "ok")
            columns = {"day": np.asarray(days, "datetime64[s]"), "breakdown": name, "category": label}
            blocks.append(pd.DataFrame({**columns, "value": value, "status": status}))
    return pd.concat(blocks, ignore_index=True)


def _flows(found: cohort.Projection, rules: Rules, public: bool) -> pd.DataFrame:
    """Children coming into care and leaving it in each whole year ahead."""
    years = len(found.days) // 12
    columns = ["year", "breakdown", "category", *AHEAD, "status"]
    blocks = [pd.DataFrame(columns=columns)]
    for name, counts, kinds in (("entries", found.paths.entered, ENTRANTS), ("exits", found.paths.left, EXITS)):
        if not years:
            break
        yearly = counts[:, : 12 * years].reshape(len(counts), years, 12, -1).sum(axis=2).astype(float)
        cells = _joined(name, kinds, yearly, None, rules, public)
        both = np.concatenate([yearly, yearly.sum(axis=2, keepdims=True)], axis=2)
        rows = _ahead(name, found.days[11::12][:years], both, [(ALL, [len(kinds)]), *cells], rules, public)
        numbers = rows["target"].rank(method="dense").astype(int)
        blocks.append(rows.assign(year=numbers)[columns])
    return pd.concat(blocks[1:] or blocks, ignore_index=True)


def _tested(tested: pd.DataFrame, public: bool) -> pd.DataFrame:
    shown = tested.drop(columns=["spread", "missed"], errors="ignore")
    if not len(shown):
        return shown
    if public:
        shown = shown[shown["origins"] >= FEWEST_ORIGINS]
    step = 1.0 if public else 0.1
    rounded = {name: half_up(shown[name], step) for name in ("mae", "mae_last_value")}
    rounded |= {name: half_up(shown[name]) for name in ("cover80", "cover95")}
    return shown.assign(**rounded).reset_index(drop=True)


def _changes(compared, joined: dict, rules: Rules, public: bool) -> pd.DataFrame:
    """What each scenario changes at the end of each whole year, and the number then."""
    columns = ["scenario", "target", "breakdown", "category", *AHEAD, "level", "status"]
    blocks = [pd.DataFrame(columns=columns)]
    for made in compared:
        days = made.baseline.days
        at = np.arange(11, len(days), 12) if len(days) >= 12 else np.array([len(days) - 1])
        total = {TOTAL: made.difference["age_band"].sum(axis=2, keepdims=True)}
        levels = {TOTAL: made.baseline.total[:, :, None]} | made.baseline.parts
        for name, values in (total | {n: made.difference[n] for n in ("age_band", "placement")}).items():
            rows = _ahead(name, days[at], values[:, at], joined[name], rules, public)
            base = _ahead(name, days[at], levels[name][:, at], joined[name], rules, public)
            # A level beside a hidden difference would give it away.
            level = np.where(rows["status"] == "ok", base["mean"] + rows["mean"], np.nan)
            blocks.append(rows.assign(scenario=made.scenario.name, level=np.maximum(level, 0.0))[columns])
        entered = made.changed.paths.entered.sum(axis=2) - made.baseline.paths.entered.sum(axis=2)
        so_far = np.cumsum(entered, axis=1)[:, at, None].astype(float)
        rows = _ahead("entries so far", days[at], so_far, [(ALL, [0])], rules, public)
        blocks.append(rows.assign(scenario=made.scenario.name, level=np.nan)[columns])
    return pd.concat(blocks[1:] or blocks, ignore_index=True)


def _chances(compared, public: bool) -> pd.DataFrame:
    """How likely each target of a scenario file is met, under the scenario and without it, in percent."""
    rows = []
    for made in compared:
        for target in made.scenario.targets:
            known = p.day(target.by) in made.baseline.days
            both = [
                100 * each.chance(target.children, target.by) if known else np.nan
                for each in (made.changed, made.baseline)
            ]
            rows.append((made.scenario.name, target.children, pd.Timestamp(target.by), *both))
    found = pd.DataFrame(rows, columns=["scenario", "children", "by", "chance", "chance_without"])
    step = CHANCE_STEP if public else 1.0
    return found.assign(**{name: half_up(found[name], step) for name in ("chance", "chance_without")})


def with_take_up(
    shown: ProtectedProjection, wants: tuple[float, float | None] | None, rules: Rules
) -> ProtectedProjection:
    """The projection with how many of those whom support until 25 adds would want it (`low, mid, high`).

    `wants` as for `of_record`; missing where it is None or their number is hidden. A refused projection stays as it is.
    """
    if shown.refused:
        return shown
    frame, public = shown.advisers.copy(), shown.profile == "public"
    ranges = [
        capacity.take_up(int(added), *wants) if wants and np.isfinite(added) else None for added in frame["added"]
    ]
    for name in ("low", "mid", "high"):
        known = np.array([np.nan if each is None else getattr(each, name) for each in ranges], float)
        frame[name] = _count(known, rules, public)
    return replace(shown, advisers=frame)


def _advisers(shown: ProtectedProjection, young: leavers.Leavers, now: np.ndarray, rules: Rules) -> pd.DataFrame:
    """Young people supported until 21, and those whom support until 25 adds."""
    public = shown.profile == "public"
    at = np.arange(11, len(young.days), 12) if len(young.days) >= 12 else np.array([len(young.days) - 1])
    usual = np.r_[(now < USUAL).sum(), young.until(USUAL)[:, at].mean(axis=0)]
    every = np.r_[len(now), young.until(AGES[-1] + 1)[:, at].mean(axis=0)]
    frame = pd.DataFrame({"target": np.r_[[shown.origin], young.days[at]].astype("datetime64[s]")})
    frame["people"], frame["added"] = (_count(each, rules, public) for each in (usual, every - usual))
    return frame


def _count(values, rules: Rules, public: bool) -> np.ndarray:
    return _rounded(np.atleast_2d(np.asarray(values, float)), rules, public)[0][0]


# What a reader is told


def _notices(found: cohort.Projection, young) -> tuple[str, ...]:
    """The projection's notices in plain words; what the pages say themselves is left out."""
    said = [_plain(notice) for notice in found.notices]
    if young is not None and young.in_touch is None:
        said.append(young.notices[-1])
    return tuple(sentence for sentence in said if sentence)


def _plain(notice: str) -> str:
    if notice.startswith(("No back-test", "In this record's own back-test")):
        return ""
    # Beside a rounded total it would narrow the true one.
    notice = re.sub(r"^Fewer than \d+ children", "Few children", notice)
    # A share of few children is not for a page.
    return re.sub(r"^For \d+% of children in care", "For some children in care", notice)


def loses(shown: ProtectedProjection) -> bool:
    """Whether the total is today's number because the projection did worse on this record."""
    return shown.method == cohort.LAST


def untested(shown: ProtectedProjection) -> bool:
    """Whether no earlier projection could be held against what happened."""
    return not len(shown.tested)
