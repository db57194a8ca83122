"""The command line: parse, call, exit code. 0 done; 1 refused, failed or unfit; 2 the command was not understood."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="incare",
    help="Quarterly analytical reports on children in care and care leavers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Profile(StrEnum):
    """Who may read the pack."""

    public = "public"
    restricted = "restricted"


class Grain(StrEnum):
    """The length of a period."""

    month = "month"
    quarter = "quarter"


class Engine(StrEnum):
    """Where several runs go."""

    local = "local"
    dask = "dask"


class Better(StrEnum):
    """Which direction is an improvement."""

    higher = "higher"
    lower = "lower"
    neutral = "neutral"


ParamsFile = Annotated[Path, typer.Argument(metavar="PARAMS.yaml", help="The params file of the run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for a program to read.")]


@app.command(epilog="Example: incare run params/sample.yaml --workers 2")
def run(
    params: Annotated[
        list[Path], typer.Argument(metavar="PARAMS.yaml…", help="The params file of the run, or of several.")
    ],
    only: Annotated[str, typer.Option(metavar="NB,…", help="Run these notebooks of the params file only.")] = "",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Notebooks run at the same time.")] = 2,
    profile: Annotated[Profile | None, typer.Option(help="Who may read the pack; overrides the params file.")] = None,
    reports: Annotated[Path | None, typer.Option(help="Where packs go. Default: reports beside params.")] = None,
    notebooks: Annotated[Path | None, typer.Option(help="Their folder. Default: notebooks beside params.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take over what runs that did not publish finished.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run every notebook, whether its inputs changed or not.")
    ] = False,
    engine: Annotated[Engine, typer.Option(help="Where several runs go.")] = "local",
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A Dask cluster; without it one is started on this machine.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check, execute, export and publish one quarter as reports/<area>/<quarter>/.

    A notebook runs again only if its cells, parameters, extract or code changed since the pack was published. With
    several params files, or on Dask, each is a run of its own, and workers are runs at the same time.
    """
    from incare.pack import run as runner

    if resume and fresh:
        raise UsageError("Give --resume or --fresh, not both.")
    if scheduler and engine != "dask":
        raise UsageError("--scheduler goes with --engine dask.")
    if len(params) > 1 or engine == "dask":
        options = {"only": _split(only), "profile": profile.value if profile else None}
        options |= {
            name: str(place.resolve()) if place else None
            for name, place in (("reports", reports), ("notebooks", notebooks))
        }
        # A run lost with its worker begins again; what it finished before is taken over.
        options["reuse"] = "none" if fresh else "any"
        _run_several(params, options, workers, engine, scheduler, as_json)
        return
    (params,) = params
    with _heard(quiet=as_json) as listener:
        published = runner.run(
            params,
            clock=lambda: datetime.now(UTC),
            only=_split(only),
            workers=workers,
            profile=profile.value if profile else None,
            reports=reports,
            notebooks=notebooks,
            reuse="any" if resume else "none" if fresh else "published",
            listener=listener,
        )
    if as_json:
        notebooks_done = [{"name": o.name, "seconds": o.seconds, "tries": o.tries} for o in published.outcomes]
        _print_json({"pack": str(published.pack), "notebooks": notebooks_done})


def _run_several(params: list[Path], options: dict, workers: int, engine: str, scheduler: str, as_json: bool) -> None:
    from incare.pack import several

    with _heard(quiet=as_json) as listener:

        def told(ended: several.Ended, done: int, of: int) -> None:
            result = f"failed: {ended.failure}" if ended.failure else f"published in {ended.pack}"
            listener.say(f"{done} of {of}: {Path(ended.params).name} {result}")

        ends = several.run_all(params, options, workers=workers, engine=engine, scheduler=scheduler, told=told)
        listener.table("Runs", several.table(ends))
    if as_json:
        _print_json([vars(ended) for ended in ends])
    raise typer.Exit(int(any(ended.failure for ended in ends)))


