"""The whole of one invented authority, from a seed to its tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import children, health, leavers, local, missing, placements, places, returns, reviews, workers
from incare.sample.areas import NAMES, Area, checked

TOPICS = ("people", "respite", "places", "lives", "reviews", "health", "missing", "young", "staff", "plans")
TOPICS += ("education", "wellbeing", "leaving", "returns")


def authority(
    seed: int = 1,
    children: int = 650,
    years: int = 6,
    ending: int = 2025,
    like: str | None = "croydon",
    name: str | None = None,
) -> dict[tuple[int | None, str], pd.DataFrame]:
    """An authority that does not exist: its SSDA903 returns and local tables, all columns text.

    Keys are `(return year, table)`, with None for the year of local tables; columns as in `layout.COLUMNS`, dates
    dd/mm/yyyy, blanks empty. `children` is the mean number in care over the returned years; `years` returns are made,
    the last one for the year to 31 March `ending`. The same arguments always give the same tables. Clean on purpose.

    Built to show, at 31 March `ending`, by the definitions and default choices of the catalogue:

    - `like="croydon"`: care plans up to date 74 %, pathway plans 70 %, care leavers of 19 to 21 in education,
      employment or training 58 % (on birthdays of the rolling year and on the snapshot alike). Unaccompanied children
      are behind the others in both plans; all three have drifted down for three years.
    - `like="worcestershire"`: pathway plans 79 %, education, employment or training 61 %, visits to care leavers in
      time 50 %, all improving. 6.5 full-time personal advisers hold 24 young people for each full time, none more
      than 24; 249 care leavers of 21 to 25 receive no service and were written to, 40 % answered, 61 % of those who
      answered want one; two short stays in bed and breakfast in the last half year. (Numbers are for 650 children
      and scale with `children`.)
    - `like=None`: none of these; plain figures near those of England.

    Shares are rounded half up; they are met by deciding who is up to date, never by searching for a seed. Shares near
    those of England (CATALOGUE section 5) otherwise. Raises `ValueError` for a setting that cannot be used.
    """
    named = name or {"croydon": NAMES[0], "worcestershire": NAMES[1]}.get(like, NAMES[2])
    return tables(checked(Area(named, seed, children, years, ending, like)))


def tables(area: Area) -> dict[tuple[int | None, str], pd.DataFrame]:
    """The tables of an area; see `authority`."""
    # A generator per topic: a change in one table leaves the others as they were.
    streams = dict(zip(TOPICS, np.random.default_rng(area.seed).spawn(len(TOPICS)), strict=True))
    countryside = places.countryside(streams["places"])
    staff = workers.staff(streams["staff"], area)
    record = _record(streams, area, countryside, staff)
    return returns.every_return(streams["returns"], record) | local.every_table(streams, record, countryside, staff)


def _record(streams: dict, area: Area, countryside: pd.DataFrame, staff: pd.DataFrame) -> returns.Record:
    population = children.population(streams["people"], area)
    short_breaks = children.respite(streams["respite"], area, population.people["child"].to_numpy())
    lives = placements.lives(streams["lives"], area, population)
    care = lives.care
    young = leavers.young_people(streams["young"], area, lives)
    young["sex"] = population.people["sex"].to_numpy()[young["person"]]
    status = leavers.statuses(streams["young"], area, young)
    young, status = leavers.served(streams["young"], area, young, status)
    return returns.Record(
        area=area,
        people=pd.concat([population.people, short_breaks.people], ignore_index=True),
        lives=lives,
        episodes=returns.with_respite(streams["respite"], lives, population, short_breaks),
        postcodes=countryside["postcode"].to_numpy(),
        young=young,
        status=status,
        reviews=reviews.reviews(streams["reviews"], area, care),
        health=health.checks(streams["health"], area, care),
        sdq=health.scores(streams["health"], area, care),
        offences=health.offences(streams["health"], area, care),
        missing=missing.incidents(streams["missing"], area, care),
        social_workers=workers.social_workers(streams["staff"], area, lives, staff),
    )
