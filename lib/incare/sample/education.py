"""School years: terms, personal education plans, results, absence, suspensions and schools."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Area
from incare.sample.dates import NEVER

TERMS = {"Autumn": ("09-02", "12-20"), "Spring": ("01-06", "04-03"), "Summer": ("04-22", "07-21")}
PURPOSE = {"TUITION": 34, "LEARNING_SUPPORT": 26, "INTEREST": 12, "OUT_OF_SCHOOL": 9, "EQUIPMENT": 11, "WELLBEING": 8}


def terms(area: Area) -> pd.DataFrame:
    """TERMS that have begun by the last day: term (`2024-25 Autumn`), year (closing), start, end."""
    rows = []
    for year in range(area.ending - area.years, area.ending + 1):
        for name, (start, end) in TERMS.items():
            calendar = year if name == "Autumn" else year + 1
            first, last = dates.number(f"{calendar}-{start}"), dates.number(f"{calendar}-{end}")
            rows.append((f"{year}-{(year + 1) % 100:02d} {name}", year + 1, first, last))
    frame = pd.DataFrame(rows, columns=["term", "year", "start", "end"])
    return frame[(frame["start"] <= area.last) & (frame["end"] >= area.first)].reset_index(drop=True)


def _school_year_age(born: np.ndarray, year: int) -> np.ndarray:
    """Age on the 31 August before the school year that closes in `year`."""
    return dates.age(born, np.full(len(born), dates.number(f"{year - 1}-08-31")))


def education_plans(rng: np.random.Generator, area: Area, care: pd.DataFrame, calendar: pd.DataFrame) -> pd.DataFrame:
    """PEP: care, term, day, completed, quality, group, requested, amount, purpose; more than nine in ten completed."""
    frames = [_of_term(rng, area, care, term) for term in calendar.itertuples()]
    return pd.concat(frames, ignore_index=True).sort_values(["care", "day"], ignore_index=True)


def _of_term(rng, area: Area, care: pd.DataFrame, term) -> pd.DataFrame:
    end = min(term.end, area.last)
    here = care[(care["start"] <= end - 14) & (care["end"] > end)]
    years = _school_year_age(here["born"].to_numpy(), term.year)
    here, years = here[(years >= 3) & (years <= 17)], years[(years >= 3) & (years <= 17)]
    n = len(here)
    share = np.interp(end, [area.first, area.last], [0.88, 0.94])
    day = draws.between(rng, np.maximum(here["start"].to_numpy() + 3, term.start + 7), np.full(n, end))
    completed = rng.random(n) < share * np.where(years > 15, 0.93, 1.0)
    requested = completed & (rng.random(n) < 0.72)
    amount = np.where(requested, (rng.integers(4, 21, n) * 50).astype(str).astype(object), "")
    group = np.array(["Nursery", "Reception", *(f"Year {k}" for k in range(1, 14))], dtype=object)
    return pd.DataFrame(
        {
            "care": here.index,
            "term": term.term,
            "day": np.where(completed, day, NEVER),
            "completed": np.where(completed, "Y", "N"),
            "quality": np.where(completed, draws.pick(rng, {"GREEN": 62, "AMBER": 31, "RED": 7}, n), ""),
            "group": group[years - 3],
            "requested": np.where(completed, np.where(requested, "Y", "N"), ""),
            "amount": amount,
            "purpose": np.where(requested, draws.pick(rng, PURPOSE, n), ""),
        }
    )


def _pupils(care: pd.DataFrame, year: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Those of school age in care for the twelve months to the 31 March inside the school year."""
    first, last = dates.year_bounds(year)
    here = care[(care["start"] <= first) & (care["end"] > last)]
    years = _school_year_age(here["born"].to_numpy(), year)
    school = (years >= 5) & (years <= 15)
    return here[school], years[school]


