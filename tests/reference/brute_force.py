"""Twenty-four measures written a second time, plainly, from the catalogue alone.

Nothing here comes from `incare`: where the two agree, two people read the same definition the same way. It is written
as an analyst would write it for one report: pandas, one period at a time, filter, then group.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

RESPITE = ["V1", "V3", "V4"]
TEMPORARY = ["T0", "T1", "T2", "T3", "T4"]
FOSTER = ["U1", "U2", "U3", "U4", "U5", "U6"]
KINSHIP = ["U1", "U2", "U3"]
ADOPTION = ["A3", "A4", "A5", "A6"]
RESIDENTIAL = ["K1", "K2", "S1", "R1", "R2", "R3", "R5"]
ADOPTED = ["E11", "E12"]
SPECIAL_GUARDIANSHIP = ["E43", "E44", "E45", "E46", "E47", "E48"]
RETURNED_HOME = ["E4A", "E4B"]
EET = ["F1", "P1", "F2", "P2", "F4", "P4", "F5", "P5"]
EET_TO_2021 = [*EET, "F3", "P3"]

NOT_KNOWN = "Not known"
AGE_BANDS = {"Under 1": (0, 0), "1 to 4": (1, 4), "5 to 9": (5, 9), "10 to 15": (10, 15), "16 and over": (16, 200)}
SEX = {"1": "Male", "M": "Male", "2": "Female", "F": "Female"}
ETHNICITY = {
    "White": "WBRI WIRI WOTH WIRT WROM",
    "Mixed": "MWBC MWBA MWAS MOTH",
    "Asian": "AIND APKN ABAN AOTH CHNE",
    "Black": "BCRB BAFR BOTH",
    "Other": "OOTH",
}
LEGAL_STATUS = {
    "Interim care order": "C1",
    "Full care order": "C2",
    "Freed for adoption": "D1",
    "Placement order": "E1",
    "Voluntary (s20)": "V2",
    "Detained for child protection": "L1 L2 L3",
    "Youth justice": "J1 J2 J3",
}
PLACEMENT = {
    "Foster: relatives or friends": "U1 U2 U3",
    "Foster: other carers": "U4 U5 U6",
    "Placed for adoption": "A3 A4 A5 A6",
    "With parents": "P1",
    "Children's homes and secure": "K1 K2",
    "Supported accommodation": "P2 H5 K3",
    "Residential schools": "S1",
    "Other residential": "R1 R2 R3 R5 P3",
    "Other placements": "Z1 Z11 Z12 Z13 Z14",
}
ACTIVITY = {
    "In education, employment or training": "F1 P1 F2 P2 F4 P4 F5 P5",
    "NEET: illness or disability": "G4",
    "NEET: other": "G5",
    "NEET: pregnancy or parenting": "G6",
}
CATEGORIES = {
    "age_band": [*AGE_BANDS, NOT_KNOWN],
    "sex": ["Male", "Female", NOT_KNOWN],
    "ethnicity": [*ETHNICITY, NOT_KNOWN],
    "uasc": ["UASC", "Not UASC"],
    "legal_status": [*LEGAL_STATUS, NOT_KNOWN],
    "placement": [*PLACEMENT, NOT_KNOWN],
}
LEAVER_AGES = ["17", "18", "19", "20", "21"]

# INPUTS section 6 for 2023 to 2027; earlier years from the published calendar.
LISTED = """
    2016-01-01 2016-03-25 2016-03-28 2016-05-02 2016-05-30 2016-08-29 2016-12-26 2016-12-27
    2017-01-02 2017-04-14 2017-04-17 2017-05-01 2017-05-29 2017-08-28 2017-12-25 2017-12-26
    2018-01-01 2018-03-30 2018-04-02 2018-05-07 2018-05-28 2018-08-27 2018-12-25 2018-12-26
    2019-01-01 2019-04-19 2019-04-22 2019-05-06 2019-05-27 2019-08-26 2019-12-25 2019-12-26
    2020-01-01 2020-04-10 2020-04-13 2020-05-08 2020-05-25 2020-08-31 2020-12-25 2020-12-28
    2021-01-01 2021-04-02 2021-04-05 2021-05-03 2021-05-31 2021-08-30 2021-12-27 2021-12-28
    2022-01-03 2022-04-15 2022-04-18 2022-05-02 2022-06-02 2022-06-03 2022-08-29 2022-09-19 2022-12-26 2022-12-27
    2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25 2023-12-26
    2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
    2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
    2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
    2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
