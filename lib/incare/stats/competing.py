"""Several ways to end: how many left by each by now, exactly, with late entry and ties; and tests between groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.stats.durations import DurationError, at_risk, checked, groups


def incidence(spells: pd.DataFrame, by: str | None = None, level: float = 0.95) -> pd.DataFrame:
    """The share to whom each cause has happened by each time (Aalen–Johansen), a row per group, cause and time.

    `spells` has `time` and `cause` (0 for not yet), and may have `entry` and `weight`, as `durations.checked` takes
    them. Events at one time share the same risk set: nothing is moved apart. Columns: `group, cause, time, at_risk,
    events, incidence, error, lower, upper` (log–log limits; missing where incidence is 0 or 1).

    Raises `DurationError` for durations that cannot be used.

    **Source** Aalen and Johansen (1978), Scandinavian J. Statistics 5, 141–150; variance by the delta method:
    Marubini and Valsecchi (1995), section 10.2.
    """
    from scipy.special import ndtri

    z = ndtri(0.5 + level / 2)
    causes = sorted(set(checked(spells, "cause")["cause"]) - {0})
    tables = []
    for name, part in groups(spells, by):
        times, n, d, before = _steps(checked(part, "cause"), causes)
        f = np.cumsum(before[:, None] * d / n[:, None], axis=0)
        error = np.sqrt(_variance(n, d, before, f).clip(0))
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.exp(z * error / (f * np.log(f)))
            inside = (f > 0) & (f < 1)
            low, high = (np.where(inside, f**power, np.nan) for power in (1 / reach, reach))
        columns = {"events": d, "incidence": f, "error": error, "lower": low, "upper": high}
        tables += [
            pd.DataFrame(
                {"group": name, "cause": cause, "time": times, "at_risk": n}
                | {column: whole[:, place] for column, whole in columns.items()}
            )
            for place, cause in enumerate(causes)
        ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _steps(rows: pd.DataFrame, causes: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times, those at risk, events by cause, and the share still there just before each time."""
    times, where = np.unique(rows["time"].to_numpy(), return_inverse=True)
    weight, cause = rows["weight"].to_numpy(), rows["cause"].to_numpy()
    n = at_risk(rows, times)
    d = np.column_stack([np.bincount(where, weight * (cause == one), len(times)) for one in causes] or [[]])
    there = np.cumprod(1 - d.sum(axis=1) / n)
    return times, n, d, np.r_[1.0, there[:-1]]


def _variance(n: np.ndarray, d: np.ndarray, before: np.ndarray, f: np.ndarray) -> np.ndarray:
    every = d.sum(axis=1)
    left = n - every
    gone = np.where(left > 0, every / (n * np.where(left > 0, left, 1)), 0)[:, None]
    n, s = n[:, None], before[:, None]
    square = f**2 * np.cumsum(gone, axis=0) - 2 * f * np.cumsum(f * gone, axis=0) + np.cumsum(f**2 * gone, axis=0)
    own = np.cumsum(s**2 * d * (n - d) / n**3, axis=0)
    shared = s * d / n**2
    return square + own - 2 * (f * np.cumsum(shared, axis=0) - np.cumsum(f * shared, axis=0))


