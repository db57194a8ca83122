"""How long until something happens: time to placement, adoption, leaving; with those it has not happened to yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

WEIGHTS = {"logrank": {}, "gehan_breslow": {"weight_type": "gb"}, "tarone_ware": {"weight_type": "tw"}}
TIES = ("efron", "breslow")
# Two probabilities this close are the same one but for the computer's rounding.
_SAME = 1e-9


class DurationError(ValueError):
    """Durations that cannot be used, with the row and what to change."""


@dataclass(frozen=True)
class Risk:
    """One group's durations counted at each time: `times`, `at_risk`, `events`, `censored`; all of one length."""

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    censored: np.ndarray


def checked(spells: pd.DataFrame, happened: str = "event") -> pd.DataFrame:
    """Durations ready to count: `time` and what `happened`, with `entry` and `weight` (1) where there are none.

    `time` is how long the child was watched since the clock started, in any unit; `event` whether it then happened (or
    `cause`, 0 for not yet); `entry` how long the clock had run when watching began, as for a record that starts at the
    first return: missing or absent means from the start. Without `entry`, a duration of 0 is kept, at risk at 0.

    Raises `DurationError` for missing columns, no rows, times or events that are missing, infinite or negative, an
    entry not before its time, and weights that are not above 0.
    """
    if absent := [name for name in ("time", happened) if name not in spells]:
        raise DurationError(f"Durations need the columns time and {happened}; missing: {', '.join(absent)}.")
    if spells.empty:
        raise DurationError("Durations need at least one row; none was given.")
    time, event = (spells[name].to_numpy(float, na_value=np.nan) for name in ("time", happened))
    entry = _column(spells, "entry", -np.inf)
    weight = _column(spells, "weight", 1.0)
    for wrong, what in (
        (~np.isfinite(time) | (time < 0), "a time that is missing, infinite or negative"),
        (~np.isfinite(event) | (event < 0) | (event % 1 != 0), f"no usable {happened}"),
        ((event > 1) & (happened == "event"), "an event that is neither yes nor no"),
        (entry >= time, "an entry that is not before its time"),
        (~(np.isfinite(weight) & (weight > 0)), "a weight that is not above 0"),
    ):
        if wrong.any():
            raise DurationError(f"Row {int(np.flatnonzero(wrong)[0]) + 1} has {what}; correct it or leave it out.")
    return pd.DataFrame({"time": time, happened: event.astype(int), "entry": entry, "weight": weight})


