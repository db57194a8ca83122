"""What may be said of a series beside its latest figure: variation, assurance, long trend, and where they part."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.stats import spc_overlap
from incare.stats import trend as trends_of
from incare.views import shown, spc_icons, trend_chart
from incare.views.markup import Html, tag

JUDGED = ("improvement", "concern", "higher", "lower", "common cause")
SIGNALS = ("improvement", "concern", "higher", "lower")
SURE = ("passes", "hit or miss", "fails")
# Shapes that need no colour, in colours that can be seen on light and on dark paper.
_COLOURS = {
    "improvement": "#2f7fb8", "passes": "#2f7fb8", "concern": "#c2570c", "fails": "#c2570c",
    "higher": "#8a63c0", "lower": "#8a63c0",
}  # fmt: skip
_PAPER = "#ffffff"
_ARROW = {
    True: '<path d="M12 5l5 6h-3.2v8h-3.6v-8H7z" fill="{0}"/>',
    False: '<path d="M12 19l5-6h-3.2V5h-3.6v8H7z" fill="{0}"/>',
}
_WAVE = (
    '<path d="M5 14l4-4 6 4 4-4" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<circle cx="5" cy="14" r="1.7"/><circle cx="9" cy="10" r="1.7"/>'
    '<circle cx="15" cy="14" r="1.7"/><circle cx="19" cy="10" r="1.7"/>'
)
_RING = '<circle cx="12" cy="12" r="10.5" fill="none" stroke="currentColor" stroke-width="1.6"{0}/>'
_SQUARE = '<rect x="1" y="1" width="22" height="22" rx="3" fill="{0}"/>'
_DISC = '<circle cx="12" cy="12" r="11" fill="{0}"/>'
_DIAMOND = '<path d="M12 0l12 12-12 12L0 12z" fill="{0}"/>'


@dataclass(frozen=True)
class Verdict:
    """Colour and process control side by side: `agrees` is None where one of them says nothing."""

    agrees: bool | None
    sentence: str


def judge(protected: Protected, catalogue: Catalogue) -> Protected:
    """The series with control limits and icons, made from the protected figures alone.

    Measures that look back over more months than lie between their figures are judged by the figures that share no
    month (`stats.spc_overlap`).
    """
    return protected.pipe(spc_overlap.of_series, windows(catalogue))


def windows(catalogue: Catalogue) -> dict[str, int]:
    """How many months the figures of each measure look back over; a count since 1 April only compares with its year."""
    return {m.id: 12 if m.window.to_date else m.window.months for m in catalogue if m.window.to_date or m.window.months}


def trends(protected: Protected, catalogue: Catalogue) -> pd.DataFrame:
    """The long trend of every measure for everyone, as `stats.trend.of_series` gives it, from the protected figures."""
    frame = shown.frame_of(protected)
    return trends_of.of_series(frame[frame["breakdown"] == "total"], windows(catalogue))


def is_judged(protected: Protected) -> bool:
    """Whether the series has been through `judge`."""
    return "variation" in shown.frame_of(protected)


def verdict(row: pd.Series, trend: str = "") -> Verdict:
    """Whether the colour of a judged row and its signal say the same, in a sentence.

    Where too few points stand apart for a signal, `trend` ("rising" or "falling", as `trends` found it) decides.
    """
    rag, variation, assurance = row.get("rag", "none"), str(row["variation"]), str(row["assurance"])
    if rag not in ("green", "amber", "red"):
        return Verdict(None, _without_target(variation))
    where = "On target" if rag == "green" else "Off target"
    if assurance not in SURE and trend in (trends_of.RISING, trends_of.FALLING):
        gains = (trend == trends_of.RISING) == (row["better"] == "higher")
        agrees = gains == (rag == "green")
        return Verdict(agrees, f"{where}, {'and' if agrees else 'but'} {trend} over the whole record, by rule.")
    if assurance not in SURE:
        return Verdict(None, f"{where}; too few points stand apart to tell a signal from chance.")
    return _on_target(variation, assurance) if rag == "green" else _off_target(variation, assurance)


def _without_target(variation: str) -> str:
    if variation in SIGNALS:
        return f"{spc_icons.VARIATION[variation]}."
    return "Within its usual variation." if variation == "common cause" else "Not judged: too few points."


def _on_target(variation: str, assurance: str) -> Verdict:
    if variation == "concern":
        return Verdict(False, "On target, but the latest point is a signal of concern.")
    if assurance == "fails":
        return Verdict(False, "On target now, but its limits lie wholly off target: expect it to be missed.")
    if assurance == "hit or miss":
        return Verdict(False, "On target, but by chance: within its usual variation it will also be missed.")
    return Verdict(True, "On target, and its limits lie wholly on target.")


def _off_target(variation: str, assurance: str) -> Verdict:
    if variation == "improvement":
        return Verdict(False, "Off target, but the latest point is a signal of improvement.")
    if assurance == "passes":
        return Verdict(False, "Off target now, though its limits lie wholly on target: out of the ordinary.")
    if variation == "concern":
        return Verdict(True, "Off target, and the latest point is a signal of concern.")
    if assurance == "fails":
        return Verdict(True, "Off target, and it will stay so until something changes: its limits lie wholly off.")
    return Verdict(False, "Off target, but within its usual variation, in which the target is met or missed by chance.")


def rising(row: pd.Series) -> bool | None:
    """Whether the latest signal of a judged row is upward; None when there is none."""
    cause = str(row["special_cause"])
    return any(word in cause for word in ("above", "upper", "rising")) if cause else None


def variation(row: pd.Series) -> Html:
    """The icon of the latest point with its words beside it."""
    word = str(row["variation"])
    said = spc_icons.words_of(word, spc_icons.VARIATION)
    if word in SIGNALS:
        up = rising(row)
        shape = (_SQUARE if word == "improvement" else _DIAMOND if word in ("higher", "lower") else _DISC).format(
            _COLOURS[word]
        )
        return _icon(shape + _ARROW[word != "lower" if up is None else up].format(_PAPER), said)
    if word == "common cause":
        return _icon(_RING.format("") + _WAVE, said)
    return _icon(_RING.format(' stroke-dasharray="2.5 2.5"'), said)


def assurance(row: pd.Series) -> Html:
    """The icon of the target against the limits with its words beside it; nothing without a target."""
    word = str(row["assurance"])
    if not word:
        return Html()
    said = spc_icons.words_of(word, spc_icons.ASSURANCE)
    if word not in SURE:
        return _icon(_RING.format(' stroke-dasharray="2.5 2.5"'), said)
    ink = "currentColor" if word == "hit or miss" else _PAPER
    above = (word == "passes") == (row["better"] != "lower")
    line, top = (12, 6) if word == "hit or miss" else (15, 5) if above else (9, 12)
    marks = (
        f'<path d="M5 {line}h14" stroke="{ink}" stroke-width="1.6" stroke-dasharray="3 1.6"/>'
        f'<rect x="10.2" y="{top}" width="3.6" height="{12 if word == "hit or miss" else 7}" fill="{ink}"/>'
    )
    back = {"passes": _SQUARE, "fails": _DISC, "hit or miss": _RING}[word]
    return _icon(back.format("" if word == "hit or miss" else _COLOURS[word]) + marks, said)


def _icon(shapes: str, said: str) -> Html:
    # Decoration: the words beside it say all that it shows.
    picture = Html(
        f'<svg viewBox="0 0 24 24" width="22" height="22" fill="currentColor" aria-hidden="true">{shapes}</svg>'
    )
    return tag("span", picture, " ", tag("span", said), class_="spc-icon")


def trend(found: pd.DataFrame, measure: Measure) -> pd.Series | None:
    """The row of a measure's long trend; None when the table holds none."""
    mine = found[found["measure"] == measure.id]
    return None if mine.empty else mine.iloc[-1]


