"""Complementary hiding: no hidden cell may be worked out from the cells beside it and their total."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

CROSS = " / "
_PERIOD = ["area", "measure", "grain", "period_end"]


@dataclass(frozen=True)
class Lines:
    """Sums an attacker can form: each line is a total and the parts that add up to it.

    One entry per part: `line`, `row`, `amount`, and `loss` (what hiding the part takes from the reader). A part's row
    may be a bundle: `rows + b` stands for all rows with `bundle == b`. One entry per line: `family` joins the lines
    over the same parts, such as a share's numerators and complements; `total_row` is -1 when no total is printed;
    `total`; `floor` is the least a hidden part can be (1 for counts, whose zeros are shown); `slack` says that the
    total is known only as rounded.
    """

    line: np.ndarray
    row: np.ndarray
    amount: np.ndarray
    loss: np.ndarray
    family: np.ndarray
    total_row: np.ndarray
    total: np.ndarray
    floor: np.ndarray
    slack: np.ndarray

    @classmethod
    def joined(cls, groups: list[list[Lines]]) -> Lines:
        """All lines of several groups of books in one; keys mean the same within a group, not across."""
        books, lines, families = [], 0, 0
        for group in groups:
            for book in group:
                books.append(replace(book, line=book.line + lines, family=book.family + families))
                lines += len(book.total)
            families += max((book.family.max(initial=-1) + 1 for book in group), default=0)
        return cls(*(np.concatenate([getattr(book, each.name) for book in books]) for each in fields(cls)))


def _book(cells: Cells, keys, rows, amounts, whole, total, entries=None) -> Lines:
    """Lines from one value per part: `keys` says which line, `whole` and `total` belong to that part's line.

    `entries` takes the place of `rows` in the book where a part stands for a bundle.
    """
    use = ~np.isnan(amounts)
    entries = rows if entries is None else entries
    keys, rows, amounts, whole, total, entries = (v[use] for v in (keys, rows, amounts, whole, total, entries))
    family, first, line = np.unique(keys, return_index=True, return_inverse=True)
    sums = np.bincount(line, amounts, minlength=len(first))
    known = np.where(np.isnan(total[first]), sums, total[first])
    one = rows[first]
    floor, slack = cells.zero_shown[one].astype(float), cells.rounded[one]
    return Lines(line, entries, amounts, cells.loss()[rows], family, whole[first], known, floor, slack)


@dataclass(frozen=True)
class Cells:
    """What the rows of a series count: `numerator`, `complement` and `group` (denominator), NaN where not additive.

    `zero_shown` is true where a 0 is always printed as 0 (counts and rates), `rounded` where only the rounded count is
    printed (counts, not rates).
    """

    numerator: np.ndarray
    complement: np.ndarray
    group: np.ndarray
    zero_shown: np.ndarray
    rounded: np.ndarray

    def amounts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three additive amounts of each row."""
        return self.numerator, self.complement, self.group

    def loss(self) -> np.ndarray:
        """The smallest amount of each row that is not 0: what a reader loses when it is hidden."""
        amounts = np.array(self.amounts())
        return np.where(amounts > 0, amounts, np.inf).min(axis=0)