"""
BANK_HOLIDAYS = np.array(LISTED.split(), dtype="datetime64[D]")


# ---------------------------------------------------------------------------------------------------------------------
# Reading


def load(folder, year_offset=0, year=0):
    """Stack the returns in a folder: `{table name: frame of text}` with SOURCE_YEAR, the closing year of the return.

    Returns are sub-folders named by year, or files whose names start with the year; `year_offset` is added to that
    year (1 where names give the year starting). `year` is the closing year of files that name none. A `population.csv`
    is read as it is.
    """
    stacked = {}
    for path in sorted(Path(folder).rglob("*.csv")):
        name = re.sub(r"^\d{4}[-_ ]*", "", path.stem.lower())
        named = re.match(r"\d{4}", path.name) or re.fullmatch(r"\d{4}", path.parent.name)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        table.columns = table.columns.str.strip().str.upper()
        if name != "population":
            table["SOURCE_YEAR"] = int(named.group()) + year_offset if named else year
        stacked.setdefault(name, []).append(table)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in stacked.items()}


def parse_dates(column):
    """Text dates, dd/mm/yyyy or yyyy-mm-dd; anything else is missing."""
    text = column.str.strip()
    british = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
    return british.fillna(pd.to_datetime(text.str[:10], format="%Y-%m-%d", errors="coerce"))


def parse(table, dates, codes):
    """The wanted columns of one raw table, dates parsed and codes trimmed; blank is missing."""
    table = table.copy()
    for column in ["CHILD", *codes]:
        text = table[column].astype(str).str.replace("\u00a0", " ").str.strip()
        text = text if column == "CHILD" else text.str.upper()
        table[column] = text.mask(text.isin(["", "NULL", "NA", "NAN", "NAT", "NONE", "N/A", "#N/A", "-"]))
    for column in dates:
        table[column] = parse_dates(table[column].astype(str))
    return table[["CHILD", *dates, *codes, "SOURCE_YEAR"]]


# ---------------------------------------------------------------------------------------------------------------------
# Dates


def age_at(dob, on):
    """Completed years, with a 29 February birthday on 1 March."""
    on = pd.Series(on, index=dob.index) if not isinstance(on, pd.Series) else on
    before = (on.dt.month < dob.dt.month) | ((on.dt.month == dob.dt.month) & (on.dt.day < dob.dt.day))
    return on.dt.year - dob.dt.year - before


def birthday(dob, years):
    """The day of an age; 29 February becomes 1 March in other years."""
    if pd.isna(dob):
        return pd.NaT
    try:
        return dob.replace(year=dob.year + years)
    except ValueError:
        return pd.Timestamp(dob.year + years, 3, 1)


def add_months(date, months):
    """Same day of the month, clipped to the month's end."""
    return date + pd.DateOffset(months=months)


def twelve_months_to(end):
    """First day of the twelve months that end on a day."""
    return add_months(end + pd.Timedelta(days=1), -12)


def add_working_days(date, count):
    """The day `count` working days later."""
    return pd.Timestamp(np.busday_offset(date.date(), count, roll="backward", holidays=BANK_HOLIDAYS))


# ---------------------------------------------------------------------------------------------------------------------
# Cleaning (CATALOGUE 1.2 to 1.7)


def clean(tables):
    """Raw stacked tables to clean ones: episodes with periods of care and carer spells, children, and the rest."""
    episodes = clean_episodes(tables["episodes"])
    episodes = add_periods_of_care(episodes)
    episodes = add_carer_spells(episodes)
    return {
        "episodes": episodes,
        "pocs": periods_of_care(episodes),
        "spells": carer_spells(episodes),
        "children": clean_children(tables),
        "uasc": clean_uasc(tables),
        "missing": clean_missing(tables),
        "reviews": clean_reviews(tables),
        "record_start": first_april(tables),
        "oc3": clean_oc3(tables),
        "population": tables.get("population"),
    }


