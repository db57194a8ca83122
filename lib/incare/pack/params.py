"""The params file of a run: read whole, checked whole, every problem named with its line before anything starts."""

from __future__ import annotations

import difflib
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from incare.periods import Quarter

NOTEBOOKS = (
    "00_data_check",
    "10_scorecard",
    "20_performance_report",
    "30_exceptions",
    "40_care_leavers",
    "50_cohort_forecast",
    "70_benchmarks",
    "90_strategy_evidence",
    "catalogue",
)
BACK = {"quarter": 12, "month": 36}
# Commentary may also be given for a topic, or for the whole report.
WHOLE_REPORT = "overall"


WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "a number, or `target:` and `tolerance:`",
}


class ParamsError(ValueError):
    """A params file that cannot be used; the message lists every problem found."""


class AgreementError(ValueError):
    """A label, an extract and an as-at date that do not belong together; the message names the dates."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Target(_Strict):
    """The level a measure should reach, and how far from it is still amber; in the measure's own unit."""

    target: float
    tolerance: float = Field(default=0.0, ge=0)


class Params(_Strict):
    """One run: an area, a quarter, an extract, and what the pack should say about them."""

    area: str = Field(min_length=1)
    quarter: str
    as_at: Annotated[date, Field(strict=False)]
    extract: str = Field(min_length=1)
    grain: Literal["month", "quarter"] = "quarter"
    profile: Literal["public", "restricted"] = "public"
    periods: int = Field(ge=1, le=240)
    targets: dict[str, Target] = {}
    commentary: dict[str, str] = {}
    actions: list[str | dict[str, Any]] | None = None
    questions: list[str | dict[str, Any]] | None = None
    voice: list[str | dict[str, Any]] | None = None
    benchmarks: str | None = None
    comparators: list[str] = []
    notebooks: list[str] = Field(default=list(NOTEBOOKS), min_length=1)
    signed_by: list[str] = []
    choices: dict[str, dict[str, Any]] = {}
    breakdowns: list[str] = []
    disclosure: dict[str, Any] = {}
    local_columns: list[str] = []
    horizon: int = Field(default=8, ge=1, le=40)
    scenarios: list[str] = []
    lag_days_allowed: int = Field(default=31, ge=0)

    _folder: Path = PrivateAttr(default=Path("."))

    @model_validator(mode="before")
    @classmethod
    def _periods_follow_the_grain(cls, given: dict) -> dict:
        return {"periods": BACK.get(given.get("grain", "quarter"), BACK["quarter"]), **given}

    @field_validator("targets", mode="before")
    @classmethod
    def _a_number_is_a_target(cls, given):
        if not isinstance(given, dict):
            return given
        plain = (int, float)
        return {name: {"target": float(t)} if type(t) in plain else t for name, t in given.items()}

    @field_validator("quarter")
    @classmethod
    def _is_a_quarter(cls, label: str) -> str:
        return Quarter.parse(label).label

    @field_validator("notebooks")
    @classmethod
    def _named_once(cls, names: list[str]) -> list[str]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        return names

    @property
    def span(self) -> Quarter:
        """The quarter as a span of days."""
        return Quarter.parse(self.quarter)

    @property
    def is_sample(self) -> bool:
        """Whether the extract is the invented authority that comes with the package."""
        return self.extract == "sample" or self.extract.startswith("sample:")

    @property
    def is_address(self) -> bool:
        """Whether the extract is a database with an address, not a file."""
        return "://" in self.extract

    @property
    def extract_place(self) -> str:
        """The extract as the record reads it: `sample`, `sample:1`, a database's address, or an absolute path."""
        return self.extract if self.is_sample or self.is_address else str((self._folder / self.extract).resolve())

    def values(self) -> dict[str, Any]:
        """What a notebook may ask for, by key, as plain values: text, numbers, lists and dictionaries."""
        values = plain(self.model_dump())
        benchmarks = None if self.benchmarks is None else str((self._folder / self.benchmarks).resolve())
        scenarios = [str((self._folder / place).resolve()) for place in self.scenarios]
        return values | {"extract": self.extract_place, "benchmarks": benchmarks, "scenarios": scenarios}

    def as_written(self) -> dict[str, Any]:
        """The same values with paths as the file has them, so that a manifest shows no folder of this machine."""
        shown = {"extract": Path(self.extract).name} if Path(self.extract).is_absolute() else {}
        if self.is_address:
            # An address may hold a password.
            from incare.record.database import label

            shown = {"extract": label(self.extract)}
        shown |= {"scenarios": [Path(place).name if Path(place).is_absolute() else place for place in self.scenarios]}
        return plain(self.model_dump()) | shown


