"""One question, one page: published beside the pack, in the ledger, and refused without a measure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from incare.disclosure import ledger
from incare.measure import UnknownMeasureError
from incare.pack import ask as asking

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2025, 4, 10, 9, 0, tzinfo=UTC)


def ask(reports, **question):
    return asking.ask(ROOT / "params" / "sample.yaml", clock=lambda: AT, reports=reports, **question)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """The committee's question about unaccompanied young people."""
    reports = tmp_path_factory.mktemp("reports")
    return reports, ask(reports, measures=["pathway_plan_up_to_date_pct"], cohort="uasc")


def test_the_answer_is_one_page_with_group_rest_interval_definition_and_the_question_it_answers(answered):
    _, found = answered
    page = (found.pack / "index.html").read_text(encoding="utf-8")
    said = " ".join(unescape(re.sub(r"<(style|head)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)).split())
    assert "Asked: Young people with an up-to-date pathway plan of: uasc." in said
    assert "60% (100 of 165); the rest: 73% (400 of 545). Difference −13 points, 95% interval −21 to −5" in said
    assert "clearly lower, which is worse" in said
    assert "How up to date are the care plans and pathway plans of unaccompanied young people?" in said
    assert "What this measures: Young people with an up-to-date pathway plan" in said


def test_it_stands_beside_the_quarters_pack_and_its_cells_join_the_ledger_with_the_cohort(answered):
    reports, found = answered
    assert found.pack == reports / "northmere" / "2024-25-q4-asked-uasc-pathway-plan-up-to-date-pct"
    facts = json.loads((found.pack / "manifest.json").read_text(encoding="utf-8"))
    assert facts["asked"] == {"measures": ["pathway_plan_up_to_date_pct"], "cohort": "uasc", "by": ""}
    entries = ledger.read(reports / ledger.NAME)
    assert [entry.area for entry in entries] == ["Northmere"]
    assert set(entries[0].cells()["cohort"]) == {"", "uasc", "not (uasc)"}


def test_the_group_and_the_rest_never_show_a_small_number(answered):
    _, found = answered
    rows = pd.read_csv(found.pack / "data" / "asked.csv")
    counts = pd.to_numeric(pd.concat([rows["numerator"], rows["denominator"]]), errors="coerce").dropna()
    assert set(counts % 5) == {0}
    assert not counts.between(1, 7).any()


def test_a_question_without_a_measure_or_with_an_unknown_one_is_refused_and_nothing_is_published(tmp_path):
    with pytest.raises(asking.AskError, match="at least one measure"):
        ask(tmp_path, measures=[])
    with pytest.raises(UnknownMeasureError, match="Did you mean cl_eet_pct"):
        ask(tmp_path, measures=["cl_eet_pc"])
    assert not (tmp_path / "northmere").exists()
