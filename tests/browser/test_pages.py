"""A published page in a real browser: reachable by everyone, whole without a network, at home on a phone."""

from itertools import pairwise

import pytest

from tests.browser.conftest import opened

PAGES = ("public", "restricted", "cover-public", "cover-restricted")
pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("name", "scheme"), [*((name, "light") for name in PAGES), ("restricted", "dark")])
def test_axe_finds_no_barrier(browser, pages, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    tab = opened(browser, pages / f"{name}.html", color_scheme=scheme)
    found = axe.Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_of_any_network(browser, pages, name):
    tab = opened(browser, pages / f"{name}.html")
    assert [url for url in tab.asked if not url.startswith(("file://", "data:"))] == []


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_never_scrolls_sideways(browser, pages, name, width):
    tab = opened(browser, pages / f"{name}.html", viewport={"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_says_what_it_shows(browser, pages, name):
    tab = opened(browser, pages / f"{name}.html")
    alternatives = tab.eval_on_selector_all("img", "pictures => pictures.map(p => p.getAttribute('alt'))")
    assert all(text and text.strip() for text in alternatives)
    assert bool(alternatives) == (not name.startswith("cover"))


def test_every_picture_was_decoded(browser, pages):
    tab = opened(browser, pages / "public.html")
    assert tab.eval_on_selector_all("img", "pictures => pictures.filter(p => p.naturalWidth === 0).length") == 0


@pytest.mark.parametrize("name", PAGES)
def test_headings_go_down_one_level_at_a_time_below_one_title(browser, pages, name):
    tab = opened(browser, pages / f"{name}.html")
    levels = tab.eval_on_selector_all("h1,h2,h3,h4,h5,h6", "found => found.map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_entry_of_the_contents_leads_somewhere(browser, pages):
    tab = opened(browser, pages / "public.html")
    targets = tab.eval_on_selector_all("nav a", "links => links.map(a => a.getAttribute('href').slice(1))")
    assert len(targets) > 10
    assert all(tab.evaluate("id => document.getElementById(id) !== null", name) for name in targets)


def test_the_first_key_press_reaches_a_link_past_the_contents(browser, pages):
    tab = opened(browser, pages / "public.html")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_a_wide_table_can_be_scrolled_with_the_keyboard(browser, pages):
    tab = opened(browser, pages / "public.html", viewport={"width": 390, "height": 800})
    region = tab.locator(".scroll", has=tab.locator(".scorecard"))
    region.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("document.querySelector('.scroll:focus').scrollLeft > 0")


def test_a_restricted_page_keeps_its_banner_in_sight(browser, pages):
    tab = opened(browser, pages / "restricted.html", viewport={"width": 390, "height": 800})
    tab.evaluate("window.scrollTo(0, 3000)")
    assert tab.locator(".banner").bounding_box()["y"] == 0
    assert opened(browser, pages / "public.html").locator(".banner").count() == 0


def test_definitions_are_open_on_paper(browser, pages):
    tab = opened(browser, pages / "public.html")
    tab.emulate_media(media="print")
    assert all(box["height"] > 40 for box in [c.bounding_box() for c in tab.locator(".card dl").all()[:3]])