def plain(value):
    """Dates as ISO text, tuples as lists, all the way down: what YAML, JSON and a notebook's cell share."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def read(path, catalogue=None, **changes) -> Params:
    """Read and check a params file.

    `catalogue` holds the measures that targets, commentary and choices may name (by default those of incare);
    `changes` replace keys of the file, as the command line's `--profile` does.
    Raises `ParamsError` listing every problem with its line, the nearest key or measure beside a misspelt one.
    """
    path = Path(path)
    values, lines = _load(path)
    values |= changes
    params, problems = _validate(values)
    if params is not None:
        params._folder = path.resolve().parent
        problems = _unknown_measures(params, catalogue) + _unknown_rules(params) + _missing_files(params)
        problems += _unusable_scenarios(params)
    if problems:
        raise ParamsError(_listed(path.name, problems, lines))
    return params


def agree(params: Params, record) -> None:
    """Refuse a record that cannot be what the label says.

    The as-at date may not lie before the quarter's end; the returns must cover the quarter; the latest recorded date
    may lie at most `lag_days_allowed` days before its end. Raises `AgreementError` naming both dates.
    """
    quarter = params.span
    label = f"The label says {quarter.label}, which ends on {in_words(quarter.end)}"
    if params.as_at < quarter.end:
        raise AgreementError(f"{label}; the as-at date is {in_words(params.as_at)}. Give the day the extract was made.")
    reaches = _date(record.reaches)
    if reaches is None:
        raise AgreementError(f"{label}; the extract holds no dated record up to {in_words(params.as_at)}.")
    if reaches < quarter.end - timedelta(days=params.lag_days_allowed):
        raise AgreementError(
            f"{label}; the extract's latest record is of {in_words(reaches)}. Give the extract made after the "
            f"quarter's end, or correct the label (lag_days_allowed is {params.lag_days_allowed})."
        )
    first, last = (_date(day) for day in record.covers)
    if first > quarter.start or last < quarter.end:
        raise AgreementError(
            f"{label}; the returns cover {in_words(first)} to {in_words(last)}. Add the missing return, or correct the "
            "label."
        )


def _date(day) -> date | None:
    stamp = pd.Timestamp(day)
    return None if stamp is pd.NaT else stamp.date()


def in_words(day: date) -> str:
    """A day as the pack prints it, such as 31 March 2021."""
    return f"{day.day} {day:%B %Y}"


def nearest(name: str, known) -> str:
    """The end of a sentence that names the nearest known word, or the words there are when none is near."""
    close = difflib.get_close_matches(str(name), list(known), 1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; there are: {', '.join(known)}." if known else "."


# Reading the YAML with its line numbers


def _load(path: Path) -> tuple[dict, dict[tuple, int]]:
    """The file's values, and the line on which each key path begins."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ParamsError(f"There is no params file {path}. Give the path of a YAML file.") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines, twice = _lines(node)
        values = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ParamsError(
            f"{path.name}{where}: not YAML ({getattr(problem, 'problem', None) or 'unreadable'})."
        ) from None
    if not isinstance(values, dict):
        raise ParamsError(f"{path.name}: lines of `key: value` were needed, starting with `area:`; none were found.")
    if twice:
        raise ParamsError(_listed(path.name, [(key, f"`{key[-1]}` is given twice; keep one.") for key in twice], lines))
    # A key left empty is a key not given.
    return {key: value for key, value in values.items() if value is not None}, lines


