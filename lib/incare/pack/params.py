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

from incare import plain_yaml
from incare.committee import actions, commentary, events, goals, questions, received, supplementary, voice
from incare.committee.entries import EntryError, Place, is_file, load, text_of
from incare.committee.text import few_people
from incare.periods import Quarter

NOTEBOOKS = (
    "00_data_check",
    "10_scorecard",
    "20_performance_report",
    "30_exceptions",
    "40_care_leavers",
    "50_cohort_forecast",
    "60_outcomes_workshop",
    "70_benchmarks",
    "90_strategy_evidence",
    "catalogue",
)
BACK = {"quarter": 12, "month": 36}
# Commentary may also be given for a topic, or for the whole report.
WHOLE_REPORT = commentary.OVERALL
# What a committee says and asks: each key holds entries, or names a YAML or CSV file of them.
LISTS = {
    "actions": actions,
    "questions": questions,
    "events": events,
    "goals": goals,
    "supplementary": supplementary,
    "received": received,
}
SPOKEN = (*LISTS, "commentary", "voice")
FEW = (
    "{at}: the text speaks of 7 or fewer children or young people. In a public pack that can point to a child. Reword "
    "it without the number (some, a few), or run with --profile restricted."
)

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
    commentary: Any = {}
    mandatory: list[str] = []
    actions: list[str | dict[str, Any]] | None = None
    questions: list[str | dict[str, Any]] | None = None
    events: list[dict[str, Any]] | None = None
    goals: list[str | dict[str, Any]] | None = None
    supplementary: list[dict[str, Any]] | None = None
    received: list[dict[str, Any]] | None = None
    voice: Any = None
    workshops: str | None = None
    baseline: Annotated[date, Field(strict=False)] | None = None
    earlier: str | None = None
    ask: dict[str, Any] = {}
    benchmarks: str | None = None
    comparators: list[str] = []
    notebooks: list[str] = Field(default=list(NOTEBOOKS), min_length=1)
    formats: list[Literal["pdf", "word", "spreadsheet"]] = ["pdf", "word", "spreadsheet"]
    signed_by: list[str] = []
    choices: dict[str, dict[str, Any]] = {}
    breakdowns: list[str] = []
    disclosure: dict[str, Any] = {}
    local_columns: list[str] = []
    horizon: int = Field(default=8, ge=1, le=40)
    scenarios: list[str] = []
    lag_days_allowed: int = Field(default=31, ge=0)

    _folder: Path = PrivateAttr(default=Path("."))
    _reports: Path | None = PrivateAttr(default=None)
    # The file of each committee key that names one, and the line of each of its entries.
    _files: dict = PrivateAttr(default_factory=dict)

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
        said = commentary.said(self.comments(), self.quarter)
        places = {"extract": self.extract_place, "benchmarks": benchmarks, "scenarios": scenarios}
        return values | places | {"commentary": said, "earlier": self.earlier_place, "workshops": self.workshops_place}

    def with_reports(self, reports: Path) -> Params:
        """The same with the folder in which packs are published, where it is not the one beside the params file's."""
        found = self.model_copy()
        found._reports = Path(reports).resolve()
        return found

    @property
    def workshops_place(self) -> str | None:
        """The list of tenancy workshops as it is read: `sample`, or an absolute path."""
        inside = self.workshops is None or self.workshops == "sample"
        return self.workshops if inside else str((self._folder / self.workshops).resolve())

    @property
    def earlier_place(self) -> str:
        """The pack that this one is compared with: the one named, or last quarter's beside this one; else empty."""
        from incare.pack.publish import slug

        if self.earlier:
            return str((self._folder / self.earlier).resolve())
        found = (
            (self._reports or self._folder.resolve().parent / "reports")
            / slug(self.area)
            / slug(self.span.previous().label)
        )
        return str(found) if (found / "manifest.json").is_file() else ""

    def comments(self) -> tuple[commentary.Comment, ...]:
        """What the service says, as entries with their places. Raises `EntryError`."""
        file, lines = self._files.get("commentary", ("", {}))
        return commentary.read(self.commentary, lines, file)

    def places(self, key: str) -> list[Place]:
        """Where each entry of a committee key stands."""
        file, lines = self._files.get(key, ("", {}))
        return [Place(file, lines.get((n,), 0)) for n in range(len(getattr(self, key) or ()))]

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
    values, files, unread = _spoken(values, lines, path)
    params, problems = _validate(values)
    problems += unread
    if params is not None and not unread:
        params._folder = path.resolve().parent
        params._files.update(files)
        problems = _unknown_measures(params, catalogue) + _unknown_rules(params) + _missing_files(params)
        problems += _unusable_scenarios(params) + _of_committee(params, catalogue)
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
    if not path.is_file():
        raise ParamsError(f"There is no params file {path}. Give the path of a YAML file.")
    try:
        text = text_of(path)
    except EntryError as problem:
        raise ParamsError(str(problem)) from None
    try:
        node = plain_yaml.compose(text)
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


