"""What an attacker who knows the rules and all printed figures can work out (attacks D1, D3, D6 and D7)."""

import numpy as np
import pandas as pd
import pytest

from incare.disclosure import protect

from .attacker import Attacker, of_counts, of_shares
from .drawn import counts, mix, shares

LEAST = 4


def hidden(shown):
    return np.flatnonzero((shown["status"] == "c").to_numpy())


def test_the_attacker_finds_the_hidden_cell_when_it_stands_alone():
    attacker = Attacker()
    part, other, total = attacker.unknown(1, 7), attacker.printed(10), attacker.unknown(15, 15)
    attacker.adds_up([part, other], total)

    assert attacker.range_of(part) == (3, 7)  # 15 less 8 to 12


def test_d1_two_column_counts_keep_four_values_for_every_pair_up_to_30():
    """Every pair of true counts, by listing all pairs that print the same."""
    pairs = [(a, b) for a in range(31) for b in range(31)]
    true = pd.concat([counts({"a": a, "b": b}).assign(area=f"{a} and {b}") for a, b in pairs])
    shown = protect(true).frame
    printed = shown["numerator"].astype(object).where(shown["status"] != "c", "c").to_numpy().reshape(-1, 3)
    truths = {}
    for (a, b), key in zip(pairs, map(tuple, printed), strict=True):
        truths.setdefault(key, []).append((a + b, a, b))

    for key, same in truths.items():
        for place in range(3):
            assert key[place] != "c" or len({truth[place] for truth in same}) >= LEAST, key


@pytest.mark.parametrize("seed", range(15))
def test_d1_a_hidden_count_in_a_table_of_many_columns_keeps_four_values(seed):
    draw = np.random.default_rng(seed)
    ages = draw.poisson(draw.choice([1, 3, 6, 12, 60], draw.integers(3, 9)))
    sexes = np.bincount(draw.choice(3, ages.sum(), p=[0.6, 0.37, 0.03]), minlength=3)
    true = pd.concat(
        [
            counts(dict(enumerate(map(int, ages)))),
            counts(dict(zip("MFU", sexes, strict=True)), breakdown="sex").iloc[1:],
        ]
    ).astype({"category": str})
    shown = protect(true).frame
    attacker, unknowns = of_counts(shown, true["numerator"])
    for name in ("age_band", "sex"):
        parts = np.flatnonzero((shown["breakdown"] == name).to_numpy())
        attacker.adds_up([unknowns[p] for p in parts], unknowns[0])

    assert all(attacker.possible(unknowns[place]) >= LEAST for place in hidden(shown))


@pytest.mark.parametrize("seed", range(15))
def test_d1_d6_d7_a_hidden_share_keeps_four_values_of_numerator_complement_and_group(seed):
    draw = np.random.default_rng(100 + seed)
    groups = draw.poisson(draw.choice([5, 15, 40, 120], draw.integers(2, 7)))
    counted = draw.binomial(groups, draw.choice([0.05, 0.5, 0.96], len(groups)))
    true = shares({str(n): pair for n, pair in enumerate(zip(counted, groups, strict=True))})
    shown = protect(true).frame
    attacker, unknowns = of_shares(shown)
    totals = unknowns[0]
    for quantity in range(3):
        attacker.adds_up([row[quantity] for row in unknowns[1:]], totals[quantity])
    nobody = [quantity for quantity in range(3) if attacker.range_of(totals[quantity]) == (0, 0)]

    for place in hidden(shown):
        for quantity in set(range(3)) - set(nobody):
            assert attacker.possible(unknowns[place][quantity]) >= LEAST, (place, quantity)


@pytest.mark.parametrize("seed", range(15))
def test_d2_a_hidden_group_is_not_printed_as_the_denominator_of_another_measure(seed):
    draw = np.random.default_rng(400 + seed)
    groups = draw.poisson(draw.choice([3, 12, 40, 120], draw.integers(3, 7)))
    bands = [f"band {n}" for n in range(len(groups))]
    tables = [counts(dict(zip(bands, groups, strict=True)))]
    for number, chance in enumerate([0.1, 0.5, 0.9]):
        counted = draw.binomial(groups, chance)
        tables.append(shares(dict(zip(bands, zip(counted, groups, strict=True), strict=True)), measure=f"m{number}"))
    shown = protect(pd.concat(tables)).frame
    size = len(groups) + 1
    attacker, unknowns = of_shares(shown.iloc[size:])
    stock = [
        attacker.unknown(min(true, 1)) if row.status == "c" else attacker.printed(row.numerator)
        for row, true in zip(shown.iloc[:size].itertuples(), tables[0]["numerator"], strict=True)
    ]
    attacker.adds_up(stock[1:], stock[0])
    for table in range(3):
        rows = unknowns[table * size : (table + 1) * size]
        for same, (_, _, d) in zip(stock, rows, strict=True):
            attacker.tie({same: 1.0, d: -1.0})
        for quantity in range(3):
            attacker.adds_up([row[quantity] for row in rows[1:]], rows[0][quantity])

    for place in hidden(shown.iloc[:size]):
        assert attacker.possible(stock[place]) >= LEAST


