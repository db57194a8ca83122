"""The sample authorities the tests look at, made once."""

from __future__ import annotations

from functools import cached_property

import pandas as pd
import pytest

from incare import sample


def _stacked(tables: dict, name: str) -> pd.DataFrame:
    years = sorted(year for year, table in tables if table == name and year)
    return pd.concat([tables[year, name].assign(YEAR=year) for year in years], ignore_index=True)


class Authority:
    """One authority's tables, with dates where a test needs them."""

    def __init__(self, tables: dict) -> None:
        self.tables = tables

    def local(self, name: str) -> pd.DataFrame:
        return self.tables[None, name]

    def stacked(self, name: str) -> pd.DataFrame:
        """A table of all returns, YEAR added, in order of year."""
        return _stacked(self.tables, name)

    def episodes(self) -> pd.DataFrame:
        """Episodes of all returns without short breaks: the latest copy of each, dates parsed, care start added."""
        return self._episodes.copy()

    @cached_property
    def _episodes(self) -> pd.DataFrame:
        rows = self.stacked("episodes")
        rows = rows.assign(DECOM=date(rows["DECOM"]), DEC=date(rows["DEC"])).sort_values(["CHILD", "DECOM", "YEAR"])
        rows = rows.drop_duplicates(["CHILD", "DECOM"], keep="last")
        rows = rows[~rows["LS"].isin(("V3", "V4"))].reset_index(drop=True)
        rows["care"] = (rows["RNE"].eq("S") | rows["CHILD"].ne(rows["CHILD"].shift())).cumsum()
        rows["START"] = rows.groupby("care")["DECOM"].transform("first")
        known = self.local("poc_start").set_index("CHILD")["POC_START_DATE"]
        censored = rows.groupby("care")["RNE"].transform("first").ne("S")
        rows.loc[censored, "START"] = date(known.reindex(rows["CHILD"][censored])).to_numpy()
        return rows

    def periods(self) -> pd.DataFrame:
        """One row per period of care: CHILD, START, END (NaT open), REC of the last episode."""
        last = self.episodes().groupby("care").tail(1)
        return last.rename(columns={"DEC": "END"})[["CHILD", "START", "END", "REC"]].reset_index(drop=True)

    def born(self) -> pd.Series:
        people = self.stacked("header").drop_duplicates("CHILD", keep="last").set_index("CHILD")
        return date(people["DOB"])


def date(text: pd.Series) -> pd.Series:
    """Dates of `dd/mm/yyyy` texts, NaT where blank."""
    return pd.to_datetime(text.where(text != ""), format="%d/%m/%Y")


def in_care(episodes: pd.DataFrame, on: str) -> pd.DataFrame:
    """The rows open at the end of a day (CATALOGUE 1.4)."""
    return episodes[(episodes["DECOM"] <= on) & (episodes["DEC"].isna() | (episodes["DEC"] > on))]


@pytest.fixture(scope="session")
def like_croydon() -> Authority:
    return Authority(sample.authority(seed=1, like="croydon"))


@pytest.fixture(scope="session")
def like_worcestershire() -> Authority:
    return Authority(sample.authority(seed=2, like="worcestershire"))


@pytest.fixture(params=["croydon", "worcestershire"])
def either(request, like_croydon, like_worcestershire) -> Authority:
    return {"croydon": like_croydon, "worcestershire": like_worcestershire}[request.param]


@pytest.fixture(scope="session")
def dated():
    return date


@pytest.fixture(scope="session")
def open_on():
    return in_care
