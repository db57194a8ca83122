"""Why a figure changed: parts that add up to the change, exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare.kinds import Count, Mean, Median, Share
from incare.stats import change


def rows(**children: bool | float) -> pd.DataFrame:
    """A row per child, counted or not."""
    return pd.DataFrame({"child": list(children), "counted": list(children.values())})


def parts(before, after, kind=Share()) -> dict[str, float]:  # noqa: B008
    found = change.by_children(before, after, kind)
    return dict(zip(found["part"], found["contribution"].round(6), strict=True))


def test_a_count_changes_by_those_who_come_less_those_who_go():
    before, after = rows(a=True, b=True), rows(b=True, c=True, d=True)
    assert parts(before, after, Count()) == {"joined": 2, "left": -1, "changed": 0}


def test_a_share_that_only_one_child_changed_has_that_part_only():
    assert parts(rows(a=True, b=False), rows(a=True, b=True)) == {"joined": 0, "left": 0, "changed": 50}


def test_leaving_of_those_not_counted_raises_a_share():
    # 1 of 2 becomes 1 of 1.
    assert parts(rows(a=True, b=False), rows(a=True)) == {"joined": 0, "left": 50, "changed": 0}


def test_all_three_together():
    # 2 of 4 = 50 %; those who stay: 1 of 2 = 50 % before, 2 of 2 = 100 % after; all after: 2 of 4 = 50 %.
    before = rows(a=True, b=False, c=True, d=False)
    after = rows(a=True, b=True, e=False, f=False)
    assert parts(before, after) == {"joined": -50, "left": 0, "changed": 50}


def test_where_nobody_stays_leaving_and_joining_share_the_change():
    assert parts(rows(a=True), rows(b=False)) == {"joined": -50, "left": -50, "changed": 0}


children = st.dictionaries(st.sampled_from("abcdefgh"), st.booleans(), min_size=1)


@given(children, children)
def test_the_parts_add_up_to_the_change(before, after):
    old, new = rows(**before), rows(**after)
    total = sum(change.by_children(old, new, Share())["contribution"])
    assert total == pytest.approx(100 * (new["counted"].mean() - old["counted"].mean()), abs=1e-9)


def test_a_mean_is_taken_apart_in_its_own_unit():
    old = pd.DataFrame({"child": ["a", "b"], "amount": [10.0, 20.0]})
    new = pd.DataFrame({"child": ["a", "c"], "amount": [16.0, 40.0]})
    # 15 -> those who stay 10 -> 16 -> all 28
    assert parts(old, new, Mean()) == {"joined": 12, "left": -5, "changed": 6}


def test_a_median_and_an_empty_period_are_refused():
    with pytest.raises(change.ChangeError, match="A median has no parts"):
        change.by_children(rows(a=True), rows(a=True), Median())
    with pytest.raises(change.ChangeError, match="nobody"):
        change.by_children(rows(a=True)[:0], rows(a=True), Share())


# Mix and rate


def groups(**counts: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"category": name, "numerator": top, "denominator": bottom} for name, (top, bottom) in counts.items()]
    )


def test_the_same_rates_in_another_mix_change_by_mix_alone():
    # Young 10 %, old 50 %; the old grow from half to four fifths: 30 % -> 42 %.
    found = change.by_groups(groups(young=(5, 50), old=(25, 50)), groups(young=(2, 20), old=(40, 80)))
    assert found["rate"].tolist() == pytest.approx([0, 0])
    assert found["mix"].sum() == pytest.approx(12)


def test_the_same_mix_with_other_rates_changes_by_rate_alone():
    found = change.by_groups(groups(young=(5, 50), old=(25, 50)), groups(young=(10, 50), old=(25, 50)))
    assert found["mix"].tolist() == pytest.approx([0, 0])
    assert found.set_index("category")["rate"].to_dict() == pytest.approx({"young": 5, "old": 0})


pairs = st.integers(0, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.dictionaries(st.sampled_from("xyz"), pairs, min_size=1).filter(lambda t: sum(n for _, n in t.values()) > 0)


@given(tables, tables)
def test_mix_and_rate_add_up_to_the_change_whatever_groups_come_and_go(before, after):
    old, new = groups(**before), groups(**after)
    found = change.by_groups(old, new)
    expected = [100 * f["numerator"].sum() / f["denominator"].sum() for f in (old, new)]
    assert found[["mix", "rate"]].to_numpy().sum() == pytest.approx(expected[1] - expected[0], abs=1e-9)
    assert np.isfinite(found[["mix", "rate"]].to_numpy()).all()
