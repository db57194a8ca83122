"""Attacks D6 to D8, D13 and D14: questions asked of `incare ask` beside six published packs.

What was published is the attacker's already; each question is answered as the page's notebook answers it, attacked
with all of that, written and recorded. The same questions under a policy that hides 1 to 5, or nothing, give way.
"""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from incare.disclosure import DisclosureError, Rules, ledger, protect
from incare.disclosure.audit import audit, audit_pack, protect_and_attack
from incare.disclosure.bounds import Wanted, search
from incare.disclosure.relations import weave
from incare.disclosure.released import read_pack, released
from incare.measures import catalogue
from incare.pack import ask
from incare.periods import Periods, Quarter
from incare.series import calculate

from . import quarters
from .policies import EXACT, OPEN, AnyRules, found, no_complementary_hiding

QUARTER = quarters.QUARTERS[-1]
LAST = Periods.quarters(Quarter.parse(QUARTER).end, 1)
KINSHIP = "Foster: relatives or friends"


@pytest.fixture(scope="module")
def record():
    return quarters.small(quarters.westmere(), late=True)


def true(record, measure, **choices):
    """The true figures of a measure in the last quarter, for everyone and its own parts."""
    return calculate(catalogue().choose({measure: choices}).only([measure]), record, LAST, ())


def printed(series, rules, **labels):
    """What a policy weaker than incare's prints."""
    with no_complementary_hiding():
        return released(protect(series, rules=rules), "weak", **labels)


def safely(series, earlier, name, **choices):
    """What incare prints after an attack with all that was published."""
    shown, verdict = protect_and_attack(series, earlier=earlier, choices=choices)
    assert verdict.safe, verdict.told()
    return released(shown, name, choices=choices)


