"""One question, one page: some measures of some children, beside the rest, published beside the quarter's pack."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from incare.disclosure import Protected, Rules, protect
from incare.disclosure.audit import attacker
from incare.disclosure.released import released
from incare.measure import Catalogue
from incare.pack import gate, notebook, plan, publish
from incare.pack import params as params_file
from incare.pack.execute import Outcome, execute
from incare.pack.figures import released_before
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
    parts = [every[every["breakdown"] == "total"]]
    for name, whom in ((IN, cohort), (REST, f"not ({cohort})")) if cohort else ():
        part = calculate(measures, record, asked, cohort=whom)
        part = part[part["breakdown"] == "total"]
        if name == IN and not _anybody(part):
            return Answer(measures, cohort, by, parts[0].iloc[:0].assign(group=ALL), profile, None, NOBODY)
        parts.append(part.assign(breakdown=ASKED, category=name))
    series = pd.concat(parts, ignore_index=True)
    divided = calculate(measures, record, asked, (by,), cohort=cohort) if by else None
    shown, split = _guarded(series, divided, cohort, profile, Rules(**(rules or {})))
    return Answer(measures, cohort, by, shown, profile, split)


def _guarded(
    series: pd.DataFrame, divided: pd.DataFrame | None, cohort: str, profile: str, rules: Rules
) -> tuple[pd.DataFrame, Protected | None]:
    """The rows as they may be shown, with `group`, and the children asked about by a breakdown.

    In public attacked together with all that the area has released, and hidden further where something gives way: first
    the group, the rest and the breakdown of that measure and period, which give each other away; then everyone in it.
    Where that does not come to an end, in the last turns all groups of the page are hidden, and then all of it.
    """
    page = _pairs(series)
    groups, whole = page[:0], page[:0]
    earlier, choices = released_before(str(series["area"].iloc[0])) if profile == "public" else (None, None)
    attacked = attacker(earlier, rules)
    for turn in range(1, TURNS + 1):
        shown, split = _protected(series, divided, groups, whole, cohort, profile, rules)
        if profile != "public":
            break
        cells = [released(shown.assign(cohort=_whose(shown, cohort)), ASKED, choices=choices, rules=rules)]
        cells += [] if split is None else [released(split, ASKED, cohort=cohort, choices=choices, rules=rules)]
        verdict = attacked(pd.concat(cells, ignore_index=True))
        if verdict.safe:
            break
        mine = _behind(_pairs(verdict.unsafe), page) if turn < TURNS - 2 else page
        whole, groups = whole.union(mine.intersection(groups)), groups.union(mine)
    return shown, split


def _protected(
    series: pd.DataFrame,
    divided: pd.DataFrame | None,
    groups: pd.MultiIndex,
    whole: pd.MultiIndex,
    cohort: str,
    profile: str,
    rules: Rules,
) -> tuple[pd.DataFrame, Protected | None]:
    keys = _pairs(series, unique=False)
    also = keys.isin(whole) | (keys.isin(groups) & (series["breakdown"] == ASKED).to_numpy())
    frame = protect(series, profile, rules, also).frame
    group = np.where(frame["breakdown"] == ASKED, frame["category"], ALL)
    shown = frame.assign(group=group, breakdown="total", category="All")
    if divided is None:
        return shown, None
    hidden = shown[(shown["group"] == (IN if cohort else ALL)) & (shown["status"] == "c")]
    keys, total = _pairs(divided, unique=False), (divided["breakdown"] == "total").to_numpy()
    also = (keys.isin(_pairs(hidden)) & total) | (keys.isin(groups) & ~total)
    return shown, protect(divided, profile, rules, also)


def _pairs(rows: pd.DataFrame, unique: bool = True) -> pd.MultiIndex:
    """The measure and period of each row."""
    ends = pd.to_datetime(rows["period_end"]).astype("datetime64[s]")
    pairs = pd.MultiIndex.from_arrays([rows["measure"].astype(str), ends], names=["measure", "period_end"])
    return pairs.unique() if unique else pairs


def _behind(unsafe: pd.MultiIndex, page: pd.MultiIndex) -> pd.MultiIndex:
    """What of a page gives way, or helps numbers of other measures or periods to give way."""
    mine, others = unsafe.intersection(page), unsafe.difference(page)
    ends = page.get_level_values("period_end")
    near = page[ends.isin(others.get_level_values("period_end"))]
    far = len(others) and not others.get_level_values("period_end").isin(ends).all()
    return page if far else mine.union(near)


def _whose(rows: pd.DataFrame, cohort: str) -> pd.Series:
    """Whom each row is about, as an expression; empty for everyone."""
    return rows["group"].map({IN: cohort, REST: f"not ({cohort})", ALL: ""})


def _anybody(rows: pd.DataFrame) -> bool:
    newest = rows[rows["period_end"] == rows["period_end"].max()]
    return bool((newest["people"].fillna(0) > 0).any() or (newest["numerator"].fillna(0) > 0).any())


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
