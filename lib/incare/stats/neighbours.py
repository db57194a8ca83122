"""A published figure of one area beside England, its region and its statistical neighbours.

A neighbour whose figure is hidden or not published is counted and left out; nothing is ever put in its place.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from incare.kinds import poisson, wilson
from incare.published.ees import SUCCESSORS
from incare.stats import intervals
from incare.stats.standardise import quantile_groups

# A figure exists, and is not shown; as against no figure at all.
SUPPRESSED = ("c", "k", "u", "low")
LINE = ["year", "period", "line", "figure"]
BANDS = np.array(["", "A", "B", "C", "D"], dtype=object)
BETTER = ("higher", "lower", "neutral")
NONE_SHOWN, FEW_SHOWN = "no neighbour has a figure", "fewer than half of the neighbours have a figure"
CATEGORIES = ("better", "similar", "worse", "higher", "lower", "not comparable")


class NeighboursError(ValueError):
    """An area or a table that cannot be compared, with what to change."""


def find_area(table: pd.DataFrame, asked: str) -> str:
    """The three-digit code of the area asked for by code or by name; old and new national codes are understood.

    Raises `NeighboursError` for an area the table does not hold, with the nearest, and for a name of two areas.
    """
    areas = table.loc[table["level"] == "area", ["la_code", "ons_code", "area"]].drop_duplicates()
    wanted = asked.strip()
    for column in ("la_code", "ons_code", "area"):
        hits = areas.loc[areas[column].str.casefold() == wanted.casefold(), "la_code"].unique()
        if len(hits) == 1:
            return str(hits[0])
        if len(hits) > 1:
            raise NeighboursError(f"{wanted} is the name of {len(hits)} areas; give a code: {', '.join(sorted(hits))}.")
    raise NeighboursError(f"No area {wanted} in this table; the nearest: {_nearest(areas, wanted)}.")


def compare(
    table: pd.DataFrame,
    area: str,
    neighbours: pd.DataFrame | None = None,
    better: Mapping[str, str] | str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Every figure of an area beside England, its region and its statistical neighbours, a row per year and figure.

    `table` is as `published.ees.read` gives it: `year, period, level, la_code, ons_code, area, region_code, line,
    figure, unit, better, value, status, area_status, numerator, denominator`. `area` is a code or a name.
    `neighbours` has `la_code, rank, neighbour_code`; without it (or without the area in it) the columns of neighbours
    are missing and `neighbours_status` says why. `better` ("higher", "lower", "neutral", or one for each line)
    overrides the table's own.

    Columns added: `lower, upper` (Wilson for a share, Poisson for a count or rate; missing where a base is not
    published); `england`, `region`, each with `_status` and `_category`; `neighbours_total, _used, _suppressed,
    _not_published, _mean, _median, _pooled, _pooled_used, _category` (against the pooled figure, else the mean);
    `rank` (1 is best; the highest where neither direction is better), `ranked`, `quartile` (1 to 4 in the order of
    rank) and `quartile_band` (A best to D; empty where neither direction is better); `previous_value, change,
    direction`. Categories are "better", "similar", "worse" ("higher", "lower" where neither is better) and "not
    comparable"; similar means that the other figure lies inside the area's own limits. Where fewer than half of the
    neighbours, or of all areas, can be seen there is no category of neighbours, or no band: small numbers are hidden,
    so those that can be seen are not like the rest. A count has no category, rank
    or quartile: it follows the size of the area.

    Raises `NeighboursError` for an unknown area, two rows for one area, year and figure, or another word for `better`.

    **Source** the rule of categories: OHID, Fingertips technical guidance; bands by rank: `quantile_groups`.
    """
    _refuse_twice(table)
    code = find_area(table, area)
    rows = table.assign(better=_better(table, better))
    own = rows[(rows["level"] == "area") & (rows["la_code"] == code)].reset_index(drop=True)
    own = own.assign(**_own_limits(own, level))
    own = _beside(own, rows[rows["level"] == "country"], "england")
    region = own["region_code"].dropna().unique()
    regional = rows[(rows["level"] == "region") & rows["region_code"].isin(region)]
    own = _beside(own, regional, "region")
    own = _with_neighbours(own, rows, neighbours, code)
    own = _with_rank(own, rows)
    return _with_travel(own).sort_values(["line", "figure", "year"], kind="stable").reset_index(drop=True)


