"""An attacker who knows the rules and every printed figure, and asks a solver what a hidden cell can be."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp


class Attacker:
    """Whole-number unknowns with bounds, tied together by sums; `range_of` gives the least and most of one of them."""

    def __init__(self):
        self.low, self.high, self.ties = [], [], []

    def unknown(self, low, high=2_000):
        """A new unknown count."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def printed(self, figure, base=5, hide_to=7):
        """A count printed after rounding; 0 is exactly 0 and nothing of 1 to 7 is printed."""
        if figure == 0:
            return self.unknown(0, 0)
        half = (base - 1) // 2
        return self.unknown(max(figure - half, hide_to + 1), figure + half)

    def tie(self, weights: dict, low=0.0, high=0.0):
        """low <= sum of weight times unknown <= high."""
        self.ties.append((weights, low, high))

    def adds_up(self, parts, total):
        """The parts sum to the total."""
        self.tie({total: -1.0} | dict.fromkeys(parts, 1.0))

    def percentage(self, numerator, denominator, percent):
        """A whole percentage of true counts, rounded half up."""
        # Doubled, so that all is in whole numbers: 100 x >= (percent - 1/2) d and 100 x < (percent + 1/2) d.
        self.tie({numerator: 200, denominator: -(2 * percent - 1)}, 0, np.inf)
        self.tie({numerator: 200, denominator: -(2 * percent + 1)}, -np.inf, -1)

    def range_of(self, unknown):
        """Least and most whole value that fits everything printed."""
        matrix = np.zeros((len(self.ties), len(self.low)))
        for row, (weights, _, _) in enumerate(self.ties):
            for column, weight in weights.items():
                matrix[row, column] = weight
        ties = LinearConstraint(matrix, [t[1] for t in self.ties], [t[2] for t in self.ties])
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(self.low))
            goal[unknown] = sign
            found = milp(goal, constraints=ties, bounds=Bounds(self.low, self.high), integrality=np.ones(len(goal)))
            assert found.status == 0, f"the printed figures contradict each other: {found.message}"
            ends.append(round(sign * found.fun))
        return tuple(ends)

    def possible(self, unknown):
        """How many values the unknown can have, from the least to the most."""
        low, high = self.range_of(unknown)
        return high - low + 1


def of_counts(shown, truth):
    """Unknowns for every row of a protected count; a hidden part that is not 0 is known to be at least 1."""
    attacker, unknowns = Attacker(), []
    for (_, row), true in zip(shown.iterrows(), truth, strict=True):
        hidden = row["status"] == "c"
        unknowns.append(attacker.unknown(min(true, 1)) if hidden else attacker.printed(row["numerator"]))
    return attacker, unknowns


def of_shares(shown):
    """Unknown numerators, complements and denominators for every row of a protected share."""
    attacker, unknowns = Attacker(), []
    for _, row in shown.iterrows():
        if row["status"] == "c":
            x, y, d = attacker.unknown(0), attacker.unknown(0), attacker.unknown(0)
        elif row["denominator"] == 0:
            x, y, d = attacker.unknown(0, 0), attacker.unknown(0, 0), attacker.unknown(0, 0)
        else:
            x, d = attacker.printed(row["numerator"]), attacker.printed(row["denominator"])
            full = row["value"] == 100 and row["numerator"] == row["denominator"]
            y = attacker.unknown(0, 0) if full else attacker.unknown(8)
            attacker.percentage(x, d, row["value"])
        attacker.adds_up([x, y], d)
        unknowns.append((x, y, d))
    return attacker, unknowns
