"""Care leavers: who is one, and what was recorded around each birthday and at each quarter's end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Aim, Area
from incare.sample.dates import NEVER
from incare.sample.placements import FOSTER, Lives

AGES = np.arange(16, 26)
BANDS = 3  # 16-18, 19-21, 22-25
BEHIND = np.array([0.06, 0.0, -0.05])  # how far a band's share in work or learning stands from that of the 19-21s
STUDY = {"F1": 10, "P1": 1, "F2": 31, "P2": 8, "F4": 3.5, "P4": 0.5, "F5": 32, "P5": 14}
STUDY_YOUNG = {"F1": 2, "F2": 66, "P2": 6, "F4": 5, "P4": 1, "F5": 12, "P5": 8}
HOMES = {"U1": 50, "B1": 15, "D1": 13, "E1": 3, "K1": 2.5, "C1": 3, "Y1": 2.5, "T1": 2, "V1": 0.3, "W1": 0.3, "G1": 0.5}
HOMES |= {"X2": 2.3, "S2": 1.0, "U2": 0.6, "B2": 0.5, "V2": 0.4, "W2": 0.2, "D2": 0.3, "R1": 0.5, "H1": 0.1}
HOMES_YOUNG = {"B1": 22, "D1": 46, "E1": 12, "C1": 8, "U1": 7, "K1": 1, "X2": 2, "S2": 0.4, "B2": 0.6, "Y1": 1}
STAYING_PUT = {18: 0.56, 19: 0.38, 20: 0.28, 21: 0.12}
DETAIL = {"HOUSING_COST": 12, "MENTAL_HEALTH": 30, "BENEFITS": 12, "CUSTODY": 6, "WAITING_START": 16, "OTHER": 24}


def young_people(rng: np.random.Generator, area: Area, lives: Lives) -> pd.DataFrame:
    """Everyone who reached the thirteen-week test, or left at 16 or later without it (`statutory` False).

    Columns: person, born, uasc, sex, left, rec, fostered (left foster carers on the 18th birthday), eligible (day),
    died_at, home_at (age of the birthday from which DIED or RHOM is recorded, 99 never), habit and work (random
    numbers, one per person, for lasting traits). `served` adds keeps, lost_at_21, plan_due, plan_until, visits_from and
    visits_until. Source of the test: CATALOGUE 1.9.
    """
    final = _last_period(area, lives)
    n = len(final)
    born, left = final["born"].to_numpy(), final["end"].to_numpy()
    gone = np.isin(final["rec"], ("E3",)) & (left <= area.last)
    young = final.assign(left=left, transferred=gone)
    young["fostered"] = (left == dates.birthday(born, 18)) & final["kind"].isin(FOSTER)
    young["habit"], young["work"] = rng.random(n), rng.random(n)
    young["died_at"] = np.where(rng.random(n) < 0.012, rng.integers(19, 25, n), 99)
    young["home_at"] = _home_at(rng, young)
    return young


def _last_period(area: Area, lives: Lives) -> pd.DataFrame:
    """Each person's last period of care begun by the last day, with the days since 14 counted over all of them."""
    care = lives.care.assign(kind=lives.spells.groupby("care")["kind"].last().to_numpy())
    care = care[(care["start"] <= area.last)].sort_values(["person", "start"], ignore_index=True)
    born = care["born"].to_numpy()
    fourteen, sixteen = dates.birthday(born, 14), dates.birthday(born, 16)
    since = np.maximum(care["start"], fourteen)
    days = np.maximum(care["end"] - since, 0)
    before = days.groupby(care["person"]).cumsum() - days
    care["eligible"] = np.maximum.reduce([sixteen + 1, care["start"] + 1, since + 91 - before])
    care["sixteen"] = sixteen
    care = care[~care.duplicated("person", keep="last") & (care["end"] > sixteen)]
    care["statutory"] = (care["eligible"] <= care["end"]) & ~care["rec"].isin(("E11", "E12"))
    return care.reset_index(drop=True)


