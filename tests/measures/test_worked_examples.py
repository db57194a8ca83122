"""The worked examples W1 to W10 of the measure catalogue: one child each, answers written beside them."""

from __future__ import annotations

import pytest

from extract import answer, record_of

D = "2025-03-31"

W = {
    "W1": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        10/01/2022 | S   | C1 | U6    | ZZ1 1AA | 05/09/2023 | X1
        05/09/2023 | L   | C2 | U6    | ZZ1 1AA | 12/11/2024 | X1
        12/11/2024 | P   | C2 | U6    | ZZ1 1BB |            |
    """,
    "W2": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/06/2023 | S   | C2 | U4    | ZZ1 1AA | 10/08/2024 | X1
        10/08/2024 | P   | C2 | T3    | ZZ9 9ZZ | 20/08/2024 | X1
        20/08/2024 | P   | C2 | U4    | ZZ1 1AA |            |
    """,
    "W3": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/06/2023 | S   | C2 | U6    | ZZ1 1AA | 10/08/2024 | X1
        10/08/2024 | P   | C2 | T4    | ZZ9 9ZZ | 15/08/2024 | X1
        15/08/2024 | P   | C2 | K2    | ZZ1 1DD |            |
    """,
    "W4": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/02/2023 | S   | C1 | U6    | ZZ1 1AA | 01/03/2024 | X1
        01/03/2024 | L   | E1 | U6    | ZZ1 1AA | 01/10/2024 | X1
        01/10/2024 | T   | E1 | A5    | ZZ1 1AA |            |
    """,
    "W5": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/05/2023 | S   | V2 | U6    | ZZ1 1AA | 10/06/2024 | E4A
        01/09/2024 | S   | V2 | U6    | ZZ1 1BB | 15/11/2024 | X1
        15/11/2024 | B   | C1 | U6    | ZZ1 1CC |            |
    """,
    "W6": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        05/04/2024 | S   | V3 | K2    | ZZ1 1AA | 12/04/2024 | E4A
        03/05/2024 | S   | V3 | K2    | ZZ1 1AA | 10/05/2024 | E4A
        01/02/2025 | S   | V2 | K2    | ZZ1 1AA |            |
    """,
    "W7": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/05/2023 | S   | V2 | U6    | ZZ1 1AA | 31/03/2025 | E4A
    """,
    "W8": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/05/2023 | S   | C2 | U6    | ZZ1 1AA | 01/04/2024 | X1
        01/04/2024 | P   | C2 | U6    | ZZ1 1BB | 01/12/2024 | X1
        01/12/2024 | P   | C2 | K2    | ZZ1 1CC |            |
    """,
    "W9": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/05/2021 | S   | C2 | U4    | ZZ1 1AA | 01/05/2024 | X1
        01/05/2024 | T   | C2 | U4    | ZZ1 1AA | 01/09/2024 | X1
        01/09/2024 | T   | C2 | U4    | ZZ1 1BB |            |
    """,
    "W10": """
        DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        -----------+-----+----+-------+---------+------------+----
        01/06/2022 | S   | C1 | U6    | ZZ1 1XX | 01/10/2022 | X1
        01/10/2022 | P   | C1 | U6    | ZZ1 1AA | 01/07/2024 | X1
        01/07/2024 | B   | E1 | A6    | ZZ1 1NN |            |
    """,
}

# in care, periods of care, placements in the year (None: not in the population), long-term stable (None: not in it)
ANSWERS = {
    "W1": (1, 1, 2, 0),
    "W2": (1, 1, 1, None),
    "W3": (1, 1, 2, None),
    "W4": (1, 1, 1, None),
    "W5": (1, 2, 3, None),
    "W6": (1, 1, 1, None),
    "W7": (0, 1, None, None),
    "W8": (1, 1, 3, None),
    "W9": (1, 1, 1, 1),
    "W10": (1, 1, 2, 1),
}


@pytest.fixture
def record(request, tmp_path):
    from drawn import table

    return record_of(tmp_path, 2025, episodes=table(W[request.param]).assign(CHILD="000001"))


@pytest.mark.parametrize(("record", "expected"), [(w, ANSWERS[w][0]) for w in W], ids=list(W), indirect=["record"])
def test_in_care_on_31_march_2025(record, expected):
    assert answer(record, "cla_count", D)[0] == expected


@pytest.mark.parametrize(("record", "expected"), [(w, ANSWERS[w][1]) for w in W], ids=list(W), indirect=["record"])
def test_periods_of_care(record, expected):
    assert len(record.care_periods) == expected


@pytest.mark.parametrize(("record", "expected"), [(w, ANSWERS[w][2]) for w in W], ids=list(W), indirect=["record"])
def test_placements_in_the_year(record, expected):
    exactly = [n for n in (1, 2, 3, 4) if answer(record, "stability_3plus_pct", D, placements=n) == (1, 1)]
    assert (max(exactly) if exactly else None) == expected


@pytest.mark.parametrize(("record", "expected"), [(w, ANSWERS[w][3]) for w in W], ids=list(W), indirect=["record"])
def test_long_term_stability(record, expected):
    numerator, denominator = answer(record, "stability_long_term_pct", D)
    assert (numerator if denominator else None) == expected


@pytest.mark.parametrize("record", ["W6"], indirect=True)
def test_short_breaks_do_not_start_care(record):
    assert answer(record, "cla_started_count", "2025-02-28") == (1, pytest.approx(float("nan"), nan_ok=True))
    assert answer(record, "cla_started_count", "2024-04-30")[0] == 0
