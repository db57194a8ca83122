"""Every reference case of intervals, standardised rates, funnels and comparison, read from the manifest.

A case's expected values came from another program (`source` in the manifest). Three cases are named below because we
differ from that program on purpose, or because its answer is rounded by its own search; what is left is still held.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from incare.stats import funnel, inequality, intervals, neighbours, standardise

FAMILIES = (
    *("ci_primitive", "proportion_ci", "rate_ci", "mean_ci", "proportion_ci_methods", "rate_ci_methods", "dsr", "isr"),
    *("quantile", "sii_rii", "funnel_limits", "funnel_points", "funnel_significance", "funnel_overdispersion"),
    *("benchmark_category", "direction_of_travel"),
)
ON_PURPOSE = {
    "funnelr_medpar_RC99": "the peer takes a ratio's error for its estimate and a proportion's for its limits; so the "
    "limits, and the outliers by them, are too narrow: ours use the ratio's",
    "phe_funnel_ratio_limits_isr": "the peer stops its search after 23 halvings; ours is the closed form, held to that",
    "phe_funnel_rate_limits_dsr": "the peer stops its search after 23 halvings; ours is the closed form, held to that",
}
GOLDEN = Path(os.environ.get("INCARE_SHARED") or Path(__file__).resolve().parents[3] / "shared") / "golden/statistics"


def cases() -> list:
    """The cases of these families; none where the developers' data is not there."""
    manifest = GOLDEN / "manifest.json"
    if not manifest.is_file():
        return []
    found = json.loads(manifest.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in found if case["family"] in FAMILIES]


class Case:
    """A case's tables and options, and how near is near enough."""

    def __init__(self, case: dict):
        self.name, self.options = case["name"], case["options"] or {}
        self.rows, self.expected = (pd.read_csv(GOLDEN / case[part]) for part in ("input", "expected"))
        self.scalars = case["expected_scalars"] or {}
        self.tolerance = {"rtol": case["tolerance"]["rel"], "atol": case["tolerance"]["abs"]}

    def agree(self, found, column, **tolerance) -> None:
        expected = self.expected[column] if isinstance(column, str) else column
        np.testing.assert_allclose(
            np.asarray(found, float), np.asarray(expected, float), err_msg=str(column), **(self.tolerance | tolerance)
        )

    def levels(self) -> dict[float, tuple[str, str]]:
        asked = self.options["confidence"]
        if isinstance(asked, float):
            return {asked: ("lowercl", "uppercl")}
        names = {0.95: "95_0", 0.998: "99_8"}
        return {level: (f"lower{names[level]}cl", f"upper{names[level]}cl") for level in asked}

    def grouped(self) -> pd.DataFrame:
        if "group_by" not in self.options:
            return self.rows
        return self.rows.groupby(self.options["group_by"], sort=False)[["Numerator", "Denominator"]].sum(min_count=1)


@pytest.mark.parametrize("case", cases())
def test_we_agree_with_the_reference_case(case):
    globals()[f"hold_{case['family']}"](Case(case))


def test_the_manifest_was_read_and_the_cases_we_differ_on_are_in_it(shared):
    names = {param.id for param in cases()}
    assert len(names) >= 50
    assert set(ON_PURPOSE) <= names
    assert len(ON_PURPOSE) <= 3


# Intervals


def hold_ci_primitive(case: Case):
    rows, expected = case.rows, case.expected
    if case.name == "exact_poisson_grid":
        for level, end in ((0.95, "95"), (0.998, "998")):
            lower, upper = intervals.poisson(rows["x"], level)
            case.agree(lower, f"lower{end}")
            case.agree(upper, f"upper{end}")
        return
    if "method" not in rows:
        rows = rows.assign(method="Wilson" if "wilson" in case.name else "Byars", confidence=case.options["confidence"])
    for (method, level), part in rows.groupby(["method", "confidence"]):
        if method == "Wilson":
            lower, upper = (limit / 100 for limit in intervals.wilson(part["x"], part["n"], level))
        else:
            lower, upper = intervals.byar(part["x"], level)
        case.agree(lower, expected.loc[part.index, "lowercl"])
        case.agree(upper, expected.loc[part.index, "uppercl"])


