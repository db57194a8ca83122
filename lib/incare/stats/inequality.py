"""How much a figure changes from the most to the least deprived: the slope and the relative index of inequality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

SCALES = {
    # (to the scale errors are normal on, back, slope of the way back)
    "mean": (lambda v: v, lambda t: t, lambda v: np.ones_like(v)),
    "rate": (np.log, np.exp, lambda v: v),
    "share": (logit, expit, lambda v: v * (1 - v)),
}


class InequalityError(ValueError):
    """A table from which no index of inequality can be made, with what to change."""


def slope_index(
    frame: pd.DataFrame,
    by: Sequence[str] = (),
    kind: str = "mean",
    transform: bool = False,
    multiplier: float = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """The slope index (SII) and the relative index (RII) of inequality of each area, with limits.

    `frame` has a row per area (the columns `by`) and deprivation group: `group` (1 is the most deprived), `population`,
    `value`, and either `error` (the standard error, on the scale of `kind`) or `lower` and `upper` (95 % limits).
    `kind` is "mean" (errors normal as they are), "rate" (on the log scale) or "share" (on the logit scale; values
    between 0 and 1). The value is regressed on the middle of each group's share of the population, ranked from the
    most deprived, weighted by population; with `transform` on the scale of `kind`. Returns a row per area:
    `sii, sii_lower, sii_upper, rii, rii_lower, rii_upper, intercept`. SII is the fitted value at the least deprived
    end less that at the most deprived, times `multiplier`; RII is their ratio, turned round where `multiplier` is
    negative. Limits are by the delta method from the groups' own errors (RII on the log scale), so no chance enters.

    Raises `InequalityError` for missing columns, an area with fewer than three groups or a group twice, values that
    are not positive numbers (a share: between 0 and 1), or another `kind`.

    **Source** Mackenbach and Kunst (1997), Social Science & Medicine 44, 757–771; OHID, SII and RII; limits: Oehlert
    (1992), American Statistician 46.
    """
    if kind not in SCALES:
        raise InequalityError(f'kind is one of {", ".join(SCALES)}; found "{kind}".')
    rows = _checked(frame, by, kind)
    there, back, steep = SCALES[kind]
    rows = rows.assign(y=there(rows["value"]) if transform else rows["value"], s=_errors(rows, there))
    if not transform:
        rows["s"] = rows["s"] * steep(rows["value"].to_numpy())
    fits = _fit(rows, by)
    z = ndtri(0.5 + level / 2)
    low, slope = fits["intercept"].to_numpy(), fits["slope"].to_numpy()
    bends = (back, steep) if transform else (lambda t: t, lambda v: np.ones_like(v))
    return _indices(fits, low, low + slope, bends, multiplier, z).reset_index(drop=not by)


def _indices(fits: pd.DataFrame, low, high, bends, multiplier: float, z: float) -> pd.DataFrame:
    """The two ends on the figure's own scale, their difference and ratio, and limits from the ends' variances."""
    back, steep = bends
    most, least = back(low), back(high)
    # How far each end moves for a unit of its fitted value.
    a, b = steep(most), steep(least)
    v_most, v_least = fits["v0"].to_numpy(), fits["v0"].to_numpy() + 2 * fits["v01"].to_numpy() + fits["v1"].to_numpy()
    both = fits["v0"].to_numpy() + fits["v01"].to_numpy()
    sii_error = np.sqrt(np.maximum(a**2 * v_most + b**2 * v_least - 2 * a * b * both, 0))
    ratio = np.where((most > 0) & (least > 0), least / np.where(most > 0, most, 1), np.nan)
    a, b = a / most, b / least
    log_error = np.sqrt(np.maximum(a**2 * v_most + b**2 * v_least - 2 * a * b * both, 0))
    sii = multiplier * (least - most)
    reach = abs(multiplier) * z * sii_error
    turned = -1 if multiplier < 0 else 1
    rii = ratio**turned
    out = {"sii": sii, "sii_lower": sii - reach, "sii_upper": sii + reach}
    out |= {"rii": rii, "rii_lower": rii * np.exp(-z * log_error), "rii_upper": rii * np.exp(z * log_error)}
    return pd.DataFrame(out | {"intercept": most}, index=fits.index)


def _fit(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Weighted line of each area in closed form, and what the groups' errors make of intercept and slope."""
    keys = list(by) or [pd.Series(0, index=rows.index)]
    rows = rows.assign(_order=np.arange(len(rows)))
    rows = rows.sort_values("group", kind="stable")
    area = rows.groupby([k if isinstance(k, str) else k.loc[rows.index] for k in keys], sort=False)
    weight = rows["population"] / area["population"].transform("sum")
    middle = weight.groupby(area.ngroup()).cumsum() - weight / 2
    centre = (weight * middle).groupby(area.ngroup()).transform("sum")
    across = (weight * (middle - centre) ** 2).groupby(area.ngroup()).transform("sum")
    # Intercept and slope are sums of the values with these factors.
    to_slope = weight * (middle - centre) / across
    to_intercept = weight - to_slope * centre
    parts = rows.assign(
        intercept=to_intercept * rows["y"],
        slope=to_slope * rows["y"],
        v0=(to_intercept * rows["s"]) ** 2,
        v1=(to_slope * rows["s"]) ** 2,
        v01=to_intercept * to_slope * rows["s"] ** 2,
    ).sort_values("_order")
    names = ["intercept", "slope", "v0", "v1", "v01"]
    return parts.groupby(list(by), sort=False)[names].sum() if by else parts[names].sum().to_frame().T


def _errors(rows: pd.DataFrame, there) -> pd.Series:
    if "error" in rows:
        return rows["error"]
    return (there(rows["upper"]) - there(rows["lower"])) / (2 * ndtri(0.975))


def _checked(frame: pd.DataFrame, by: Sequence[str], kind: str) -> pd.DataFrame:
    given = ["error"] if "error" in frame else ["lower", "upper"]
    needed = ["group", "population", "value", *given]
    missing = [name for name in (*by, *needed) if name not in frame]
    if missing:
        raise InequalityError(
            "An index of inequality needs group, population, value, and error or lower and upper; "
            f"missing: {', '.join(missing)}."
        )
    rows = frame[[*by, *needed]].reset_index(drop=True)
    rows[needed[1:]] = rows[needed[1:]].astype(float)
    top = 1.0 if kind == "share" else np.inf
    wrong = ~np.isfinite(rows[needed[1:]]).all(axis=1) | (rows["population"] <= 0)
    if kind != "mean":
        wrong |= (rows[[n for n in needed[2:] if n != "error"]] <= 0).any(axis=1) | (rows["value"] >= top)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InequalityError(
            f"Row {row}: numbers were needed in every group, above 0 for a rate, between 0 and 1 for a share."
        )
    keys = [rows[name] for name in by] or [pd.Series(0, index=rows.index)]
    if rows.duplicated([*by, "group"]).any() or (rows.groupby(keys)["group"].transform("size") < 3).any():
        raise InequalityError("Every area needs at least three deprivation groups, each once.")
    return rows
