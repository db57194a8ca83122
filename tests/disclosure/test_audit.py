"""`incare audit`: a pack and its ledger, attacked; cells are named, their values never."""

import json
import sys
from datetime import date, datetime

import pandas as pd
import pytest
from typer.testing import CliRunner

from incare import record as records
from incare.__main__ import app
from incare.disclosure import Protected, Rules, ledger, protect
from incare.disclosure.audit import audit, audit_pack, protect_and_attack
from incare.disclosure.released import PackError, read_pack, released
from incare.disclosure.spoken import unexplained
from incare.measures import catalogue
from incare.periods import Periods
from incare.series import calculate

from .drawn import counts, shares

AT = datetime(2025, 4, 20, 9, 30)
TABLE = pd.concat([counts({"North": 3, "South": 41}, breakdown="team"), shares({"a": (20, 60), "b": (30, 44)})])


def pack(folder, frame=None, quarter="2025-26 Q2", page="<h1>Nothing</h1>", profile="public", **params):
    """A small published pack, and its folder."""
    place = folder / "reports" / "westmere" / quarter.lower().replace(" ", "-")
    shown = protect(TABLE) if frame is None else frame
    if isinstance(shown, Protected):
        shown.write(place / "data", "figures")
    else:
        (place / "data").mkdir(parents=True)
        shown.to_csv(place / "data" / "figures.csv", index=False)
    (place / "index.html").write_text(page, encoding="utf-8")
    facts = {"area": "Westmere", "quarter": quarter, "profile": profile, "started": "2025-10-20T09:00:00"}
    (place / "manifest.json").write_text(json.dumps(facts | {"params": params}), encoding="utf-8")
    return place


def record(place):
    ledger.append(ledger.place(place), read_pack(place), AT)


def exact():
    """The printed rows of a policy that hides 1 to 5 and nothing else."""
    rows = TABLE.drop(columns="reason").assign(
        numerator=TABLE["numerator"].astype(object), value=TABLE["value"].astype(object)
    )
    small = TABLE["numerator"] == 3
    return rows.assign(
        status=rows["status"].mask(small, "c"),
        **{name: rows[name].mask(small, "c") for name in ("numerator", "value")},
    )


def test_a_pack_is_read_back_as_it_was_written(tmp_path):
    read, given = read_pack(pack(tmp_path)), released(protect(TABLE), "Westmere 2025-26 Q2 2025-10-20T09:00:00")

    pd.testing.assert_frame_equal(read, given, check_dtype=False)


def test_a_recorded_pack_is_safe(tmp_path):
    place = pack(tmp_path)
    record(place)

    verdict = audit_pack(place)
    assert verdict.safe
    assert verdict.told()[-1] == "No hidden cell can be worked out."


def test_a_hidden_cell_that_can_be_worked_out_is_named_without_its_value(tmp_path):
    place = pack(tmp_path, exact())
    told = "\n".join(audit_pack(place, new=True).told())

    assert "cla_count, quarter to 2025-09-30, team North, the number counted" in told
    assert "cla_count by team is printed unrounded or too small." in told
    assert " 3" not in told.replace("2025-09-30", "")


def printed(table, *hidden):
    """The rows of a pack that prints everything as it is but for the groups named."""
    out = table["category"].isin(hidden)
    rows = table.drop(columns="reason").assign(status=table["status"].mask(out, "c"))
    return rows.assign(**{name: table[name].astype(object).mask(out, "c") for name in ("numerator", "value")})


def test_an_earlier_pack_in_the_ledger_is_attacked_too(tmp_path):
    """Both packs hide two groups, and each shows one that the other hides."""
    table = counts({"a": 3, "b": 9, "c": 14, "d": 40})
    record(pack(tmp_path, printed(table, "a", "b"), quarter="2025-26 Q1"))
    place = pack(tmp_path, printed(table, "a", "c"))

    assert audit_pack(place, tmp_path / "none.jsonl", new=True).unsafe.empty
    assert "a" in set(audit_pack(place, new=True).unsafe["category"])


def test_what_earlier_packs_give_away_alone_is_counted_and_not_blamed_on_this_one(tmp_path):
    """Hiding more would not take it back, and a run would be refused for ever."""
    record(pack(tmp_path, printed(counts({"a": 3, "b": 9, "c": 40}), "a"), quarter="2025-26 Q1"))
    verdict = audit_pack(pack(tmp_path), new=True)

    assert verdict.safe
    assert verdict.given_away == 1
    assert "1 number can be worked out from earlier releases alone." in verdict.told()


def test_a_pack_that_the_ledger_does_not_record_is_told(tmp_path):
    assert "does not record this pack" in audit_pack(pack(tmp_path)).others[0]


def test_data_files_changed_after_they_were_recorded_are_told(tmp_path):
    place = pack(tmp_path)
    record(place)
    file = place / "data" / "figures.csv"
    file.write_text(file.read_text().replace(",45,", ",50,", 1), encoding="utf-8")

    assert "differ from what the ledger says" in " ".join(audit_pack(place).others)


@pytest.mark.parametrize(
    "page",
    [
        "<p>There were 58 children.</p>",
        '<img alt="Bars: 1,203 young people in March">',
        "<p title='of 43 children'>Chart</p>",
        "<title>113 cases</title>",
        "<p>The headline is 1,203.</p>",
    ],
)
def test_d10_a_raw_number_in_prose_alt_text_or_a_title_is_found(tmp_path, page):
    verdict = audit_pack(pack(tmp_path, page=page), new=True)

    assert len(verdict.others) == 1
    assert verdict.others[0].startswith("index.html says 1 number that no released figure explains, the first in")
    assert not any(digit.isdigit() for digit in verdict.others[0].removeprefix("index.html says 1"))


