"""What a measure is, and how measures are collected into a catalogue."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from types import ModuleType

import numpy as np

from incare.kinds import Kind, Mix
from incare.periods import Window, in_period, year_to_date

SECTIONS = ("Population", "Counted", "Set aside", "Choices", "Source")


class ChoiceError(ValueError):
    """A value that a measure's choice cannot have, with those it can."""


class UnknownMeasureError(KeyError):
    """An id that no measure has, with the nearest one."""

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class Measure:
    """A function that picks rows, with the facts pinned to it.

    `kind` says how rows become a number, `window` which days a period's figure looks at, `better` the polarity
    ("higher", "lower" or "neither"), `needs_history` the months of record needed before a period's end.
    The docstring is the definition card; `choices` are the named parameters with their values, `allowed` the values
    that a choice can have, `by_choice` the facts that hang on a value other than the default:
    `{choice: {value: {fact: ...}}}`, `base` the same facts without any choice.
    `arguments` are the tables the function takes, `sources` those it needs under its choices (others are None).
    `latest_enough` says that a list of latest dates, such as Annex A, answers it, `only_at` the months at whose end
    alone it can be answered (March for yearly returns; empty for any). `breaks` are days from which figures
    cannot be compared with earlier ones, with the reason; `earlier` are older versions of the definition.
    """

    pick: Callable = field(repr=False)
    id: str
    title: str
    topic: str
    kind: Kind
    better: str
    window: Window = in_period
    needs_history: int = 0
    version: int = 1
    valid_from: str = "2025-04-01"
    choices: dict = field(default_factory=dict)
    allowed: dict = field(default_factory=dict, repr=False)
    by_choice: dict = field(default_factory=dict, repr=False)
    base: dict = field(default_factory=dict, repr=False)
    arguments: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    latest_enough: bool = False
    only_at: tuple[int, ...] = ()
    breaks: dict = field(default_factory=dict, repr=False)
    earlier: tuple[Measure, ...] = field(default=(), repr=False)
    definition: dict = field(default_factory=dict, repr=False)

    def _repr_html_(self) -> str:
        """What a notebook shows of a measure: its definition card."""
        card = {"": self.definition.get("summary", ""), **{name: self.definition.get(name, "") for name in SECTIONS}}
        lines = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in card.items() if text)
        return f"<p><b>{escape(self.title)}</b> ({self.id}, {self.unit})</p><table>{lines}</table>"

    @property
    def unit(self) -> str:
        """The unit of the value, as printed."""
        return self.kind.unit

    @property
    def parts(self) -> str:
        """The name of the breakdown that a mix adds up over; empty for other kinds."""
        return self.kind.of if isinstance(self.kind, Mix) else ""

    def choose(self, **chosen) -> Measure:
        """The same measure with other choices.

        Raises `UnknownMeasureError` when a choice is not one of the measure's, naming those it has, and `ChoiceError`
        for a value that the choice cannot have.
        """
        unknown = sorted(set(chosen) - set(self.choices))
        if unknown:
            has = ", ".join(self.choices) or "none"
            raise UnknownMeasureError(f"{self.id} has no choice called {unknown[0]}; its choices are: {has}.")
        chosen = {name: self._fit(name, value) for name, value in chosen.items()}
        choices = {**self.choices, **chosen}
        facts = dict(self.base)
        for name, values in self.by_choice.items():
            facts |= values.get(choices[name], {})
        return replace(self, choices=choices, **facts)

    def _fit(self, name: str, value):
        """The value as the choice takes it: lists become tuples."""
        default, value = self.choices[name], tuple(value) if isinstance(value, list) else value
        options = self.allowed.get(name)
        if options and value not in options:
            raise ChoiceError(f"{self.id}: {name} can be {_listed(options)}; found {value!r}.")
        kind = type(default)
        fits = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
        if not fits and not (kind is float and type(value) is int):
            raise ChoiceError(f"{self.id}: {name} is written like {default!r}; found {value!r}.")
        return value

    def revised(self, valid_from: str, **chosen) -> Measure:
        """The measure with other choices from a day on: the next version, with this one kept as the earlier.

        Figures are made with the new version throughout; the day is drawn as a break (`breaks`).
        """
        new = replace(self.choose(**chosen), version=self.version + 1, valid_from=valid_from)
        why = f"definition version {new.version}"
        return replace(new, earlier=(*self.earlier, self), breaks={**self.breaks, valid_from: why})

    def as_of(self, day) -> Measure:
        """The version of the definition that was in force on a day; the oldest for days before all."""
        versions = (*self.earlier, self)
        fits = [m for m in versions if np.datetime64(m.valid_from, "D") <= np.datetime64(day, "D")]
        return fits[-1] if fits else versions[0]


