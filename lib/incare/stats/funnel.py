"""Funnel plots: which teams or areas lie further from the whole than chance explains, given how many they count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, ndtri

from incare.kinds import poisson

WITHIN = "within the limits"
KINDS = ("share", "rate", "ratio")
SPREADS = ("none", "trimmed", "winsorised")


class FunnelError(ValueError):
    """A table that no funnel can be drawn of, with what to change."""


@dataclass(frozen=True)
class Settings:
    """How a funnel is drawn: `inner` and `outer` levels, and what is made of spread beyond chance.

    `kind` is "share" (numerator of denominator, in percent), "rate" (numerator per `per` of denominator) or "ratio"
    (numerator over an expected number, in denominator). `spread` is "none" (limits of chance alone), "trimmed" (the
    outermost `trim` of the groups at either end say nothing about spread) or "winsorised" (they are drawn in to the
    quantile). With few groups the spread is a guess: below `fewest` groups it is not estimated.
    """

    kind: str = "share"
    inner: float = 0.95
    outer: float = 0.998
    spread: str = "none"
    trim: float = 0.1
    per: float = 10_000
    fewest: int = 6

    def __post_init__(self):
        if self.kind not in KINDS or self.spread not in SPREADS:
            raise FunnelError(
                f"A funnel is of a {', '.join(KINDS)}, its spread {', '.join(SPREADS)}; "
                f'found "{self.kind}" and "{self.spread}".'
            )
        if not (0 < self.inner < self.outer < 1) or not (0 <= self.trim < 0.5):
            raise FunnelError("Levels lie between 0 and 1, the inner below the outer; trim is from 0 to under a half.")


@dataclass(frozen=True)
class Funnel:
    """A funnel: a row per group in `points`, the limits by size in `lines`, and what was estimated.

    `points` has the given columns and `value, lower_inner, upper_inner, lower_outer, upper_outer, position, status`;
    `lines` has `denominator` and the four limits. `centre` is in the figure's unit. `phi` is the mean squared distance
    of groups from the centre in standard errors (1 by chance alone), `tau2` the variance between groups that the
    limits allow for; `used` the groups it was estimated from.
    """

    points: pd.DataFrame
    lines: pd.DataFrame
    centre: float
    phi: float
    tau2: float
    used: int
    settings: Settings


def funnel(frame: pd.DataFrame, settings: Settings = Settings(), centre: float | None = None) -> Funnel:
    """The groups of a table against limits round their common figure.

    `frame` has a row per group: `group, numerator, denominator`, and perhaps `status` ("ok" or a symbol) and `value`.
    The centre is all numerators over all denominators of the groups that have both, unless `centre` (in the figure's
    unit) is given: published totals are better where small groups are suppressed. `position` is "above 99.8%",
    "above 95%", "within the limits", "below …", by the levels set; missing for a group without figures, whose `status`
    says why: its symbol, or "z" where nobody is counted. Limits of a share lie between 0 and 100, none below 0.

    Raises `FunnelError` for missing columns, a group twice, negative numbers, more counted than there are, or nobody.

    **Source** Spiegelhalter (2005), Statistics in Medicine 24, 1185–1202; limits of rates and ratios: exact Poisson.
    """
    rows = _checked(frame, settings)
    known = (rows["status"] == "ok").to_numpy()
    x, n = rows["numerator"].to_numpy(float), rows["denominator"].to_numpy(float)
    scale = {"share": 100.0, "rate": settings.per, "ratio": 1.0}[settings.kind]
    if not known.any() or (centre is None and not n[known].sum() > 0):
        raise FunnelError("No group has a numerator and a denominator above 0, so there is nothing to draw.")
    middle = 1.0 if settings.kind == "ratio" else x[known].sum() / n[known].sum()
    middle = middle if centre is None else centre / scale
    if not (0 < middle < (1 if settings.kind == "share" else np.inf)):
        raise FunnelError("All groups together are at 0 (or at 100 %): limits round it have no width.")
    phi, tau2, used = np.nan, 0.0, 0
    if settings.spread != "none" and known.sum() >= settings.fewest:
        z, s = distances(x[known], n[known], middle, settings.kind)
        phi, tau2, used = overdispersion(z, s, settings.spread, settings.trim)
    points = rows.assign(value=np.where(known, scale * x / np.where(n > 0, n, np.nan), np.nan))
    points = points.assign(**_limits(np.where(known, n, np.nan), middle, tau2, settings, scale))
    points["position"] = _position(points, settings)
    sizes = size_grid(n[known])
    lines = pd.DataFrame({"denominator": sizes, **_limits(sizes, middle, tau2, settings, scale)})
    return Funnel(points, lines, scale * middle, float(phi), float(tau2), used, settings)


def share_limits(denominator, centre: float, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Where a share may lie round `centre` (both in percent), by its denominator; cut at 0 and 100.

    A share lies on a limit just when its own Wilson limit touches the centre. NaN for a denominator of 0.

    **Source** Spiegelhalter (2005), equation 3; PHEindicatormethods, `calculate_funnel_limits`.
    """
    n = np.asarray(denominator, float)
    p = centre / 100
    reach = 100 * ndtri(0.5 + level / 2) * np.sqrt(p * (1 - p) / np.where(n > 0, n, np.nan))
    return np.maximum(centre - reach, 0), np.minimum(centre + reach, 100)