@app.command(hidden=True)
def one_run() -> None:
    """What `run` starts for each of several params files: one line of JSON in, one out, until the input closes."""
    import threading

    from incare.pack import execute, publish
    from incare.pack import run as runner

    request = json.loads(sys.stdin.readline())

    def leave_with_the_asker() -> None:
        sys.stdin.read()
        execute.end_all()
        os._exit(1)

    threading.Thread(target=leave_with_the_asker, daemon=True).start()
    answer, code = {"pack": "", "failure": ""}, 0
    try:
        params = request.pop("params")
        answer["pack"] = str(runner.run(params, clock=lambda: datetime.now(UTC), workers=1, **request).pack)
    except publish.LockedError as problem:
        answer["failure"], code = str(problem), 3
    except Exception as problem:
        answer["failure"] = _told(problem)
    typer.echo(json.dumps(answer))
    raise typer.Exit(code)


@app.command(epilog="Example: incare check params/sample.yaml")
def check(
    place: Annotated[
        Path, typer.Argument(metavar="PARAMS.yaml", help="A params file, or an extract's folder or file.")
    ],
    effects: Annotated[
        bool, typer.Option("--effects", help="How far each finding moves the figures (slower).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say on one page whether an extract is fit to report; no notebook runs."""
    from incare.pack import check as checker

    found = checker.check(place, moves=effects)
    if as_json:
        _print_json(found.as_dict())
    else:
        with _heard() as listener:
            for sentence in checker.told(found):
                listener.say(sentence)
            listener.table("Rows", found.rows)
            listener.table("Set aside, repaired and flagged", found.findings)
            if found.moves is not None:
                listener.table("What the findings move (restricted: true figures)", found.moves.round(1))
            for fault in found.faults:
                listener.say(f"Not fit: {fault}")
            listener.say("Fit to report." if found.fit else "Not fit to report.")
    raise typer.Exit(0 if found.fit else 1)


@app.command(epilog="Example: incare series params/sample.yaml --measures cla_count --periods 12 -o series.csv")
def series(
    params: ParamsFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, .csv or .parquet.")],
    measures: Annotated[str, typer.Option(metavar="A,B,…", help="Only these measures; see: incare measures.")] = "",
    periods: Annotated[int | None, typer.Option(min=1, help="How many periods, ending with the quarter.")] = None,
    grain: Annotated[Grain | None, typer.Option(help="The length of a period.")] = None,
    by: Annotated[str, typer.Option(metavar="X,…", help="Breakdowns beside the total.")] = "",
    cohort: Annotated[str, typer.Option(help='Only some children, as in: uasc and team == "North".')] = "",
) -> None:
    """Write the tidy series, true and unrounded: restricted, not for publication."""
    _refuse_other_endings(output, ".csv", ".parquet")
    from incare import measures as topics
    from incare import series as tidy
    from incare.pack import params as params_file
    from incare.pack.run import read_record
    from incare.periods import Periods

    changes = {"grain": grain.value if grain else None, "periods": periods}
    given = params_file.read(params, **{key: value for key, value in changes.items() if value is not None})
    catalogue = topics.catalogue().choose(given.choices)
    catalogue = catalogue.only(_split(measures)) if measures else catalogue
    record = read_record(given)
    params_file.agree(given, record)
    asked = Periods.of(given.grain, given.span.end, given.periods)
    chosen = tuple(_split(by)) or tuple(given.breakdowns)
    rows = tidy.calculate(catalogue, record, asked, by=chosen, cohort=cohort)
    absent = rows[rows["status"] == "x"].drop_duplicates(["measure", "reason"])
    for row in absent.itertuples():
        typer.echo(f"{row.measure}: not available in some periods: {row.reason}.", err=True)
    # The file has the columns that other programs count on; the reasons are for the reader.
    _write_frame(rows[[name for name in tidy.COLUMNS if name != "reason"]], output)
    typer.echo(f"{len(rows):,} rows in {output} (restricted: true counts).", err=True)


@app.command(epilog="Example: incare forecast params/sample.yaml --origin 2025-03-31 --horizon 24 -o forecast.csv")
def forecast(
    params: ParamsFile,
    origin: Annotated[str, typer.Option(metavar="DATE", help="The last day to be known, as yyyy-mm-dd.")],
    horizon: Annotated[int, typer.Option(min=1, max=60, help="How many months ahead.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, .csv or .parquet.")],
    scenario: Annotated[Path | None, typer.Option(help="A scenario file: what if entries, exits, … change.")] = None,
    sims: Annotated[int, typer.Option(min=100, max=20_000, help="How many simulations.")] = 1000,
    seed: Annotated[int | None, typer.Option(min=0, help="Which chances; the same seed gives the same file.")] = None,
) -> None:
    """Project children in care and care leavers by age and placement, with the error of earlier projections."""
    _refuse_other_endings(output, ".csv", ".parquet")
    from incare.forecast import outlook
    from incare.pack import params as params_file
    from incare.pack.run import read_record

    given = params_file.read(params)
    record = read_record(given)
    made = outlook.outlook(record, origin, horizon, sims=sims, seed=seed, scenario=scenario)
    _write_frame(made.rows, output)
    with _heard() as listener:
        for sentence in made.said:
            listener.say(sentence)
        listener.table("Past error of the same method (children)", made.tested)
        for title, table in made.tables.items():
            listener.table(title, table)
    typer.echo(f"{len(made.rows):,} rows in {output} (restricted: true figures).", err=True)


@app.command("forecast-series", epilog="Example: incare forecast-series history.csv --horizon 8 -o forecast.csv")
def forecast_series(
    history: Annotated[
        Path, typer.Argument(metavar="IN.csv", help="Columns unique_id, ds (period end), y, perhaps n, kind, measure.")
    ],
    horizon: Annotated[int, typer.Option(min=1, max=120, help="How many periods ahead.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, .csv or .parquet.")],
) -> None:
    """Forecast any series, with 80 and 95 % intervals and the method chosen for each."""
    _refuse_other_endings(output, ".csv", ".parquet")
    from incare import forecast

    rows = forecast.series(_read_frame(history), horizon)
    _write_frame(rows, output)
    typer.echo(f"{len(rows):,} rows in {output}.", err=True)


@app.command(epilog="Example: incare spc visits.csv -o judged.csv --better higher --target 90")
def spc(
    table: Annotated[Path, typer.Argument(metavar="IN.csv", help="Columns date, value, perhaps facet and n.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, .csv or .parquet.")],
    better: Annotated[Better, typer.Option(help="Which direction is an improvement.")] = Better.neutral,
    target: Annotated[float | None, typer.Option(help="A target; needs --better higher or lower.")] = None,
    rebase: Annotated[list[str] | None, typer.Option(metavar="DATE", help="New limits from here; may repeat.")] = None,
    rules: Annotated[str, typer.Option(help="7/7, 6, 8/6 or anhoej; +beyond, +within or +none for 2 of 3.")] = "7/7",
    screen: Annotated[bool, typer.Option("--screen/--no-screen", help="Leave out the largest moving ranges.")] = True,
) -> None:
    """Control limits, special causes and icons of any series: XmR, or p′ when n gives what value is a percentage of."""
    _refuse_other_endings(output, ".csv", ".parquet")
    from incare.stats.spc import Settings, of_table

    rows = _read_frame(table)
    shares = {"chart": "pp", "per": 100.0, "cut": (0, 100)} if "n" in rows else {}
    given = Settings(better=better, target=target, rebase=rebase or (), rules=rules, screen=screen, **shares)
    _write_frame(of_table(rows, given), output)
    typer.echo(f"{len(rows):,} rows in {output}.", err=True)


@app.command(epilog="Example: incare compare la_care_leavers_activity.csv --area 330 -o compared.csv")
def compare(
    published: Annotated[
        Path, typer.Argument(metavar="IN.csv", help="A file of Explore Education Statistics, as downloaded.")
    ],
    area: Annotated[str, typer.Option(metavar="CODE", help="The area: its three digits, national code or name.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, .csv or .parquet.")],
    neighbours: Annotated[
        Path | None, typer.Option(help="The neighbour workbook or CSV. Default: sn_*.xlsx beside IN.csv.")
    ] = None,
    better: Annotated[
        Better | None, typer.Option(help="Which direction is better; default: by the words of each line.")
    ] = None,
) -> None:
    """Set an area's published figures beside England, its region and its statistical neighbours."""
    _refuse_other_endings(output, ".csv", ".parquet")
    from incare.published import ees
    from incare.published import neighbours as neighbour_lists
    from incare.stats import neighbours as comparison

    found = neighbours or _only_workbook(published.parent)
    listed = None if found is None else neighbour_lists.read(found)
    rows = comparison.compare(ees.read(published), area, listed, better.value if better else None)
    for said in comparison.notes(rows):
        typer.echo(said, err=True)
    if found is None:
        typer.echo("Give --neighbours, or put DfE's sn_….xlsx beside the table.", err=True)
    _write_frame(rows, output)
    typer.echo(f"{len(rows):,} rows in {output}: {rows['area'].iloc[0]} ({rows['la_code'].iloc[0]}).", err=True)


@app.command(epilog="Example: incare measures --topic care_leavers")
def measures(
    name: Annotated[str, typer.Argument(metavar="[ID]", help="A measure, for its definition card.")] = "",
    topic: Annotated[str, typer.Option(help="Only the measures of this topic.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the measures, or print one measure's definition card."""
    from incare import measures as topics
    from incare.measure import UnknownMeasureError

    catalogue = topics.catalogue()
    if topic and topic not in catalogue.topics():
        raise UnknownMeasureError(f"No topic is called {topic}; there are: {', '.join(catalogue.topics())}.")
    found = [catalogue[name]] if name else list(catalogue.topic(topic) if topic else catalogue)
    if as_json:
        cards = [_card(m) for m in found]
        _print_json(cards[0] if name else {"measures": cards})
        return
    with _heard() as listener:
        if name:
            for key, value in _card(found[0]).items():
                if key != "choices" and value:
                    listener.say(f"{key.replace('_', ' ').capitalize()}: {value}")
        else:
            import pandas as pd

            facts = [(m.id, m.title, m.topic, m.unit, m.better) for m in found]
            listener.table("Measures", pd.DataFrame(facts, columns=["id", "title", "topic", "unit", "better"]))


def _card(measure) -> dict:
    """A measure's facts and definition as plain values."""
    from incare.views import cards

    facts = {key: getattr(measure, key) for key in ("id", "title", "topic", "unit", "better", "version", "valid_from")}
    said = {name.lower().replace(" ", "_"): text for name, text in cards.entries(measure)}
    return facts | {"summary": measure.definition["summary"]} | said | {"choices": dict(measure.choices)}


@app.command(epilog="Example: incare audit reports/northmere/2024-25-q4")
def audit(
    pack: Annotated[Path, typer.Argument(metavar="PACK_DIR", help="A published pack: reports/<area>/<quarter>.")],
    ledger: Annotated[Path | None, typer.Option(help="The ledger of releases. Default: reports/ledger.jsonl.")] = None,
    as_json: AsJson = False,
) -> None:
    """Attack a pack, with every earlier one in its ledger, and name the cells that can be worked out."""
    from incare.disclosure.audit import audit_pack

    verdict = audit_pack(pack, ledger)
    if as_json:
        cells = json.loads(verdict.unsafe.to_json(orient="records", date_format="iso", date_unit="s"))
        _print_json({"safe": verdict.safe, "cells": cells, "others": list(verdict.others)})
    else:
        for sentence in verdict.told():
            typer.echo(sentence)
        typer.echo("Safe to publish." if verdict.safe else "Not safe to publish.")
    raise typer.Exit(0 if verdict.safe else 1)


@app.command("list", epilog="Example: incare list params/sample.yaml care_plan_up_to_date_pct -o overdue.csv")
def list_behind(
    params: ParamsFile,
    measure: Annotated[str, typer.Argument(metavar="ID", help="The measure; see: incare measures.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, .csv or .parquet.")],
    cohort: Annotated[str, typer.Option(help='Only some children, as in: uasc and team == "North".')] = "",
    everyone: Annotated[bool, typer.Option("--all", help="Those counted and set aside too.")] = False,
) -> None:
    """Write the list behind a number: who is not counted and why, what was due when, by team and worker. Restricted."""
    _refuse_other_endings(output, ".csv", ".parquet")
    from incare import measures as topics
    from incare.pack import params as params_file
    from incare.pack.run import read_record
    from incare.periods import Periods
    from incare.worklist import worklist

    given = params_file.read(params)
    chosen = topics.catalogue().choose(given.choices)[measure]
    record = read_record(given)
    params_file.agree(given, record)
    rows = worklist(chosen, record, Periods.of(given.grain, given.span.end, 1), cohort=cohort, everyone=everyone)
    _write_frame(rows, output)
    typer.echo(f"{len(rows):,} rows in {output} (restricted: children's ids; delete it when it has served).", err=True)


@app.command(epilog="Example: incare sample extracts/invented --seed 7 --children 600 --years 5")
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write; new or empty.")],
    seed: Annotated[int | None, typer.Option(help="Which invented children.")] = None,
    children: Annotated[int | None, typer.Option(min=1, help="About how many children are in care at once.")] = None,
    years: Annotated[int | None, typer.Option(min=1, help="How many yearly returns.")] = None,
    areas: Annotated[int | None, typer.Option(min=1, help="How many authorities, a folder each.")] = None,
) -> None:
    """Write an invented authority as SSDA903 files and local tables; no real child is in it."""
    from incare import sample as invented

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; give a new or an empty folder.")
    wanted = {"seed": seed, "children": children, "years": years, "areas": areas, "workers": min(areas or 1, 2)}
    for written in invented.write(folder, **{key: value for key, value in wanted.items() if value is not None}):
        typer.echo(f"Written: {written}. Look at it with: incare check {written}")


@app.command(epilog="Example: incare partition extracts/national extracts/areas --column LA")
def partition(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A folder of CSV or Parquet files, one such file, or a DuckDB file.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write; new or empty.")],
    column: Annotated[str, typer.Option(metavar="NAME", help="The column that names each row's authority.")] = "LA",
) -> None:
    """Split an extract of many authorities into a folder for each, in little memory; no row is lost."""
    from incare.partition import partition as split

    told = split(source, folder, column)
    typer.echo(told.to_string(index=False))
    areas = sum(1 for place in folder.iterdir() if place.is_dir())
    typer.echo(
        f"{told['rows'].sum():,} rows = {told['written'].sum():,} written for {areas} areas "
        f"+ {told['set_aside'].sum():,} set aside, as they name none. Look at one with: incare check {folder}/AREA",
        err=True,
    )


@app.command(epilog='Example: incare ask params/sample.yaml --measures pathway_plan_up_to_date_pct --cohort "uasc"')
def ask(
    params: ParamsFile,
    measures: Annotated[str, typer.Option(metavar="A,B,…", help="Which measures; see: incare measures.")],
    cohort: Annotated[str, typer.Option(help="Which children, as in: uasc and age >= 16.")] = "",
    by: Annotated[str, typer.Option(help="A breakdown of them, such as team.")] = "",
    profile: Annotated[Profile | None, typer.Option(help="Who may read the page.")] = None,
    reports: Annotated[Path | None, typer.Option(help="Where packs go. Default: reports beside params.")] = None,
) -> None:
    """Answer one question on one page: any measures of any children, beside the rest."""
    from incare.pack.ask import ask as answer

    chosen = {"profile": profile.value if profile else None, "reports": reports}
    with _heard() as listener:
        answer(
            params,
            measures=_split(measures),
            cohort=cohort,
            by=by,
            clock=lambda: datetime.now(UTC),
            listener=listener,
            **chosen,
        )


@app.command(epilog="Example: incare lab --no-browser")
def lab(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where your copy lies: reports/.lab.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser on it.")] = True,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port of this machine to use.")] = None,
) -> None:
    """Open JupyterLab on a tutorial notebook, with the invented authority at hand; it answers this machine only."""
    import subprocess

    from incare.pack import lab as desk

    tutorial = desk.prepare(folder or Path("reports") / ".lab")
    typer.echo(f"The tutorial is {tutorial}; end with Ctrl-C.", err=True)
    command = desk.command(tutorial, browser, port)
    if sys.platform == "win32":
        raise typer.Exit(subprocess.run(command, check=False).returncode)
    # Elsewhere JupyterLab takes the place of this process, so that ending it ends JupyterLab.
    os.execv(command[0], command)


# Showing


class UsageError(ValueError):
    """A command that was understood but cannot be done as asked."""


@contextmanager
def _heard(quiet: bool = False):
    """A listener: Rich tables and a progress bar on a terminal, plain lines elsewhere, or silence."""
    from incare.pack.terminal import Listener, PlainLines, Terminal

    listener = Listener() if quiet else Terminal() if sys.stdout.isatty() else PlainLines()
    try:
        yield listener
    finally:
        listener.close()


def _only_workbook(folder: Path) -> Path | None:
    """The neighbour workbook that lies in a folder, when there is just one."""
    found = sorted(folder.glob("sn_*.xlsx"))
    if len(found) > 1:
        raise UsageError(f"{folder} has {len(found)} neighbour workbooks; name one with --neighbours.")
    return found[0] if found else None


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _print_json(value) -> None:
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def _refuse_other_endings(path: Path, *endings: str) -> None:
    if path.suffix.lower() not in endings:
        raise UsageError(f"{path.name}: a file ending in {' or '.join(endings)} was needed.")


def _read_frame(path: Path):
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype={"unique_id": "string", "facet": "string"}, encoding="utf-8-sig")
        # A whole number of hundreds of digits is read as no number of any kind; as text it is refused in words.
        wide = [name for name in frame if frame[name].dtype == object]
        return frame.astype(dict.fromkeys(wide, "str"))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be read as CSV in UTF-8 ({type(problem).__name__}).") from None


def _write_frame(rows, path: Path) -> None:
    """Write beside the file first, so that a full disk leaves the earlier one whole."""
    from incare.pack import sheets

    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".parquet":
            rows.to_parquet(part, index=False)
        else:
            sheets.plain(rows).to_csv(part, index=False, encoding="utf-8", lineterminator="\n")
        os.replace(part, path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {problem.strerror or type(problem).__name__}.") from None


# Errors


def main() -> None:
    """Run a command and leave with its exit code; an error of our own is one sentence, without a traceback."""
    try:
        app()
    except Exception as problem:
        typer.echo(f"incare: {_told(problem)}", err=True)
        raise SystemExit(1) from None


def _told(problem: Exception) -> str:
    """An error as it may be printed; other libraries' messages can hold a child's values and go to a log."""
    if type(problem).__module__.split(".")[0] in ("incare", "__main__"):
        return str(problem)
    import traceback

    handle, log = tempfile.mkstemp(prefix="incare-restricted-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(problem)))
    kept = f"the whole error is in {log} (restricted: it may hold child-level values)"
    return f"an unexpected {type(problem).__name__}; {kept}."


if __name__ == "__main__":
    main()
