"""Which notebooks a run executes, and exactly which parameters each of them gets."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incare.pack import notebook
from incare.pack.params import Params, nearest

# What a run adds to the keys of a params file; a notebook may declare these too.
OUTPUT = "output"  # the folder for protected data files; "" writes none
TITLE = "title"  # the notebook's first heading


class PlanError(ValueError):
    """A notebook that cannot be run with this params file; nothing was started."""


@dataclass(frozen=True)
class Job:
    """One notebook with the parameters of this run.

    `title` is its first heading, `question` the first paragraph under it. `inputs` is a hash of all that decides its
    outcome: cells, parameters, extract and code. `sources` are the code cells' texts, which must not reach a page.
    """

    name: str
    path: Path
    title: str
    question: str
    parameters: dict[str, Any] = field(repr=False)
    inputs: str = ""
    sources: tuple[str, ...] = field(default=(), repr=False)


def make(params: Params, notebooks, outputs, *, only=None, extract: str = "", code: str = "") -> tuple[Job, ...]:
    """The jobs of a run, in the order of the params file.

    `notebooks` is the folder that holds them; a notebook's data files go to `outputs/<name>`; `only` names the
    notebooks to keep; `extract` and `code` are the fingerprints that join each job's hash.
    Raises `PlanError`, with every problem found, before any kernel starts.
    """
    names = _chosen(params.notebooks, only)
    jobs, problems = [], []
    for name in names:
        try:
            jobs.append(_job(name, params, Path(notebooks), Path(outputs), extract + code))
        except PlanError as problem:
            problems.append(str(problem))
    if problems:
        raise PlanError("\n  ".join(problems))
    return tuple(jobs)


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


def _job(name: str, params: Params, notebooks: Path, outputs: Path, fingerprints: str) -> Job:
    path = notebooks / f"{name}.ipynb"
    written = _open(path)
    wanted = declared(written)
    if not wanted:
        raise PlanError(f"{path.name} has no cell tagged `parameters`, so the quarter cannot reach it.")
    title, question = _opening(written)
    title = title or name
    given = params.values() | {OUTPUT: str(outputs / name), TITLE: title}
    unknown = [f"`{w}`{nearest(w, given)}" for w in wanted if w not in given]
    if unknown:
        raise PlanError(f"{path.name} declares a parameter that no params file has: {' '.join(unknown)}")
    parameters = {name: given[name] for name in wanted}
    sources = tuple(cell.source for cell in written.cells if cell.cell_type == "code")
    cells = [(cell.cell_type, cell.source) for cell in written.cells]
    kept = {key: value for key, value in parameters.items() if key != OUTPUT}
    inputs = json.dumps([cells, kept, fingerprints], sort_keys=True, default=str)
    return Job(name, path, title, question, parameters, hashlib.sha256(inputs.encode()).hexdigest(), sources)


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
