"""One run: from a params file to a published pack, or to a reason why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from incare.disclosure import Protected, protect_rows
from incare.pack import attack, gate, materials, notebook, plan, publish, reach, resume
from incare.pack import params as params_file
from incare.pack.execute import WARM, Outcome, Step, execute, warming
from incare.pack.params import Params, in_words
from incare.record import quality

DATA, FIGURES, COVER = "data", "figures.csv", "cover"
FIGURES_OF = "incare.pack.figures"
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
    reuse: str = resume.PUBLISHED,
    listener: Listener | None = None,
) -> Published:
    """Check, execute, export and publish one quarter.

    `clock` gives the time when asked; `only` names the notebooks to run; `profile` replaces that of the params file;
    `reports` and `notebooks` are the folders beside the one that holds the params file, unless given. `reuse` says
    whose results stand for notebooks whose inputs have not changed: those of published packs, of any run (`--resume`),
    or none (`--fresh`).
    Raises one of incare's own errors when anything is wrong; then nothing was published and the earlier pack stands.
    """
    listener = listener or Listener()
    started = clock()
    house = Path(params_path).resolve().parents[1]
    reports, notebooks = Path(reports or house / "reports"), Path(notebooks or house / "notebooks")

    params = params_file.read(params_path, **({"profile": profile} if profile else {})).with_reports(reports)
    listener.say(f"{params.area}, {params.quarter}, {params.profile} profile, as at {in_words(params.as_at)}")
    at = publish.place(reports, params.area, params.quarter, started)
    code = publish.code_version()
    prints = {"code": _reached(code), "software": materials.fingerprint()}
    prints |= {"earlier": attack.fingerprint(reports, params)}

    def planned(extract: str) -> tuple[plan.Job, ...]:
        return plan.make(params, notebooks, at.work / DATA, only=only, extract=extract, **prints)

    # What is in files is known before any of it is read; what is in a database only then.
    before, known = _looked_at(params), extract_fingerprint(params)
    jobs = planned(known) if known else ()
    if known and reuse != resume.NONE and _stands(at, plan.whole(params, jobs, code["sources"])):
        return _left_standing(at, jobs, listener, started)
    with warming(jobs, at.work) as kernels:
        record = read_record(params)
        params_file.agree(params, record)
        show_record(record, listener)
        jobs = jobs if known == record.fingerprint else planned(record.fingerprint)
        whole = plan.whole(params, jobs, code["sources"])
        with (
            _full_disks_told(),
            publish.held(at, started, tuple(job.name for job in jobs)),
            _failure_marked(at, clock),
            attack.sharing(at, params, started),
        ):
            if reuse != resume.NONE and _stands(at, whole):
                return _left_standing(at, jobs, listener, started)
            over = _planned(jobs, at, started, reuse, listener)
            results = _Results(jobs, _footer(params, code, record.fingerprint))
            for kept in over.values():
                results.take_over(kept, at.work)
            results.keep = _keeper(at, code, gate.Wanted.of(record), results.footer, clock)
            left = _in_turn([job for job in jobs if job.name not in over], at)
            done = execute(left, at.work, workers, listener.step, results.add, kernels or WARM)
            outcomes = results.in_order(done)
            listener.table("Notebooks", summary(outcomes, results.refused))
            if _looked_at(params) != before:
                raise RunError(
                    "The extract changed while notebooks were reading it, so nothing was published. Run again."
                )
            _refuse_failures(outcomes, results.refused, at)
            facts = _facts(params, record, jobs, outcomes, code, started) | {"inputs": whole}
            _build(at.pack, jobs, results.pages, at.work / DATA, results.footer, params, record)
            with _documents(kernels, at.pack, jobs, results.footer, params) as documents_written:
                publish.write_manifest(at.pack, facts)
                attack.withstand(at, params)
                documents_written()
            if publish.code_version() != code:
                listener.say("incare's own files changed while notebooks ran; their results are not kept.")
                facts |= {"code": code | {"changed_while_running": True}, "inputs": ""}
            facts |= {"checks": dict.fromkeys(gate.CHECKS, "passed"), "finished": clock().isoformat(timespec="seconds")}
            publish.write_manifest(at.pack, facts)
            _refuse_problems(gate.inspect(at.pack, _pages(jobs), _sources(jobs), record))
            pack = attack.publish_recorded(at, params, clock())
            results.keep_all()
            resume.published(jobs, at, clock())
            shutil.rmtree(at.work, ignore_errors=True)
    listener.say(f"Published in {pack}")
    return Published(pack, outcomes)


def _left_standing(at: publish.Place, jobs: tuple[plan.Job, ...], listener: Listener, now: datetime) -> Published:
    """The published pack as the answer of a run that would make the same again."""
    resume.stands(at)
    with suppress(OSError):
        publish.tidy(at, now)  # the run that published it may have been killed before it tidied up
    listener.say(f"Nothing that decides this pack has changed since it was published: {at.target} stands.")
    shutil.rmtree(at.work, ignore_errors=True)
    return Published(at.target, resume.as_published(jobs, at.target))


def _in_turn(jobs: list[plan.Job], at: publish.Place) -> tuple[plan.Job, ...]:
    """Jobs in the order in which they begin: as much at the same time as can be.

    The figures of the pack are made by the first that asks, and the others that ask wait for it: so those that do not
    ask come second. Otherwise those that took long in the published pack come first, so that no worker is left with a
    long one alone at the end.
    """
    seconds = resume.seconds_of(at.target)
    longest = sorted(jobs, key=lambda job: -seconds.get(job.name, 0.0))
    asking = [job for job in longest if any(FIGURES_OF in reach.imported(source) for source in job.sources)]
    return tuple([*asking[:1], *(job for job in longest if job not in asking), *asking[1:]])


def _reached(code: dict) -> Callable[[tuple[str, ...]], str]:
    """What gives the hash of incare's files that a notebook reaches; a version of its own counts as a change."""
    found = reach.Reach(publish.PACKAGE)
    return lambda sources: f"{code['version']} {found.fingerprint(sources)}"


