"""Whole panels: everything a reader needs about one measure, one topic, or all topics, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from incare.disclosure.forecasts import ProtectedForecasts
from incare.disclosure.protect import Protected
from incare.measure import Catalogue
from incare.measure import Measure as MeasureFacts
from incare.views import cards, charts, shown, tables, words
from incare.views.markup import Html, joined, tag

NO_COMMENT = "No service comment supplied."


def measure(
    protected: Protected,
    measure: MeasureFacts | str,
    *,
    targets: dict | None = None,
    benchmark: pd.DataFrame | None = None,
    actions: list[dict] | None = None,
    comment: str | None = None,
    by: Sequence[str] = (),
    last: int = 8,
) -> Html:
    """One measure: heading, sentence, chart, table, benchmark, comment and definition card; breakdowns when asked.

    What there is nothing to show of is said in words, never left out. `by` names breakdowns; those that the series
    does not hold for this measure are left out.
    """
    known = shown.facts(measure)
    heading = tag("h3", known.title, id=f"measure-{known.id}")
    pieces = [
        heading,
        words.headline(protected, known, targets, named=False),
        _over_time(protected, known, targets, benchmark, actions, last),
        *(_split(protected, known, name) for name in by if shown.has_groups(protected, known, name)),
        tables.benchmark(protected, known, benchmark),
        _comment(comment),
        cards.definition(known),
    ]
    return tag("section", *pieces, class_="panel", aria_labelledby=f"measure-{known.id}")


def topic(
    protected: Protected,
    catalogue: Catalogue,
    topic: str,
    *,
    targets: dict | None = None,
    benchmarks: pd.DataFrame | None = None,
    actions: list[dict] | None = None,
    comments: dict[str, str] | None = None,
    by: Sequence[str] = (),
    last: int = 8,
) -> Html:
    """A topic's heading and the panels of its measures; `comments` is keyed by measure id.

    `benchmarks` is the table of published figures (`MEASURE_ID, YEAR, AREA, VALUE, SOURCE`).
    """
    panels = (
        measure(
            protected,
            known,
            targets=targets,
            benchmark=benchmarks,
            actions=actions,
            comment=(comments or {}).get(known.id),
            by=by,
            last=last,
        )
        for known in catalogue.topic(topic)
    )
    return tag("h2", words.topic_title(topic), id=f"topic-{topic}") + joined(panels)


def topics(protected: Protected, catalogue: Catalogue, **settings) -> Html:
    """Every topic of the catalogue in its order; `settings` are those of `topic`."""
    return joined(topic(protected, catalogue, name, **settings) for name in catalogue.topics())


def comment(text: str | None) -> Html:
    """What the service says, cleaned of stray marks; nothing when it says nothing."""
    return _comment(text) if words.comment(text) else Html()


def definitions(catalogue: Catalogue) -> Html:
    """The definition cards of a catalogue by topic."""
    pieces = []
    for name in catalogue.topics():
        pieces.append(tag("h2", words.topic_title(name), id=f"topic-{name}"))
        pieces += [cards.definition(known) for known in catalogue.topic(name)]
    return joined(pieces)


def breakdown(protected: Protected, measure: MeasureFacts | str, by: str) -> Html:
    """One measure by one breakdown: chart beside table."""
    known = shown.facts(measure)
    return tag(
        "div", charts.breakdown(protected, known, by), tag("div", tables.breakdown(protected, known, by)), class_="pair"
    )


def forecast(
    history: Protected, forecasts, backtest: pd.DataFrame, measure: MeasureFacts | str, every: int = 1
) -> Html:
    """One measure's forecast: heading, sentence, fan, table and past error."""
    known = shown.facts(measure)
    picture = charts.forecast(history, forecasts, known)
    pieces = [
        tag("h3", f"{known.title}: forecast", id=f"forecast-{known.id}"),
        words.forecast(forecasts, backtest, known),
        tag("div", picture, tag("div", tables.forecast(forecasts, known, every)), class_="pair"),
        tables.backtest(words.of_measure(backtest, known), known.unit, known.title),
    ]
    return tag("section", *pieces, class_="panel", aria_labelledby=f"forecast-{known.id}")


def off_target(protected: Protected, catalogue: Catalogue, targets: dict | None = None, last: int = 8) -> Html:
    """A panel without its card for every measure whose newest figure is red; words when none is."""
    red = [known for known in catalogue if not shown.is_mix(known) and words.is_red(protected, known)]
    if not red:
        return tag("p", "No measure with a target is red.", class_="quiet")
    return joined(
        tag(
            "section",
            tag("h3", m.title, id=f"off-target-{m.id}"),
            words.headline(protected, m, targets, named=False),
            _over_time(protected, m, targets, None, None, last),
            class_="panel",
            aria_labelledby=f"off-target-{m.id}",
        )
        for m in red
    )


def forecasts(history: Protected, found: ProtectedForecasts, catalogue: Catalogue, every: int = 1) -> Html:
    """The forecast panel of every measure; a measure that could not be forecast, or is too small to show, says why."""
    return joined(_forecast_or_words(history, found, known, every) for known in catalogue)


def _forecast_or_words(history: Protected, found: ProtectedForecasts, known: MeasureFacts, every: int) -> Html:
    ahead, tested = found.of(known.id)
    why = found.left_out.get(known.id) or ("its numbers are too small to show" if ahead["mean"].isna().any() else "")
    if not why:
        return forecast(history, ahead, tested, known, every)
    heading = tag("h3", f"{known.title}: forecast", id=f"forecast-{known.id}")
    return tag(
        "section",
        heading,
        tag("p", f"No forecast: {why}.", class_="empty"),
        class_="panel",
        aria_labelledby=f"forecast-{known.id}",
    )


def _over_time(protected: Protected, known: MeasureFacts, targets, benchmark, actions, last: int) -> Html:
    """Chart and table over time: the parts of a mix, or the measure itself; words when no period has a figure."""
    if shown.is_mix(known) and shown.has_rows(protected, known, known.parts):
        if not shown.any_shown(shown.rows(protected, known, known.parts)):
            return tag("p", "No chart or table: no period has a figure to show.", class_="empty")
        return charts.mix(protected, known) + tables.mix(protected, known)
    if not shown.any_shown(shown.rows(protected, known)):
        return tag("p", "No chart or table: no period has a figure to show.", class_="empty")
    picture = charts.trend(protected, known, targets, benchmark, actions)
    return tag("div", picture, tag("div", tables.series(protected, known, last)), class_="pair")


def _split(protected: Protected, known: MeasureFacts, by: str) -> Html:
    heading = tag("h4", f"By {words.breakdown_title(by)}")
    if shown.is_mix(known):
        return heading + tables.parts_by(protected, known, by)
    return heading + breakdown(protected, known, by)


def _comment(text: str | None) -> Html:
    said = words.comment(text)
    label = tag("strong", "Service comment: ")
    return tag("p", label, said or NO_COMMENT, class_="comment" if said else "comment quiet")
