"""Attacks D1, D2, D5 to D8, D13 and D14: each finds nothing in what incare releases, and succeeds without it."""

import numpy as np
import pandas as pd
import pytest

from incare.disclosure import DisclosureError, Rules, protect

from ..disclosure.drawn import counts, mix, shares
from .policies import EXACT, OPEN, attacked, found, release


def teams(**parts):
    return counts(parts, breakdown="team")


def test_d1_a_hidden_cell_is_its_total_less_the_others():
    table = teams(North=3, South=41, East=28)

    assert attacked(release(table)).safe
    assert ("cla_count", "North") in found(attacked(release(table, rules=EXACT, complementary=False)))


def test_d1_rounding_alone_does_not_hide_a_cell_whose_neighbours_are_all_0():
    table = teams(North=3, South=0, East=41)

    assert attacked(release(table)).safe
    assert not attacked(release(table, rules=EXACT, complementary=False)).safe


def test_d1_every_hidden_cell_of_a_two_way_table_by_both_margins():
    draw = np.random.default_rng(5)
    table = pd.DataFrame(draw.poisson(9, (4, 3)), index=list("NSEW"), columns=["fostered", "homes", "other"])

    assert attacked(release(mix(table))).safe
    assert not attacked(release(mix(table), rules=EXACT, complementary=False)).safe


def test_d2_a_headline_in_another_table_gives_a_total_that_this_table_hides():
    by_team = teams(North=3, South=41)
    headline = counts({}, total=44)
    by_age = counts({"10 to 15": 22, "16 and over": 22})
    exact = release(by_team[by_team["breakdown"] == "team"], rules=EXACT, complementary=False)

    assert attacked(exact).safe  # no total is printed beside it
    assert ("cla_count", "North") in found(attacked(exact, release(headline, rules=EXACT, name="scorecard")))
    assert attacked(release(pd.concat([by_team, by_age.iloc[1:]]))).safe


def test_d2_the_group_of_one_measure_is_the_count_of_another():
    stock = counts({"10 to 15": 3, "16 and over": 60, "5 to 9": 30})
    kinship = shares({"10 to 15": (0, 3), "16 and over": (20, 60), "5 to 9": (15, 30)}, measure="placement_kinship_pct")
    weak = [
        release(stock, rules=EXACT, complementary=False, name="stock"),
        release(kinship, rules=OPEN, complementary=False, name="kinship"),
    ]

    assert attacked(release(stock, kinship)).safe
    assert ("cla_count", "10 to 15") in found(attacked(*weak))


def test_d5_everyone_less_those_who_are_not_unaccompanied():
    everyone, others = counts({}, total=64), counts({}, total=61)
    weak = [release(everyone, rules=EXACT, name="pack"), release(others, rules=EXACT, name="ask", cohort="not uasc")]
    sound = [release(everyone, name="pack"), release(others, name="ask", cohort="not uasc")]

    assert attacked(*sound).safe
    verdict = attacked(*weak)
    assert verdict.unsafe["what"].tolist() == ["less (not uasc)"]


def test_d6_a_percentage_of_a_known_number_is_a_count():
    """5 % of 56 is 3 children, whom another table hides."""
    stock = counts({}, total=56)
    percent = shares({"": (3, 56)}, measure="placement_kinship_pct").iloc[:1]
    of_all = mix(pd.DataFrame([[3, 53]], ["10 to 15"], ["Foster: relatives or friends", "Foster: other carers"]))
    hidden = release(of_all, rules=EXACT, name="mix")
    bare = release(percent, rules=OPEN, name="sentence").assign(numerator=np.nan, denominator=np.nan)
    bare["value"] = bare["value"].round()

    assert release(percent)["status"].tolist() == ["c"]
    assert attacked(release(stock, percent, of_all)).safe
    known = release(stock, rules=OPEN, name="stock")
    assert ("placement_type_pct", "Foster: relatives or friends") not in found(attacked(known, hidden))
    assert ("placement_type_pct", "Foster: relatives or friends") in found(attacked(known, hidden, bare))


def test_d7_the_complement_of_a_large_percentage():
    share = shares({"": (33, 34)}, measure="cl_in_touch_pct").iloc[:1]
    neet = shares({"": (1, 34)}, measure="not_in_touch_pct").iloc[:1]

    assert release(share)["status"].tolist() == ["c"]  # 97 % of 34
    assert attacked(release(share, neet)).safe
    assert release(share, rules=OPEN)["value"].round().tolist() == [97.0]  # without the rule it is printed


def test_d8_two_definitions_that_differ_by_a_few_children():
    strict, wide = counts({}, total=41), counts({}, total=44)

    def both(rules=None):
        return [
            release(strict, rules=rules, name="a"),
            release(wide, rules=rules, name="b").assign(definition='{"respite": true}'),
        ]

    assert attacked(*both()).safe
    assert attacked(*both(EXACT)).unsafe["what"].tolist() == ["less another definition"]


@pytest.mark.parametrize("weaker", [{"hide_to": 0}, {"base": 1}, {"percent_min_denominator": 2}, {"mean_min_n": 1}])
def test_d13_no_rule_can_be_widened_in_public(weaker):
    with pytest.raises(DisclosureError, match="or more"):
        protect(teams(North=3, South=41), rules=Rules(**weaker))


def test_d13_d14_a_cohort_of_one_child_and_everyone_but_that_child():
    everyone = counts({}, total=64)
    one, rest = counts({}, total=1), counts({}, total=63)
    asks = [("one", one, 'team == "North" and age == 12'), ("rest", rest, 'not (team == "North" and age == 12)')]

    def all_asked(rules=None):
        return [release(everyone, rules=rules)] + [
            release(table, rules=rules, name=name, cohort=cohort) for name, table, cohort in asks
        ]

    assert release(one, cohort=asks[0][2])["status"].tolist() == ["c"]
    assert attacked(*all_asked()).safe
    assert not attacked(*all_asked(EXACT)).safe


def test_d14_questions_asked_one_at_a_time_that_close_in_on_a_group():
    """16-17 is 16 and over less 18 and over; the ages that the questions name are put together."""
    asks = [("age >= 16", 60), ("age >= 17", 57), ("age >= 18", 31)]

    def asked(rules=None):
        return [release(counts({}, total=n), rules=rules, name=text, cohort=text) for text, n in asks]

    assert attacked(*asked()).safe
    assert "less (age >= 17)" in set(attacked(*asked(EXACT)).unsafe["what"])


@pytest.mark.parametrize("policy", ["incare", "hide 1 to 5"])
def test_hundred_random_team_by_outcome_tables_with_margins(policy):
    """0 cells recovered and 0 with fewer than 4 values; the policy that hides 1 to 5 alone leaks."""
    draw = np.random.default_rng(2024)
    tables = []
    for number in range(100):
        shape = draw.integers(2, 7), draw.integers(2, 5)
        table = pd.DataFrame(draw.poisson(draw.choice([2, 5, 12, 40], shape)))
        table = table.rename(index="team {}".format, columns="outcome {}".format)
        tables.append(mix(table, measure="outcomes", of="outcome", by="team").assign(area=f"area {number}"))
    weak = {} if policy == "incare" else {"rules": EXACT, "complementary": False}
    verdict = attacked(release(*tables, **weak))

    assert verdict.given_up == {}  # outcomes are known to be parts of one whole, in every area
    assert verdict.safe if policy == "incare" else len(verdict.unsafe) > 100