def _stands(at: publish.Place, whole: str) -> bool:
    """Whether the published pack is whole and made from exactly these inputs."""
    return publish.facts_of(at.target).get("inputs") == whole and not publish.verify(at.target)


def _planned(jobs: tuple[plan.Job, ...], at: publish.Place, now: datetime, reuse: str, listener: Listener) -> dict:
    """Say what will run and why; returns the kept results that are taken over, by notebook."""
    resume.tidy(at.reports, now)
    unpublished = resume.incomplete(at)
    results = resume.known(at, now)
    over = resume.taken(jobs, results, reuse)
    if unpublished:
        listener.say(unpublished + ("" if reuse == resume.ANY else " Run with --resume to take over what it finished."))
    listener.table("Plan", resume.told(jobs, results, over, resume.seconds_of(at.target)))
    resume.begun(at, jobs, now)
    return over


@contextmanager
def _failure_marked(at: publish.Place, clock):
    """A run that ends without a pack leaves a note of why beside the results that it kept."""
    try:
        yield
    except ValueError as problem:
        # Other libraries' messages can hold a child's values.
        ours = type(problem).__module__.startswith("incare.")
        resume.failed(at, str(problem).splitlines()[0].rstrip(".:") if ours else type(problem).__name__, clock())
        raise


def _keeper(at: publish.Place, code: dict, wanted: gate.Wanted, footer: dict, clock) -> Callable:
    """What keeps a result for a later run, as soon as its page is made; `passed` when the whole pack was checked."""

    def keep(job: plan.Job, outcome: Outcome, page: str, passed: bool = False) -> bool:
        # Before the whole pack is checked, only what cannot hold a trace of a child may stay on disk; and a result of
        # code that was changed under it is of no known code.
        sound = (passed or not wanted.count(page)) and publish.code_version() == code
        if sound:
            resume.keep(job, outcome, page, footer, at, clock())
        return sound

    return keep


