"""A notebook that shows every view once, executed by hand, so that one page holds all there is to look at."""

from __future__ import annotations

import nbformat
import pandas as pd

from incare.views import cards, charts, panels, tables, words

FOOTER = {
    "area": "Testshire",
    "quarter": "2025-26 Q2",
    "as_at": "12 October 2025",
    "profile": "public",
    "version": "0.1.0",
}


def notebook(drawn, profile: str = "public"):
    """The notebook, with the outputs that a kernel would have stored."""
    shown = drawn.protected(profile)
    some = drawn.MEASURES
    rows = pd.DataFrame({"rows": ["read", "used", "set aside: short breaks"], "number": [1_240, 1_230, 10]})
    return _notebook(
        "# Performance report",
        "What is on target, what moved, and is it more than chance?",
        "## Overall assessment",
        words.highlights(shown, some),
        "## Scorecard",
        tables.scorecard(shown, some),
        panels.topics(
            shown,
            some,
            targets=drawn.TARGETS,
            actions=drawn.ACTIONS,
            benchmarks=drawn.benchmark(),
            comments={"care_plan_up_to_date_pct": "Two posts were filled in July.[Op147] <b>Overdue</b> plans fell."},
            by=("age_band", "uasc"),
        ),
        "## Forecast",
        panels.forecast(shown, drawn.forecasts(), drawn.backtest(), some["cla_count"], every=4),
        "## Data",
        tables.plain(rows, "Rows of the extract"),
        charts.breakdown(shown, some["cla_count"], "age_band"),
        cards.definition(some["cla_count"], opened=True),
    )


def _notebook(*pieces):
    cells = [_cell(piece, place) for place, piece in enumerate(pieces, start=1)]
    return nbformat.v4.new_notebook(cells=cells)


def _cell(piece, place: int):
    if isinstance(piece, str):
        return nbformat.v4.new_markdown_cell(piece)
    data = {"text/html": piece._repr_html_(), "text/plain": repr(piece)}
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=place)
    return nbformat.v4.new_code_cell("views.show()", outputs=[output], execution_count=place)


def cover(drawn, profile: str = "public") -> tuple[list[dict], dict]:
    """The entries and facts of a cover page."""
    shown = drawn.protected(profile)
    entries = [
        {"href": "performance.html", "title": "Performance report", "question": "What is on target, and what moved?"},
        {"href": "40_care_leavers.html", "title": "Care leavers", "question": "How are young people doing after care?"},
    ]
    facts = {
        "lead": "For the corporate parenting board, from the council’s records.",
        "footer": FOOTER | {"profile": profile},
        "figures": words.key_figures(shown, drawn.MEASURES.only(["cla_count", *drawn.TARGETS])),
        "files": [{"href": "data/scorecard.csv", "what": "the scorecard"}, {"href": "appendix.xlsx", "what": "all"}],
        "checks": [{"name": "Rows", "result": "1,240 read, 1,230 used, 10 set aside"}],
    }
    return entries, facts
