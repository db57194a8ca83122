"""Reading and cleaning SSDA903 returns, plainly: CATALOGUE sections 1.1 to 1.7 and 4, INPUTS sections 1, 2 and 8.

Nothing here comes from `incare`. `brute_force` says what the whole is for.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

RESPITE = ["V1", "V3", "V4"]
TEMPORARY = ["T0", "T1", "T2", "T3", "T4"]
BLANK = ["", "NULL", "NA", "NAN", "NAT", "NONE", "N/A", "#N/A", "-"]
NOT_KNOWN = "Not known"
SEX = {"1": "Male", "M": "Male", "2": "Female", "F": "Female"}
ETHNICITY = {
    "White": "WBRI WIRI WOTH WIRT WROM",
    "Mixed": "MWBC MWBA MWAS MOTH",
    "Asian": "AIND APKN ABAN AOTH CHNE",
    "Black": "BCRB BAFR BOTH",
    "Other": "OOTH",
}
# In the order of INPUTS 2.3: where a child is not in the header, the first of these that gives a date of birth does.
TABLES_WITH_DOB = ["reviews", "uasc", "oc2", "oc3", "ad1", "placed_for_adoption", "previous_permanence", "missing"]
TABLES_WITH_DOB.append("sw_episodes")
OTHER_NAMES = {
    "should_be_placed_for_adoption": "placed_for_adoption",
    "prev_perm": "previous_permanence",
    "social_worker": "sw_episodes",
    "social_workers": "sw_episodes",
}
OC2_FLAGS = ["CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT"]
OC2_FLAGS += ["SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED"]
NO_ROWS = pd.DataFrame({"CHILD": [], "SOURCE_YEAR": []})

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
        stacked.setdefault(OTHER_NAMES.get(name, name), []).append(table)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in stacked.items()}


def tidy(column):
    """Text without the spaces around it, non-breaking ones too; what stands for nothing is missing."""
    text = column.astype(str).str.replace("\u00a0", " ").str.strip()
    return text.mask(text.str.upper().isin(BLANK))


def parse_dates(column):
    """Text dates, dd/mm/yyyy or yyyy-mm-dd; anything else is missing."""
    text = tidy(column)
    british = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
    return british.fillna(pd.to_datetime(text.str[:10], format="%Y-%m-%d", errors="coerce"))


def parse(table, dates, codes):
    """The wanted columns of one raw table, dates parsed and codes trimmed; blank, or no such column, is missing."""
    table = table.copy()
    for column in ["CHILD", *dates, *codes]:
        if column not in table:
            table[column] = ""
    for column in ["CHILD", *codes]:
        text = tidy(table[column])
        table[column] = text if column == "CHILD" else text.str.upper()
    for column in dates:
        table[column] = parse_dates(table[column])
    return table[["CHILD", *dates, *codes, "SOURCE_YEAR"]]


def latest_complete(rows, key, facts):
    """One row for each key: from the latest return, there the one with most facts filled, of these the last."""
    filled = rows[facts].notna().sum(axis=1)
    rows = rows.assign(filled=filled).sort_values(["SOURCE_YEAR", "filled"], kind="stable")
    return rows.drop_duplicates(key, keep="last").drop(columns="filled").sort_index()


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


def birthdays(dobs, years):
    """The days of an age of several people."""
    return pd.to_datetime(pd.Series([birthday(dob, years) for dob in dobs], index=dobs.index, dtype="datetime64[s]"))


def add_months(date, months):
    """Same day of the month, clipped to the month's end."""
    return date + pd.DateOffset(months=months)


def months_to(end, months):
    """First day of the months that end on a day; also the last day to have started to be "at least N months"."""
    return add_months(end + pd.Timedelta(days=1), -months)


def twelve_months_to(end):
    """First day of the twelve months that end on a day."""
    return months_to(end, 12)


def add_working_days(date, count):
    """The day `count` working days later."""
    return pd.Timestamp(np.busday_offset(date.date(), count, roll="backward", holidays=BANK_HOLIDAYS))


# ---------------------------------------------------------------------------------------------------------------------
# Cleaning (CATALOGUE 1.2 to 1.7)