def clean_episodes(raw):
    """Rules 1 to 6, respite dropped after de-duplication."""
    codes = ["RNE", "LS", "PLACE", "PLACE_PROVIDER", "REC", "PL_POST", "URN"]
    eps = parse(raw, ["DECOM", "DEC"], codes)
    eps["PL_POST"] = eps["PL_POST"].str.replace(" ", "")
    eps = eps[eps["CHILD"].notna() & eps["DECOM"].notna()]

    eps["filled"] = eps["DEC"].notna()
    eps = eps.sort_values(["CHILD", "DECOM", "SOURCE_YEAR", "filled"], kind="stable")
    eps = eps.drop_duplicates(["CHILD", "DECOM"], keep="last").drop(columns="filled")

    eps = eps[~eps["LS"].isin(RESPITE)]
    eps = eps[~(eps["DEC"] <= eps["DECOM"])].reset_index(drop=True)

    same_child = eps["CHILD"].shift(-1) == eps["CHILD"]
    next_decom = eps["DECOM"].shift(-1).where(same_child)
    next_continues = same_child & (eps["RNE"].shift(-1) != "S")

    overlaps = eps["DEC"] > next_decom
    left_open = eps["DEC"].isna() & next_decom.notna()
    gap = (eps["REC"] == "X1") & (eps["DEC"] < next_decom) & next_continues
    eps["DEC"] = eps["DEC"].mask(overlaps | left_open | gap, next_decom)
    eps["REC"] = eps["REC"].mask(left_open & next_continues, "X1")
    return eps


def add_periods_of_care(eps):
    """Number the periods of care of each child (1.5), and put start, end and reason on every episode."""
    before = eps.groupby("CHILD")[["DEC", "REC"]].shift()
    continues = (eps["DECOM"] == before["DEC"]) & ((before["REC"] == "X1") | (eps["RNE"] != "S"))
    eps["poc"] = (~continues).cumsum()
    by_poc = eps.groupby("poc")
    eps["poc_start"] = by_poc["DECOM"].transform("min")
    last = by_poc.tail(1).set_index("poc")
    eps["poc_end"] = eps["poc"].map(last["DEC"])
    # A last row that ends X1 without a successor: care ended that day, the reason was not recorded.
    reason = last["REC"].where(last["DEC"].notna() & (last["REC"] != "X1"))
    eps["poc_reason"] = eps["poc"].map(reason)
    first = eps.groupby("CHILD").head(1)
    censored = first.loc[first["RNE"] != "S", "poc"]
    eps["left_censored"] = eps["poc"].isin(censored)
    eps["place"] = eps["PLACE"].mask(eps["PLACE"].isin(TEMPORARY)).groupby(eps["poc"]).ffill().fillna(eps["PLACE"])
    return eps


def add_carer_spells(eps):
    """Number the carer spells (1.7)."""
    number, numbers = 0, []
    poc, settled, was_temporary = None, None, False
    for row in eps.itertuples():
        temporary = row.PLACE in TEMPORARY
        if row.poc != poc:
            number += 1
            settled = None
        elif row.RNE in ("P", "B") and not temporary and not (was_temporary and same_placement(row, settled)):
            number += 1
        numbers.append(number)
        poc, was_temporary = row.poc, temporary
        if not temporary:
            settled = row
    eps["spell"] = numbers
    eps["spell_start"] = eps.groupby("spell")["DECOM"].transform("min")
    return eps


def same_placement(row, settled):
    """Same type and postcode; URN, then provider, where postcodes are missing."""
    if settled is None or row.PLACE != settled.PLACE:
        return False
    for column in ("PL_POST", "URN", "PLACE_PROVIDER"):
        one, other = getattr(row, column), getattr(settled, column)
        if pd.notna(one) and pd.notna(other):
            return one == other
    return False


def periods_of_care(eps):
    """One row per period of care, with the first and last episode's facts."""
    first = eps.groupby("poc").head(1).set_index("poc")
    last = eps.groupby("poc").tail(1).set_index("poc")
    return pd.DataFrame(
        {
            "CHILD": first["CHILD"],
            "start": first["poc_start"],
            "end": first["poc_end"],
            "reason": first["poc_reason"],
            "left_censored": first["left_censored"],
            "first_LS": first["LS"],
            "first_place": first["place"],
            "last_LS": last["LS"],
            "last_place": last["place"],
        }
    ).reset_index()


