"""What a reader should know of an extract before believing its figures."""

from __future__ import annotations

from incare.record.quality import Facts
from incare.views.markup import Html, joined, tag
from incare.views.numbers import long_date


def fitness(facts: Facts) -> Html:
    """A few sentences: whether the extract reaches the quarter, how far behind it is, and whether its rows add up."""
    said = [_reach(facts), _lag(facts), _rows(facts), *facts.notices]
    return tag("ul", joined(tag("li", sentence) for sentence in said))


def _reach(facts: Facts) -> str:
    first, last = (long_date(day) for day in facts.covers)
    does = "cover" if facts.reaches_the_quarter else "do not cover"
    return f"{facts.quarter} ends on {long_date(facts.ends)}. The returns run from {first} to {last} and {does} it."


def _lag(facts: Facts) -> str:
    cut = f"The extract was cut on {long_date(facts.as_at)}"
    if facts.lag_days is None:
        return f"{cut}; nothing in it is dated before that day."
    days = "the same day" if facts.lag_days == 0 else f"{facts.lag_days} day{'s' * (facts.lag_days != 1)} before"
    return f"{cut}; its latest record is of {long_date(facts.reaches)}, {days}."


def _rows(facts: Facts) -> str:
    if facts.adds_up:
        return "In every file, the rows read are the rows used and the rows set aside: nothing was lost."
    return "In at least one file the rows used and set aside do not add up to the rows read: do not publish."