def results(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """ATTAINMENT of the school years whose results were out by the last day."""
    frames = []
    for year in range(area.ending - area.years + 1, area.ending):
        pupils, years = _pupils(care, year)
        frames += [_key_stage_2(rng, pupils[years == 10], year), _key_stage_4(rng, pupils[years == 15], year)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _sen(rng, count: int) -> np.ndarray:
    return draws.pick(rng, {"EHCP": 34, "SUPPORT": 27, "NONE": 39}, count)


def _school_year(year: int) -> str:
    return f"{year - 1}-{year % 100:02d}"


def _key_stage_2(rng, pupils: pd.DataFrame, year: int) -> pd.DataFrame:
    passed = np.where(rng.random(len(pupils)) < 0.35, "Y", "N")
    frame = pd.DataFrame({"care": pupils.index, "year": _school_year(year), "stage": "KS2", "rwm": passed})
    return frame.assign(language="", literature="", maths="", att8="", sen=_sen(rng, len(pupils)))


def _key_stage_4(rng, pupils: pd.DataFrame, year: int) -> pd.DataFrame:
    n = len(pupils)
    ability = rng.normal(2.1, 2.0, n)
    entered = rng.random(n) < 0.82
    grades = [np.clip(np.round(ability + rng.normal(0, 1, n)), 0, 9).astype(int) for _ in range(3)]
    texts = [np.where(entered, grade.astype(str).astype(object), "") for grade in grades]
    mean = np.where(entered, sum(grades) / 3 * 8.6, rng.uniform(0, 12, n))
    frame = pd.DataFrame({"care": pupils.index, "year": _school_year(year), "stage": "KS4", "rwm": ""})
    frame = frame.assign(language=texts[0], literature=texts[1], maths=texts[2], sen=_sen(rng, n))
    return frame.assign(att8=[f"{value:.1f}" for value in mean.tolist()])


def attendance(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """ATTENDANCE by term: care, year, period, possible, authorised, unauthorised sessions."""
    habit = np.where(rng.random(len(care)) < 0.2, rng.beta(2, 6, len(care)), rng.beta(1.2, 28, len(care)))
    frames = []
    for year in range(area.ending - area.years + 1, area.ending + 1):
        pupils, _ = _pupils(care, year)
        for period, most in {"Autumn": 140, "Spring": 116, "Summer": 124}.items():
            if year == area.ending and period == "Summer":
                continue
            possible = most - 2 * rng.integers(0, 4, len(pupils))
            absent = rng.binomial(possible, np.clip(habit[pupils.index], 0, 0.9))
            unauthorised = rng.binomial(absent, 0.38)
            frames.append(
                pd.DataFrame(
                    {
                        "care": pupils.index,
                        "year": _school_year(year),
                        "period": period,
                        "possible": possible,
                        "authorised": absent - unauthorised,
                        "unauthorised": unauthorised,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True).sort_values(["care", "year"], kind="stable", ignore_index=True)


def suspensions(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """SUSPENSIONS: care, day, sessions, kind; about one pupil in eight a year, permanent ones very rare."""
    frames = []
    for year in range(area.ending - area.years + 1, area.ending + 1):
        pupils, years = _pupils(care, year)
        chosen = pupils[rng.random(len(pupils)) < np.interp(years, [5, 9, 12, 15], [0.02, 0.06, 0.22, 0.24])]
        row = np.repeat(chosen.index.to_numpy(), rng.geometric(0.5, len(chosen)))
        day = dates.number(f"{year - 1}-09-09") + rng.integers(0, 310, len(row))
        frames.append(pd.DataFrame({"care": row, "day": day}))
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[(rows["day"] <= area.last) & (rows["day"] < care["end"].to_numpy()[rows["care"]])]
    rows["kind"] = np.where(rng.random(len(rows)) < 0.006, "PERMANENT", "SUSPENSION")
    sessions = draws.pick(rng, {"1": 12, "2": 38, "4": 26, "6": 12, "10": 12}, len(rows))
    rows["sessions"] = np.where(rows["kind"] == "PERMANENT", "", sessions)
    return rows.sort_values(["care", "day"], ignore_index=True)


def schools(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """SCHOOLS: care, urn, start, end. Reception, Year 7 and, for one in thirteen a year, a move in between."""
    seen = care[(care["end"] > area.first) & (care["start"] <= area.last)]
    born = seen["born"].to_numpy()
    year = dates.return_year(born + 121) - 1  # the calendar year of the 1 September on or before the birthday
    stages = []
    for begin, end in ((5, 12), (12, 17)):
        start, stop = ((year + k).astype(str).astype("datetime64[Y]").astype("datetime64[M]") + 8 for k in (begin, end))
        first, last = start.astype("datetime64[D]").astype(np.int64), stop.astype("datetime64[D]").astype(np.int64) - 40
        stages.append(pd.DataFrame({"care": seen.index, "start": first, "end": last}))
    rows = pd.concat(stages, ignore_index=True)
    rows = rows[(rows["end"] > area.first) & (rows["start"] <= area.last)]
    rows = pd.concat([_split(rng, area, rows)], ignore_index=True)
    rows["urn"] = (9_800_000 + rng.integers(0, 160, len(rows))).astype(str)
    rows["end"] = np.where(rows["end"] > area.last, NEVER, rows["end"])
    return rows[rows["start"] <= area.last].sort_values(["care", "start"], ignore_index=True)


def _split(rng: np.random.Generator, area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    inside = np.minimum(rows["end"], area.last) - np.maximum(rows["start"], area.first)
    moves = (rng.random(len(rows)) < inside / 365 * 0.075) & (inside > 120)
    low, high = np.maximum(rows["start"], area.first) + 60, np.minimum(rows["end"], area.last) - 40
    day = draws.between(rng, low, high)
    before = rows.assign(end=np.where(moves, day, rows["end"]))
    return pd.concat([before, rows[moves].assign(start=day[moves] + 4)], ignore_index=True)