def _key(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    return frame.groupby(columns, sort=False, dropna=False, observed=True).ngroup().to_numpy()


def _find(frame: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    """The row of `frame` with the same period, breakdown and category as each row of `wanted`; -1 when none."""
    names = [*_PERIOD, "breakdown", "category"]
    places = pd.Series(np.arange(len(frame)), index=pd.MultiIndex.from_frame(frame[names]))
    return places.reindex(pd.MultiIndex.from_frame(wanted[names])).fillna(-1).to_numpy().astype(int)


def _take(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values at rows; NaN where the row is -1."""
    return np.where(rows >= 0, values[rows], np.nan)


def mixes(frame: pd.DataFrame) -> np.ndarray:
    """True for rows that are parts of a mix: the parts' numerators add up to the one denominator they share."""
    key = _key(frame, [*_PERIOD, "breakdown"])
    den, num = frame["denominator"].to_numpy(float), frame["numerator"].to_numpy(float)
    groups = pd.DataFrame({"den": den, "num": num}).groupby(key)
    whole = _find(frame, frame.assign(breakdown="total", category="All"))
    same = np.isclose(groups["den"].transform("min"), den) & np.isclose(groups["den"].transform("max"), den)
    adds_up = np.isclose(groups["num"].transform("sum"), den)
    of_all = (whole < 0) | np.isclose(_take(den, whole), den) | (_take(den, whole) == 0)
    parts = (same & adds_up & of_all & (groups["den"].transform("size").to_numpy() > 1)) | np.isnan(den) | (den == 0)
    candidate = (frame["unit"] == "%").to_numpy() & (frame["breakdown"] != "total").to_numpy()
    real = candidate & (den > 0)
    by = _key(frame, ["measure", "breakdown"])
    always = pd.Series(parts | ~candidate).groupby(by).transform("all").to_numpy()
    return candidate & always & pd.Series(real).groupby(by).transform("any").to_numpy()


def lines_of(frame: pd.DataFrame, cells: Cells) -> tuple[Lines, np.ndarray]:
    """Every additive line of a series, and the bundle of each row (-1 when it is in none).

    Lines are breakdowns, mixes, two-way tables by both margins, and months within quarters. A bundle is one group of a
    mix by a breakdown: its size is printed as the denominator of every row, so it is hidden only when all rows are.
    """
    mix = mixes(frame)
    cross = frame["breakdown"].str.contains(CROSS, regex=False).to_numpy()
    bundle = _bundles(frame, cross, mix)
    groups = [
        _breakdown_lines(frame, cells, ~cross & ~mix & (frame["breakdown"] != "total").to_numpy()),
        _mix_lines(frame, cells, mix & ~cross),
        _margin_lines(frame, cells, cross, bundle, 0),
        _margin_lines(frame, cells, cross, bundle, 1),
        _group_lines(frame, cells, bundle),
        _quarter_lines(frame, cells),
    ]
    return Lines.joined(groups), bundle


def _bundles(frame, cross, mix) -> np.ndarray:
    names = frame["breakdown"].str.split(CROSS, n=1).str[-1]
    pairs = pd.MultiIndex.from_frame(frame.loc[mix & ~cross, ["measure", "breakdown"]])
    of_mix = cross & pd.MultiIndex.from_arrays([frame["measure"], names]).isin(pairs)
    group = frame["category"].str.split(CROSS, n=1).str[0]
    bundle = np.full(len(frame), -1)
    bundle[of_mix] = _key(frame[of_mix].assign(category=group[of_mix]), [*_PERIOD, "breakdown", "category"])
    return bundle


def _of_everyone(frame, part) -> tuple[np.ndarray, np.ndarray]:
    """For each part, the key of its breakdown in its period and the row of the total."""
    return _key(part, [*_PERIOD, "breakdown"]), _find(frame, part.assign(breakdown="total", category="All"))


def _breakdown_lines(frame, cells, chosen) -> list[Lines]:
    rows = np.flatnonzero(chosen)
    keys, whole = _of_everyone(frame, frame.iloc[rows])
    return [_book(cells, keys, rows, a[rows], whole, _take(a, whole)) for a in cells.amounts()]


def _mix_lines(frame, cells, chosen) -> list[Lines]:
    rows = np.flatnonzero(chosen)
    keys, whole = _of_everyone(frame, frame.iloc[rows])
    return [_book(cells, keys, rows, cells.numerator[rows], whole, cells.group[rows])]


def _group_lines(frame, cells, bundle) -> list[Lines]:
    """The groups of a mix by a breakdown add up to everyone."""
    rows = np.flatnonzero(bundle >= 0)
    rows = rows[np.unique(bundle[rows], return_index=True)[1]]
    keys, whole = _of_everyone(frame, frame.iloc[rows])
    bundles = len(frame) + bundle[rows]
    return [_book(cells, keys, rows, cells.group[rows], whole, _take(cells.group, whole), bundles)]


def _margin_lines(frame, cells, chosen, bundle, own) -> list[Lines]:
    """One margin of each two-way table: the parts of one group (`own=0`), or one part over the groups (`own=1`)."""
    rows = np.flatnonzero(chosen)
    part = frame.iloc[rows]
    names, values = (part[name].str.split(CROSS, n=1).str for name in ("breakdown", "category"))
    margin = part.assign(breakdown=names[own], category=values[own], _over=names[1 - own])
    keys = _key(margin, [*_PERIOD, "breakdown", "_over", "category"])
    whole = _find(frame, margin)
    of_mix = bundle[rows] >= 0
    books = []
    for amount in cells.amounts():
        total, total_row = _take(amount, whole), whole
        if own == 0:
            # The parts of a mix within one group add up to the group, which their rows print as denominator.
            total, total_row = np.where(of_mix, cells.group[rows], total), np.where(of_mix, -1, whole)
        additive = np.where(of_mix & (amount is not cells.numerator), np.nan, amount[rows])
        books.append(_book(cells, keys, rows, additive, total_row, total))
    return books


def _quarter_lines(frame, cells) -> list[Lines]:
    """Months that add up to a quarter, for measures counted within the period."""
    if set(frame["grain"]) < {"month", "quarter"}:
        return []
    ends = pd.DatetimeIndex(frame["period_end"])
    months = np.flatnonzero((frame["grain"] == "month").to_numpy())
    quarter_end = (ends + pd.offsets.QuarterEnd(0)).to_numpy()
    part = frame.iloc[months].assign(grain="quarter", period_end=quarter_end[months].astype(frame["period_end"].dtype))
    whole = _find(frame, part)
    keys = _key(part, [*_PERIOD, "breakdown", "category"])
    complete = (whole >= 0) & (pd.Series(keys).groupby(keys).transform("size").to_numpy() == 3)
    base = np.where(np.isnan(cells.group), cells.numerator, cells.group)
    sums = pd.DataFrame({"m": base[months], "q": _take(base, whole) / 3, "measure": part["measure"].to_numpy()})
    sums = sums[complete].groupby("measure")[["m", "q"]].sum()
    # A stock or a rolling year gives about three times the quarter; a flow about once (children can come twice).
    flows = sums.index[sums["m"] < 1.5 * sums["q"]]
    use = complete & part["measure"].isin(flows).to_numpy()
    rows = months[use]
    return [_book(cells, keys[use], rows, a[rows], whole[use], _take(a, whole)[use]) for a in cells.amounts()]


def hide_further(hidden: np.ndarray, lines: Lines, bundle: np.ndarray, most: int, least_possible: int, base: int):
    """Hide more rows until no line gives a hidden cell away; returns the new mask, one entry per row.

    A line is safe when nothing in it is hidden, or when at least two of its cells are, the hidden parts sum to more
    than `most`, and each could take `least_possible` values for someone who knows all the others exactly. What is
    hidden next is the smallest part that is not 0, then a 0, then the total.
    """
    rows = len(hidden)
    hidden = _with_bundles(hidden, bundle)
    while len(lines.line):
        failing = ~_safe(hidden, lines, most, least_possible, base)
        more = _next_to_hide(hidden, lines, failing)
        if not len(more):
            break
        hidden[more] = True
        inside = bundle >= 0
        hidden[:rows][inside] |= np.isin(bundle[inside], more - rows)
        hidden = _with_bundles(hidden[:rows], bundle)
    return hidden[:rows]


def _with_bundles(hidden, bundle) -> np.ndarray:
    inside = bundle >= 0
    shown = np.bincount(bundle[inside], ~hidden[inside], minlength=bundle.max(initial=-1) + 1)
    return np.concatenate([hidden, shown == 0])


def _safe(hidden, lines, most, least_possible, base) -> np.ndarray:
    count = len(lines.total)
    out = hidden[lines.row]
    parts = np.bincount(lines.line[out], minlength=count)
    total_hidden = (lines.total_row >= 0) & hidden[lines.total_row]
    sums = np.bincount(lines.line, lines.amount * out, minlength=count)
    shown = np.bincount(lines.line, lines.amount * ~out, minlength=count)
    zero_hidden = np.bincount(lines.line[out & (lines.amount == 0)], minlength=count) > 0
    floor = np.where(zero_hidden, 0, lines.floor)
    # With nothing but zeros shown beside the hidden parts, their sum is known only as the rounded total.
    rounded_up = np.floor(lines.total / base + 0.5) * base + np.ceil(base / 2) - 1
    at_most = np.where(lines.slack & (shown == 0), rounded_up, sums)
    enough = at_most - (parts - 1) * floor >= least_possible
    beside_total = (parts >= 2) & (sums > most) & enough
    # Beside a hidden small total one value more is kept in hand, so that hiding the zeros tells nothing by itself.
    small_total = lines.total <= most
    beside_hidden = (parts >= 1) & (~small_total | (most - (parts - 1) * floor > least_possible) | (parts <= 1))
    nothing = (parts == 0) & ~total_hidden
    return nothing | (lines.total == 0) | np.where(total_hidden, beside_hidden, beside_total)


def _next_to_hide(hidden, lines, failing) -> np.ndarray:
    """One cell for each family of lines that fails."""
    at = np.flatnonzero(failing[lines.line] & ~hidden[lines.row])
    family = lines.family[lines.line[at]]
    order = np.lexsort((lines.loss[at], lines.amount[at] == 0, family))
    helped, first = np.unique(family[order], return_index=True)
    parts = lines.row[at[order][first]]
    spent = failing & ~np.isin(lines.family, helped) & (lines.total_row >= 0)
    totals = lines.total_row[spent]
    return np.concatenate([parts, totals[~hidden[totals]]])
