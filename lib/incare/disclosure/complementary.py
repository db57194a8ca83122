"""Complementary hiding: no hidden cell may be worked out from the cells beside it and their total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

CROSS = " / "
# Children in care now = before + started - ceased: where one flow of a group is hidden, stocks and the other give it.
FLOWS = ("cla_started_count", "cla_ceased_count")
_WHEN = ["area", "grain", "period_end"]
_PERIOD = ["measure", *_WHEN]


@dataclass(frozen=True)
class Counted:
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


@dataclass(frozen=True)
class Lines:
    """Sums an attacker can form: each line is a total and the cells that add up to it.

    A cell is one number, wherever it is printed: the size of a group is the denominator of every share of it, and may
    be a count as well. It is hidden only when all rows that print it are.
    Cells: `line`, `amount`, `loss` (what hiding takes from the reader). What prints them: `cell` with `row`, and for
    totals `total_line` with `total_row`. Lines: `family` joins those over the same rows, such as a share's numerators
    and complements; `total`; `floor` is the least a hidden cell can be (1 for counts, whose zeros are shown); `slack`
    says that the total is known only as rounded; `shared` that several measures print the cells.
    """

    line: np.ndarray
    amount: np.ndarray
    loss: np.ndarray
    cell: np.ndarray
    row: np.ndarray
    total_line: np.ndarray
    total_row: np.ndarray
    family: np.ndarray
    total: np.ndarray
    floor: np.ndarray
    slack: np.ndarray
    shared: np.ndarray


def _key(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    return frame.groupby(columns, sort=False, dropna=False, observed=True).ngroup().to_numpy()


def _find(frame: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    """The row of `frame` with the same period, breakdown and category as each row of `wanted`; -1 when none."""
    names = [*_PERIOD, "breakdown", "category"]
    places = pd.Series(np.arange(len(frame)), index=pd.MultiIndex.from_frame(frame[names]))
    return places.reindex(pd.MultiIndex.from_frame(wanted[names])).fillna(-1).to_numpy().astype(int)


def _find_total(frame: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    return _find(frame, wanted.assign(breakdown="total", category="All"))


def _take(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values at rows; NaN where the row is -1."""
    return np.where(rows >= 0, values[rows], np.nan)


def mixes(frame: pd.DataFrame) -> np.ndarray:
    """True for rows that are parts of a mix: the parts' numerators add up to the one denominator they share."""
    den, num = frame["denominator"].to_numpy(float), frame["numerator"].to_numpy(float)
    groups = pd.DataFrame({"den": den, "num": num}).groupby(_key(frame, [*_PERIOD, "breakdown"]))
    everyone = _take(den, _find_total(frame, frame))
    one_size = (groups["den"].transform("min") == den) & (groups["den"].transform("max") == den)
    adds_up = np.isclose(groups["num"].transform("sum"), den)
    of_all = np.isnan(everyone) | (everyone == den) | (everyone == 0)
    parts = (one_size & adds_up & of_all & (groups["den"].transform("size") > 1)).to_numpy()
    candidate = ((frame["unit"] == "%") & (frame["breakdown"] != "total")).to_numpy()
    by = _key(frame, ["measure", "breakdown"])
    always = pd.Series(parts | ~candidate | ~(den > 0)).groupby(by).transform("all").to_numpy()
    ever = pd.Series(candidate & (den > 0)).groupby(by).transform("any").to_numpy()
    return candidate & always & ever


def lines_of(frame: pd.DataFrame, counted: Counted) -> Lines:
    """Every additive line of a series, joined across measures where these print the same numbers.

    Lines are breakdowns, mixes, two-way tables by both margins, and months within quarters.
    """
    mix = mixes(frame)
    cross = frame["breakdown"].str.contains(CROSS, regex=False).to_numpy()
    plain = ~cross & ~mix & (frame["breakdown"] != "total").to_numpy()
    place, group_place = _places(frame, cross)
    of_mix = _crosses_a_mix(frame, cross, mix & ~cross)
    books = [
        *_breakdown_lines(frame, counted, plain, place),
        *_mix_lines(frame, counted, mix & ~cross, place),
        *_margin_lines(frame, counted, cross, of_mix, place, 0),
        *_margin_lines(frame, counted, cross, of_mix, place, 1),
        *_group_lines(frame, counted, of_mix, group_place),
        *_quarter_lines(frame, counted, place),
    ]
    parts = pd.concat([book.assign(book=number) for number, book in enumerate(books)], ignore_index=True)
    return _joined(parts, counted)


