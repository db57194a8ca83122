"""Attacks D1 to D16 on six packs published in a row and the questions asked beside them; each is real.

The packs are protected, attacked with all that went before, written, and recorded in a ledger. D6 to D8, D13 and D14
need questions asked beside them: they are in `test_asked`, and on smaller tables in `test_attacks_on_tables`.
"""

from __future__ import annotations

import base64
import re
import shutil
from unittest import mock

import numpy as np
import pandas as pd
import pytest

import house
from incare.disclosure import Rules, protect, protect_forecasts
from incare.disclosure.audit import audit, audit_pack
from incare.disclosure.released import data_files, read_figures
from incare.disclosure.spoken import unexplained
from incare.forecast import measured
from incare.measures import catalogue
from incare.pack.figures import quarters_covered
from incare.record import read
from incare.series import calculate
from incare.views import charts
from incare.views import house as drawing

from . import quarters
from .policies import EXACT, OPEN, found


def attacked(*cells):
    return audit(pd.concat(cells, ignore_index=True))


def only(cells, **wanted):
    for name, values in wanted.items():
        cells = cells[cells[name].isin(values)]
    return cells


# D1 to D5 and D14: numbers


def test_no_cell_of_six_packs_and_three_questions_is_recovered_or_has_fewer_than_4_values(published):
    """D1 to D8 and D14 at once: every table, every pack, every question."""
    verdict = audit(published.cells())

    assert verdict.releases == 9
    assert verdict.hidden > 300
    assert verdict.unsafe.empty, verdict.told()


def test_each_pack_passes_the_audit_with_the_ledger_that_it_is_part_of(published):
    assert audit_pack(published.packs[-1], published.ledger).safe


def test_d1_without_complementary_hiding_a_total_gives_hidden_cells_of_a_pack_back(published):
    verdict = attacked(published.quarters[-1].cells(EXACT, complementary=False))

    assert {"the number counted"} <= set(verdict.unsafe["what"])
    assert len(verdict.unsafe) > 10


def test_d2_without_joint_hiding_one_measure_gives_away_the_groups_of_another(published):
    """The children in care of an age are also whom kinship care is a share of."""
    count = only(
        published.quarters[-1].cells(EXACT, complementary=False), measure=["cla_count"], breakdown=["age_band"]
    )
    group = only(published.quarters[-1].cells(OPEN, complementary=False), measure=["placement_kinship_pct"])

    assert ("cla_count", "Under 1") not in found(attacked(count))
    assert ("cla_count", "Under 1") in found(attacked(count, group))


def test_d3_without_rounding_two_packs_give_the_children_who_left_between_them(published):
    """In care now = before + started - ceased, for the unaccompanied children of two packs."""
    packs = []
    for release in published.quarters[-2:]:
        cells = only(release.cells(EXACT, complementary=False), breakdown=["uasc"], category=["UASC", "Not UASC"])
        packs.append(only(cells, period_end=[cells["period_end"].max()]))
    flows = ["cla_count", "cla_started_count", "cla_ceased_count"]
    before, now = (only(pack, measure=flows, category=["Not UASC"]) for pack in packs)
    now.loc[now["measure"] == "cla_ceased_count", ["numerator", "value"]] = np.nan
    now = now.assign(status=now["status"].mask(now["measure"] == "cla_ceased_count", "c"))

    assert attacked(now).unsafe.empty
    assert ("cla_ceased_count", "Not UASC") in found(attacked(before, now))


def test_d4_without_rounding_a_revision_gives_the_children_who_were_recorded_late(published):
    third, fourth = (release.cells(EXACT) for release in published.quarters[2:4])

    assert "the change when it was revised" in set(attacked(third, fourth).unsafe["what"])


def test_d5_d14_without_rounding_a_question_gives_the_children_it_leaves_out(published):
    asked = {release.cohort: release for release in published.releases if release.cohort}
    pack = only(published.quarters[-1].cells(EXACT), measure=["cla_count"], breakdown=["total"])

    verdict = attacked(pack, asked["not uasc"].cells(EXACT))
    assert "less (not uasc)" in set(verdict.unsafe["what"])


# D9 and D10: pictures and words


def pictures(draw, *arguments):
    """The bars of every figure that a chart draws, before it becomes a picture."""
    drawn = []
    image = drawing.image

    def measured_first(figure, *more):
        drawn.append(marks(figure))
        return image(figure, *more)

    with mock.patch.object(drawing, "image", measured_first):
        draw(*arguments)
    return drawn


def marks(figure) -> list[float]:
    """The lengths of the bars of a figure, as a ruler on the screen would give them."""
    return [round(bar.get_width(), 6) for axes in figure.axes for bar in axes.patches if bar.get_width() > 0]


def test_d9_bars_are_as_long_as_printed_figures_and_hidden_groups_have_none(published):
    measure = catalogue()["cla_count"]
    shown, true = published.shown[-1], protect(published.quarters[-1].series, rules=OPEN)
    rows = shown.select(measure="cla_count", breakdown=["age_band", "total"])
    (bars,) = pictures(charts.breakdown, shown, measure, "age_band")
    (open_bars,) = pictures(charts.breakdown, true, measure, "age_band")

    assert set(bars) <= set(rows["value"].dropna())
    assert all(bar % 5 == 0 and bar > 7 for bar in bars)
    assert any(0 < bar <= 7 for bar in open_bars)  # without the rules a ruler finds the few


def test_d9_pictures_hold_pixels_only(published):
    for pack in published.packs:
        page = (pack / "index.html").read_text(encoding="utf-8")
        assert "<svg" not in page
        found = re.findall(r'src="data:image/(\w+);base64,([^"]+)"', page)
        assert len(found) > 3
        for kind, data in found:
            assert kind == "png"
            assert chunks(base64.b64decode(data)) <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"pHYs"}