def gray(spells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Gray's test of whether groups differ in the incidence of each cause; a row per cause: `cause, chi_square, df, p`.

    `spells` as `incidence` takes them, without `entry` and weights, which the test does not know.

    Raises `DurationError` for durations that cannot be used, entries or weights, and fewer than two groups.

    **Source** Gray (1988), Annals of Statistics 16, 1141–1154, with equal weight over time.
    """
    from scipy.special import chdtrc

    rows = checked(spells, "cause")
    if np.isfinite(rows["entry"]).any() or (rows["weight"] != 1).any():
        raise DurationError("Gray's test knows neither late entry nor weights; leave the columns out.")
    parts = [rows[np.asarray(spells[by] == name)] for name, _ in groups(spells, by)]
    if len(parts) < 2:
        raise DurationError(f"Two groups or more are needed to compare; {by} has {len(parts)}.")
    times = np.unique(rows.loc[rows["cause"] > 0, "time"])
    n = np.column_stack([at_risk(part, times) for part in parts])
    out = []
    for cause in sorted(set(rows["cause"]) - {0}):
        own, other = (
            np.column_stack([_at(part[chosen(part)], times) for part in parts])
            for chosen in (lambda r, c=cause: r["cause"] == c, lambda r, c=cause: (r["cause"] != c) & (r["cause"] > 0))
        )
        score, spread = _gray(n, own, other)
        chi = float(score[:-1] @ np.linalg.solve(spread[:-1, :-1], score[:-1]))
        out.append({"cause": cause, "chi_square": chi, "df": len(parts) - 1, "p": float(chdtrc(len(parts) - 1, chi))})
    return pd.DataFrame(out)


def _at(rows: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(times, rows["time"].to_numpy()), minlength=len(times)).astype(float)


def _gray(n: np.ndarray, own: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score and variance of Gray's test; arrays are times × groups."""
    here = n > 0
    safe = np.where(here, n, 1)
    there = np.cumprod(np.where(here, 1 - (own + other) / safe, 1), axis=0)
    before = np.vstack([np.ones(n.shape[1]), there[:-1]])
    f = np.cumsum(before * own / safe, axis=0)
    f_before = np.vstack([np.zeros(n.shape[1]), f[:-1]])
    total = own.sum(axis=1)
    alive = here & (before > 0)
    r = np.where(alive, n / np.where(before > 0, before, 1), 0)
    whole = r.sum(axis=1)
    weighted = np.where(alive, r * (1 - f_before), 0)
    score = (own - total[:, None] * weighted / weighted.sum(axis=1, keepdims=True)).sum(axis=0)
    pooled = np.cumsum(total / whole)
    pooled_before = np.r_[0, pooled[:-1]]
    a = np.einsum("tk,kl->tkl", r, np.eye(n.shape[1])) - r[:, :, None] * r[:, None, :] / whole[:, None, None]
    c = np.cumsum(a * (total / (whole * (1 - pooled_before)))[:, None, None], axis=0)
    ahead = c[-1] - c
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.where(there > 0, (1 - pooled[:, None]) / there, 0)
        tied = np.where(total[:, None] > 1, 1 - (total[:, None] - 1) / (whole[:, None] * before - 1), 1)
        size = np.where(alive, tied * before * total[:, None] / (whole[:, None] * safe), 0)
        tied_other = np.where(other > 1, 1 - (other - 1) / (n - 1), 1)
        size_other = np.where(alive & (there > 0), tied_other * before**2 * other / safe**2, 0)
    one = a + (1 - rest)[:, None, :] * ahead
    two = rest[:, None, :] * ahead
    spread = np.einsum("tik,tjk,tk->ij", one, one, size) + np.einsum("tik,tjk,tk->ij", two, two, size_other)
    return score, spread


def fine_gray(spells: pd.DataFrame, terms: list[str], cause: int) -> pd.DataFrame:
    """Fine and Gray's model of the incidence of one cause; a row per term: `term, coefficient, error, ratio, z, p`.

    `spells` as `gray` takes them, with columns of numbers for the terms. A ratio above 1 means that more children come
    to end by this cause.

    Raises `DurationError` for durations that cannot be used, entries or weights, terms that are missing or constant,
    and a cause that never happened.

    **Source** Fine and Gray (1999), J. Am. Stat. Assoc. 94, 496–509, censoring weights from Kaplan–Meier.
    """
    from scipy.special import ndtr

    rows = checked(spells, "cause")
    x = spells[terms].to_numpy(float, na_value=np.nan)
    if np.isfinite(rows["entry"]).any() or (rows["weight"] != 1).any():
        raise DurationError("Fine and Gray's model knows neither late entry nor weights here; leave the columns out.")
    if not np.isfinite(x).all() or (np.ptp(x, axis=0) == 0).any():
        raise DurationError("Terms are columns of numbers that differ between children, none missing or infinite.")
    time, ended = rows["time"].to_numpy(), rows["cause"].to_numpy()
    if not (ended == cause).any():
        raise DurationError(f"Cause {cause} never happened, so nothing can be told about it.")
    times = np.unique(time[ended == cause])
    weight = _still_counted(time, ended, cause, times)
    x = x - x.mean(axis=0)
    beta, information = _newton(x, time, ended == cause, times, weight)
    meat = _influence(x, time, ended, cause, times, weight, beta)
    inverse = np.linalg.inv(information)
    error = np.sqrt(np.diag(inverse @ (meat.T @ meat) @ inverse))
    z = beta / error
    return pd.DataFrame(
        {"term": terms, "coefficient": beta, "error": error, "ratio": np.exp(beta), "z": z, "p": 2 * ndtr(-np.abs(z))}
    )


def _censoring(time: np.ndarray, ended: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of censoring and the share not yet censored from each on."""
    times = np.unique(time[ended == 0])
    n = (time >= times[:, None]).sum(axis=1)
    d = ((time == times[:, None]) & (ended == 0)).sum(axis=1)
    return times, np.cumprod(1 - d / n)


def _still_counted(time: np.ndarray, ended: np.ndarray, cause: int, times: np.ndarray) -> np.ndarray:
    """The weight with which each child stands in each risk set; times × children."""
    when, share = _censoring(time, ended)
    before = lambda t: np.r_[1.0, share][np.searchsorted(when, t, side="left")]  # noqa: E731
    watched = time >= times[:, None]
    otherwise = (ended > 0) & (ended != cause)
    own = before(time)
    return np.where(watched, 1.0, otherwise * before(times)[:, None] / np.where(own > 0, own, 1))


def _newton(x: np.ndarray, time: np.ndarray, event: np.ndarray, times: np.ndarray, weight: np.ndarray):
    where = np.searchsorted(times, time[event])
    d = np.bincount(where, minlength=len(times)).astype(float)
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        w = weight * np.exp(x @ beta)
        total = w.sum(axis=1)
        means = w @ x / total[:, None]
        score = x[event].sum(axis=0) - d @ means
        squares = np.einsum("ti,ij,ik->tjk", w / total[:, None], x, x, optimize=True)
        information = np.einsum("t,tjk->jk", d, squares - means[:, :, None] * means[:, None, :])
        step = np.linalg.solve(information, score)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            return beta, information
    raise DurationError("The model found no best fit; leave out a term that separates the children, or group it.")


def _influence(x, time, ended, cause, times, weight, beta) -> np.ndarray:
    """What each child adds to the score, with what it adds through the censoring weights; children × terms."""
    event = ended == cause
    risk = np.exp(x @ beta)
    w = weight * risk
    total = w.sum(axis=1)
    means = w @ x / total[:, None]
    d = np.bincount(np.searchsorted(times, time[event]), minlength=len(times)) / total
    # Each child's own events less those expected of it, along the times.
    expected = w * d[:, None]
    eta = -(x * expected.sum(axis=0)[:, None] - expected.T @ means)
    eta[event] += x[event] - means[np.searchsorted(times, time[event])]
    when, _ = _censoring(time, ended)
    if not len(when):
        return eta
    n = (time >= when[:, None]).sum(axis=1)
    hazard = ((time == when[:, None]) & (ended == 0)).sum(axis=1) / n
    otherwise = (ended > 0) & (ended != cause)
    # Children who ended otherwise stay in later risk sets by weights that the censoring before those times made.
    held = otherwise[None, :] & (time[None, :] < times[:, None])
    each = held * expected
    q = np.stack(
        [
            (((each * (time < u)) * (times >= u)[:, None]).T @ means
             - x * ((each * (time < u)) * (times >= u)[:, None]).sum(axis=0)[:, None]).sum(axis=0)
            for u in when
        ]
    )  # fmt: skip
    per = -q / n[:, None]
    psi = np.zeros_like(eta)
    censored = ended == 0
    psi[censored] += per[np.searchsorted(when, time[censored])]
    psi -= (time >= when[:, None]).T.astype(float) @ (per * hazard[:, None])
    return eta + psi
