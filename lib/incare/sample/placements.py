"""Where children in care live: carers, moves, same-carer changes, holidays, legal status, written as episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.sample import dates, draws, places
from incare.sample.areas import Area
from incare.sample.children import Population, band
from incare.sample.dates import NEVER

# Registration of supported accommodation (CATALOGUE 4.4): P2 ends that day, H5 stays to the end of its return, then K3.
REGISTERED = dates.number("2023-10-28")
K3_FROM = dates.number("2024-04-01")

KINDS = ("U6", "U3", "U5", "P1", "K2", "H5", "R3", "R2", "R1", "R5", "S1", "K1", "Z1")
# Rows: age bands, UASC under 16, UASC 16 and over, moving on at 16 and over. Columns: KINDS. What a new placement is.
KIND_WEIGHTS = np.array(
    [
        [64, 13, 6, 8, 0, 0, 8, 1, 0, 0, 0, 0, 0],
        [62, 17, 2, 18, 0.5, 0, 1, 0.5, 0, 0, 0, 0, 0],
        [64, 19, 0, 13, 5, 0, 0, 0.3, 0, 0, 0.4, 0, 0.2],
        [44, 12, 0, 11, 32, 0, 0, 0.7, 0.8, 0.3, 1.0, 0.6, 1.5],
        [26, 6, 0, 6, 18, 42, 0.5, 0.7, 0.5, 1.6, 0.3, 0.4, 3],
        [88, 3, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1],
        [35, 1, 0, 0, 1, 61, 0, 0, 0, 0, 0, 0, 2],
        [17, 3, 0, 5, 15, 58, 0.5, 0.5, 0.5, 1.5, 0.3, 0.3, 1.4],
    ],
    float,
)
# How long a placement lasts, against foster care with strangers, once the first weeks are over.
LASTING = {"U6": 1.0, "U3": 1.5, "U5": 0.8, "P1": 0.5, "K2": 0.45, "H5": 1.0, "R3": 0.05, "R2": 0.08}
LASTING |= {"R1": 0.4, "R5": 0.05, "S1": 0.4, "K1": 0.04, "Z1": 0.12}
ZONES = {"foster": (58, 25, 17), "home": (34, 26, 40), "supported": (62, 22, 16), "kin": (66, 19, 15)}
PROVIDERS = {
    "foster": {"PR1": 47, "PR4": 45, "PR5": 5, "PR2": 3},
    "kin": {"PR1": 97, "PR2": 3},
    "home": {"PR4": 79, "PR1": 14, "PR5": 5, "PR3": 2},
    "supported": {"PR4": 80, "PR5": 14, "PR1": 6},
    "public": {"PR3": 70, "PR4": 30},
}
MOVED_FOR = {
    **{"CARPL": 52, "OTHER": 14, "CREQB": 11, "CHILD": 7, "CREQO": 6, "LAREQ": 4},
    **{"CLOSE": 2, "STAND": 1.5, "APPRR": 1, "ALLEG": 1.5},
}
# How likely a placement is to last only weeks: the first, the second, later ones; settled, in between, never settled.
BRIEF = ((0.46, 0.68, 0.76), (0.18, 0.34, 0.52), (0.05, 0.22, 0.50))
FOSTER = ("U1", "U2", "U3", "U4", "U5", "U6")


@dataclass(frozen=True)
class Lives:
    """Periods of care with their `spells` (one per carer) and `episodes` (one per row a return would hold).

    spells: care (row of the periods of care), start, end, kind. episodes: care, person, decom, dec, rne, ls, place,
    provider, rec, reason, home, post (postcode row numbers, -1 unknown), urn. Nothing is cut at the last return.
    """

    spells: pd.DataFrame
    episodes: pd.DataFrame
    care: pd.DataFrame


def lives(rng: np.random.Generator, area: Area, children: Population) -> Lives:
    """Carers, legal status and episodes of every period of care that matters to the returns or to a care leaver."""
    begin = min(area.first - 6 * 366, area.last - 13 * 366)
    care = children.care[children.care["end"] > begin].reset_index(drop=True)
    facts = children.people.iloc[care["person"]].reset_index(drop=True)
    care = care.assign(**{name: facts[name] for name in ("born", "uasc", "need", "steady")})
    # Adopted by the present foster carer: the carers stay, the placement's name changes.
    adopted = (care["exit"] == "adopted").to_numpy()
    care["stays"] = adopted & (rng.random(len(care)) < 0.13)
    care["consent"] = adopted & (rng.random(len(care)) < 0.06)
    spells = _spells(rng, care)
    legal = _legal_status(rng, care)
    care["rec"] = _reasons_for_leaving(rng, care, spells)
    # A remand ends as one.
    remand = legal.pop("remand")
    _decided_with_a_move(rng, legal, spells)
    spells["kind"] = _with_parents_on_an_order(spells, legal)
    care.loc[remand, "rec"] = draws.pick(rng, {"E14": 7, "E9": 3}, int(remand.sum()))
    seen = (care["end"] >= area.first).to_numpy()
    episodes = _episodes(rng, area, care, spells[seen[spells["care"]]], legal)
    return Lives(spells, episodes, care)


# Carers ---------------------------------------------------------------------------------------------------------


def _spells(rng: np.random.Generator, care: pd.DataFrame) -> pd.DataFrame:
    """One row per carer, drawn in rounds: every child's first placement, then every second one, and so on."""
    stop = np.where(care["placed"] < NEVER, care["placed"], care["end"]).astype(np.int64)
    final = care["end"].to_numpy()
    row, at, turn, before, rounds = np.arange(len(care)), care["start"].to_numpy(), 0, None, []
    while len(row):
        here = care.iloc[row]
        kind = _kind(rng, here, at, before)
        end = _moving_on(rng, here, kind, at, at + _lasting(rng, here, kind, at, turn))
        last = (end >= stop[row] - 4) | (turn > 30)
        staying = last & here["stays"].to_numpy()
        kind = np.where(staying & (kind != "U5"), "U6", kind)
        end = np.where(last, np.where(staying, final[row], stop[row]), end)
        rounds.append(pd.DataFrame({"care": row, "start": at, "end": end, "kind": kind}))
        row, at, before, turn = row[~last], end[~last], kind[~last], turn + 1
    moved = np.flatnonzero((care["placed"] < NEVER) & ~care["stays"])
    kind = np.where(care["consent"].to_numpy()[moved], "A4", "A6")
    rounds.append(pd.DataFrame({"care": moved, "start": stop[moved], "end": final[moved], "kind": kind}))
    return pd.concat(rounds, ignore_index=True).sort_values(["care", "start"], kind="stable", ignore_index=True)


