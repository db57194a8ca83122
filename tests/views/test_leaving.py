"""Care leavers: the parts of their report, and what a survey says of those who want a service."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.disclosure.protect import Protected, protect
from incare.measures import agreed, catalogue
from incare.views import leaving


def survey(want: int, answered: int, sent: int) -> Protected:
    """The protected answers to letters about the entitlement."""
    row = {
        "area": "Testshire", "measure": "wanted_service_pct", "period_start": pd.Timestamp("2025-01-01"),
        "period_end": pd.Timestamp("2025-03-31"), "grain": "quarter", "breakdown": "total", "category": "All",
        "numerator": want, "denominator": answered, "value": 100 * want / max(answered, 1), "lower": np.nan,
        "upper": np.nan, "unit": "%", "better": "neither", "definition_version": 1, "status": "ok", "reason": "",
        "people": answered, "set_aside": sent - answered, "recorded": answered,
    }  # fmt: skip
    return protect(pd.DataFrame([row]))


def test_every_measure_of_a_part_exists_and_is_agreed_or_beside():
    agreed_ids = {known.id for known in agreed()}
    named = {name for names in leaving.PARTS.values() for name in names}
    assert named <= {known.id for known in catalogue()}
    assert named - agreed_ids - set(leaving.BESIDE) <= {"cl_visits_in_time_pct"}
    assert not agreed_ids & set(leaving.BESIDE)


@pytest.mark.parametrize(
    ("want", "answered", "sent", "share", "response"),
    [(61, 100, 250, 0.61, 0.4), (40, 80, 80, 0.5, 1.0), (60, 100, 103, 0.6, None)],
)
def test_the_share_who_want_a_service_and_who_answered_come_from_the_printed_figures(
    want, answered, sent, share, response
):
    # Three who did not answer are hidden, so the share who answered is then not known.
    assert leaving.wants(survey(want, answered, sent)) == (share, response)


def test_a_hidden_survey_says_nothing():
    assert leaving.wants(survey(3, 10, 40)) is None
