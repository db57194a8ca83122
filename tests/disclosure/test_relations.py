"""The sums an attacker writes down: as listing every possibility finds, and true of the invented children."""

import itertools

import numpy as np
import pandas as pd
import pytest

from incare.disclosure import protect
from incare.disclosure.bounds import Builder, Wanted, search
from incare.disclosure.complementary import mixes
from incare.disclosure.relations import PART_OF, SAME, behind, weave
from incare.disclosure.released import published_facts, released

from .drawn import counts


@pytest.mark.parametrize(
    ("printed", "base", "hide_to", "ends"),
    [
        (0, 5, 7, (0, 0)),
        (10, 5, 7, (8, 12)),
        (15, 5, 7, (13, 17)),
        (20, 10, 9, (15, 24)),
        (10, 5, 5, (8, 12)),
        (41, 1, 5, (41, 41)),
    ],
)
def test_what_a_printed_count_can_be(printed, base, hide_to, ends):
    low, high = behind(np.array([float(printed)]), base, 1, hide_to)

    assert (low[0], high[0]) == ends


@pytest.mark.parametrize("seed", range(6))
def test_the_solver_finds_the_ends_that_listing_all_possibilities_finds(seed):
    """Three numbers with bounds and a sum of some of them: brute force over the box."""
    draw = np.random.default_rng(seed)
    low, span = draw.integers(0, 5, 4), draw.integers(0, 7, 4)
    total = int((low + span // 2)[:3].sum())
    builder = Builder()
    cells = builder.unknowns(low, low + span)
    builder.sums("sum", np.zeros(3, int), cells[:3], 1.0, total, total)
    builder.sums("less", np.zeros(2, int), cells[2:], [1.0, -1.0], -2, 2)
    boxes = [range(a, a + s + 1) for a, s in zip(low, span, strict=True)]
    fits = [x for x in itertools.product(*boxes) if sum(x[:3]) == total and -2 <= x[2] - x[3] <= 2]
    found = search(builder.system(), Wanted(cells, np.ones(4, bool), enough=99))

    if fits:
        assert found.least.tolist() == np.min(fits, axis=0).tolist()
        assert found.most.tolist() == np.max(fits, axis=0).tolist()
    else:
        assert len(found.given_up)


def test_a_sum_that_the_figures_contradict_is_given_up_and_the_others_are_kept():
    builder = Builder()
    cells = builder.unknowns([10, 20, 0], [10, 20, 50])
    builder.sums("false", [0, 0], cells[:2], 1.0, 99, 99)
    builder.sums("true", [0, 0], cells[1:], 1.0, 25, 25)
    found = search(builder.system(), Wanted(cells, np.ones(3, bool)))

    assert found.few.tolist() == [True, True, True]
    assert found.least.tolist() == [10, 20, 5]


def test_a_table_without_its_total_still_adds_up_to_that_of_another_breakdown():
    by_age, by_sex = counts({"a": 30, "b": 41}), counts({"M": 33, "F": 38}, breakdown="sex")
    parts = pd.concat([by_age.iloc[1:], by_sex.iloc[1:]])
    web = weave(released(protect(parts), "pack"))

    assert web.cells["breakdown"].tolist().count("total") == 1
    assert (web.system.family == "breakdown").sum() == 2


@pytest.fixture(scope="module")
def invented():
    """The catalogue over a year of the invented authority, by sex: true figures."""
    from incare.measures import catalogue
    from incare.periods import Periods, Quarter
    from incare.record import read
    from incare.series import calculate

    record = read("sample", area="Northmere", as_at="2025-03-31")
    names = {name for alike in SAME for name, _ in alike} | {n for m, (mix, _) in PART_OF.items() for n in (m, mix)}
    return calculate(
        catalogue().only(sorted(names)), record, Periods.quarters(Quarter.parse("2024-25 Q4").end, 4), ("sex",)
    )


def quantity(series, measure, name):
    mine = series[
        (series["measure"] == measure) & series["breakdown"].isin(["total", "sex"]) & (series["status"] != "x")
    ]
    column = "numerator" if name == "counted" else "denominator"
    return mine.set_index(["period_end", "breakdown", "category"])[column].dropna()


@pytest.mark.parametrize("alike", SAME, ids=lambda alike: alike[0][0])
def test_measures_that_are_said_to_count_the_same_children_do(invented, alike):
    numbers = [quantity(invented, *one) for one in alike]
    first = max(numbers, key=len)

    for number in numbers:
        both = first.index.intersection(number.index)
        assert number[both].equals(first[both])


@pytest.mark.parametrize("measure", PART_OF)
def test_a_measure_that_is_said_to_be_a_part_of_a_mix_is(invented, measure):
    mix, part = PART_OF[measure]
    parts = invented[(invented["measure"] == mix) & (invented["breakdown"] == published_facts()[mix].parts)]
    mine = parts[parts["category"] == part].set_index("period_end")["numerator"]
    alone = quantity(invented, measure, "counted").xs("total", level="breakdown").droplevel("category")

    assert mine.equals(alone.rename("numerator")[mine.index])


def test_the_parts_of_a_mix_are_told_apart_from_groups(invented):
    parts = {m: facts.parts for m, facts in published_facts().items() if facts.parts}
    told = invented[mixes(invented)]

    assert (told["breakdown"] == told["measure"].map(parts)).all()
