"""Whole panels: everything a reader needs about one measure, one topic, or all topics, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from incare.disclosure.forecasts import ProtectedForecasts
from incare.disclosure.protect import Protected
from incare.measure import Catalogue
from incare.measure import Measure as MeasureFacts
from incare.views import cards, charts, exceptions, numbers, scorecard, shown, signals, tables, words
from incare.views.markup import Html, joined, tag

NO_COMMENT = "No service comment supplied."
NO_TARGET = "Target: not applicable, none was set."
TREND_ELSEWHERE = "Long trend: not applicable here; it is tested in the performance report."
POLARITY = {
    "higher": "Higher is better.",
    "lower": "Lower is better.",
    "neither": "Neither higher nor lower is better.",
}


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
    trends: pd.DataFrame | None = None,
    periods: int | None = None,
) -> Html:
    """One measure: heading, sentence, chart, table, benchmark, comment and definition card; breakdowns when asked.

    Under the heading stands which way is better. The six elements (table, graph, target, long trend, benchmark,
    comment) are there, or the words that one does not apply: nothing is left out. `by` names breakdowns; those that
    the series does not hold for this measure are left out. With a series that has been through `signals.judge` the
    panel also has the control chart, the icons and, from `trends` (`signals.trends`), the long trend with its rule;
    `periods` then says how many of the newest the first chart shows, the control chart shows all.
    """
    known = shown.facts(measure)
    # Every piece below looks for this measure's rows alone.
    protected = protected.pipe(_only, known.id)
    long = (
        _long(protected, known, targets, trends) if signals.is_judged(protected) else _short(protected, known, targets)
    )
    heading = tag("h3", known.title, id=f"measure-{known.id}")
    pieces = [
        heading,
        tag("p", POLARITY[known.better], class_="quiet"),
        words.headline(protected, known, targets, named=False),
        _short_of(protected, known),
        _over_time(_newest(protected, periods), known, targets, benchmark, actions, last),
        *long,
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
    trends: pd.DataFrame | None = None,
    periods: int | None = None,
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
            trends=trends,
            periods=periods,
        )
        for known in catalogue.topic(topic)
    )
    said = comment((comments or {}).get(topic))
    return tag("h2", words.topic_title(topic), id=f"topic-{topic}") + said + joined(panels)


def topics(protected: Protected, catalogue: Catalogue, **settings) -> Html:
    """Every topic of the catalogue in its order; `settings` are those of `topic`.

    A topic that the service comments on without a measure in the catalogue, such as health, has a section of its own.
    """
    said, there = settings.get("comments") or {}, catalogue.topics()
    names = [name for name in words.TOPICS if name in there or words.comment(said.get(name))]
    names += [name for name in there if name not in names]
    return joined(topic(protected, catalogue, name, **settings) for name in names)


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


def _only(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    return frame[frame["measure"] == measure]


def _newest(protected: Protected, periods: int | None) -> Protected:
    """The series over its newest periods."""
    if periods is None:
        return protected
    return protected.pipe(
        lambda frame: frame[frame["period_end"].isin(sorted(frame["period_end"].unique())[-periods:])]
    )


def _long(protected: Protected, known: MeasureFacts, targets, trends: pd.DataFrame | None) -> list[Html]:
    """What may be said of the whole record: control chart, variation, assurance, long trend; words where there is none.

    Without enough points to judge by there are the words and icons alone: trial limits would say no more.
    """
    if shown.is_mix(known):
        return [tag("p", "Target, signal and long trend: not applicable to a mix of parts.", class_="quiet")]
    row = shown.latest(protected, known)
    target = shown.target_of(shown.rows(protected, known), known, targets)
    lines = [
        tag("p", signals.variation(row)),
        tag("p", signals.assurance(row)) if str(row["assurance"]) else None,
        tag("p", signals.verdict(row, signals.trend_word(trends, known)).sentence),
        tag("p", signals.trend_sentence(trends, known)) if trends is not None else None,
        tag("p", NO_TARGET, class_="quiet") if target is None else None,
    ]
    heading = tag("h4", "Signal and long trend")
    if str(row["variation"]) not in signals.JUDGED:
        careful = signals.caution(known, row["grain"])
        return [heading, *(line for line in lines if line), *([tag("p", careful, class_="note")] if careful else [])]
    beside = tag("div", *lines)
    return [heading, tag("div", scorecard.limits_chart(protected, known, targets), beside, class_="pair")]


def _short(protected: Protected, known: MeasureFacts, targets) -> list[Html]:
    """The elements that a page without limits does not show, in words."""
    if shown.is_mix(known):
        return [tag("p", "Target and long trend: not applicable to a mix of parts.", class_="quiet")]
    target = shown.target_of(shown.rows(protected, known), known, targets)
    return [tag("p", *([] if target is not None else [f"{NO_TARGET} "]), TREND_ELSEWHERE, class_="quiet")]


def _short_of(protected: Protected, known: MeasureFacts) -> Html:
    """How many more (or fewer) would have met a target that was missed; nothing where none was."""
    row = shown.latest(protected, known)
    if not numbers.is_shown(row) or row.get("rag", "none") not in exceptions.OFF:
        return Html()
    return tag("p", exceptions.short_of(protected, known))


def _split(protected: Protected, known: MeasureFacts, by: str) -> Html:
    heading = tag("h4", f"By {words.breakdown_title(by)}")
    if shown.is_mix(known):
        return heading + tables.parts_by(protected, known, by)
    return heading + breakdown(protected, known, by)


def _comment(text: str | None) -> Html:
    said = words.comment(text)
    label = tag("strong", "Service comment: ")
    return tag("p", label, said or NO_COMMENT, class_="comment" if said else "comment quiet")
