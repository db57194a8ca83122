"""The numbered rules by which rows are set aside or repaired, in the words that readers see.

Numbers of three digits are those of the DfE/Data to Insight validator rule that describes the same fault; letters mark
our own rules for reading files (F), cells (C) and stacked returns (S). Source: INPUTS sections 7 to 9, CATALOGUE 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

SET_ASIDE = "set aside"
REPAIRED = "repaired"
KEPT = "kept, flagged"


@dataclass(frozen=True)
class Rule:
    """One rule: its number, what is done with the row, and the reason in plain words."""

    number: str
    action: str
    reason: str


RULES: dict[str, Rule] = {
    rule.number: rule
    for rule in (
        Rule("F1", SET_ASIDE, "row has more or fewer cells than the heading"),
        Rule("F2", SET_ASIDE, "row is blank in a column that must be filled"),
        Rule("C1", SET_ASIDE, "date that must be there is not a date as dd/mm/yyyy or yyyy-mm-dd"),
        Rule("C2", SET_ASIDE, "date that must be there is an Excel serial number"),
        Rule("C3", SET_ASIDE, "date that must be there has a two-digit year"),
        Rule("C4", KEPT, "optional date is not a date as dd/mm/yyyy or yyyy-mm-dd; read as missing"),
        Rule("C5", KEPT, "dummy date (1 January 1900 or earlier); read as missing"),
        Rule("C6", KEPT, "code is not in the code list; shown in its own group"),
        Rule("C7", KEPT, "code is known, but not valid in this return year"),
        Rule("C8", KEPT, "value is not a number; read as missing"),
        Rule("S1", SET_ASIDE, "exact copy of another row"),
        Rule("S2", SET_ASIDE, "earlier copy of a row that a later return states again"),
        Rule("S3", SET_ASIDE, "second row for the same key in one return; the fuller one is used"),
        Rule("S4", SET_ASIDE, "starts after the as-at date"),
        Rule("RESPITE", SET_ASIDE, "short breaks (V1, V3, V4) are not counted as care"),
        Rule("147", SET_ASIDE, "end date is not a date"),
        Rule("148", KEPT, "reason for leaving care without an end date; read as open"),
        Rule("148X", KEPT, "X1 (next episode follows) without an end date; read as open"),
        Rule("148R", KEPT, "end date without a reason; care ended, reason not recorded"),
        Rule("355", SET_ASIDE, "episode ends on or before the day it starts"),
        Rule("501", REPAIRED, "episode overlaps the next one; ended where the next starts"),
        Rule("501R", KEPT, "overlaps a short break; the short break is set aside, the other row stands"),
        Rule("142", REPAIRED, "open episode with a later one; ended where the next starts"),
        Rule("388", REPAIRED, "gap after X1 before a continuation; ended where the next starts"),
        Rule("388E", KEPT, "X1 with no episode after it; care ended that day, reason not recorded"),
        Rule("431", KEPT, "starts again on the day the last period of care ended; a new period of care"),
        Rule("433", KEPT, "continuation after care had ended with a gap; a new period of care"),
        Rule("357", KEPT, "first row is not a start (S); the start of care is unknown"),
        Rule("385", KEPT, "end date after the last day of the return"),
        Rule("502", KEPT, "open at the end of a return, and the next return has no row for it; kept open"),
        Rule("359", KEPT, "in care after the 18th birthday"),
        Rule("380", KEPT, "period of care starts in a temporary placement"),
        Rule(
            "INT03",
            KEPT,
            "child in another table but not in the header; age, sex and ethnicity from that table or unknown",
        ),
        Rule("INT11", KEPT, "date of birth differs from the header; the header is used"),
        Rule("102", KEPT, "date of birth is missing or after the first episode; left out of measures by age"),
        Rule("567", SET_ASIDE, "missing incident ends before it starts"),
        Rule("575", SET_ASIDE, "missing incident starts while the child is not in care"),
        Rule("577", REPAIRED, "missing incident runs past the end of care; ended with it"),
        Rule("399", SET_ASIDE, "review outside every period of care"),
    )
}
