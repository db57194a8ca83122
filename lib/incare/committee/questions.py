"""Questions of a committee: who asked, when, and which page answered; unanswered ones stay until they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from incare.committee.entries import EntryError, Place, day, each, keyed, measures_of, words
from incare.committee.text import cleaned

KEYS = ("question", "who", "asked", "measures", "measure", "cohort", "by", "answered", "answer", "answered_by", "route")


@dataclass(frozen=True)
class Question:
    """A question with who asked it and when, what was asked for (`measures` of a `cohort`), and its answer.

    `answered_by` names the page, such as `80_ask` or `20_performance_report`.
    """

    question: str
    who: str = ""
    asked: date | None = None
    measures: tuple[str, ...] = ()
    cohort: str = ""
    answered: date | None = None
    answer: str = ""
    answered_by: str = ""
    route: str = ""
    place: Place = field(default=Place(), compare=False)

    def is_open(self, on: date) -> bool:
        """Whether nobody had answered by a day."""
        return not (self.answered and self.answered <= on)


def read(entries: Iterable | None, places: Sequence[Place] = ()) -> tuple[Question, ...]:
    """Questions from plain entries: a text, or keys of `KEYS`.

    Raises `EntryError` for an unknown key, an entry without words, a day that is none, or an answer before its
    question.
    """
    return each(entries, places, _question)


def _question(entry, place: Place) -> Question:
    entry = keyed(entry, "question", KEYS, "a question", place)
    text = words(entry, "question", "a question", place)
    asked, answered = (day(entry.get(name), name, place) for name in ("asked", "answered"))
    if asked and answered and answered < asked:
        raise EntryError(f"{place.told()}: the question was answered before it was asked; correct the days.")
    return Question(
        question=text,
        asked=asked,
        answered=answered,
        measures=measures_of(entry),
        place=place,
        **{name: cleaned(entry.get(name)) for name in ("who", "cohort", "answer", "answered_by", "route")},
    )


def standing(questions: Iterable[Question], start: date, on: date) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """The questions still open on a day, oldest first, and those answered since the quarter's first day.

    `start` is the quarter's first day, `on` the day of the extract; a question asked later is in neither.
    """
    known = [q for q in questions if not (q.asked and q.asked > on)]
    waiting = sorted((q for q in known if q.is_open(on)), key=lambda q: q.asked or date.min)
    answered = [q for q in known if not q.is_open(on) and q.answered >= start]
    return tuple(waiting), tuple(answered)


def answers(questions: Iterable[Question], measures: Iterable[str], cohort: str = "") -> tuple[Question, ...]:
    """The questions that a page with some measures of a cohort answers: about one of these and the same children."""
    named, wanted = set(measures), _plain(cohort)
    return tuple(q for q in questions if named & set(q.measures) and _plain(q.cohort) == wanted)


def _plain(cohort: str) -> str:
    return "".join(cohort.lower().split()).replace("'", '"')
