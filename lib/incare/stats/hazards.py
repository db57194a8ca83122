"""What goes with a faster or slower ending: Cox's proportional hazards, and whether the effect stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.stats.durations import TIES, DurationError, checked, survival


@dataclass(frozen=True)
class Cox:
    """A fitted model: `terms` (a frame), log likelihoods without and with the terms, and its `concordance`.

    `terms` has `term, coefficient, error, z, p, ratio, lower, upper`; `ratio` is the hazard ratio with its 95 % limits.
    """

    terms: pd.DataFrame
    log_likelihood_null: float
    log_likelihood: float
    concordance: float

    @property
    def likelihood_ratio(self) -> float:
        """Twice the gain of log likelihood: chi-square with as many degrees of freedom as terms."""
        return 2 * (self.log_likelihood - self.log_likelihood_null)


def cox(
    spells: pd.DataFrame, terms: list[str], strata: str | None = None, ties: str = "efron", level: float = 0.95
) -> Cox:
    """Cox's proportional hazards of an event, by columns of numbers.

    `spells` as `durations.checked` takes them, with a column per term; `strata` names a column whose groups have
    hazards of their own. A ratio above 1 means that it happens sooner.

    Raises `DurationError` for durations that cannot be used, terms that are missing, not finite or constant, weights,
    ties other than "efron" or "breslow", or too few events (fewer than the terms).

    **Source** Cox (1972), J. Royal Stat. Soc. B 34; Efron (1977); computed by statsmodels `PHReg`.
    """
    from scipy.special import ndtr, ndtri
    from statsmodels.duration.hazard_regression import PHReg

    rows, x, within = _ready(spells, terms, strata, ties)
    late = np.isfinite(rows["entry"]).any()
    entry = rows["entry"].clip(lower=rows["time"].min() - 1).to_numpy() if late else None
    centre, spread = x.mean(axis=0), x.std(axis=0)
    # In units of their spread the terms are alike, and the search for the best fit does not lose its way.
    model = PHReg(rows["time"], (x - centre) / spread, status=rows["event"], entry=entry, strata=within, ties=ties)
    fit = model.fit(method="newton", maxiter=100, disp=0, tol=1e-12)
    coefficient, error = fit.params / spread, fit.bse / spread
    z = coefficient / error
    reach = ndtri(0.5 + level / 2) * error
    table = {"term": terms, "coefficient": coefficient, "error": error, "z": z, "p": 2 * ndtr(-np.abs(z))}
    ratios = {"ratio": coefficient, "lower": coefficient - reach, "upper": coefficient + reach}
    found = pd.DataFrame(table | {name: np.exp(part) for name, part in ratios.items()})
    likely = [float(model.loglike(part)) for part in (np.zeros(len(terms)), fit.params)]
    return Cox(found, *likely, _concordance(rows, x @ coefficient, within))


def stays_the_same(spells: pd.DataFrame, fitted: Cox, strata: str | None = None, ties: str = "efron") -> dict:
    """Whether the hazard ratios stay the same over time: the score test against a change with the share gone.

    `fitted` is what `cox` gave for the same durations. Returns `{"chi_square", "df", "p"}`; a small p says that a
    ratio grows or shrinks over time, so one number does not tell it.

    Raises as `cox` does.

    **Source** Grambsch and Therneau (1994), Biometrika 81, 515–526, as the score test.
    """
    from scipy.special import chdtrc

    terms = list(fitted.terms["term"])
    rows, x, within = _ready(spells, terms, strata, ties)
    beta = fitted.terms["coefficient"].to_numpy()
    curve = survival(rows)
    times, share = curve["time"].to_numpy(), curve["survival"].to_numpy()
    k = len(terms)
    score, information = np.zeros(k), np.zeros((3, k, k))
    risk = np.exp((x - x.mean(axis=0)) @ beta)
    time, entry, event = (rows[name].to_numpy() for name in ("time", "entry", "event"))
    for stratum in pd.unique(within) if within is not None else [None]:
        inside = np.ones(len(rows), bool) if stratum is None else within == stratum
        for t in np.unique(time[inside & (event == 1)]):
            watched = inside & (entry < t) & (time >= t)
            now = watched & (time == t) & (event == 1)
            d = int(now.sum())
            gone = 1 - np.r_[1.0, share][np.searchsorted(times, t)]
            # Efron: of those tied, a growing part is taken as gone already.
            part = (np.arange(d) / d if ties == "efron" else np.zeros(d))[:, None]
            weight = risk * watched - part * (risk * now)
            total = weight.sum(axis=1, keepdims=True)
            means = weight @ x / total
            squares = np.einsum("li,ij,ik->ljk", weight / total, x, x)
            spread = (squares - means[:, :, None] * means[:, None, :]).sum(axis=0)
            score += gone * (x[now].sum(axis=0) - means.sum(axis=0))
            information += spread * np.array([1.0, gone, gone**2])[:, None, None]
    rest = information[2] - information[1] @ np.linalg.solve(information[0], information[1])
    chi = float(score @ np.linalg.solve(rest, score))
    return {"chi_square": chi, "df": k, "p": float(chdtrc(k, chi))}


def _ready(spells: pd.DataFrame, terms: list[str], strata: str | None, ties: str):
    rows = checked(spells)
    if ties not in TIES:
        raise DurationError(f"Ties are taken as one of {', '.join(TIES)}; found {ties!r}.")
    if absent := [name for name in [*terms, *([strata] if strata else [])] if name not in spells]:
        raise DurationError(f"The durations have no column {', '.join(absent)}.")
    x = spells[terms].to_numpy(float, na_value=np.nan)
    if not terms or not np.isfinite(x).all() or (np.ptp(x, axis=0) == 0).any():
        raise DurationError("Terms are columns of numbers that differ between children, none missing or infinite.")
    if (rows["weight"] != 1).any():
        raise DurationError("Hazards are compared child by child; leave the weights out.")
    if rows["event"].sum() < max(len(terms), 1):
        raise DurationError(f"{len(terms)} terms need at least as many events; {rows['event'].sum()} happened.")
    return rows, x, None if strata is None else spells[strata].to_numpy()


def _concordance(rows: pd.DataFrame, score: np.ndarray, within: np.ndarray | None) -> float:
    """Of the pairs whose order is known, the share in which the higher score ended first; equal scores count half."""
    time, entry = rows["time"].to_numpy(), rows["entry"].to_numpy()
    event = rows["event"].to_numpy() == 1
    right = pairs = 0.0
    for some in np.array_split(np.flatnonzero(event), max(1, event.sum() * len(rows) // 4_000_000)):
        t = time[some, None]
        later = (entry < t) & ((time > t) | ((time == t) & ~event))
        if within is not None:
            later &= within == within[some, None]
        gap = score[some, None] - score
        level = np.abs(gap) < _EQUAL
        right += (later & ~level & (gap > 0)).sum() + 0.5 * (later & level).sum()
        pairs += later.sum()
    return float(right / pairs) if pairs else float("nan")


_EQUAL = 1e-10