def carer_spells(eps):
    """One row per carer spell; it ends when the next one of the period of care starts, or with its last episode."""
    by_spell = eps.groupby("spell")
    spells = by_spell[["CHILD", "poc", "DECOM"]].first().rename(columns={"DECOM": "start"})
    spells["end"] = by_spell.tail(1).set_index("spell")["DEC"]
    following = spells.groupby("poc")["start"].shift(-1)
    spells["end"] = following.fillna(spells["end"])
    return spells.reset_index()


def clean_children(tables):
    """One row per child from the latest header: DOB, sex, ethnicity."""
    if "header" not in tables:
        return pd.DataFrame({"CHILD": "", "DOB": pd.NaT, "sex": "", "ethnicity": ""}, index=[])
    header = parse(tables["header"], ["DOB"], ["SEX", "ETHNIC"]).sort_values("SOURCE_YEAR", kind="stable")
    header = header.dropna(subset="CHILD").drop_duplicates("CHILD", keep="last")
    header["sex"] = header["SEX"].map(SEX).fillna(NOT_KNOWN)
    header["ethnicity"] = header["ETHNIC"].map(groups(ETHNICITY)).fillna(NOT_KNOWN)
    return header[["CHILD", "DOB", "sex", "ethnicity"]]


def groups(labels):
    """Code to label."""
    return {code: label for label, codes in labels.items() for code in codes.split()}


def clean_uasc(tables):
    """One row per child with UASC status, from the latest return."""
    if "uasc" not in tables:
        return pd.DataFrame({"CHILD": "", "DUC": pd.NaT}, index=[])
    uasc = parse(tables["uasc"], ["DUC"], []).sort_values("SOURCE_YEAR", kind="stable")
    return uasc.drop_duplicates("CHILD", keep="last")[["CHILD", "DUC"]]


def clean_missing(tables):
    """One row per incident; a copy from a later return, or with an end, takes the place of an earlier open one."""
    if "missing" not in tables:
        return None
    rows = parse(tables["missing"], ["MIS_START", "MIS_END"], ["MISSING"])
    rows = rows[rows["CHILD"].notna() & rows["MIS_START"].notna() & ~(rows["MIS_END"] < rows["MIS_START"])]
    rows["filled"] = rows["MIS_END"].notna()
    rows = rows.sort_values(["SOURCE_YEAR", "filled"], kind="stable")
    return rows.drop_duplicates(["CHILD", "MISSING", "MIS_START"], keep="last")


def clean_reviews(tables):
    """Review dates, each day once."""
    if "reviews" not in tables:
        return None
    rows = parse(tables["reviews"], ["REVIEW"], [])
    return rows.dropna(subset=["CHILD", "REVIEW"]).drop_duplicates(["CHILD", "REVIEW"]).sort_values("REVIEW")


def first_april(tables):
    """The first day of the first return that has reviews."""
    if "reviews" not in tables:
        return pd.NaT
    return pd.Timestamp(int(tables["reviews"]["SOURCE_YEAR"].min()) - 1, 4, 1)


def clean_oc3(tables):
    """One row per young person and return: the birthday that lies in the return's year, and the status then."""
    if "oc3" not in tables:
        return None
    rows = parse(tables["oc3"], ["DOB"], ["IN_TOUCH", "ACTIV", "ACCOM"]).dropna(subset="CHILD")
    rows = rows.drop_duplicates(["CHILD", "SOURCE_YEAR"], keep="last")
    header = clean_children(tables)[["CHILD", "DOB"]].rename(columns={"DOB": "header_dob"})
    rows = rows.merge(header, on="CHILD", how="left")
    rows["DOB"] = rows["header_dob"].fillna(rows["DOB"])
    rows = rows.dropna(subset="DOB")
    # The age reached in the year from 1 April to 31 March is the age on that 31 March.
    year_end = pd.to_datetime(rows["SOURCE_YEAR"].astype(str) + "-03-31")
    rows["age"] = age_at(rows["DOB"], year_end)
    rows["birthday"] = pd.to_datetime(
        pd.Series([birthday(dob, age) for dob, age in zip(rows["DOB"], rows["age"], strict=True)], index=rows.index)
    )
    rows["eighteenth"] = pd.to_datetime(rows["DOB"].map(lambda dob: birthday(dob, 18)))
    rows["ACTIV"] = rows["ACTIV"].replace({"0.0": "0", "00": "0"})
    rows["ACCOM"] = rows["ACCOM"].replace({"0.0": "0", "00": "0", "S1": "S2", "X1": "X2"})
    return rows[rows["age"].between(17, 21)]