def clean(tables):
    """Raw stacked tables to clean ones: episodes with periods of care and carer spells, children, and the rest.

    A table that the returns do not have is None. `columns` are the columns that the episodes came with.
    """
    tables = {OTHER_NAMES.get(name, name): table for name, table in tables.items()}
    rows = clean_rows(tables["episodes"])
    episodes = repair(rows[~rows["LS"].isin(RESPITE)].reset_index(drop=True))
    episodes = add_periods_of_care(episodes)
    episodes = add_carer_spells(episodes)
    pocs = periods_of_care(episodes)
    children = clean_children(tables, episodes)
    return {
        "columns": list(tables["episodes"].columns),
        "respite": rows[rows["LS"].isin(RESPITE)].reset_index(drop=True),
        "episodes": episodes,
        "pocs": pocs,
        "spells": carer_spells(episodes),
        "children": children,
        "uasc": clean_uasc(tables, children),
        "missing": clean_missing(tables, pocs),
        "reviews": clean_reviews(tables),
        "record_start": first_april(tables),
        "oc2": clean_oc2(tables),
        "oc3": clean_oc3(tables, children),
        "ad1": clean_ad1(tables),
        "decisions": clean_decisions(tables),
        "sw": clean_social_workers(tables),
        "population": tables.get("population"),
    }


def clean_rows(raw):
    """Rules 1 to 4: one row per episode, respite still among them.

    A row whose end is written but is no date is dropped like one without a start (INPUTS 8, rules 141 and 147).
    """
    codes = ["RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC", "REASON_PLACE_CHANGE", "PL_POST", "URN"]
    codes += ["PL_LOCATION", "PL_DISTANCE"]
    eps = parse(raw, ["DECOM", "DEC"], [*codes, "HOME_POST"])
    eps["PL_POST"] = eps["PL_POST"].str.replace(" ", "")
    no_date = tidy(raw["DEC"]).notna() & eps["DEC"].isna()
    eps = eps[eps["CHILD"].notna() & eps["DECOM"].notna() & ~no_date]

    eps["ended"], eps["filled"] = eps["DEC"].notna(), eps[[*codes, "HOME_POST"]].notna().sum(axis=1)
    eps = eps.sort_values(["CHILD", "DECOM", "SOURCE_YEAR", "ended", "filled"], kind="stable")
    eps = eps.drop_duplicates(["CHILD", "DECOM"], keep="last").drop(columns=["ended", "filled", "HOME_POST"])
    return eps[~(eps["DEC"] <= eps["DECOM"])].reset_index(drop=True)


def repair(eps):
    """Rules 5 and 6: an episode ends when the child's next one starts, if its end is later, blank, or X1 with a gap."""
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
    """Number the periods of care of each child (1.5), and put start, end, reason and need on every episode."""
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
    # One category of need for the whole period of care: the first that was recorded (504).
    eps["need"] = eps["poc"].map(by_poc["CIN"].first())
    return add_settled_placement(eps)


def add_settled_placement(eps):
    """The placement, location and distance of each row; of a row in T0 to T4 those of the settled row before it.

    A period of care that begins in a temporary placement has no row before it: its location and distance are unknown.
    """
    places, locations, distances = [], [], []
    poc, settled = None, None
    for row in eps.itertuples():
        if row.poc != poc:
            poc, settled = row.poc, None
        if row.PLACE not in TEMPORARY:
            settled = row
        places.append(row.PLACE if settled is None else settled.PLACE)
        locations.append(None if settled is None else settled.PL_LOCATION)
        distances.append(None if settled is None else settled.PL_DISTANCE)
    eps["place"] = pd.Series(places, index=eps.index, dtype="object")
    eps["location"] = pd.Series(locations, index=eps.index, dtype="object")
    eps["distance"] = pd.to_numeric(pd.Series(distances, index=eps.index, dtype="object"), errors="coerce")
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
            "need": first["need"],
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