class _Results:
    """Outcomes as they come, each with its page, and kept for a later run unless they were taken over."""

    def __init__(self, jobs, footer: dict):
        self.jobs = {job.name: job for job in jobs}
        self.footer = footer
        self.keep: Callable[..., bool] = lambda *result, **more: False
        self.outcomes: dict[str, Outcome] = {}
        self.pages: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.kept: set[str] = set()

    def take_over(self, kept: resume.Kept, work: Path) -> None:
        """A result of an earlier run, with its page when that is still the same."""
        job, outcome = self.jobs[kept.name], resume.take_over(kept, work)
        self.outcomes[job.name] = outcome
        self.pages[job.name] = resume.page_of(kept, job.title, self.footer) or _page(job, outcome, self.footer)
        self.kept.add(job.name)

    def add(self, outcome: Outcome) -> None:
        """A result of this run."""
        from incare.pack.export import ExportError

        job = self.jobs[outcome.name]
        self.outcomes[job.name] = outcome
        if outcome.failure:
            return
        try:
            self.pages[job.name] = _page(job, outcome, self.footer)
        except ExportError as problem:
            self.refused[job.name] = str(problem)
            return
        if self.keep(job, outcome, self.pages[job.name]):
            self.kept.add(job.name)

    def keep_all(self) -> None:
        """Keep what was held back until the whole pack had passed its checks."""
        for name in self.jobs.keys() - self.kept:
            self.keep(self.jobs[name], self.outcomes[name], self.pages[name], passed=True)

    def in_order(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """The outcomes of all jobs, those just executed and those taken over."""
        self.outcomes |= {outcome.name: outcome for outcome in outcomes}
        return tuple(self.outcomes[name] for name in self.jobs)


def _looked_at(params: Params) -> list[tuple]:
    """The extract's files by size and time, which must stay as they are while notebooks read them."""
    place = Path(params.extract_place)
    if params.is_sample or params.is_address or not place.exists():
        return []
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def key_figures(params: Params, record) -> tuple[Protected, list[dict]]:
    """The protected figures of the cover, newest period only, and how they are shown there.

    How many children and care leavers, then every measure with a target. Measures that the extract cannot answer are
    left out; the reports say why.
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
    cards = words.key_figures(shown, measures.only([name for name in wanted if name in known]))
    newest = (shown.frame["period_end"] == last) & (shown.frame["breakdown"] == "total")
    return replace(shown, frame=shown.frame[newest & shown.frame["measure"].isin(known)]), cards


@contextmanager
def _full_disks_told():
    try:
        yield
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise RunError(f"The pack could not be written: {why}. Nothing was published; earlier packs stand.") from None


def extract_fingerprint(params: Params) -> str:
    """The fingerprint of the params file's extract before it is read; empty for a database."""
    from incare import record

    return record.fingerprint(params.extract_place)


def read_record(params: Params):
    """The record of the params file's extract."""
    from incare import record

    return record.read(params.extract_place, area=params.area, as_at=params.as_at, keep=tuple(params.local_columns))


def show_record(record, listener: Listener) -> None:
    """Rows in = used + set aside, and what the analyst should know; counts only."""
    for notice in record.notices:
        listener.say(notice)
    listener.table("Rows", quality.by_table(record))


def summary(outcomes: tuple[Outcome, ...], refused: dict[str, str] | None = None) -> pd.DataFrame:
    """How each notebook ended: notebook, result, seconds (those of the run that made it)."""
    return pd.DataFrame(
        {
            "notebook": [o.name for o in outcomes],
            "result": [_result(o, refused or {}) for o in outcomes],
            "seconds": pd.array([None if o.seconds is None else f"{o.seconds:.1f}" for o in outcomes], dtype="string"),
        }
    )


def _result(outcome: Outcome, refused: dict[str, str]) -> str:
    if outcome.failure:
        return "failed"
    if outcome.name in refused:
        return "page refused"
    return ("taken over", "done", "done at the second try")[outcome.tries]


def _refuse_failures(outcomes: tuple[Outcome, ...], refused: dict[str, str], at: publish.Place) -> None:
    failed = [outcome.failure for outcome in outcomes if outcome.failure]
    if failed:
        raise RunError(
            f"{len(failed)} of {len(outcomes)} notebooks failed, so nothing was published:\n  "
            + "\n  ".join([*failed, *_pages_refused(refused)])
            + f"\n  The whole error is in {at.work} (restricted: it may hold child-level values)."
            + "\n  The others are kept: when the cause is mended, run again with --resume."
        )
    if refused:
        raise RunError("Pages were refused, so nothing was published:\n  " + "\n  ".join(_pages_refused(refused)))


def _pages_refused(refused: dict[str, str]) -> list[str]:
    return [f"{name}: {why}" for name, why in refused.items()]


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
        "software": materials.bill(),
        "notebooks": [
            {"name": j.name, "title": j.title, "inputs": j.inputs, "seconds": round(o.seconds or 0.0, 1)}
            for j, o in zip(jobs, outcomes, strict=True)
        ],
    }