# ---------------------------------------------------------------------------------------------------------------------
# Who is counted, one period at a time. Each function gives rows with CHILD and `counted`.


def describe(rows, data, on, legal_status, placement):
    """Add the breakdown columns to rows of children: age on a day, and the facts of one episode."""
    rows = rows.merge(data["children"], on="CHILD", how="left")
    on = on if isinstance(on, pd.Series) else pd.Series(on, index=rows.index)
    on = on.reset_index(drop=True)
    rows["age"] = age_at(rows["DOB"], on)
    rows["age_band"] = NOT_KNOWN
    for label, (low, high) in AGE_BANDS.items():
        rows.loc[rows["age"].between(low, high), "age_band"] = label
    rows["sex"] = rows["sex"].fillna(NOT_KNOWN)
    rows["ethnicity"] = rows["ethnicity"].fillna(NOT_KNOWN)
    rows["legal_status"] = rows[legal_status].map(groups(LEGAL_STATUS)).fillna(NOT_KNOWN)
    rows["placement"] = rows[placement].map(groups(PLACEMENT)).fillna(NOT_KNOWN)
    return rows


def mark_uasc(rows, data, on, last_day_before=False):
    """UASC where the status covers a day; with `last_day_before` the last night in care before it."""
    rows = rows.merge(data["uasc"].assign(in_uasc=True), on="CHILD", how="left")
    on = on if isinstance(on, pd.Series) else pd.Series(on, index=rows.index)
    on = on.reset_index(drop=True)
    covers = rows["DUC"].isna() | ((rows["DUC"] >= on) if last_day_before else (rows["DUC"] > on))
    rows["uasc"] = np.where(rows["in_uasc"].eq(True) & covers, "UASC", "Not UASC")
    return rows


def in_care_at(data, day):
    """One row per child in care at the end of a day, with the current episode."""
    eps = data["episodes"]
    rows = eps[(eps["DECOM"] <= day) & (eps["DEC"].isna() | (eps["DEC"] > day))]
    rows = rows.sort_values("DECOM").drop_duplicates("CHILD", keep="last").reset_index(drop=True)
    return mark_uasc(describe(rows, data, day, "LS", "place"), data, day)


def started_in(data, first, last):
    """One row per child whose care began in the days given: the first such period of care."""
    pocs = data["pocs"]
    rows = pocs[pocs["start"].between(first, last) & ~pocs["left_censored"]]
    rows = rows.sort_values("start").drop_duplicates("CHILD").reset_index(drop=True)
    return mark_uasc(describe(rows, data, rows["start"], "first_LS", "first_place"), data, rows["start"])


def ceased_in(data, first, last):
    """One row per child whose care ended in the days given: the last such period of care."""
    pocs = data["pocs"]
    rows = pocs[pocs["end"].between(first, last)]
    rows = rows.sort_values("end").drop_duplicates("CHILD", keep="last").reset_index(drop=True)
    return mark_uasc(describe(rows, data, rows["end"], "last_LS", "last_place"), data, rows["end"], True)


def in_care_during(data, first, last):
    """One row per child in care at any time in the days given, with the latest episode in them."""
    eps = data["episodes"]
    rows = eps[(eps["DECOM"] <= last) & (eps["DEC"].isna() | (eps["DEC"] >= first))]
    rows = rows.sort_values("DECOM").drop_duplicates("CHILD", keep="last").reset_index(drop=True)
    on = rows["poc_end"].where(rows["poc_end"] <= last, last)
    night = on.where(rows["poc_end"].isna() | (rows["poc_end"] > last), on - pd.Timedelta(days=1))
    return mark_uasc(describe(rows, data, on, "LS", "place"), data, night)


def cla_count(data, start, end):
    return in_care_at(data, end).assign(counted=True)


def cla_started_count(data, start, end):
    return started_in(data, start, end).assign(counted=True)


def cla_ceased_count(data, start, end):
    return ceased_in(data, start, end).assign(counted=True)


