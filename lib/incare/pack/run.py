"""One run: from a params file to a published pack, or to a reason why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from incare.disclosure import protect_rows
from incare.pack import gate, notebook, plan, publish
from incare.pack import params as params_file
from incare.pack.execute import Outcome, Step, execute
from incare.pack.params import Params, in_words
from incare.record import quality

DATA = "data"
ON_THE_COVER = ("cla_count", "cla_started_count", "cla_ceased_count", "cl_count")


class RunError(ValueError):
    """A run that published nothing; the message says why."""


class Listener:
    """Hears what a run has to say; this one keeps silent."""

    def say(self, sentence: str) -> None:
        """A sentence about what is being done."""

    def table(self, title: str, rows: pd.DataFrame) -> None:
        """A table to show, with its title."""

    def step(self, step: Step) -> None:
        """A cell of a notebook has been executed."""

    def close(self) -> None:
        """Nothing more will be said."""


@dataclass(frozen=True)
class Published:
    """A published pack: its folder, and how each notebook ended."""

    pack: Path
    outcomes: tuple[Outcome, ...]


def run(
    params_path,
    *,
    clock: Callable[[], datetime],
    only=None,
    workers: int = 2,
    profile: str | None = None,
    reports=None,
    notebooks=None,
    listener: Listener | None = None,
) -> Published:
    """Check, execute, export and publish one quarter.

    `clock` gives the time when asked; `only` names the notebooks to run; `profile` replaces that of the params file;
    `reports` and `notebooks` are the folders beside the one that holds the params file, unless given.
    Raises one of incare's own errors when anything is wrong; then nothing was published and the earlier pack stands.
    """
    listener = listener or Listener()
    started = clock()
    house = Path(params_path).resolve().parents[1]
    reports, notebooks = Path(reports or house / "reports"), Path(notebooks or house / "notebooks")

    params = params_file.read(params_path, **({"profile": profile} if profile else {}))
    listener.say(f"{params.area}, {params.quarter}, {params.profile} profile, as at {in_words(params.as_at)}")
    record = read_record(params)
    params_file.agree(params, record)
    show_record(record, listener)

    at = publish.place(reports, params.area, params.quarter, started)
    code = publish.code_version()
    jobs = plan.make(params, notebooks, at.work / DATA, only=only, extract=record.fingerprint, code=code["sources"])
    with _full_disks_told(), publish.held(at, started, len(jobs)):
        outcomes = execute(jobs, at.work, workers, listener.step)
        listener.table("Notebooks", summary(outcomes))
        _refuse_failures(outcomes, at)
        facts = _facts(params, record, jobs, outcomes, code, started)
        _build(at.pack, jobs, outcomes, at.work / DATA, params, facts, key_figures(params, record))
        facts |= {"checks": dict.fromkeys(gate.CHECKS, "passed"), "finished": clock().isoformat(timespec="seconds")}
        publish.write_manifest(at.pack, facts)
        _refuse_problems(gate.inspect(at.pack, _pages(jobs), _sources(jobs), record))
        pack = publish.publish(at)
        shutil.rmtree(at.work, ignore_errors=True)
    listener.say(f"Published in {pack}")
    return Published(pack, outcomes)


def key_figures(params: Params, record) -> list[dict]:
    """The protected figures of the cover: how many children and care leavers, then every measure with a target.

    Measures that the extract cannot answer are left out; the reports say why.
    """
    from incare.measures import catalogue
    from incare.pack.figures import figures
    from incare.views import words

    wanted = [*ON_THE_COVER, *(name for name in params.targets if name not in ON_THE_COVER)]
    measures = catalogue().choose(params.choices).only(wanted)
    settings = params.values()
    shown = figures(
        record,
        measures,
        **{name: settings[name] for name in ("quarter", "grain", "periods", "profile", "targets")},
        by=settings["breakdowns"],
        rules=settings["disclosure"],
    )
    last = shown.frame["period_end"].max()
    known = shown.frame[(shown.frame["period_end"] == last) & (shown.frame["status"] != "x")]["measure"].unique()
    return words.key_figures(shown, measures.only([name for name in wanted if name in known]))


@contextmanager
def _full_disks_told():
    try:
        yield
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise RunError(f"The pack could not be written: {why}. Nothing was published; earlier packs stand.") from None


def read_record(params: Params):
    """The record of the params file's extract."""
    from incare import record

    return record.read(params.extract_place, area=params.area, as_at=params.as_at, keep=tuple(params.local_columns))


def show_record(record, listener: Listener) -> None:
    """Rows in = used + set aside, and what the analyst should know; counts only."""
    for notice in record.notices:
        listener.say(notice)
    listener.table("Rows", quality.by_table(record))


def summary(outcomes: tuple[Outcome, ...]) -> pd.DataFrame:
    """How each notebook ended: notebook, result, seconds."""
    return pd.DataFrame(
        {
            "notebook": [o.name for o in outcomes],
            "result": ["failed" if o.failure else "done" for o in outcomes],
            "seconds": pd.array([None if o.seconds is None else f"{o.seconds:.1f}" for o in outcomes], dtype="string"),
        }
    )


