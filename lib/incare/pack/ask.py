"""One question, one page: some measures of some children, beside the rest, published beside the quarter's pack."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from incare.disclosure import Rules, protect
from incare.disclosure.audit import attack
from incare.disclosure.released import released
from incare.measure import Catalogue
from incare.pack import gate, notebook, plan, publish
from incare.pack import params as params_file
from incare.pack.execute import Outcome, execute
from incare.pack.params import Params
from incare.periods import Periods, Quarter
from incare.record import Record
from incare.series import calculate
from incare.views.questions import ALL, IN, REST, Answer

NOTEBOOK = "80_ask"
PERIODS = 8
TURNS = 6
ASKED = "asked"
DATA = "data"
KEYS = ("measures", "cohort", "by")
NOBODY = "Nobody of these children is in the record at the quarter's end, so there is nothing to show."


class AskError(ValueError):
    """A question that cannot be asked, or whose page may not be published; nothing was published."""


@dataclass(frozen=True)
class Asked:
    """A published answer: its folder, and the words in which it was asked."""

    pack: Path
    measures: tuple[str, ...]
    cohort: str
    by: str


# The figures, for the notebook


def answer(
    record: Record,
    measures: Catalogue,
    *,
    cohort: str = "",
    by: str = "",
    quarter: str,
    grain: str = "quarter",
    periods: int = PERIODS,
    profile: str = "public",
    rules: dict | None = None,
) -> Answer:
    """Each measure of the children asked about, of the rest, and of everyone, protected together.

    `cohort` is an expression such as `uasc and age >= 16` (everyone when empty); `by` a breakdown of the children asked
    about. The group and the rest are protected as two groups of one table, so that neither gives the other away; mixes
    are left out of the comparison, their total says nothing. Raises `CohortError`, `BreakdownError` and the errors of
    `protect`.
    """
    asked = Periods.of(grain, Quarter.parse(quarter).end, periods)
    every = calculate(measures, record, asked)
    every = every[every["breakdown"] == "total"]
    settings = Rules(**(rules or {}))
    if not cohort:
        split = _split(record, measures, asked, by, "", None, profile, settings)
        shown = protect(every, profile, settings).frame.assign(group=ALL)
        return Answer(measures, "", by, shown, profile, split)
    parts = {
        IN: calculate(measures, record, asked, cohort=cohort),
        REST: calculate(measures, record, asked, cohort=f"not ({cohort})"),
    }
    parts = {name: part[part["breakdown"] == "total"] for name, part in parts.items()}
    if not _anybody(parts[IN]):
        return Answer(measures, cohort, by, every.iloc[:0].assign(group=ALL), profile, None, NOBODY)
    grouped = [part.assign(breakdown=ASKED, category=name) for name, part in parts.items()]
    shown = _guarded(pd.concat([every, *grouped], ignore_index=True), cohort, profile, settings)
    split = _split(record, measures, asked, by, cohort, shown, profile, settings)
    return Answer(measures, cohort, by, shown, profile, split)


def _guarded(series: pd.DataFrame, cohort: str, profile: str, rules: Rules) -> pd.DataFrame:
    """The rows as they may be shown, with `group`; in public attacked, and hidden further where something gives way.

    What the area has released before is held against the page once, when it is published.
    """
    also = np.zeros(len(series), bool)
    for _ in range(TURNS):
        frame = protect(series, profile, rules, also).frame
        group = np.where(frame["breakdown"] == ASKED, frame["category"], ALL)
        shown = frame.assign(group=group, breakdown="total", category="All")
        if profile != "public":
            break
        cells = released(shown.assign(cohort=_whose(shown, cohort)), ASKED, rules=rules)
        verdict = attack(cells, None, rules)
        if verdict.safe:
            break
        # The group and the rest go together: either gives the other away.
        keys = pd.MultiIndex.from_frame(verdict.unsafe[["measure", "period_end"]])
        mine = pd.MultiIndex.from_frame(series[["measure", "period_end"]]).isin(keys)
        also |= mine & (series["breakdown"] == ASKED).to_numpy()
    return shown


def _whose(rows: pd.DataFrame, cohort: str) -> pd.Series:
    """Whom each row is about, as an expression; empty for everyone."""
    return rows["group"].map({IN: cohort, REST: f"not ({cohort})", ALL: ""})


def _anybody(rows: pd.DataFrame) -> bool:
    newest = rows[rows["period_end"] == rows["period_end"].max()]
    return bool((newest["people"].fillna(0) > 0).any() or (newest["numerator"].fillna(0) > 0).any())


def _split(record, measures, asked: Periods, by: str, cohort: str, shown, profile: str, rules: Rules):
    """The children asked about by a breakdown, protected; with their total hidden where the comparison hides it."""
    if not by:
        return None
    series = calculate(measures, record, asked, (by,), cohort=cohort)
    also = None
    if shown is not None:
        hidden = shown[(shown["group"] == IN) & (shown["status"] == "c")][["measure", "period_end"]]
        keys = pd.MultiIndex.from_frame(series[["measure", "period_end"]])
        also = keys.isin(pd.MultiIndex.from_frame(hidden)) & (series["breakdown"] == "total").to_numpy()
    return protect(series, profile, rules, also)


def write(found: Answer, folder: str) -> None:
    """Write the answer's figures as `asked.csv`, with the expression of each row's children as `cohort`.

    With a breakdown, `asked_by.csv` beside it. Nothing is written without a folder.
    """
    from incare.disclosure.protect import write_table

    rows = found.rows.assign(cohort=_whose(found.rows, found.cohort))
    write_table(rows.drop(columns="group"), folder, ASKED)
    if found.split is not None:
        write_table(found.split.frame.assign(cohort=found.cohort), folder, f"{ASKED}_by")


def of_params(ask: dict, choices: dict | None = None) -> Catalogue:
    """The measures that a question names, with the choices of a params file. Raises `UnknownMeasureError`."""
    from incare.measures import catalogue

    return catalogue().choose(choices or {}).only(ask.get("measures") or ())


# The run


def ask(
    params_path,
    *,
    measures: Iterable[str],
    cohort: str = "",
    by: str = "",
    clock: Callable[[], datetime],
    profile: str | None = None,
    reports=None,
    notebooks=None,
    listener=None,
) -> Asked:
    """Answer one question on one page and publish it as `reports/<area>/<quarter>-asked-<words>/`.

    `measures` are ids, `cohort` an expression (everyone when empty), `by` a breakdown. The page, its data and its
    manifest pass the checks of a pack; a public one is attacked together with everything its area has released, joins
    the ledger and takes its place by one rename. Raises one of incare's own errors when anything is wrong; then
    nothing was published.
    """
    from incare.pack.run import Listener

    listener, started = listener or Listener(), clock()
    house = Path(params_path).resolve().parents[1]
    reports, notebooks = Path(reports or house / "reports"), Path(notebooks or house / "notebooks")
    wanted = {"measures": list(measures), "cohort": cohort.strip(), "by": by.strip()}
    if not wanted["measures"]:
        raise AskError("A question needs at least one measure; `incare measures` lists them.")
    changes = {"notebooks": [NOTEBOOK], "ask": wanted, "mandatory": []} | ({"profile": profile} if profile else {})
    given = params_file.read(params_path, **changes)
    of_params(wanted, given.choices)
    return _published(given, wanted, started, clock, reports, notebooks, listener)


def label(quarter: str, wanted: dict) -> str:
    """What the folder of an answer is called: the quarter, then whom and what was asked about."""
    words = [wanted["cohort"] or "everyone", *([f"by {wanted['by']}"] if wanted["by"] else []), *wanted["measures"]]
    return f"{quarter} {ASKED} {publish.slug(' '.join(words))[:80].strip('-')}"


def _published(
    given: Params, wanted: dict, started: datetime, clock, reports: Path, notebooks: Path, listener
) -> Asked:
    from incare.pack import run
    from incare.pack.attack import publish_if_safe, sharing

    listener.say(f"{given.area}, {given.quarter}, {given.profile} profile: {label('', wanted).strip()}")
    record = run.read_record(given)
    params_file.agree(given, record)
    at = publish.place(reports, given.area, label(given.quarter, wanted), started)
    code = publish.code_version()
    jobs = plan.make(given, notebooks, at.work / DATA, extract=record.fingerprint, code=code["sources"])
    footer = _footer(given, code, record.fingerprint)
    with publish.held(at, started, (NOTEBOOK,)), sharing(at, given, started):
        outcome = execute(jobs, at.work, 1, listener.step)[0]
        if outcome.failure:
            raise AskError(f"The question was not answered, so nothing was published: {outcome.failure}")
        _build(at, jobs[0], outcome, footer)
        publish.write_manifest(at.pack, _facts(given, wanted, record, jobs[0], code, started, clock()))
        _refuse(gate.inspect(at.pack, ["index.html"], jobs[0].sources, record))
        # The same door as a pack's: attacked with all that was released, published, recorded in the ledger.
        pack = publish_if_safe(at, given, started)
        shutil.rmtree(at.work, ignore_errors=True)
    listener.say(f"Published in {pack}")
    return Asked(pack, tuple(wanted["measures"]), wanted["cohort"], wanted["by"])


def _footer(given: Params, code: dict, fingerprint: str) -> dict[str, str]:
    facts = {"area": given.area, "quarter": given.quarter, "as_at": params_file.in_words(given.as_at)}
    facts |= {"profile": given.profile, "version": code["version"], "extract": fingerprint[:12]}
    return facts | ({"signed_by": ", ".join(given.signed_by)} if given.signed_by else {})


def _facts(given: Params, wanted: dict, record: Record, job: plan.Job, code: dict, began, ended) -> dict:
    """What the manifest of an answer says, apart from the files."""
    return {
        "area": given.area,
        "quarter": given.quarter,
        "profile": given.profile,
        "started": began.isoformat(timespec="seconds"),
        "finished": ended.isoformat(timespec="seconds"),
        ASKED: wanted,
        "params": given.as_written(),
        "extract": {"fingerprint": record.fingerprint},
        "code": code,
        "packages": publish.package_versions(),
        "notebooks": [{"name": job.name, "title": job.title, "inputs": job.inputs}],
        "checks": dict.fromkeys(gate.CHECKS, "passed"),
    }


def _build(at: publish.Place, job: plan.Job, outcome: Outcome, footer: dict) -> None:
    """The page as `index.html`, and the data files that the notebook wrote."""
    from incare.pack import export

    at.pack.mkdir()
    executed = notebook.without(notebook.read(outcome.executed), notebook.ADDED)
    (at.pack / "index.html").write_text(export.to_html(executed, title=job.title, footer=footer), encoding="utf-8")
    (at.pack / DATA).mkdir()
    for file in sorted((at.work / DATA / job.name).glob("*.csv")):
        shutil.copyfile(file, at.pack / DATA / file.name)


def _refuse(checks: dict[str, list[str]]) -> None:
    problems = [f"{name}: {'; '.join(found)}." for name, found in checks.items() if found]
    if problems:
        raise AskError("The page did not pass its checks, so nothing was published:\n  " + "\n  ".join(problems))
