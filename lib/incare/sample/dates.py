"""Days as whole numbers, so that thousands of lives are simulated in one stroke, and their text as returns write it."""

from __future__ import annotations

from functools import cache

import numpy as np

from incare import periods

NEVER = 1_000_000  # a day that does not come: an open end, a missing date


def number(text: str) -> int:
    """The number of a day given as ISO text."""
    return int(np.datetime64(text, "D").astype(int))


def _days(numbers) -> np.ndarray:
    return np.asarray(numbers, dtype=np.int64).astype(periods.DAY)


def birthday(born, years: int) -> np.ndarray:
    """The day each person reaches an age."""
    return periods.birthday(_days(born), years).astype(np.int64)


def age(born, on) -> np.ndarray:
    """Completed years of age on a day."""
    return periods.age(_days(born), _days(on)).astype(np.int64)


def months_later(day, months) -> np.ndarray:
    """The same day of the month some months later or earlier."""
    return periods.add_months(_days(day), months).astype(np.int64)


def held_since(on, months) -> np.ndarray:
    """The latest start of something that is `months` old at the end of a day."""
    return periods.held_since(_days(on), months).astype(np.int64)


def working_days_later(day, count: int) -> np.ndarray:
    """The day `count` working days later; by rule of thumb before 2015, whose bank holidays are not listed."""
    day = np.asarray(day, dtype=np.int64)
    listed = day >= number("2015-01-01")
    later = day + (count * 7) // 5 + 1
    later[listed] = periods.add_working_days(_days(day[listed]), count).astype(np.int64)
    return later


def month_ends(first: int, last: int) -> np.ndarray:
    """The last days of the months from the month of `first` to the month of `last`."""
    months = np.arange(_days(first).astype("datetime64[M]"), _days(last).astype("datetime64[M]") + 1)
    return (months + 1).astype(periods.DAY).astype(np.int64) - 1


def return_year(day) -> np.ndarray:
    """The year of the 31 March that closes the return a day falls in."""
    month = _days(day).astype("datetime64[M]").astype(np.int64)
    return (month - 3) // 12 + 1971


def year_bounds(year: int) -> tuple[int, int]:
    """First and last day of a return."""
    return number(f"{year - 1}-04-01"), number(f"{year}-03-31")


@cache
def _calendar() -> tuple[int, np.ndarray]:
    first = number("1985-01-01")
    iso = np.datetime_as_string(_days(np.arange(first, number("2062-01-01"))))
    return first, np.array([f"{text[8:]}/{text[5:7]}/{text[:4]}" for text in iso.tolist()] + [""], dtype=object)


def written(days) -> np.ndarray:
    """Days as `dd/mm/yyyy`; a day that does not come is blank."""
    first, texts = _calendar()
    days = np.asarray(days, dtype=np.int64)
    return texts[np.where(days >= NEVER, len(texts) - 1, days - first)]