def category(value, lower, upper, other, better) -> np.ndarray:
    """An area's value with its limits against another value: similar where that lies inside the limits, ends included.

    `better` is "higher", "lower" or "neutral" for each value. Returns "better", "worse", "similar", "higher", "lower"
    (where neither direction is better) or "not comparable" (a value, limit or other value missing).

    **Source** OHID, Fingertips: comparison by one level of confidence intervals.
    """
    v, low, high, o = (np.asarray(part, float) for part in (value, lower, upper, other))
    way = np.asarray(better, dtype=object)
    above, below = low > o, high < o
    up, down = way == "higher", way == "lower"
    tests = [
        np.isnan(v) | np.isnan(low) | np.isnan(high) | np.isnan(o),
        (above & up) | (below & down),
        (above & down) | (below & up),
        above,
        below,
    ]
    return np.select(tests, ["not comparable", "better", "worse", "higher", "lower"], "similar").astype(object)


def direction(value, lower, upper, previous, previous_lower, previous_upper, better) -> np.ndarray:
    """A value against an earlier one: a word only when their two intervals do not overlap.

    Returns "better", "worse", "higher", "lower", "no clear change" or "not comparable". Intervals that just overlap
    can hide a difference that a test would find; the rule errs on the side of saying nothing.

    **Source** OHID, Fingertips: change from the previous period.
    """
    parts = [np.asarray(p, float) for p in (value, lower, upper, previous, previous_lower, previous_upper)]
    _, low, high, _, before_low, before_high = parts
    way = np.asarray(better, dtype=object)
    up, down = low > before_high, high < before_low
    good, bad = (
        (up & (way == "higher")) | (down & (way == "lower")),
        (up & (way == "lower")) | (down & (way == "higher")),
    )
    tests = [np.isnan(parts).any(axis=0), good, bad, up, down]
    words = ["not comparable", "better", "worse", "higher", "lower"]
    return np.select(tests, words, "no clear change").astype(object)


def notes(compared: pd.DataFrame) -> list[str]:
    """What a reader of a comparison must know before the figures: sentences, none when all is plain."""
    said = []
    gone = compared[compared["area_status"] != "current"]
    if not gone.empty:
        spans = gone.groupby("area_status", sort=False)["year"].agg(["min", "max"])
        for status, span in spans.iterrows():
            years = str(span["min"]) if span["min"] == span["max"] else f"{span['min']} to {span['max']}"
            became = SUCCESSORS.get(gone["la_code"].iloc[0], "") if status == "abolished" else ""
            see = f" (see {became})" if became else ""
            said.append(f"{gone['area'].iloc[0]} was {status} in {years}{see}; those rows have no figures.")
    for status in compared["neighbours_status"].unique():
        if status not in ("ok", NONE_SHOWN, FEW_SHOWN):
            said.append(f"No comparison with neighbours: {status}.")
    hidden = compared["neighbours_suppressed"].fillna(0) > 0
    if hidden.any():
        said.append(
            f"In {int(hidden.sum()):,} of {len(compared):,} rows the figures of some neighbours are hidden: they are "
            "counted, left out, and nothing is put in their place."
        )
    return said


# The parts of a comparison


