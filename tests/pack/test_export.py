"""What may leave an executed notebook, and what a page is made of."""

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from incare.pack import export
from incare.pack.export import ExportError
from incare.views.markup import Html, tag

FOOTER = {
    "area": "Testshire",
    "quarter": "2025-26 Q2",
    "as_at": "12 October 2025",
    "profile": "public",
    "version": "0.1.0",
}


def _drawn(name):
    place = Path(__file__).parent.parent / "views" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"views_{name}", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def prose(text):
    return nbformat.v4.new_markdown_cell(text)


def shown(thing, source="views.show()", kind="execute_result"):
    """A code cell that ran and displayed a thing, as a kernel stores it."""
    data = {"text/plain": repr(thing)}
    if hasattr(thing, "_repr_html_"):
        data["text/html"] = thing._repr_html_()
    extra = {"execution_count": 1} if kind == "execute_result" else {}
    output = nbformat.v4.new_output(kind, data=data, **extra)
    return nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)


def ran(source, *outputs):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1)


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


def page(*cells, title="Report", **footer):
    return export.to_html(notebook(*cells), title, FOOTER | footer)


def main_of(html):
    return html.split('<main id="main" tabindex="-1">')[1].split("</main>")[0]


# What may leave


def test_prose_and_the_outputs_of_views_reach_the_page():
    html = page(prose("Are children **safe**?"), shown(tag("p", "74% of 640 children")))
    assert "Are children <strong>safe</strong>?" in html
    assert "<p>74% of 640 children</p>" in html


def test_code_and_plain_text_outputs_stay_behind():
    html = page(shown(tag("p", "seen"), source="secret_call(series)"))
    assert "secret_call" not in html
    assert "Html(" not in html


@pytest.mark.parametrize("kind", ["execute_result", "display_data"])
def test_a_displayed_frame_stops_the_export_and_its_values_are_not_in_the_message(kind):
    frame = pd.DataFrame({"CHILD": ["CANARY-0042"]})
    with pytest.raises(ExportError, match="Cell 2 displayed something that no view made") as problem:
        page(prose("Hello"), shown(frame, source="frame[frame.CHILD == 'CANARY-0042']", kind=kind))
    assert "CANARY" not in str(problem.value)


@pytest.mark.parametrize("thing", [42, "a sentence", ["CANARY-0042"]])
def test_a_plain_value_stops_the_export(thing):
    with pytest.raises(ExportError, match="Cell 1 displayed"):
        page(shown(thing))


def test_the_mark_must_open_the_output_and_not_merely_occur_in_it():
    class Forged:
        def _repr_html_(self):
            return "<p>CANARY-0042</p>" + Html("x")._repr_html_()

    with pytest.raises(ExportError, match="no view made"):
        page(shown(Forged()))


def test_printed_text_stops_the_export():
    with pytest.raises(ExportError, match="Cell 1 printed text"):
        page(ran("print(row)", stream("stdout", "CANARY-0042")))


def test_warnings_are_dropped_without_a_trace():
    assert "CANARY" not in page(ran("work()", stream("stderr", "Warning: CANARY-0042")))


def test_an_error_stops_the_export():
    failed = nbformat.v4.new_output("error", ename="ValueError", evalue="CANARY-0042", traceback=["CANARY-0042"])
    with pytest.raises(ExportError, match="Cell 1 ended in an error") as problem:
        page(ran("work()", failed))
    assert "CANARY" not in str(problem.value)


def test_a_cell_that_never_ran_stops_the_export():
    with pytest.raises(ExportError, match="Cell 1 was not run"):
        page(nbformat.v4.new_code_cell("work()"))


def test_raw_cells_and_metadata_are_not_exported():
    node = notebook(nbformat.v4.new_raw_cell("CANARY-0042"), shown(tag("p", "seen")))
    node.metadata["papermill"] = {"input_path": "extracts/CANARY-0042"}
    assert "CANARY" not in export.to_html(node, "Report", FOOTER)


@pytest.mark.parametrize(
    "fetching",
    [
        "<script>alert(1)</script>",
        '<img src="https://example.org/x.png">',
        "![map](map.png)",
        '<link rel="stylesheet" href="x.css">',
        '<iframe src="x"></iframe>',
        '<p onclick="go()">x</p>',
    ],
)
def test_markup_that_would_fetch_or_run_something_is_refused(fetching):
    with pytest.raises(ExportError, match="a page stands alone"):
        page(prose(fetching))


def test_a_link_that_a_reader_may_follow_is_allowed():
    assert 'href="https://example.org"' in page(prose("[source](https://example.org)"))


# The frame of a page