def hold_proportion_ci(case: Case):
    rows, scale = case.grouped(), case.options["multiplier"]
    case.agree(scale * rows["Numerator"] / rows["Denominator"], "value")
    for level, (low, high) in case.levels().items():
        lower, upper = intervals.wilson(rows["Numerator"], rows["Denominator"], level)
        case.agree(lower * scale / 100, low)
        case.agree(upper * scale / 100, high)


def hold_rate_ci(case: Case):
    rows, scale = case.grouped(), case.options["multiplier"]
    case.agree(scale * rows["Numerator"] / rows["Denominator"], "value")
    for level, (low, high) in case.levels().items():
        lower, upper = intervals.rate(rows["Numerator"], rows["Denominator"], scale, level)
        case.agree(lower, low)
        case.agree(upper, high)


def hold_mean_ci(case: Case):
    values = case.rows["values"]
    case.agree([values.mean()], "value")
    case.agree([values.std()], "stdev")
    for level, (low, high) in case.levels().items():
        lower, upper = intervals.mean(values.mean(), values.std(), len(values), level)
        case.agree([lower], low)
        case.agree([upper], high)


def hold_proportion_ci_methods(case: Case):
    ways = {"wilson": intervals.wilson, "exact": intervals.clopper_pearson, "agresti_coull": intervals.agresti_coull}
    for name, way in ways.items():
        lower, upper = way(case.rows["x"], case.rows["n"])
        # The reference lets Agresti and Coull's limits leave 0 to 1; the manifest says to cut them.
        case.agree(lower / 100, case.expected[f"{name}_lower"].clip(0, 1))
        case.agree(upper / 100, case.expected[f"{name}_upper"].clip(0, 1))


def hold_rate_ci_methods(case: Case):
    found = [intervals.rate_by(row.method, row.x, row.n, per=1) for row in case.rows.itertuples()]
    case.agree([lower for lower, _ in found], "lower")
    case.agree([upper for _, upper in found], "upper")


# Standardised


def hold_dsr(case: Case):
    by = [case.options["group_by"]] if case.options["group_by"] else []
    rows = case.rows.rename(columns={"pop": "population", "stdpop": "standard"})
    for level, (low, high) in case.levels().items():
        found = standardise.direct(rows, by, case.options["multiplier"], level, blank_is_none=True)
        case.agree(found["value"], "value")
        case.agree(found["lower"], low)
        case.agree(found["upper"], high)
    assert (found["status"] == "low").tolist() == case.expected["value"].isna().tolist()


def hold_isr(case: Case):
    names = {"pop": "population", "refcount": "reference_count", "refpop": "reference_population"}
    rows = case.rows.rename(columns=names)
    for level, (low, high) in case.levels().items():
        found = standardise.indirect(rows, [case.options["group_by"]], case.options["refvalue"], level, True)
        for ours, theirs in (("observed", "observed"), ("expected", "expected"), ("value", "value")):
            case.agree(found[ours], theirs)
        case.agree(found["lower"], low)
        case.agree(found["upper"], high)


def hold_quantile(case: Case):
    rows, options = case.rows, case.options
    turned = rows[options["invert_field"]].astype(str).str.upper() == "TRUE"
    found = standardise.quantile_groups(rows["Value"], options["nquantiles"], rows[options["group_by"]], turned)
    case.agree(found, "quantile")