def _refuse_failures(outcomes: tuple[Outcome, ...], at: publish.Place) -> None:
    failed = [outcome.failure for outcome in outcomes if outcome.failure]
    if failed:
        raise RunError(
            f"{len(failed)} of {len(outcomes)} notebooks failed, so nothing was published:\n  "
            + "\n  ".join(failed)
            + f"\n  The whole error is in {at.work} (restricted: it may hold child-level values)."
        )


def _refuse_problems(checks: dict[str, list[str]]) -> None:
    problems = [f"{name}: {'; '.join(found)}." for name, found in checks.items() if found]
    if problems:
        raise RunError("The pack did not pass its checks, so nothing was published:\n  " + "\n  ".join(problems))


def _pages(jobs: tuple[plan.Job, ...]) -> list[str]:
    return ["index.html", *(f"{job.name}.html" for job in jobs)]


def _sources(jobs: tuple[plan.Job, ...]) -> list[str]:
    return [source for job in jobs for source in job.sources]


def _facts(params: Params, record, jobs, outcomes, code: dict, started: datetime) -> dict:
    """What a manifest says about the run, apart from the files."""
    import platform

    first, last = (str(pd.Timestamp(day).date()) for day in record.covers)
    reaches = str(pd.Timestamp(record.reaches).date())
    return {
        "area": params.area,
        "quarter": params.quarter,
        "profile": params.profile,
        "started": started.isoformat(timespec="seconds"),
        "params": params.as_written(),
        "extract": {"fingerprint": record.fingerprint, "reaches": reaches, "covers": [first, last]},
        "rows": protect_rows(quality.by_table(record), params.profile).to_dict("records"),
        "code": code,
        "python": platform.python_version(),
        "packages": publish.package_versions(),
        "notebooks": [
            {"name": j.name, "title": j.title, "inputs": j.inputs, "seconds": round(o.seconds or 0.0)}
            for j, o in zip(jobs, outcomes, strict=True)
        ],
    }


def _build(pack: Path, jobs, outcomes, data: Path, params: Params, facts: dict, figures: list[dict]) -> None:
    """The pages and data files of a pack, in a folder of their own."""
    from incare.pack import export

    pack.mkdir()
    footer = _footer(params, facts)
    _write_pages(pack, jobs, outcomes, footer)
    _collect(data, pack / DATA)
    cover = {
        "title": f"Children in care and care leavers: {params.area}, {params.quarter}",
        "footer": footer,
        "figures": figures,
        "files": [{"href": f"{DATA}/{f.name}", "what": _words(f.stem)} for f in sorted((pack / DATA).iterdir())],
        # A pack that fails one of them is never published, so a page that can be read says the truth.
        "checks": [{"name": name, "result": "passed"} for name in gate.CHECKS],
    }
    entries = [{"href": f"{job.name}.html", "title": job.title, "question": job.question} for job in jobs]
    (pack / "index.html").write_text(export.index_page(entries, cover), encoding="utf-8")


def _write_pages(pack: Path, jobs, outcomes, footer: dict) -> None:
    from incare.pack.export import ExportError

    refused = []
    for job, outcome in zip(jobs, outcomes, strict=True):
        try:
            (pack / f"{job.name}.html").write_text(_page(job, outcome, footer), encoding="utf-8")
        except ExportError as problem:
            refused.append(f"{job.name}: {problem}")
    if refused:
        raise RunError("Pages were refused, so nothing was published:\n  " + "\n  ".join(refused))


def _page(job: plan.Job, outcome: Outcome, footer: dict) -> str:
    from incare.pack import export

    # Without the cell of parameters that papermill adds, cells have the numbers that the notebook's writer sees.
    executed = notebook.without(notebook.read(outcome.executed), notebook.ADDED)
    return export.to_html(executed, title=job.title, footer=footer)


def _footer(params: Params, facts: dict) -> dict[str, str]:
    footer = {
        "area": params.area,
        "quarter": params.quarter,
        "as_at": in_words(params.as_at),
        "profile": params.profile,
        "version": facts["code"]["version"],
        "extract": facts["extract"]["fingerprint"][:12],
    }
    return footer | ({"signed_by": ", ".join(params.signed_by)} if params.signed_by else {})


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def _collect(written: Path, into: Path) -> None:
    """Bring together the data files that the notebooks wrote, each in a folder of its own.

    Raises `RunError` when two notebooks wrote different figures under one name, or a file that is not CSV was written.
    """
    into.mkdir()
    for file in sorted(path for path in written.rglob("*") if path.is_file()):
        goal = into / file.name
        if file.suffix != ".csv":
            raise RunError(
                f"{file.parent.name} wrote {file.name} into its output folder; only CSV files are published."
            )
        if goal.exists() and goal.read_bytes() != file.read_bytes():
            raise RunError(f"Two notebooks wrote different figures as {file.name}; give one of them another name.")
        shutil.copyfile(file, goal)
