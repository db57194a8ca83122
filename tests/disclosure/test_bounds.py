"""The search for few values takes short cuts; it must find what two plain questions about each cell find."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from incare.disclosure import bounds
from incare.disclosure.bounds import Builder, Wanted, narrowed, search


def table(builder, draw, rows, columns, hidden):
    """A two-way table of counts with all margins, exact or rounded; some cells are hidden."""
    true = draw.poisson(draw.choice([6, 15, 30]), (rows, columns)).astype(float)
    full = np.block([[true, true.sum(1, keepdims=True)], [true.sum(0, keepdims=True), true.sum(keepdims=True)]])
    base = draw.choice([1, 1, 3, 5])
    printed, half = base * np.floor(full / base + 0.5), base // 2
    out = (full < 4) | (draw.random(full.shape) < hidden)
    low, high = np.where(out, 0, np.maximum(printed - half, 0)), np.where(out, 400, printed + half)
    unknown = builder.unknowns(low.ravel(), high.ravel()).reshape(full.shape)
    for lines in (unknown, unknown.T):
        key = np.repeat(np.arange(len(lines)), lines.shape[1])
        builder.sums("margin", key, lines.ravel(), np.tile(np.r_[np.ones(lines.shape[1] - 1), -1.0], len(lines)))
    return unknown, out


def knot(builder, draw):
    """Numbers tied together so that no tie by itself says much and all of them say a lot."""
    count = draw.integers(8, 13)
    true = draw.integers(0, 12, count)
    unknown = builder.unknowns(np.zeros(count), np.full(count, 14.0))
    for _ in range(count - draw.integers(1, 4)):
        chosen = draw.choice(count, 4, replace=False)
        weight = draw.choice([1.0, 1.0, -1.0, 2.0], 4)
        total, give = weight @ true[chosen], draw.choice([0, 0, 1])
        builder.sums("knot", np.zeros(4), unknown[chosen], weight, total - give, total + give)
    return unknown, true


def drawn(seed, tables=2):
    """Tables of which some share a total, as measures of the same children do; and which cells are hidden."""
    draw, builder = np.random.default_rng(seed), Builder()
    made = [
        table(
            builder,
            draw,
            draw.integers(2, 4),
            draw.integers(2, 4),
            draw.choice([0.1, 0.2]),
        )
        for _ in range(tables)
    ]
    knots = [knot(builder, draw) for _ in range(3)]
    copies = builder.unknowns(np.zeros(2), np.full(2, 14.0))
    builder.equal("same children", copies, knots[0][0][:2])
    both = knots[0][1][0] + knots[1][1][0]
    builder.sums("knot", np.zeros(2), [copies[0], knots[1][0][0]], 1.0, both - 1, both)
    # Two names for one number: the same table printed by another measure, with its corner said once more.
    (one, _), *_ = made
    again = builder.unknowns(np.zeros(2), np.full(2, 400.0))
    builder.equal("same children", again, [one[-1, -1], one[0, 0]])
    change = builder.differences(again[:1], [made[-1][0][0, 0]]) if seed % 2 else np.zeros(0, int)
    asked = np.concatenate(
        [unknown[out] for unknown, out in made] + [unknown for unknown, _ in knots] + [copies, again[1:], change]
    )
    return builder.system(), Wanted(asked, draw.random(len(asked)) < 0.7)


def exactly(system, unknown):
    """The least and most of one unknown; two questions, about everything at once."""
    matrix = np.zeros((len(system.least), len(system.low)))
    np.add.at(matrix, (system.tie, system.unknown), system.weight)
    ends = []
    for sign in (1, -1):
        goal = np.zeros(len(system.low))
        goal[unknown] = sign
        found = milp(
            goal,
            constraints=LinearConstraint(matrix, system.least, system.most),
            bounds=Bounds(system.low, system.high),
            integrality=np.ones(len(goal)),
        )
        assert found.status == 0
        ends.append(round(sign * found.fun))
    return ends


@pytest.mark.parametrize("reach", ["usual", "short"])
@pytest.mark.parametrize("seed", range(12))
def test_few_values_are_found_exactly_where_there_are_few(seed, reach, monkeypatch):
    """With a short reach, the questions about what lies nearby are put to these small systems too."""
    if reach == "short":
        monkeypatch.setattr(bounds, "NEARBY", 3)
        monkeypatch.setattr(bounds, "STEPS", 1)
        monkeypatch.setattr(bounds, "SWEEPS", 1)
    system, wanted = drawn(seed)
    ends = np.array([exactly(system, unknown) for unknown in wanted.unknown])
    least, most = ends.T
    found = search(system, wanted)

    few = (most - least + 1 < wanted.enough) & wanted.matters(least, most)
    assert found.decided.all()
    assert found.few.tolist() == few.tolist()
    told = few & (least <= 0)
    assert found.least[told].tolist() == least[told].tolist()


def test_the_drawn_systems_hold_cells_that_give_way_and_cells_that_do_not():
    few = np.concatenate([search(*drawn(seed)).few for seed in range(12)])

    assert 30 < few.sum() < len(few) - 30


def contradiction(builder):
    """Three cells that are said to make two totals; the second is believed only."""
    cells = builder.unknowns([8, 8, 8], [12, 12, 12])
    total = builder.unknowns([28], [32])
    builder.sums("breakdown", [0, 0, 0, 0], [*cells, *total], [1.0, 1, 1, -1], firm=True)
    other = builder.unknowns([60], [64])
    builder.sums("mix", [0, 0, 0, 0], [*cells, *other], [1.0, 1, 1, -1])
    return cells


def test_what_one_table_contradicts_changes_nothing_about_another():
    builder = Builder()
    torn = contradiction(builder)
    draw = np.random.default_rng(3)
    unknown, out = table(builder, draw, 3, 3, 0.3)
    system, alone = builder.system(), Builder()
    table(alone, np.random.default_rng(3), 3, 3, 0.3)
    asked = unknown[out]
    found = search(system, Wanted(np.r_[torn, asked], np.full(3 + len(asked), True)))
    by_itself = search(alone.system(), Wanted(asked - unknown[0, 0], np.full(len(asked), True)))

    assert system.family[found.given_up].tolist() == ["mix"]
    assert found.few[3:].tolist() == by_itself.few.tolist()
    assert found.least[3:].tolist() == by_itself.least.tolist()
    assert narrowed(system).high[torn].tolist() == system.high[torn].tolist()
    assert (narrowed(system).high < system.high)[unknown].any()


def test_a_part_that_was_asked_before_is_not_solved_again(monkeypatch):
    calls, solve = [], bounds._milp
    monkeypatch.setattr(bounds, "_milp", lambda *asked: calls.append(1) or solve(*asked))
    system, wanted = drawn(5)
    known = {}
    first = search(system, wanted, known)
    needed = len(calls)
    second = search(system, wanted, known)
    again = len(calls)
    # Asked for other reasons, the same numbers are another question.
    stricter = replace(wanted, always=~wanted.always)
    asked = search(system, stricter, known)

    assert 0 < needed == again < len(calls)
    assert (first.least.tolist(), first.most.tolist()) == (second.least.tolist(), second.most.tolist())
    assert asked.few.tolist() == search(system, stricter).few.tolist()


def chain(own, total):
    """A number tied to two others, and these to four more, which leave it one value only; the first tie leaves three.

    number + a + b = total;   a + b + c + d + e + f = 21;   c + d + e + f = 12;   so number = total - 9
    """
    builder = Builder()
    number, near = builder.unknowns([own[0]], [own[1]]), builder.unknowns(np.zeros(2), np.full(2, 9.0))
    further = builder.unknowns(np.zeros(4), np.full(4, 12.0))
    builder.sums("near", np.zeros(3), [*number, *near], 1.0, total, total)
    builder.sums("far", np.zeros(6), [*near, *further], 1.0, 21, 21)
    builder.sums("far", np.zeros(4), further, 1.0, 12, 12)
    return builder.system(), number


@pytest.fixture
def short(monkeypatch):
    """What lies nearby is one tie away."""
    monkeypatch.setattr(bounds, "NEARBY", 0)
    monkeypatch.setattr(bounds, "STEPS", 1)


def test_what_lies_nearby_does_not_hide_that_a_number_can_only_be_0(short):
    """From 0 to 2 by the tie beside it, and 0 by those further on: nobody, which is no secret."""
    system, number = chain((0, 2), total=9)
    found = search(system, Wanted(number, np.array([True])))

    assert (found.least.tolist(), found.most.tolist()) == ([0], [0])


def test_what_lies_nearby_does_not_make_a_large_number_small(short):
    """From 6 to 8 by the tie beside it, and 8 by those further on: of a change only 1 to 7 gives a child away."""
    system, number = chain((6, 8), total=17)

    assert not search(system, Wanted(number, np.array([False]))).few.any()
    assert search(system, Wanted(number, np.array([True]))).few.all()


def test_a_question_that_the_solver_left_half_answered_settles_nothing(short, monkeypatch):
    """After one branch the least value found is 12, which is no bound: 1 is possible, and would be small."""
    monkeypatch.setattr(bounds, "NODES_PER_CELL", 1)
    builder = Builder()
    number, parts = builder.unknowns([1], [300]), builder.unknowns(np.zeros(5), np.full(5, 40.0))
    further = builder.unknowns(np.zeros(8), np.full(8, 50.0))
    weights = [1.0, 1009.0, 1511.0, 2003.0, 2503.0, 3001.0]
    builder.sums("hard", np.zeros(6), [*number, *parts], weights, 123_456, 123_456)
    builder.sums("far", np.zeros(9), [parts[0], *further], 1.0, 60, 60)
    system = builder.system()

    assert exactly(system, number[0]) == [1, 300]
    assert search(system, Wanted(number, np.array([False]), enough=400)).few.all()