def _kind(rng, here: pd.DataFrame, at: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    years = dates.age(here["born"].to_numpy(), at)
    group = np.where(here["uasc"], np.where(years < 16, 5, 6), band(years))
    if before is not None:
        group = np.where((years >= 16) & np.isin(before, ("U6", "U3", "K2")), 7, group)
    kind = np.array(KINDS, dtype=object)[draws.pick_by(rng, group, KIND_WEIGHTS)]
    if before is not None:  # a move from parents to parents is no move
        kind = np.where((kind == "P1") & (before == "P1"), "U6", kind)
    return kind


def _lasting(rng, here: pd.DataFrame, kind: np.ndarray, at: np.ndarray, turn: int) -> np.ndarray:
    """Days with a carer: many first placements last weeks, most later ones years, some children never settle."""
    n, steady = len(kind), here["steady"].to_numpy()
    scale = np.array([LASTING[name] for name in KINDS])[_places_in(kind)]
    older = np.where(dates.age(here["born"].to_numpy(), at) >= 14, 0.7, 1.0)
    brief_chance = np.array(BRIEF)[min(turn, 2)][steady]
    brief = 4 + draws.wait(rng, np.where(turn == 0, 70, 100), n)
    settled = 30 + draws.wait(rng, np.array([4300, 1200, 500])[steady] * scale * older, n)
    return np.where(rng.random(n) < brief_chance, brief, settled)


def _moving_on(rng, here: pd.DataFrame, kind: np.ndarray, at: np.ndarray, end: np.ndarray) -> np.ndarray:
    """At 16 or 17 some leave foster carers or a children's home for a place of their own with support."""
    n = len(end)
    day = here["born"].to_numpy() + draws.between(rng, np.full(n, 5880), 6480)
    leaving = np.isin(kind, ("U6", "U3", "K2")) & (rng.random(n) < 0.44) & (day > at + 20)
    return np.where(leaving, np.minimum(end, day), end)


def _places_in(kind: np.ndarray) -> np.ndarray:
    order = np.argsort(KINDS)
    return order[np.searchsorted(np.array(KINDS)[order], kind.astype(str))]


# Legal status ---------------------------------------------------------------------------------------------------


def _legal_status(rng: np.random.Generator, care: pd.DataFrame) -> dict[str, np.ndarray]:
    """Up to four statuses a period: `codes` (n × 4) and the days they begin, `since` (n × 4, NEVER where unused)."""
    n = len(care)
    start, end, way = (care[name].to_numpy() for name in ("start", "end", "exit"))
    years = dates.age(care["born"].to_numpy(), start)
    uasc = care["uasc"].to_numpy()
    first = np.where(uasc, "V2", draws.pick(rng, {"V2": 37, "C1": 50, "L1": 7, "L2": 6}, n))
    remand = ~uasc & (years >= 13) & (end - start < 100) & (rng.random(n) < 0.2) & (way != "eighteen")
    first = np.where(remand, "J1", first)
    codes, since = np.full((n, 4), "", dtype=object), np.full((n, 4), NEVER, np.int64)
    codes[:, 0], since[:, 0] = first, start
    protected = np.isin(first, ("L1", "L2"))
    _turn(codes, since, 1, protected, start + np.where(first == "L1", 2, draws.between(rng, np.full(n, 3), 8)), "C1")
    agreed = (first == "V2") & ~uasc & (rng.random(n) < 0.78)
    _turn(codes, since, 1, agreed, start + 15 + draws.wait(rng, 170, n), "C1")
    accused = (codes[:, 1] == "C1") | (first == "C1")
    begun = np.where(codes[:, 1] == "C1", since[:, 1], start)
    hearing = begun + draws.between(rng, np.full(n, 110), 300)
    ordered = accused & (rng.random(n) < np.where(way == "home", 0.55, 0.94)) & ~remand
    asylum = uasc & (rng.random(n) < 0.06)
    _turn(codes, since, 2, ordered | asylum, np.where(asylum, start + 200, hearing), "C2")
    released = (care["decision"].to_numpy() < NEVER) & ~care["consent"].to_numpy()
    codes[released, 2:], since[released, 2:] = "", NEVER
    _turn(codes, since, 3, released, care["order"].to_numpy(), "E1")
    # Consent needs no placement order: such a child stays accommodated by agreement.
    consent = care["consent"].to_numpy()
    codes[consent, 0], codes[consent, 1:], since[consent, 1:] = "V2", "", NEVER
    late = since >= np.minimum(end[:, None], np.where(released[:, None], care["order"].to_numpy()[:, None] + 1, NEVER))
    codes[late], since[late] = "", NEVER
    return {"codes": codes, "since": since, "remand": remand}


def _decided_with_a_move(rng: np.random.Generator, legal: dict[str, np.ndarray], spells: pd.DataFrame) -> None:
    """Some orders are made on the day the child moves: they wait for the next move if it comes within two months."""
    since = legal["since"]
    reach = 10 * NEVER
    starts = spells["care"].to_numpy() * reach + spells["start"].to_numpy()
    row, column = np.nonzero(since[:, 1:3] < NEVER)
    day = since[row, column + 1]
    place = np.searchsorted(starts, row * reach + day)
    move = starts[np.minimum(place, len(starts) - 1)] - row * reach
    next_status = since[row, column + 2]
    # Police and emergency protection last days and cannot wait.
    snaps = ~np.isin(legal["codes"][row, column], ("L1", "L2"))
    snaps &= (move >= day) & (move <= day + 60) & (move < next_status) & (rng.random(len(row)) < 0.5)
    since[row[snaps], column[snaps] + 1] = move[snaps]


def _with_parents_on_an_order(spells: pd.DataFrame, legal: dict[str, np.ndarray]) -> np.ndarray:
    """Only a child under an order is placed with parents; one accommodated by agreement is with relatives instead."""
    status = _status_at(legal, spells["care"].to_numpy(), spells["start"].to_numpy())
    return np.where((spells["kind"] == "P1") & ~np.isin(status, ("C1", "C2", "E1")), "U3", spells["kind"])


def _turn(codes, since, column: int, rows: np.ndarray, day: np.ndarray, code: str) -> None:
    codes[rows, column], since[rows, column] = code, day[rows]


def _status_at(legal: dict[str, np.ndarray], care: np.ndarray, day: np.ndarray) -> np.ndarray:
    begun = legal["since"][care] <= day[:, None]
    column = 3 - np.argmax(begun[:, ::-1], axis=1)
    return legal["codes"][care, column]


# Leaving --------------------------------------------------------------------------------------------------------


def _reasons_for_leaving(rng: np.random.Generator, care: pd.DataFrame, spells: pd.DataFrame) -> np.ndarray:
    n = len(care)
    years = dates.age(care["born"].to_numpy(), care["end"].to_numpy())
    last_kind = spells.groupby("care")["kind"].last().to_numpy()
    fostered = np.isin(last_kind, (*FOSTER, "U5"))
    kin = last_kind == "U3"
    grown = np.select(
        [last_kind == "P1", fostered],
        [
            draws.pick(rng, {"E4A": 8, "E13": 1, "E5": 1}, n),
            draws.pick(rng, {"E17": 74, "E5": 15, "E6": 4, "E13": 3, "E8": 2, "E7": 2}, n),
        ],
        draws.pick(rng, {"E17": 22, "E5": 51, "E6": 11, "E7": 8, "E8": 4, "E13": 3, "E9": 1}, n),
    )
    kin_order, other_order = {"E45": 62, "E47": 38}, {"E46": 20, "E47": 60, "E48": 20}
    other = np.where(years < 15, draws.pick(rng, {"E8": 90, "E2": 10}, n), draws.pick(rng, _TEENAGERS, n))
    reasons = {
        "adopted": np.where(care["consent"], "E11", draws.pick(rng, {"E11": 40, "E12": 60}, n)),
        "sgo": np.where(kin, draws.pick(rng, kin_order, n), draws.pick(rng, other_order, n)),
        "cao": "E41",
        "home": draws.pick(rng, {"E4A": 84, "E4B": 16}, n),
        "relatives": "E13",
        "transfer": "E3",
        "other": other,
        "eighteen": grown,
    }
    rec = np.full(n, "", dtype=object)
    for way, code in reasons.items():
        rec = np.where(care["exit"] == way, code, rec)
    return rec


_TEENAGERS = {"E8": 34, "E5": 26, "E9": 14, "E16": 14, "E15": 8, "E2": 4}


# Episodes -------------------------------------------------------------------------------------------------------

# What happens on a day, in the order in which it is written when two things fall together.
CARER, SAME_CARER, AWAY, BACK, LEGAL = range(5)


def _episodes(rng, area: Area, care: pd.DataFrame, spells: pd.DataFrame, legal) -> pd.DataFrame:
    """Every event of a period of care in order of day, turned into rows that follow each other without a gap."""
    settings = _settings(rng, care, spells)
    here = care.iloc[settings["care"]]
    adopting = here["stays"].to_numpy() & (settings["end"].to_numpy() == here["end"].to_numpy())
    others = settings[~adopting]
    events = pd.concat(
        [
            settings,
            _same_carer_changes(rng, others),
            _adopting_carers(here[adopting], settings[adopting]),
            _away(rng, area, others),
            _legal_events(legal, np.unique(spells["care"].to_numpy())),
        ],
        ignore_index=True,
    )
    events = events[events["day"] < care["end"].to_numpy()[events["care"]]]
    events = events.sort_values(["care", "day", "what"], kind="stable", ignore_index=True)
    events = _without_muddled_holidays(events)
    # On one day one row: the change of placement carries the change of status with it.
    events = events[~events.duplicated(["care", "day"])].reset_index(drop=True)
    return _rows(rng, care, _carried(events), legal)


def _settings(rng: np.random.Generator, care: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """What each carer's placement looks like: code, provider, postcode and Ofsted number."""
    n, start, row = len(spells), spells["start"].to_numpy(), spells["care"].to_numpy()
    kind = spells["kind"].to_numpy().astype(object)
    since = start - care["start"].to_numpy()[row]
    years = dates.age(care["born"].to_numpy()[row], start)
    lasting = (spells["end"].to_numpy() - start > 400) & (since > 500) & (rng.random(n) < 0.75)
    place = np.where(lasting & (kind == "U6"), "U4", np.where(lasting & (kind == "U3"), "U1", kind))
    place = np.where((kind == "U3") & (years < 1) & (rng.random(n) < 0.05), "U2", place)
    alone = (kind == "H5") & (start < REGISTERED) & (years >= 17) & (rng.random(n) < 0.25)
    place = np.where(alone, "P2", place)
    unregistered = (place == "H5") & (start >= REGISTERED) & (rng.random(n) < 0.14)
    place = np.where(unregistered, "Z1", place)
    place = np.where((place == "H5") & (start >= K3_FROM), "K3", place)
    group = _provider_group(place)
    settings = pd.DataFrame({"care": row, "day": start, "what": CARER, "place": place})
    settings["provider"] = _provider(rng, group)
    settings["post"] = _postcode(rng, group, care, row)
    settings["urn"] = _urn(rng, place, start)
    settings["end"] = spells["end"].to_numpy()
    return settings


def _provider_group(place: np.ndarray) -> np.ndarray:
    groups = {"kin": ("U1", "U2", "U3"), "home": ("K1", "K2", "S1", "R1"), "supported": ("H5", "K3", "P2")}
    groups |= {"public": ("R2", "R3", "R5"), "parents": ("P1",), "none": ("Z1",)}
    found = np.full(len(place), "foster", dtype=object)
    for group, codes in groups.items():
        found[np.isin(place, codes)] = group
    return found


def _provider(rng: np.random.Generator, group: np.ndarray) -> np.ndarray:
    provider = np.where(group == "parents", "PR0", "").astype(object)
    for name, weights in PROVIDERS.items():
        rows = group == name
        provider[rows] = draws.pick(rng, weights, int(rows.sum()))
    return provider


def _postcode(rng, group: np.ndarray, care: pd.DataFrame, row: np.ndarray) -> np.ndarray:
    """A postcode row for each placement; with parents it is the home the child came from."""
    order = np.array(["foster", "home", "supported", "kin"])
    kind = np.select([group == name for name in order], np.arange(4), 0)
    zone = draws.pick_by(rng, kind, np.array([ZONES[name] for name in order], float))
    post = places.drawn(rng, zone)
    home = (care.index.to_numpy() * 31) % places.HOMES
    post = np.where(group == "parents", home[row], post)
    # Two placements in a row are never at one address by chance.
    same = (row[1:] == row[:-1]) & (post[1:] == post[:-1]) & (group[1:] != "parents")
    post[1:][same] = places.another(post[1:][same])
    return post


def _urn(rng: np.random.Generator, place: np.ndarray, day: np.ndarray) -> np.ndarray:
    number = rng.integers(0, 300, len(place))
    home = np.array([f"SC{900_000 + 7 * k}" for k in range(300)], dtype=object)[number]
    agency = np.array([f"{9_900_000 + 11 * k}" for k in range(300)], dtype=object)[number]
    urn = np.where(np.isin(place, ("K1", "K2", "S1", "R1")), home, agency)
    uninspected = np.isin(place, ("P1", "P2", "P3", "R2", "R3", "R5", "Z1"))
    urn = np.where(uninspected, "XXXXXXX", urn)
    # Semi-independent homes had no number before they could register.
    return np.where((place == "H5") & (day < REGISTERED), "XXXXXXX", urn)


def _same_carer_changes(rng, settings: pd.DataFrame) -> pd.DataFrame:
    """Rows with RNE T or U: a placement is made long-term, a carer moves house or agency, a home registers."""
    changes = [_made_long_term(rng, settings), _carer_moves(rng, settings), *_registered(rng, settings)]
    return pd.concat([change.assign(what=SAME_CARER) for change in changes], ignore_index=True)


def _made_long_term(rng, settings: pd.DataFrame) -> pd.DataFrame:
    rows = settings[settings["place"].isin(("U3", "U6")) & (settings["end"] - settings["day"] > 500)]
    rows = rows[rng.random(len(rows)) < 0.55]
    day = rows["day"] + draws.between(rng, np.full(len(rows), 200), 480)
    return rows.assign(day=day, place=np.where(rows["place"] == "U6", "U4", "U1"))


def _carer_moves(rng, settings: pd.DataFrame) -> pd.DataFrame:
    """A carer moves house, or to another agency, with the child; about once in twelve years."""
    fostered = settings["place"].isin(FOSTER)
    # Long-term rows only: their code is the same before and after, whenever the move comes.
    rows = settings[fostered & settings["place"].isin(("U1", "U4"))]
    day = rows["day"].to_numpy() + 60 + draws.wait(rng, 12 * 365, len(rows))
    rows = rows.assign(day=day)[day < rows["end"].to_numpy() - 30]
    house = rng.random(len(rows)) < 0.5
    post = np.where(house, places.another(rows["post"].to_numpy()), rows["post"])
    agency = np.where(rows["provider"] == "PR4", "PR5", "PR4")
    provider = np.where(house | rows["place"].eq("U1"), rows["provider"], agency)
    # From a second series, so that the new number is never the old one.
    other = np.array([f"{9_950_000 + 11 * k}" for k in rng.integers(0, 300, len(rows)).tolist()], dtype=object)
    urn = np.where(house, rows["urn"], other)
    return rows.assign(post=post, provider=provider, urn=urn)


def _registered(rng, settings: pd.DataFrame) -> list[pd.DataFrame]:
    """28 October 2023: supported accommodation registers; a third was not ready and became "other" for a while."""
    open_then = (settings["day"] < REGISTERED) & (settings["end"] > REGISTERED)
    rows = settings[open_then & settings["place"].isin(("H5", "P2"))]
    ready = rng.random(len(rows)) < 0.66
    number = _urn(rng, np.full(len(rows), "K3", dtype=object), np.full(len(rows), REGISTERED))
    then = rows.assign(
        day=REGISTERED,
        place=np.where(ready, "H5", "Z1"),
        provider=np.where(ready, rows["provider"], ""),
        urn=np.where(ready, number, "XXXXXXX"),
    )
    late = then[~ready]
    day = K3_FROM + draws.between(rng, np.full(len(late), 20), 330)
    later = late.assign(day=day, place="K3", provider="PR4", urn=number[~ready])
    return [then, later[(day < late["end"].to_numpy()) & (rng.random(len(late)) < 0.6)]]


def _adopting_carers(care: pd.DataFrame, settings: pd.DataFrame) -> pd.DataFrame:
    """The foster carers become the adopters: the placement is renamed on the day the child is placed with them."""
    placed = np.maximum(care["placed"].to_numpy(), settings["day"].to_numpy() + 1)
    return settings.assign(day=placed, what=SAME_CARER, place=np.where(care["consent"], "A3", "A5"))


def _away(rng, area: Area, settings: pd.DataFrame) -> pd.DataFrame:
    """Hospital stays and holidays: a row out, and a row back (RNE P) to the same place."""
    rows = settings[settings["place"].isin((*FOSTER, "K2"))]
    begin = np.maximum(rows["day"].to_numpy(), area.first - 400) + 12
    room = np.minimum(rows["end"].to_numpy(), area.last + 60) - begin
    chosen = rng.random(len(rows)) < np.clip(room / 365 * 0.055, 0, 0.5)
    rows, begin, room = rows[chosen], begin[chosen], room[chosen]
    place = draws.pick(rng, {"T1": 26, "T2": 28, "T3": 30, "T4": 16}, len(rows))
    longest = np.select([place == "T1", place == "T4"], [30, 7], 16)
    day = begin + (rng.random(len(rows)) * np.maximum(room, 1)).astype(np.int64)
    back = day + draws.between(rng, np.full(len(rows), 3), longest)
    held = (back < rows["end"].to_numpy() - 2) & (room > 30)
    out = rows.assign(
        day=day, what=AWAY, place=place, provider="", urn="", post=places.drawn(rng, np.zeros(len(rows), int))
    )
    # The row back takes over what it finds; -1 says so.
    home = rows.assign(day=back, what=BACK, post=-1)
    return pd.concat([out[held], home[held]], ignore_index=True)


def _legal_events(legal, cares: np.ndarray) -> pd.DataFrame:
    since = legal["since"][cares, 1:]
    row, column = np.nonzero(since < NEVER)
    return pd.DataFrame({"care": cares[row], "day": since[row, column], "what": LEGAL, "post": -1})


def _without_muddled_holidays(events: pd.DataFrame) -> pd.DataFrame:
    """Drops a stay away during which something else happens, so that every row back returns to where it left."""
    care, day, what = (events[name].to_numpy() for name in ("care", "day", "what"))
    n = len(events)
    out = np.flatnonzero(what == AWAY)
    after, later, earlier = np.minimum(out + 1, n - 1), np.minimum(out + 2, n - 1), out - 1
    clear = (what[after] == BACK) & (care[after] == care[out]) & (day[earlier] < day[out])
    clear &= (care[later] != care[out]) | (day[later] > day[after])
    keep = (what != AWAY) & (what != BACK)
    keep[out[clear]] = keep[after[clear]] = True
    return events[keep].reset_index(drop=True)


def _carried(events: pd.DataFrame) -> pd.DataFrame:
    """Fills rows that change only the status, and rows back, with the placement that goes on."""
    what = events["what"].to_numpy()
    own = (what == CARER) | (what == SAME_CARER)
    ongoing = np.maximum.accumulate(np.where(own, np.arange(len(events)), 0))
    source = np.where(what == AWAY, np.arange(len(events)), ongoing)
    filled = events[["place", "provider", "post", "urn"]].iloc[source].reset_index(drop=True)
    return events.assign(**filled)


def _rows(rng, care: pd.DataFrame, events: pd.DataFrame, legal) -> pd.DataFrame:
    row, day, what = (events[name].to_numpy() for name in ("care", "day", "what"))
    first = np.concatenate(([True], row[1:] != row[:-1]))
    last = np.concatenate((first[1:], [True]))
    status = _status_at(legal, row, day)
    changed = ~first & (status != np.concatenate(([""], status[:-1])))
    away = what == AWAY
    rne = np.select(
        [first, what == LEGAL, (what == CARER) & changed, (what == SAME_CARER) & changed, what == SAME_CARER],
        ["S", "L", "B", "U", "T"],
        "P",
    ).astype(object)
    place = np.where((events["place"] == "H5") & (day >= K3_FROM), "K3", events["place"])
    return pd.DataFrame(
        {
            "care": row,
            "person": care["person"].to_numpy()[row],
            "decom": day,
            "dec": np.where(last, care["end"].to_numpy()[row], np.concatenate((day[1:], [NEVER]))),
            "rne": rne,
            "ls": status,
            "cin": care["need"].to_numpy()[row],
            "place": place,
            "provider": events["provider"],
            "rec": np.where(last, care["rec"].to_numpy()[row], "X1"),
            "reason": _moved_for(rng, rne, place, away, last),
            "home": np.where(care["uasc"].to_numpy()[row], -1, (row * 31) % places.HOMES),
            "post": events["post"].astype(np.int64),
            "urn": events["urn"],
        }
    )


def _moved_for(rng, rne: np.ndarray, place: np.ndarray, away: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The reason stands on the row that ends; none beside a stay away or a change of status only."""
    following = np.concatenate((rne[1:], [""]))
    beside = away | np.concatenate((away[1:], [False]))
    reason = draws.pick(rng, MOVED_FOR, len(rne))
    custody = (np.concatenate((place[1:], [""])) == "R5") & (rng.random(len(rne)) < 0.8)
    reason = np.where(custody, "CUSTOD", reason)
    reason = np.where(np.isin(following, ("T", "U")), "PLACE", reason)
    return np.where(last | beside | ~np.isin(following, ("P", "B", "T", "U")), "", reason)
