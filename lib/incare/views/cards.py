"""Definition cards: what a measure means, who is in it, and which choices were in force."""

from __future__ import annotations

from incare.measure import SECTIONS, Measure
from incare.published import england
from incare.views import shown
from incare.views.markup import Html, joined, tag

_POLARITY = {"higher": "Higher is better", "lower": "Lower is better", "neither": "Neither higher nor lower is better"}


def definition(measure: Measure | str, opened: bool = False) -> Html:
    """A card that opens: summary, population, what is counted and set aside, choices in force, source, version."""
    known = shown.facts(measure)
    card = joined(_line(name, text) for name, text in entries(known) if text)
    return tag(
        "details",
        tag("summary", "What this measures: ", tag("span", known.title, class_="card-title")),
        tag("p", known.definition.get("summary", "")),
        tag("dl", card),
        class_="card",
        open=opened,
    )


def entries(known: Measure) -> list[tuple[str, str]]:
    """What a card says, as names and texts in reading order; empty texts where there is nothing to say."""
    read = {name: known.definition.get(name, "") for name in SECTIONS}
    return [
        ("Population", read["Population"]),
        ("Counted", read["Counted"]),
        ("Set aside", read["Set aside"]),
        ("Choices in force", _choices(known)),
        ("What choices mean", read["Choices"]),
        ("Days looked at", _window(known)),
        ("Direction", _POLARITY[known.better]),
        ("Unit", known.unit),
        ("Source", read["Source"]),
        ("Version", f"{known.version}, in force since {known.valid_from}"),
        ("Breaks", "; ".join(f"{day}: {why}" for day, why in sorted(known.breaks.items()))),
        ("Tables read", ", ".join(name.replace("_", " ") for name in known.sources)),
        ("History needed", f"{known.needs_history} months of record" if known.needs_history else "none"),
        ("Published for England", _england(known)),
    ]


def _window(known: Measure) -> str:
    window = known.window
    if window.last_day:
        return "the last day of the period"
    if window.to_date:
        return "1 April to the end of the period"
    return f"the {window.months} months to the end of the period" if window.months else "the period"


def _england(known: Measure) -> str:
    """England's newest published figure under the choices in force, with its year and source."""
    found = england([known]).sort_values("YEAR")
    if found.empty:
        return "no figure under these choices"
    row = found.iloc[-1]
    return f"{row['VALUE']:,g} in the year to March {row['YEAR']} ({row['SOURCE']})"


def _choices(known: Measure) -> str:
    return "; ".join(f"{name} = {_plain(value)}" for name, value in known.choices.items())


def _plain(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return str(value)


def _line(name: str, text: str) -> Html:
    return tag("div", tag("dt", name), tag("dd", text))
