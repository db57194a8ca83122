"""Six packs of consecutive quarters of a small authority, one after the other, and the questions asked beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd

from incare.disclosure import Protected, ledger, protect
from incare.disclosure.audit import protect_and_attack
from incare.disclosure.released import read_pack, released
from incare.measures import catalogue
from incare.periods import Periods, Quarter
from incare.record import Record, read
from incare.series import calculate
from incare.views import charts, words
from incare.views.markup import Html, joined, tag

from .policies import no_complementary_hiding

QUARTERS = ("2023-24 Q3", "2023-24 Q4", "2024-25 Q1", "2024-25 Q2", "2024-25 Q3", "2024-25 Q4")
MEASURES = (
    *("cla_started_count", "cla_count", "cla_uasc_count", "placement_kinship_pct"),
    *("cla_ceased_count", "ceased_returned_home_pct"),
)
BY = ("age_band", "uasc")
LENGTH = 5  # quarters in each pack
EVERY = 5  # one child in five of the sample
LATE = 9  # of these children one in so many is recorded late: the later packs revise the earlier ones
ASKED = ("not uasc", 'sex == "Female"', "age >= 16")
AT = datetime(2025, 4, 20, 9, 30)


@dataclass(frozen=True)
class Release:
    """A pack or an answer: its name, the true series behind it, of whom it speaks, and who had been recorded."""

    name: str
    series: pd.DataFrame
    cohort: str = ""

    def cells(self, rules=None, complementary: bool = True) -> pd.DataFrame:
        """What it prints under a policy of `tests.attacks.policies`, with no attack before it."""
        if complementary:
            return released(protect(self.series, rules=rules), self.name, cohort=self.cohort)
        with no_complementary_hiding():
            return released(protect(self.series, rules=rules), self.name, cohort=self.cohort)


@dataclass(frozen=True)
class Published:
    """All releases in order with the ledger's folder, the packs, and the protected figures of each pack."""

    releases: tuple[Release, ...]
    packs: tuple[Path, ...]
    shown: tuple[Protected, ...]
    ledger: Path

    @property
    def quarters(self) -> tuple[Release, ...]:
        """The packs among the releases."""
        return tuple(release for release in self.releases if not release.cohort)

    def cells(self) -> pd.DataFrame:
        """Everything that was published, as the ledger holds it."""
        return ledger.cells_of(ledger.read(self.ledger), "Westmere")


def small(record: Record, late: bool) -> Record:
    """One child in so many, with those recorded late or without."""

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        if "child" not in table:
            return table
        mine = table["child"] % EVERY == 0
        return table[mine if late else mine & (table["child"] // EVERY % LATE != 0)].reset_index(drop=True)

    return replace(record, tables={name: kept(table) for name, table in record.tables.items()})


@cache
def westmere() -> Record:
    """The invented record behind the small authority; shared, so not to be changed."""
    return read("sample", area="Westmere", as_at="2025-03-31")


def releases() -> list[Release]:
    """Six quarters and, after the last, the questions of whoever closes in on a few children."""
    before, after = small(westmere(), late=False), small(westmere(), late=True)
    measures = catalogue().only(MEASURES)
    found = []
    for number, quarter in enumerate(QUARTERS):
        periods = Periods.quarters(Quarter.parse(quarter).end, LENGTH)
        series = calculate(measures, after if number > 2 else before, periods, BY)
        found.append(Release(f"Westmere {quarter} 2025-04-20T09:00:00", series))
    last = Periods.quarters(Quarter.parse(QUARTERS[-1]).end, 1)
    few = measures.only(["cla_count"])
    return found + [Release(text, calculate(few, after, last, (), cohort=text), text) for text in ASKED]


def publish_all(folder: Path) -> Published:
    """Protect, attack with all before, write and record each release in turn."""
    reports = folder / "reports"
    place, packs, shown = reports / ledger.NAME, [], []
    every = tuple(releases())
    for release in every:
        earlier = ledger.cells_of(ledger.read(place), "Westmere")
        figures, verdict = protect_and_attack(release.series, earlier=earlier, cohort=release.cohort)
        assert verdict.safe, verdict.told()
        if release.cohort:
            ledger.append(place, released(figures, release.name, cohort=release.cohort), AT)
            continue
        quarter = release.name.removeprefix("Westmere ").removesuffix(" 2025-04-20T09:00:00")
        pack = write(reports / "westmere" / quarter.lower().replace(" ", "-"), figures, quarter)
        ledger.append(place, read_pack(pack), AT)
        packs.append(pack)
        shown.append(figures)
    return Published(every, tuple(packs), tuple(shown), place)


def write(pack: Path, figures: Protected, quarter: str) -> Path:
    """A pack with its data file, and a page of sentences and charts made from the protected figures."""
    figures.write(pack / "data", "figures")
    measures = catalogue().only(MEASURES)
    page = tag("h1", quarter) + page_of(figures, measures)
    (pack / "index.html").write_text(page._repr_html_(), encoding="utf-8")
    facts = {"area": "Westmere", "quarter": quarter, "profile": "public", "started": "2025-04-20T09:00:00"}
    (pack / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    return pack


def page_of(figures: Protected, measures) -> Html:
    """A sentence and a chart of each measure, and the newest quarter by age."""
    plain = [m for m in measures if not m.parts]
    said = [tag("p", words.summary(figures, m)) + charts.trend(figures, m) for m in plain]
    return joined(said) + charts.breakdown(figures, measures["cla_count"], "age_band")