def answered(folder, published, record, measures, cohort):
    """An answer's folder beside the packs, and a copy of their ledger that does not know it yet."""
    reports = folder / "reports"
    shutil.copytree(published.ledger.parent, reports)
    answer = ask.answer(record, catalogue().only(measures), cohort=cohort, quarter=QUARTER, periods=2)
    pack = reports / "westmere" / "asked"
    ask.write(answer, pack / "data")
    (pack / "index.html").write_text("<h1>An answer</h1>", encoding="utf-8")
    facts = {"area": "Westmere", "quarter": QUARTER, "profile": "public", "started": "2025-04-21T09:00:00"}
    (pack / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    return pack, reports / ledger.NAME


def test_d6_a_percentage_of_the_children_in_care_is_a_count_that_a_mix_hides(published, record):
    """4 % of 114 are with their parents: 4 or 5 children, whom the mix of placements does not show."""
    mix, stock = true(record, "placement_type_pct"), true(record, "cla_count")
    bare = printed(true(record, "placement_with_parents_pct"), OPEN).assign(numerator=np.nan, denominator=np.nan)
    bare["value"] = bare["value"].round()
    hidden, known = printed(mix, EXACT), printed(stock, OPEN)
    alone = true(record, "placement_with_parents_pct")
    first = safely(mix, published.cells(), "mix")
    second = safely(alone, pd.concat([published.cells(), first], ignore_index=True), "alone")

    assert ("placement_type_pct", "With parents") not in found(audit(pd.concat([known, hidden])))
    assert ("placement_type_pct", "With parents") in found(audit(pd.concat([known, hidden, bare])))
    assert first.set_index("category").loc["With parents", "status"] == "c"
    assert second["status"].tolist() == ["c"]


def test_d7_nine_in_ten_care_leavers_in_touch_say_how_many_are_not(published, record):
    """47 of 52: the 5 left over follow from 90 % and the group, which incare hides for that reason."""
    share = true(record, "cl_in_touch_pct")
    share = share[share["breakdown"] == "total"]

    assert left(printed(share, OPEN)) == (5, 5)
    shown = safely(share, published.cells(), "asked")
    least, most = left(pd.concat([published.cells(), shown], ignore_index=True))
    assert shown["status"].tolist() == ["c"]
    assert most - least >= 4


def left(cells):
    """The least and most children who may be left over beside those counted, as far as the attacker looks."""
    web = weave(cells)
    mine = web.cells[(web.cells["measure"] == "cl_in_touch_pct") & (web.cells["breakdown"] == "total")]
    ends = search(web.system, Wanted(mine["left"].to_numpy()[-1:], np.array([True])))
    return int(ends.least[0]), int(ends.most[0])


def test_d8_two_definitions_of_a_move_differ_by_a_few_children(published, record):
    """12 children moved twice; 16 where a change of house with the same carer is a move."""
    usual = true(record, "stability_3plus_pct")
    other = true(record, "stability_3plus_pct", count_same_carer_changes=True)
    choices = {"stability_3plus_pct": {"count_same_carer_changes": True}}

    weak = [printed(usual, EXACT), printed(other, EXACT, choices=choices)]

    assert "less another definition" in set(audit(pd.concat(weak)).unsafe["what"])
    first = pd.concat([published.cells(), safely(usual, published.cells(), "usual")], ignore_index=True)
    second = safely(other, first, "other", **choices)
    assert second["definition"].ne("").all()


def test_an_answer_of_which_something_gives_way_every_time_hides_its_groups_and_then_everything(record, monkeypatch):
    seen = []

    def attacker(earlier, rules):
        def attacked(cells):
            seen.append(cells.groupby("cohort")["status"].agg(lambda status: int((status != "c").sum())).to_dict())
            # It always finds the oldest cell of the page, whatever is hidden, as long as anything is shown.
            oldest = cells.sort_values("period_end").iloc[:1]
            return SimpleNamespace(unsafe=oldest, safe=(cells["status"] == "c").all())

        return attacked

    monkeypatch.setattr(ask, "attacker", attacker)
    measures = catalogue().only(["cla_count"])
    answer = ask.answer(record, measures, cohort='sex == "Female"', quarter=QUARTER, periods=3)
    group, rest = 'sex == "Female"', 'not (sex == "Female")'

    assert seen[0] == {"": 3, group: 3, rest: 3}
    assert seen[1] == {"": 3, group: 2, rest: 2}  # the group and the rest of the oldest quarter
    assert seen[2] == {"": 2, group: 2, rest: 2}  # and everyone in it
    assert seen[-2:] == [{"": 2, group: 0, rest: 0}, {"": 0, group: 0, rest: 0}]
    assert set(answer.rows["status"]) == {"c"}


def test_d13_a_pack_that_says_it_kept_weaker_rules_is_not_called_safe(published, tmp_path):
    reports = shutil.copytree(published.ledger.parent, tmp_path / "reports")
    pack = reports / "westmere" / published.packs[-1].name
    facts = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    facts["params"] = {"disclosure": {"hide_to": 0}}
    (pack / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")

    with pytest.raises(DisclosureError, match="hide_to of 7 or more"):
        audit_pack(pack)


def test_d13_a_question_may_not_widen_the_rules(record):
    with pytest.raises(DisclosureError, match="hide_to of 7 or more"):
        ask.answer(record, catalogue().only(["cla_count"]), cohort="uasc", quarter=QUARTER, rules={"hide_to": 1})


@pytest.mark.parametrize("weaker", [{"hide_to": 0}, {"hide_from": 8}, {"least_possible": 1}], ids=str)
def test_d13_wider_rules_for_the_last_of_six_packs_are_refused_and_would_give_children_away(published, weaker):
    """Even though each pack is attacked before it is published: by what the wider rules call an attack."""
    last = published.quarters[-1]
    before = published.cells()
    before = before[before["release"].isin([release.name for release in published.quarters[:-1]])]
    shown, _ = protect_and_attack(last.series, AnyRules(**weaker), turns=2, earlier=before)
    widened = pd.concat([before, released(shown, last.name)], ignore_index=True)

    assert audit(before).unsafe.empty
    assert not audit(widened).unsafe.empty
    with pytest.raises(DisclosureError, match=r"or more|or less"):
        protect_and_attack(last.series, Rules(**weaker), earlier=before)


@pytest.mark.parametrize("few", ["uasc", 'age == 12 and sex == "Female"'])
def test_d13_under_hide_1_to_5_a_question_about_all_but_a_few_children_gives_these(record, few):
    """The few are hidden; everyone, in the pack, less the rest that was asked for is who they are."""
    everyone, rest = (
        calculate(catalogue().only(["cla_count"]), record, LAST, (), cohort=text) for text in ("", f"not ({few})")
    )
    number = int(everyone["numerator"].iloc[0] - rest["numerator"].iloc[0])
    weak = [printed(everyone, EXACT), printed(rest, EXACT, cohort=f"not ({few})")]

    assert 0 < number <= 7
    assert f"less (not ({few}))" in set(audit(pd.concat(weak, ignore_index=True)).unsafe["what"])


@pytest.mark.parametrize("cohort", ["uasc", 'age == 12 and sex == "Female"'])
def test_d13_d14_a_question_about_a_few_children_shows_neither_them_nor_the_rest(published, record, tmp_path, cohort):
    """The answer names everyone as well, as the packs before it did: rest and everyone would give the few."""
    pack, place = answered(tmp_path, published, record, ["cla_count"], cohort)
    cells = read_pack(pack)
    newest = cells[cells["period_end"] == cells["period_end"].max()].set_index("cohort")["status"]

    assert newest.to_dict() == {"": "ok", cohort: "c", f"not ({cohort})": "c"}
    assert audit_pack(pack, place, new=True).safe


def test_d14_what_is_safe_to_ask_once_may_not_be_asked_twice(published, record, tmp_path):
    """Without rounding, two answers that differ by a few children give these; with it they are safe together."""
    asks = ["age >= 10", "age >= 10 and not uasc"]
    weak = [
        printed(calculate(catalogue().only(["cla_count"]), record, LAST, (), cohort=text), EXACT, cohort=text)
        for text in asks
    ]
    assert not audit(pd.concat(weak, ignore_index=True)).safe

    pack, place = answered(tmp_path, published, record, ["cla_count"], asks[0])
    for number, text in enumerate(asks):
        if number:
            answer = ask.answer(record, catalogue().only(["cla_count"]), cohort=text, quarter=QUARTER, periods=2)
            ask.write(answer, pack / "data")
        assert audit_pack(pack, place, new=True).safe, text
        ledger.append(place, read_pack(pack).assign(release=f"Westmere {text}"), quarters.AT)
    assert len(ledger.read(place)) == 9 + len(asks)
