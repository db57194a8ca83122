"""Which notebooks a run executes, and exactly which parameters each of them gets."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incare.pack import notebook, sign_in
from incare.pack.params import Params, nearest

# What a run adds to the keys of a params file; a notebook may declare these too.
OUTPUT = "output"  # the folder for protected data files; "" writes none
TITLE = "title"  # the notebook's first heading
# Keys that decide the protected figures which all reports of a pack share, whether a notebook asks for them or not.
SHARED = ("profile", "grain", "choices", "targets", "breakdowns", "disclosure")
# What decides a notebook's outcome, as a plan calls it.
KINDS = {
    "cells": "its cells",
    "parameters": "its parameters",
    "files": "a file that its parameters name",
    "extract": "the extract",
    "earlier": "what was published before",
    "code": "incare's own files that it uses",
    "software": "the installed packages",
}


class PlanError(ValueError):
    """A notebook that cannot be run with this params file; nothing was started."""


@dataclass(frozen=True)
class Job:
    """One notebook with the parameters of this run.

    `title` is its first heading, `question` the first paragraph under it. `inputs` is a hash of all that decides its
    outcome and `parts` one of each kind of it (see `KINDS`), so that a plan can say what has changed. `sources` are the
    code cells' texts, which must not reach a page; `secrets` what its kernel needs and no file may hold.
    """

    name: str
    path: Path
    title: str
    question: str
    parameters: dict[str, Any] = field(repr=False)
    inputs: str = ""
    sources: tuple[str, ...] = field(default=(), repr=False)
    parts: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


def make(
    params: Params,
    notebooks,
    outputs,
    *,
    only=None,
    extract: str = "",
    earlier: str = "",
    code: str | Callable[[tuple[str, ...]], str] = "",
    software: str = "",
) -> tuple[Job, ...]:
    """The jobs of a run, in the order of the params file.

    `notebooks` is the folder that holds them; a notebook's data files go to `outputs/<name>`; `only` names the
    notebooks to keep; `extract`, `earlier` (of what was published before), `code` (or a function that gives it for the
    texts of a notebook's cells) and `software` are the fingerprints that join each job's hash. So do the parameters on
    which the figures of all reports depend, and files and folders that a parameter names, with their content; what a
    notebook opens without a parameter does not.
    Raises `PlanError`, with every problem found, before any kernel starts.
    """
    names = _chosen(params.notebooks, only)
    given = {"extract": extract, "earlier": earlier, "code": code, "software": software}
    jobs, problems = [], []
    for name in names:
        try:
            jobs.append(_job(name, params, Path(notebooks), Path(outputs), given))
        except PlanError as problem:
            problems.append(str(problem))
    if problems:
        raise PlanError("\n  ".join(problems))
    return tuple(jobs)


def whole(params: Params, jobs: tuple[Job, ...], code: str = "") -> str:
    """One hash over all that decides a pack: every job's inputs, all code, and the params file.

    Part of the params file no job asks for, and part of the code none reaches.
    """
    # The extract's address may hold a password; every job has its fingerprint.
    asked = {key: value for key, value in params.values().items() if key != "extract"}
    listed = [(job.name, job.title, job.question, job.inputs) for job in jobs]
    return _hash([listed, asked, params.as_written(), [content(place) for place in _places(asked)], code])


def declared(written) -> tuple[str, ...]:
    """The names assigned in the cell tagged `parameters`, in written order.

    Read from the syntax tree: papermill's own inspection passes over annotations such as `str | None`, and a
    parameter it does not see would silently keep its default.
    """
    tagged = [cell for cell in written.cells if notebook.tagged(cell, "parameters")]
    names = []
    for statement in ast.parse(tagged[0].source).body if tagged else ():
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return tuple(dict.fromkeys(names))


def _chosen(names: list[str], only) -> list[str]:
    if not only:
        return names
    for name in only:
        if name not in names:
            raise PlanError(f"`{name}` is not one of this run's notebooks{nearest(name, names)}")
    return [name for name in names if name in only]


def _job(name: str, params: Params, notebooks: Path, outputs: Path, fingerprints: dict) -> Job:
    path = notebooks / f"{name}.ipynb"
    written = _open(path)
    wanted = declared(written)
    if not wanted:
        raise PlanError(f"{path.name} has no cell tagged `parameters`, so the quarter cannot reach it.")
    title, question = _opening(written)
    title = title or name
    address, secrets = sign_in.apart(params.extract_place) if params.is_address else (params.extract_place, {})
    given = params.values() | {"extract": address, OUTPUT: str(outputs / name), TITLE: title}
    unknown = [f"`{w}`{nearest(w, given)}" for w in wanted if w not in given]
    if unknown:
        raise PlanError(f"{path.name} declares a parameter that no params file has: {' '.join(unknown)}")
    parameters = {name: given[name] for name in wanted}
    sources = tuple(cell.source for cell in written.cells if cell.cell_type == "code")
    kept = {key: value for key, value in parameters.items() if key != OUTPUT}
    named = {key: value for key, value in kept.items() if key != "extract"}
    hashes = {kind: found(sources) if callable(found) else found for kind, found in fingerprints.items()}
    parts = hashes | {
        "cells": _hash([(cell.cell_type, cell.source) for cell in written.cells]),
        # What one report hides depends on all that the pack shows.
        "parameters": _hash([kept, {key: given[key] for key in SHARED}]),
        "files": _hash([content(place) for place in _places(named)]),
    }
    return Job(name, path, title, question, parameters, _hash(parts), sources, parts, secrets)


def _hash(value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _places(value) -> list[Path]:
    """The files and folders that stand in a value, at any depth, with their whole path."""
    if isinstance(value, dict | list | tuple):
        parts = value.values() if isinstance(value, dict) else value
        return [place for part in parts for place in _places(part)]
    try:
        return [Path(value)] if isinstance(value, str) and Path(value).is_absolute() and Path(value).exists() else []
    except (OSError, ValueError):  # a text too long or too odd to be a path
        return []


def content(place: Path) -> str:
    """One hash over a file, or over all files below a folder with their names."""
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(place).as_posix()}\0".encode())
        with file.open("rb") as opened:
            whole.update(hashlib.file_digest(opened, "sha256").digest())
    return whole.hexdigest()


def _open(path: Path):
    if not path.exists():
        there = sorted(p.stem for p in path.parent.glob("*.ipynb"))
        raise PlanError(f"There is no notebook {path.stem} in {path.parent}{nearest(path.stem, there)}")
    try:
        return notebook.read(path)
    except (OSError, ValueError, KeyError) as problem:
        raise PlanError(f"{path.name} is not a notebook that can be read ({type(problem).__name__}).") from None


def _opening(written) -> tuple[str, str]:
    """The first heading of a notebook and the first paragraph under it; empty where there is none."""
    text = "\n\n".join(cell.source for cell in written.cells if cell.cell_type == "markdown")
    _, _, below = f"\n{text}".partition("\n# ")
    title, _, rest = below.partition("\n")
    paragraphs = [" ".join(p.strip(" >*_").split()) for p in rest.split("\n\n")]
    return title.strip(), next((p for p in paragraphs if p and not p.startswith("#")), "")