def _listed(name: str, problems: list[tuple[tuple | None, str]], lines: dict[tuple, int]) -> str:
    """One sentence per problem, in the order of the file; one without a path of keys names its place itself."""

    def line(at: tuple) -> int:
        while at and tuple(map(_key, at)) not in lines:
            at = at[:-1]
        return lines.get(tuple(map(_key, at)), 0)

    placed = sorted((line(at), f"{name}{f', line {line(at)}' if line(at) else ''}: {text}") for at, text in problems
                    if at is not None)  # fmt: skip
    told = [text for _, text in placed] + [text for at, text in problems if at is None]
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


# What a committee says and asks


def _spoken(values: dict, lines: dict[tuple, int], path: Path) -> tuple[dict, dict, list[tuple[tuple, str]]]:
    """The values with committee files read, the file and lines behind each key, and what could not be read.

    What somebody said without consent is dropped here, so that it reaches no notebook, manifest or message.
    """
    found, problems = dict(values), []
    files: dict = {"inline": [key for key in SPOKEN if not is_file(values.get(key))]}
    for key in (key for key in SPOKEN if key in values):
        try:
            if is_file(values[key]):
                content, own = load(path.parent / values[key])
                found[key], files[key] = content or [], (values[key], own)
            else:
                own = {at[1:]: line for at, line in lines.items() if at[0] == key}
                files[key] = (path.name, own)
            if key == "voice":
                # A kind's own file is looked for beside the file that names it.
                folder = (path.parent / values[key]).parent if is_file(values[key]) else path.parent
                found[key], more = _voice(found[key], folder, files[key])
                files["voice kinds"] = more
        except EntryError as problem:
            problems.append(((key,), f"`{key}`: {problem}"))
    return found, files, problems


def _voice(given, folder: Path, source: tuple) -> tuple[object, dict]:
    """The voices with kinds that name a file read from it, the places of all entries, and no words without consent."""
    file, lines = source
    if not isinstance(given, dict):
        entries = given if isinstance(given, list) else []
        places = {(n,): Place(file, lines.get((n,), 0)) for n in range(len(entries))}
        return (_with_consent("", given) if isinstance(given, list) else given), places
    found, places = {}, {}
    for kind, entries in given.items():
        own_file, own = file, {at[1:]: line for at, line in lines.items() if at[0] == kind}
        if is_file(entries):
            own_file = entries
            entries, own = load(folder / entries)
        if not isinstance(entries, list | None):
            raise EntryError(f"`{kind}` is a list of entries, or a file of them.")
        found[kind] = _with_consent(kind, entries or [])
        places |= {(kind, n): Place(own_file, own.get((n,), 0)) for n in range(len(found[kind]))}
    return found, places


def _with_consent(kind: str, entries: list) -> list:
    """The entries, quotes without consent without their words."""

    def quiet(entry) -> bool:
        quote = isinstance(entry, dict) and (kind in ("quotes", "quote") or entry.get("kind") in ("quote", "quotes"))
        return quote and entry.get("consent") is not True

    return [{k: v for k, v in e.items() if k != "text"} if quiet(e) else e for e in entries]


def _inline(params: Params) -> bool:
    """Whether commentary stands in the params file itself, by what it is about."""
    return isinstance(params.commentary, dict) and "commentary" in params._files.get("inline", ("commentary",))


