"""What the rows of the requirements are tried on: the sample, read once, and its figures, made once."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from incare.committee import events, voice
from incare.measures import agreed, catalogue
from incare.pack import beside
from incare.pack import params as params_file
from incare.periods import Periods
from incare.record import read
from incare.series import calculate

ROOT = Path(__file__).resolve().parents[2]
QUARTER, END = "2024-25 Q4", "2025-03-31"


@pytest.fixture(scope="session")
def given():
    """The sample's params file."""
    return params_file.read(ROOT / "params" / "sample.yaml")


@pytest.fixture(scope="session")
def values(given):
    """What its notebooks are given."""
    return given.values()


@pytest.fixture(scope="session")
def record():
    """Northmere, whose figures are those of the scorecard's minutes."""
    return read("sample", area="Northmere", as_at=END)


@pytest.fixture(scope="session")
def second():
    """Southmere, whose figures are those of the care leavers' minutes."""
    return read("sample:1", area="Southmere", as_at=END)


@pytest.fixture(scope="session")
def said(values):
    """What young people say in the sample."""
    return voice.read(values["voice"])


@pytest.fixture(scope="session")
def true_beside(record, values, said):
    """The figures beside the agreed set, true."""
    happened = events.read(values["events"])
    settings = {"said": said, "events": happened, "workshop_list": values["workshops"]}
    return beside.of_quarter(record, QUARTER, profile="restricted", **settings)


@pytest.fixture(scope="session")
def public_beside(record, values, said):
    """The figures beside the agreed set, as the public sees them."""
    happened = events.read(values["events"])
    settings = {"said": said, "events": happened, "workshop_list": values["workshops"]}
    return beside.of_quarter(record, QUARTER, profile="public", **settings)


@pytest.fixture(scope="session")
def figures(record, values):
    """The agreed set over twelve quarters, true, held against its targets and its past; judged."""
    from incare.pack.figures import figures as make
    from incare.views import signals

    measures = agreed(also=values["targets"])
    shown = make(record, measures, quarter=QUARTER, periods=20, by=["age_band", "uasc"], profile="restricted",
                 targets=values["targets"])  # fmt: skip
    return signals.judge(shown, measures)


@pytest.fixture(scope="session")
def measures(values):
    """The agreed set with the measures that have a target."""
    return agreed(also=values["targets"])


@pytest.fixture(scope="session")
def asked():
    """The newest row of a measure, asked of a record with choices, a breakdown, or of a cohort."""

    def ask(record, name: str, by: tuple[str, ...] = (), cohort: str = "", periods: int = 1, **choices):
        measure = catalogue().choose({name: choices}).only([name])
        return calculate(measure, record, Periods.quarters(END, periods), by, cohort=cohort)

    return ask


@pytest.fixture(scope="session")
def latest(asked):
    """The newest figure of everyone, as a row."""

    def row(record, name: str, cohort: str = "", **choices):
        found = asked(record, name, cohort=cohort, **choices)
        return found[found["breakdown"] == "total"].iloc[-1]

    return row


@pytest.fixture(scope="session")
def words():
    """The words of a piece of a page, without markup."""

    def plain(html) -> str:
        body = re.sub(r"<(style|head)\b.*?</\1>|<[^>]+>", " ", getattr(html, "text", html), flags=re.S)
        return " ".join(unescape(body).split())

    return plain


@pytest.fixture(scope="session")
def text(pack, words):
    """The words of a page of the sample's pack."""
    pages: dict[str, str] = {}

    def of(name: str) -> str:
        if name not in pages:
            pages[name] = words((pack / f"{name}.html").read_text(encoding="utf-8"))
        return pages[name]

    return of
