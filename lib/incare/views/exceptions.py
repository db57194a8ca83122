"""What missed its target, by how much, for how long, whether it is signal, and what else changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.stats import change
from incare.views import numbers, scorecard, shown, signals, tables, words
from incare.views.markup import Html, joined, tag

OFF = ("red", "amber")
FLOWS = ("cla_started_count", "cla_ceased_count", "cla_count", "cl_count")
UNEXPLAINED = "Unexplained: no service comment was supplied."
USUAL = (
    "The latest point lies within its usual variation: this {grain} by itself calls for no explanation, only the level "
    "does."
)
HIDDEN_GROUP, NO_SHARE = "a group is hidden in one of the two years", "that is done for shares only"
PARTS_MEANING = (
    "Mix: what a changed make-up of the groups adds to the change of the whole. Within: what a changed figure inside "
    "the group adds. Made from the figures as printed, so they add up to the change only about."
)


def missed(judged: Protected, catalogue: Catalogue) -> list[Measure]:
    """The measures whose newest figure is off its target, the red ones first.

    The series must hold targets; the amber ones are off target too, within the agreed margin.
    """
    off = [(m, shown.latest(judged, m)) for m in catalogue if not shown.is_mix(m)]
    off = [(m, row["rag"]) for m, row in off if numbers.is_shown(row) and row.get("rag") in OFF]
    return [m for colour in OFF for m, rag in off if rag == colour]


def summary(judged: Protected, catalogue: Catalogue, comments: dict[str, str] | None = None) -> Html:
    """How many measures missed their target, and a row for each: by how much, for how long, signal, commentary."""
    off = missed(judged, catalogue)
    lead = _lead(judged, catalogue, off)
    if not off:
        return lead
    grain = shown.latest(judged, off[0])["grain"]
    heads = [
        "Measure",
        "Latest",
        "Target",
        "Rating",
        "Short by",
        f"{grain.capitalize()}s in a row",
        "Signal",
        "Comment",
    ]
    body = [_row(judged, m, _explained((comments or {}).get(m.id))) for m in off]
    right = [name in ("Latest", "Target", "Short by", heads[5]) for name in heads]
    notes = [*tables.rag_meaning(judged), scorecard.MEANING]
    return lead + tables.laid_out("Measures off target", heads, body, notes, class_="scorecard", figures=right)


def _explained(comment: str | None) -> bool:
    """Whether a comment gives a reason; one that says the reason is not known yet does not."""
    said = words.comment(comment)
    return bool(said) and not said.startswith("Unexplained")


def _lead(judged: Protected, catalogue: Catalogue, off: list[Measure]) -> Html:
    single = [m for m in catalogue if not shown.is_mix(m)]
    newest = [(m, shown.latest(judged, m)) for m in single]
    aimed = [(m, row) for m, row in newest if pd.notna(row.get("target"))]
    red = sum(shown.latest(judged, m)["rag"] == "red" for m in off)
    said = tag(
        "p",
        tag("strong", f"{len(off)} of {len(aimed)} measures with a target"),
        f" missed it: {red} outside the agreed margin (red), {len(off) - red} within it (amber).",
        class_="headline",
    )
    blind = [m.title for m, row in aimed if row["rag"] == "none"]
    more = tag("p", f"Could not be held against a target: {'; '.join(blind)}.", class_="quiet") if blind else Html()
    return said + more


def _row(judged: Protected, measure: Measure, explained: bool) -> Html:
    row = shown.latest(judged, measure)
    return tag(
        "tr",
        tag("th", measure.title, scope="row"),
        tag("td", tag("strong", numbers.number(row["value"], row["unit"])),
            tag("span", tables.unit_and_n(row), class_="quiet"), class_="n"),
        tag("td", numbers.number(row["target"], row["unit"]), class_="n"),
        tag("td", tables.rating(row)),
        tag("td", _gap(row), class_="n"),
        tag("td", "–" if pd.isna(row["below_for"]) else str(int(row["below_for"])), class_="n"),
        tag("td", scorecard.icons(row)),
        tag("td", "given below" if explained else "unexplained"),
    )  # fmt: skip


def _gap(row: pd.Series) -> str:
    """How far a figure is from its target, as a size."""
    size = abs(float(row["target"]) - float(row["value"]))
    if row["unit"] == "%":
        figure = numbers.half_up(size, 0 if size.is_integer() else 1)
        return f"{figure} point{'' if figure == 1 else 's'}"
    return numbers.amount(size, row["unit"])


def short_of(protected: Protected, measure: Measure) -> str:
    """How many more (or fewer) would have met the target, from the figures as printed; empty where it has no number."""
    row = shown.latest(protected, measure)
    if row["unit"] != "%" or pd.isna(row["denominator"]) or pd.isna(row.get("target")):
        return f"It is {_gap(row)} off its target."
    base = protected.rules.base if protected.profile == "public" else 1
    heads = abs(row["target"] - row["value"]) / 100 * row["denominator"]
    # A count to the base of the printed ones says no more than they do.
    count = max(math.ceil(heads / base - 1e-9) * base, base)
    way = "more" if measure.better == "higher" else "fewer"
    people = words.population(measure).strip() or "cases"
    about = "about " if protected.profile == "public" else ""
    whole = numbers.number(row["denominator"])
    return f"It is {_gap(row)} off its target: {about}{count:,} {way} of the {whole} {people} would have met it."


def panels(
    judged: Protected,
    catalogue: Catalogue,
    targets: dict | None = None,
    comments: dict[str, str] | None = None,
    by: Sequence[str] = (),
    trends: pd.DataFrame | None = None,
    last: int = 8,
) -> Html:
    """A panel for each measure off target: chart with limits, size of the gap, what changed by group, and the comment.

    `judged` has been through `signals.judge`; `by` names breakdowns. Without a comment the page says "unexplained".
    """
    off = missed(judged, catalogue)
    return joined(_panel(judged, m, targets, (comments or {}).get(m.id), by, trends, last) for m in off)


def _panel(judged, measure: Measure, targets, comment: str | None, by: Sequence[str], trends, last: int) -> Html:
    row = shown.latest(judged, measure)
    more = [tag("p", short_of(judged, measure)), _why(row, comment)]
    split = [_changed(judged, measure, name) for name in by if shown.has_groups(judged, measure, name)]
    heading = tag("h4", "What changed since the year before, by group")
    more += [heading, *split] if split else [tag("p", "What changed by group: not applicable, no breakdown was asked.",
                                                 class_="quiet")]  # fmt: skip
    return scorecard.exception(judged, measure, targets, trends, last, more)


def _why(row: pd.Series, comment: str | None) -> Html:
    said = words.comment(comment)
    label = tag("strong", "Why: ")
    why = tag("p", label, said or UNEXPLAINED, class_="comment" if said else "comment quiet")
    usual = tag("p", USUAL.format(grain=row["grain"])) if row["variation"] == "common cause" else Html()
    return usual + why


def _changed(judged: Protected, measure: Measure, by: str) -> Html:
    """The groups of a breakdown now and a year before, with the parts of the change when no group is hidden."""
    found = shown.rows(judged, measure, by)
    ends = found["period_end"].max(), found["period_end"].max() - pd.offsets.MonthEnd(12)
    now, then = (found[found["period_end"] == end].set_index("category") for end in ends)
    if then.empty:
        return tag("p", f"By {words.breakdown_title(by)}: not applicable, the record does not reach the year before.",
                   class_="quiet")  # fmt: skip
    # A group with nobody in it in both years says nothing.
    nobody = [name for name in now.index if _empty(now, name) and _empty(then, name)]
    now, then = now.drop(index=nobody), then.drop(index=nobody, errors="ignore")
    if not (shown.any_shown(now) and shown.any_shown(then)):
        return tag("p", f"By {words.breakdown_title(by)}: no group can be shown in both years.", class_="quiet")
    parts = _parts(then, now)
    heads = ["Group", "Year before", "Now", "Change", *(["Within"] if parts is not None else [])]
    body = [_group(name, then, row, parts) for name, row in now.iterrows()]
    caption = f"{measure.title} by {words.breakdown_title(by)}: what changed"
    notes = tables.legend(pd.concat([now, then]))
    if parts is None:
        share = (pd.concat([now, then])["unit"] == "%").all()
        notes.append(f"Mix and rate are not told apart: {HIDDEN_GROUP if share else NO_SHARE}.")
    else:
        whole = f"{_points(parts['mix'].sum())} from the mix, {_points(parts['rate'].sum())} within the groups."
        notes += [f"Of the change of the whole: {whole}", _expected(then, now), PARTS_MEANING]
    right = [name in ("Year before", "Now", "Within") for name in heads]
    return tables.laid_out(caption, heads, body, notes, figures=right)


def _parts(then: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame | None:
    """Kitagawa's parts of the change in the figures as printed; None where a group is not shown."""
    counts = ["numerator", "denominator"]
    then, now = (side[side["status"] != "z"] for side in (then, now))
    both = pd.concat([then, now])
    if (
        not (both["unit"] == "%").all()
        or not both["status"].isin(["ok", "low"]).all()
        or both[counts].isna().any(axis=None)
    ):
        return None
    try:
        made = change.by_groups(*(side[counts].reset_index(names="category") for side in (then, now)))
    except change.ChangeError:
        return None
    return made.set_index("category")