def _own_limits(rows: pd.DataFrame, level: float) -> dict[str, np.ndarray]:
    x, n = rows["numerator"].to_numpy(float), rows["denominator"].to_numpy(float)
    kind = rows["figure"].to_numpy(object)
    per = rows["per"].to_numpy(float)
    share, count, rate = wilson(x, n, level), poisson(x, level), intervals.rate(x, n, 1.0, level)
    found = {}
    for side, name in enumerate(("lower", "upper")):
        limit = np.select(
            [kind == "percent", kind == "count", kind == "rate"], [share[side], count[side], rate[side] * per], np.nan
        )
        found[name] = np.where((rows["status"] == "ok").to_numpy(), limit, np.nan)
    return found


def _beside(own: pd.DataFrame, others: pd.DataFrame, name: str) -> pd.DataFrame:
    """The figure of one larger area beside each of the own."""
    there = others[[*LINE, "value", "status"]].rename(columns={"value": name, "status": f"{name}_status"})
    both = own.merge(there, on=LINE, how="left", validate="one_to_one")
    both[f"{name}_status"] = both[f"{name}_status"].astype(object).where(both[f"{name}_status"].notna(), "absent")
    both[f"{name}_category"] = _categories(both, both[name])
    return both


def _categories(own: pd.DataFrame, other) -> np.ndarray:
    found = category(own["value"], own["lower"], own["upper"], other, own["better"])
    found[(own["figure"] == "count").to_numpy()] = "not comparable"
    return found


def _with_neighbours(own: pd.DataFrame, rows: pd.DataFrame, neighbours: pd.DataFrame | None, code: str) -> pd.DataFrame:
    if neighbours is None:
        return _without(own, "no list of neighbours given")
    codes = neighbours.loc[neighbours["la_code"] == code, "neighbour_code"]
    if codes.empty:
        return _without(own, "the list of neighbours does not hold this area")
    found = rows[(rows["level"] == "area") & rows["la_code"].isin(codes)]
    used = found["status"].eq("ok") & found["value"].notna()
    base = used & found["numerator"].notna() & (found["denominator"] > 0)
    found = found.assign(
        shown=found["value"].where(used),
        used=used,
        hidden=found["status"].isin(SUPPRESSED),
        base=base,
        top=found["numerator"].where(base),
        bottom=found["denominator"].where(base),
    )
    by = found.groupby(LINE, sort=False)
    out = pd.DataFrame(
        {
            "neighbours_used": by["used"].sum(),
            "neighbours_suppressed": by["hidden"].sum(),
            "neighbours_mean": by["shown"].mean(),
            "neighbours_median": by["shown"].median(),
            "neighbours_pooled_used": by["base"].sum(),
            "_pooled": by["top"].sum() / by["bottom"].sum().where(by["bottom"].sum() > 0),
        }
    ).reset_index()
    both = own.merge(out, on=LINE, how="left", validate="one_to_one")
    for name in ("neighbours_used", "neighbours_suppressed", "neighbours_pooled_used"):
        both[name] = both[name].fillna(0).astype("Int64")
    both["neighbours_total"] = pd.array([codes.nunique()] * len(both), dtype="Int64")
    # Whatever is neither used nor hidden: not applicable, not available, no row, or no area in that year.
    both["neighbours_not_published"] = (
        both["neighbours_total"] - both["neighbours_used"] - both["neighbours_suppressed"]
    )
    both["neighbours_pooled"] = both.pop("_pooled") * both["per"]
    none, few = both["neighbours_used"] == 0, both["neighbours_used"] * 2 < both["neighbours_total"]
    both["neighbours_status"] = np.select([none, few], [NONE_SHOWN, FEW_SHOWN], "ok")
    reference = both["neighbours_pooled"].fillna(both["neighbours_mean"])
    # Small numbers are the ones that are hidden: the few that can be seen are not like the rest.
    both["neighbours_category"] = np.where(few, "not comparable", _categories(both, reference))
    return both