def _listed(options) -> str:
    return " or ".join(repr(option) for option in options)


def measure(*, title: str, kind: Kind, better: str, **facts) -> Callable[[Callable], Measure]:
    """Turn a function that picks rows into a `Measure`; the decorator registers nothing.

    The function's name is the id, its positional arguments name the tables, its keyword-only arguments are the
    choices, its module is the topic, its docstring the definition.
    """

    def pin(pick: Callable) -> Measure:
        parameters = inspect.signature(pick).parameters.values()
        arguments = tuple(a.name for a in parameters if a.kind is not a.KEYWORD_ONLY)
        made = Measure(
            pick=pick,
            id=pick.__name__,
            title=title,
            topic=pick.__module__.rsplit(".", 1)[-1],
            kind=kind,
            better=better,
            arguments=arguments,
            choices={a.name: a.default for a in parameters if a.kind is a.KEYWORD_ONLY},
            definition=read_definition(inspect.getdoc(pick) or ""),
            **{"sources": arguments, **facts},
        )
        return _with_base(_with_window(made))

    return pin


def _with_window(m: Measure) -> Measure:
    """A measure over rolling months can also be asked of the year to date or of the period itself."""
    if not m.window.months or "window" in m.choices:
        return m
    bare = 0 if m.needs_history <= m.window.months else m.needs_history
    other = {"year_to_date": year_to_date, "period": in_period}
    facts = {name: {"window": window, "needs_history": bare} for name, window in other.items()}
    words = f'window="rolling" looks at {m.window.months} months; "year_to_date" since 1 April; "period" at the period.'
    choices = " ".join(filter(None, [m.definition.get("Choices"), words]))
    return replace(
        m,
        choices=m.choices | {"window": "rolling"},
        allowed=m.allowed | {"window": ("rolling", *other)},
        by_choice=m.by_choice | {"window": {"rolling": {}, **facts}},
        definition=m.definition | {"Choices": choices},
    )


def _with_base(m: Measure) -> Measure:
    """The facts that choices change, as they were before any choice, so that a choice can be taken back."""
    named = {fact for values in m.by_choice.values() for facts in values.values() for fact in facts}
    return replace(m, base={fact: getattr(m, fact) for fact in sorted(named)})


def read_definition(docstring: str) -> dict[str, str]:
    """The parts of a definition card: `summary` and the headings of `SECTIONS`, each as one line of text."""
    card, current = {"summary": ""}, "summary"
    for line in docstring.splitlines():
        head, _, rest = line.strip().partition(":")
        if head in SECTIONS:
            current, line = head, rest
        card[current] = f"{card.get(current, '')} {line.strip()}".strip()
    return card


@dataclass(frozen=True)
class Catalogue:
    """Measures in written order."""

    measures: tuple[Measure, ...]

    def __iter__(self) -> Iterator[Measure]:
        return iter(self.measures)

    def __len__(self) -> int:
        return len(self.measures)

    def __getitem__(self, name: str) -> Measure:
        found = {m.id: m for m in self.measures}
        if name not in found:
            near = difflib.get_close_matches(name, found, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UnknownMeasureError(f"No measure is called {name}.{hint}")
        return found[name]

    def topics(self) -> tuple[str, ...]:
        """The topics in the order their first measure appears."""
        return tuple(dict.fromkeys(m.topic for m in self.measures))

    def only(self, names) -> Catalogue:
        """The named measures, in the order named."""
        return Catalogue(tuple(self[name] for name in names))

    def topic(self, name: str) -> Catalogue:
        """The measures of one topic."""
        return Catalogue(tuple(m for m in self.measures if m.topic == name))

    def choose(self, choices: dict[str, dict]) -> Catalogue:
        """The same measures with the choices of a params file, `{measure: {choice: value}}`."""
        for name in choices:
            self[name]
        return Catalogue(tuple(m.choose(**choices.get(m.id, {})) for m in self.measures))


def catalogue(*modules: ModuleType) -> Catalogue:
    """Collect the measures of the modules, in written order.

    Raises `ValueError` when two measures share an id.
    """
    found = [m for module in modules for m in vars(module).values() if isinstance(m, Measure)]
    names = [m.id for m in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Two measures are called {', '.join(twice)}; a name belongs to one measure.")
    return Catalogue(tuple(found))