def expected_for(then: pd.DataFrame, now: pd.DataFrame) -> float:
    """What the whole would be with today's mix of groups, had each group kept its figure of the year before, in %.

    Both have the groups as index and `numerator, denominator`; groups of nobody then are left out. NaN without any.
    Source: direct standardisation to today's mix.
    """
    before = then[["numerator", "denominator"]].rename(columns={"denominator": "denominator_then"})
    both = now[["denominator"]].join(before, how="inner")
    both = both[both["denominator_then"] > 0]
    rate = both["numerator"] / both["denominator_then"]
    whole = both["denominator"].sum()
    return float(100 * (rate * both["denominator"]).sum() / whole) if whole > 0 else float("nan")


def _expected(then: pd.DataFrame, now: pd.DataFrame) -> str:
    """The expected value for the children of today, in a sentence: what a target is up against."""
    value = expected_for(*(side[side["status"] != "z"] for side in (then, now)))
    if math.isnan(value):
        return ""
    figure = numbers.half_up(value, 1)
    return f"With today’s mix of groups and the year before’s figure in each, {figure}% would be expected."


def _empty(side: pd.DataFrame, name: str) -> bool:
    return name not in side.index or side.loc[name, "status"] == "z"


def _group(name: str, then: pd.DataFrame, row: pd.Series, parts: pd.DataFrame | None) -> Html:
    before = then.loc[name] if name in then.index else None
    word = row.get("year_ago_word")
    word = str(word) if numbers.is_shown(row) and isinstance(word, str) else "not comparable"
    cells = [
        tag("th", str(name), scope="row"),
        tag("td", tables.symbol_cell(before), class_="n"),
        tag("td", tag("strong", tables.symbol_cell(row)), class_="n"),
        tag("td", tables.change(word)),
    ]
    if parts is not None:
        within = parts.loc[name, "rate"] if name in parts.index else 0.0
        cells.append(tag("td", _points(within), class_="n"))
    return tag("tr", *cells)