def _home_at(rng: np.random.Generator, young: pd.DataFrame) -> np.ndarray:
    """The birthday from which "returned home for six months" is recorded."""
    n = len(young)
    early = young["rec"].isin(("E4A", "E4B")) & (young["left"] < dates.birthday(young["born"].to_numpy(), 18))
    settled = dates.age(young["born"].to_numpy(), young["left"].to_numpy() + 183) + 1
    chosen = rng.random(n)
    return np.where(early & (chosen < 0.55), settled, np.where(chosen < 0.004, 19, 99))


def _birthday_of(born: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Each person's own birthday of an age from 16 to 26."""
    all_of_them = np.stack([dates.birthday(born, k) for k in range(16, 27)])
    return all_of_them[years - 16, np.arange(len(born))]


# What is recorded ------------------------------------------------------------------------------------------------


def statuses(rng: np.random.Generator, area: Area, young: pd.DataFrame) -> pd.DataFrame:
    """What was recorded around each birthday: young, years, day, in_touch, activ, accom, in date order per person.

    A status holds until the next birthday, so a snapshot at the last day and the birthdays of the last twelve months
    say the same, and the share of the 19-21s in work or learning is the one asked for on both.
    """
    rows = _birthdays(area, young)
    who = young.iloc[rows["young"]].reset_index(drop=True)
    group, counted = _cohorts(area, rows, who)
    n, years = len(rows), rows["years"].to_numpy()
    died, home = years >= who["died_at"], years >= who["home_at"]
    away = draws.exactly(_mixed(rng, who["habit"], 0.7), group, np.full(group.max() + 1, 0.052))
    in_touch = np.where(away, draws.pick(rng, {"NO": 66, "REFU": 14, "NREQ": 20}, n), "YES")
    in_touch = np.where(died, "DIED", np.where(home, "RHOM", in_touch))
    unknown = (away & (rng.random(n) < 0.8)) | (~away & (rng.random(n) < 0.014))
    working = _working(rng, area, rows, who, group, counted, unknown)
    rows["in_touch"] = in_touch
    rows["activ"] = _activity(rng, rows, who, working, unknown | died | home)
    rows["accom"] = _accommodation(rng, area, rows, who)
    return rows


def _birthdays(area: Area, young: pd.DataFrame) -> pd.DataFrame:
    """16th to 25th birthdays in the years that matter, of people who have left care by the end of that year of age."""
    born, left = young["born"].to_numpy(), young["left"].to_numpy()
    days = np.stack([dates.birthday(born, int(years)) for years in AGES], axis=1)
    ends = np.stack([dates.birthday(born, int(years) + 1) for years in AGES], axis=1)
    held = (days <= area.last) & (days > min(area.first, area.last - 1200) - 1) & (left[:, None] < ends)
    held &= left[:, None] <= area.last
    held &= (young["died_at"].to_numpy()[:, None] >= AGES) & ~young["transferred"].to_numpy()[:, None]
    row, column = np.nonzero(held)
    return pd.DataFrame({"young": row, "years": AGES[column], "day": days[row, column]})


def _cohorts(area: Area, rows: pd.DataFrame, who: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A number for each return and age band, one set for those the figures count and one for the rest."""
    years, day = rows["years"].to_numpy(), rows["day"].to_numpy()
    counted = who["statutory"].to_numpy() & (years < who["died_at"]) & (years < who["home_at"])
    counted &= who["left"].to_numpy() <= day
    band = np.searchsorted([19, 22], years, side="right")
    turn = np.maximum(dates.return_year(day) - area.ending + 9, 0)
    return (turn * BANDS + band) * 2 + counted, counted.to_numpy()


def _mixed(rng: np.random.Generator, trait: pd.Series, lasting: float) -> np.ndarray:
    """A random order that mostly repeats the person's own trait."""
    return lasting * trait.to_numpy() + (1 - lasting) * rng.random(len(trait))


def _working(rng, area: Area, rows, who, group, counted, unknown) -> np.ndarray:
    """In work or learning: exactly the wanted share of every return's cohort, nobody whose activity is unknown."""
    turns = np.arange(group.max() // (2 * BANDS) + 1)
    aim: Aim = area.aims.eet
    path = aim.path(rng, 10, moving=4)[np.minimum(turns, 9)]
    share = np.repeat((path[:, None] + BEHIND).ravel(), 2)
    return draws.exactly(np.where(unknown, 9.0, _mixed(rng, who["work"], 0.75)), group, share)


def _activity(rng, rows, who, working: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    n, years = len(rows), rows["years"].to_numpy()
    study = np.where(years < 19, draws.pick(rng, STUDY_YOUNG, n), draws.pick(rng, STUDY, n))
    study = np.where((years < 18) & (study == "F1"), "F2", study)
    women = (who["sex"] == "F").to_numpy()
    neet = np.where(women, draws.pick(rng, _NEET_WOMEN, n), draws.pick(rng, _NEET_MEN, n))
    activity = np.where(unknown, "0", np.where(working, study, neet))
    old = rows["day"].to_numpy() < dates.number("2021-04-01")
    renamed = {"F4": "F3", "F5": "F3", "P4": "P3", "P5": "P3"}
    return np.array([renamed.get(a, a) if o else a for a, o in zip(activity, old.tolist(), strict=True)], dtype=object)


_NEET_WOMEN = {"G4": 22, "G5": 56, "G6": 22}
_NEET_MEN = {"G4": 25, "G5": 74, "G6": 1}


def _accommodation(rng, area: Area, rows, who) -> np.ndarray:
    """Where they live; mostly the same from one birthday to the next."""
    n, years = len(rows), rows["years"].to_numpy()
    homes = HOMES
    if area.aims.bed_and_breakfast_stays is not None:  # those stays are short, and only in the history
        homes = {code: weight for code, weight in HOMES.items() if code[0] != "W"}
    own, new = draws.pick(rng, homes, int(rows["young"].max()) + 1), draws.pick(rng, homes, n)
    place = np.where(rng.random(n) < 0.6, own[rows["young"]], new)
    place = np.where(years < 18, draws.pick(rng, HOMES_YOUNG, n), place)
    stays = np.array([STAYING_PUT.get(int(age), 0.0) for age in years])
    staying = who["fostered"].to_numpy() & (_mixed(rng, who["habit"], 1.0) > 1 - stays)
    place = np.where(staying, np.where(rng.random(n) < 0.985, "Z1", "Z2"), place)
    return np.where(rows["in_touch"] == "YES", place, "0")


# Services --------------------------------------------------------------------------------------------------------


def served(
    rng: np.random.Generator, area: Area, young: pd.DataFrame, status: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who receives a service from 21 on, until when plans and visits are owed, and what is recorded of the others.

    With `Aims.not_receiving` exactly so many of those aged 21 to 25 at the last day receive none.
    """
    years = dates.age(young["born"].to_numpy(), np.full(len(young), area.last))
    at_21 = status[status["years"] == 21].set_index("young")["in_touch"]
    lost = at_21.reindex(young.index).fillna("YES").ne("YES").to_numpy()
    at_last = statutory_at_last(area, young)
    older = at_last & (years >= 22)
    keeps = rng.random(len(young)) < np.interp(years, [22, 25], [0.58, 0.40])
    if area.aims.not_receiving is not None:
        without = round(area.scaled(area.aims.not_receiving)) - int((at_last & (years == 21) & lost).sum())
        order = rng.permutation(np.flatnonzero(older))
        keeps[order] = np.arange(len(order)) >= without
    keeps &= ~((years == 21) & lost)
    young = young.assign(lost_at_21=lost, keeps=keeps)
    return _owed(young), _lost_from_22(rng, young, status)


def _lost_from_22(rng: np.random.Generator, young: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """From 22 on the council knows those it serves, and has mostly lost touch with the others."""
    n, keeps = len(status), young["keeps"].to_numpy()[status["young"]]
    grown = (status["years"] >= 22).to_numpy() & ~status["in_touch"].isin(("DIED", "RHOM")).to_numpy()
    lost, found = grown & ~keeps, grown & keeps & (status["in_touch"] != "YES").to_numpy()
    in_touch = draws.pick(rng, {"NO": 48, "NREQ": 34, "REFU": 6, "YES": 12}, n)
    away = lost & (in_touch != "YES")
    status = status.copy()
    status["in_touch"] = np.where(lost, in_touch, np.where(found, "YES", status["in_touch"]))
    status["accom"] = np.where(away, "0", np.where((found | lost) & (status["accom"] == "0"), "U1", status["accom"]))
    status["activ"] = np.where(away & (rng.random(n) < 0.85), "0", status["activ"])
    return status


def statutory_at_last(area: Area, young: pd.DataFrame) -> np.ndarray:
    """Relevant and former relevant at the last day, aged 16 to 25, after the common exclusions."""
    years = dates.age(young["born"].to_numpy(), np.full(len(young), area.last))
    held = young["statutory"] & ~young["transferred"] & (young["left"] <= area.last)
    return (held & (years <= 25) & (years < young["died_at"]) & (years < young["home_at"])).to_numpy()


def _owed(young: pd.DataFrame) -> pd.DataFrame:
    born, left = young["born"].to_numpy(), young["left"].to_numpy()
    plain = young["eligible"] == young["sixteen"] + 1
    base = np.where(plain, young["sixteen"], young["eligible"])
    young["plan_due"] = np.minimum(dates.months_later(base, 3), left)
    ends = np.select([young["keeps"], young["lost_at_21"]], [26, 21], 22)
    ends = np.minimum(ends, np.minimum(young["died_at"], young["home_at"]))
    until = _birthday_of(born, np.maximum(ends, 16))
    until = np.where(young["transferred"], left, until)
    until = np.where(young["statutory"], until, 0)
    young["plan_until"] = until
    young["visits_from"], young["visits_until"] = left, until
    return young


# Snapshots -------------------------------------------------------------------------------------------------------


def snapshots(rng: np.random.Generator, area: Area, young, status, contacts, advisers, survey) -> pd.DataFrame:
    """CARE_LEAVERS at every quarter's end of the last two years, as text but for days and person numbers."""
    ends = dates.month_ends(area.last - 690, area.last)
    ends = ends[::-1][::3][::-1]
    lasting = _lasting_traits(rng, young)
    frames = [_snapshot(rng, area, int(end), young, status, contacts, advisers, lasting) for end in ends]
    rows = pd.concat(frames, ignore_index=True)
    rows["support"] = _support(rng, rows, survey)
    return rows


def _lasting_traits(rng: np.random.Generator, young: pd.DataFrame) -> pd.DataFrame:
    n = len(young)
    women = (young["sex"] == "F").to_numpy()
    return pd.DataFrame(
        {
            "ehcp": rng.random(n) < 0.17,
            "parent_from": np.where(rng.random(n) < np.where(women, 0.30, 0.10), rng.integers(17, 26, n), 99),
            "children": draws.pick(rng, {1: 75, 2: 21, 3: 4}, n),
            "lives_with": rng.random(n) < np.where(women, 0.75, 0.4),
            "detail": draws.pick(rng, DETAIL, n),
        }
    )


def _snapshot(rng, area: Area, end: int, young, status, contacts, advisers, lasting) -> pd.DataFrame:
    years = dates.age(young["born"].to_numpy(), np.full(len(young), end))
    here = (
        (years >= 16) & (years <= 25) & (years <= young["died_at"]) & ~(young["transferred"] & (young["left"] <= end))
    )
    inside = young["statutory"] & (young["eligible"] <= end) & (young["left"] > end) & (years < 18)
    rows = np.flatnonzero(here & (inside | (young["left"] <= end)))
    who, traits = young.iloc[rows], lasting.iloc[rows]
    latest = status[status["day"] <= end].drop_duplicates("young", keep="last").set_index("young").reindex(rows)
    eligible = inside.to_numpy()[rows]
    group = np.select([eligible, ~who["statutory"], years[rows] < 18], ["ELIGIBLE", "QUALIFYING", "RELEVANT"], _FORMER)
    activ = np.where(eligible, np.where(who["work"] < 0.84, "F2", "G5"), latest["activ"])
    parent = (traits["parent_from"].to_numpy() <= years[rows]) | (activ == "G6")
    return pd.DataFrame(
        {
            "young": rows,
            "snapshot": end,
            "years": years[rows],
            "group": group,
            "in_touch": np.where(eligible, "YES", latest["in_touch"]),
            "contact": _latest(contacts, rows, end),
            "activ": activ,
            "accom": np.where(eligible, "", latest["accom"]),
            "adviser": _holding(advisers, rows, end),
            "ehcp": np.where(traits["ehcp"], "Y", "N"),
            "parent": np.where(parent, "Y", "N"),
            "children": np.where(parent, traits["children"].astype(str), "0"),
            "lives_with": np.where(parent, np.where(traits["lives_with"], "Y", "N"), ""),
            "detail": np.where(np.char.startswith(activ.astype(str), "G"), _detail(activ, traits), ""),
            "receives": np.where(years[rows] >= 22, who["keeps"], ~who["lost_at_21"]),
        }
    )


_FORMER = "FORMER_RELEVANT"


def _detail(activ: np.ndarray, traits: pd.DataFrame) -> np.ndarray:
    return np.select([activ == "G6", activ == "G4"], ["CARING", "MENTAL_HEALTH"], traits["detail"])


def _latest(contacts: pd.DataFrame, rows: np.ndarray, end: int) -> np.ndarray:
    reached = contacts[(contacts["day"] <= end) & ~contacts["type"].isin(("ATTEMPT", "LETTER"))]
    return reached.groupby("young")["day"].max().reindex(rows).fillna(NEVER).to_numpy().astype(np.int64)


def _holding(advisers: pd.DataFrame, rows: np.ndarray, end: int) -> np.ndarray:
    held = advisers[(advisers["start"] <= end) & (advisers["end"] > end) & (advisers["role"] == "PA")]
    return held.drop_duplicates("young").set_index("young")["worker"].reindex(rows).fillna("").to_numpy()


def _support(rng: np.random.Generator, rows: pd.DataFrame, survey: pd.DataFrame) -> np.ndarray:
    """For 21-25s; those who answered the letter stand as they answered."""
    wants = survey.set_index("young")["wants"].reindex(rows["young"]).fillna("").to_numpy()
    silent = np.where(rows["in_touch"] == "YES", "NOT_REQUESTED", "NOT_IN_TOUCH")
    answer = np.select(
        [wants == "Y", wants == "N", wants == "UNSURE"], ["REQUESTED_NOT_YET", "DECLINED", "NOT_REQUESTED"], silent
    )
    answer = np.where(rows["in_touch"].isin(("DIED", "RHOM")), "", np.where(rows["receives"], "RECEIVING", answer))
    return np.where((rows["years"] >= 21) & (rows["group"] == _FORMER), answer, "")


# Homes, letters and contacts ---------------------------------------------------------------------------------------


def homes(rng: np.random.Generator, area: Area, young: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """CL_ACCOMMODATION: young, start, end, accom; one row as long as the kind of home stays the same.

    With `Aims.bed_and_breakfast_stays` just so many short stays fall in the last half year, all over by the last day.
    """
    rows = status[status["accom"] != "0"].sort_values(["young", "years"], ignore_index=True)
    who = rows["young"].to_numpy()
    start = np.maximum(rows["day"].to_numpy(), young["left"].to_numpy()[who])
    following = np.concatenate((who[1:] == who[:-1], [False]))
    ended = _birthday_of(young["born"].to_numpy()[who], rows["years"].to_numpy() + 1)
    code = rows["accom"].to_numpy()
    joined = np.concatenate(([False], following[:-1] & (code[1:] == code[:-1]) & (start[1:] == ended[:-1])))
    spell = np.cumsum(~joined) - 1
    frame = pd.DataFrame({"young": who, "start": start, "end": ended, "accom": code})
    frame = frame.groupby(spell).agg({"young": "first", "start": "first", "end": "last", "accom": "first"})
    frame["end"] = np.where(frame["end"] > area.last, NEVER, frame["end"])
    return _with_short_stays(rng, area, frame)


def _with_short_stays(rng: np.random.Generator, area: Area, frame: pd.DataFrame) -> pd.DataFrame:
    count = area.aims.bed_and_breakfast_stays or 0
    settled = frame[(frame["end"] == NEVER) & (frame["start"] < area.last - 250) & (frame["accom"] == "U1")]
    settled = settled.loc[rng.permutation(settled.index.to_numpy())[:count]]
    begin = area.last - rng.integers(60, 180, len(settled))
    stop = begin + rng.integers(6, 25, len(settled))
    stays = settled.assign(start=begin, end=stop, accom="W2")
    after = settled.assign(start=stop)
    frame = frame.copy()
    frame.loc[settled.index, "end"] = begin
    return pd.concat([frame, stays, after], ignore_index=True).sort_values(["young", "start"], ignore_index=True)


def survey(rng: np.random.Generator, area: Area, young: pd.DataFrame) -> pd.DataFrame:
    """ENTITLEMENT_SURVEY: one letter to everyone aged 21 to 25 at the last day who receives no service.

    Columns: young, sent, answered, wants. Responses and wishes are exact shares (`Aims.survey`).
    """
    years = dates.age(young["born"].to_numpy(), np.full(len(young), area.last))
    receives = np.where(years >= 22, young["keeps"], ~young["lost_at_21"])
    written_to = rng.permutation(np.flatnonzero(statutory_at_last(area, young) & (years >= 21) & ~receives))
    response, wish = area.aims.survey
    answers = int(draws.half_up(len(written_to) * response))
    yes = int(draws.half_up(answers * wish))
    unsure = round((answers - yes) * 0.25)
    wants = ["Y"] * yes + ["UNSURE"] * unsure + ["N"] * (answers - yes - unsure) + [""] * (len(written_to) - answers)
    sent = area.last - 76
    answered = np.where(np.arange(len(written_to)) < answers, sent + rng.integers(3, 62, len(written_to)), NEVER)
    return pd.DataFrame({"young": written_to, "sent": sent, "answered": answered, "wants": wants})


def contacts(rng: np.random.Generator, area: Area, young: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """CL_CONTACTS of the last three and a half years: the visits, and calls, texts, letters and attempts between."""
    begin = area.last - 42 * 30
    visits = visits[visits["day"] >= begin]
    visits = visits.assign(type=draws.pick(rng, {"VISIT_HOME": 62, "FACE_TO_FACE": 38}, len(visits)))
    owed = young[(young["visits_until"] > begin) & (young["visits_from"] <= area.last)]
    start = np.maximum(owed["visits_from"].to_numpy(), begin)
    length = np.minimum(owed["visits_until"].to_numpy(), area.last + 1) - start
    count = np.maximum(length // 31, 1)
    row = np.repeat(np.arange(len(owed)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    day = start[row] + np.minimum(place * 31 + rng.integers(0, 31, len(row)), length[row] - 1)
    kinds = {"PHONE": 52, "TEXT": 20, "VIDEO": 9, "ATTEMPT": 14, "LETTER": 5}
    calls = pd.DataFrame({"young": owed.index.to_numpy()[row], "day": day, "type": draws.pick(rng, kinds, len(row))})
    both = pd.concat([visits, calls], ignore_index=True)
    return both.sort_values(["young", "day"], kind="stable", ignore_index=True)
