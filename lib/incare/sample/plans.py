"""Plans and visits: a share of people kept up to date, month by month, with a known figure at every month's end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Aim, Area
from incare.sample.dates import NEVER


@dataclass(frozen=True)
class Members:
    """Who is to be kept up to date, one place in every array per person.

    `start` first day a date may fall on, `due` first day that counts without one, `until` the day it no longer
    matters, `first` a date that happens by itself (NEVER: none), `group` 0, 1, … for which shares are balanced,
    `months` how long a date lasts.
    """

    start: np.ndarray
    due: np.ndarray
    until: np.ndarray
    first: np.ndarray
    group: np.ndarray
    months: np.ndarray


def kept_current(
    rng: np.random.Generator, members: Members, area: Area, aim: Aim, lag: np.ndarray, slack: int, early: float = 0.06
) -> pd.DataFrame:
    """Dates (`member`, `day`) such that at each month's end exactly the wanted share of those who count is up to date.

    Built, not searched for: month by month, those whose last date has lapsed (or who have none) are listed, and just
    as many of them as are missing from the share are given a date in that month. `lag[group]` sets a group's share
    apart by so many percentage points, the whole staying exact. Nobody is left within `slack` days of the limit, so
    rules that count months or days agree. `early` is the monthly chance of a new date while the last still holds.
    """
    ends = dates.month_ends(area.first - 430, area.last)
    shares = aim.path(rng, len(ends), moving=36)
    last = np.full(len(members.start), -NEVER)
    given: list[tuple[np.ndarray, np.ndarray]] = []
    for share, begin, end in zip(shares, ends - 30, ends, strict=True):
        begin = int(begin) if end != ends[0] else int(end) - 200
        here = (members.start <= end) & (members.until > end)
        by_itself = np.flatnonzero(here & (members.first > begin) & (members.first <= end))
        last[by_itself] = members.first[by_itself]
        chosen = _to_renew(rng, members, here, last, end, share, lag, slack)
        holding = here & (last >= dates.held_since(end, members.months) + slack)
        more = np.flatnonzero(holding & (rng.random(len(last)) < early) & (last < begin))
        renewed = np.concatenate([chosen, more])
        low = np.maximum(np.maximum(begin + 1, members.start[renewed]), _after_wait(members, renewed, last, end))
        last[renewed] = draws.between(rng, np.minimum(low, end), np.full(len(renewed), end))
        given += [(by_itself, last[by_itself].copy()), (renewed, last[renewed].copy())]
    frame = pd.DataFrame(
        {
            "member": np.concatenate([member for member, _ in given]),
            "day": np.concatenate([day for _, day in given]),
        }
    )
    return frame.drop_duplicates().sort_values(["member", "day"], ignore_index=True)


def _after_wait(members: Members, rows: np.ndarray, last: np.ndarray, end: int) -> np.ndarray:
    """No date twice in one week, and no late first date before it was late."""
    late_first = (last[rows] < 0) & (members.due[rows] < end)
    return np.where(late_first, members.due[rows] + 1, last[rows] + 7)


def _to_renew(rng, members: Members, here, last, end: int, share: float, lag, slack: int) -> np.ndarray:
    limit = dates.held_since(end, members.months)
    counted = here & ((members.due <= end) | (last > -NEVER))
    current = counted & (last >= limit + slack)
    doubtful = counted & (last >= limit - slack) & ~current
    lapsed = counted & (last < limit - slack)
    sizes = np.bincount(members.group[counted], minlength=len(lag))
    wanted = _quota(sizes, share, lag)
    chosen, missing = [np.flatnonzero(doubtful)], 0
    for group in range(len(lag)):
        inside = members.group == group
        missing += wanted[group] - int((inside & (current | doubtful)).sum())
        candidates = np.flatnonzero(lapsed & inside)
        taken = rng.permutation(candidates)[: max(missing, 0)]
        missing -= len(taken)
        chosen.append(taken)
    return np.concatenate(chosen)


def _quota(sizes: np.ndarray, share: float, lag: np.ndarray) -> np.ndarray:
    """How many of each group are to be up to date; the whole is the share, rounded half up."""
    offset = np.asarray(lag, float) / 100
    offset = offset - (sizes * offset).sum() / max(sizes.sum(), 1)
    reached = draws.half_up(np.cumsum(sizes * np.clip(share + offset, 0, 1)))
    reached[-1] = draws.half_up(sizes.sum() * share)
    return np.diff(reached, prepend=0)


# Children in care -----------------------------------------------------------------------------------------------


def care_plans(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """Care plans (care, day, status, months, kind); at the last day the share up to date is the one asked for.

    Counted as in CATALOGUE `care_plan_up_to_date_pct`: in care, ten working days passed, authorised, this period.
    """
    seen = care[(care["end"] > area.first - 430) & (care["start"] <= area.last)].reset_index(names="care")
    start, n = seen["start"].to_numpy(), len(seen)
    due = dates.working_days_later(start, 10)
    prompt = rng.random(n) < 0.85
    known = start > area.first - 430
    first = np.where(prompt & known, start + draws.between(rng, np.zeros(n, int), 9), NEVER)
    months = np.where((area.last - start > 500) & (rng.random(n) < 0.3), 12, 6)
    uasc = seen["uasc"].to_numpy().astype(np.int64)
    members = Members(start, due, seen["end"].to_numpy(), first, 1 - uasc, months)
    lag = np.array([-area.aims.uasc_plans_lag, 0.0])
    made = kept_current(rng, members, area, area.aims.care_plans, lag, slack=3)
    made = made[made["day"] < members.until[made["member"]]]
    plans = pd.DataFrame({"care": seen["care"].to_numpy()[made["member"]], "day": made["day"], "status": "AUTHORISED"})
    plans["months"] = np.where(months[made["member"]] == 12, "12", np.where(rng.random(len(made)) < 0.5, "6", ""))
    plans["kind"] = _permanence(rng, seen)[made["member"]]
    # Drafts count for nothing, and a reader that counts them shows a higher share.
    drafts = plans[rng.random(len(plans)) < 0.03].assign(status="DRAFT")
    drafts["day"] = drafts["day"] - 9
    drafts = drafts[drafts["day"] >= care["start"].to_numpy()[drafts["care"]]]
    return pd.concat([plans, drafts], ignore_index=True).sort_values(["care", "day"], ignore_index=True)


def _permanence(rng: np.random.Generator, care: pd.DataFrame) -> np.ndarray:
    n = len(care)
    grown = draws.pick(rng, {"LTFOST18": 55, "RESPLMT": 12, "SUPPLIV": 18, "LTRELFR": 15}, n)
    home = draws.pick(rng, {"RETURN1M": 20, "RETURN6M": 45, "RETURNEV": 35}, n)
    way = care["exit"].to_numpy()
    return np.select([way == "adopted", way == "eighteen", way == "home"], ["ADOPTION", grown, home], "OTHERPLN")


def visits(rng: np.random.Generator, area: Area, lives_spells: pd.DataFrame, care: pd.DataFrame) -> pd.DataFrame:
    """Social workers' visits of the last three and a half years: care, day, seen, alone, role.

    The first within a week of a new placement, then every six weeks; about one in nine gaps is too long.
    """
    begin = area.last - 42 * 30
    spells = lives_spells[(lives_spells["end"] > begin) & (lives_spells["start"] <= area.last)]
    start = np.maximum(spells["start"].to_numpy(), begin)
    length = np.minimum(spells["end"].to_numpy(), area.last + 1) - start
    count = length // 26 + 2
    row = np.repeat(np.arange(len(spells)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    late = rng.random(len(row)) < 0.11
    gap = np.where(late, draws.between(rng, np.full(len(row), 43), 75), draws.between(rng, np.full(len(row), 24), 42))
    opening = draws.between(rng, np.ones(len(row), int), np.where(rng.random(len(row)) < 0.93, 7, 20))
    gap = np.where(place == 0, opening, gap)
    total = np.cumsum(gap)
    day = start[row] + total - (total - gap)[np.cumsum(count) - count][row]
    inside = day < (start + length)[row]
    row, day = row[inside], day[inside]
    made = pd.DataFrame({"care": spells["care"].to_numpy()[row], "day": day})
    small = dates.age(care["born"].to_numpy()[made["care"]], day) < 4
    seen = rng.random(len(made)) < 0.985
    made["seen"] = np.where(seen, "Y", "N")
    made["alone"] = np.where(seen & ~small & (rng.random(len(made)) < 0.86), "Y", "N")
    made["role"] = draws.pick(rng, {"SW": 95, "OTHER": 2, "IRO": 3}, len(made))
    return made.sort_values(["care", "day"], ignore_index=True)


# Young people with pathway plans --------------------------------------------------------------------------------


def pathway_plans(rng: np.random.Generator, area: Area, young: pd.DataFrame) -> pd.DataFrame:
    """Pathway plans (young, day, kind, status, assessed, months) of those entitled to one.

    `young` has eligible, plan_due, plan_until, uasc, born as `leavers.young_people` makes them. The share at the last
    day is the one asked for, near it also within eligible and relevant, 18-20 and 21-25.
    """
    entitled = young[(young["plan_until"] > area.first - 430) & (young["eligible"] <= area.last)]
    n = len(entitled)
    start, due = entitled["eligible"].to_numpy(), entitled["plan_due"].to_numpy()
    prompt = rng.random(n) < np.interp(due, [area.first, area.last], [0.66, 0.76])
    # Someone whose due day is the last day or next to it has a plan already, whichever way the day is counted.
    prompt |= np.abs(due - area.last) <= 3
    low = np.maximum(np.minimum(start + 25, due - 6), start)
    first = np.where(prompt & (start > area.first - 430), draws.between(rng, low, due - 5), NEVER)
    months = np.where(rng.random(n) < 0.1, 12, 6)
    group = _plan_group(entitled, area)
    members = Members(start, due, entitled["plan_until"].to_numpy(), first, group, months)
    lag = np.array([-area.aims.uasc_plans_lag, 0.0, 0.0, 0.0])
    made = kept_current(rng, members, area, area.aims.pathway_plans, lag, slack=3, early=0.04)
    plans = pd.DataFrame({"young": entitled.index.to_numpy()[made["member"]], "day": made["day"]})
    opening = ~plans.duplicated("young") & (start[made["member"]] > area.first - 430)
    plans["kind"] = np.where(opening, "FIRST", "REVIEW")
    plans["status"] = "AUTHORISED"
    assessed = np.maximum(plans["day"] - draws.between(rng, np.full(len(plans), 5), 30), start[made["member"]])
    plans["assessed"] = np.where(opening, assessed, NEVER)
    plans["months"] = np.where(months[made["member"]] == 12, "12", np.where(rng.random(len(plans)) < 0.5, "6", ""))
    drafts = plans[(plans["kind"] == "REVIEW") & (rng.random(len(plans)) < 0.03)].assign(status="DRAFT")
    drafts["day"] = drafts["day"] - 8
    return pd.concat([plans, drafts], ignore_index=True).sort_values(["young", "day"], ignore_index=True)


def _plan_group(young: pd.DataFrame, area: Area) -> np.ndarray:
    """Formerly unaccompanied 0, else by age at the last day: under 18, 18-20, 21 and over."""
    years = dates.age(young["born"].to_numpy(), np.full(len(young), area.last))
    return np.where(young["uasc"], 0, 1 + np.searchsorted([18, 21], years, side="right"))


def leavers_visits(rng: np.random.Generator, area: Area, young: pd.DataFrame) -> pd.DataFrame:
    """Personal advisers' visits (young, day): the share visited in the last two months is the one asked for.

    Counted: out of care, aged under 21, and the 21-25s who receive a service; each group has the share.
    """
    visited = young[(young["visits_until"] > area.first - 430) & (young["visits_from"] <= area.last)]
    start, n = visited["visits_from"].to_numpy(), len(visited)
    years = dates.age(visited["born"].to_numpy(), np.full(n, area.last))
    group = np.searchsorted([18, 21], years, side="right")
    first = np.where(rng.random(n) < 0.5, start + draws.between(rng, np.ones(n, int), 7), NEVER)
    until = visited["visits_until"].to_numpy()
    members = Members(start, start, until, first, group, np.full(n, 2))
    made = kept_current(rng, members, area, area.aims.contacts, np.zeros(3), slack=5, early=0.10)
    return pd.DataFrame({"young": visited.index.to_numpy()[made["member"]], "day": made["day"]})
