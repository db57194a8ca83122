"""Lives cut into yearly SSDA903 returns: what a council would have sent each summer, and nothing it could not know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.sample import dates, draws, health, layout
from incare.sample.areas import Area
from incare.sample.children import Population
from incare.sample.dates import NEVER, written
from incare.sample.placements import Lives

SEX_LETTERS_FROM = 2025
K3_FROM = 2025
OC3_AGES = (17, 21)
ADOPTERS = {
    ("2", "MF", "L11"): 62,
    ("2", "MF", "L3"): 14,
    ("2", "MM", "L12"): 9,
    ("2", "FF", "L2"): 5,
    ("1", "F1", "L0"): 9,
}
ADOPTERS |= {("1", "M1", "L0"): 1}


@dataclass(frozen=True)
class Record:
    """Everything about an area that its returns are cut from."""

    area: Area
    people: pd.DataFrame
    lives: Lives
    episodes: pd.DataFrame
    postcodes: np.ndarray
    young: pd.DataFrame
    status: pd.DataFrame
    reviews: pd.DataFrame
    health: pd.DataFrame
    sdq: pd.DataFrame
    offences: pd.DataFrame
    missing: pd.DataFrame
    social_workers: pd.DataFrame

    def child(self, care) -> np.ndarray:
        """The ids of periods of care, given by row number."""
        return self.people["child"].to_numpy()[self.lives.care["person"].to_numpy()[care]]

    def born(self, care) -> np.ndarray:
        """Dates of birth of periods of care, as written."""
        return written(self.lives.care["born"].to_numpy()[care])


def every_return(rng: np.random.Generator, record: Record) -> dict[tuple[int, str], pd.DataFrame]:
    """All SSDA903 tables of all returns, as `{(year, table): text columns}`."""
    mothers = _mothers(rng, record.people)
    adopters = _adopters(rng, len(record.lives.care))
    decisions = _decisions(rng, record.lives.care)
    permanence = draws.pick(rng, {"Z1": 91, "P2": 3.4, "P3": 1.6, "P1": 1.0, "P4": 3}, len(record.lives.care))
    tables = {}
    for year in record.area.returns:
        rows = _rows_of(record, year)
        oc3 = _oc3(record, year)
        tables[year, "header"] = _header(record, year, rows, oc3, mothers)
        tables[year, "episodes"] = _episodes(record, year, rows)
        tables[year, "reviews"] = _reviews(record, year)
        tables[year, "uasc"] = _uasc(record, year, rows)
        tables[year, "oc2"] = _oc2(rng, record, year)
        tables[year, "oc3"] = _oc3_table(record, oc3)
        tables[year, "ad1"] = _ad1(record, year, adopters)
        tables[year, "placed_for_adoption"] = _placed(record, year, decisions)
        tables[year, "previous_permanence"] = _previous(rng, record, year, permanence)
        tables[year, "missing"] = _missing(record, year)
        if year >= layout.SW_EPISODES_FROM:
            tables[year, "sw_episodes"] = _social_workers(record, year)
    return tables


def with_respite(rng: np.random.Generator, lives: Lives, children: Population, respite: Population) -> pd.DataFrame:
    """All episodes, those of short breaks included; their people are numbered after the others."""
    care, people = respite.care, respite.people
    home = rng.integers(0, 150, len(people))
    post, urn = rng.integers(0, 150, len(people)), [f"SC{900_000 + 7 * k}" for k in rng.integers(0, 300, len(people))]
    person = care["person"].to_numpy()
    rows = pd.DataFrame(
        {"care": -1, "person": person + len(children.people), "decom": care["start"], "dec": care["end"]}
    )
    rows = rows.assign(rne="S", ls=care["legal"], cin="N2", place="K2", provider="PR1", rec="E4A", reason="")
    rows = rows.assign(home=home[person], post=post[person], urn=np.array(urn, dtype=object)[person])
    return pd.concat([lives.episodes, rows], ignore_index=True)


def _mothers(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    """Date of birth of a first child, for a few girls, at 15 to 17."""
    n = len(people)
    young = (people["sex"] == "F") & (rng.random(n) < 0.035) & ~people["uasc"]
    return np.where(young, people["born"] + draws.between(rng, np.full(n, 5500), 6500), NEVER)


def _adopters(rng: np.random.Generator, count: int) -> np.ndarray:
    kinds = np.array(list(ADOPTERS), dtype=object)
    place = draws.pick(rng, dict(zip(range(len(kinds)), ADOPTERS.values(), strict=True)), count).astype(int)
    return kinds[place]


def _decisions(rng: np.random.Generator, care: pd.DataFrame) -> pd.DataFrame:
    """Decisions that a child should be placed for adoption: care, day, ceased, reason; some are reversed."""
    adopted = care[care["decision"] < NEVER]
    made = pd.DataFrame({"care": adopted.index, "day": adopted["decision"], "ceased": NEVER, "reason": ""})
    small = dates.age(care["born"].to_numpy(), care["start"].to_numpy()) < 6
    others = care[small & (care["decision"] == NEVER) & (care["end"] - care["start"] > 800)]
    others = others[rng.random(len(others)) < 0.12]
    day = others["start"] + draws.between(rng, np.full(len(others), 170), 330)
    ceased = day + draws.between(rng, np.full(len(others), 120), 430)
    reason = draws.pick(rng, {"RD1": 45, "RD2": 45, "RD4": 10}, len(others))
    reversed_ = pd.DataFrame({"care": others.index, "day": day, "ceased": ceased, "reason": reason})
    return pd.concat([made, reversed_], ignore_index=True)


# One return -----------------------------------------------------------------------------------------------------


def _rows_of(record: Record, year: int) -> pd.DataFrame:
    """Episodes open at some time in the year, in order of child and day."""
    first, last = dates.year_bounds(year)
    rows = record.episodes[(record.episodes["decom"] <= last) & (record.episodes["dec"] >= first)]
    return rows.sort_values(["person", "decom"], ignore_index=True)


def _until(day: np.ndarray, last: int) -> np.ndarray:
    """Days after the return's end are not known yet."""
    return np.where(np.asarray(day) <= last, day, NEVER)


