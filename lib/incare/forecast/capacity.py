"""What a number of young people asks of a service: advisers at a ceiling, take-up from a survey, weekly cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from incare.forecast.exposure import GROUPS


class CapacityError(ValueError):
    """A staffing, survey or cost figure that cannot be used, with what is needed."""


@dataclass(frozen=True)
class Staffing:
    """Personal advisers (full-time equivalents), the most young people each may hold, and what each asks of them.

    `complexity` is the work that a young person is on average, beside one of those the ceiling was set for (1).
    """

    advisers: float
    ceiling: float = 24.0
    complexity: float = 1.0

    def __post_init__(self):
        if self.advisers < 0 or self.ceiling <= 0 or self.complexity <= 0:
            raise CapacityError(
                "Advisers are 0 or more, the ceiling and the complexity are above 0; found "
                f"{self.advisers}, {self.ceiling} and {self.complexity}."
            )

    @property
    def places(self) -> float:
        """Young people the advisers can hold: 6.5 advisers at 24 hold 156."""
        return self.advisers * self.ceiling / self.complexity

    def needed(self, people):
        """Advisers that so many young people need, with fractions: 152 at 24 need 6.3; 7.6 if each is work for 1.2."""
        return np.asarray(people, float) * self.complexity / self.ceiling

    def caseload(self, people):
        """Young people for each adviser; missing where there is none."""
        return np.asarray(people, float) / self.advisers if self.advisers else np.full(np.shape(people), np.nan)

    def add(self, advisers: float) -> Staffing:
        """The same with more (or fewer) advisers."""
        return replace(self, advisers=self.advisers + advisers)


@dataclass(frozen=True)
class TakeUp:
    """How many of a group would want a service: `low` if nobody who was not heard wants it, `high` if all of them do.

    `mid` supposes that those not heard are like those heard; `assumed` says that the response rate was not given.
    """

    low: int
    mid: int
    high: int
    assumed: bool = False


def take_up(people: int, share: float, response: float | None = None, *, least_response: float = 0.4) -> TakeUp:
    """How many of `people` want a service when `share` of those who answered a survey do (shares from 0 to 1).

    `response` is the share who answered. Where it is missing the range is the one for `least_response`, and says so:
    249 people of whom 61 % of respondents want a service give 61 to 210, with 152 in the middle.

    Raises `CapacityError` for shares outside 0 to 1.

    **Source** worst-case bounds: Manski (1990), American Economic Review 80.
    """
    rate = least_response if response is None else response
    for name, value in (("share", share), ("response", rate)):
        if not 0 <= value <= 1:
            raise CapacityError(f"A {name} lies from 0 to 1; found {value}.")
    answered = _half_up(people * rate)
    want = _half_up(answered * share)
    return TakeUp(want, _half_up(people * share), want + people - answered, response is None)


def _half_up(value: float) -> int:
    return int(np.floor(value + 0.5 + 1e-9))


def weekly_cost(placements: np.ndarray, costs: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Weekly cost of children by placement group: mean and 95 % limits by month.

    `placements` is simulations × months × groups (the parts of a projection); `costs` gives each group its lowest and
    highest weekly price of one child. Groups without a price cost nothing and are named by `unpriced`. Returns `month`
    (1 the first), `low` and `high` (expected cost at the lowest and highest prices) and `lo95`, `hi95` (limits with
    prices anywhere in their range). Money as in `costs`.

    Raises `CapacityError` for a group that does not exist, or a range that is upside down.
    """
    lowest, highest = np.zeros(len(GROUPS)), np.zeros(len(GROUPS))
    for name, price in costs.items():
        if name not in GROUPS:
            raise CapacityError(f"There is no placement group {name}; there are: {', '.join(GROUPS)}.")
        if len(price) != 2 or not 0 <= price[0] <= price[1]:
            raise CapacityError(f"The weekly cost of {name} is a lowest and a highest price; found {list(price)}.")
        lowest[GROUPS.index(name)], highest[GROUPS.index(name)] = price
    low, high = placements @ lowest, placements @ highest
    return pd.DataFrame(
        {
            "month": np.arange(1, placements.shape[1] + 1),
            "low": low.mean(axis=0),
            "high": high.mean(axis=0),
            "lo95": np.quantile(low, 0.025, axis=0),
            "hi95": np.quantile(high, 0.975, axis=0),
        }
    )


def unpriced(costs: dict[str, tuple[float, float]]) -> list[str]:
    """The placement groups that `costs` leaves out."""
    return [name for name in GROUPS if name not in costs]
