"""The sample's own pack in a real browser: no barrier, nothing fetched, nothing wider than the screen."""

from __future__ import annotations

import pytest

PAGES = (
    "index",
    "00_data_check",
    "10_scorecard",
    "20_performance_report",
    "30_exceptions",
    "40_care_leavers",
    "50_cohort_forecast",
    "70_benchmarks",
    "90_strategy_evidence",
)
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_barrier_in_the_pack(browser, pack, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    tab = browser.new_context().new_page()
    tab.goto((pack / f"{name}.html").as_uri())
    found = axe.Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_of_the_pack_scrolls_sideways_or_asks_the_network(browser, pack, name, width):
    tab = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((pack / f"{name}.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []
