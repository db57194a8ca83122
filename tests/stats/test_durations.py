"""How long things take: by hand on a few children, with late entry, ties and several ways to end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.stats import competing, durations, hazards
from incare.stats.durations import DurationError


def spells(text: str) -> pd.DataFrame:
    """Durations from words such as `3 5+ 2>7`: happened at 3; not by 5; watched from 2, happened at 7."""
    rows = []
    for word in text.split():
        entry, _, rest = word.rpartition(">")
        rows.append({"time": float(rest.rstrip("+")), "event": not rest.endswith("+"), "entry": float(entry or "nan")})
    return pd.DataFrame(rows)


def test_survival_by_hand():
    found = durations.survival(spells("1 2+ 3 3 5+"))
    # At 1: 4 of 5 left; at 3: two of the three watched; the one of 2 was still watched at 1.
    assert found["time"].tolist() == [1, 2, 3, 5]
    assert found["at_risk"].tolist() == [5, 4, 3, 1]
    assert found["survival"].tolist() == pytest.approx([4 / 5, 4 / 5, 4 / 15, 4 / 15])


def test_those_who_enter_late_are_at_risk_only_from_then():
    found = durations.survival(spells("2 4 3>6 3>8+"))
    # At 2 the two late ones are not yet there: 1 of 2; at 4: 3 watched; at 6: 2.
    assert found["at_risk"].tolist() == [2, 3, 2, 1]
    assert found["survival"].tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 6, 1 / 6])


def test_one_who_enters_when_another_ends_is_not_yet_at_risk():
    assert durations.survival(spells("3 3>6"))["at_risk"].tolist() == [1, 1]


def test_events_come_before_censorings_of_the_same_day():
    assert durations.survival(spells("4 4+"))["survival"].tolist() == [0.5]


def test_medians_and_the_restricted_mean():
    found = durations.summary(spells("1 2 3 4"), until=3).iloc[0]
    # The curve is exactly one half from 2 to 3. Area to 3: 1 + 3/4 + 1/2.
    assert found[["median", "mean", "children", "status"]].tolist() == [2.5, 2.25, 4, "ok"]
    assert durations.summary(spells("1 5+ 5+")).iloc[0]["status"] == "median not reached"


def test_a_curve_that_falls_to_nothing_before_others_enter_is_named():
    assert durations.summary(spells("1 2>5 2>6")).iloc[0]["status"] == "risk set emptied"


def test_groups_have_curves_of_their_own():
    both = pd.concat([spells("1 2").assign(team="A"), spells("3 4+").assign(team="B")])
    found = durations.summary(both, "team")
    assert found["group"].tolist() == ["A", "B"]
    assert found["events"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s.drop(columns="event"), "missing: event"),
        (lambda s: s.iloc[:0], "none was given"),
        (lambda s: s.assign(time=[1, np.nan, 3]), "Row 2 has a time"),
        (lambda s: s.assign(time=[1, np.inf, 3]), "Row 2 has a time"),
        (lambda s: s.assign(time=[-1, 2, 3]), "Row 1 has a time"),
        (lambda s: s.assign(event=[1, 2, 0]), "Row 2 has an event"),
        (lambda s: s.assign(event=[1, 0, np.nan]), "Row 3 has no usable event"),
        (lambda s: s.assign(entry=[np.nan, 2, 0]), "Row 2 has an entry"),
        (lambda s: s.assign(weight=[1, 1, 0]), "Row 3 has a weight"),
    ],
)
def test_durations_that_cannot_be_used_are_refused_by_row(spoil, message):
    with pytest.raises(DurationError, match=message):
        durations.survival(spoil(spells("1 2 3+")))


def test_alike_groups_are_not_told_apart_and_one_group_is_refused():
    both = pd.concat([spells("1 2 3 4+").assign(team=team) for team in "AB"], ignore_index=True)
    found = durations.compare(both, "team")
    assert found["chi_square"] == pytest.approx(0, abs=1e-12)
    assert found["groups"]["expected"].tolist() == pytest.approx([3, 3])
    with pytest.raises(DurationError, match="Two groups or more"):
        durations.compare(both.assign(team="A"), "team")
    with pytest.raises(DurationError, match="found 'wilcoxon'"):
        durations.compare(both, "team", test="wilcoxon")


# Several ways to end


def causes(text: str) -> pd.DataFrame:
    """Durations from words such as `3a 5b 6+ 2>7a`: ended at 3 by the first way, at 5 by the second; not by 6."""
    rows = []
    for word in text.split():
        entry, _, rest = word.rpartition(">")
        rows.append({"time": float(rest[:-1]), "cause": "+ab".index(rest[-1]), "entry": float(entry or "nan")})
    return pd.DataFrame(rows)


def test_incidence_by_hand_with_ties():
    found = competing.incidence(causes("1a 2a 2b 3+"))
    # At 1: 1/4. At 2: three quarters are there; one of three goes each way: 1/4 more for both.
    assert found.loc[found["cause"] == 1, "incidence"].tolist() == pytest.approx([1 / 4, 2 / 4, 2 / 4])
    assert found.loc[found["cause"] == 2, "incidence"].tolist() == pytest.approx([0, 1 / 4, 1 / 4])


def test_incidence_with_late_entry_by_hand():
    found = competing.incidence(causes("1a 4b 2>3a 2>5+"))
    # At 1: 1 of 2. At 3: one half is there, 1 of 3 goes: 1/6. At 4: one third, 1 of 2: 1/6.
    assert found.loc[found["cause"] == 1, "incidence"].tolist() == pytest.approx([1 / 2, 4 / 6, 4 / 6, 4 / 6])
    assert found.loc[found["cause"] == 2, "incidence"].tolist() == pytest.approx([0, 0, 1 / 6, 1 / 6])


def test_all_ways_and_those_still_there_make_one_at_every_time():
    rng = np.random.default_rng(3)
    drawn = pd.DataFrame({"time": rng.integers(5, 40, 300), "cause": rng.integers(0, 4, 300)})
    drawn["entry"] = np.where(rng.random(300) < 0.3, rng.integers(0, 5, 300), np.nan)
    every = competing.incidence(drawn).groupby("time")["incidence"].sum()
    there = durations.survival(drawn.assign(event=drawn["cause"] > 0)).set_index("time")["survival"]
    assert (every + there).tolist() == pytest.approx([1.0] * len(there))


def test_incidence_with_one_way_and_no_late_entry_is_what_statsmodels_says():
    from statsmodels.duration.survfunc import CumIncidenceRight

    rng = np.random.default_rng(4)
    drawn = pd.DataFrame({"time": rng.integers(1, 30, 200), "cause": rng.integers(0, 3, 200)})
    theirs = CumIncidenceRight(drawn["time"], drawn["cause"])
    found = competing.incidence(drawn)
    for cause, curve in zip((1, 2), theirs.cinc, strict=True):
        ours = found[(found["cause"] == cause) & found["time"].isin(theirs.times)]
        assert ours["incidence"].tolist() == pytest.approx(list(curve))


def test_tests_between_groups_say_what_they_do_not_know():
    late = causes("1a 2>4b 3a").assign(team=list("ABA"))
    with pytest.raises(DurationError, match="neither late entry nor weights"):
        competing.gray(late, "team")
    with pytest.raises(DurationError, match="Cause 2 never happened"):
        competing.fine_gray(causes("1a 2a 3+").assign(age=[1, 2, 3]), ["age"], 2)
    with pytest.raises(DurationError, match="differ between children"):
        competing.fine_gray(causes("1a 2a 3+").assign(age=1), ["age"], 1)


def test_hazards_are_refused_for_terms_that_cannot_be_used():
    some = spells("1 2 3+ 4").assign(age=[1, 2, 3, np.nan], flat=1)
    for terms in (["age"], ["flat"], []):
        with pytest.raises(DurationError, match="Terms are columns"):
            hazards.cox(some, terms)
    with pytest.raises(DurationError, match="no column height"):
        hazards.cox(some, ["height"])
    with pytest.raises(DurationError, match="efron, breslow"):
        hazards.cox(some, ["age"], ties="exact")


def test_a_planted_ratio_is_found():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2, 2000)
    time = rng.exponential(1 / (0.01 * 2.0**x))
    found = hazards.cox(pd.DataFrame({"time": time, "event": 1, "x": x}), ["x"]).terms.iloc[0]
    assert found["lower"] < 2 < found["upper"]
    assert found["ratio"] == pytest.approx(2, rel=0.1)
