"""The sample's packs, public and for officers, in a real browser: no barrier, nothing fetched, nothing cut off."""

from __future__ import annotations

import json

import pytest

from incare.pack.params import NOTEBOOKS
from tests.browser.conftest import opened

PAGES = ("index", *NOTEBOOKS)
PAPER = 680  # CSS pixels between the margins of an A4 page
# What is drawn past the right edge, apart from what scrolls by itself inside the page.
BEYOND = """() => {
  const edge = document.documentElement.clientWidth + 1, found = [];
  for (const e of document.querySelectorAll('body *')) {
    const scroll = e.closest('.scroll'), box = e.getBoundingClientRect();
    if (scroll && scroll !== e && getComputedStyle(scroll).overflowX !== 'visible') continue;
    if (!e.closest('.skip, .unseen') && box.width && box.right > edge)
      found.push(`${e.tagName} ${e.className}: ${e.textContent.slice(0, 60)}`);
  }
  return found;
}"""
# Tables that are wider than the place they scroll in.
WIDER = """() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => e.getAttribute('aria-label'))"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["public", "restricted"])
def packs(request):
    """The pack of each profile."""
    return request.getfixturevalue({"public": "pack", "restricted": "restricted"}[request.param])


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_barrier_in_the_pack(browser, packs, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(opened(browser, packs / f"{name}.html"))
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_at_any_width_or_asks_the_network(browser, packs, name):
    tab = opened(browser, packs / f"{name}.html", viewport={"width": 320, "height": 800})
    for width in (320, 390, 768, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate(BEYOND) == []
    assert [url for url in tab.asked if not url.startswith(("file://", "data:"))] == []


@pytest.mark.parametrize("name", PAGES)
def test_on_a_usual_screen_no_table_has_to_be_scrolled(browser, packs, name):
    tab = opened(browser, packs / f"{name}.html")
    for width in (1440, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate(WIDER) == [], width


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_on_paper(browser, packs, name):
    tab = opened(browser, packs / f"{name}.html", viewport={"width": PAPER, "height": 960})
    tab.emulate_media(media="print")
    assert tab.evaluate(BEYOND) == []
    # Paper cannot be scrolled.
    assert tab.eval_on_selector_all(".scroll", "all => all.filter(s => s.scrollWidth > s.clientWidth + 1).length") == 0


@pytest.mark.parametrize("name", ["index", "60_outcomes_workshop"])
def test_a_printed_page_is_a4_and_marked_when_it_is_for_officers(browser, packs, name, tmp_path):
    from pypdf import PdfReader

    tab = opened(browser, packs / f"{name}.html")
    path = tmp_path / "page.pdf"
    tab.pdf(path=str(path), prefer_css_page_size=True)
    sheets = PdfReader(path).pages
    assert {(round(float(s.mediabox.width)), round(float(s.mediabox.height))) for s in sheets} == {(595, 842)}
    marked = ["Restricted – not for publication" in sheet.extract_text() for sheet in sheets]
    profile = json.loads((packs / "manifest.json").read_text(encoding="utf-8"))["profile"]
    assert set(marked) == {profile == "restricted"}


def test_every_page_for_officers_says_so(browser, restricted):
    for name in PAGES:
        tab = opened(browser, restricted / f"{name}.html")
        assert tab.locator(".banner").inner_text() == "Restricted – not for publication"
