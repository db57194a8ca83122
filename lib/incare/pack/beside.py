"""Figures that stand beside the agreed measures: made of the same record, protected together, shown by `views.beside`.

Each function returns a tidy series of one quarter (the columns of `incare.series`), with a measure id of its own. They
are true figures: `protected` is the way out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from incare import periods as p
from incare.committee.events import Event
from incare.committee.voice import Voice, name_of, waits_of
from incare.disclosure import Protected, Rules, protect
from incare.kinds import poisson, wilson
from incare.measure import Measure
from incare.measures import catalogue
from incare.measures.plans import in_date_until
from incare.periods import Periods, Quarter
from incare.record import Record
from incare.rows import used
from incare.series import COLUMNS, NotComputableError, rows_of

ALL, TOTAL = "All", "total"
OVERDUE, LATER = "Overdue", "Later"
MONTHS_AHEAD = 6
QUARTERS_AHEAD = 8
PLANS = ("pathway_plan_up_to_date_pct", "care_plan_up_to_date_pct")
OTHER_HOMES = "All others"
HOME = "returned home for six months"
BED_AND_BREAKFAST = ("W",)
WORKSHOP_COLUMNS = ("CHILD", "WORKSHOP_DATE")


class BesideError(ValueError):
    """A list that cannot be read, with what was needed; it never shows a child's value."""


def protected(parts: Iterable[pd.DataFrame], profile: str = "public", rules: dict | None = None) -> Protected:
    """The series together, as they may be shown; parts without rows are left out."""
    rows = [part for part in parts if len(part)]
    made = pd.concat(rows, ignore_index=True) if rows else _nothing()
    return protect(made, profile, Rules(**(rules or {})))


def _nothing() -> pd.DataFrame:
    frame = pd.DataFrame(columns=COLUMNS)
    dates = dict.fromkeys(("period_start", "period_end"), "datetime64[s]")
    return frame.astype(dates | dict.fromkeys(("numerator", "denominator", "value", "lower", "upper"), float))


def _rows(area: str, quarter: str, measure: str, unit: str, better: str, cells: list[tuple]) -> pd.DataFrame:
    """A series of one quarter from cells `breakdown, category, numerator, denominator` and perhaps a value.

    A share has both numbers, a count the first, a mean or median the second and its value.
    """
    span = Quarter.parse(quarter)
    frame = pd.DataFrame([(*cell, None)[:5] for cell in cells],
                         columns=["breakdown", "category", "numerator", "denominator", "value"])  # fmt: skip
    top, whole, value = (frame[name].to_numpy(float) for name in ("numerator", "denominator", "value"))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(whole > 0, 100 * top / whole, np.nan)
    lower, upper = wilson(top, whole) if unit == "%" else (poisson(top) if np.isnan(whole).all() else (value, value))
    value = share if unit == "%" else np.where(np.isnan(whole), top, value)
    empty = (unit == "%") & (whole == 0) if unit == "%" else np.zeros(len(frame), bool)
    limits = [np.where(np.isnan(value), np.nan, side) for side in (lower, upper)]
    made = frame.assign(
        area=area,
        measure=measure,
        period_start=pd.Timestamp(span.start),
        period_end=pd.Timestamp(span.end),
        grain="quarter",
        value=value,
        lower=limits[0],
        upper=limits[1],
        unit=unit,
        better=better,
        definition_version=1,
        status=np.where(empty, "z", "ok"),
        reason=np.where(empty, "nobody in the group", ""),
    )
    text = dict.fromkeys(("breakdown", "category", "status", "reason"), object)
    days = dict.fromkeys(("period_start", "period_end"), "datetime64[s]")
    return made[COLUMNS].astype(text | days)


def _last(measure: Measure, record: Record, quarter: str) -> pd.DataFrame | None:
    """The rows behind a measure at the quarter's end, those set aside too; None when the extract cannot say."""
    try:
        return rows_of(measure, record, Periods.quarters(Quarter.parse(quarter).end, 1))
    except NotComputableError:
        return None


