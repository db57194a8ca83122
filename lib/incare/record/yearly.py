"""The yearly health and offending table (OC2): items that cannot be are read as missing, and said.

Source: INPUTS section 8 (181 to 197, 542 to 546: treat as missing, show completeness); CATALOGUE E and H.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import VALID
from incare.record.findings import Finding, flag
from incare.record.rules import OC2_FLAGS
from incare.record.stack import last_day

INTERVENTIONS = ("INTERVENTION_RECEIVED", "INTERVENTION_OFFERED")
HIGHEST_SCORE = 40


def plausible(rows: pd.DataFrame, born: np.ndarray, findings: list[Finding]) -> pd.DataFrame:
    """The table with what cannot be blanked: no row is left out.

    `rows` is the typed OC2 table, `born` the birth dates by child number; ages are those on 31 March of the return.
    Blanked are flags other than 0 and 1 (noted as 181 when read), scores outside 0 to 40 (180) or for children under 4
    (188) or of 17 and over at the year's start (189), offending under 10 (542), development checks from 5 on (546) and
    interventions without substance misuse (193). An unknown age blanks nothing.
    """
    closes = last_day(rows["_year"].to_numpy())
    mine = born[rows["child"].to_numpy()]
    age, age_before = p.age(mine, closes), p.age(mine, last_day(rows["_year"].to_numpy() - 1) + 1)
    score = rows["SDQ_SCORE"].to_numpy(float).copy()
    scored = ~np.isnan(score) | (rows["SDQ_REASON"] != "").to_numpy()
    out_of_range = (score < 0) | (score > HIGHEST_SCORE) | (score != np.floor(score)) & ~np.isnan(score)
    too_young, too_old = scored & (age < 4), scored & (age_before >= 17)
    flag(rows, out_of_range, "180", "oc2", "SDQ_SCORE", findings)
    flag(rows, too_young, "188", "oc2", "SDQ_SCORE", findings)
    flag(rows, too_old, "189", "oc2", "SDQ_SCORE", findings)
    score[out_of_range | too_young | too_old] = np.nan
    blanked = {"SDQ_SCORE": score}
    for column in OC2_FLAGS:
        blanked[column] = rows[column].where(rows[column].isin(list(VALID["oc2", column])), "")
    for column, rule, wrong in (("CONVICTED", "542", age < 10), ("HEALTH_CHECK", "546", age >= 5)):
        wrong = wrong & (blanked[column] != "").to_numpy()
        flag(rows, wrong, rule, "oc2", column, findings)
        blanked[column] = blanked[column].mask(wrong, "")
    no_misuse = (blanked["SUBSTANCE_MISUSE"] != "1").to_numpy()
    stated = {column: no_misuse & (blanked[column] != "").to_numpy() for column in INTERVENTIONS}
    flag(rows, stated[INTERVENTIONS[0]] | stated[INTERVENTIONS[1]], "193", "oc2", "SUBSTANCE_MISUSE", findings)
    for column, wrong in stated.items():
        blanked[column] = blanked[column].mask(wrong, "")
    return rows.assign(**blanked)
