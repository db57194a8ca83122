"""Care leavers: how many, in touch, in education or work, where they live.

Two bases. "birthday" is the statutory one: young people whose birthday falls in the 12 months, with the status recorded
then (OC3). "snapshot" is everyone of the age at the end of the period with the latest known status (local table).
"""

from __future__ import annotations

import pandas as pd

from incare.kinds import Count, Mix, Share
from incare.measure import measure
from incare.periods import rolling
from incare.rows import Spans

EET = (
    "Higher education",
    "Other education",
    "Apprenticeship",
    "Training or employment",
)
WITHOUT_ADDRESS = ("G", "H", "R")


def _birthdays(care_leavers: Spans, ages) -> pd.DataFrame:
    """The birthday cohort of the 12 months: those of the ages, not excluded; at 17 and 18 out of care on the day."""
    rows = care_leavers.starting("window")
    still_in_care = rows["in_care"] & (rows["age"] <= 18)
    return rows[rows["age"].isin(list(ages)) & ~rows["excluded"] & ~still_in_care]


@measure(
    title="Care leavers aged 17 to 21",
    kind=Count(unit="young people"),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def cl_count(care_leavers, *, ages=(17, 18, 19, 20, 21)):
    """Care leavers whose 17th to 21st birthday fell in the 12 months.

    Population: relevant and former relevant young people in OC3, by their birthday in the 12 months.
    Counted: each person once a year, at the age reached.
    Set aside: young people who died (in care or since), returned home for six months, or whose care was transferred;
    at 17 and 18 those still in care on the birthday.
    Choices: ages=(17, 18, 19, 20, 21). Basis: birthday.
    Source: DfE care leavers tables; SSDA903 OC3.
    """
    return _birthdays(care_leavers, ages).assign(counted=True)


@measure(
    title="Care leavers in touch with the council", kind=Share(), better="higher", window=rolling(12), needs_history=12
)
def cl_in_touch_pct(care_leavers, *, ages=(19, 20, 21)):
    """Share of care leavers with whom the council was in touch around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months.
    Counted: in touch (YES). No, refuses contact and no longer requires services stay in the population.
    Set aside: young people who died, returned home for six months, or were transferred to another council.
    Choices: ages=(19, 20, 21). Basis: birthday.
    Source: LAIT; SSDA903 OC3.
    """
    rows = _birthdays(care_leavers, ages)
    return rows.assign(counted=rows["in_touch"] == "YES")


@measure(
    title="Care leavers in education, employment or training",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def cl_eet_pct(care_leavers, *, ages=(19, 20, 21), denominator="all"):
    """Share of care leavers in education, employment or training around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: full or part time in higher or other education, apprenticeship, training or employment.
    Set aside: young people who died, returned home for six months, or were transferred to another council.
    Choices: ages=(19, 20, 21); denominator="all" as published, or "known" without unknown activity. Basis: birthday.
    Source: LAIT CareLeaverEET; DfE.
    """
    rows = _birthdays(care_leavers, ages)
    rows = rows[rows["activity"] != "Not known"] if denominator == "known" else rows
    return rows.assign(counted=rows["activity"].isin(EET))


@measure(
    title="Why care leavers are not in education, employment or training",
    kind=Mix(of="neet_reason"),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def cl_neet_reasons(care_leavers, *, ages=(19, 20, 21)):
    """Care leavers by whether they are in education, employment or training, and if not, the reason recorded.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months.
    Counted: illness or disability (G4), pregnancy or parenting (G6), other (G5); not known is a row of its own.
    Set aside: young people who died, returned home for six months, or were transferred to another council.
    Choices: ages=(19, 20, 21). Basis: birthday.
    Source: DfE care leavers tables; SSDA903 OC3.
    """
    rows = _birthdays(care_leavers, ages)
    return rows.assign(part=rows["neet_reason"].array, counted=True)


@measure(
    title="Care leavers in suitable accommodation",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def cl_suitable_accommodation_pct(care_leavers, *, ages=(19, 20, 21)):
    """Share of care leavers whose accommodation was judged suitable around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with no information too.
    Counted: accommodation recorded as suitable: safe, secure and affordable for the young person, in the judgement of
    their worker. No fixed abode and custody are never suitable.
    Set aside: gone abroad (G), deported (H), residence not known (R); young people who died, returned home for six
    months, or were transferred to another council.
    Choices: ages=(19, 20, 21). Basis: birthday.
    Source: LAIT; DfE outcome 4 notes; Care Leavers Regulations 2010, regulation 9.
    """
    rows = _birthdays(care_leavers, ages)
    rows = rows[~rows["accommodation"].isin(WITHOUT_ADDRESS)]
    return rows.assign(counted=rows["suitable"] == "Suitable")


@measure(
    title="Care leavers staying with their former foster carers",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=36,
)
def cl_staying_put_pct(care_leavers, *, ages=(19, 20)):
    """Share of care leavers who left foster care on their 18th birthday and live with their former foster carers.

    Population: care leavers whose 19th or 20th birthday fell in the 12 months and who left care from a foster placement
    on their 18th birthday.
    Counted: accommodation Z (with former foster carers), whether suitable or not.
    Set aside: young people who died, returned home for six months, or were transferred to another council.
    Choices: ages=(19, 20); 18 is published apart. Basis: birthday.
    Source: LAIT StayingPut; DfE.
    """
    rows = _birthdays(care_leavers, ages)
    rows = rows[rows["left_foster_at_18"]]
    return rows.assign(counted=rows["accommodation"] == "Z")