def test_d10_rounded_counts_dates_percentages_and_definitions_are_explained(tmp_path):
    page = (
        "<p>45 children, 33 % of 60, at 31 March 2025; Regulations 2010. The vertical axis starts at 312, not at 0.</p>"
    )

    assert unexplained(pack(tmp_path, page=page)).empty


def test_a_figure_of_everyone_in_a_group_on_a_sensitive_matter_waits_for_two_people(tmp_path):
    table = protect(shares({"a": (0, 60), "b": (30, 44)}, measure="offending_pct"))
    place = pack(tmp_path, table, disclosure={"sensitive": ["offending_pct"]})
    signed = pack(tmp_path / "signed", table, disclosure={"sensitive": ["offending_pct"]}, signed_by=["A", "B"])

    assert "offending_pct: 1 figures speak of everyone" in audit_pack(place, new=True).others[0]
    assert audit_pack(signed, new=True).safe


def test_a_restricted_pack_or_another_folder_is_refused(tmp_path):
    with pytest.raises(PackError, match="not for publication"):
        audit_pack(pack(tmp_path, profile="restricted"))
    with pytest.raises(PackError, match=r"no manifest\.json"):
        audit_pack(tmp_path)


def test_figures_that_contradict_each_other_prove_nothing_but_stop_nothing():
    """A breakdown in which some children are counted twice is no sum, and an attacker sees it."""
    table = counts({"a": 3, "b": 300, "c": 90}, total=200)
    verdict = audit(released(protect(table), "pack"))

    assert verdict.safe
    assert verdict.given_up == {"breakdown": 1}


def test_stricter_rules_of_a_pack_are_those_it_is_judged_by(tmp_path):
    rules = {"base": 10, "hide_to": 9}

    assert audit_pack(pack(tmp_path, protect(TABLE, rules=Rules(**rules)), disclosure=rules), new=True).safe


def test_the_command_ends_with_0_for_a_safe_pack_and_1_for_another(tmp_path):
    safe, unsafe = pack(tmp_path), pack(tmp_path, exact(), quarter="2025-26 Q3")
    record(safe)
    first, second = (CliRunner().invoke(app, ["audit", str(place)]) for place in (safe, unsafe))

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert first.output.endswith("Safe to publish.\n")
    assert "team North" in second.output
    told = json.loads(CliRunner().invoke(app, ["audit", str(unsafe), "--json"]).output)
    assert told["safe"] is False


def test_what_an_attack_finds_is_hidden_until_none_succeeds(monkeypatch):
    """Complementary hiding is switched off, so that only the attack says what else must go."""
    table = counts({"a": 3, "b": 0, "c": 40}, total=43)
    monkeypatch.setattr(sys.modules["incare.disclosure.protect"], "hide_further", lambda hidden, *_: hidden)
    monkeypatch.setattr("incare.disclosure.audit.audit", lambda cells, rules, known: audit(cells.assign(base=1), rules))
    shown, verdict = protect_and_attack(table, Rules())

    assert verdict.safe
    assert shown.frame.set_index("category").loc["a", "status"] == "c"
    assert (shown.frame["status"] == "c").sum() == 2


def test_a_quarter_that_rolling_years_give_away_is_protected_though_no_year_shown_ends_with_it():
    """10 to 15: 2 + 4 + 1 + 3 = 10 left in the year to March 2021, 4 + 1 + 3 + 0 = 8 in that to June: 2 in June 2020.

    The first year that is shown ends in September 2020; nothing that ends in June is there to be hidden.
    """
    quarters, sizes, others = [1, 2, 2, 4, 1, 3, 0, 0, 0, 0, 0], [41, 43, 41, 45, 40, 40, 40, 40], [6, 5, 7, 8]
    years = [
        shares(
            {"10 to 15": (sum(quarters[n : n + 4]), sizes[n]), "Under 1": (sum(others) + n, 200 + n)},
            end=end.date(),
            measure="ceased_sgo_pct",
        )
        for n, end in enumerate(pd.date_range("2020-09-30", periods=8, freq="QE"))
    ]
    series = pd.concat(years, ignore_index=True)

    once = protect_and_attack(series, turns=1)[1].unsafe
    assert once[["period_end", "what"]].to_numpy().tolist() == [
        [pd.Timestamp("2020-06-30"), "the quarter behind the rolling year"]
    ]
    shown, verdict = protect_and_attack(series)
    assert verdict.safe, verdict.told()
    assert (shown.frame["status"] == "ok").sum() > len(series) / 2


def test_a_large_quarter_that_rolling_years_give_away_is_protected_by_the_years():
    """Exits of 1 to 4 in June 2022 are hidden beside a small group; the years that hold them tell them nearly.

    More of the same table does not help, and hiding more of the quarter makes other large numbers give way.
    """
    names = ("started_count", "count", "ceased_count")
    wanted = [*(f"cla_{name}" for name in names), *(f"ceased_{why}_pct" for why in ("adopted", "sgo", "returned_home"))]
    area = records.read("sample:147", area="Area 147", as_at=date(2025, 3, 31))
    quarters = Periods.quarters(date(2023, 6, 30), 10)
    series = calculate(catalogue().only([*wanted, "placement_type_pct"]), area, quarters, ("age_band",))

    twice = protect_and_attack(series, turns=2)[1].unsafe
    assert twice[["measure", "period_end", "category"]].to_numpy().tolist() == [
        ["cla_ceased_count", pd.Timestamp("2022-06-30"), "1 to 4"]
    ]
    shown, verdict = protect_and_attack(series)
    assert verdict.safe, verdict.told()
    before, after = ((each.frame["status"] == "c").sum() for each in (protect(series), shown))
    assert after <= before + 10