def _points(size: float) -> str:
    figure = numbers.half_up(abs(size), 1)
    return f"{'' if figure == 0 else '+' if size > 0 else '−'}{figure} points"


def flows(judged: Protected, catalogue: Catalogue) -> Html:
    """Who joined and who left: children starting, ceasing and in care, and care leavers, beside earlier figures."""
    there = [catalogue[name] for name in FLOWS if name in {m.id for m in catalogue}]
    if not there:
        return tag("p", "Not applicable: this pack counts neither joiners nor leavers.", class_="empty")
    heads = ["Measure", "Latest", "Previous period", "Year before", "Signal"]
    body = []
    for measure in there:
        found = shown.rows(judged, measure)
        body.append(
            tag(
                "tr",
                tag("th", measure.title, scope="row"),
                tag("td", tag("strong", tables.symbol_cell(found.iloc[-1])), class_="n"),
                tables.before_cell(shown.previous(found), words.change_word(found, "previous")),
                tables.before_cell(shown.year_ago(found), words.change_word(found, "year_ago")),
                tag("td", tag("span", signals.variation(found.iloc[-1]), class_="change")),
            )
        )
    newest = pd.concat([shown.rows(judged, m).tail(1) for m in there])
    notes = [*tables.legend(newest), tables.rounding(judged)]
    right = [name in heads[1:4] for name in heads]
    return tables.laid_out("Children and young people who joined and left", heads, body, notes, figures=right)
