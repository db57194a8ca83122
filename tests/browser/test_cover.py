"""The cover in a real browser: found by typing, filtered by a key, a whole list where scripts do not run."""

from __future__ import annotations

import pytest

from incare.pack import export

pytestmark = pytest.mark.browser

FOOTER = {"area": "Testshire", "quarter": "2025-26 Q2", "as_at": "12 October 2025", "profile": "public", "version": "1"}
ENTRIES = [
    {
        "href": "10_scorecard.html",
        "title": "Scorecard",
        "question": "What is red, what moved?",
        "sections": [{"id": "red", "text": "What is red"}],
    },
    {
        "href": "20_performance_report.html",
        "title": "Performance report",
        "question": "How are we doing?",
        "sections": [
            {"id": "measure-cl_visits_in_time_pct", "text": "Care leavers visited in time"},
            {"id": "measure-cla_count", "text": "Children in care"},
        ],
    },
]
FILES = [
    {"href": "report.pdf", "what": "all reports as one PDF"},
    {"href": "data/figures.csv", "what": "every figure"},
    {"href": "data/voice.csv", "what": "what young people say"},
]


@pytest.fixture(scope="module")
def cover(tmp_path_factory):
    path = tmp_path_factory.mktemp("cover") / "index.html"
    path.write_text(export.index_page(ENTRIES, {"footer": FOOTER, "files": FILES}), encoding="utf-8")
    return path


@pytest.fixture
def tab(browser, cover):
    context = browser.new_context()
    tab = context.new_page()
    tab.wrong = []
    tab.on("console", lambda message: tab.wrong.append(message.text))
    tab.on("pageerror", lambda problem: tab.wrong.append(str(problem)))
    tab.goto(cover.as_uri())
    yield tab
    context.close()


def seen(tab) -> list[str]:
    """Where the links lead that a reader sees, in order."""
    return [link.get_attribute("href") for link in tab.locator("main [data-find] a").all() if link.is_visible()]


EVERYTHING = ["10_scorecard.html", "20_performance_report.html", "report.pdf", "data/figures.csv", "data/voice.csv"]


def test_at_first_every_report_and_file_is_listed(tab):
    assert seen(tab) == EVERYTHING
    assert tab.wrong == []


@pytest.mark.parametrize(
    ("typed", "there", "said"),
    [
        ("scorecard", ["10_scorecard.html"], "1 entry found."),
        ("VOICE", ["data/voice.csv"], "1 entry found."),
        # A heading inside a report is shown under its report, with a link to the very place.
        (
            "visited time",
            ["20_performance_report.html", "20_performance_report.html#measure-cl_visits_in_time_pct"],
            "1 entry found.",
        ),
        # The report's own words and those of a heading may stand together.
        (
            "performance children",
            ["20_performance_report.html", "20_performance_report.html#measure-cla_count"],
            "1 entry found.",
        ),
        ("zebra", [], "0 entries found."),
    ],
)
def test_typing_leaves_what_holds_every_word_and_says_how_many(tab, typed, there, said):
    tab.locator("#find").focus()
    tab.keyboard.type(typed)
    assert seen(tab) == there
    assert tab.locator("#found").inner_text() == said
    assert tab.locator("text=No report matches.").is_visible() == (not any("html" in href for href in there))


def test_escape_brings_everything_back(tab):
    tab.locator("#find").focus()
    tab.keyboard.type("zebra")
    tab.keyboard.press("Escape")
    assert seen(tab) == EVERYTHING
    assert tab.locator("#found").inner_text() == ""


def test_the_keyboard_alone_reaches_the_search_and_changes_the_filter(tab):
    for _ in range(2):  # past the link to the report
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "find"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "show-all"
    shown = {}
    for _ in range(3):
        tab.keyboard.press("ArrowDown")
        shown[tab.evaluate("document.activeElement.id")] = seen(tab)
    assert shown == {
        "show-reports": EVERYTHING[:2],
        "show-documents": EVERYTHING[2:3],
        "show-data": EVERYTHING[3:],
    }


def test_without_scripts_there_is_a_whole_list_and_no_search_that_would_do_nothing(browser, cover):
    tab = browser.new_context(java_script_enabled=False).new_page()
    tab.goto(cover.as_uri())
    assert seen(tab) == EVERYTHING
    assert not tab.locator("#find").is_visible()
    tab.locator("#show-data").check()
    assert seen(tab) == EVERYTHING[3:]
    tab.locator("#show-all").check()
    tab.locator("summary").first.click()
    assert "10_scorecard.html#red" in seen(tab)


def test_a_script_that_is_not_the_covers_own_does_not_run(browser, cover, tmp_path):
    page = tmp_path / "index.html"
    bad = "<script>document.title = 'taken'</script></body>"
    page.write_text(cover.read_text(encoding="utf-8").replace("</body>", bad), encoding="utf-8")
    tab = browser.new_context().new_page()
    tab.goto(page.as_uri())
    assert tab.title() != "taken"
    tab.locator("#find").fill("zebra")
    assert seen(tab) == []


def test_paper_holds_everything_and_no_search(tab):
    tab.locator("#show-data").check()
    tab.emulate_media(media="print")
    assert seen(tab) == EVERYTHING
    assert not tab.locator("#find").is_visible()
    assert not tab.locator("fieldset").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_before_and_after_a_search(tab, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    tab.emulate_media(color_scheme=scheme)
    for typed in ("", "visited", "zebra"):
        tab.locator("#find").fill(typed)
        found = axe.Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()
