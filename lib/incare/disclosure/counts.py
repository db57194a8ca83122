"""Counts of rows about an extract: how many were read, used and set aside, as they may be shown."""

from __future__ import annotations

import pandas as pd

from incare.disclosure.protect import Rules, half_up


def protect_rows(table: pd.DataFrame, profile: str = "public", rules: Rules | None = None) -> pd.DataFrame:
    """A small table of row counts with its whole-number columns rounded, small ones as the text `c`.

    A row of a return is often one child, so numbers of rows are treated as numbers of children. In the restricted
    profile the table is returned as it is. Raises `DisclosureError` for rules weaker than the public ones.
    """
    rules = rules or Rules()
    rules.check(profile)
    if profile == "restricted":
        return table
    shown = table.copy()
    for name in table.select_dtypes("integer").columns:
        counts = table[name].to_numpy(float)
        small = (counts >= rules.hide_from) & (counts <= rules.hide_to)
        text = [f"{value:,.0f}" for value in half_up(counts, rules.base)]
        shown[name] = ["c" if hidden else value for hidden, value in zip(small, text, strict=True)]
    return shown
