"""Health checks, strengths and difficulties scores, offences, and the yearly OC2 rows drawn from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Area

# Days between checks, and the chance that one is left out.
CHECKS = {"RHA": (345, 0.09), "DENTAL": (345, 0.17), "OPTICAL": (350, 0.30), "DEVELOPMENT": (345, 0.19)}


def checks(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """HEALTH: care, kind, day, status. Under-fives are assessed twice a year, others once."""
    seen = care[(care["end"] > area.first - 400) & (care["start"] <= area.last)]
    frames = [_initial(rng, area, seen), _immunised(rng, area, seen)]
    small = dates.age(seen["born"].to_numpy(), np.maximum(seen["start"].to_numpy(), area.first)) < 5
    frames += [_repeated(rng, area, seen, kind, *rule, small=small) for kind, rule in CHECKS.items()]
    rows = pd.concat(frames, ignore_index=True)
    inside = (rows["day"] < care["end"].to_numpy()[rows["care"]]) & (rows["day"] <= area.last)
    return rows[inside].sort_values(["care", "day", "kind"], ignore_index=True)


def _initial(rng, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    new = care[care["start"] > area.first - 400]
    n = len(new)
    due = dates.working_days_later(new["start"].to_numpy(), 20)
    day = due + np.where(rng.random(n) < 0.78, -rng.integers(0, 16, n), rng.integers(1, 45, n))
    return pd.DataFrame({"care": new.index, "kind": "IHA", "day": day, "status": "COMPLETED"})


def _immunised(rng, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """One row a year for those who are up to date."""
    up_to_date = care[rng.random(len(care)) < 0.85]
    return _repeated(rng, area, up_to_date, "IMMUNISATION", 345, 0.01, np.zeros(len(up_to_date), bool))


def _repeated(rng, area: Area, care: pd.DataFrame, kind: str, every: int, left_out: float, small) -> pd.DataFrame:
    """Checks at a rhythm from the start of care, or from a year before the first return."""
    if kind == "DEVELOPMENT":
        care, small = care[small], small[small]
    gap = np.where(small & (kind == "RHA"), 165, every)
    begin = np.maximum(care["start"].to_numpy() + 20, area.first - 400)
    known = care["start"].to_numpy() > area.first - 400
    offset = np.where(known & (kind in ("RHA", "OPTICAL")), gap, rng.integers(10, gap + 1))
    count = (np.minimum(care["end"].to_numpy(), area.last) - begin) // gap + 1
    count = np.maximum(count, 0)
    row = np.repeat(np.arange(len(care)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    due = begin[row] + offset[row] + place * gap[row]
    day = due - rng.integers(0, 14, len(row))
    if kind == "DEVELOPMENT":
        young = dates.age(care["born"].to_numpy()[row], day) < 5
        row, day = row[young], day[young]
    left_out_here = rng.random(len(row)) < left_out * np.where(small[row], 0.6, 1.0)
    status = np.where(left_out_here, draws.pick(rng, {"REFUSED": 55, "CANCELLED": 45}, len(row)), "COMPLETED")
    return pd.DataFrame({"care": care.index.to_numpy()[row], "kind": kind, "day": day, "status": status})


def scores(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """SDQ: one row a year of age 4 to 16: care, day, score (text), reason. About four in five have a score."""
    seen = care[(care["end"] > area.first - 400) & (care["start"] <= area.last)]
    rows = _repeated(rng, area, seen, "SDQ", 350, 0.0, np.zeros(len(seen), bool))
    years = dates.age(care["born"].to_numpy()[rows["care"]], rows["day"].to_numpy())
    rows = rows[(years >= 4) & (years <= 16) & (rows["day"] < care["end"].to_numpy()[rows["care"]])]
    rows = rows[rows["day"] <= area.last].reset_index(drop=True)
    n = len(rows)
    level = rng.normal(14.8, 6.5, len(care))
    score = np.clip(level[rows["care"]] + rng.normal(0, 3, n), 0, 40).astype(int)
    given = rng.random(n) < np.interp(rows["day"], [area.first, area.last], [0.79, 0.80])
    reasons = draws.pick(rng, {"SDQ2": 40, "SDQ5": 25, "SDQ4": 22, "SDQ3": 13}, n)
    text = np.where(given, score.astype(str).astype(object), "")
    frame = rows[["care", "day"]].assign(score=text, reason=np.where(given, "", reasons))
    return frame.sort_values(["care", "day"], ignore_index=True)


def offences(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """OFFENCES: care, day, outcome; about 2 % of those aged 10 to 17 a year, most of them 14 and over."""
    seen = care[(care["end"] > area.first) & (care["start"] <= area.last)]
    fourteen = dates.birthday(seen["born"].to_numpy(), 14)
    low = np.maximum.reduce([seen["start"].to_numpy(), np.full(len(seen), area.first), fourteen - 400])
    high = np.minimum(seen["end"].to_numpy() - 1, area.last)
    offending = rng.random(len(seen)) < np.clip((high - low) / 365, 0, 4) * 0.035
    day = draws.between(rng, low, high)[offending]
    outcome = draws.pick(rng, {"CONVICTION": 55, "YOUTH_CAUTION": 30, "YOUTH_CONDITIONAL_CAUTION": 15}, len(day))
    return pd.DataFrame({"care": seen.index.to_numpy()[offending], "day": day, "outcome": outcome})


def yearly(rng, year: int, care: pd.DataFrame, health, sdq, offending) -> pd.DataFrame:
    """OC2 of one return: those in care at its end and for the twelve months before, as text columns plus `care`."""
    first, last = dates.year_bounds(year)
    here = care[(care["start"] <= first) & (care["end"] > last)]
    index, n = here.index, len(here)
    years = dates.age(here["born"].to_numpy(), np.full(n, last))
    done = health[(health["status"] == "COMPLETED") & (health["day"] >= first) & (health["day"] <= last)]
    counts = done.groupby(["kind", "care"]).size()
    assessed = _count(counts, "RHA", index) + _count(counts, "IHA", index)
    misuse = (years >= 12) & (rng.random(n) < 0.07)
    received = rng.random(n) < 0.42
    offered = ~received & (rng.random(n) < 0.78)
    scored = sdq[(sdq["day"] >= first) & (sdq["day"] <= last)].drop_duplicates("care", keep="last").set_index("care")
    rated = (years >= 4) & (years <= 16)
    score = np.where(rated, scored["score"].reindex(index).fillna(""), "")
    reason = np.where(rated, scored["reason"].reindex(index).fillna("SDQ4"), "")
    convicted = index.isin(offending["care"][(offending["day"] >= first) & (offending["day"] <= last)])
    return pd.DataFrame(
        {
            "care": index,
            "SDQ_SCORE": score,
            "SDQ_REASON": np.where(score == "", reason, ""),
            "CONVICTED": np.where(years >= 10, _flag(convicted), ""),
            "HEALTH_CHECK": np.where(years < 5, _flag(_count(counts, "DEVELOPMENT", index) > 0), ""),
            "IMMUNISATIONS": _flag(_count(counts, "IMMUNISATION", index) > 0),
            "TEETH_CHECK": _flag(_count(counts, "DENTAL", index) > 0),
            "HEALTH_ASSESSMENT": _flag(assessed >= np.where(years < 5, 2, 1)),
            "SUBSTANCE_MISUSE": _flag(misuse),
            "INTERVENTION_RECEIVED": np.where(misuse, _flag(received), ""),
            "INTERVENTION_OFFERED": np.where(misuse & ~received, _flag(offered), ""),
        }
    )


def _flag(claim: np.ndarray) -> np.ndarray:
    return np.where(claim, "1", "0")


def _count(counts: pd.Series, kind: str, index: pd.Index) -> np.ndarray:
    if kind not in counts.index.get_level_values(0):
        return np.zeros(len(index), np.int64)
    return counts.loc[kind].reindex(index).fillna(0).to_numpy().astype(np.int64)
