"""A browser, and the pages to open: those of the views' own tests, and packs of the sample in both profiles."""

import importlib.util
from pathlib import Path

import pytest
import yaml

from tests.requirements.conftest import at_home, published

ROOT = Path(__file__).resolve().parents[2]
_PLACE = ROOT / "tests" / "views" / "conftest.py"
_spec = importlib.util.spec_from_file_location("views_conftest", _PLACE)
_views = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_views)

drawn, everything, pages = _views.drawn, _views.everything, _views.pages
# What a barrier can hide in does not depend on how many quarters or groups are drawn.
SHORTER = {"periods": 6, "breakdowns": ["uasc"], "scenarios": [], "formats": [], "horizon": 4}


@pytest.fixture(scope="module")
def browser(chromium):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser, page, **settings):
    """A page in a tab of its own, which notes in `asked` every address it asked for."""
    context = browser.new_context(**settings)
    tab = context.new_page()
    tab.asked = []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.goto(page.as_uri())
    return tab


@pytest.fixture(scope="session")
def restricted(tmp_path_factory) -> Path:
    """A pack for officers of the sample, with every page, made by the command."""
    place = tmp_path_factory.mktemp("restricted")
    path = place / "officers.yaml"
    path.write_text(yaml.safe_dump(at_home("sample") | SHORTER | {"profile": "restricted"}), encoding="utf-8")
    return published(path, place / "reports")