def _episodes(record: Record, year: int, rows: pd.DataFrame) -> pd.DataFrame:
    last = dates.year_bounds(year)[1]
    ended = (rows["dec"] <= last).to_numpy()
    place = rows["place"].to_numpy()
    # The re-coding of supported accommodation is done in place and is not a move (CATALOGUE 4.4).
    place = np.where((place == "H5") & (year >= K3_FROM), "K3", place)
    posts = np.append(record.postcodes, "")
    return layout.table(
        "episodes",
        {
            "CHILD": record.people["child"].to_numpy()[rows["person"]],
            "DECOM": written(rows["decom"]),
            "RNE": rows["rne"],
            "LS": rows["ls"],
            "CIN": rows["cin"],
            "PLACE": place,
            "PLACE_PROVIDER": rows["provider"],
            "DEC": written(_until(rows["dec"], last)),
            "REC": np.where(ended, rows["rec"], ""),
            "REASON_PLACE_CHANGE": np.where(ended, rows["reason"], ""),
            "HOME_POST": posts[rows["home"]],
            "PL_POST": posts[rows["post"]],
            "URN": rows["urn"],
        },
    )


def _header(record: Record, year: int, rows: pd.DataFrame, oc3: pd.DataFrame, mothers: np.ndarray) -> pd.DataFrame:
    last = dates.year_bounds(year)[1]
    leavers = record.young["person"].to_numpy()[oc3["young"]]
    listed = np.union1d(rows["person"].to_numpy(), leavers)
    people = record.people.iloc[listed]
    girls = ((people["sex"] == "F") & people.index.isin(rows["person"])).to_numpy()
    born = mothers[listed]
    mother = girls & (born <= last)
    numbers = people["sex"].map({"M": "1", "F": "2"})
    return layout.table(
        "header",
        {
            "CHILD": people["child"],
            "SEX": people["sex"] if year >= SEX_LETTERS_FROM else numbers,
            "DOB": written(people["born"]),
            "ETHNIC": people["ethnic"],
            "UPN": np.where(dates.age(people["born"].to_numpy(), np.full(len(people), last)) < 4, "UN1", people["upn"]),
            "MOTHER": np.where(girls, np.where(mother, "1", "0"), ""),
            "MC_DOB": written(np.where(mother, born, NEVER)),
        },
    )


def _reviews(record: Record, year: int) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    rows = record.reviews[(record.reviews["day"] >= first) & (record.reviews["day"] <= last)]
    values = {"CHILD": record.child(rows["care"]), "DOB": record.born(rows["care"])}
    return layout.table("reviews", values | {"REVIEW": written(rows["day"]), "REVIEW_CODE": rows["code"]})


def _uasc(record: Record, year: int, rows: pd.DataFrame) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    people = record.people.iloc[np.unique(rows["person"])]
    people = people[people["uasc"]]
    grown = dates.birthday(people["born"].to_numpy(), 18)
    people, grown = people[grown >= first], grown[grown >= first]
    numbers = people["sex"].map({"M": "1", "F": "2"})
    return layout.table(
        "uasc",
        {
            "CHILD": people["child"],
            "SEX": people["sex"] if year >= SEX_LETTERS_FROM else numbers,
            "DOB": written(people["born"]),
            "DUC": written(_until(grown, last)),
        },
    )


