"""What runs again and what does not: results are kept by the content of everything that decided them.

Kept is what a page shows, as our views made it, and the data files written beside it: nothing that an executed notebook
holds besides. It stands in `reports/.kept/<pack>/`, until the notebook is run again for that pack, 30 days at most.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from incare.pack import notebook, plan
from incare.pack.execute import Outcome
from incare.pack.plan import Job
from incare.pack.publish import Place, facts_of
from incare.views.markup import MARK

KEPT_DAYS = 30
RESULT, PAGE, MADE, DATA, INCOMPLETE = "result.json", "page.json", "page.html", "data", "incomplete.json"
# Whose results a run may take over: those of packs that passed every check, any, or none.
PUBLISHED, ANY, NONE = "published", "any", "none"
NOTE = """RESTRICTED. Parts of packs, some of which were never published: what their pages show, and their data files.
No file here holds a record of a child. The folder may be deleted at any time: the next run then takes longer.
"""


@dataclass(frozen=True)
class Kept:
    """A notebook's result from an earlier run; `folder` holds its page's content and its data files.

    `frame` is a hash of what stands around the content on its page: the title and the footer.
    """

    folder: Path
    name: str
    inputs: str
    parts: dict[str, str]
    seconds: float | None
    at: datetime
    published: bool
    frame: str = ""


def known(at: Place, now: datetime) -> tuple[Kept, ...]:
    """Every result kept for a pack that is whole and young enough; what is torn, changed or old is passed over."""
    if not at.kept.is_dir():
        return ()
    found = [_read(folder) for folder in _folders(at)]
    return tuple(kept for kept in found if kept and now - kept.at < timedelta(days=KEPT_DAYS))


def taken(jobs: tuple[Job, ...], results: Iterable[Kept], whose: str) -> dict[str, Kept]:
    """The results that stand for jobs of this run: of the same notebook, from exactly the same inputs.

    `whose` is `PUBLISHED`, `ANY` or `NONE`.
    """
    wanted = {job.name: job.inputs for job in jobs}
    usable = (kept for kept in results if whose == ANY or (whose == PUBLISHED and kept.published))
    return {kept.name: kept for kept in usable if wanted.get(kept.name) == kept.inputs}


def told(jobs: tuple[Job, ...], results: Iterable[Kept], over: dict[str, Kept], last: dict[str, float]) -> pd.DataFrame:
    """The plan of a run as a table: `notebook`, `what`, `why`, `last time` (seconds, or missing).

    `over` are the results taken over and `last` the seconds that notebooks of the published pack took.
    """
    results = tuple(results)
    rows = []
    for job in jobs:
        mine = [kept for kept in results if kept.name == job.name]
        newest = max(mine, key=lambda kept: kept.at, default=None)
        seconds = newest.seconds if newest and newest.seconds is not None else last.get(job.name)
        what = "take over" if job.name in over else "run"
        rows.append((job.name, what, _why(job, mine, newest, job.name in over), seconds))
    frame = pd.DataFrame(rows, columns=["notebook", "what", "why", "last time"])
    text = [None if pd.isna(value) else f"{value:.1f} s" for value in frame["last time"]]
    return frame.assign(**{"last time": pd.array(text, dtype="string")})


def _why(job: Job, mine: list[Kept], newest: Kept | None, over: bool) -> str:
    if over:
        return "nothing that decides it has changed"
    if newest is None:
        return "no earlier result is kept"
    if any(kept.inputs == job.inputs for kept in mine):
        return "unchanged, but its result was not published (--resume takes it)" if not newest.published else "as asked"
    changed = [said for kind, said in plan.KINDS.items() if newest.parts.get(kind) != job.parts.get(kind)]
    return f"changed: {', '.join(changed)}" if changed else "its result was made by another version"


def seconds_of(pack: Path) -> dict[str, float]:
    """How long each notebook of a published pack took, by its manifest; empty when there is none."""
    try:
        return {entry["name"]: float(entry["seconds"]) for entry in facts_of(pack)["notebooks"]}
    except (ValueError, KeyError, TypeError):
        return {}


def as_published(jobs: tuple[Job, ...], pack: Path) -> tuple[Outcome, ...]:
    """The outcomes of a pack that stands as it was published."""
    seconds = seconds_of(pack)
    return tuple(Outcome(job.name, pack / f"{job.name}.html", pack, seconds.get(job.name), tries=0) for job in jobs)


# Taking over


def frame_of(title: str, footer: dict) -> str:
    """A hash of what stands around a page's content."""
    return hashlib.sha256(json.dumps([title, footer], sort_keys=True, default=str).encode()).hexdigest()


