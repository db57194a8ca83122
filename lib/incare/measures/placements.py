"""Where children in care live, and how settled they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import NOT_KNOWN, OUT_OF_AREA
from incare.kinds import Mean, Mix, Share
from incare.measure import measure
from incare.measures.cohorts import (
    UNKNOWN_BIRTH,
    UNKNOWN_START,
    aged,
    ages,
    in_care_any_time,
    in_care_now,
    starts,
)
from incare.periods import last_day, rolling
from incare.rows import Spans, count_in, set_aside

KINSHIP = ("U1", "U2", "U3")
FOSTER = ("U1", "U2", "U3", "U4", "U5", "U6")
ADOPTION = ("A3", "A4", "A5", "A6")
PARENTS = ("P1",)
SUPPORTED = ("K3", "H5", "P2")
RESIDENTIAL = {"wide": ("K1", "K2", "S1", "R1", "R2", "R3", "R5"), "homes": ("K1", "K2")}
WITH_NEW_CARER = ("A4", "A6")
# DfE calls the 2024 figures around this change weak.
SUPPORTED_REGISTERED = {
    "2023-10-28": "supported accommodation became a registered service; providers that had not applied are “other”"
}
MOVES = ("P", "B", "T", "U")
NOT_RECORDED = "Not recorded"
UNKNOWN_STAY = "start of the stay with the present carer not known"
CHANGE_REASONS = {
    "CARPL": "Carrying out or changing the care plan",
    "CLOSE": "Carer resigned or setting closed",
    "ALLEG": "Allegation (section 47)",
    "STAND": "Concern about the standard of care",
    "APPRR": "Approval removed",
    "CREQB": "Carer asked: the child's behaviour",
    "CREQO": "Carer asked: another reason",
    "CHILD": "Child asked",
    "LAREQ": "Responsible or area council asked",
    "PLACE": "Only the status of the placement changed",
    "CUSTOD": "Custody",
    "OTHER": "Other",
}
UNPLANNED = ("ALLEG", "STAND", "APPRR", "CREQB", "CREQO", "CHILD", "LAREQ", "CLOSE")
DISRUPTIONS = ("Unplanned disruption", "Planned or another reason", NOT_RECORDED)


def _placed(rows: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
    """The rows with those counted whose placement has one of the codes, and whether the placement is known."""
    return rows.assign(counted=rows["place"].isin(codes), known=rows["placement"] != NOT_KNOWN)


@measure(
    title="Placements of children in care",
    kind=Mix(of="placement_type"),
    better="neither",
    window=last_day,
    latest_enough=True,
    breaks=SUPPORTED_REGISTERED,
)
def placement_type_pct(in_care):
    """Children in care by the type of placement they are in at the end of the period.

    Population: children in care at the end of the last day.
    Counted: by published group; in a temporary placement (T0 to T4) a child is shown in the placement before it.
    "Other residential" holds R1, R2, R3, R5 and residential employment (P3), a group put together from code labels;
    "Other placements" holds Z1 and its parts Z11 to Z14, whose names are not published.
    Set aside: nobody; an unknown placement is a group of its own and stays in.
    Source: LAIT LAC placement groups; DfE children's social care dashboard.
    """
    rows = in_care_now(in_care)
    return rows.assign(part=rows["placement"].array, counted=True, known=rows["placement"] != NOT_KNOWN)


@measure(
    title="Children in care placed with relatives or friends",
    kind=Share(),
    better="higher",
    window=last_day,
    latest_enough=True,
    sources=("in_care",),
    allowed={"of": ("all", "foster"), "at": ("snapshot", "start")},
    by_choice={
        "at": {
            "start": {
                "window": rolling(12),
                "needs_history": 12,
                "sources": ("care_periods",),
                "latest_enough": False,
            }
        }
    },
)
def placement_kinship_pct(in_care, care_periods, *, of="all", at="snapshot"):
    """Share of children in care who live with foster carers who are relatives or friends.

    Population: children in care at the end of the last day; with of="foster" those in foster care. With at="start":
    children whose care began in the 12 months, each once, by the first start.
    Counted: placements U1, U2 and U3; with at="start" the first placement. Placed with parents (P1) is not kinship
    care. Temporary approval of a relative (regulation 24) cannot be seen in the return.
    Set aside: nobody; an unknown placement stays in. With at="start": children whose start of care is unknown.
    Choices: of="all" divides by all children, "foster" by those in foster care; at="snapshot" looks at the last day,
    "start" at the placements in which care begins.
    Source: SSDA903 placement codes; LAIT.
    """
    rows = starts(care_periods) if at == "start" else in_care_now(in_care)
    return _placed(rows[rows["place"].isin(FOSTER)] if of == "foster" else rows, KINSHIP)


@measure(
    title="Children in care in residential settings",
    kind=Share(),
    better="lower",
    window=last_day,
    latest_enough=True,
    allowed={"scope": tuple(RESIDENTIAL)},
)
def placement_residential_pct(in_care, *, scope="wide"):
    """Share of children in care who live in a residential setting.

    Population: children in care at the end of the last day.
    Counted: children's and secure homes, residential schools, other residential care; not supported accommodation.
    Set aside: nobody; an unknown placement stays in.
    Choices: scope="wide" counts K1 K2 S1 R1 R2 R3 R5; "homes" only K1 and K2, the published group.
    Source: LAIT (homes); the wide scope is assembled from the code labels.
    """
    return _placed(in_care_now(in_care), RESIDENTIAL[scope])


@measure(title="Children in care in foster care", kind=Share(), better="higher", window=last_day, latest_enough=True)
def placement_foster_pct(in_care):
    """Share of children in care who live with foster carers.

    Population: children in care at the end of the last day.
    Counted: placements U1 to U6, relatives and friends among them.
    Set aside: nobody; an unknown placement stays in.
    Source: LAIT; DfE children looked after at 31 March.
    """
    return _placed(in_care_now(in_care), FOSTER)


@measure(
    title="Children in care placed with their parents",
    kind=Share(),
    better="neither",
    window=last_day,
    latest_enough=True,
)
def placement_with_parents_pct(in_care):
    """Share of children in care who live with a parent or another person with parental responsibility.

    Population: children in care at the end of the last day.
    Counted: placement P1.
    Set aside: nobody; an unknown placement stays in.
    Source: LAIT; DfE children looked after at 31 March.
    """
    return _placed(in_care_now(in_care), PARENTS)


@measure(
    title="Children in care in supported accommodation",
    kind=Share(),
    better="neither",
    window=last_day,
    latest_enough=True,
    breaks=SUPPORTED_REGISTERED,
    allowed={"of": ("all", "16_and_over")},
)
def placement_supported_accommodation_pct(in_care, people, *, of="all"):
    """Share of children in care who live in supported accommodation or independently.

    Population: children in care at the end of the last day; with of="16_and_over" those aged 16 or over.
    Counted: registered supported accommodation (K3), and before it semi-independent (H5) and independent living (P2).
    It is for young people from 16 on: a younger one in these codes is a recording error or a serious concern.
    Set aside: nobody; an unknown placement stays in. With of="16_and_over": children whose date of birth is unknown.
    Choices: of="all" divides by all children in care, as published; "16_and_over" by those aged 16 or over.
    Source: LAIT; DfE children looked after at 31 March; validator rule 371 for the age.
    """
    rows = in_care_now(in_care)
    return _placed(aged(rows, people, 16, 200) if of == "16_and_over" else rows, SUPPORTED)


@measure(
    title="Children aged 10 to 16 in fostering or adoption",
    kind=Share(),
    better="higher",
    window=last_day,
    latest_enough=True,
)
def foster_or_adoption_10_16_pct(in_care, people, *, min_age=10, max_age=15, exclude_placed_with_parents=False):
    """Share of older children in care who live with foster carers or adopters.

    Population: children in care at the end of the last day aged from min_age to max_age.
    Counted: foster placements (U1 to U6) and placements for adoption (A3 to A6).
    Set aside: children whose date of birth is unknown; by choice those living with their parents.
    Choices: min_age=10; max_age=15 reads “10 to 16” as under 16; 16 takes it literally.
    exclude_placed_with_parents=False keeps children living with their parents on an order in the population. A
    29 February birthday falls on 1 March in other years.
    Source: Lincolnshire panel minutes of 2018/19; the old PAF B79 indicator for the ages (from memory).
    """
    rows = aged(in_care_now(in_care), people, min_age, max_age)
    at_home = exclude_placed_with_parents & rows["place"].isin(PARENTS)
    return _placed(set_aside(rows, at_home, "living with parents"), FOSTER + ADOPTION)


@measure(
    title="Children in care living in a family", kind=Share(), better="higher", window=last_day, latest_enough=True
)
def family_environment_pct(in_care):
    """Share of children in care who live in a family: with foster carers, adopters or their parents.

    Population: children in care at the end of the last day.
    Counted: foster placements (U1 to U6), placements for adoption (A3 to A6) and placed with parents (P1).
    Set aside: nobody; an unknown placement stays in.
    Source: Lincolnshire panel, which replaced its measure of 10 to 16-year-olds by this one. No national definition.
    """
    return _placed(in_care_now(in_care), FOSTER + ADOPTION + PARENTS)


@measure(
    title="Children in care placed outside the council's area",
    kind=Share(),
    better="lower",
    window=last_day,
    latest_enough=True,
)
def placement_out_of_area_pct(placement_locations):
    """Share of children in care who live outside the area of the council responsible for them.

    Population: children in care at the end of the last day, those whose place is not known too.
    Counted: placements outside the council's boundary, in Scotland, Wales and Northern Ireland as well.
    Set aside: nobody; a place that is not known counts as not outside and stays in.
    Source: DfE children looked after at 31 March; derived from the postcode as the SSDA903 validator does.
    """
    rows = in_care_now(placement_locations)
    return rows.assign(counted=rows["location"] == OUT_OF_AREA, known=rows["location"] != NOT_KNOWN)


@measure(
    title="Children in care placed more than 20 miles from home",
    kind=Share(),
    better="lower",
    window=last_day,
    allowed={"variant": ("lait", "distance_only")},
)
def placement_over_20_miles_pct(placement_locations, *, variant="lait", miles=20.0):
    """Share of children in care who live more than 20 miles from home.

    Population: children in care at the end of the last day, those whose distance is not known too.
    Counted: a straight line of more than 20.0 miles, to one decimal, from the home the child first came from, and
    outside the council's boundary; with variant="distance_only" inside or outside it.
    Set aside: nobody; a distance that is not known (blank or 999.9, as for unaccompanied children) is never over 20
    miles and stays in.
    Choices: variant="lait" as in the Local Authority Interactive Tool, "distance_only" as on the DfE dashboard; both
    are published. miles=20.0.
    Source: LAIT LACDistance; DfE children's social care dashboard.
    """
    rows = in_care_now(placement_locations)
    away, known = rows["miles"] > miles, rows["miles"].notna()
    if variant == "lait":
        away, known = away & (rows["location"] == OUT_OF_AREA), known & (rows["location"] != NOT_KNOWN)
    return rows.assign(counted=away, known=known)


@measure(
    title="Children in care with three or more placements in the year",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=12,
    sources=("in_care", "carer_spells"),
    by_choice={"count_same_carer_changes": {True: {"sources": ("in_care", "placement_spells")}}},
)
def stability_3plus_pct(in_care, carer_spells, placement_spells, *, placements=3, count_same_carer_changes=False):
    """Share of children in care who had three or more carers in the 12 months.

    Population: children in care at the end of the last day, however long they have been in care.
    Counted: those with three or more carer spells that touch the 12 months; the first placement of each period of care
    counts, and so does one that ended on the first day.
    Set aside: short breaks (V3, V4); temporary placements (T0 to T4) and same-carer changes open no spell.
    Choices: placements=3 is the number that counts as many. count_same_carer_changes=False leaves out moves with the
    same carers (T and U); True counts them, adoption by the present carers too. DfE does not say which it does.
    Source: LAIT LACStable_2016on; temporary changes by validator rules 225, 226, 383 (from memory for the indicator).
    """
    spells = placement_spells if count_same_carer_changes else carer_spells
    rows = in_care_now(in_care)
    return rows.assign(counted=count_in(spells.overlapping("window"), rows) >= placements)


@measure(
    title="Children in care for two years with three or more placements in them",
    kind=Share(),
    better="lower",
    window=rolling(24),
    needs_history=24,
    sources=("in_care", "carer_spells"),
    by_choice={"count_same_carer_changes": {True: {"sources": ("in_care", "placement_spells")}}},
)
def stability_3plus_2y_pct(in_care, carer_spells, placement_spells, *, placements=3, count_same_carer_changes=False):
    """Share of children in care for two years who had three or more carers in those two years.

    Population: children in care at the end of the last day and without a gap for 24 months (at 31 March: from 1 April
    two years before). That the two years must be without a gap is our reading of the published group's name.
    Counted: those with three or more carer spells that touch the 24 months.
    Set aside: children whose first row in the record is not a start and lies within the 24 months. Temporary placements
    (T0 to T4) and same-carer changes open no spell.
    Choices: placements=3 is the number that counts as many. count_same_carer_changes=False leaves out moves with the
    same carers (T and U); True counts them.
    Source: DfE children's social care dashboard; DfE placement stability ("CLA 2 years on 31 March").
    """
    spells = placement_spells if count_same_carer_changes else carer_spells
    rows = in_care_now(in_care)
    long_enough = p.days(rows["care_start"]) <= p.held_since(rows["on"], 24)
    unknown = rows["left_censored"].to_numpy(bool) & ~long_enough
    rows = set_aside(rows, unknown, UNKNOWN_START)[long_enough | unknown]
    return rows.assign(counted=count_in(spells.overlapping("window"), rows) >= placements)


@measure(title="Long-term placement stability", kind=Share(), better="higher", window=last_day, needs_history=30)
def stability_long_term_pct(in_care, people, *, months_in_care=30, months_in_placement=24):
    """Share of children long in care who have lived with the same carer for two years.

    Population: children in care at the end of the last day, under 16, in care for at least 2.5 years.
    Counted: those with the same carer for at least two years; a placement for adoption is joined to the placement
    before it. Temporary placements (T0 to T4) and same-carer changes do not end the time with a carer.
    Set aside: children under 16 whose start of care, or of the stay with the present carer, is unknown; children whose
    date of birth is unknown.
    Choices: months_in_care=30, months_in_placement=24; a start on 1 April counts as a full year at 31 March. A
    29 February birthday falls on 1 March in other years.
    Source: LAIT LAC_LongStable; NI 063 for the joined placements.
    """
    rows = in_care_now(in_care)
    age, unknown = ages(rows, people), rows["left_censored"].to_numpy(bool)
    rows = set_aside(set_aside(rows, unknown, UNKNOWN_START), np.isnan(age), UNKNOWN_BIRTH)
    long_in_care = p.days(rows["care_start"]) <= p.held_since(rows["on"], months_in_care)
    rows = rows[~(age >= 16) & (long_in_care | unknown)]
    since = p.held_since(rows["on"], months_in_placement)
    joined = rows["place"].isin(WITH_NEW_CARER).to_numpy() & (p.days(rows["previous_spell_start"]) <= since)
    settled = np.logical_or(p.days(rows["spell_start"]) <= since, joined)
    unknown = ~rows["spell_start_known"].to_numpy(bool) & ~settled
    return set_aside(rows, unknown, UNKNOWN_STAY).assign(counted=settled)


@measure(
    title="Why placements of children in care ended",
    kind=Mix(of="change_reason"),
    better="neither",
    window=rolling(12),
    needs_history=12,
    allowed={"group": ("reason", "planned")},
)
def placement_change_reasons(in_care, *, group="reason"):
    """Placements that ended in the 12 months because the child moved, by the reason recorded.

    Population: placements that ended in the 12 months and were followed the same day by another (a row with reason P,
    B, T or U), changes with the same carers among them. Each is counted: a child who moved twice is in twice.
    Counted: by the reason on the placement that ended; blank or unknown is "Not recorded".
    Set aside: nobody; temporary placements (T0 to T4), for which no reason is asked, are left out on both sides.
    Choices: group="reason" shows each reason; "planned" sets unplanned disruptions (allegation, standards, approval
    removed, carer, child or council asked, setting closed) against the others, a grouping from memory.
    Source: DfE placement changes during the year by reason; SSDA903 reasons for placement change.
    """
    rows = Spans(_ended_by_move(in_care.table), in_care.periods, in_care.window).ending("window")
    codes = rows["change_reason"].astype(object)
    if group == "planned":
        kinds = {code: DISRUPTIONS[0] if code in UNPLANNED else DISRUPTIONS[1] for code in CHANGE_REASONS}
        part = pd.Categorical(codes.map(kinds).fillna(NOT_RECORDED), categories=DISRUPTIONS)
    else:
        labels = (*CHANGE_REASONS.values(), NOT_RECORDED)
        part = pd.Categorical(codes.map(CHANGE_REASONS).fillna(NOT_RECORDED), categories=labels)
    return rows.assign(part=part, counted=True, known=np.asarray(part != NOT_RECORDED))


def _ended_by_move(episodes: pd.DataFrame) -> pd.DataFrame:
    """Episodes that ended because the child moved to another placement, neither of the two temporary."""
    following = episodes.shift(-1)
    moved = (
        (episodes["child"] == following["child"])
        & (episodes["reason"] == "X1")
        & following["rne"].isin(MOVES)
        & ~episodes["temporary"]
        & ~following["temporary"].astype("boolean").fillna(True).astype(bool)
    )
    return episodes[moved].reset_index(drop=True)


@measure(
    title="Moves of children in care in the year",
    kind=Mean(unit="moves"),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def placement_moves_per_child(in_care, carer_spells):
    """Mean number of times that children in care moved to another carer in the 12 months.

    Population: children with an episode of care that touches the 12 months.
    Counted: carer spells that began in the 12 months, without the first of each period of care.
    Set aside: short breaks (V3, V4); temporary placements (T0 to T4) and same-carer changes are no moves.
    Source: the spells of the stability measures. No national definition.
    """
    later = carer_spells.table[carer_spells.table["care"].duplicated()].reset_index(drop=True)
    moves = Spans(later, carer_spells.periods, carer_spells.window).starting("window")
    rows = in_care_any_time(in_care)
    return rows.assign(counted=True, amount=count_in(moves, rows).astype(float))