def _oc2(rng: np.random.Generator, record: Record, year: int) -> pd.DataFrame:
    rows = health.yearly(rng, year, record.lives.care, record.health, record.sdq, record.offences)
    care = rows.pop("care").to_numpy()
    return layout.table("oc2", {"CHILD": record.child(care), "DOB": record.born(care)} | dict(rows.items()))


def _oc3(record: Record, year: int) -> pd.DataFrame:
    """17th to 21st birthdays of the year, of those entitled who had left by then (leaving on the day included)."""
    first, last = dates.year_bounds(year)
    rows = record.status
    rows = rows[(rows["day"] >= first) & (rows["day"] <= last) & rows["years"].between(*OC3_AGES)]
    who = record.young.iloc[rows["young"]]
    return rows[who["statutory"].to_numpy() & (who["left"].to_numpy() <= rows["day"].to_numpy())]


def _oc3_table(record: Record, rows: pd.DataFrame) -> pd.DataFrame:
    who = record.young.iloc[rows["young"]]
    return layout.table(
        "oc3",
        {
            "CHILD": record.people["child"].to_numpy()[who["person"]],
            "DOB": written(who["born"]),
            "IN_TOUCH": rows["in_touch"],
            "ACTIV": rows["activ"],
            "ACCOM": rows["accom"],
        },
    )


def _ad1(record: Record, year: int, adopters: np.ndarray) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    care = record.lives.care
    rows = care[(care["exit"] == "adopted") & (care["end"] >= first) & (care["end"] <= last)]
    number, sex, status = adopters[rows.index].T if len(rows) else np.empty((3, 0), dtype=object)
    return layout.table(
        "ad1",
        {
            "CHILD": record.child(rows.index),
            "DOB": written(rows["born"]),
            "DATE_INT": written(rows["decision"]),
            "DATE_MATCH": written(rows["match"]),
            "FOSTER_CARE": np.where(rows["stays"], "1", "0"),
            "NB_ADOPTR": number,
            "SEX_ADOPTR": sex,
            "LS_ADOPTR": status,
        },
    )


def _placed(record: Record, year: int, decisions: pd.DataFrame) -> pd.DataFrame:
    """Decisions in force at some time in the year, until the child is adopted or the decision reversed."""
    first, last = dates.year_bounds(year)
    over = np.minimum(decisions["ceased"], record.lives.care["end"].to_numpy()[decisions["care"]])
    rows = decisions[(decisions["day"] <= last) & (over >= first)]
    ceased = _until(rows["ceased"], last)
    return layout.table(
        "placed_for_adoption",
        {
            "CHILD": record.child(rows["care"]),
            "DOB": record.born(rows["care"]),
            "DATE_PLACED": written(rows["day"]),
            "DATE_PLACED_CEASED": written(ceased),
            "REASON_PLACED_CEASED": np.where(ceased < NEVER, rows["reason"], ""),
        },
    )


def _previous(rng: np.random.Generator, record: Record, year: int, permanence: np.ndarray) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    care = record.lives.care
    rows = care[(care["start"] >= first) & (care["start"] <= last)]
    before = permanence[rows.index]
    years = dates.age(rows["born"].to_numpy(), rows["start"].to_numpy())
    before = np.where((years < 3) | rows["uasc"], "Z1", before)
    settled = rows["born"] + (rows["start"] - rows["born"]) * 0.5
    partial = np.array([f"zz/{text[3:]}" for text in written(settled.astype(int))], dtype=object)
    known = np.isin(before, ("P1", "P2", "P3"))
    return layout.table(
        "previous_permanence",
        {
            "CHILD": record.child(rows.index),
            "DOB": written(rows["born"]),
            "PREV_PERM": before,
            "DATE_PERM": np.where(known, partial, ""),
        },
    )


def _missing(record: Record, year: int) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    rows = record.missing[(record.missing["start"] <= last) & (record.missing["end"] >= first)]
    return layout.table(
        "missing",
        {
            "CHILD": record.child(rows["care"]),
            "DOB": record.born(rows["care"]),
            "MISSING": rows["kind"],
            "MIS_START": written(rows["start"]),
            "MIS_END": written(_until(rows["end"], last)),
        },
    )


def _social_workers(record: Record, year: int) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    rows = record.social_workers
    rows = rows[(rows["start"] <= last) & (rows["end"] >= first)]
    return layout.table(
        "sw_episodes",
        {
            "CHILD": record.child(rows["care"]),
            "DOB": record.born(rows["care"]),
            "SW_ID": rows["worker"],
            "SW_DECOM": written(rows["start"]),
            "SW_DEC": written(_until(rows["end"], last)),
            "SW_REASON": rows["reason"],
        },
    )
