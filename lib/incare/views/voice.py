"""What young people say, beside what is recorded: themes with numbers, quotes with consent, agree or diverge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from incare.committee import goals as aims
from incare.committee import voice as spoken
from incare.committee.voice import Voice
from incare.disclosure.protect import Protected
from incare.measure import Catalogue
from incare.stats import intervals
from incare.views import numbers, shown, tables
from incare.views.markup import Html, joined, tag
from incare.views.tables import laid_out

NO_EVIDENCE = "No qualitative evidence supplied."
WOULD_ADD = (
    "This page would then show, for each theme, what young people say beside what is recorded, with how many said it, "
    "where and when: surveys, themes, quotes given with consent, and visits of young inspectors. Name a file under "
    "the key voice in the params file."
)
AGREE, DIVERGE, SINGLE, UNSURE = "agree", "diverge", "single source", "cannot be told"
# Two sources ask different people different questions; ten points apart is more than wording explains.
APART = 10.0
MEANING = (
    "Diverge: the two lie ten points or more apart, and their 95% intervals leave no room for chance. Agree: they do "
    "not. A survey speaks for those who answered it only."
)
# How many there were would be a count of those who said no.
CONSENT = "Quotes are printed only with the consent of the young person; what was said without it is left out."


@dataclass(frozen=True)
class Source:
    """One source on a theme: what it is, its figure as printed (or None), of how many, and its source and date."""

    kind: str
    what: str
    value: float | None
    whole: float | None
    source: str
    theme: str
    reason: str = ""


def read(given, as_at: str) -> Voice:
    """The voices of a params file, as far as they were known on the day of the extract."""
    return spoken.read(given).until(date.fromisoformat(str(as_at)))


def sources(said: Voice, protected: Protected, measures: Catalogue, beside: Protected) -> list[Source]:
    """Every source with a figure, by theme: recorded, felt (survey), and seen by young inspectors."""
    recorded = {m.id: m for m in measures}
    found = []
    for theme in said.theme_names():
        answers = [a for a in said.survey if a.theme == theme]
        visits = [v for v in said.inspections if v.theme == theme and v.visited]
        ids = dict.fromkeys(part.measure for part in (*answers, *visits) if part.measure in recorded)
        found += [_recorded(protected, recorded[name], theme) for name in ids]
        found += [_felt(beside, answer) for answer in answers]
        found += [
            Source("Seen by young inspectors", f"{v.place}: found good", 100 * (v.good or 0) / v.visited, v.visited,
                   f"{v.source}, {numbers.long_date(v.on)}", theme)
            for v in visits
        ]  # fmt: skip
    return found


def _recorded(protected: Protected, measure, theme: str) -> Source:
    row = shown.latest(protected, measure)
    known = numbers.is_shown(row)
    when = numbers.period_words(row, measure)
    value, whole = (float(row["value"]), float(row["denominator"])) if known else (None, None)
    why = "" if known else numbers.why_missing(row)
    return Source("Recorded", measure.title, value, whole, f"The council's records, {when}", theme, why)


def _felt(beside: Protected, answer: spoken.Answer) -> Source:
    row = shown.latest(beside, f"survey_{spoken.name_of(answer.question)}")
    known = numbers.is_shown(row)
    value, whole = (float(row["value"]), float(row["denominator"])) if known else (None, None)
    rate = ""
    if answer.asked and known:
        rate = f", {numbers.half_up(100 * answer.answered / answer.asked)}% of those asked answered"
    source = f"{answer.source}, {numbers.long_date(answer.on)}{rate}"
    return Source(
        "Felt", answer.question, value, whole, source, answer.theme, "" if known else numbers.why_missing(row)
    )


def verdict(found: Iterable[Source]) -> str:
    """`agree`, `diverge`, `single source` or `cannot be told` for the sources of one theme.

    Each is held against the first with a figure, which is what is recorded, where anything is: they diverge when a
    share lies ten points or more from it and the 95 % interval of the difference leaves out 0.
    **Source** Newcombe (1998), method 10, for the interval; the ten points are ours.
    """
    found = list(found)
    known = [s for s in found if s.value is not None and s.whole]
    if len(found) < 2 or len({s.kind for s in found}) < 2:
        return SINGLE
    if len(known) < 2 or len({s.kind for s in known}) < 2:
        return UNSURE
    first, others = known[0], [s for s in known[1:] if s.kind != known[0].kind]
    return DIVERGE if any(_apart(first, other) for other in others) else AGREE


def _apart(one: Source, other: Source) -> bool:
    pairs = [(s.value * s.whole / 100, s.whole) for s in (one, other)]
    gap, low, high = intervals.difference(*pairs[0], *pairs[1])
    return bool(abs(gap) >= APART and (low > 0 or high < 0))


def triangulation(found: list[Source], themes: Iterable[str] = ()) -> Html:
    """A row for each source of each theme, and whether the sources of the theme agree."""
    themes = list(dict.fromkeys([*themes, *(s.theme for s in found)]))
    if not themes:
        return tag("p", f"{NO_EVIDENCE} {WOULD_ADD}", class_="empty")
    body = []
    for theme in themes:
        mine = [s for s in found if s.theme == theme]
        if not mine:
            head = tag("th", theme, scope="row")
            empty = tag("td", "No source has a figure", colspan="4")
            body.append(tag("tr", head, empty, tag("td", tag("strong", SINGLE))))
        for n, source in enumerate(mine):
            head = tag("th", theme, scope="row", rowspan=str(len(mine))) if n == 0 else None
            word = tag("td", tag("strong", verdict(mine)), rowspan=str(len(mine))) if n == 0 else None
            body.append(tag("tr", head, *_source_cells(source), word))
    heads = ["Theme", "Source", "What", "Figure", "Of how many", "The sources"]
    right = [n in ("Figure", "Of how many") for n in heads]
    return laid_out("What is recorded and what young people say", heads, body, [MEANING], figures=right)


def _source_cells(source: Source) -> list[Html]:
    figure = "c" if source.reason.startswith("hidden") else "x"
    value = tag("abbr", figure, title=source.reason) if source.value is None else tag("strong", _percent(source))
    whole = "–" if source.whole is None else numbers.number(source.whole)
    return [
        tag("td", tag("strong", source.kind), tag("span", source.source, class_="quiet")),
        tag("td", source.what),
        tag("td", value, class_="n"),
        tag("td", whole, class_="n"),
    ]


def _percent(source: Source) -> str:
    return numbers.number(source.value, "%")


def themes(said: Voice, beside: Protected) -> Html:
    """Each theme in words: what was said by how many, where and when, quotes with consent, and visits."""
    if said.is_empty:
        return tag("p", f"{NO_EVIDENCE} {WOULD_ADD}", class_="empty")
    pieces = [_theme(said, theme, beside) for theme in said.theme_names()]
    left_out = tag("p", CONSENT, class_="note") if said.withheld else Html()
    return joined(pieces) + left_out


def _theme(said: Voice, theme: str, beside: Protected) -> Html:
    mine = [t for t in said.themes if t.theme == theme]
    lines = [tag("li", t.text, " ", tag("span", _number(t, beside), class_="quiet")) for t in mine]
    lines += [
        tag("li", tag("strong", f"{v.by or 'Young inspectors'}: "), v.findings,
            tag("span", f" ({v.place}, {numbers.long_date(v.on)}; {_visits(v)})", class_="quiet"))
        for v in said.inspections
        if v.theme == theme
    ]  # fmt: skip
    quotes = [
        tag("blockquote", f"“{q.text}”", tag("span", f" {q.source}, {numbers.long_date(q.on)}", class_="quiet"))
        for q in said.quotes
        if q.theme == theme
    ]
    if not lines and not quotes:
        lines = [tag("li", NO_EVIDENCE)]
    return tag("h3", theme, data_contents="no") + (tag("ul", *lines) if lines else Html()) + joined(quotes)


def _number(theme: spoken.Words, beside: Protected) -> str:
    when = f"{theme.source}, {numbers.long_date(theme.on)}"
    if theme.n is None:
        return f"({when}; how many said so was not recorded)"
    row = shown.latest(beside, f"theme_{spoken.name_of(theme.text)}")
    said = numbers.amount(row["value"], row["unit"]) if numbers.is_shown(row) else "c young people, hidden as so few"
    return f"({said}; {when})"


def _visits(visit: spoken.Inspection) -> str:
    if visit.visited is None:
        return "how many were visited was not recorded"
    good = "" if visit.good is None else f", {visit.good} of them found good"
    return f"{visit.visited} homes visited{good}"


def slot(said: Voice, theme: str, beside: Protected) -> Html:
    """The qualitative evidence on one theme, or the words that none was supplied."""
    if theme not in said.theme_names():
        return tag("p", f"{theme}: {NO_EVIDENCE[0].lower()}{NO_EVIDENCE[1:]}", class_="quiet")
    return _theme(said, theme, beside)


def audits(said: Voice, beside: Protected) -> Html:
    """Grades of file audits: a row per grade with its share, small ones hidden; the words that none was handed in."""
    if not said.audits:
        return tag("p", "Audit grades: not applicable, none were handed in under the key voice.", class_="quiet")
    return joined(_audit(said, of, beside) for of in dict.fromkeys(a.of for a in said.audits))


def _audit(said: Voice, of: str, beside: Protected) -> Html:
    name = f"audit_{spoken.name_of(of)}"
    grades, whole = shown.rows(beside, name, "grade"), shown.latest(beside, name)
    body = [
        tag("tr", tag("th", str(row["category"]), scope="row"), tag("td", tables.symbol_cell(row), class_="n"),
            tag("td", _share_of(row, whole), class_="n"))
        for _, row in grades.iterrows()
    ]  # fmt: skip
    last = [a for a in said.audits if a.of == of][-1]
    read_ = f"{numbers.cell(whole)} files were read. Source: {last.source}, {numbers.long_date(last.on)}."
    notes = [read_, *tables.legend(grades), tables.rounding(beside)]
    return laid_out(f"Audit of {of.lower()}", ["Grade", "Files", "Share"], body, notes, figures=[False, True, True])


def _share_of(row: pd.Series, whole: pd.Series) -> str:
    if not (numbers.is_shown(row) and numbers.is_shown(whole)) or not whole["value"] > 0:
        return "–"
    return numbers.number(100 * row["value"] / whole["value"], "%")


# Goals


def goals(given: Iterable | None, protected: Protected, measures: Catalogue, targets: dict | None = None) -> Html:
    """Each goal with its owner, partners, where its measure stands and how far off; then what does not match.

    Goals without a measure and measures with a target but without a goal are listed.
    """
    found = aims.read(given)
    there = {m.id: m for m in measures}
    if not found:
        said = "No goal was handed in. Goals given under the key goals are shown with how far off they are."
        return tag("p", said, class_="empty")
    loose, without = aims.unmatched(found, [name for name in targets or {} if name in there])
    heads = ["Goal", "Answers for it", "Measure", "Now", "Target", "How far off"]
    body = [_goal(goal, protected, there.get(goal.measure), targets) for goal in found]
    right = [n in ("Now", "Target", "How far off") for n in heads]
    notes = ["★: young people put it among the first.", *tables.rag_meaning(protected)]
    made = laid_out("Goals, and how far off they are", heads, body, notes, figures=right)
    if loose:
        made += tag("p", f"Goals without a measure: {'; '.join(goal.goal for goal in loose)}.")
    if without:
        made += tag("p", f"Measures with a target but without a goal: {'; '.join(there[n].title for n in without)}.")
    return made


def _goal(goal: aims.Goal, protected: Protected, measure, targets) -> Html:
    star = tag("abbr", "★ ", title="young people put it among the first") if goal.young_peoples_priority else None
    how = tag("br") + tag("span", goal.how, class_="quiet") if goal.how else None
    partner = f"with: {goal.partner}" if goal.partner else ""
    owner = "; ".join(part for part in (goal.owner, partner) if part) or "nobody yet"
    if measure is None:
        cells = [tag("td", "no measure yet"), *(tag("td", "–", class_="n") for _ in range(3))]
        return tag("tr", tag("th", star, goal.goal, how, scope="row"), tag("td", owner), *cells)
    found = shown.rows(protected, measure)
    row, target = found.iloc[-1], shown.target_of(found, measure, targets)
    return tag(
        "tr",
        tag("th", star, goal.goal, how, scope="row"),
        tag("td", owner),
        tag("td", measure.title),
        tag("td", tag("strong", tables.symbol_cell(row)), class_="n"),
        tag("td", "–" if target is None else numbers.number(target, measure.unit), class_="n"),
        tag("td", gap(row, target, measure), class_="n"),
    )


def gap(row: pd.Series, target: float | None, measure) -> str:
    """How far a figure is from its target: `7 points below`, `reached`, or a dash."""
    if target is None or not numbers.is_shown(row):
        return "–"
    size = float(row["value"]) - target
    if (size >= 0) == (measure.better == "higher") or size == 0:
        return "reached"
    unit = " points" if measure.unit == "%" else f" {measure.unit}"
    return (
        f"{numbers.half_up(abs(size), 0 if float(size).is_integer() else 1)}{unit} {'below' if size < 0 else 'above'}"
    )


def findings(protected: Protected, found: list[Source], themes_: Iterable[str]) -> Html:
    """The findings of the triangulation in sentences, those that diverge first."""
    by_theme = {theme: [s for s in found if s.theme == theme] for theme in themes_}
    order = {DIVERGE: 0, AGREE: 1, UNSURE: 2, SINGLE: 3}
    listed = sorted(by_theme, key=lambda theme: order[verdict(by_theme[theme])])
    lines = [_finding(theme, by_theme[theme]) for theme in listed if by_theme[theme]]
    return tag("ul", *lines) if lines else tag("p", NO_EVIDENCE, class_="quiet")


def _finding(theme: str, found: list[Source]) -> Html:
    told = [f"{s.kind}: {s.what[0].lower() if s.kind == 'Recorded' else s.what[0]}{s.what[1:]}, {_percent(s)}"
            for s in found if s.value is not None]  # fmt: skip
    return tag("li", tag("strong", f"{theme}: {verdict(found)}. "), "; ".join(told), "." if told else "no figure.")