@pytest.mark.parametrize("seed", range(15))
def test_d1_a_hidden_cell_of_a_two_way_mix_keeps_four_values(seed):
    draw = np.random.default_rng(200 + seed)
    shape = draw.integers(2, 6), draw.integers(2, 6)
    table = pd.DataFrame(draw.poisson(draw.choice([2, 6, 15, 60], shape)))
    table = table.rename(index="g{}".format, columns="p{}".format)
    shown = protect(mix(table)).frame
    attacker = Attacker()
    whole = attacker.printed(shown["denominator"].iloc[0]) if shown["status"].iloc[0] == "ok" else attacker.unknown(0)
    cells, sizes = {}, {}
    for row in shown.iloc[1:].itertuples():
        group, _, part = row.category.rpartition(" / ")
        cells[group, part] = attacker.unknown(0) if row.status == "c" else attacker.printed(row.numerator or 0)
        if row.status != "c" and group and group not in sizes:
            sizes[group] = attacker.printed(row.denominator)
        if row.status == "ok":
            attacker.percentage(cells[group, part], sizes[group] if group else whole, row.value)
    for group in table.index:
        sizes.setdefault(group, attacker.unknown(0))
        attacker.adds_up([cells[group, part] for part in table], sizes[group])
    for part in table:
        attacker.adds_up([cells[group, part] for group in table.index], cells["", part])
    attacker.adds_up([cells["", part] for part in table], whole)
    attacker.adds_up([sizes[group] for group in table.index], whole)

    secret = [cells[tuple(c.rpartition(" / ")[::2])] for c in shown["category"].iloc[hidden(shown)] if c != "All"]
    if not (shown["status"] == "z").any():
        assert all(attacker.possible(cell) >= LEAST for cell in secret)


@pytest.mark.parametrize("seed", range(15))
def test_d3_a_hidden_month_cannot_be_taken_out_of_its_quarter(seed):
    draw = np.random.default_rng(300 + seed)
    months = draw.poisson(draw.choice([2, 5, 10], 3), 3)
    ends = ["2025-07-31", "2025-08-31", "2025-09-30"]
    true = [
        counts({}, end, "cla_started_count", total=int(n), grain="month") for end, n in zip(ends, months, strict=True)
    ]
    true = pd.concat([*true, counts({}, ends[-1], "cla_started_count", total=int(months.sum()))])
    shown = protect(true).frame
    attacker, unknowns = of_counts(shown, true["numerator"])
    attacker.adds_up(unknowns[:3], unknowns[3])

    assert all(attacker.possible(unknowns[place]) >= LEAST for place in hidden(shown))


def test_d3_the_change_between_two_rolling_years_never_fixes_the_newest_quarter():
    """New less dropped = this year's figure less last quarter's; the rounding of both leaves nine values."""
    shown = protect(pd.concat([counts({}, "2025-06-30", total=41), counts({}, "2025-09-30", total=44)])).frame
    attacker, (before, after) = of_counts(shown, [41, 44])
    change = attacker.unknown(-50, 50)
    attacker.adds_up([before, change], after)

    assert shown["numerator"].tolist() == [40, 45]
    assert attacker.range_of(change) == (1, 9)


def test_d6_no_printed_percentage_stands_for_1_to_7_children_even_when_the_group_is_known_exactly():
    pairs = [(x, group) for group in range(1, 101) for x in range(1, group)]
    one = shares({"only": (30, 60)}).iloc[:1]
    true = one.loc[one.index.repeat(len(pairs))].assign(area=[f"{x} of {group}" for x, group in pairs])
    true[["numerator", "denominator"]] = pairs
    shown = protect(true).frame
    for (_, group), (status, percent) in zip(pairs, shown[["status", "value"]].to_numpy(), strict=True):
        fits = [n for n in range(group + 1) if np.floor(100 * n / group + 0.5) == percent]

        assert status == "c" or len(fits) > 1 or 8 <= fits[0] <= group - 8


def test_d7_97_percent_of_34_is_not_printed():
    assert protect(shares({"": (33, 34)})).frame["status"].iloc[0] == "c"  # one young person is left over