def hold_sii_rii(case: Case):
    options = case.options
    kind = {"normal": "mean", "rate": "rate", "proportion": "share"}[options["value_type"]]
    names = {"Quantile": "group", "Population": "population", "Value": "value"}
    given = {"StandardError": "error"} if options["error_from"] == "se" else {"LowerCL": "lower", "UpperCL": "upper"}
    by, level = options["group_by"], options["confidence"]
    rows = case.rows.rename(columns=names | given)[[*by, *names.values(), *given.values()]]
    found = inequality.slope_index(rows, by, kind, options.get("transform", False), options.get("multiplier", 1), level)
    # The point values are exact. The reference simulates its limits; the manifest's README holds them to 5 %.
    for ours in ("sii", "rii", "intercept"):
        case.agree(found[ours], ours)
    for ours, ending in (("lower", "lower"), ("upper", "upper")):
        for index in ("sii", "rii"):
            theirs = next(name for name in case.expected if name.startswith(f"{index}_{ending}"))
            case.agree(found[f"{index}_{ours}"], theirs, rtol=0.05)


# Funnels


def hold_funnel_limits(case: Case):
    expected = case.expected
    if case.options["statistic"] == "proportion":
        centre = 100 * case.rows["numerator"].sum() / case.rows["denominator"].sum()
        case.agree(np.full(len(expected), centre), "baseline")
        for level, end in ((0.95, "2s"), (0.998, "3s")):
            lower, upper = funnel.share_limits(expected["Population"], centre, level)
            case.agree(lower, f"lower_{end}_limit")
            case.agree(upper, f"upper_{end}_limit")
        return
    ratio = case.options["statistic"] == "ratio"
    count = expected["Observed_events" if ratio else "Events"].to_numpy(float)
    per, years = case.options["multiplier"], case.options.get("years_of_data", 1)
    # Events over a population of so many years: how many people an expected event stands for.
    people = 1 if ratio else per / (years * rate_of_all(case.rows, per, years, case))
    for level, end in ((0.95, "2s"), (0.998, "3s")):
        for side, exact in zip(("lower", "upper"), funnel.expected_at_limits(count, level), strict=True):
            theirs = expected[f"{side}_{end}_{'exp_events' if ratio else 'population_1_year'}"].to_numpy() / people
            # The search halves v = e / (1 + x + e) until a step is under 1e-7; the last step is 2^-24.
            steps = [e / (1 + count + e) for e in (exact, theirs)]
            assert np.abs(steps[0] - steps[1]).max() < 2**-23
            case.agree(per * count / (theirs * people * (1 if ratio else years)), f"{side}_{end}_limit")


def rate_of_all(rows: pd.DataFrame, per: float, years: int, case: Case) -> float:
    people = rows["ev"] / rows["rate"] * per / years
    rate = rows["ev"].sum() / (people.sum() * years) * per
    case.agree(np.full(len(case.expected), rate), "baseline")
    return rate


def hold_funnel_points(case: Case):
    rows, options = case.rows, case.options
    people = funnel.people_behind(rows["ev"], rows["rate"], options["multiplier"], options["years_of_data"])
    case.agree(people, "denominator_derived")
    case.agree(rows["rate"].where(~np.isnan(people)), "rate_chart")


def hold_funnel_significance(case: Case):
    rows, options = case.rows, case.options
    if options["statistic"] == "ratio":
        observed, expected = rows["obs"], rows["expected"]
    else:
        observed = rows["count"]
        crude = options["rate_type"] == "crude"
        people = rows["pop"] if crude else observed / rows["rate"] * options["multiplier"]
        expected = people * observed.sum() / people.sum()
    words = {
        "above 99.8%": "High (0.001)",
        "above 95%": "High (0.025)",
        "below 95%": "Low (0.025)",
        "below 99.8%": "Low (0.001)",
        funnel.WITHIN: "Not significant",
    }
    found = [words[word] for word in funnel.against_expected(observed, expected)]
    assert found == case.expected["significance"].tolist()