def _lines(node, at: tuple = ()) -> tuple[dict[tuple, int], list[tuple]]:
    """The line of every key path of a YAML node, and the paths given twice (the line is then the second's)."""
    lines, twice = {}, []
    if isinstance(node, yaml.MappingNode):
        parts = [(key.value, key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        parts = [(place, value, value) for place, value in enumerate(node.value)]
    else:
        return lines, twice
    for name, key, value in parts:
        here = (*at, name)
        twice += [here] if here in lines else []
        lines[here] = key.start_mark.line + 1
        below, twice_below = _lines(value, here)
        lines |= below
        twice += twice_below
    return lines, twice


def _listed(name: str, problems: list[tuple[tuple, str]], lines: dict[tuple, int]) -> str:
    """One sentence per problem, in the order of the file."""

    def line(at: tuple) -> int:
        while at and tuple(map(_key, at)) not in lines:
            at = at[:-1]
        return lines.get(tuple(map(_key, at)), 0)

    placed = sorted((line(at), text) for at, text in problems)
    told = [f"{name}, line {number}: {text}" if number else f"{name}: {text}" for number, text in placed]
    return told[0] if len(told) == 1 else f"{len(told)} problems:\n  " + "\n  ".join(told)


def _key(part):
    return part if isinstance(part, int) else str(part)


# What pydantic finds, in our words


def _validate(values: dict) -> tuple[Params | None, list[tuple[tuple, str]]]:
    try:
        return Params.model_validate(values), []
    except ValidationError as found:
        problems = {error["loc"][:2]: _worded(error) for error in reversed(found.errors())}
        return None, list(problems.items())


def _worded(error: dict) -> str:
    at, kind = error["loc"], error["type"]
    name = ".".join(str(part) for part in at if part not in ("str", "dict[str,any]"))
    if kind == "extra_forbidden":
        known = list(Params.model_fields) if len(at) == 1 else list(Target.model_fields)
        owner = "a params file" if len(at) == 1 else f"`{'.'.join(map(str, at[:-1]))}`"
        return f"`{at[-1]}` is not a key of {owner}{nearest(at[-1], known)}"
    if kind == "missing":
        return f"`{name}` is missing."
    if kind == "value_error":
        return f"`{name}`: {_ended(str(error['ctx']['error']))}"
    wanted = WANTED.get(kind) or error["msg"].removeprefix("Input should be ")
    return f"`{name}` should be {wanted}; found {_found(error['input'])}."


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


def _found(value) -> str:
    """The value as written, cut short; only a params file's own values come here."""
    names = {dict: "keys and values", list: "a list", type(None): "nothing"}
    return names.get(type(value)) or f"`{str(value)[:40]}`"


# What only the catalogue, the rules and the disk can tell


def _unknown_measures(params: Params, catalogue) -> list[tuple[tuple, str]]:
    if catalogue is None:
        if not (params.targets or params.commentary or params.choices):
            return []
        from incare import measures

        catalogue = measures.catalogue()
    ids = [m.id for m in catalogue]
    sayable = [*ids, *catalogue.topics(), WHOLE_REPORT]
    problems = []
    for key, known in (("targets", ids), ("commentary", sayable), ("choices", ids)):
        for name in getattr(params, key):
            if name not in known:
                near = nearest(name, known) if difflib.get_close_matches(name, known, 1) else "; see `incare measures`."
                problems.append(((key, name), f"no measure is called `{name}`{near}"))
    for name, chosen in params.choices.items():
        has = list(catalogue[name].choices) if name in ids else chosen
        problems += [
            (("choices", name, c), f"`{name}` has no choice called `{c}`{nearest(c, has)}")
            for c in chosen
            if c not in has
        ]
    return problems


def _unknown_rules(params: Params) -> list[tuple[tuple, str]]:
    if not params.disclosure:
        return []
    from incare.disclosure import DisclosureError, Rules

    known = [f.name for f in fields(Rules)]
    unknown = [name for name in params.disclosure if name not in known]
    if unknown:
        return [(("disclosure", n), f"`{n}` is not a rule of disclosure{nearest(n, known)}") for n in unknown]
    try:
        Rules(**params.disclosure).check(params.profile)
    except DisclosureError as problem:
        return [(("disclosure",), str(problem))]
    except TypeError:
        return [(("disclosure",), "the rules of disclosure are whole numbers, such as `hide_to: 7`.")]
    return []


def _missing_files(params: Params) -> list[tuple[tuple, str]]:
    problems = []
    for key in ("extract", "benchmarks"):
        place = getattr(params, key)
        inside = place is None or (key == "extract" and (params.is_sample or params.is_address))
        if not inside and not (params._folder / place).exists():
            problems.append(((key,), f"`{key}` names {place}, which is not there. Paths start at the params file."))
    return problems


def _unusable_scenarios(params: Params) -> list[tuple[tuple, str]]:
    """Scenario files that are not there or cannot be used, each with what is wrong in it."""
    if not params.scenarios:
        return []
    from incare.forecast import scenarios

    problems = []
    for number, place in enumerate(params.scenarios):
        path = params._folder / place
        if not path.exists():
            told = f"`scenarios` names {place}, which is not there. Paths start at the params file."
            problems.append((("scenarios", number), told))
            continue
        try:
            scenarios.read(path)
        except scenarios.ScenarioError as problem:
            problems.append((("scenarios", number), str(problem)))
    return problems