def clean_children(tables, eps):
    """One row per child: DOB, sex, ethnicity of the latest header; without a DOB there, that of another table.

    A DOB later than the child's first episode is of no use for an age (INPUTS 8, rule 302) and is left out.
    """
    header = tables.get("header", NO_ROWS)
    header = parse(header, ["DOB"], ["SEX", "ETHNIC"]).dropna(subset="CHILD")
    header = latest_complete(header, "CHILD", ["DOB", "SEX", "ETHNIC"])
    elsewhere = [parse(tables[name], ["DOB"], []) for name in TABLES_WITH_DOB if name in tables]
    others = pd.concat([header[["CHILD", "DOB", "SOURCE_YEAR"]].iloc[:0], *elsewhere]).dropna(subset=["CHILD", "DOB"])
    others = others.sort_values("SOURCE_YEAR", kind="stable", ascending=False).drop_duplicates("CHILD")
    children = header.merge(others[["CHILD", "DOB"]], on="CHILD", how="outer", suffixes=("", "_other"))
    children["DOB"] = children["DOB"].fillna(children["DOB_other"])
    first_day = children["CHILD"].map(eps.groupby("CHILD")["DECOM"].min())
    children["DOB"] = children["DOB"].mask(first_day < children["DOB"])
    children["sex"] = children["SEX"].map(SEX).fillna(NOT_KNOWN)
    children["ethnicity"] = children["ETHNIC"].map(groups(ETHNICITY)).fillna(NOT_KNOWN)
    return children[["CHILD", "DOB", "sex", "ethnicity"]]


def groups(labels):
    """Code to label."""
    return {code: label for label, codes in labels.items() for code in codes.split()}


def clean_uasc(tables, children):
    """One row per child with UASC status, from the latest return; the status ends by the 18th birthday (304)."""
    if "uasc" not in tables:
        return pd.DataFrame({"CHILD": "", "DUC": pd.NaT}, index=[])
    uasc = latest_complete(parse(tables["uasc"], ["DUC"], []).dropna(subset="CHILD"), "CHILD", ["DUC"])
    eighteenth = birthdays(uasc["CHILD"].map(children.set_index("CHILD")["DOB"]), 18)
    uasc["DUC"] = uasc["DUC"].mask(uasc["DUC"] > eighteenth, eighteenth)
    return uasc[["CHILD", "DUC"]]


def clean_missing(tables, pocs):
    """One row per incident; a copy from a later return, or with an end, takes the place of an earlier open one.

    An incident that starts outside care is left out; one that starts in care ends with it at the latest (INPUTS 8,
    rules 564 to 580).
    """
    if "missing" not in tables:
        return None
    rows = parse(tables["missing"], ["MIS_START", "MIS_END"], ["MISSING"])
    rows = rows[rows["CHILD"].notna() & rows["MIS_START"].notna()]
    rows = latest_complete(rows, ["CHILD", "MISSING", "MIS_START"], ["MIS_END"])
    rows = rows[~(rows["MIS_END"] < rows["MIS_START"])]
    in_care = {child: own.sort_values("start") for child, own in pocs.groupby("CHILD")}
    ends, inside = [], []
    for row in rows.itertuples():
        own = in_care.get(row.CHILD, pocs.iloc[:0])
        met = own[(own["start"] <= row.MIS_START) & ~(own["end"] <= row.MIS_START)]
        care_ended = met["end"].iloc[0] if len(met) else pd.NaT
        inside.append(len(met) > 0)
        ends.append(row.MIS_END if pd.isna(care_ended) or care_ended > row.MIS_END else care_ended)
    rows["MIS_END"] = pd.Series(ends, index=rows.index, dtype="datetime64[s]")
    return rows[pd.Series(inside, index=rows.index, dtype=bool)]


def clean_reviews(tables):
    """Review dates, each day once: the row with a code, and of several such the last."""
    if "reviews" not in tables:
        return None
    rows = parse(tables["reviews"], ["REVIEW"], ["REVIEW_CODE"]).dropna(subset=["CHILD", "REVIEW"])
    rows["coded"] = rows["REVIEW_CODE"].notna()
    rows = rows.sort_values(["coded", "SOURCE_YEAR"], kind="stable").drop_duplicates(["CHILD", "REVIEW"], keep="last")
    return rows.drop(columns="coded").sort_values("REVIEW")


def first_april(tables):
    """The first day of the first return that has reviews."""
    if "reviews" not in tables:
        return pd.NaT
    return pd.Timestamp(int(tables["reviews"]["SOURCE_YEAR"].min()) - 1, 4, 1)


def clean_oc2(tables):
    """One row per child and return: flags as 1 or 0, the score where it is a whole number from 0 to 40."""
    if "oc2" not in tables:
        return None
    answers = ["SDQ_SCORE", "SDQ_REASON", *OC2_FLAGS]
    rows = parse(tables["oc2"], [], answers).dropna(subset="CHILD")
    # Of two rows the fuller one is kept, whatever stands in it; a score that is no number is a blank.
    rows["SDQ_SCORE"] = pd.to_numeric(rows["SDQ_SCORE"], errors="coerce")
    rows = latest_complete(rows, ["CHILD", "SOURCE_YEAR"], answers)
    for column in OC2_FLAGS:
        rows[column] = flag(rows[column])
    rows["SDQ_SCORE"] = rows["SDQ_SCORE"].where(rows["SDQ_SCORE"].between(0, 40) & (rows["SDQ_SCORE"] % 1 == 0))
    return rows