# Voice


def survey(said: Voice, area: str, quarter: str) -> pd.DataFrame:
    """Each survey question as a share of those who answered, and each theme as a number of young people.

    Measures are called `survey_…`, `theme_…` and `audit_…` after their words. Themes without a number have no row. Of
    an audit there is a row for each grade (breakdown `grade`) beside the total: a file is a young person's.
    """
    parts = [
        _rows(area, quarter, f"survey_{name_of(a.question)}", "%", "higher", [(TOTAL, ALL, a.agree, a.answered)])
        for a in said.survey
    ]
    parts += [
        _rows(area, quarter, f"theme_{name_of(t.text)}", "young people", "neither", [(TOTAL, ALL, t.n, None)])
        for t in said.themes
        if t.n is not None
    ]
    for of in dict.fromkeys(a.of for a in said.audits):
        grades = [("grade", a.grade, a.number, None) for a in said.audits if a.of == of]
        total = (TOTAL, ALL, sum(cell[2] for cell in grades), None)
        parts.append(_rows(area, quarter, f"audit_{name_of(of)}", "files", "neither", [total, *grades]))
    return pd.concat(parts, ignore_index=True) if parts else _nothing()


def waits(said: Voice, area: str, quarter: str) -> pd.DataFrame:
    """How long waits were, in days: median and ninetieth percentile, of waits that ended and of those still open.

    Measures `wait_median_…` and `wait_90th_…`. Open waits count with the days waited so far (Kaplan and Meier); where
    fewer than that share of the waits had ended there is no figure.
    """
    parts = []
    end = Quarter.parse(quarter).end
    for what, found in waits_of(said).items():
        until = [(wait.ended or end) - wait.asked for wait in found]
        length, ended = [max(gap.days, 0) for gap in until], [wait.ended is not None for wait in found]
        for label, share in (("median", 0.5), ("90th", 0.9)):
            days = _waited(length, ended, share)
            cell = (TOTAL, ALL, None, len(found), days)
            made = _rows(area, quarter, f"wait_{label}_{name_of(what)}", "days", "lower", [cell])
            parts.append(made if days == days else made.assign(status="x", reason="too few of the waits have ended"))
    return pd.concat(parts, ignore_index=True) if parts else _nothing()


def _waited(length: list[int], ended: list[bool], share: float) -> float:
    """The days after which a share of the waits had ended; NaN while too few have."""
    from incare.stats.durations import quantile, survival

    curve = survival(pd.DataFrame({"time": length, "event": ended}))
    return float(quantile(curve["time"].to_numpy(float), curve["survival"].to_numpy(float), 1 - share))


# Work that is due


def falling_due(record: Record, quarter: str, measure: str, choices: dict | None = None) -> pd.DataFrame:
    """How many plans or visits are overdue, and how many fall due in each of the next six months (`due_<measure>`).

    `measure` is one whose rows say until when each is in date. A row per month, and later ones, beside the total.
    """
    asked = catalogue().choose(choices or {})[measure]
    rows = _last(asked, record, quarter)
    if rows is None or not len(rows):
        return _nothing()
    rows, end = used(rows), Quarter.parse(quarter).end
    month = p.days(rows["due"]).astype("datetime64[M]")
    first = np.datetime64(end, "M") + 1
    ahead = (month - first).astype(float)
    ahead[np.isnat(month)] = MONTHS_AHEAD
    at = np.where(~rows["counted"].to_numpy(bool), -1, np.clip(ahead, 0, MONTHS_AHEAD)).astype(int)
    names = [OVERDUE, *(_month(first + n) for n in range(MONTHS_AHEAD)), LATER]
    counts = np.bincount(at + 1, minlength=MONTHS_AHEAD + 2)
    cells = [(TOTAL, ALL, len(rows), None), *(("when", n, c, None) for n, c in zip(names, counts, strict=True))]
    return _rows(record.area, quarter, f"due_{measure}", _people(asked), "neither", cells)