def _of_committee(params: Params, catalogue) -> list[tuple[tuple | None, str]]:
    """What is wrong with what a committee says and asks: entries, measures, missing sections, counts of a few."""
    read, problems = {}, []
    try:
        if not isinstance(params.commentary, dict | list):
            raise EntryError("`commentary` is keys and values, a list of entries, or a file of them.")
        read["commentary"] = params.comments()
    except EntryError as problem:
        problems.append((None, str(problem)))
    for key, room in LISTS.items():
        try:
            read[key] = room.read(getattr(params, key), params.places(key))
        except EntryError as problem:
            problems.append((None, str(problem)))
    try:
        read["voice"] = voice.read(params.voice, params._files.get("voice kinds"))
    except EntryError as problem:
        problems.append((None, str(problem)))
    if problems:
        return problems
    problems += _unknown_links(params, read, catalogue)
    missing = commentary.lacking(read["commentary"], params.mandatory, params.quarter)
    problems += [
        (("mandatory", params.mandatory.index(name)), f"the section `{name}` is mandatory, and no commentary says "
         f"anything about it for {params.quarter}. Write it, or take the name out of `mandatory`.")
        for name in missing
    ]  # fmt: skip
    return problems + (_few(params, read) if params.profile == "public" else [])


def _unknown_links(params: Params, read: dict, catalogue) -> list[tuple[None, str]]:
    """Measures that no catalogue has, named by commentary of a file, actions, questions, events, goals or voices."""
    named = [(a.place, name) for key in ("actions", "questions", "events") for a in read[key] for name in a.measures]
    named += [(goal.place, goal.measure) for goal in read["goals"] if goal.measure]
    spoken = read["voice"]
    named += [(Place("voice"), v.measure) for v in (*spoken.survey, *spoken.inspections, *spoken.themes) if v.measure]
    about = [] if _inline(params) else [(comment.place, comment.about) for comment in read["commentary"]]
    if not named and not about:
        return []
    if catalogue is None:
        from incare import measures

        catalogue = measures.catalogue()
    ids = [m.id for m in catalogue]
    sayable = [*ids, *catalogue.topics(), WHOLE_REPORT]
    pairs = [(*pair, ids) for pair in named] + [(*pair, sayable) for pair in about]
    return [
        (None, f"{place.told()}: no measure is called `{name}`{nearest(name, known) if _near(name, known) else '.'}")
        for place, name, known in pairs
        if name not in known
    ]


def _near(name: str, known: list[str]) -> list[str]:
    return difflib.get_close_matches(name, known, 1, 0.6)


def _few(params: Params, read: dict) -> list[tuple[None, str]]:
    """Texts that speak of one to seven children or young people: refused in the public profile, by their place."""
    said = [(c.place, c.text) for c in read["commentary"]]
    for action in read["actions"]:
        said += [(action.place, text) for text in (action.text, action.outcome, *(p.text for p in action.parts))]
    said += [(q.place, text) for q in read["questions"] for text in (q.question, q.answer)]
    said += [(event.place, event.text) for event in read["events"]]
    said += [(goal.place, text) for goal in read["goals"] for text in (goal.goal, goal.how)]
    said += [(figure.place, figure.figure) for figure in read["supplementary"]]
    told = dict.fromkeys(place.told() for place, text in said if few_people(text))
    problems = [(None, FEW.format(at=at)) for at in told]
    kinds = params._files.get("voice kinds") or {}
    for kind, entry, at in voice.spread(params.voice):
        words = [entry] if isinstance(entry, str) else [entry.get("text"), entry.get("findings")]
        if any(few_people(text) for text in words if text):
            problems.append((None, FEW.format(at=kinds.get(at, Place(f"voice ({kind})")).told())))
    return problems


# What only the catalogue, the rules and the disk can tell


def _unknown_measures(params: Params, catalogue) -> list[tuple[tuple, str]]:
    if catalogue is None:
        if not (params.targets or params.commentary or params.choices or params.mandatory):
            return []
        from incare import measures

        catalogue = measures.catalogue()
    ids = [m.id for m in catalogue]
    sayable = [*ids, *catalogue.topics(), WHOLE_REPORT]
    problems = []
    for key, known in (("targets", ids), ("commentary", sayable), ("choices", ids), ("mandatory", sayable)):
        names = getattr(params, key)
        # Commentary that is a list, or stands in a file, names what it is about in each entry (`_of_committee`).
        for name in names if isinstance(names, dict | list) and (key != "commentary" or _inline(params)) else ():
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
    for key in ("extract", "benchmarks", "workshops", "earlier"):
        place = getattr(params, key)
        inside = place is None or (key == "extract" and (params.is_sample or params.is_address))
        inside |= key == "workshops" and place == "sample"
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
