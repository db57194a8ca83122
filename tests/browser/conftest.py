"""A browser, and the pages to open: those of the views' own tests."""

import importlib.util
from pathlib import Path

import pytest

_PLACE = Path(__file__).parent.parent / "views" / "conftest.py"
_spec = importlib.util.spec_from_file_location("views_conftest", _PLACE)
_views = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_views)

drawn, everything, pages = _views.drawn, _views.everything, _views.pages


@pytest.fixture(scope="module")
def browser(chromium):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
