"""Trends and durations against the reference cases that other packages answered."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from incare.stats import competing, durations, hazards, joinpoint, mann_kendall, recent_trend

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path(os.environ.get("INCARE_SHARED") or ROOT.parent / "shared") / "golden" / "statistics"
FAMILIES = (
    *("km", "logrank", "cox", "aalen_johansen", "gray_test", "fine_gray", "trend_chisq", "fingertips_trend"),
    *("joinpoint", "mann_kendall", "mann_kendall_seasonal", "mann_kendall_autocorrelated"),
)
# Cases where we differ on purpose, with the reason.
ON_PURPOSE: dict[str, str] = {}


def cases() -> list:
    if not (PLACE / "manifest.json").is_file():
        return []
    listed = json.loads((PLACE / "manifest.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in listed if case["family"] in FAMILIES]


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(PLACE / name)


class Checker:
    """Compares figures with a case's tolerance: a figure passes that meets either of the two."""

    def __init__(self, case: dict):
        self.off, self.name = case["tolerance"], case["name"]

    def same(self, ours, theirs, what: str) -> None:
        ours, theirs = np.atleast_1d(np.asarray(ours, float)), np.atleast_1d(np.asarray(theirs, float))
        assert ours.shape == theirs.shape, f"{self.name} {what}: {ours.shape} rows instead of {theirs.shape}"
        both = np.isnan(ours) & np.isnan(theirs) | (ours == theirs)
        gap = np.where(both, 0, np.abs(np.where(both, 0, ours) - np.where(both, 0, theirs)))
        near = both | (gap <= self.off["abs"]) | (gap <= self.off["rel"] * np.abs(theirs))
        bad = int(np.flatnonzero(~near)[0]) if not near.all() else 0
        assert near.all(), f"{self.name} {what}: row {bad + 1} is {ours[bad]:.10g} instead of {theirs[bad]:.10g}"


def number(value) -> float:
    return float("nan") if value is None else float(value)


def km(case, check):
    given, expected, scalars = table(case["input"]), table(case["expected"]), case["expected_scalars"] or {}
    found = durations.survival(given)
    if "std_err_log" not in expected:
        found = found[found["events"] > 0].reset_index(drop=True)
        check.same(found["survival"], expected["survival"], "survival")
        if "std_err" in expected:
            known = expected["std_err"].notna().to_numpy()
            check.same((found["survival"] * found["error_log"])[known], expected["std_err"][known], "error")
            check.same(found["at_risk"], expected["n_risk"], "at risk")
        return
    ours = ("time", "at_risk", "events", "censored", "survival", "error_log", "lower", "upper")
    theirs = ("time", "n_risk", "n_event", "n_censor", "survival", "std_err_log", "lower", "upper")
    for us, them in zip(ours, theirs, strict=True):
        check.same(found[us], expected[them], us)
    one = durations.summary(given).iloc[0]
    ours = ("children", "events", "median", "median_lower", "median_upper", "quarter", "three_quarters", "mean")
    theirs = ("n", "events", "median", "median_lower", "median_upper", "q25", "q75", "rmean")
    for us, them in zip(ours, theirs, strict=True):
        check.same(one[us], number(scalars[them]), us)


def logrank(case, check):
    given, expected = table(case["input"]), table(case["expected"])
    if "test" in expected:
        tests = {"logrank_stratified5": {"strata": "strata5"}}
        for _, row in expected.iterrows():
            name, _, power = row["test"].partition("harrington_")
            how = tests.get(row["test"]) or (
                {"test": "fleming_harrington", "power": float(power)} if power else {"test": name}
            )
            check.same(durations.compare(given, "group", **how)["chi_square"], row["chi_square"], row["test"])
        return
    power = case["options"]["rho"]
    how = {"test": "fleming_harrington", "power": power} if power else {}
    found = durations.compare(given, "group", **how)
    for name in ("chi_square", "df", "p"):
        check.same(found[name], case["expected_scalars"][name], name)
    each = found["groups"].set_index("group").loc[expected["group"].astype(str)]
    check.same(each["children"], expected["n"], "children")
    if not power:
        check.same(each["observed"], expected["observed"], "observed")
        check.same(each["expected"], expected["expected"], "expected")


def cox(case, check):
    given, expected, scalars = table(case["input"]), table(case["expected"]), case["expected_scalars"]
    names = {"T": "time", "week": "time", "D": "event", "arrest": "event", "death": "event", "W": "entry"}
    given = given.rename(columns={k: v for k, v in names.items() if k in given})
    how = {"strata": "race" if "strata(race)" in case["options"]["formula"] else None, "ties": case["options"]["ties"]}
    fit = hazards.cox(given, list(expected["term"]), **how)
    theirs = ("coef", "se", "z", "p", "hr_lower", "hr_upper")
    for us, them in zip(("coefficient", "error", "z", "p", "lower", "upper"), theirs, strict=True):
        check.same(fit.terms[us], expected[them], us)
    check.same(fit.log_likelihood_null, scalars["loglik_null"], "log likelihood without terms")
    check.same(fit.log_likelihood, scalars["loglik"], "log likelihood")
    check.same(fit.likelihood_ratio, scalars["lr_test"], "likelihood ratio")
    check.same(fit.concordance, scalars["concordance"], "concordance")
    steady = hazards.stays_the_same(given, fit, **how)
    check.same(steady["chi_square"], scalars["zph_global_chisq"], "proportional hazards")
    check.same(steady["p"], scalars["zph_global_p"], "proportional hazards p")