def _without(own: pd.DataFrame, why: str) -> pd.DataFrame:
    counts = dict.fromkeys(
        (
            "neighbours_used",
            "neighbours_suppressed",
            "neighbours_pooled_used",
            "neighbours_total",
            "neighbours_not_published",
        ),
        pd.array([pd.NA] * len(own), dtype="Int64"),
    )
    figures = dict.fromkeys(("neighbours_mean", "neighbours_median", "neighbours_pooled"), np.nan)
    return own.assign(**counts, **figures, neighbours_status=why, neighbours_category="not comparable")


def _with_rank(own: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rank and quartile among all areas with a figure that year."""
    there = rows[(rows["level"] == "area") & (rows["figure"] != "count") & (rows["area_status"] == "current")]
    areas = there[(there["status"] == "ok") & there["value"].notna()].reset_index(drop=True)
    low_first = (areas["better"] == "lower").to_numpy()
    sets = areas.groupby(LINE, sort=False).ngroup()
    signed = areas["value"].where(low_first, -areas["value"])
    found = areas[[*LINE, "la_code"]].assign(
        rank=signed.groupby(sets).rank(method="min").astype("Int64"),
        ranked=sets.map(sets.value_counts()).astype("Int64"),
        quartile=pd.array(quantile_groups(signed, 4, by=sets), dtype="Int64"),
    )
    both = own.merge(found, on=[*LINE, "la_code"], how="left", validate="one_to_one")
    all_areas = there.groupby(LINE, sort=False).size().rename("_areas").reset_index()
    both = both.merge(all_areas, on=LINE, how="left", validate="one_to_one")
    # Where most areas are hidden, the lowest quarter of those seen is no quarter of the country.
    few = (both["ranked"].fillna(0) * 2 < both.pop("_areas").fillna(0)).to_numpy(bool)
    neutral = (both["better"] == "neutral").to_numpy()
    both["quartile_band"] = np.where(neutral | few, "", BANDS[both["quartile"].fillna(0).to_numpy("int64")])
    return both


def _with_travel(own: pd.DataFrame) -> pd.DataFrame:
    """The year before, the change and its direction; only a year that is next to the other counts."""
    columns = ["line", "figure", "year", "value", "lower", "upper"]
    before = own[columns].assign(year=own["year"] + 1)
    before = before.rename(columns={name: f"previous_{name}" for name in ("value", "lower", "upper")})
    both = own.merge(before, on=["line", "figure", "year"], how="left", validate="one_to_one")
    both["change"] = both["value"] - both["previous_value"]
    parts = [both[name] for name in ("value", "lower", "upper", "previous_value", "previous_lower", "previous_upper")]
    both["direction"] = direction(*parts, both["better"])
    return both.drop(columns=["previous_lower", "previous_upper"])


def _better(table: pd.DataFrame, given: Mapping[str, str] | str | None) -> pd.Series:
    if given is None:
        return table["better"]
    words = [given] if isinstance(given, str) else list(given.values())
    other = [word for word in words if word not in BETTER]
    if other:
        raise NeighboursError(f'better is one of {", ".join(BETTER)}; found "{other[0]}".')
    if isinstance(given, str):
        return pd.Series(given, index=table.index, dtype=object)
    return table["line"].map(given).fillna(table["better"])


def _refuse_twice(table: pd.DataFrame) -> None:
    key = ["level", "la_code", "region_code", *LINE]
    twice = table.duplicated(key)
    if twice.any():
        row = table[twice].iloc[0]
        raise NeighboursError(f"{row['area']} has two rows for {row['period']}, {row['line']}; keep one.")


def _nearest(areas: pd.DataFrame, wanted: str) -> str:
    named = {
        text.casefold(): row for row in areas.itertuples() for text in (row.la_code, row.ons_code, row.area) if text
    }
    close = difflib.get_close_matches(wanted.casefold(), named, n=6, cutoff=0.4) or sorted(named)[:3]
    found = dict.fromkeys(f"{named[text].la_code} {named[text].area}" for text in close)
    return ", ".join(list(found)[:3])