def _places(frame: pd.DataFrame, cross: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers for where a row stands, whatever its measure, and for the group that a two-way row is part of."""
    own = frame[[*_WHEN, "breakdown", "category"]]
    group = own[cross].assign(
        breakdown=own.loc[cross, "breakdown"].str.split(CROSS, n=1).str[0],
        category=own.loc[cross, "category"].str.split(CROSS, n=1).str[0],
    )
    numbers = _key(pd.concat([own, group], ignore_index=True), list(own))
    group_place = np.full(len(frame), -1)
    group_place[cross] = numbers[len(own) :]
    return numbers[: len(own)], group_place


def _crosses_a_mix(frame, cross, mix) -> np.ndarray:
    """True for two-way rows whose second side is the mix of their measure."""
    pairs = pd.MultiIndex.from_frame(frame.loc[mix, ["measure", "breakdown"]])
    second = frame.loc[cross, "breakdown"].str.split(CROSS, n=1).str[1]
    found = np.zeros(len(frame), bool)
    found[cross] = pd.MultiIndex.from_arrays([frame.loc[cross, "measure"], second]).isin(pairs)
    return found


def _book(family: str, key, rows, place, amount, whole, total) -> pd.DataFrame:
    """Sums of one kind, a row per part: its line's `key`, row, place and amount, and the line's total row and total."""
    columns = {"key": key, "row": rows, "place": place, "amount": amount, "whole": whole, "total": total}
    book = pd.DataFrame(columns).assign(family=family)
    return book[book["amount"].notna()]


def _breakdown_lines(frame, counted, chosen, place) -> list[pd.DataFrame]:
    rows = np.flatnonzero(chosen)
    part = frame.iloc[rows]
    key, whole = _key(part, [*_PERIOD, "breakdown"]), _find_total(frame, part)
    return [_book("breakdown", key, rows, place[rows], a[rows], whole, _take(a, whole)) for a in counted.amounts()]


def _mix_lines(frame, counted, chosen, place) -> list[pd.DataFrame]:
    rows = np.flatnonzero(chosen)
    part = frame.iloc[rows]
    key, whole = _key(part, [*_PERIOD, "breakdown"]), _find_total(frame, part)
    return [_book("mix", key, rows, place[rows], counted.numerator[rows], whole, counted.group[rows])]


def _group_lines(frame, counted, of_mix, group_place) -> list[pd.DataFrame]:
    """The groups of a mix by a breakdown, printed as the denominators of their parts, add up to everyone."""
    rows = np.flatnonzero(of_mix)
    part = frame.iloc[rows]
    key, whole = _key(part, [*_PERIOD, "breakdown"]), _find_total(frame, part)
    size = counted.group[rows]
    return [_book("groups", key, rows, group_place[rows], size, whole, _take(counted.group, whole))]


def _margin_lines(frame, counted, chosen, of_mix, place, own) -> list[pd.DataFrame]:
    """One margin of each two-way table: the parts of one group (`own=0`), or one part over the groups (`own=1`)."""
    rows = np.flatnonzero(chosen)
    part = frame.iloc[rows]
    names, values = (part[name].str.split(CROSS, n=1).str for name in ("breakdown", "category"))
    margin = part.assign(breakdown=names[own], category=values[own], over=names[1 - own])
    key, whole = _key(margin, [*_PERIOD, "breakdown", "over", "category"]), _find(frame, margin)
    books = []
    for amount in counted.amounts():
        total, total_row = _take(amount, whole), whole
        if own == 0:
            # The parts of a mix within one group add up to the group, which their rows print as denominator.
            total, total_row = np.where(of_mix[rows], counted.group[rows], total), np.where(of_mix[rows], -1, whole)
        additive = np.where(of_mix[rows] & (amount is not counted.numerator), np.nan, amount[rows])
        books.append(_book(f"margin {own}", key, rows, place[rows], additive, total_row, total))
    return books


def _quarter_lines(frame, counted, place) -> list[pd.DataFrame]:
    """Months that add up to a quarter, for measures counted within the period."""
    if set(frame["grain"]) < {"month", "quarter"}:
        return []
    months = np.flatnonzero((frame["grain"] == "month").to_numpy())
    part = frame.iloc[months]
    quarter_end = (pd.DatetimeIndex(part["period_end"]) + pd.offsets.QuarterEnd(0)).astype(part["period_end"].dtype)
    part = part.assign(grain="quarter", period_end=quarter_end)
    whole, key = _find(frame, part), _key(part, [*_PERIOD, "breakdown", "category"])
    complete = (whole >= 0) & (pd.Series(key).groupby(key).transform("size") == 3).to_numpy()
    base = np.where(np.isnan(counted.group), counted.numerator, counted.group)
    sums = pd.DataFrame({"months": base[months], "quarter": _take(base, whole) / 3})[complete]
    sums = sums.groupby(part["measure"].to_numpy()[complete]).sum()
    # A stock or a rolling year gives about three times the quarter; a flow about once (children can come twice).
    flows = sums.index[sums["months"] < 1.5 * sums["quarter"]]
    use = complete & part["measure"].isin(flows).to_numpy()
    rows, whole, key = months[use], whole[use], key[use]
    return [_book("quarter", key, rows, place[rows], a[rows], whole, _take(a, whole)) for a in counted.amounts()]


def _joined(parts: pd.DataFrame, counted: Counted) -> Lines:
    """One line for all sums of the same numbers at the same places, whichever measures print them."""
    parts = parts.assign(line=_key(parts, ["book", "key"]), family=_key(parts, ["family", "key"]))
    each = parts.drop_duplicates(["line", "place"])
    sums = each.groupby("line")["amount"].sum()
    total = parts.groupby("line")["total"].first().fillna(sums)
    parts["line"] = parts["line"].map(_same_numbers(each, total))
    parts = parts[parts["line"].map(total) > 0]

    parts["line"], names = pd.factorize(parts["line"])
    parts["cell"] = pd.factorize(parts["line"] * (parts["place"].max() + 1) + parts["place"])[0] if len(parts) else 0
    cells = parts.drop_duplicates("cell")
    line = parts.groupby("line").agg(family=("family", "first"), rows=("row", "nunique"))
    several = line["rows"].to_numpy() > np.bincount(cells["line"], minlength=len(names))
    rows, at = parts["row"].to_numpy(), parts["line"].to_numpy()
    totals = parts.loc[parts["whole"] >= 0, ["line", "whole"]].drop_duplicates().to_numpy().astype(int)
    shared_cell = several[cells["line"].to_numpy()]
    return Lines(
        line=cells["line"].to_numpy(),
        amount=cells["amount"].to_numpy(),
        # A shared cell is chosen by its size, so that every measure hides the same group.
        loss=np.where(shared_cell, cells["amount"], counted.loss()[cells["row"].to_numpy()]),
        cell=parts["cell"].to_numpy(),
        row=rows,
        total_line=totals[:, 0],
        total_row=totals[:, 1],
        family=line["family"].to_numpy(),
        total=total.reindex(names).to_numpy(),
        floor=np.bincount(at, counted.zero_shown[rows], minlength=len(names)).clip(max=1),
        slack=np.bincount(at, ~counted.rounded[rows], minlength=len(names)) == 0,
        shared=several,
    )


def _same_numbers(each: pd.DataFrame, total: pd.Series) -> pd.Series:
    """For each line the first line with the same amounts at the same places and the same total."""
    weight = pd.util.hash_array(each["place"].to_numpy(np.int64))
    marks = pd.Series(weight * each["amount"].to_numpy().astype(np.uint64), index=each["line"].to_numpy())
    mark = marks.groupby(level=0).sum().reindex(total.index)
    same = pd.DataFrame({"mark": mark, "total": total, "line": total.index})
    return same.groupby(["mark", "total"])["line"].transform("first")


def hide_further(hidden: np.ndarray, lines: Lines, most: int, least_possible: int, base: int) -> np.ndarray:
    """Hide more rows until no line gives a hidden cell away; returns the new mask, one entry per row.

    A line is safe when nothing in it is hidden, or when at least two of its cells are, the hidden cells sum to more
    than `most`, and each could take `least_possible` values for someone who knows all the others exactly. What is
    hidden next is the smallest cell that is not 0, then a 0, then the total. Lines that several measures print come
    first, so that all of them hide the same groups.
    """
    hidden = hidden.copy()
    for lines_in_turn in (lines.shared, np.ones(len(lines.total), bool)):
        while True:
            state = _hidden_cells(hidden, lines)
            failing = lines_in_turn & ~_safe(*state, lines, most, least_possible, base)
            more = _next_to_hide(*state, lines, failing)
            if not len(more):
                break
            hidden[more] = True
    return hidden


def beside_flows(frame: pd.DataFrame, hidden: np.ndarray) -> np.ndarray:
    """The rows of each flow (started, ceased) whose other flow is hidden for the same group and period."""
    flow = frame["measure"].isin(FLOWS).to_numpy()
    if frame.loc[flow, "measure"].nunique() < len(FLOWS):
        return np.zeros(len(frame), bool)
    place = _key(frame, [*_WHEN, "breakdown", "category"])
    return flow & (np.bincount(place, hidden & flow) > 0)[place]


def _hidden_cells(hidden, lines) -> tuple[np.ndarray, np.ndarray]:
    """Which cells, and which lines' totals, no row prints."""
    shown = np.bincount(lines.cell, ~hidden[lines.row], minlength=len(lines.line)) > 0
    count = len(lines.total)
    total_shown = np.bincount(lines.total_line, ~hidden[lines.total_row], minlength=count) > 0
    return ~shown, (np.bincount(lines.total_line, minlength=count) > 0) & ~total_shown


def _safe(out, total_hidden, lines, most, least_possible, base) -> np.ndarray:
    count = len(lines.total)
    cells = np.bincount(lines.line[out], minlength=count)
    sums = np.bincount(lines.line, lines.amount * out, minlength=count)
    shown = np.bincount(lines.line, lines.amount * ~out, minlength=count)
    zero_hidden = np.bincount(lines.line[out & (lines.amount == 0)], minlength=count) > 0
    floor = np.where(zero_hidden, 0, lines.floor)
    # With nothing but zeros shown beside the hidden cells, their sum is known only as the rounded total.
    rounded_up = np.floor(lines.total / base + 0.5) * base + np.ceil(base / 2) - 1
    at_most = np.where(lines.slack & (shown == 0), rounded_up, sums)
    enough = at_most - (cells - 1) * floor >= least_possible
    beside_total = (cells >= 2) & (sums > most) & enough
    # Beside a hidden small total one value more is kept in hand, so that hiding the zeros tells nothing by itself.
    large_total = lines.total > most
    beside_hidden = (cells >= 1) & (large_total | (most - (cells - 1) * floor > least_possible) | (cells <= 1))
    nothing = (cells == 0) & ~total_hidden
    return nothing | np.where(total_hidden, beside_hidden, beside_total)


def _next_to_hide(out, total_hidden, lines, failing) -> np.ndarray:
    """The rows that print one more cell of each family of lines that fails, or else its total."""
    at = np.flatnonzero(failing[lines.line] & ~out)
    family = lines.family[lines.line[at]]
    order = np.lexsort((lines.loss[at], lines.amount[at] == 0, family))
    helped, first = np.unique(family[order], return_index=True)
    chosen = np.zeros(len(lines.line), bool)
    chosen[at[order][first]] = True
    spent = failing & ~total_hidden & ~np.isin(lines.family, helped)
    return np.concatenate([lines.row[chosen[lines.cell]], lines.total_row[spent[lines.total_line]]])