def chunks(png: bytes) -> set[bytes]:
    kinds, at = set(), 8
    while at < len(png):
        kinds.add(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return kinds


def test_d10_pages_say_printed_numbers_only(published, tmp_path):
    copy = shutil.copytree(published.packs[-1], tmp_path / "pack")
    raw = quarters.page_of(protect(published.quarters[-1].series, rules=OPEN), catalogue().only(quarters.MEASURES))
    (copy / "index.html").write_text(raw.text, encoding="utf-8")

    assert all(unexplained(pack).empty for pack in published.packs)
    assert len(unexplained(copy)) > 3  # the same page made from true figures


# D11, D12: bytes


FRAME = "from incare.record import read\nrecord = read(extract, area=area, as_at=as_at)\n"
FIGURES = (
    FRAME + "from incare.measures import catalogue\nfrom incare.pack.figures import figures\n"
    "from incare.views import charts, words\nfrom incare.views.markup import tag\n"
    "few = catalogue().only(['cla_count', 'cla_started_count'])\n"
    "shown = figures(record, few, quarter=quarter, periods=2, by=['sex'], profile='public')\n"
    "shown.write(output, 'figures')\n"
    "tag('p', words.summary(shown, few['cla_count'])) + charts.trend(shown, few['cla_count'])"
)
PARAMETERS = 'area: str = ""\nquarter: str = ""\nas_at: str = ""\nextract: str = ""\noutput: str = ""'


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A council whose ids and postcodes are canaries, after a run that was published."""
    council = house.House(tmp_path_factory.mktemp("canaries") / "council")
    council.notebook("10_figures", FIGURES, parameters=PARAMETERS)
    ended = council.run()
    assert ended.returncode == 0, ended.stderr
    return council


def canaries(folder) -> list[str]:
    """The files in which an id, a postcode or a child's first day stands, pictures and names of files among them."""
    wanted = [*house.CHILDREN, house.POSTCODE, house.POSTCODE.replace(" ", ""), "2025-05-01", "01/05/2025"]
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return [file.name for file in files if any(canary.encode() in all_bytes(file) for canary in wanted)]


def all_bytes(file) -> bytes:
    """A file's path and bytes, and those of the pictures in it as they are before they are written as text."""
    raw = file.read_bytes()
    pictures = [base64.b64decode(data) for data in re.findall(rb"base64,([A-Za-z0-9+/=]+)", raw)]
    return b"\n".join([str(file).encode(), raw, *pictures])


def test_d11_no_byte_of_a_pack_or_its_ledger_holds_a_canary(council, tmp_path):
    planted = shutil.copytree(council.pack, tmp_path / "pack")
    file = planted / "data" / "figures.csv"
    file.write_text(file.read_text(encoding="utf-8") + house.CHILDREN[3], encoding="utf-8")

    assert {file.suffix for file in council.pack.rglob("*") if file.is_file()} == {".html", ".csv", ".json"}
    assert canaries(council.folder / "reports") == []
    assert canaries(planted) == ["figures.csv"]  # the search finds what is there


def test_d12_executed_notebooks_stay_in_the_restricted_folder_and_go_when_the_run_succeeds(council, tmp_path):
    failing = council.copied(tmp_path / "council")
    failing.notebook(
        "20_fails", f"{FRAME}print(record.tables['header']['CHILD'].tolist())\n1 / 0", parameters=PARAMETERS
    )
    ended = failing.run()
    reports = failing.folder / "reports"

    assert not list(council.folder.joinpath("reports").rglob("*.ipynb*"))
    assert ended.returncode == 1
    assert [name for name in canaries(reports / ".work") if name.endswith(".ipynb")]  # there they are, before a pack is
    assert canaries(failing.pack) == []
    assert not any(child in ended.stdout + ended.stderr for child in house.CHILDREN)


# D15, D16


def test_d15_no_cell_of_a_data_file_is_a_formula(published, tmp_path):
    """The groups of a breakdown are free text of the council's own systems."""
    for pack in published.packs:
        for file in data_files(pack):
            text = pd.read_csv(file, dtype=str, keep_default_na=False)
            assert not text.map(lambda cell: bool(re.match(r"[=+@\t\r]|-(?!\d)", cell))).any().any()
    few = published.quarters[-1].series.head(40)
    named = few.assign(
        category=[f"=HYPERLINK({n})" if n % 2 else f"@team {n}" for n in range(len(few))], breakdown="team"
    )
    shown = protect(named)
    written = shown.write(tmp_path, "teams")
    shown.frame.to_csv(tmp_path / "open.csv", index=False)

    assert read_figures(written)["category"].str.startswith("'").all()
    assert read_figures(tmp_path / "open.csv")["category"].str.match("[=@]").all()


def test_d16_a_forecast_of_a_few_children_is_hidden_like_a_count():
    record = quarters.small(read("sample", area="Westmere", as_at="2025-03-31"), late=True)
    few = catalogue().only(["cla_uasc_count", "cla_count"])
    made = measured.measures(calculate(few, record, quarters_covered(record, "2024-25 Q4")), 4)
    public, open_ = (
        protect_forecasts(made, profile, Rules()).of("cla_uasc_count")[0] for profile in ("public", "restricted")
    )

    assert open_["mean"].between(0.5, 7.5).any()  # without the rules a handful is forecast, and named
    printed = public["mean"].dropna()
    assert ((printed == 0) | ((printed > 7) & (printed % 5 == 0))).all()
    assert public.loc[public["mean"].isna(), ["lo80", "hi80", "lo95", "hi95"]].isna().all(axis=None)