def page_of(kept: Kept, title: str, footer: dict) -> str | None:
    """The page as it was made, when its title and footer are still the same."""
    if kept.frame != frame_of(title, footer):
        return None
    return (kept.folder / MADE).read_text(encoding="utf-8")


def take_over(kept: Kept, work: Path) -> Outcome:
    """Put a kept result where a run would have left its own."""
    executed, data = work / f"{kept.name}.ipynb", work / DATA / kept.name
    shutil.copyfile(kept.folder / PAGE, executed)
    if (kept.folder / DATA).is_dir():
        shutil.copytree(kept.folder / DATA, data)
    return Outcome(kept.name, executed, work / f"{kept.name}.log", kept.seconds, tries=0)


def _read(folder: Path) -> Kept | None:
    try:
        note = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        files = {name: plan.content(folder / name) for name in _files(folder)}
        if files != note["files"]:
            return None
        at = datetime.fromisoformat(note["at"])
        facts = {key: note[key] for key in ("name", "inputs", "parts", "seconds", "published", "frame")}
        return Kept(folder=folder, at=at, **facts)
    except (OSError, ValueError, KeyError, TypeError):  # torn, or not one of ours
        return None


def _folders(at: Place) -> list[Path]:
    """The folders of results; those whose name begins with a point were never finished."""
    return sorted(path for path in at.kept.iterdir() if path.is_dir() and not path.name.startswith("."))


def _files(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != RESULT)
    return sorted(path.relative_to(folder).as_posix() for path in files)


# Keeping


def keep(job: Job, outcome: Outcome, page: str, footer: dict, at: Place, now: datetime) -> None:
    """Keep a notebook's result with the page made of it: what export refuses must not be kept.

    A result that cannot be written (a full disk) is not kept, and that is no failure of the run.
    """
    part = at.kept / f".{job.name}-{job.inputs[:16]}.part"
    final = at.kept / f"{job.name}-{job.inputs[:16]}"
    note = {"name": job.name, "inputs": job.inputs, "parts": job.parts, "seconds": outcome.seconds, "published": False}
    note |= {"frame": frame_of(job.title, footer), "at": now.isoformat()}
    try:
        _make(at)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        content = json.dumps(shown(notebook.read(outcome.executed)), ensure_ascii=False)
        (part / PAGE).write_text(content, encoding="utf-8")
        (part / MADE).write_text(page, encoding="utf-8")
        written = at.work / DATA / job.name
        if written.is_dir():
            shutil.copytree(written, part / DATA)
        files = {name: plan.content(part / name) for name in _files(part)}
        _write(part / RESULT, note | {"files": files})
        shutil.rmtree(final, ignore_errors=True)
        part.rename(final)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)


def shown(executed) -> dict:
    """What a page shows of an executed notebook, as a notebook: its prose and what our views displayed.

    Neither code nor parameters, printed text, errors, other outputs or metadata are in it.
    """
    import nbformat

    cells = []
    for cell in notebook.without(executed, notebook.ADDED).cells:
        if cell.cell_type == "markdown":
            cells.append(nbformat.v4.new_markdown_cell(cell.source))
        elif cell.cell_type == "code":
            ours = [text for output in cell.outputs if (text := _ours(output))]
            made = [nbformat.v4.new_output("display_data", data={"text/html": text}) for text in ours]
            cells.append(nbformat.v4.new_code_cell(outputs=made, execution_count=cell.execution_count))
    for place, cell in enumerate(cells):
        # nbformat draws ids by chance; equal results shall be equal files.
        cell["id"] = f"cell-{place}"
    return nbformat.v4.new_notebook(cells=cells)


