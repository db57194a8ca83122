"""What a measure is, and how measures are collected into a catalogue."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import ModuleType

from incare.kinds import Kind, Mix
from incare.periods import Window, in_period

SECTIONS = ("Population", "Counted", "Set aside", "Choices", "Source")


class UnknownMeasureError(KeyError):
    """An id that no measure has, with the nearest one."""

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class Measure:
    """A function that picks rows, with the facts pinned to it.

    `kind` says how rows become a number, `window` which days a period's figure looks at, `better` the polarity
    ("higher", "lower" or "neither"), `needs_history` the months of record needed before a period's end.
    The docstring is the definition card; `choices` are the named parameters with their values.
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
    sources: tuple[str, ...] = ()
    definition: dict = field(default_factory=dict, repr=False)
    england: dict = field(default_factory=dict, repr=False)

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

        Raises `UnknownMeasureError` when a choice is not one of the measure's, naming those it has.
        """
        unknown = sorted(set(chosen) - set(self.choices))
        if unknown:
            has = ", ".join(self.choices) or "none"
            raise UnknownMeasureError(f"{self.id} has no choice called {unknown[0]}; its choices are: {has}.")
        return replace(self, choices={**self.choices, **chosen})


def measure(*, title: str, kind: Kind, better: str, **facts) -> Callable[[Callable], Measure]:
    """Turn a function that picks rows into a `Measure`; the decorator registers nothing.

    The function's name is the id, its positional arguments name the tables, its keyword-only arguments are the
    choices, its module is the topic, its docstring the definition.
    """

    def pin(pick: Callable) -> Measure:
        arguments = inspect.signature(pick).parameters.values()
        return Measure(
            pick=pick,
            id=pick.__name__,
            title=title,
            topic=pick.__module__.rsplit(".", 1)[-1],
            kind=kind,
            better=better,
            sources=tuple(a.name for a in arguments if a.kind is not a.KEYWORD_ONLY),
            choices={a.name: a.default for a in arguments if a.kind is a.KEYWORD_ONLY},
            definition=read_definition(inspect.getdoc(pick) or ""),
            **facts,
        )

    return pin


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