def cla_uasc_count(data, start, end):
    rows = in_care_at(data, end)
    return rows.assign(counted=rows["uasc"] == "UASC")


def placement_share(codes):
    def measure(data, start, end):
        rows = in_care_at(data, end)
        return rows.assign(counted=rows["place"].isin(codes))

    return measure


def foster_or_adoption_10_16_pct(data, start, end):
    rows = in_care_at(data, end)
    rows = rows[rows["age"].between(10, 15)]
    return rows.assign(counted=rows["place"].isin(FOSTER + ADOPTION))


def stability_3plus_pct(data, start, end):
    rows = in_care_at(data, end)
    spells = data["spells"]
    in_window = (spells["start"] <= end) & (spells["end"].isna() | (spells["end"] >= twelve_months_to(end)))
    number = spells[in_window].groupby("CHILD").size()
    return rows.assign(counted=rows["CHILD"].map(number).fillna(0) >= 3)


def stability_long_term_pct(data, start, end):
    rows = in_care_at(data, end)
    tomorrow = end + pd.Timedelta(days=1)
    rows = rows[(rows["age"] < 16) & (rows["poc_start"] <= add_months(tomorrow, -30)) & ~rows["left_censored"]]
    two_years = add_months(tomorrow, -24)
    # The spell before this one in the same period of care: a new adoptive placement is joined to it.
    spells = data["spells"].sort_values(["poc", "start"])
    earlier = spells.groupby("poc")["start"].shift().set_axis(spells["spell"])
    joined = rows["place"].isin(["A4", "A6"]) & (rows["spell"].map(earlier) <= two_years)
    return rows.assign(counted=(rows["spell_start"] <= two_years) | joined)


def cla_reentry_pct(data, start, end):
    rows = started_in(data, twelve_months_to(end), end)
    pocs = data["pocs"]
    left = pocs[pocs["end"].notna() & ~pocs["reason"].isin(["E2", "E3"])][["CHILD", "end"]]
    pairs = rows[["CHILD", "start"]].merge(left.rename(columns={"end": "left_on"}), on="CHILD")
    within = (pairs["left_on"] < pairs["start"]) & (pairs["start"] <= pairs["left_on"] + pd.DateOffset(months=12))
    return rows.assign(counted=rows["CHILD"].isin(pairs.loc[within, "CHILD"]))


def ceased_share(reasons):
    def measure(data, start, end):
        rows = ceased_in(data, twelve_months_to(end), end)
        return rows.assign(counted=rows["reason"].isin(reasons))

    return measure


def missing_now_count(data, start, end):
    rows = in_care_at(data, end)
    incidents = data["missing"]
    open_now = incidents[
        (incidents["MISSING"] == "M")
        & (incidents["MIS_START"] <= end)
        & (incidents["MIS_END"].isna() | (incidents["MIS_END"] > end))
    ]
    return rows.assign(counted=rows["CHILD"].isin(open_now["CHILD"]))


def missing_children_pct(data, start, end):
    first = twelve_months_to(end)
    rows = in_care_during(data, first, end)
    incidents = data["missing"]
    incidents = incidents[
        (incidents["MISSING"] == "M")
        & (incidents["MIS_START"] <= end)
        & (incidents["MIS_END"].isna() | (incidents["MIS_END"] >= first))
    ]
    pairs = incidents.merge(data["pocs"][["CHILD", "start", "end"]], on="CHILD")
    begins = pairs[["MIS_START", "start"]].max(axis=1).clip(lower=first)
    finishes = pd.DataFrame({"m": pairs["MIS_END"].fillna(end), "p": pairs["end"].fillna(end)}).min(axis=1)
    in_care = begins <= finishes.clip(upper=end)
    return rows.assign(counted=rows["CHILD"].isin(pairs.loc[in_care, "CHILD"]))


def cla_reviews_in_time_pct(data, start, end):
    rows = in_care_at(data, end)
    first = twelve_months_to(end)
    held = data["reviews"][data["reviews"]["REVIEW"] <= end].groupby("CHILD")["REVIEW"].apply(list)
    judged = []
    for row in rows.itertuples():
        dates = [date for date in held.get(row.CHILD, []) if date >= row.poc_start]
        known = not row.left_censored and row.poc_start >= data["record_start"]
        met = [ok for due, ok in reviews_due(row.poc_start, dates, known) if first <= due <= end]
        judged.append(all(met) if met else None)
    rows["counted"] = judged
    rows = rows[rows["counted"].notna()]
    return rows.assign(counted=rows["counted"].astype(bool))