def _ours(output) -> str:
    text = "".join(output.get("data", {}).get("text/html", ""))
    return text if text.startswith(MARK) else ""


def published(jobs: tuple[Job, ...], at: Place, now: datetime) -> None:
    """Mark the kept results of these jobs as published; delete others of the same notebooks, and all old ones."""
    stands(at)
    wanted = {job.name: job.inputs for job in jobs}
    with suppress(OSError):
        for folder in [path for path in at.kept.iterdir() if path.is_dir()]:
            kept = None if folder.name.startswith(".") else _read(folder)
            old = kept is None or now - kept.at >= timedelta(days=KEPT_DAYS)
            if old or wanted.get(kept.name, kept.inputs) != kept.inputs:
                shutil.rmtree(folder, ignore_errors=True)
            elif kept.name in wanted and not kept.published:
                note = json.loads((folder / RESULT).read_text(encoding="utf-8"))
                _write(folder / RESULT, note | {"published": True})


def stands(at: Place) -> None:
    """Take the mark of an incomplete run away."""
    with suppress(OSError):
        (at.kept / INCOMPLETE).unlink(missing_ok=True)


def tidy(reports: Path, now: datetime) -> None:
    """Delete the results of every pack that are too old to be taken over."""
    with suppress(OSError):
        for result in (reports / ".kept").glob(f"*/*/{RESULT}"):
            if now.timestamp() - result.stat().st_mtime >= KEPT_DAYS * 86_400:
                shutil.rmtree(result.parent, ignore_errors=True)


# A run that has not published


def begun(at: Place, jobs: tuple[Job, ...], now: datetime) -> None:
    """Mark the pack as incomplete until it is published, so that a run that was killed is known as well."""
    _mark(
        at,
        {"run": at.id, "began": now.isoformat(timespec="seconds"), "notebooks": {job.name: job.inputs for job in jobs}},
    )


def failed(at: Place, why: str, now: datetime) -> None:
    """Add to the mark why the pack was not published, and which of its notebooks are done."""
    mark = _marked(at)
    wanted = mark.get("notebooks", {})
    done = sorted(kept.name for kept in known(at, now) if wanted.get(kept.name) == kept.inputs)
    _mark(at, mark | {"why": why, "done": done})


def incomplete(at: Place) -> str:
    """A sentence about an earlier run of this pack that did not publish; empty when there is none."""
    mark = _marked(at)
    if not mark:
        return ""
    began = datetime.fromisoformat(mark["began"])
    when = f"{began:%H:%M} on {began.day} {began:%B %Y}"
    return f"The run of this pack that began at {when} is incomplete: {mark.get('why') or 'it did not end'}."


def _marked(at: Place) -> dict:
    try:
        mark = json.loads((at.kept / INCOMPLETE).read_text(encoding="utf-8"))
        datetime.fromisoformat(mark["began"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return mark


def _mark(at: Place, facts: dict) -> None:
    with suppress(OSError):
        _make(at)
        _write(at.kept / INCOMPLETE, facts)


def _make(at: Place) -> None:
    at.kept.mkdir(parents=True, exist_ok=True)
    for name, text in ((".gitignore", "*\n"), ("RESTRICTED.txt", NOTE)):
        if not (at.kept.parent / name).exists():
            (at.kept.parent / name).write_text(text, encoding="utf-8")


def _write(path: Path, facts: dict) -> None:
    """Write beside the file first, so that a full disk or a kill leaves the earlier one whole."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)
