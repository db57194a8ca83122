"""England's published figures for the measures that have one."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

import pandas as pd


def england(measures: Iterable) -> pd.DataFrame:
    """England's figures for the `measures` given: MEASURE_ID, YEAR (the year to 31 March), AREA, VALUE, SOURCE.

    A figure belongs to one definition: where a measure has a choice that changes the definition, the file names it
    after a colon (a word, or `name=value` for a number or a yes or no) and the figure is given only when that choice
    is in force.
    Source: DfE, Children looked after in England, as read from the Local Authority Interactive Tool data of April 2026.
    """
    with resources.files("incare.published").joinpath("england.csv").open(encoding="utf-8") as file:
        wide = pd.read_csv(file)
    tall = wide.melt(["measure", "source"], var_name="YEAR", value_name="VALUE").dropna(subset="VALUE")
    wanted = pd.DataFrame(
        [(m.id, name) for m in measures for name in _names(m)], columns=["MEASURE_ID", "measure"]
    ).merge(tall, on="measure", validate="many_to_many")
    found = wanted.assign(AREA="England", YEAR=wanted["YEAR"].astype(int)).rename(columns={"source": "SOURCE"})
    return found[["MEASURE_ID", "YEAR", "AREA", "VALUE", "SOURCE"]]


def _names(measure) -> tuple[str, ...]:
    words = (f"{measure.id}:{value}" for value in measure.choices.values() if isinstance(value, str))
    others = (
        f"{measure.id}:{name}={value}" for name, value in measure.choices.items() if isinstance(value, bool | int)
    )
    return (measure.id, *words, *others)