def hold_funnel_overdispersion(case: Case):
    options, expected = case.options, case.expected
    rows = case.rows.set_index("group").loc[expected["group"]]
    x, n = rows["numerator"].to_numpy(float), rows["denominator"].to_numpy(float)
    trimmed, counts = options["sr_method"] == "SHMI", options["data_type"] == "RC"
    if trimmed and not counts and options["SHMI_rounding"]:
        n = np.round(n, 2)
    scale = "counts" if counts else "log" if trimmed else "root"
    z, s = funnel.distances(x, n, x.sum() / n.sum() if counts else 1.0, scale=scale)
    method = "trimmed" if trimmed and not counts else "winsorised"
    phi, tau2, _ = funnel.overdispersion(z, s, method, options["trim_by"])
    case.agree(z, "Uzscore")
    if options["draw_adjusted"]:
        case.agree([phi, tau2], [case.scalars["phi"], case.scalars["tau2"]])
    tau2 = tau2 if options["draw_adjusted"] else 0.0
    if case.name in ON_PURPOSE:
        return
    case.agree(s, "s")
    limits = {}
    for printed, end in ((1.959964, "95"), (3.090232, "99")):
        as_printed = 2 * ndtr(printed) - 1
        # On the root scale the peer draws the limits of the root; ours are squared in `funnel.funnel`.
        spread = funnel.spread_limits(s, tau2, as_printed, centre=0.0 if trimmed else 1.0)
        spread = [np.exp(limit) for limit in spread] if trimmed else spread
        chance = funnel.ratio_limits(n, {"95": 0.95, "99": 0.998}[end])
        for side, adjusted, plain in zip(("LCL", "UCL"), spread, chance, strict=True):
            case.agree(adjusted * options["multiplier"], f"OD{end}{side}")
            case.agree(plain * options["multiplier"], f"{side}{end}")
        limits[end] = spread if options["draw_adjusted"] else chance
    low, high = limits[str(options["limit"])]
    outlier = (x / n < low) | (x / n > high)
    assert outlier.tolist() == expected["outlier"].astype(bool).tolist()
    assert outlier.sum() == case.scalars["n_outliers"]


# Comparison

BETTER = {"low_is_good": "lower", "high_is_good": "higher"}
WORDS = {"similar": "same", "not comparable": "not_compared"}


def compared(rows: pd.DataFrame, lower: str, upper: str) -> list[str]:
    way = rows["polarity"].map(BETTER)
    found = neighbours.category(rows["value"], rows[lower], rows[upper], rows["comparator"], way)
    return [WORDS.get(word, word) for word in found]


def hold_benchmark_category(case: Case):
    rows = case.rows
    if "funnel" in case.name:
        for level, column in ((0.95, "expected_95"), (0.998, "expected_998")):
            found = []
            for row in rows.itertuples():
                lower, upper = funnel.share_limits(row.denominator, row.comparator_pct, level)
                low_is_good = case.options["polarity"] == "low_is_good"
                good, bad = ("better", "worse") if low_is_good else ("worse", "better")
                found.append(good if row.value_pct < lower else bad if row.value_pct > upper else "same")
            assert found == case.expected[column].tolist()
        return
    found = compared(rows, "lower95", "upper95")
    if "lower998" in rows:
        # Beyond the wider limits too, the word is the strongest.
        wide = compared(rows, "lower998", "upper998")
        strongest = {"better": "best", "worse": "worst"}
        found = [strongest.get(far, near) for near, far in zip(found, wide, strict=True)]
    assert found == case.expected["expected"].tolist()


def hold_direction_of_travel(case: Case):
    rows = case.rows
    now = [rows[name] for name in ("recent", "recent_lower95", "recent_upper95")]
    before = [rows[name] for name in ("previous", "previous_lower95", "previous_upper95")]
    words = {
        "higher": "increasing",
        "lower": "decreasing",
        "no clear change": "no_change",
        "not comparable": "cannot_be_calculated",
    }
    found = neighbours.direction(*now, *before, ["neutral"] * len(rows))
    assert [words[word] for word in found] == case.expected["expected"].tolist()