def trend_word(found: pd.DataFrame | None, measure: Measure) -> str:
    """The word of a measure's long trend; empty when none was asked or the table holds none."""
    row = None if found is None else trend(found, measure)
    return "" if row is None else str(row["word"])


def trend_sentence(found: pd.DataFrame, measure: Measure) -> str:
    """The long trend of a measure in a sentence with its size and its rule, or why it was not tested."""
    if shown.is_mix(measure):
        return "Long trend: not applicable to a mix of parts."
    row = trend(found, measure)
    if row is None:
        return "Long trend: not applicable; the measure has no figures."
    if row["status"] != "ok":
        return f"Long trend: not tested, {row['status']} ({int(row['points'])} with a figure)."
    said = trend_chart.said(row, measure.unit).replace(" Dashed: Sen’s line.", "").replace("Trend:", "", 1)
    return f"Long trend over {int(row['points'])} {row['grain']}s:{said}"


def caution(measure: Measure, grain: str) -> str:
    """Why the signals of a measure come too easily or too rarely, for its way of counting; empty when they do not."""
    if measure.window.to_date or measure.window.months > spc_overlap.STEP[grain]:
        return (
            "Neighbouring figures share months, so limits are made only from those that share none, and only these are "
            "judged."
        )
    if measure.window.last_day:
        return "Mostly the same children are counted each time, so signals come a little more easily than by the rule."
    return ""
