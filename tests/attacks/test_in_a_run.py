"""The attacker inside a run: figures are shared, an unsafe pack stays, and the ledger knows every release."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from incare.disclosure import ledger, protect
from incare.disclosure.audit import audit_pack
from incare.disclosure.released import read_pack, released
from incare.measures import agreed, catalogue
from incare.pack import attack, figures, publish, shared
from incare.record import read
from incare.views import leaving

from ..disclosure.drawn import counts
from .policies import OPEN, no_complementary_hiding

AT = datetime(2025, 10, 20, 9, 0, tzinfo=UTC)
TABLE = {"a": 3, "b": 9, "c": 14, "d": 40}


def params(profile="public", quarter="2025-26 Q2", **more):
    facts = {"area": "Westmere", "quarter": quarter, "profile": profile, "choices": {}, "targets": {}}
    return SimpleNamespace(**facts | {"breakdowns": ["sex"], "grain": "quarter"} | more)


def run(reports, frame, at=AT, profile="public", weak=False):
    """A run of one quarter whose only data file is given: `frame` protected, or printed as it is."""
    place = publish.place(reports, "Westmere", "2025-26 Q2", at)
    given = params(profile)
    with publish.held(place, at), attack.sharing(place, given, at):
        place.pack.mkdir()
        protect(frame, rules=OPEN if weak else None).write(place.pack / "data", "figures")
        if weak:
            hide(place.pack / "data" / "figures.csv", weak)
        (place.pack / "index.html").write_text("<h1>A pack</h1>", encoding="utf-8")
        facts = {"area": "Westmere", "quarter": "2025-26 Q2", "profile": profile, "started": at.isoformat()}
        publish.write_manifest(place.pack, facts)
        return attack.publish_if_safe(place, given, at)


def hide(file, category):
    """Hide one group by hand, and nothing beside it."""
    rows = pd.read_csv(file, dtype=str)
    mine = rows["category"] == category
    rows.assign(
        status=rows["status"].mask(mine, "c"),
        **{name: rows[name].mask(mine, "c") for name in ("numerator", "value", "lower", "upper")},
    ).to_csv(file, index=False)


def test_a_safe_pack_is_published_and_recorded(tmp_path):
    pack = run(tmp_path, counts(TABLE))
    entries = ledger.read(tmp_path / ledger.NAME)

    assert [entry.release for entry in entries] == [f"Westmere 2025-26 Q2 {AT.isoformat()}"]
    assert audit_pack(pack).safe


def test_a_pack_that_gives_a_cell_away_is_not_published_and_names_it_without_its_value(tmp_path):
    first = run(tmp_path, counts(TABLE))
    before = (first / "data" / "figures.csv").read_bytes()
    with pytest.raises(attack.UnsafeError) as refused:
        run(tmp_path, counts(TABLE), AT + timedelta(hours=1), weak="a")

    assert "cla_count, quarter to 2025-09-30, age_band a, the number counted" in str(refused.value)
    assert (first / "data" / "figures.csv").read_bytes() == before
    assert len(ledger.read(tmp_path / ledger.NAME)) == 1


def test_the_same_quarter_run_again_with_corrected_data_stands_in_the_ledger_twice(tmp_path):
    """Both were released. Ten children more are no secret; the rounded figures say 7 to 13."""
    run(tmp_path, counts(TABLE))
    pack = run(tmp_path, counts(TABLE | {"d": 50}), AT + timedelta(days=1))

    assert [entry.number for entry in ledger.read(tmp_path / ledger.NAME)] == [1, 2]
    verdict = audit_pack(pack)
    assert verdict.safe
    assert verdict.releases == 2


def test_a_restricted_pack_is_published_without_attack_or_record(tmp_path):
    with no_complementary_hiding():
        run(tmp_path, counts(TABLE), profile="restricted")

    assert not (tmp_path / ledger.NAME).exists()


def test_a_run_records_a_pack_that_stands_published_without_a_line(tmp_path):
    """As after a run that was killed between publishing and recording; a torn line of it goes."""
    pack = run(tmp_path, counts(TABLE))
    place = tmp_path / ledger.NAME
    whole = place.read_bytes()
    place.write_bytes(whole[:-40])
    later = AT + timedelta(hours=1)
    where = publish.place(tmp_path, "Westmere", "2025-26 Q3", later)
    with publish.held(where, later), attack.sharing(where, params(quarter="2025-26 Q3"), later):
        pass

    assert [entry.digest for entry in ledger.read(place)] == [ledger.digest(read_pack(pack))]


def test_what_others_quarters_published_decides_whether_kept_results_may_be_taken_over(tmp_path):
    run(tmp_path, counts(TABLE))

    assert attack.fingerprint(tmp_path, params()) == ""  # its own earlier run does not count
    assert attack.fingerprint(tmp_path, params(quarter="2025-26 Q3")) != ""
    assert attack.fingerprint(tmp_path, params("restricted", quarter="2025-26 Q3")) == ""


def test_processes_that_record_at_the_same_time_wait_for_each_other(tmp_path):
    code = (
        "import sys; from datetime import datetime; from incare.disclosure import ledger; import pandas as pd\n"
        "cells = pd.read_parquet(sys.argv[2])\n"
        "for n in range(8):\n"
        "    ledger.append(sys.argv[1], cells.assign(release=f'{sys.argv[3]} {n}'), datetime(2025, 1, 1))"
    )
    released(protect(counts(TABLE)), "any").to_parquet(tmp_path / "cells")
    place = tmp_path / ledger.NAME
    each = [subprocess.Popen([sys.executable, "-c", code, place, tmp_path / "cells", name]) for name in "ab"]

    assert [process.wait(timeout=60) for process in each] == [0, 0]
    assert sorted(entry.release for entry in ledger.read(place)) == sorted(
        f"{name} {n}" for name in "ab" for n in range(8)
    )


@pytest.fixture(scope="module")
def record():
    return read("sample", area="Northmere", as_at="2025-03-31")


def test_reports_of_a_run_share_figures_that_are_protected_once(record, tmp_path, monkeypatch):
    """The second report reads what the first had protected, and shows what it would have by itself."""
    pack = {"choices": {}, "targets": [], "breakdowns": ["sex"], "grain": "quarter", "ledger": str(tmp_path / "none")}
    (tmp_path / shared.PACK).write_text(json.dumps(pack), encoding="utf-8")
    searched = []
    monkeypatch.setattr(figures, "_guarded", lambda series, *known: searched.append(1) or protect(series))
    every, few = agreed({}), catalogue().only(["cl_count", "cla_count"])

    monkeypatch.setenv(shared.PLACE, str(tmp_path))
    wide = figures.figures(record, every, quarter="2024-25 Q4", periods=None, by=["sex"])
    narrow = figures.figures(record, few, quarter="2024-25 Q4", periods=4)
    beside = figures.figures(record, leaving.beside({}), quarter="2024-25 Q4", periods=12)
    monkeypatch.setattr(figures, "_guarded", lambda series, rules: protect(series))
    monkeypatch.delenv(shared.PLACE)

    assert len(searched) == 1
    assert set(beside.frame["measure"]) == set(leaving.BESIDE)
    pd.testing.assert_frame_equal(
        wide.frame, figures.figures(record, every, quarter="2024-25 Q4", periods=None, by=["sex"]).frame
    )
    pd.testing.assert_frame_equal(narrow.frame, figures.figures(record, few, quarter="2024-25 Q4", periods=4).frame)