def _build(pack: Path, jobs, pages: dict[str, str], data: Path, footer: dict, params: Params, record) -> None:
    """The pages and data files of a pack, in a folder of their own."""
    from incare.pack import documents, export

    pack.mkdir()
    for job in jobs:
        (pack / f"{job.name}.html").write_text(pages[job.name], encoding="utf-8")
    _collect(data, pack / DATA)
    shown, figures = key_figures(params, record)
    if not (pack / DATA / FIGURES).exists():
        # No report that ran holds the cover's figures, and what is in no data file no later pack would know of.
        shown.write(pack / DATA, COVER)
    cover = {
        "title": _title(params),
        "footer": footer,
        "figures": figures,
        "files": [
            *({"href": name, "what": documents.WHAT[name]} for name in documents.names(pack, tuple(params.formats))),
            *({"href": f"{DATA}/{f.name}", "what": _words(f.stem)} for f in sorted((pack / DATA).iterdir())),
        ],
        # A pack that fails one of them is never published, so a page that can be read says the truth.
        "checks": [{"name": name, "result": "passed"} for name in gate.CHECKS],
    }
    entries = [
        {
            "href": f"{job.name}.html",
            "title": job.title,
            "question": job.question,
            "sections": export.sections(pages[job.name]),
        }
        for job in jobs
    ]
    (pack / "index.html").write_text(export.index_page(entries, cover), encoding="utf-8")


def _documents(kernels: str, pack: Path, jobs, footer: dict, params: Params):
    """Begin to write the PDF, the Word file and the spreadsheet that the params ask for (`documents.making`)."""
    from incare.measures import catalogue
    from incare.pack import documents

    return documents.making(
        kernels,
        pack,
        [f"{job.name}.html" for job in jobs],
        tuple(params.formats),
        title=_title(params),
        footer=footer,
        measures={measure.id: measure.title for measure in catalogue()},
        day=params.as_at,
    )


def _title(params: Params) -> str:
    return f"Children in care and care leavers: {params.area}, {params.quarter}"


def _page(job: plan.Job, outcome: Outcome, footer: dict) -> str:
    from incare.pack import export

    # Without the cell of parameters that papermill adds, cells have the numbers that the notebook's writer sees.
    executed = notebook.without(notebook.read(outcome.executed), notebook.ADDED)
    return export.to_html(executed, title=job.title, footer=footer)


def _footer(params: Params, code: dict, fingerprint: str) -> dict[str, str]:
    footer = {
        "area": params.area,
        "quarter": params.quarter,
        "as_at": in_words(params.as_at),
        "profile": params.profile,
        "version": code["version"],
        "extract": fingerprint[:12],
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