def _month(month: np.datetime64) -> str:
    return pd.Timestamp(month).strftime("%B %Y")


def _people(measure: Measure) -> str:
    return "young people" if measure.topic == "care_leavers" or "pathway" in measure.id else "children"


def advisers(record: Record, quarter: str) -> float:
    """The full-time equivalents of the personal advisers who hold somebody at the quarter's end; NaN if not known."""
    asked = catalogue()["pa_caseload"]
    rows = _last(asked, record, quarter)
    if rows is None or not len(rows):
        return float("nan")
    return float(used(rows)["weight"].sum())


def over_ceiling(record: Record, quarter: str, ceiling: float) -> tuple[int, int] | None:
    """How many personal advisers hold more than `ceiling` young people, and how many there are; None if not known."""
    rows = _last(catalogue()["pa_caseload"].choose(statistic="per_person"), record, quarter)
    if rows is None or not len(rows):
        return None
    loads = used(rows).groupby("worker").size()
    return int((loads > ceiling).sum()), len(loads)


def days_to_complete(record: Record, quarter: str) -> pd.DataFrame:
    """Days from needs assessment to pathway plan, of the plans authorised in the twelve months: median and quartiles.

    Measures `pathway_plan_days_median`, `…_lower_quartile`, `…_upper_quartile`.
    """
    plans = record.tables.get("pathway_plans")
    if plans is None or "NEEDS_ASSESSMENT_DATE" not in plans:
        return _nothing()
    end = np.datetime64(Quarter.parse(quarter).end, "D")
    made, assessed = p.days(plans["PLAN_DATE"]), p.days(plans["NEEDS_ASSESSMENT_DATE"])
    inside = (plans["STATUS"] != "DRAFT").to_numpy() & (made <= end) & (made > p.add_months([end], -12)[0])
    gap = (made - assessed)[inside & ~np.isnat(assessed)].astype(float)
    gap = gap[gap >= 0]
    if not len(gap):
        return _nothing()
    found = {"median": 0.5, "lower_quartile": 0.25, "upper_quartile": 0.75}
    parts = [
        _rows(record.area, quarter, f"pathway_plan_days_{name}", "days", "lower",
              [(TOTAL, ALL, None, len(gap), float(np.quantile(gap, share)))])
        for name, share in found.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def late_renewals(record: Record, quarter: str, choices: dict | None = None) -> pd.DataFrame:
    """Pathway plans that replaced an earlier one in the twelve months: how many came late, and by how many days.

    Measures `pathway_plan_late_pct` and, of those that came late, `pathway_plan_days_late_median`. A plan is due on the
    last day on which the earlier one was in date (its own months, or the choice's); the day after is a day late.
    """
    plans = record.tables.get("pathway_plans")
    if plans is None or not len(plans):
        return _nothing()
    end = np.datetime64(Quarter.parse(quarter).end, "D")
    months = catalogue().choose(choices or {})["pathway_plan_up_to_date_pct"].choices["max_months"]
    held = plans[plans["STATUS"] != "DRAFT"].sort_values(["child", "PLAN_DATE"], kind="stable")
    before = held.groupby("child")[["PLAN_DATE", "REVIEW_MONTHS"]].shift()
    own = pd.to_numeric(before["REVIEW_MONTHS"])
    due = in_date_until(before["PLAN_DATE"], own.where(own > 0, months).astype(int))
    made = p.days(held["PLAN_DATE"])
    late = (made - due)[~np.isnat(due) & (made <= end) & (made > p.add_months([end], -12)[0])].astype(int)
    if not len(late):
        return _nothing()
    late, of = late[late > 0], len(late)
    parts = [_rows(record.area, quarter, "pathway_plan_late_pct", "%", "lower", [(TOTAL, ALL, len(late), of)])]
    if len(late):
        cell = (TOTAL, ALL, None, len(late), float(np.median(late)))
        parts.append(_rows(record.area, quarter, "pathway_plan_days_late_median", "days", "lower", [cell]))
    return pd.concat(parts, ignore_index=True)


def late_reviews(record: Record, quarter: str, choices: dict | None = None) -> pd.DataFrame:
    """Reviews: the median days late of those held late in the twelve months, and children with one overdue, by team.

    Measures `review_days_late_median` and `review_overdue_pct` (of children in care, on the last day). A review held
    on its due day is not late, one of the day after is a day late.
    """
    asked = catalogue().choose(choices or {})["cla_reviews_in_time_pct"]
    each = _last(asked.choose(form="reviews"), record, quarter)
    now = _last(asked.choose(form="current"), record, quarter)
    parts = []
    if each is not None and len(each):
        rows = used(each)
        late = (p.days(rows["done"]) - p.days(rows["due"])).astype(float)
        late = late[~np.isnat(p.days(rows["done"])) & (late > 0)]
        if len(late):
            cell = (TOTAL, ALL, None, len(late), float(np.median(late)))
            parts.append(_rows(record.area, quarter, "review_days_late_median", "days", "lower", [cell]))
    if now is not None and len(now):
        rows = used(now)
        overdue = rows.assign(counted=~rows["counted"].to_numpy(bool))
        parts.append(_by_group(record, quarter, "review_overdue_pct", overdue, "team", "lower"))
    return pd.concat(parts, ignore_index=True) if parts else _nothing()


def _by_group(record: Record, quarter: str, name: str, rows: pd.DataFrame, by: str, better: str) -> pd.DataFrame:
    """The share of rows counted, by a breakdown; those without a group are one of their own, if there are any."""
    from incare.breakdowns import by_column

    group, counted = by_column(rows, record, by), rows["counted"].to_numpy(bool)
    cells = [(TOTAL, ALL, int(counted.sum()), len(rows))]
    if group is not None:
        cells += [
            (by, str(category), int(counted[group.codes == n].sum()), int((group.codes == n).sum()))
            for n, category in enumerate(group.categories)
            if (group.codes == n).any()
        ]
    return _rows(record.area, quarter, name, "%", better, cells)


# Care leavers


def with_returners(record: Record, quarter: str, choices: dict | None = None) -> pd.DataFrame:
    """Work and learning with those counted in who returned home for six months (`cl_eet_with_returners_pct`).

    National figures leave them out. Hidden where they are so few that the two figures would tell of them.
    """
    rows = _last(catalogue().choose(choices or {})["cl_eet_pct"], record, quarter)
    if rows is None or not len(rows):
        return _nothing()
    aside = rows["aside"].astype(str) if "aside" in rows else pd.Series("", index=rows.index)
    kept = rows[aside.isin(["", HOME])]
    made = _rows(record.area, quarter, "cl_eet_with_returners_pct", "%", "higher",
                 [(TOTAL, ALL, int(kept["counted"].sum()), len(kept))])  # fmt: skip
    return _unless_few(made, [int((aside == HOME).sum()), int(kept["counted"][aside == HOME].sum())])


def definitions(record: Record, quarter: str, measure: str, choice: str, choices: dict | None = None) -> pd.DataFrame:
    """A share under each definition that a choice allows (`<measure>_<value>`).

    A definition is left out where it differs from the one in force by a few children, whom the two would tell of.
    """
    asked = catalogue().choose(choices or {})[measure]
    parts = []
    base = None
    for value in (asked.choices[choice], *(v for v in asked.allowed[choice] if v != asked.choices[choice])):
        rows = _last(asked.choose(**{choice: value}), record, quarter)
        if rows is None or not len(rows):
            return _nothing()
        rows = used(rows)
        numbers = int(rows["counted"].sum()), len(rows)
        made = _rows(record.area, quarter, f"{measure}_{value}", "%", asked.better, [(TOTAL, ALL, *numbers)])
        apart = [] if base is None else [abs(a - b) for a, b in zip(numbers, base, strict=True)]
        base = base or numbers
        parts.append(_unless_few(made, apart))
    return pd.concat(parts, ignore_index=True)


def _unless_few(made: pd.DataFrame, numbers: list[int]) -> pd.DataFrame:
    """The row, marked for hiding in public where it differs from another by one to seven people."""
    few = any(1 <= n <= Rules().hide_to for n in numbers)
    return made.assign(reason="few" if few else made["reason"])


def by_accommodation(record: Record, quarter: str, choices: dict | None = None) -> pd.DataFrame:
    """Work and learning by where young people live (`cl_eet_by_accommodation_pct`); kinds under 20 people joined."""
    from incare.measures.care_leavers import ACCOMMODATION

    rows = _last(catalogue().choose(choices or {})["cl_eet_pct"], record, quarter)
    if rows is None or not len(rows):
        return _nothing()
    rows = used(rows)
    home = rows["accommodation"].astype(str)
    named = {letter: name for name, letter in ACCOMMODATION.items()}
    group = home.map(named).fillna("Not known")
    # Kinds with few people are joined before anything is hidden, so that little has to be.
    few = group.map(group.value_counts()) < Rules().percent_min_denominator
    group = group.mask(few, OTHER_HOMES)
    found = rows["counted"].groupby(group).agg(["sum", "size"]).sort_values("size", ascending=False, kind="stable")
    cells = [(TOTAL, ALL, int(rows["counted"].sum()), len(rows))]
    order = [name for name in found.index if name != OTHER_HOMES] + [n for n in found.index if n == OTHER_HOMES]
    cells += [("accommodation", name, *(int(n) for n in found.loc[name])) for name in order]
    return _rows(record.area, quarter, "cl_eet_by_accommodation_pct", "%", "higher", cells)


def staying_put_by_need(record: Record, quarter: str, choices: dict | None = None) -> pd.DataFrame:
    """Who stayed with former foster carers, by special educational needs (`cl_staying_put_by_need_pct`).

    Breakdown `ehcp`: young people with an education, health and care plan and those without.
    **Source**: Croydon minutes of January 2021 (Staying Put for young people with special needs).
    """
    rows = _last(catalogue().choose(choices or {})["cl_staying_put_pct"], record, quarter)
    if rows is None or not len(rows):
        return _nothing()
    return _by_group(record, quarter, "cl_staying_put_by_need_pct", used(rows), "ehcp", "higher")


def sustained(record: Record, quarter: str, choices: dict | None = None) -> pd.DataFrame:
    """Who kept work or learning for 3, 6 and 12 months (`eet_sustained_3m_pct`, …), by the local snapshots.

    Population: care leavers in education, employment or training that many months before the quarter's end who are
    still in the snapshot at its end. Counted: those in it at every quarter's end since.
    """
    asked = catalogue().choose(choices or {})["cl_eet_pct"].choose(basis="snapshot")
    try:
        rows = rows_of(asked, record, Periods.quarters(Quarter.parse(quarter).end, 5))
    except NotComputableError:
        return _nothing()
    rows = used(rows).drop_duplicates(["period", "child"])
    held = rows.pivot(index="child", columns="period", values="counted").reindex(columns=range(5))
    parts = []
    for quarters, months in ((1, 3), (2, 6), (4, 12)):
        since = held[(held[4 - quarters] == True) & held[4].notna()]  # noqa: E712  (missing is neither)
        kept = since[list(range(4 - quarters, 5))].eq(True).all(axis=1)
        if len(since):
            cell = (TOTAL, ALL, int(kept.sum()), len(since))
            parts.append(_rows(record.area, quarter, f"eet_sustained_{months}m_pct", "%", "higher", [cell]))
    return pd.concat(parts, ignore_index=True) if parts else _nothing()


def turning_18(record: Record, quarter: str) -> pd.DataFrame:
    """Children in care by the quarter in which they turn 18, and how many have a personal adviser (`turning_18_pct`).

    The next eight quarters; a share of each quarter's young people, counted when an allocation with the role PA is open
    on the last day of this quarter.
    """
    rows = _last(catalogue()["cla_count"], record, quarter)
    held = record.tables.get("pa_allocations")
    if rows is None or held is None:
        return _nothing()
    span = Quarter.parse(quarter)
    end = np.datetime64(span.end, "D")
    child = rows["child"].to_numpy()
    birthdays = p.birthday(p.days(record.people["born"])[child], 18)
    starts, ends = p.days(held["START"]), p.days(held["END"])
    open_now = (held["WORKER_ROLE"] == "PA").to_numpy() & (starts <= end) & (np.isnat(ends) | (ends > end))
    with_adviser = np.isin(child, held["child"].to_numpy()[open_now])
    cells = []
    for ahead in range(1, QUARTERS_AHEAD + 1):
        at = span.previous(-ahead)
        here = (birthdays >= np.datetime64(at.start)) & (birthdays <= np.datetime64(at.end))
        cells.append(("quarter", at.label, int((here & with_adviser).sum()), int(here.sum())))
    total = (TOTAL, ALL, sum(cell[2] for cell in cells), sum(cell[3] for cell in cells))
    return _rows(record.area, quarter, "turning_18_with_adviser_pct", "%", "higher", [total, *cells])


def stays_since(record: Record, quarter: str, events: Iterable[Event]) -> pd.DataFrame:
    """How many care leavers were in bed and breakfast on any day since an event (`bed_and_breakfast_since_<day>`).

    For every event that asks (`since: true`) and lies before the quarter's end.
    """
    homes = record.tables.get("cl_accommodation")
    if homes is None:
        return _nothing()
    end = np.datetime64(Quarter.parse(quarter).end, "D")
    start, over = p.days(homes["START"]), p.days(homes["END"])
    there = homes["ACCOM_TYPE"].isin(BED_AND_BREAKFAST).to_numpy() & (start <= end)
    parts = []
    for event in events:
        since = np.datetime64(event.on, "D")
        if event.since and since <= end:
            stayed = there & (np.isnat(over) | (over > since))
            cell = (TOTAL, ALL, int(homes.loc[stayed, "child"].nunique()), None)
            name = f"bed_and_breakfast_since_{event.on:%Y%m%d}"
            parts.append(_rows(record.area, quarter, name, "young people", "lower", [cell]))
    return pd.concat(parts, ignore_index=True) if parts else _nothing()


def workshops(record: Record, quarter: str, place: str | None) -> pd.DataFrame:
    """Who had been to a tenancy workshop by seventeen and a half (`workshop_by_17_and_a_half_pct`).

    Population: young people in care on the day they became seventeen years and six months, in the twelve months. The
    day is six months after the seventeenth birthday (of 29 February: 1 March, so 1 September), or the month's last day.
    Counted: a workshop on or before that day. `place` is a CSV file with `CHILD, WORKSHOP_DATE` (yyyy-mm-dd or
    dd/mm/yyyy), or `sample`. Raises `BesideError` for a file that cannot be read.
    **Source**: Haringey minutes ("at seventeen and a half there are tenancy workshops").
    """
    if not place:
        return _nothing()
    rows = _attended(place, record)
    end = np.datetime64(Quarter.parse(quarter).end, "D")
    born = p.days(record.people["born"])
    day = half_past_17(born)
    episodes = record.tables["episodes"]
    start, over, child = p.days(episodes["start"]), p.days(episodes["end"]), episodes["child"].to_numpy()
    then = day[child]
    here = np.unique(child[(start <= then) & (np.isnat(over) | (over > then))])
    inside = here[(day[here] <= end) & (day[here] > p.add_months([end], -12)[0])]
    first = np.full(len(born), np.datetime64("NaT"), "datetime64[D]")
    known = rows[rows["child"] >= 0].sort_values("day").drop_duplicates("child")
    first[known["child"].to_numpy()] = p.days(known["day"])
    counted = first[inside] <= day[inside]
    cell = (TOTAL, ALL, int(counted.sum()), len(inside))
    return _rows(record.area, quarter, "workshop_by_17_and_a_half_pct", "%", "higher", [cell])


def half_past_17(born: np.ndarray) -> np.ndarray:
    """The day on which each becomes seventeen and a half; missing for an unknown birth."""
    return p.add_months(p.birthday(p.days(born), 17), 6)


def _attended(place: str, record: Record) -> pd.DataFrame:
    """Workshops as child number and day; children whom the record does not know have number -1."""
    if place == "sample":
        from incare.sample.workshops import attended

        return attended(record)
    try:
        found = pd.read_csv(place, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError):
        raise BesideError(f"{Path(place).name} cannot be read as CSV in UTF-8.") from None
    if lacking := [name for name in WORKSHOP_COLUMNS if name not in found]:
        raise BesideError(f"{Path(place).name}: the column {lacking[0]} was needed; found {', '.join(found.columns)}.")
    text = found["WORKSHOP_DATE"].str.strip()
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    day = day.fillna(pd.to_datetime(text, format="%d/%m/%Y", errors="coerce"))
    if (wrong := day.isna() & (text != "")).any():
        row = int(np.flatnonzero(wrong)[0]) + 2
        raise BesideError(f"{Path(place).name}, row {row}: WORKSHOP_DATE is a day as yyyy-mm-dd or dd/mm/yyyy.")
    ids = pd.Index(record.people["id"].astype(str))
    return pd.DataFrame({"child": ids.get_indexer(found["CHILD"].str.strip()), "day": day})[day.notna()]


def hidden_where_few(parts: Iterable[pd.DataFrame], profile: str) -> list[pd.DataFrame]:
    """The parts with rows that would tell of a few people beside another figure hidden, in the public profile.

    Such rows carry the reason "few"; in the restricted profile they stand.
    """
    made = []
    for part in parts:
        few = part["reason"].eq("few") if len(part) else part
        if len(part) and few.any():
            part = part.assign(reason="") if profile != "public" else _blank(part, few)
        made.append(part)
    return made


def _blank(part: pd.DataFrame, few: pd.Series) -> pd.DataFrame:
    figures = ["numerator", "denominator", "value", "lower", "upper"]
    part = part.assign(status=part["status"].mask(few, "c"), reason=part["reason"].mask(few, ""))
    part.loc[few, figures] = np.nan
    return part


def of_quarter(
    record: Record,
    quarter: str,
    *,
    said: Voice | None = None,
    events: Iterable[Event] = (),
    workshop_list: str | None = None,
    choices: dict | None = None,
    profile: str = "public",
    rules: dict | None = None,
) -> Protected:
    """Every figure of this module for one quarter, protected together."""
    said = said or Voice()
    parts = [
        survey(said, record.area, quarter),
        waits(said, record.area, quarter),
        *(falling_due(record, quarter, name, choices) for name in PLANS),
        days_to_complete(record, quarter),
        late_renewals(record, quarter, choices),
        late_reviews(record, quarter, choices),
        with_returners(record, quarter, choices),
        definitions(record, quarter, "cl_suitable_accommodation_pct", "definition", choices),
        by_accommodation(record, quarter, choices),
        staying_put_by_need(record, quarter, choices),
        sustained(record, quarter, choices),
        turning_18(record, quarter),
        stays_since(record, quarter, events),
        workshops(record, quarter, workshop_list),
    ]
    return protected(hidden_where_few(parts, profile), profile, rules)
