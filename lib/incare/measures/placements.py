"""Where children in care live, and how settled they are."""

from __future__ import annotations

import numpy as np

from incare import periods as p
from incare.kinds import Mix, Share
from incare.measure import measure
from incare.periods import rolling
from incare.rows import count_in, one_per_child

KINSHIP = ("U1", "U2", "U3")
FOSTER = ("U1", "U2", "U3", "U4", "U5", "U6")
ADOPTION = ("A3", "A4", "A5", "A6")
RESIDENTIAL = {"wide": ("K1", "K2", "S1", "R1", "R2", "R3", "R5"), "homes": ("K1", "K2")}
WITH_NEW_CARER = ("A4", "A6")


def _in_care(in_care):
    return one_per_child(in_care.at("end"), keep="last")


@measure(title="Placements of children in care", kind=Mix(of="placement_type"), better="neither")
def placement_type_pct(in_care):
    """Children in care by the type of placement they are in at the end of the period.

    Population: children in care at the end of the last day.
    Counted: by published group; in a temporary placement (T0 to T4) a child is shown in the placement before it.
    Set aside: nobody; an unknown placement is a group of its own and stays in.
    Source: LAIT LAC placement groups; DfE children's social care dashboard.
    """
    rows = _in_care(in_care)
    return rows.assign(part=rows["placement"].array, counted=True)


@measure(title="Children in care placed with relatives or friends", kind=Share(), better="higher")
def placement_kinship_pct(in_care, *, of="all"):
    """Share of children in care who live with foster carers who are relatives or friends.

    Population: children in care at the end of the last day; with of="foster" those in foster care.
    Counted: placements U1, U2 and U3. Placed with parents (P1) is not kinship care.
    Set aside: nobody.
    Choices: of="all" divides by all children in care; "foster" by those in foster care.
    Source: SSDA903 placement codes; LAIT.
    """
    rows = _in_care(in_care)
    rows = rows[rows["place"].isin(FOSTER)] if of == "foster" else rows
    return rows.assign(counted=rows["place"].isin(KINSHIP))


@measure(title="Children in care in residential settings", kind=Share(), better="lower")
def placement_residential_pct(in_care, *, scope="wide"):
    """Share of children in care who live in a residential setting.

    Population: children in care at the end of the last day.
    Counted: children's and secure homes, residential schools, other residential care; not supported accommodation.
    Set aside: nobody.
    Choices: scope="wide" counts K1 K2 S1 R1 R2 R3 R5; "homes" only K1 and K2, the published group.
    Source: LAIT (homes); the wide scope is assembled from the code labels.
    """
    rows = _in_care(in_care)
    return rows.assign(counted=rows["place"].isin(RESIDENTIAL[scope]))


@measure(title="Children aged 10 to 16 in fostering or adoption", kind=Share(), better="higher")
def foster_or_adoption_10_16_pct(in_care, people, *, min_age=10, max_age=15, exclude_placed_with_parents=False):
    """Share of older children in care who live with foster carers or adopters.

    Population: children in care at the end of the last day aged from min_age to max_age.
    Counted: foster placements (U1 to U6) and placements for adoption (A3 to A6).
    Set aside: children whose date of birth is unknown.
    Choices: min_age=10; max_age=15 reads “10 to 16” as under 16; 16 takes it literally.
    exclude_placed_with_parents=False keeps children living with their parents on an order in the population.
    Source: Lincolnshire panel minutes of 2018/19; the old PAF B79 indicator for the ages (from memory).
    """
    rows = _in_care(in_care)
    age = p.age(p.days(people["born"])[rows["child"]], rows["on"])
    within = (age >= min_age) & (age <= max_age)
    if exclude_placed_with_parents:
        within &= (rows["place"] != "P1").to_numpy()
    rows = rows[within]
    return rows.assign(counted=rows["place"].isin(FOSTER + ADOPTION))


@measure(
    title="Children in care with three or more placements in the year",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def stability_3plus_pct(in_care, carer_spells, *, placements=3):
    """Share of children in care who had three or more carers in the 12 months.

    Population: children in care at the end of the last day, however long they have been in care.
    Counted: those with three or more carer spells that touch the 12 months; the first placement of each period of care
    counts, and so does one that ended on the first day.
    Set aside: short breaks (V3, V4); temporary placements and same-carer changes open no spell.
    Choices: placements=3 is the number that counts as many.
    Source: LAIT LACStable_2016on; temporary and same-carer changes by validator rules 225, 226, 383.
    """
    rows = _in_care(in_care)
    return rows.assign(counted=count_in(carer_spells.overlapping("window"), rows) >= placements)


@measure(title="Long-term placement stability", kind=Share(), better="higher", needs_history=30)
def stability_long_term_pct(in_care, people, *, months_in_care=30, months_in_placement=24):
    """Share of children long in care who have lived with the same carer for two years.

    Population: children in care at the end of the last day, under 16, in care for at least 2.5 years.
    Counted: those with the same carer for at least two years; a placement for adoption is joined to the placement
    before it.
    Set aside: children whose start of care is unknown.
    Choices: months_in_care=30, months_in_placement=24; a start on 1 April counts as a full year at 31 March.
    Source: LAIT LAC_LongStable; NI 063 for the joined placements.
    """
    rows = _in_care(in_care)
    on = p.days(rows["on"])
    young = p.age(p.days(people["born"])[rows["child"]], on) < 16
    long_in_care = p.days(rows["care_start"]) <= p.held_since(on, months_in_care)
    rows = rows[young & long_in_care & ~rows["left_censored"]]
    since = p.held_since(rows["on"], months_in_placement)
    joined = rows["place"].isin(WITH_NEW_CARER).to_numpy() & (p.days(rows["previous_spell_start"]) <= since)
    return rows.assign(counted=np.logical_or(p.days(rows["spell_start"]) <= since, joined))