def ratio_limits(expected, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Where observed over expected may lie round 1, by the expected number (exact Poisson); NaN where none is expected.

    **Source** Garwood (1936), Biometrika 28, with the expected number in the place of the count; FunnelPlotR.
    """
    e = np.asarray(expected, float)
    e = np.where(e > 0, e, np.nan)
    tail = (1 - level) / 2
    return gammaincinv(e, tail) / e, gammaincinv(e + 1, 1 - tail) / e


def expected_at_limits(observed, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The expected numbers for which an observed one lies just on the lower and just on the upper limit.

    Returns the larger (observed is just low) and the smaller (just high). With the rate of the whole, they give the
    populations at which a count leaves the funnel. **Source** PHEindicatormethods, `calculate_funnel_limits`.
    """
    low, high = poisson(observed, level)
    return high, low


def people_behind(events, rate, per: float = 100_000, years: float = 1, fewest: float = 10) -> np.ndarray:
    """How many people a published rate was made of, from its events: where it stands in a funnel, left to right.

    For standardised rates it is the size of a group whose plain rate would be the same. Missing where fewer than
    `fewest` events were counted (such a rate is not drawn) or the rate is 0.

    **Source** PHEindicatormethods, `calculate_funnel_points`.
    """
    x, r = np.asarray(events, float), np.asarray(rate, float)
    known = (x >= fewest) & (r > 0)
    return np.where(known, x * per / (np.where(known, r, 1) * years), np.nan)


def against_expected(observed, expected, levels: tuple[float, float] = (0.95, 0.998)) -> np.ndarray:
    """Where a count lies against an expected number: "above 99.8%", "above 95%", "within the limits", "below …".

    By exact Poisson limits of the count; missing (None) where either is missing.
    """
    e = np.asarray(expected, float)
    (low1, high1), (low2, high2) = (poisson(observed, level) for level in levels)
    names = _names(*levels)
    tests = [low2 > e, high2 < e, low1 > e, high1 < e]
    found = np.select(tests, names, WITHIN).astype(object)
    found[np.isnan(e) | np.isnan(low1)] = None
    return found


def distances(numerator, denominator, centre: float, kind: str = "ratio", scale: str = "") -> tuple:
    """Each group's distance from the centre in standard errors, and the standard error, on a scale where it is stable.

    `centre` is a fraction. A share is compared on the arcsine scale, a rate or ratio on the log scale or, with `scale`
    "root", as its square root; "counts" is the log of a ratio of two counts, both uncertain, a half added to each.
    A ratio of 0 on the log scale has a half event. Returns z and s. **Source** Spiegelhalter (2005); FunnelPlotR.
    """
    x, n = np.asarray(numerator, float), np.asarray(denominator, float)
    if kind == "share":
        s = 1 / (2 * np.sqrt(n))
        return (np.arcsin(np.sqrt(np.clip(x / n, 0, 1))) - np.arcsin(np.sqrt(centre))) / s, s
    expected = n * centre
    if scale == "counts":
        s = np.sqrt(x / (x + 0.5) ** 2 + n / (n + 0.5) ** 2)
        return (np.log((x + 0.5) / (n + 0.5)) - np.log(centre)) / s, s
    if scale == "root":
        s = 1 / (2 * np.sqrt(expected))
        return (np.sqrt(x / expected) - 1) / s, s
    s = 1 / np.sqrt(expected)
    return np.log(np.where(x > 0, x, 0.5) / expected) / s, s


def overdispersion(z, s, method: str = "trimmed", trim: float = 0.1) -> tuple[float, float, int]:
    """How much groups spread beyond chance: φ, the variance τ² between them, and how many groups say so.

    `z` and `s` are as `distances` gives them. "trimmed" leaves the outermost share `trim` at either end out of the
    estimate; "winsorised" draws them in to that quantile. τ² is never below 0.

    **Source** Spiegelhalter (2005), Statistics in Medicine 24, additive random effects; DerSimonian and Laird (1986);
    NHS Digital, SHMI specification (trimmed); Care Quality Commission (winsorised).
    """
    z, s = np.asarray(z, float), np.asarray(s, float)
    if method == "winsorised":
        z = np.clip(z, *np.quantile(z, [trim, 1 - trim]))
    else:
        rank = pd.Series(z).rank(method="min").to_numpy()
        band = rank / (len(z) + 1)
        kept = (band >= trim) & (band < 1 - trim)
        z, s = z[kept], s[kept]
    if len(z) < 2:
        return float("nan"), 0.0, len(z)
    phi, weight = float(np.mean(z**2)), 1 / s**2
    spare = weight.sum() - (weight**2).sum() / weight.sum()
    return phi, max(0.0, float((len(z) * phi - (len(z) - 1)) / spare)), len(z)


def spread_limits(s, tau2: float, level: float = 0.95, centre: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Limits round `centre` that allow for variance between groups, on the scale of the errors `s` of `distances`.

    The caller turns them back: e to their power on the log scale, their square on the root scale (where the centre is
    1), the squared sine on the arcsine scale. **Source** Spiegelhalter (2005), equation 10.
    """
    reach = ndtri(0.5 + level / 2) * np.sqrt(np.asarray(s, float) ** 2 + tau2)
    return centre - reach, centre + reach


def size_grid(denominator, points: int = 120) -> np.ndarray:
    """Sizes at which to draw the limits: from well under the smallest group to a little over the largest."""
    n = np.asarray(denominator, float)
    n = n[n > 0]
    return np.geomspace(max(n.min() * 0.2, 1e-9), n.max() * 1.06, points)


def _limits(n, middle: float, tau2: float, settings: Settings, scale: float) -> dict[str, np.ndarray]:
    found = {}
    for name, level in (("inner", settings.inner), ("outer", settings.outer)):
        lower, upper = _band(n, middle, tau2, settings, level)
        found |= {f"lower_{name}": scale * lower, f"upper_{name}": scale * upper}
    return found


def _band(n, middle: float, tau2: float, settings: Settings, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits as fractions."""
    n = np.where(np.asarray(n, float) > 0, n, np.nan)
    if settings.kind == "share" and tau2 > 0:
        lower, upper = spread_limits(1 / (2 * np.sqrt(n)), tau2, level, np.arcsin(np.sqrt(middle)))
        return np.sin(np.maximum(lower, 0)) ** 2, np.sin(np.minimum(upper, np.pi / 2)) ** 2
    if settings.kind == "share":
        return tuple(limit / 100 for limit in share_limits(n, 100 * middle, level))
    if tau2 > 0:
        lower, upper = (np.exp(limit) for limit in spread_limits(1 / np.sqrt(n * middle), tau2, level))
    else:
        lower, upper = ratio_limits(n * middle, level)
    return lower * middle, upper * middle


def _position(points: pd.DataFrame, settings: Settings) -> np.ndarray:
    v = points["value"]
    tests = [
        v > points["upper_outer"],
        v < points["lower_outer"],
        v > points["upper_inner"],
        v < points["lower_inner"],
    ]
    found = np.select(tests, _names(settings.inner, settings.outer), WITHIN).astype(object)
    found[v.isna().to_numpy()] = None
    return found


def _names(inner: float, outer: float) -> list[str]:
    one, two = (f"{100 * level:g}%" for level in (inner, outer))
    return [f"above {two}", f"below {two}", f"above {one}", f"below {one}"]


def _checked(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    needed = ["group", "numerator", "denominator"]
    missing = [name for name in needed if name not in frame]
    if missing:
        raise FunnelError(f"A funnel needs the columns {', '.join(needed)}; missing: {', '.join(missing)}.")
    rows = frame.reset_index(drop=True)
    twice = rows["group"].duplicated()
    if twice.any():
        raise FunnelError(f"Row {int(np.flatnonzero(twice)[0])}: a group stands twice; one row for each was needed.")
    x, n = rows["numerator"].astype(float), rows["denominator"].astype(float)
    status = rows["status"].astype(object) if "status" in rows else pd.Series("ok", index=rows.index, dtype=object)
    shown = status.isin(["ok", "low"]) & x.notna() & n.notna()
    too_much = (x > n) if settings.kind == "share" else (x < 0)
    wrong = shown & ((x < 0) | (n < 0) | too_much)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FunnelError(f"Row {row}: 0 or more was needed, and for a share no more counted than there are.")
    status = status.where(shown | ~status.isin(["ok", "low"]), "x").where(~(shown & (n == 0)), "z")
    status = status.where(~(shown & (n > 0)), "ok")
    return rows.assign(numerator=x.where(shown), denominator=n.where(shown), status=status)