def reviews_due(start, held, known_from_start):
    """Each due date with whether it was met; the last one, not yet held, as not met."""
    answers = []
    if known_from_start:
        due, months = add_working_days(start, 20), 3
    elif held:
        due, months, held = add_months(held[0], 6), 6, held[1:]
    else:
        return []
    for date in held:
        answers.append((due, date <= due))
        due, months = add_months(date, months), 6
    answers.append((due, False))
    return answers


def care_leavers(data, end, ages):
    """Young people whose birthday lies in the twelve months to a day, exclusions made."""
    rows = data["oc3"]
    rows = rows[rows["birthday"].between(twelve_months_to(end), end) & rows["age"].isin(ages)]
    rows = rows[~rows["IN_TOUCH"].isin(["DIED", "RHOM"])]
    pocs = data["pocs"][["CHILD", "start", "end", "reason", "last_place"]].sort_values("start")
    pairs = rows[["CHILD", "birthday"]].merge(pocs, on="CHILD")
    pairs = pairs[pairs["start"] <= pairs["birthday"]]
    latest = pairs.drop_duplicates("CHILD", keep="last")
    transferred = latest.loc[latest["reason"].isin(["E2", "E3"]) & (latest["end"] <= end), "CHILD"]
    still = pairs.loc[pairs["end"].isna() | (pairs["end"] > pairs["birthday"]), "CHILD"]
    rows = rows[~rows["CHILD"].isin(transferred)]
    rows = rows[~(rows["age"].isin([17, 18]) & rows["CHILD"].isin(still))]
    rows = rows.merge(data["children"][["CHILD", "sex", "ethnicity"]], on="CHILD", how="left")
    rows["age_band"] = rows["age"].astype(int).astype(str)
    rows["sex"] = rows["sex"].fillna(NOT_KNOWN)
    rows["ethnicity"] = rows["ethnicity"].fillna(NOT_KNOWN)
    rows["uasc"] = np.where(rows["CHILD"].isin(data["uasc"]["CHILD"]), "UASC", "Not UASC")
    return rows


def cl_count(data, start, end):
    return care_leavers(data, end, [17, 18, 19, 20, 21]).assign(counted=True)


def in_eet(rows):
    return rows["ACTIV"].isin(EET) | (rows["ACTIV"].isin(EET_TO_2021) & (rows["SOURCE_YEAR"] <= 2021))


def cl_eet_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    return rows.assign(counted=in_eet(rows))


def cl_suitable_accommodation_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    rows = rows[~rows["ACCOM"].str[:1].isin(["G", "H", "R"])]
    return rows.assign(counted=rows["ACCOM"].str[1:2] == "1")


def cl_in_touch_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    return rows.assign(counted=rows["IN_TOUCH"] == "YES")


def cl_staying_put_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20])
    pocs = data["pocs"].loc[data["pocs"]["last_place"].isin(FOSTER), ["CHILD", "end"]]
    pairs = rows[["CHILD", "eighteenth"]].merge(pocs, on="CHILD")
    rows = rows[rows["CHILD"].isin(pairs.loc[pairs["end"] == pairs["eighteenth"], "CHILD"])]
    return rows.assign(counted=rows["ACCOM"].isin(["Z1", "Z2"]))