def flag(column):
    """1 and 0, also where a spreadsheet wrote 1.0 and 0.0 or a person yes and no; anything else is missing."""
    yes, no = ["1", "1.0", "Y", "YES", "TRUE"], ["0", "0.0", "N", "NO", "FALSE"]
    return column.map(dict.fromkeys(yes, 1.0) | dict.fromkeys(no, 0.0)).astype(float)


def clean_oc3(tables, children):
    """One row per young person and return: the birthday that lies in the return's year, and the status then."""
    if "oc3" not in tables:
        return None
    rows = parse(tables["oc3"], [], ["IN_TOUCH", "ACTIV", "ACCOM"]).dropna(subset="CHILD")
    rows = latest_complete(rows, ["CHILD", "SOURCE_YEAR"], ["IN_TOUCH", "ACTIV", "ACCOM"])
    rows = rows.merge(children[["CHILD", "DOB"]], on="CHILD", how="left").dropna(subset="DOB").reset_index(drop=True)
    # The age reached in the year from 1 April to 31 March is the age on that 31 March.
    year_end = pd.to_datetime(rows["SOURCE_YEAR"].astype(str) + "-03-31")
    rows["age"] = age_at(rows["DOB"], year_end)
    rows["birthday"] = pd.to_datetime(
        pd.Series([birthday(dob, age) for dob, age in zip(rows["DOB"], rows["age"], strict=True)], index=rows.index)
    )
    rows["eighteenth"] = birthdays(rows["DOB"], 18)
    rows["ACTIV"] = rows["ACTIV"].replace({"0.0": "0", "00": "0"})
    rows["ACCOM"] = rows["ACCOM"].replace({"0.0": "0", "00": "0", "S1": "S2", "X1": "X2"})
    return rows[rows["age"].between(17, 21)]


def clean_ad1(tables):
    """One row per adopted child: the decision, the match, and whether the foster carer adopted."""
    if "ad1" not in tables:
        return None
    rows = parse(tables["ad1"], ["DATE_INT", "DATE_MATCH"], ["FOSTER_CARE"]).dropna(subset="CHILD")
    rows["FOSTER_CARE"] = flag(rows["FOSTER_CARE"])
    return latest_complete(rows, "CHILD", ["DATE_INT", "DATE_MATCH", "FOSTER_CARE"])


def clean_decisions(tables):
    """One row per decision that a child should be placed for adoption, as the latest return has it."""
    if "placed_for_adoption" not in tables:
        return None
    rows = parse(tables["placed_for_adoption"], ["DATE_PLACED", "DATE_PLACED_CEASED"], [])
    rows = rows.dropna(subset=["CHILD", "DATE_PLACED"])
    return latest_complete(rows, ["CHILD", "DATE_PLACED"], ["DATE_PLACED_CEASED"])


def clean_social_workers(tables):
    """One row per child, worker and start; a blank end is cut at the child's next start. A row needs a worker."""
    if "sw_episodes" not in tables:
        return None
    rows = parse(tables["sw_episodes"], ["SW_DECOM", "SW_DEC"], ["SW_ID", "SW_REASON"])
    rows = rows.dropna(subset=["CHILD", "SW_ID", "SW_DECOM"])
    rows = latest_complete(rows, ["CHILD", "SW_ID", "SW_DECOM"], ["SW_DEC"])
    rows = rows[~(rows["SW_DEC"] < rows["SW_DECOM"])].sort_values(["CHILD", "SW_DECOM"], kind="stable")
    starts = rows.groupby("CHILD")["SW_DECOM"].apply(list)
    ends = []
    for row in rows.itertuples():
        later = [day for day in starts[row.CHILD] if day > row.SW_DECOM]
        ends.append(min(later, default=pd.NaT) if pd.isna(row.SW_DEC) else row.SW_DEC)
    rows["SW_DEC"] = pd.Series(ends, index=rows.index, dtype="datetime64[s]")
    return rows
