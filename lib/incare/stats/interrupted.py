"""Did the policy change it? A series before and after a date, against what it would have gone on to be.

Averaging over the autocorrelation keeps false effects under 6 %, where the usual recipe has 20 %; the price is power: a
jump of two standard deviations is found about half the time in three years of months, and that belongs on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.stats import autocorrelated, calendar
from incare.stats.trend import described, terms_of_season

EFFECT, NO_CLEAR_EFFECT, NOT_TESTED = "changed", "no clear effect", "not tested"
LOOKED_FOR = ("level", "slope", "either")
COLUMNS = [
    *("word", "level_change", "level_lower", "level_upper", "slope_change", "slope_lower", "slope_upper"),
    *("autocorrelation", "before", "after", "method", "status"),
]


class PolicyError(calendar.SeriesError):
    """A policy date that cannot be used with the series, with what to change."""


@dataclass(frozen=True)
class Question:
    """What is asked about a policy: the change looked for, `level` of the test, `fewest` points each side, `season`.

    `change` is "level" (a jump at the date), "slope" (a bend) or "either"; for "either" the level is shared between
    the two, so that both together call a false effect no more often than one would.
    """

    change: str = "either"
    level: float = 0.95
    fewest: int = 8
    season: bool = False

    def __post_init__(self) -> None:
        if self.change not in LOOKED_FOR:
            raise PolicyError(f"A change is one of {', '.join(LOOKED_FOR)}; found {self.change!r}.")

    @property
    def each(self) -> float:
        """The level of each of the tests that are made."""
        return 1 - (1 - self.level) / 2 if self.change == "either" else self.level


QUESTION = Question()


def of_series(
    frame: pd.DataFrame,
    date: str | pd.Timestamp,
    windows: Mapping[str, int] | None = None,
    question: Question = QUESTION,
) -> pd.DataFrame:
    """Whether each series of a tidy table changed at a date: one row per area, measure, breakdown, category and grain.

    `frame` and `windows` are as `trend.of_series` takes them. The series is regressed on time, a jump at the date and
    a bend there, with AR(1) errors averaged over the autocorrelation. A reading whose period ends on or after the date
    is after it; a value that looks back over a window comes to be after it bit by bit, by the share of its days.

    Added to the key: `points, missing, first, last`; `word`: "changed", "no clear effect" or "not tested";
    `level_change` in the series' unit and `slope_change` per year, each with limits at the level of the test that is
    made; `autocorrelation`; `before` and `after`, known periods on each side; `method`; `status`: "ok", "no values",
    "too few points before", "too few points after", "too many gaps".

    Raises `PolicyError` when the date lies inside no series, or leaves every series too few points on a side;
    `calendar.SeriesError` for a table that cannot be read.

    **Source** Lopez Bernal, Cummins and Gasparrini (2017), Int. J. Epidemiology 46, 348–355; Zellner and Tiao (1964),
    J. Am. Stat. Assoc. 59, 763–778.
    """
    day = pd.Timestamp(date)
    rows = calendar.checked(frame)
    out = _sides(rows, day, question)
    for group in calendar.laid(rows, out["status"].eq("ok").to_numpy(), windows):
        found = _changes(group, day, question)
        out.loc[group.rows, list(found)] = pd.DataFrame(found, index=group.rows)
    return out.reset_index(drop=True)


def lines(
    frame: pd.DataFrame,
    date: str | pd.Timestamp,
    windows: Mapping[str, int] | None = None,
    question: Question = QUESTION,
) -> pd.DataFrame:
    """The fitted line and the line without the policy, one row per known period of every series that can be tested.

    Columns: the key, `period_end`, `value`, `fitted`, `counterfactual` (the fitted line before the date; after it, how
    the series would have gone on), `lower`, `upper` (95 % limits of the counterfactual line, given from the date on,
    missing before), `after` (true or false).

    Raises as `of_series` does.
    """
    day = pd.Timestamp(date)
    rows = calendar.checked(frame)
    out = _sides(rows, day, question)
    parts = []
    for group in calendar.laid(rows, out["status"].eq("ok").to_numpy(), windows):
        terms, fit = _fitted(group, day, question)
        without = terms * np.where(np.isin(np.arange(terms.shape[1]), (2, 3)), 0.0, 1.0)
        means = np.einsum("gs,gsk->sk", fit.weights, fit.coefficients)
        after = terms[:, 2] > 0
        drawn = np.full((3, *group.figures.shape), np.nan)
        drawn[0] = means @ without.T
        for place in np.flatnonzero(after):
            _, drawn[1, :, place], drawn[2, :, place] = fit.interval(without[place], question.level)
        n = len(group.months)
        part = group.keys[calendar.KEY].loc[np.repeat(group.rows, n)]
        part["series"], part["month"] = np.repeat(group.rows, n), np.tile(group.months, len(group.rows))
        part["value"], part["fitted"] = group.figures.ravel(), (means @ terms.T).ravel()
        part["counterfactual"], part["lower"], part["upper"] = (drawn[i].ravel() for i in range(3))
        parts.append(part.assign(after=np.tile(after, len(group.rows))))
    ends = rows[["series", "month", "period_end"]]
    whole = pd.concat(parts, ignore_index=True).merge(ends, on=["series", "month"], how="left")
    columns = [*calendar.KEY, "period_end", "value", "fitted", "counterfactual", "lower", "upper", "after"]
    return whole.sort_values(["series", "month"])[columns].reset_index(drop=True)


def placebos(
    frame: pd.DataFrame,
    date: str | pd.Timestamp,
    windows: Mapping[str, int] | None = None,
    question: Question = QUESTION,
) -> pd.DataFrame:
    """The same question asked of dates at which nothing happened: every earlier date with enough points on both sides.

    Only periods before the policy are used, so its own effect cannot colour the answers. One row per series and
    placebo date: the key, `date` (the first day after a period's end), `word`, `level_change`, `level_lower`,
    `level_upper`, `slope_change`, `slope_lower`, `slope_upper`. Many placebos called "changed" mean that the series
    moves about too much for the policy's own answer to be trusted. The table is empty when the time before the policy
    is too short.

    Raises as `of_series` does.
    """
    day = pd.Timestamp(date)
    rows = calendar.checked(frame)
    _sides(rows, day, question)
    early = frame[pd.to_datetime(frame["period_end"]).to_numpy() < day]
    ends = np.sort(rows.loc[rows["period_end"] < day, "period_end"].unique())
    days = [pd.Timestamp(end) + pd.Timedelta(days=1) for end in ends[question.fewest - 1 : -question.fewest]]
    wanted = ["word", "level_change", "level_lower", "level_upper", "slope_change", "slope_lower", "slope_upper"]
    found = [
        answers[answers["status"].eq("ok")].assign(date=placebo)[[*calendar.KEY, "date", *wanted]]
        for placebo in days
        if (answers := _if_any(early, placebo, windows, question)) is not None
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*calendar.KEY, "date", *wanted])


def _if_any(frame, day, windows, question) -> pd.DataFrame | None:
    try:
        return of_series(frame, day, windows, question)
    except PolicyError:
        return None


def _sides(rows: pd.DataFrame, day: pd.Timestamp, question: Question) -> pd.DataFrame:
    """The series with their points on each side of the date, and the status that follows."""
    out = calendar.keys(rows)
    out[COLUMNS] = pd.DataFrame([[NOT_TESTED, *[np.nan] * 7, 0, 0, "", "ok"]], columns=COLUMNS, index=out.index)
    if pd.isna(day):
        raise PolicyError("The policy needs a date.")
    known = rows[rows["y"].notna()]
    later = known["period_end"] >= day
    for side, chosen in (("before", known[~later]), ("after", known[later])):
        out[side] = chosen.groupby("series").size().reindex(out.index, fill_value=0)
    if not ((out["before"] > 0) & (out["after"] > 0)).any():
        first, last = known["period_end"].min(), known["period_end"].max()
        there = f"end between {first:%Y-%m-%d} and {last:%Y-%m-%d}" if len(known) else "are none"
        raise PolicyError(f"The policy date {day:%Y-%m-%d} lies inside no series; the known periods {there}.")
    out["status"] = np.select(
        [
            out["points"] == 0,
            out["before"] < question.fewest,
            out["after"] < question.fewest,
            out["missing"] > out["points"],
        ],
        ["no values", "too few points before", "too few points after", "too many gaps"],
        "ok",
    )
    if not out["status"].eq("ok").any():
        raise PolicyError(
            f"At least {question.fewest} known periods are needed on each side of {day:%Y-%m-%d}; the longest series "
            f"has {out['before'].max()} before and {out['after'].max()} after."
        )
    return out


def _terms(group: calendar.Laid, day: pd.Timestamp, season: bool) -> np.ndarray:
    """Level, time, jump, bend and season; jump and bend spread over the months a value looks back over."""
    first = day.year * 12 + day.month - 1
    begins = first + (day.day - 1) / day.days_in_month
    if group.window:
        months = group.months[:, None] - np.arange(group.window)
        jump = np.clip(months + 1 - begins, 0, 1).mean(axis=1)
        bend = np.maximum(months + 1 - begins, 0).mean(axis=1) / 12
    else:
        since = group.months + 1 - begins
        jump, bend = (since > 0).astype(float), np.maximum(since, 0) / 12
    return np.column_stack([np.ones(len(group.months)), group.years, jump, bend, terms_of_season(group, season)])


def _fitted(group: calendar.Laid, day: pd.Timestamp, question: Question):
    terms = _terms(group, day, question.season)
    alike = autocorrelated.correlations(group.months, group.step, group.window)
    return terms, autocorrelated.fit(group.figures, terms, alike)


def _changes(group: calendar.Laid, day: pd.Timestamp, question: Question) -> dict[str, np.ndarray]:
    terms, fit = _fitted(group, day, question)
    one = np.eye(terms.shape[1])
    jump, bend = (fit.interval(one[place], question.each) for place in (2, 3))
    flat = np.ptp(group.figures, axis=1) == 0
    apart = {"level": (jump[1] > 0) | (jump[2] < 0), "slope": (bend[1] > 0) | (bend[2] < 0)}
    called = apart["level"] | apart["slope"] if question.change == "either" else apart[question.change]
    season = "season taken out" if terms.shape[1] > 4 else ""
    asked = f"looked for: change of {'level or slope' if question.change == 'either' else question.change}"
    found = {"word": np.where(called & ~flat, EFFECT, NO_CLEAR_EFFECT)}
    for name, numbers in (("level", jump), ("slope", bend)):
        for column, part in zip(("change", "lower", "upper"), numbers, strict=True):
            found[f"{name}_{column}"] = np.where(flat, 0.0, part)
    found["autocorrelation"] = np.where(flat, np.nan, fit.autocorrelation)
    found["method"] = np.full(len(flat), described(group, season, asked), dtype=object)
    return found
