"""Social workers and personal advisers: who they are and whom they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Area
from incare.sample.dates import NEVER
from incare.sample.leavers import statutory_at_last
from incare.sample.placements import Lives

TEAMS = ("Care Planning East", "Care Planning West", "Permanence", "Adolescents", "Children with Disabilities")
MOST_CHANGES = 400
CHANGES = {"MANAGE": 20, "TSPROC": 42, "ORGRST": 8, "ABSENC": 9, "FCONTA": 12, "CHCHAN": 3, "PCCHAN": 3, "OTHERS": 3}


def staff(rng: np.random.Generator, area: Area) -> pd.DataFrame:
    """Social workers, one after another in each seat: worker, role, fte, start, end, agency, team, seat."""
    seats = max(3, round(area.scaled(45)))
    frames = []
    at = np.full(seats, area.first - 500)
    while (at <= area.last).any():
        end = at + 150 + draws.wait(rng, 1100, seats)
        frames.append(pd.DataFrame({"seat": np.arange(seats), "start": at, "end": end})[at <= area.last])
        at = end
    workers = pd.concat(frames, ignore_index=True).sort_values(["seat", "start"], ignore_index=True)
    n = len(workers)
    workers["worker"] = [f"SW{10_001 + k}" for k in range(n)]
    workers["role"] = "SW"
    workers["fte"] = draws.pick(rng, {"1.0": 82, "0.8": 10, "0.6": 8}, n)
    workers["agency"] = draws.pick(rng, {"N": 86, "Y": 14}, n)
    workers["team"] = np.array(TEAMS, dtype=object)[workers["seat"] % len(TEAMS)]
    return workers


def social_workers(rng: np.random.Generator, area: Area, lives: Lives, workers: pd.DataFrame) -> pd.DataFrame:
    """Who held each child, without a gap from the day care began: care, worker, start, end, reason."""
    care = lives.care[(lives.care["end"] > area.first - 300) & (lives.care["start"] <= area.last)]
    row, at = care.index.to_numpy(), np.maximum(care["start"].to_numpy(), area.first - 300)
    until = np.minimum(care["end"].to_numpy(), area.last + 400)
    seats = int(workers["seat"].max()) + 1
    before, reason, rounds = np.full(len(row), -1), np.full(len(row), "FCONTA", dtype=object), []
    while len(row):
        seat = (before + 1 + rng.integers(0, max(seats - 1, 1), len(row))) % seats
        found = _occupant(workers, seat, at)
        leaves = workers["end"].to_numpy()[found]
        # In a small team all seats may end beyond the last extract with nobody to follow; then the last worker stays.
        leaves = np.where(len(rounds) > MOST_CHANGES, NEVER, leaves)
        end = np.minimum(at + 12 + draws.wait(rng, 430, len(row)), leaves)
        last = end >= until - 3
        end = np.where(last, until, end)
        worker = workers["worker"].to_numpy()[found]
        rounds.append(pd.DataFrame({"care": row, "worker": worker, "start": at, "end": end, "reason": reason}))
        reason = np.where(end == leaves, "LEFTRL", draws.pick(rng, CHANGES, len(row)))
        row, at, until, before, reason = (part[~last] for part in (row, end, until, seat, reason))
    return pd.concat(rounds, ignore_index=True).sort_values(["care", "start"], ignore_index=True)


def _occupant(workers: pd.DataFrame, seat: np.ndarray, day: np.ndarray) -> np.ndarray:
    reach = 10 * NEVER
    starts = workers["seat"].to_numpy() * reach + workers["start"].to_numpy()
    return np.searchsorted(starts, seat * reach + day, side="right") - 1


# Personal advisers -------------------------------------------------------------------------------------------------


def personal_advisers(rng: np.random.Generator, area: Area, young: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The advisers (as `staff`) and their allocations (young, worker, role, start, end, reason).

    With `Aims.personal_advisers` there are just so many full-time equivalents, each with up to 24 young people per
    full time, in all 24 for each; the other young people are held by leaving-care social workers (role SW).
    """
    owed = _to_hold(area, young)
    fte = _full_times(area, len(owed))
    present, former = _advisers(rng, area, fte)
    held = np.repeat(np.arange(len(fte)), _caseloads(rng, area, fte, len(owed)))
    order = rng.permutation(owed)
    with_adviser, rest = order[: len(held)], order[len(held) :]
    current = pd.DataFrame({"young": with_adviser, "worker": present["worker"].to_numpy()[held[: len(with_adviser)]]})
    hired = present.set_index("worker")["start"].reindex(current["worker"]).to_numpy()
    current["start"], current["role"] = _since(rng, area, young, current, hired), "PA"
    if area.aims.personal_advisers is None:
        rest = rest[: len(rest) // 3]
    others = pd.DataFrame({"young": rest, "worker": _leaving_care_team(rng, len(rest)), "role": "SW"})
    others["start"] = _since(rng, area, young, others, np.full(len(rest), area.first))
    current = pd.concat([current, others], ignore_index=True).assign(end=NEVER, reason="")
    past = _earlier(rng, area, young, current, former)
    team = _team_rows(area, np.unique(others["worker"].to_numpy().astype(str)))
    allocations = pd.concat([past, current], ignore_index=True).sort_values(["young", "start"], ignore_index=True)
    return pd.concat([present, former, team], ignore_index=True), allocations


def _to_hold(area: Area, young: pd.DataFrame) -> np.ndarray:
    """Who is owed an adviser at the last day: leavers under 21, those served above, and 17-year-olds in care."""
    years = dates.age(young["born"].to_numpy(), np.full(len(young), area.last))
    leavers = statutory_at_last(area, young) & (young["plan_until"].to_numpy() > area.last)
    in_care = young["statutory"] & (young["left"] > area.last) & (years == 17) & (young["eligible"] <= area.last - 30)
    return np.flatnonzero(leavers | in_care.to_numpy())


def _full_times(area: Area, people: int) -> np.ndarray:
    if area.aims.personal_advisers is None:
        return np.ones(max(2, round(people * 0.93 / 21)))
    whole = area.scaled(area.aims.personal_advisers)
    return np.array([1.0] * int(whole) + ([0.5] if whole % 1 >= 0.25 else []))


def _caseloads(rng: np.random.Generator, area: Area, fte: np.ndarray, people: int) -> np.ndarray:
    if area.aims.personal_advisers is None:
        return rng.multinomial(int(people * 0.93), fte / fte.sum())
    loads = (24 * fte).astype(np.int64)
    if len(loads) > 1:  # one has a place left, the part-timer one more: the whole stays 24 for each full time
        loads[0] -= 1
        loads[-1] += 1
    return loads


def _advisers(rng: np.random.Generator, area: Area, fte: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    n, gone = len(fte), max(2, round(area.scaled(9)))
    recruited = area.aims.personal_advisers is not None
    start = area.last - rng.integers(90, 560, n) if recruited else area.last - rng.integers(90, 2400, n)
    present = pd.DataFrame({"start": start, "end": NEVER, "fte": [f"{part:.1f}" for part in fte], "agency": "N"})
    left = area.last - rng.integers(40, 900, gone)
    former = pd.DataFrame({"start": area.first - 900, "end": left, "fte": "1.0", "agency": "N"})
    everyone = pd.concat([present, former], ignore_index=True).assign(role="PA", team="Leaving Care")
    everyone["worker"] = [f"SW{20_001 + k}" for k in range(len(everyone))]
    return everyone.iloc[:n], everyone.iloc[n:]


def _since(rng, area: Area, young: pd.DataFrame, held: pd.DataFrame, hired: np.ndarray) -> np.ndarray:
    ready = young["eligible"].to_numpy()[held["young"]] + rng.integers(0, 30, len(held))
    return np.minimum(np.maximum(ready, hired + rng.integers(0, 60, len(held))), area.last - 3)


def _leaving_care_team(rng: np.random.Generator, count: int) -> np.ndarray:
    size = max(1, count // 19)
    return np.array([f"SW{30_001 + k}" for k in range(size)], dtype=object)[rng.integers(0, size, count)]


def _team_rows(area: Area, workers: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({"worker": workers, "start": area.first - 900, "end": NEVER, "fte": "1.0", "agency": "N"})
    return rows.assign(role="SW", team="Leaving Care")


def _earlier(rng, area: Area, young: pd.DataFrame, current: pd.DataFrame, former: pd.DataFrame) -> pd.DataFrame:
    """Closed allocations: before the present adviser, and of people whose service has ended."""
    opened = current.set_index("young")["start"]
    held = young[(young["plan_until"] > area.first) & (young["eligible"] < area.last - 60)]
    worker = former.iloc[rng.integers(0, len(former), len(held))]
    start = np.maximum(held["eligible"].to_numpy() + 20, area.first - 500)
    end = np.minimum(held["plan_until"].to_numpy(), worker["end"].to_numpy())
    end = np.minimum(end, opened.reindex(held.index).fillna(NEVER).to_numpy().astype(np.int64))
    left = end == worker["end"].to_numpy()
    past = pd.DataFrame({"young": held.index.to_numpy(), "worker": worker["worker"].to_numpy(), "role": "PA"})
    past = past.assign(start=start, end=end, reason=np.where(left, "LEFTRL", "TSPROC"))
    return past[(end > start + 20) & (end <= area.last)]