def test_the_title_is_the_only_heading_of_level_one():
    html = page(prose("# From the notebook\n\n## First\n\n# Stray"), title="Given")
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", html) == ["Given"]
    assert "From the notebook" not in main_of(html)


def test_without_a_title_the_notebooks_first_heading_is_the_title():
    assert "<h1>Scorecard</h1>" in page(prose("# Scorecard"), title=None)


def test_a_page_without_any_title_is_refused():
    with pytest.raises(ExportError, match="needs a title"):
        page(prose("Hello"), title=None)


def test_levels_are_closed_up_so_that_none_is_skipped():
    html = main_of(page(prose("## A\n\n#### B\n\n### C")))
    assert re.findall(r"<h(\d)[^>]*>(\w)</h", html) == [("2", "A"), ("3", "B"), ("3", "C")]


def test_headings_of_one_text_get_ids_of_their_own_and_are_listed():
    html = page(prose("## Plans\n\n### Detail\n\n## Plans"))
    assert re.findall(r'<h\d id="([^"]+)"', main_of(html)) == ["plans", "detail", "plans-2"]
    assert re.findall(r'<li><a href="#([^"]+)"', html) == ["plans", "detail", "plans-2"]


@pytest.mark.parametrize("entry", list(FOOTER))
def test_a_footer_must_be_whole(entry):
    with pytest.raises(ExportError, match=f"missing: {entry}"):
        export.to_html(notebook(prose("Hello")), "Report", {k: v for k, v in FOOTER.items() if k != entry})


def test_the_footer_prints_area_quarter_date_profile_and_version():
    footer = page(prose("Hello")).split("<footer>")[1]
    assert all(text in footer for text in FOOTER.values())


@pytest.mark.parametrize(("profile", "banner"), [("public", False), ("restricted", True), ("Public", True)])
def test_every_profile_but_public_is_marked_as_not_for_publication(profile, banner):
    assert ("Restricted – not for publication</aside>" in page(prose("x"), profile=profile)) is banner


def test_names_in_the_frame_are_escaped():
    html = page(prose("x"), title="A <b>bold</b> title", area="<script>")
    assert "A &lt;b&gt;bold&lt;/b&gt; title" in html
    assert "<script>" not in html


def test_a_notebook_is_read_from_its_path(tmp_path):
    nbformat.write(notebook(prose("# From a file")), tmp_path / "n.ipynb")
    assert "<h1>From a file</h1>" in export.to_html(tmp_path / "n.ipynb", footer=FOOTER)


@pytest.fixture(scope="module")
def whole():
    """The notebook with every view, and what a cover is made of."""
    drawn, everything = _drawn("drawn"), _drawn("everything")
    return everything.notebook(drawn), everything.cover(drawn)


def test_the_same_notebook_gives_the_same_page(whole):
    node, _ = whole
    assert export.to_html(node, footer=FOOTER) == export.to_html(node, footer=FOOTER)


class _Tags(HTMLParser):
    """Checks that every element is closed in the order it was opened."""

    void = frozenset({"meta", "img", "br", "hr", "circle", "path", "link", "input"})

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.void:
            assert self.open.pop() == tag


def test_every_element_of_a_page_is_closed(whole):
    node, cover = whole
    for html in (export.to_html(node, footer=FOOTER), export.index_page(*cover)):
        parser = _Tags()
        parser.feed(html)
        assert parser.open == []


# The cover


def cover(**facts):
    entries = [{"href": "10_scorecard.html", "title": "Scorecard", "question": "What is red, what moved?"}]
    return export.index_page(entries, {"footer": FOOTER} | facts)


def test_the_cover_lists_each_report_with_its_question():
    html = cover()
    assert '<a href="10_scorecard.html">Scorecard</a>' in html
    assert "What is red, what moved?" in html


def test_the_cover_prints_figures_files_and_checks_and_leaves_out_what_is_not_given():
    given = cover(
        figures=[{"label": "Children in care", "value": "640", "note": "30 September 2025", "rag": ""}],
        files=[{"href": "data/scorecard.csv", "what": "the scorecard"}],
        checks=[{"name": "Rows", "result": "1,240 read"}],
    )
    headings = ["Key figures", "Figures as files", "What was checked"]
    assert all(text in given for text in [*headings, "640", "data/scorecard.csv", "1,240 read"])
    assert not any(text in cover() for text in headings)


def test_the_cover_says_how_privacy_is_protected_in_its_profile():
    assert "hidden and printed as c" in cover()
    assert "true, unrounded counts" in cover(footer=FOOTER | {"profile": "restricted"})


def test_a_report_without_a_question_still_has_an_entry():
    html = export.index_page([{"href": "a.html", "title": "A"}], {"footer": FOOTER})
    assert '<a href="a.html">A</a>' in html