def aalen_johansen(case, check):
    given, expected = table(case["input"]), table(case["expected"])
    found = competing.incidence(given)
    if "variance_sas" in expected:
        found = found[found["cause"] == case["options"]["event_of_interest"]].set_index("time")
        expected = expected[expected["time"] > 0].set_index("time")
        check.same(found["error"] ** 2, expected["variance_sas"], "variance")
        check.same(found["lower"], expected["lower"], "lower")
        check.same(found["upper"], expected["upper"], "upper")
        return
    for cause, part in found.groupby("cause"):
        check.same(part["time"], expected["time"], "time")
        check.same(part["at_risk"], expected["n_risk"], "at risk")
        check.same(part["incidence"], expected[f"cif_{cause}"], f"incidence of cause {cause}")
        # Theirs is the infinitesimal jackknife, ours the delta method: the README asks for a loose comparison.
        theirs = expected[f"se_{cause}"].to_numpy()
        many = part["at_risk"].to_numpy() >= 30
        np.testing.assert_allclose(part["error"].to_numpy()[many], theirs[many], rtol=0.02, atol=1e-4)


def gray_test(case, check):
    found, expected = competing.gray(table(case["input"]), "group"), table(case["expected"])
    for us, them in (("chi_square", "stat"), ("p", "pv"), ("df", "df")):
        check.same(found[us], expected[them], us)


def fine_gray(case, check):
    expected = table(case["expected"])
    found = competing.fine_gray(table(case["input"]), list(expected["term"]), case["options"]["failcode"])
    check.same(found["coefficient"], expected["coef"], "coefficient")
    check.same(found["error"], expected["se"], "error")


def mann_kendall_plain(case, check, correction="none"):
    found = mann_kendall.mann_kendall(table(case["input"])["value"], correction).iloc[0]
    compare_mann_kendall(found, case, check)


def compare_mann_kendall(found, case, check):
    names = {"S": "s", "var_S": "variance", "z_continuity": "z", "sen_slope": "slope", "seasonal_sen_slope": "slope"}
    for theirs, value in case["expected_scalars"].items():
        if theirs == "trend":
            word = "no trend" if found["p"] > 0.05 else "increasing" if found["z"] > 0 else "decreasing"
            assert word == value
        else:
            check.same(found[names.get(theirs, theirs)], value, theirs)


def seasonal(case, check):
    found = mann_kendall.seasonal(table(case["input"])["value"], case["options"]["period"]).iloc[0]
    compare_mann_kendall(found, case, check)


def trend_chisq(case, check):
    given = table(case["input"])
    found = recent_trend.chi_square(given["x"], given["n"], given["score"]).iloc[0]
    check.same(found["chi_square"], case["expected_scalars"]["chi_square"], "chi-square")
    check.same(found["p"], case["expected_scalars"]["p"], "p")


def fingertips_trend(case, check):
    words = {"increasing": "rising", "decreasing": "falling", "no_change": "no clear change"}
    given = table(case["input"]).sort_values(["series", "year"])
    for _, row in table(case["expected"]).iterrows():
        five = given[given["series"] == row["series"]].dropna(subset=["lower95", "upper95"]).tail(5)
        if row["marker"] == "cannot_be_calculated":
            with pytest.raises(mann_kendall.TrendTestError, match="limits of some width"):
                recent_trend.of_limits(five["value"], five["lower95"], five["upper95"])
            continue
        shares = row["method"] == "proportion"
        parts = (five["count"], five["denominator"]) if shares else (five["value"], five["lower95"], five["upper95"])
        found = (recent_trend.of_shares if shares else recent_trend.of_limits)(*parts).iloc[0]
        check.same(found["chi_square"], row["chi_square"], f"{row['series']} {row['method']}")
        assert found["word"] == words[row["marker"]], (row["series"], row["method"])


def joined(case, check):
    given, expected, scalars = table(case["input"]), table(case["expected"]), case["expected_scalars"]
    found = joinpoint.one_break(given["x"], given["y"])
    # The README: 1e-3 relative is enough for continuous break points.
    check.off = {"abs": 0, "rel": 1e-3}
    check.same(found.at, scalars["breaks"][0], "break")
    check.same([found.before, found.after], expected["slope"], "slopes")
    check.same(found.at_error, scalars["break_se"][0], "error of the break")
    check.same([found.before_error, found.after_error], expected["se"], "errors of the slopes")


RUN = {
    "mann_kendall": mann_kendall_plain,
    "mann_kendall_seasonal": seasonal,
    "mann_kendall_autocorrelated": lambda case, check: mann_kendall_plain(case, check, "yue_wang"),
    "joinpoint": joined,
}


@pytest.mark.parametrize("case", cases())
def test_a_reference_case_is_answered_alike(shared, case):
    if case["name"] in ON_PURPOSE:
        return
    (RUN.get(case["family"]) or globals()[case["family"]])(case, Checker(case))


def test_all_families_are_there_and_at_most_two_cases_differ_on_purpose(shared):
    listed = json.loads((shared / "golden/statistics/manifest.json").read_text(encoding="utf-8"))["cases"]
    assert set(FAMILIES) <= {case["family"] for case in listed}
    assert set(ON_PURPOSE) <= {case["name"] for case in listed}
    assert len(ON_PURPOSE) <= 2