COUNTS = {
    "cla_count": cla_count,
    "cla_rate": cla_count,
    "cla_started_count": cla_started_count,
    "cla_ceased_count": cla_ceased_count,
    "cla_uasc_count": cla_uasc_count,
    "missing_now_count": missing_now_count,
    "cl_count": cl_count,
}
SHARES = {
    "placement_kinship_pct": placement_share(KINSHIP),
    "placement_residential_pct": placement_share(RESIDENTIAL),
    "foster_or_adoption_10_16_pct": foster_or_adoption_10_16_pct,
    "stability_3plus_pct": stability_3plus_pct,
    "stability_long_term_pct": stability_long_term_pct,
    "cla_reentry_pct": cla_reentry_pct,
    "ceased_adopted_pct": ceased_share(ADOPTED),
    "ceased_sgo_pct": ceased_share(SPECIAL_GUARDIANSHIP),
    "ceased_returned_home_pct": ceased_share(RETURNED_HOME),
    "missing_children_pct": missing_children_pct,
    "cla_reviews_in_time_pct": cla_reviews_in_time_pct,
    "cl_eet_pct": cl_eet_pct,
    "cl_suitable_accommodation_pct": cl_suitable_accommodation_pct,
    "cl_in_touch_pct": cl_in_touch_pct,
    "cl_staying_put_pct": cl_staying_put_pct,
}
MIXES = ["placement_type_pct", "cl_neet_reasons"]
MEASURES = [*COUNTS, *SHARES, *MIXES]


# ---------------------------------------------------------------------------------------------------------------------
# Answering


def answer(data, measure, period_start, period_end, by=None):
    """`[(category, numerator, denominator)]` of one measure for one period.

    Without `by` the category is "All" (a mix: one row per part). With `by` every category is a row, empty ones too;
    a mix then has "group / part". The denominator of a count is None. A breakdown that does not apply gives [].
    """
    start, end = pd.Timestamp(period_start), pd.Timestamp(period_end)
    return tally(picked(data, measure, start, end), data, measure, end, by)


def picked(data, measure, start, end):
    """The rows of one measure and period, with `counted`, or `part` for a mix."""
    if measure == "placement_type_pct":
        rows = in_care_at(data, end)
        return rows.assign(part=rows["placement"])
    if measure == "cl_neet_reasons":
        rows = care_leavers(data, end, [19, 20, 21])
        rows["part"] = rows["ACTIV"].map(groups(ACTIVITY)).fillna(NOT_KNOWN)
        rows.loc[in_eet(rows), "part"] = next(iter(ACTIVITY))
        return rows
    return (COUNTS | SHARES)[measure](data, start, end)


def tally(rows, data, measure, end, by):
    """The numbers of picked rows, over everyone or by a breakdown."""
    leavers = measure.startswith("cl_")
    if (leavers and by in ("legal_status", "placement")) or (by and measure == "cla_rate"):
        return []
    if measure in MIXES:
        return tally_mix(rows, measure, by)
    if measure == "cla_rate":
        return [("All", int(rows["counted"].sum()), population(data["population"], end))]
    share = measure in SHARES
    if by is None:
        return [("All", int(rows["counted"].sum()), len(rows) if share else None)]
    grouped = rows.groupby(by)["counted"].agg(["sum", "size"])
    grouped = grouped.reindex(categories(by, leavers), fill_value=0)
    return [(str(c), int(row["sum"]), int(row["size"]) if share else None) for c, row in grouped.iterrows()]


def tally_mix(rows, measure, by):
    """The parts of a mix, over everyone or within each group."""
    parts = CATEGORIES["placement"] if measure == "placement_type_pct" else [*ACTIVITY, NOT_KNOWN]
    if by is None:
        numbers = rows["part"].value_counts()
        return [(part, int(numbers.get(part, 0)), len(rows)) for part in parts]
    table = pd.crosstab(rows[by], rows["part"])
    table = table.reindex(index=categories(by, measure.startswith("cl_")), columns=parts, fill_value=0)
    return [
        (f"{group} / {part}", int(table.loc[group, part]), int(table.loc[group].sum()))
        for group in table.index
        for part in parts
    ]


def categories(by, leavers):
    """Every category of a breakdown, in order."""
    return LEAVER_AGES if by == "age_band" and leavers else CATEGORIES[by]


def population(table, day):
    """Residents aged 0 to 17: a day in the year to 31 March Y uses the estimate of Y-1, or the latest one before it.

    None where there is no table or no early enough year.
    """
    if table is None:
        return None
    numbers = table[["YEAR", "AGE_FROM", "AGE_TO", "PERSONS"]].astype(float)
    wanted = day.year + (day.month > 3) - 1
    numbers = numbers[(numbers["YEAR"] <= wanted) & (numbers["AGE_TO"] <= 17)]
    if numbers.empty:
        return None
    return int(numbers.loc[numbers["YEAR"] == numbers["YEAR"].max(), "PERSONS"].sum())
