"""Every reference case of the manifest is held by one of three modules, and few answers differ on purpose."""

from __future__ import annotations

import json
from collections import Counter

from tests.reference import test_golden_rates, test_golden_spc, test_golden_trend

MOST_ON_PURPOSE = 9


def test_every_case_of_the_manifest_is_held_by_one_module(shared):
    listed = json.loads((shared / "golden/statistics/manifest.json").read_text(encoding="utf-8"))["cases"]
    holders = {
        case["name"]: Counter(
            spc=case["name"] in test_golden_spc.manifest(),
            rates=case["family"] in test_golden_rates.FAMILIES,
            trend=case["family"] in test_golden_trend.FAMILIES,
        ).total()
        for case in listed
    }

    assert {name: times for name, times in holders.items() if times != 1} == {}
    assert len(holders) > 200


def test_the_answers_that_differ_on_purpose_are_named_with_a_reason_and_few():
    named = [*test_golden_spc.DIFFERENT, *test_golden_rates.ON_PURPOSE, *test_golden_trend.ON_PURPOSE]
    reasons = [test_golden_spc.DIFFERENT, test_golden_rates.ON_PURPOSE, test_golden_trend.ON_PURPOSE]

    assert len(named) == len(set(named)) <= MOST_ON_PURPOSE
    assert all(len(reason) > 20 for by_name in reasons for reason in by_name.values())