def survival(spells: pd.DataFrame, by: str | None = None, level: float = 0.95) -> pd.DataFrame:
    """The Kaplan–Meier share to whom it has not happened yet, one row per group and time at which anything ended.

    `spells` as `checked` takes them; `by` names a column of groups. Ties are exact: at one time events come before
    censorings. Columns: `group` (None without `by`), `time`, `at_risk`, `events`, `censored`, `survival`, `error_log`
    (standard error of the log, Greenwood), `lower`, `upper` (log–log; missing where survival is 1 or 0).

    Raises `DurationError` for durations that cannot be used.

    **Source** Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457–481; delayed entry: Klein and Moeschberger (2003),
    section 4.6.
    """
    from scipy.special import ndtri

    tables = []
    for name, part in groups(spells, by):
        risk = counted(checked(part))
        share = np.cumprod(1 - risk.events / risk.at_risk)
        share[share < _SAME * 1e-3] = 0.0
        gone = risk.at_risk - risk.events
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(np.cumsum(risk.events / (risk.at_risk * gone)))
            reach = np.exp(ndtri(0.5 + level / 2) * error / np.log(share))
            inside = (share > 0) & (share < 1)
            low, high = (np.where(inside, share**power, np.nan) for power in (1 / reach, reach))
        tables.append(
            pd.DataFrame(
                {
                    **{"group": name, "time": risk.times, "at_risk": risk.at_risk, "events": risk.events},
                    **{"censored": risk.censored, "survival": share, "error_log": np.where(share > 0, error, np.inf)},
                    **{"lower": low, "upper": high},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def summary(
    spells: pd.DataFrame, by: str | None = None, until: float | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Medians, quartiles and the restricted mean of durations, one row per group.

    `until` is where the restricted mean stops, the group's last time unless given (groups are compared only at one
    `until`). Columns: `group, children, events, median, median_lower, median_upper, quarter, three_quarters`
    (missing where the curve does not come down so far), `mean` (area under the curve up to `until`), `until`,
    `status`: "ok"; "risk set emptied" when all watched so far had it happen while others were still to enter, so the
    curve is 0 too soon (start the clock later); "median not reached".

    Raises `DurationError` for durations that cannot be used and an `until` beyond a group's last time.

    **Source** Brookmeyer and Crowley (1982), Biometrics 38; Andersen, Hansen and Klein (2004), Lifetime Data Analysis.
    """
    out = []
    for name, curve in survival(spells, by, level).groupby("group", sort=False, dropna=False):
        times, share = curve["time"].to_numpy(), curve["survival"].to_numpy()
        end = times[-1] if until is None else float(until)
        if end > times[-1]:
            raise DurationError(f"The mean can be taken up to {times[-1]:g}, the last time of {name}; found {end:g}.")
        steps = np.clip(np.r_[0, times, end], 0, end)
        ahead = np.maximum.accumulate(np.r_[steps[:-1], end])
        area = (np.diff(ahead) * np.r_[1, share]).sum()
        middle = quantile(times, share, 0.5)
        emptied = (share[:-1] == 0).any()
        sides = [quantile(times, curve[side].to_numpy(), 0.5) for side in ("lower", "upper")]
        out.append(
            {
                **{"group": name, "children": 0, "events": curve["events"].sum(), "median": middle},
                **{"median_lower": sides[0], "median_upper": sides[1], "quarter": quantile(times, share, 0.75)},
                **{"three_quarters": quantile(times, share, 0.25), "mean": area, "until": end},
                "status": "risk set emptied" if emptied else "median not reached" if np.isnan(middle) else "ok",
            }
        )
    found = pd.DataFrame(out)
    found["children"] = [len(part) for _, part in groups(spells, by)]
    return found


def quantile(times: np.ndarray, curve: np.ndarray, height: float) -> float:
    """Where a falling curve comes down to a height: halfway along a stretch that lies exactly on it; NaN if never."""
    known = ~np.isnan(curve)
    times, curve = times[known], curve[known]
    down = np.flatnonzero(curve <= height + _SAME)
    if not len(down):
        return float("nan")
    first = down[0]
    below = np.flatnonzero(curve < height - _SAME)
    level = abs(curve[first] - height) <= _SAME
    last = below[0] if level and len(below) else (len(times) - 1 if level else first)
    return float((times[first] + times[last]) / 2)


def compare(spells: pd.DataFrame, by: str, strata: str | None = None, test: str = "logrank", power: float = 0) -> dict:
    """Whether groups differ in how long it takes: the log-rank test or a weighted one.

    `test` is "logrank", "gehan_breslow", "tarone_ware" or "fleming_harrington" with `power` (1 is Peto's); `strata`
    names a column within which groups are compared. Returns `{"chi_square", "df", "p", "groups"}`, the last a frame of
    `group, children, observed, expected`.

    Raises `DurationError` for durations that cannot be used, fewer than two groups, an unknown test, or weights.

    **Source** Mantel (1966), Cancer Chemotherapy Reports 50; computed by statsmodels `survdiff`.
    """
    from statsmodels.duration.survfunc import survdiff

    rows = checked(spells)
    labels = spells[by].astype(str).to_numpy()
    names = list(dict.fromkeys(sorted(labels)))
    if len(names) < 2:
        raise DurationError(f"Two groups or more are needed to compare; {by} has {len(names)}.")
    if (rows["weight"] != 1).any():
        raise DurationError("Groups are compared child by child; leave the weights out.")
    if test not in (*WEIGHTS, "fleming_harrington"):
        raise DurationError(f"A test is one of {', '.join([*WEIGHTS, 'fleming_harrington'])}; found {test!r}.")
    how = {"weight_type": "fh", "fh_p": power} if test == "fleming_harrington" else WEIGHTS[test]
    late = rows["entry"].gt(-np.inf).any()
    entry = rows["entry"].clip(lower=rows["time"].min() - 1).to_numpy() if late else None
    within = None if strata is None else spells[strata].to_numpy()
    chi, p = survdiff(rows["time"].to_numpy(), rows["event"].to_numpy(), labels, strata=within, entry=entry, **how)
    found = _expected(rows, labels, names, np.zeros(len(rows)) if within is None else within)
    return {"chi_square": float(chi), "df": len(names) - 1, "p": float(p), "groups": found}


def _expected(rows: pd.DataFrame, labels: np.ndarray, names: list[str], within: np.ndarray) -> pd.DataFrame:
    """Events seen in each group, and those expected if the groups were alike."""
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    for stratum in pd.unique(within):
        inside = within == stratum
        whole = counted(rows[inside])
        happen = whole.events > 0
        times, share = whole.times[happen], (whole.events / whole.at_risk)[happen]
        for place, name in enumerate(names):
            part = rows[inside & (labels == name)]
            observed[place] += part["event"].sum()
            expected[place] += (share * at_risk(part, times)).sum() if len(part) else 0
    children = [int((labels == name).sum()) for name in names]
    return pd.DataFrame({"group": names, "children": children, "observed": observed.astype(int), "expected": expected})


def at_risk(rows: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """How many (by weight) were being watched just before each time."""
    total = np.zeros(len(times))
    for column, sign in (("entry", 1), ("time", -1)):
        order = np.argsort(rows[column].to_numpy(), kind="stable")
        summed = np.r_[0, np.cumsum(rows["weight"].to_numpy()[order])]
        total += sign * summed[np.searchsorted(rows[column].to_numpy()[order], times, side="left")]
    return total


def counted(rows: pd.DataFrame, happened: str = "event") -> Risk:
    """Those at risk, events and censorings at each time at which anything ended."""
    time, weight = rows["time"].to_numpy(), rows["weight"].to_numpy()
    times, where = np.unique(time, return_inverse=True)
    event = rows[happened].to_numpy() > 0
    ends = np.bincount(where, weight, len(times))
    events = np.bincount(where, weight * event, len(times))
    return Risk(times, at_risk(rows, times), events, ends - events)


def groups(spells: pd.DataFrame, by: str | None) -> Iterator[tuple[object, pd.DataFrame]]:
    """Each group with its durations, or all of them under the name None."""
    if by is None:
        yield None, spells
        return
    if by not in spells:
        raise DurationError(f"There is no column {by} to group by.")
    if spells[by].isna().any():
        raise DurationError(f"Row {int(np.flatnonzero(spells[by].isna())[0]) + 1} has no {by}; name its group.")
    yield from spells.groupby(by, sort=True)


def _column(spells: pd.DataFrame, name: str, otherwise: float) -> np.ndarray:
    if name not in spells:
        return np.full(len(spells), otherwise)
    return spells[name].astype(float).fillna(otherwise).to_numpy(float)
