"""Control charts against the answers of other programs: every case of the manifest whose family begins with spc."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from incare.stats import spc, spc_icons, spc_limits, spc_rules
from incare.stats.spc_limits import Points

PLACE = (
    Path(os.environ.get("INCARE_SHARED") or Path(__file__).resolve().parents[3] / "shared") / "golden" / "statistics"
)

# The peer's answer is the fault that our guards are there against.
DIFFERENT = {
    "nhsr_edge_constant": "a series that never varied has limits of no width, and passes the target that it stands on",
    "nhsr_edge_sparse_counts": "one event among zeros: screening must not take the only ranges there are",
    "nhsr_edge_mostly_100_percent": "one dip from 100 %: screening must not take the only ranges there are",
    "nhsr_edge_sparse_counts_unscreened": "one event among zeros is no signal: chance puts one there",
}
BETTER = {"increase": "higher", "decrease": "lower", "neutral": "neutral"}
CHARTS = {"uprime": "up"}


@cache
def manifest() -> dict:
    if not (PLACE / "manifest.json").is_file():
        return {}
    cases = json.loads((PLACE / "manifest.json").read_text(encoding="utf-8"))["cases"]
    return {case["name"]: case for case in cases if case["family"].startswith("spc")}


def table_of(case: dict, which: str) -> pd.DataFrame | None:
    return None if case[which] is None else pd.read_csv(PLACE / case[which])


def option(case: dict, name: str, otherwise=None):
    return (case["options"] or {}).get(name, otherwise) if isinstance(case["options"], dict) else otherwise


# ---- individuals charts (NHS Making Data Count) ----


def xmr(case: dict) -> None:
    given, expected = table_of(case, "input"), table_of(case, "expected")
    if "date" not in given:
        given = given.assign(date=pd.date_range("2020-01-01", periods=len(given)))
    if "trajectory" in given:
        given = given.rename(columns={"trajectory": "target"})
    rebase = option(case, "rebase") or ()
    settings = spc.Settings(
        better=BETTER[option(case, "improvement_direction", "increase")],
        target=option(case, "target"),
        rebase=[rebase] if isinstance(rebase, str) else rebase,
        baseline=option(case, "fix_after_n_points"),
        screen=option(case, "screen_outliers", True),
        trial_icons=True,
    )
    if settings.better == "neutral" and settings.target is not None:
        # The peer takes a target without a direction and says nothing of it; ours refuses.
        with pytest.raises(spc.SpcError, match="direction"):
            spc.of_table(given, settings)
        settings = spc.Settings(**{**vars(settings), "target": None})
    ours = spc.of_table(given, settings)
    keys = [name for name in ("facet", "date") if name in ours]
    ours = ours.sort_values(keys, kind="stable").reset_index(drop=True)
    close(case, ours[["mean", "lcl", "ucl"]], expected[["mean", "lpl", "upl"]])
    known = ours["value"].notna().to_numpy()
    side = np.sign(ours["value"] - ours["mean"])
    words = ours["special_cause"].astype(str)
    bounded = known & expected["outside_limits"].notna().to_numpy()
    out = words.str.match("above the upper|below the lower").astype(int)
    assert (out[bounded] == expected["outside_limits"][bounded]).all()
    assert (side[known] == expected["relative_to_mean"][known]).all()
    if "special_cause_type" not in expected:
        assert ((words != "").astype(int) == expected["special_cause_flag"]).all()
        return
    assert list(words.map(as_the_peer_says)) == list(expected["special_cause_type"])
    meaning = ours["point"].astype(str)
    assert list(meaning.map(PEER_POINT)) == list(expected["point_type"])
    assert list(ours["limits"].isin(["trial", "none"]).astype(int)) == list(expected["short_group_warning"])
    summary(case, ours, meaning)


PEER_POINT = {
    "": "common_cause",
    "improvement": "special_cause_improvement",
    "concern": "special_cause_concern",
    "higher": "special_cause_neutral_high",
    "lower": "special_cause_neutral_low",
}
PEER_ASSURANCE = {"passes": "consistent_pass", "fails": "consistent_fail", "hit or miss": "inconsistent"}
PEER_WORDS = {
    "": "Common Cause",
    "above the upper limit": "Above UCL",
    "below the lower limit": "Below LCL",
    "7 rising": "7 Point Trend (Increasing)",
    "7 falling": "7 Point Trend (Decreasing)",
    "2 of 3 near the upper limit": "2 in 3 Above CL",
    "2 of 3 near the lower limit": "2 in 3 Below CL",
    "7 or more above the mean": "7 Points Above CL",
    "7 or more below the mean": "7 Points Below CL",
}


def as_the_peer_says(words: str) -> str:
    return PEER_WORDS[words]


def summary(case: dict, ours: pd.DataFrame, meaning: pd.Series) -> None:
    groups = ours.groupby((["facet"] if "facet" in ours else []) + ["phase"], sort=True)
    rows = case["expected_scalars"]["summary"]
    assert len(rows) == groups.ngroups
    for (key, group), row in zip(groups, rows, strict=True):
        close(case, group[["mean", "lcl", "ucl"]].iloc[-1:], pd.DataFrame([row])[["mean_col", "lpl", "upl"]])
        last = ours[ours["facet"] == key[0]]["phase"].max() if "facet" in ours else ours["phase"].max()
        # A single point has no limits, and ours then draws no icon; its own mark is compared.
        drawn = key[-1] == last and group["limits"].iloc[-1] != "none"
        newest = group["variation"].iloc[-1] if drawn else meaning[group.index[-1]] or "common cause"
        assert PEER_POINT["" if newest == "common cause" else newest] == row["variation_type"]
        if row.get("assurance_type") and key[-1] == last:
            assert PEER_ASSURANCE[group["assurance"].iloc[-1]] == row["assurance_type"]


def xmr_limits(case: dict) -> None:
    given = table_of(case, "input")
    ours = spc.of_table(given.assign(date=pd.date_range("2020-01-01", periods=len(given))))
    expected = pd.DataFrame([case["expected_scalars"]])[["mean", "lpl", "upl"]]
    close(case, ours[["mean", "lcl", "ucl"]].iloc[:1], expected)


def icon(case: dict) -> None:
    given, expected = table_of(case, "input"), table_of(case, "expected")
    sign = np.full(len(given), spc.SIGN[BETTER[option(case, "improvement_direction")]])
    no = np.zeros(len(given), bool)
    found = spc_icons.assurance(
        given["lpl"].to_numpy(float), given["upl"].to_numpy(float), given["target"].to_numpy(float), sign, no, ~no, no
    )
    words = [PEER_ASSURANCE.get(spc_icons.ASSURANCE[code]) for code in found]
    assert words == list(expected["assurance_type"].astype(object).where(expected["assurance_type"].notna(), None))


# ---- single rules ----


def first_of_one(length: int) -> np.ndarray:
    return np.arange(length) == 0


def rule(case: dict) -> None:
    given, expected = table_of(case, "input"), table_of(case, "expected")["result"].to_numpy()
    first = first_of_one(len(given))
    if case["method"] == "two_in_three":
        sides = given["relative_to_mean"].to_numpy()
        found = spc_rules.near_one_limit(given["close_to_limits"].to_numpy() == 1, sides, first)
    elif case["method"] == "part_of_seven_trend":
        found = spc_rules.spread_back(given["v"].to_numpy().astype(np.int8), first, 7)
    elif case["method"] == "seven_point_trend":
        found = spc_rules.trend_ends(given["v"].to_numpy(float), first, 7)
    else:
        found = np.abs(spc_rules.completed(given["v"].to_numpy().astype(np.int8), first, 7))
    if case["method"] == "part_of_seven_trend" and (expected >= 0).all():
        found = np.abs(found)
    assert list(found.astype(int)) == list(expected)


def rule_pbi(case: dict) -> None:
    given, expected = table_of(case, "input"), table_of(case, "expected")["result"]
    first, value = first_of_one(len(given)), given["val"].to_numpy(float)
    if case["method"].startswith("point outside"):
        found = spc_rules.beyond(value, given["ll99"].to_numpy(float), given["ul99"].to_numpy(float))
    elif case["method"].startswith("shift"):
        found = spc_rules.spread_back_runs(
            spc_rules.side(value, given["targets"].to_numpy(float)), first, option(case, "n")
        )
    elif case["method"].startswith("trend"):
        found = spc_rules.spread_back(spc_rules.trend_ends(value, first, option(case, "n")), first, option(case, "n"))
    else:
        past = spc_rules.beyond(value, given["ll95"].to_numpy(float), given["ul95"].to_numpy(float))
        found = spc_rules.past_inner_limit(past, first)
    assert [{0: "none", 1: "upper", -1: "lower"}[int(code)] for code in found] == list(expected)


# ---- other charts ----


def pbi(case: dict) -> None:
    given = table_of(case, "input")
    chart = CHARTS.get(option(case, "spc.chart_type"), option(case, "spc.chart_type"))
    per = float(option(case, "spc.multiplier", 100 if chart in ("p", "pp") else 1))
    size = given["denominators"].to_numpy(float) if "denominators" in given else None
    value = given["numerators"].to_numpy(float)
    value = value if size is None else value / size
    screen = option(case, "spc.outliers_in_limits") == "false"
    first = first_of_one(len(value))
    if "groupings" in given:
        first = first | given["groupings"].ne(given["groupings"].shift()).to_numpy()
    made = spc_limits.limits(Points(value, first, ~first, np.ones(len(value), bool), size), chart, screen)
    ours = per * pd.DataFrame(
        {"ul99": made.upper, "ul95": made.inner_upper, "ll95": made.inner_lower, "ll99": made.lower}
    )
    expected = table_of(case, "expected")
    if expected is None:
        expected = pd.DataFrame([case["expected_scalars"]] * len(ours))
    close(case, ours, expected[list(ours)])


def qic(case: dict) -> None:
    given, expected = table_of(case, "input"), table_of(case, "expected")
    chart, options = option(case, "chart"), case["options"]
    sums = given.groupby(options["x"], sort=True)
    y = sums[options["y"]]
    size = sums[options["n"]].sum().to_numpy(float) if "n" in options else None
    value = y.mean().to_numpy(float) if size is None else y.sum().to_numpy(float) / size
    value = y.sum().to_numpy(float) if chart == "c" else value
    spread = None
    if chart in ("xbar", "s"):
        size, spread = y.size().to_numpy(float), y.std().to_numpy(float)
        value = spread if chart == "s" else value
    first = first_of_one(len(value))
    first[[int(row) for row in np.atleast_1d(options.get("part", []))]] = True
    if chart == "mr":
        value = np.abs(np.diff(value, prepend=np.nan))
    base = np.arange(len(value)) < options.get("freeze", len(value))
    base[[row - 1 for row in options.get("exclude", [])]] = False
    kept = ~np.isnan(value)
    begins = first[kept] | first_of_one(kept.sum())
    points = Points(value[kept], begins, ~begins, base[kept], *(None if x is None else x[kept] for x in (size, spread)))
    screen = bool(options.get("screened_moving_range"))
    made = spc_limits.run_limits(points) if chart == "run" else spc_limits.limits(points, chart, screen)
    multiply = float(options.get("multiply", 1))
    ours = multiply * pd.DataFrame(
        {
            "y": value[kept],
            "cl": made.centre,
            "lcl": made.lower,
            "lcl.95": made.inner_lower,
            "ucl.95": made.inner_upper,
            "ucl": made.upper,
        }
    )
    expected = expected[kept].reset_index(drop=True)
    close(case, ours, expected[list(ours)])
    included = expected["include"].to_numpy(bool)
    sides = spc_rules.side(points.value, made.centre)
    found, _ = spc_rules.runs(sides, begins, included)
    for name, answer in {
        "n.useful": found.useful,
        "longest.run": found.longest,
        "longest.run.max": found.longest_max,
        "n.crossings": found.crossings,
        "n.crossings.min": found.crossings_min,
        "runs.signal": found.signal,
    }.items():
        stated = pd.to_numeric(expected[name], errors="coerce").to_numpy(float)
        ours_ = points.spread_out(answer).astype(float)
        assert (ours_[~np.isnan(stated)] == stated[~np.isnan(stated)]).all(), name
    out = spc_rules.beyond(points.value, made.lower, made.upper) != 0
    assert list(out.astype(int)) == list(expected["sigma.signal"].fillna(0).astype(int))


def close(case: dict, ours: pd.DataFrame, expected: pd.DataFrame) -> None:
    found, wanted = ours.to_numpy(float), expected.to_numpy(float)
    assert found.shape == wanted.shape
    apart = np.abs(found - wanted)
    fine = (apart <= case["tolerance"]["abs"]) | (apart <= case["tolerance"]["rel"] * np.abs(wanted))
    fine |= np.isnan(wanted) & np.isnan(found)
    rows, columns = np.nonzero(~fine)
    told = [(int(r), ours.columns[c], found[r, c], wanted[r, c]) for r, c in zip(rows[:3], columns[:3], strict=True)]
    assert not len(rows), f"{len(rows)} figures differ, such as (row, column, ours, theirs) {told}"


FAMILIES = {"spc_xmr": xmr, "spc_xmr_limits": xmr_limits, "spc_assurance": icon, "spc_rule": rule}


def answered(case: dict) -> None:
    if case["name"].startswith("pbi_rule"):
        rule_pbi(case)
    elif case["name"].startswith("pbi_"):
        pbi(case)
    elif case["name"].startswith("qic_"):
        qic(case)
    else:
        FAMILIES[case["family"]](case)


@pytest.mark.parametrize("name", [*manifest()] or ["no manifest"])
def test_a_case_of_the_manifest_is_answered_as_its_program_answers_it(shared, name):
    if name in DIFFERENT:
        with pytest.raises(AssertionError):
            answered(manifest()[name])
    else:
        answered(manifest()[name])


def test_the_cases_where_we_differ_are_few_and_still_in_the_manifest(shared):
    assert len(DIFFERENT) <= 4
    assert set(DIFFERENT) <= set(manifest())
    assert len(manifest()) == 171
