"""The Standard Safeguarding Dataset's tables as ours: episodes with their placements and legal status, plans, visits.

Source: Data to Insight, repository data-to-insight/ssd-data-model: `docs/admin/data_objects_specification.csv`, and the
names that the extract scripts for SQL Server have used since (1.4.8); CATALOGUE 4 (codes), INPUTS 4 (local tables).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from incare.codes import VALID
from incare.record.cells import read_dates
from incare.record.files import STACKED, Sheet, TextTable, _by_year, even, refuse_scientific_ids, refuse_twice, tidied
from incare.record.tables import SSDA903, TABLES

# What the extract scripts write where a council's system has no such item.
PLACEHOLDER = "SSD_PH"


@dataclass(frozen=True)
class Origin:
    """One table of the Standard: our name for each column with the names it has had there, and those that must be."""

    name: str
    columns: dict[str, tuple[str, ...]] = field(repr=False)
    must: tuple[str, ...]


# A table a paragraph: its name, the prefix of its columns, those that must be there (starred), and what we call them;
# newer names come first.
_ORIGINS = """
ssd_person pers
  child*=person_id sex=sex gender=gender ethnic*=ethnicity dob*=dob upn=upn no_upn=upn_unknown mother=is_mother
ssd_cla_episodes clae
  id=cla_episode_id child*=person_id placement=cla_placement_id care=cla_id referral=referral_id
  start*=cla_episode_start_date|cla_episode_start rne*=cla_episode_start_reason
  cin=cla_primary_need_code|cla_primary_need end*=cla_episode_ceased_date|cla_episode_ceased
  rec=cla_episode_ceased_reason|cla_episode_cease_reason
ssd_cla_placement clap
  id=cla_placement_id episode=cla_episode_id care=cla_id child=person_id start*=cla_placement_start_date
  end=cla_placement_end_date type*=cla_placement_type provider=cla_placement_provider urn=cla_placement_urn
  postcode=cla_placement_postcode distance=cla_placement_distance change=cla_placement_change_reason
ssd_legal_status lega
  child*=person_id status*=legal_status start*=legal_status_start_date end=legal_status_end_date
ssd_cla_reviews clar
  child=cla_person_id|person_id episode=cla_episode_id care=cla_id due*=cla_review_due_date held*=cla_review_date
  cancelled=cla_review_cancelled code=cla_review_participation
ssd_cla_visits clav
  child=person_id episode=cla_episode_id care=cla_id on*=cla_visit_date seen=cla_visit_seen alone=cla_visit_seen_alone
ssd_cla_care_plan lacp
  child=person_id episode=cla_episode_id start*=cla_care_plan_start_date plan=cla_care_plan_json|cla_care_plan
ssd_cla_health clah
  child*=person_id type*=health_check_type on*=health_check_date status=health_check_status
ssd_sdq_scores csdq
  child*=person_id on*=sdq_completed_date score*=sdq_score reason=sdq_reason
ssd_missing miss
  child*=person_id|la_person_id start*=missing_episode_start_date|mis_epi_start
  type*=missing_episode_type|mis_epi_type end=missing_episode_end_date|mis_epi_end
  offered=missing_rhi_offered|mis_epi_rhi_offered accepted=missing_rhi_accepted|mis_epi_rhi_accepted
ssd_care_leavers clea
  child*=person_id eligibility*=care_leaver_eligibility in_touch=care_leaver_in_touch
  contact=care_leaver_latest_contact accommodation=care_leaver_accommodation suitable=care_leaver_accom_suitable
  activity=care_leaver_activity pathway=pathway_plan_review_date adviser=care_leaver_personal_advisor
ssd_involvements invo
  child=person_id referral=referral_id worker*=professional_id role*=professional_role_id
  start*=involvement_start_date end=involvement_end_date change=worker_change_reason
ssd_professionals prof
  worker*=professional_id role*=professional_job_title fte=full_time_equivalency agency=agency_worker_flag
  team=professional_department
ssd_immigration_status immi
  child*=person_id status*=immigration_status start=immigration_status_start_date end=immigration_status_end_date
ssd_permanence perm
  child*=person_id decided*=adm_decision_date matched=matched_date carer=adopted_by_carer_flag
  adopters=number_of_adopters adopter_sex=adopter_sex adopter_status=adopter_legal_status
  reversed=decision_reversed_date why=decision_reversed_reason order=permanence_order_type
ssd_cla_previous_permanence lapp
  child*=person_id option*=previous_permanence_option la=previous_permanence_la on=previous_permanence_order_date
ssd_cla_convictions clac
  child*=person_id on*=cla_conviction_date
"""
# Our tables: the Standard's one that gives the rows, and where each column comes from; a word in quotes is a constant.
_TABLES = """
episodes ssd_cla_episodes
  CHILD=child DECOM=start RNE=rne LS=ls CIN=cin PLACE=type PLACE_PROVIDER=provider DEC=end REC=rec
  REASON_PLACE_CHANGE=change PL_POST=postcode URN=urn PL_DISTANCE=distance
header ssd_person
  CHILD=child SEX=sex DOB=dob ETHNIC=ethnic UPN=upn MOTHER=mother
uasc ssd_immigration_status
  CHILD=child SEX='' DOB=dob DUC=end
missing ssd_missing
  CHILD=child MISSING=type MIS_START=start MIS_END=end
ad1 ssd_permanence
  CHILD=child DATE_INT=decided DATE_MATCH=matched FOSTER_CARE=carer NB_ADOPTR=adopters SEX_ADOPTR=adopter_sex
  LS_ADOPTR=adopter_status
placed_for_adoption ssd_permanence
  CHILD=child DATE_PLACED=decided DATE_PLACED_CEASED=reversed REASON_PLACED_CEASED=why
previous_permanence ssd_cla_previous_permanence
  CHILD=child PREV_PERM=option LA_PERM=la DATE_PERM=on
sw_episodes ssd_involvements
  CHILD=child SW_ID=worker SW_DECOM=start SW_DEC=end SW_REASON=change
care_plans ssd_cla_care_plan
  CHILD=child PLAN_DATE=start STATUS='AUTHORISED' PLAN_TYPE=plan
pathway_plans ssd_care_leavers
  CHILD=child PLAN_DATE=pathway KIND='REVIEW' STATUS='AUTHORISED'
visits ssd_cla_visits
  CHILD=child VISIT_DATE=on SEEN=seen SEEN_ALONE=alone WORKER_ROLE='SW'
reviews_local ssd_cla_reviews
  CHILD=child DUE_DATE=due REVIEW_DATE=held CANCELLED=cancelled REVIEW_CODE=code
health ssd_cla_health
  CHILD=child CHECK_TYPE=type CHECK_DATE=on STATUS=status
sdq ssd_sdq_scores
  CHILD=child SDQ_DATE=on SDQ_SCORE=score SDQ_REASON=reason
return_interviews ssd_missing
  CHILD=child MIS_START=start OFFERED=offered ACCEPTED=accepted
care_leavers ssd_care_leavers
  CHILD=child SNAPSHOT_DATE=day DOB=dob ELIGIBILITY=eligibility IN_TOUCH=in_touch LATEST_CONTACT=contact ACTIV=activity
  ACCOM=whole ACCOM_TYPE=accommodation SUITABLE=suitable PERSONAL_ADVISER=adviser
pa_allocations ssd_involvements
  CHILD=child WORKER_ID=worker WORKER_ROLE=role START=start END=end CHANGE_REASON=change
workers ssd_professionals
  WORKER_ID=worker ROLE=role FTE=fte START='' END='' AGENCY=agency TEAM=team
"""


def _paragraphs(text: str) -> Iterable[tuple[str, str, list[tuple[str, str]]]]:
    """The two words of each paragraph's first line, and its pairs `left=right`."""
    for first, *lines in (part.strip().splitlines() for part in re.split(r"\n(?=\w)", text.strip())):
        name, other = first.split()
        yield name, other, [tuple(pair.split("=")) for line in lines for pair in line.split()]


ORIGINS: dict[str, Origin] = {
    name: Origin(
        name,
        {ours.rstrip("*"): tuple(f"{prefix}_{theirs}".upper() for theirs in names.split("|")) for ours, names in pairs},
        tuple(ours.rstrip("*") for ours, _ in pairs if ours.endswith("*")),
    )
    for name, prefix, pairs in _paragraphs(_ORIGINS)
}
ROWS_OF = {name: origin for name, origin, _ in _paragraphs(_TABLES)}
_CELLS = {name: dict(pairs) for name, _, pairs in _paragraphs(_TABLES)}


def recognise(columns: Iterable[str]) -> str | None:
    """The table of the Standard whose needed columns are all there, in any case; None if none is."""
    found = {column.upper() for column in columns}
    fits = (o for o in ORIGINS.values() if all(found & set(o.columns[column]) for column in o.must))
    return next((origin.name for origin in fits), None)


def wanted(name: str, columns: Iterable[str]) -> list[str]:
    """The columns of a table of the Standard that are read, in upper case: no name, no address, no free text."""
    found = {column.upper() for column in columns}
    named = (next((one for one in theirs if one in found), None) for theirs in ORIGINS[name].columns.values())
    return [column for column in named if column]


def translate(frames: dict[str, pd.DataFrame], snapshot=None, keep: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """Our tables from those of the Standard: `_TABLES` says what is read as what, `_ROWS` which tables need more.

    `frames` are text tables by the Standard's names (`ssd_person` …), columns in any case, blanks empty, with `_row`
    if rows are numbered. `snapshot` is the day that the care leavers' table describes; without it there is none.
    `keep` names columns of ssd_person to carry into the header. Returns text tables with our columns and `_row`; those
    of SSDA903 with a column YEAR. A table without rows is left out, and so are people who neither were in care nor are
    care leavers: the Standard holds every child known to the council.
    """
    return _translated(frames, snapshot, keep)[0]


def text_tables(
    frames: dict[str, pd.DataFrame], paths: dict[str, str], *, as_at=None, keep: tuple[str, ...] = ()
) -> tuple[list[TextTable], list[str]]:
    """Our tables from those of the Standard as parts of an extract, and sentences about what was not used.

    `paths` says what the relation or file of each of the Standard's tables is called. See `translate`.
    """
    made, said = _translated(frames, as_at, keep)
    parts = []
    for name, rows in made.items():
        refuse_scientific_ids(paths[ROWS_OF[name]], rows)
        part = TextTable(TABLES[name], paths[ROWS_OF[name]], ("", ""), rows)
        parts += _by_year(part) if STACKED in rows else [part]
    return parts, said


def beside(
    frames: dict[str, pd.DataFrame], paths: dict[str, str], present: set[str], *, as_at=None, keep: tuple[str, ...] = ()
) -> tuple[list[TextTable], list[str]]:
    """As `text_tables`, without the tables that are `present` already; a sentence names those."""
    made, said = text_tables(frames, paths, as_at=as_at, keep=keep)
    twice = sorted({part.table.name for part in made} & present)
    if twice:
        said = [
            *said,
            f"{', '.join(twice)}: a table of its own and tables of the Standard were found; the former is used.",
        ]
    return [part for part in made if part.table.name not in present], said


def parts_of_sheets(
    sheets: dict[str, list[Sheet]], present: set[str], *, as_at=None, keep: tuple[str, ...] = ()
) -> tuple[list[TextTable], list[str]]:
    """Our tables from sheets of the Standard by its names; several sheets of one table stand under one another.

    Tables that are `present` already are left out with a sentence, and so are cut-off lines of a file.
    Raises `ExtractError` when a file is cut off in its last row, or has two columns of one name.
    """
    frames, paths, said = {}, {}, []
    for origin, found in sheets.items():
        pieces = [_piece(origin, sheet, keep, said) for sheet in found]
        frames[origin] = pd.concat(pieces, ignore_index=True).fillna("")
        paths[origin] = " and ".join(sheet.name for sheet in found)
    made, more = beside(frames, paths, present, as_at=as_at, keep=keep)
    return made, [*said, *more]


def _piece(origin: str, sheet: Sheet, keep: tuple[str, ...], said: list[str]) -> pd.DataFrame:
    frame, lines, ragged = even(sheet)
    if ragged:
        some = f"{len(ragged)} rows do not have as many cells as the heading and were left out"
        said.append(f"{sheet.name}: {some}, the first in row {ragged[0]}.")
    columns = [*wanted(origin, frame.columns), *(c.upper() for c in keep if c.upper() in frame)]
    refuse_twice(sheet, columns)
    rows, _ = tidied(frame[list(dict.fromkeys(columns))])
    return rows.assign(_row=lines)


# ---- codes out of codes, codes with labels, and labels ----

# A code before its label: set off by a mark or wide space, or by any space if it has a digit (“No longer …” is no NO).
_LEAD = re.compile(r"-?\s*(?:([A-Z]{1,6}\d{0,2}[AB]?|\d)(?=\s*[)\-:–]|\s{2}|$)|([A-Z]{1,3}\d{1,2}[AB]?)(?=\s))")


def _by_rules(text: pd.Series, known: Iterable[str], rules: tuple[tuple[str, str], ...] = ()) -> pd.Series:
    """Codes where a cell holds one, one before its label, or a label by the rules; else the cell as it is.

    `rules` are patterns of labels in lower case with the code each stands for; the first that is found decides.
    """
    codes = set(known)

    def code(value: str) -> str:
        upper = value.upper()
        lead = _LEAD.match(upper)
        if upper in codes or not value:
            return upper
        if lead and (lead[1] or lead[2]) in codes:
            return lead[1] or lead[2]
        return next((code for pattern, code in rules if re.search(pattern, value.lower())), value)

    return text.map({value: code(value) for value in text.unique()}).astype(object)


_YES_NO = (("^y(es)?$", "Y"), ("^no?$", "N"), ("^true$", "Y"), ("^false$", "N"), ("^1$", "Y"), ("^0$", "N"))
_ONE_ZERO = (("^y(es)?$", "1"), ("^no?$", "0"), ("^true$", "1"), ("^false$", "0"))
_RNE = (
    (r"legal status only|legal status, but the placement does not", "L"),
    (r"(legal status.*placement|placement.*legal status).*same carer", "U"),
    (r"placement and carer, but the legal status does not", "P"),
    (r"legal status.*placement|placement.*legal status", "B"),
    (r"placement.*same carer", "T"),
    (r"placement", "P"),
    (r"start", "S"),
)
_REC = (
    (r"new episode begins", "X1"),
    (r"adopted.*unopposed", "E11"),
    (r"adopted.*dispensed", "E12"),
    (r"^died", "E2"),
    (r"taken over by another", "E3"),
    (r"(no|without) parental responsibility", "E13"),
    (r"returned home.*not part of", "E4B"),
    (r"returned home", "E4A"),
    (r"guardianship.*other than former foster.*(who was|who were|who is)", "E47"),
    (r"guardianship.*other than former foster", "E48"),
    (r"guardianship.*other than relative", "E46"),
    (r"guardianship.*former foster", "E45"),
    (r"residence order|child arrangement", "E41"),
    (r"independent living.*no formali[sz]ed", "E6"),
    (r"independent living.*formali[sz]ed", "E5"),
    (r"residential care funded by adult", "E7"),
    (r"sentenced to custody", "E9"),
    (r"remand ended", "E14"),
    (r"age assessment", "E15"),
    (r"moved abroad", "E16"),
    (r"remained with current carer", "E17"),
    (r"any other reason", "E8"),
)
LEGAL = (*VALID["episodes", "LS"], "V1")
_LEGAL = (
    (r"placement order", "E1"),
    (r"interim care order", "C1"),
    (r"freed for adoption|freeing order", "D1"),
    (r"^care order|^full care order|^c\.o\. |wardship", "C2"),
    (r"single placement acc|single period", "V2"),
    (r"regular occ|short[- ]term (placements|breaks)|short breaks", "V4"),
    (r"police protection", "L1"),
    (r"emergency protection", "L2"),
    (r"child assessment order", "L3"),
    (r"^remanded", "J1"),
    (r"p\.?a\.?c\.?e\.?\b", "J2"),
)
_ETHNIC = {
    **dict(A1="WBRI", A2="WIRI", A3="WOTH", A4="WIRT", A5="WROM", B1="MWBC", B2="MWBA", B3="MWAS", B4="MOTH"),
    **dict(C1="AIND", C2="APKN", C3="ABAN", C4="AOTH", D1="BCRB", D2="BAFR", D3="BOTH"),
    **dict(E1="CHNE", E2="OOTH", E3="REFU", E4="NOBT"),
}
_HEALTH = (
    (r"initial", "IHA"),
    (r"review.*health|health.*review|\brha\b", "RHA"),
    (r"\biha\b", "IHA"),
    (r"dent", "DENTAL"),
    (r"optic|eye|sight", "OPTICAL"),
    (r"immunis|immuniz|vaccin", "IMMUNISATION"),
    (r"develop|surveillance", "DEVELOPMENT"),
    (r"health", "HEALTH"),
)
_CHECKED = (
    (r"refus|declin", "REFUSED"),
    (r"cancel", "CANCELLED"),
    (r"plan|schedul|book|\bdue\b", "PLANNED"),
    (r"^(?!.*\bnot\b).*(complet|attended|done|carried out)", "COMPLETED"),
)
_ELIGIBILITY = (
    (r"no (current )?eligib|not eligib|^none$|ineligib", "NONE"),
    (r"former", "FORMER_RELEVANT"),
    (r"relevant", "RELEVANT"),
    (r"qualif", "QUALIFYING"),
    (r"eligib", "ELIGIBLE"),
)
_IN_TOUCH = (
    (r"^yes|^y$", "YES"),
    (r"died", "DIED"),
    (r"refus", "REFU"),
    (r"no longer requires", "NREQ"),
    (r"returned", "RHOM"),
    (r"^no\b|^n$|not in touch", "NO"),
)
_ACTIVITY = (
    (r"not in education.*(illness|disab)", "G4"),
    (r"not in education.*(pregnan|parenting)", "G6"),
    (r"not in education", "G5"),
    (r"full[- ]time.*other than higher", "F2"),
    (r"part[- ]time.*other than higher", "P2"),
    (r"full[- ]time.*higher education", "F1"),
    (r"part[- ]time.*higher education", "P1"),
    (r"full[- ]time in an apprentice", "F4"),
    (r"part[- ]time in an apprentice", "P4"),
    (r"full[- ]time in training", "F5"),
    (r"part[- ]time in training", "P5"),
)
_ACCOMMODATION = (
    (r"former foster", "Z"),
    (r"^with parent", "B"),
    (r"^community home|residential care", "C"),
    (r"semi-?\s?independent", "D"),
    (r"^supported lodging", "E"),
    (r"gone abroad", "G"),
    (r"deported", "H"),
    (r"^ordinary lodging", "K"),
    (r"not known", "R"),
    (r"no fixed abode|homeless", "S"),
    (r"foyer", "T"),
    (r"^independent living", "U"),
    (r"emergency", "V"),
    (r"bed and breakfast|b&b", "W"),
    (r"custody", "X"),
    (r"^other", "Y"),
)
_SUITABLE = ((r"unsuit|not suit|^no?$", "2"), (r"suit|^y(es)?$", "1"))
_ROLE = (
    (r"personal advis|leaving care|16 ?\+|16 ?plus", "PA"),
    (r"social worker|case ?worker|key ?worker|^cw$|lead practitioner", "SW"),
)
_PREVIOUS = (
    (r"adopt", "P1"),
    (r"guardian|\bsgo\b", "P2"),
    (r"residence|arrangement|\bro\b|\bcao\b", "P3"),
    (r"unknown", "P4"),
    (r"not previously|^none", "Z1"),
)
_PLANS = {"REMAINSUP", "RETURN1M", "RETURN6M", "RETURNEV", "LTRELFR", "LTFOST18", "RESPLMT", "SUPPLIV", "ADOPTION"} | {
    "OTHERPLN"
}
# Letters of the specification that name one plan of the code list; a (return home) and c (SGO or CAO) name several.
_PLAN_LETTERS = {"B": "ADOPTION", "D": "SUPPLIV", "E": "RESPLMT", "F": "LTFOST18", "G": "OTHERPLN"}


# How each column's cells become codes: the codes it may have, and rules for labels.
_CODES: dict[tuple[str, str], tuple[Iterable[str], tuple[tuple[str, str], ...]]] = {
    ("episodes", "RNE"): (VALID["episodes", "RNE"], _RNE),
    ("episodes", "LS"): (LEGAL, _LEGAL),
    ("episodes", "REC"): (VALID["episodes", "REC"], _REC),
    **{("episodes", column): (VALID["episodes", column], ()) for column in ("CIN", "PLACE", "PLACE_PROVIDER")},
    ("episodes", "REASON_PLACE_CHANGE"): (VALID["episodes", "REASON_PLACE_CHANGE"], ()),
    ("header", "MOTHER"): ("01", _ONE_ZERO),
    ("missing", "MISSING"): ("MA", ((r"miss", "M"), (r"absen|away", "A"))),
    ("ad1", "FOSTER_CARE"): ("01", _ONE_ZERO),
    ("placed_for_adoption", "REASON_PLACED_CEASED"): (VALID["placed_for_adoption", "REASON_PLACED_CEASED"], ()),
    ("previous_permanence", "PREV_PERM"): (VALID["previous_permanence", "PREV_PERM"], _PREVIOUS),
    ("sw_episodes", "SW_REASON"): (VALID["sw_episodes", "SW_REASON"], ()),
    **{("visits", column): ("YN", _YES_NO) for column in ("SEEN", "SEEN_ALONE")},
    ("reviews_local", "CANCELLED"): ("YN", _YES_NO),
    ("reviews_local", "REVIEW_CODE"): (VALID["reviews", "REVIEW_CODE"], ()),
    ("health", "CHECK_TYPE"): (("IHA", "RHA"), _HEALTH),
    ("health", "STATUS"): ((), _CHECKED),
    ("sdq", "SDQ_REASON"): (VALID["oc2", "SDQ_REASON"], ()),
    **{("return_interviews", column): ("YN", _YES_NO) for column in ("OFFERED", "ACCEPTED")},
    ("care_leavers", "ELIGIBILITY"): ((), _ELIGIBILITY),
    ("care_leavers", "IN_TOUCH"): (VALID["oc3", "IN_TOUCH"], _IN_TOUCH),
    ("care_leavers", "ACTIV"): (VALID["oc3", "ACTIV"], _ACTIVITY),
    ("care_leavers", "ACCOM_TYPE"): ({code[0] for code in VALID["oc3", "ACCOM"]} - {"0"}, _ACCOMMODATION),
    ("care_leavers", "SUITABLE"): ("12", _SUITABLE),
    ("pa_allocations", "WORKER_ROLE"): (("PA", "SW"), _ROLE),
    ("workers", "ROLE"): (("PA", "SW"), _ROLE),
    ("workers", "AGENCY"): ("YN", _YES_NO),
}


def coded(text: pd.Series, table: str, column: str) -> pd.Series:
    """Cells of one of our columns as codes, from codes, codes before their labels, or labels; others as they are."""
    return _by_rules(text, *_CODES[table, column]) if (table, column) in _CODES else text


def _plan(text: str) -> str:
    """The permanence plan, from a code, a letter of the specification, or answers in JSON; blank when several hold."""
    if text.upper() in _PLANS:
        return text.upper()
    letter = re.match(r"([a-g])\)", text.lower())
    if letter:
        return _PLAN_LETTERS.get(letter.group(1).upper(), "")
    try:
        answers = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(answers, dict):
        return ""
    held = [key for key, answer in answers.items() if str(answer).strip().upper() in ("Y", "YES", "TRUE", "1")]
    return held[0].upper() if len(held) == 1 and held[0].upper() in _PLANS else ""


# ---- joins ----


def _days(text: pd.Series) -> np.ndarray:
    return read_dates(text).days


def _by_id(ids: pd.Series, among: pd.Series) -> np.ndarray:
    """The first place of each id in another column; -1 for a blank one and for one that is not there."""
    first = np.flatnonzero(~among.duplicated() & (among != ""))
    return np.r_[first, -1][pd.Index(among.iloc[first], dtype=object).get_indexer(ids)]


def _covering(key: pd.Series, on: np.ndarray, among: pd.DataFrame, column: str) -> np.ndarray:
    """For each row the place in `among` of the row with the same key that covers a day, the latest to start; or -1.

    A row covers the days from its start up to the day before its end; without an end it goes on.
    """
    if not (among[column] != "").any():
        return np.full(len(key), -1)
    left = pd.DataFrame({"key": key.to_numpy(object), "on": on, "row": np.arange(len(key))})
    right = pd.DataFrame(
        {
            "key": among[column].to_numpy(object),
            "start": _days(among["start"]),
            "end": _days(among["end"]),
            "place": np.arange(len(among)),
        }
    )
    both = left[left["key"] != ""].merge(right[right["start"].notna()], on="key")
    held = both[(both["start"] <= both["on"]) & (both["end"].isna() | (both["end"] > both["on"]))]
    last = held.sort_values(["row", "start", "place"], kind="stable").drop_duplicates("row", keep="last")
    places = np.full(len(key), -1)
    places[last["row"].to_numpy()] = last["place"].to_numpy()
    return places


def _first_found(*roads: np.ndarray) -> np.ndarray:
    found = roads[0]
    for other in roads[1:]:
        found = np.where(found >= 0, found, other)
    return found


def _taken(column: pd.Series, places: np.ndarray) -> np.ndarray:
    """The cells at some places; blank at -1."""
    return np.r_[column.to_numpy(object), [""]][places]


# ---- tables ----


@dataclass(frozen=True)
class _Standard:
    """The Standard's tables with our column names, every one there (without rows where the extract has none)."""

    frames: dict[str, pd.DataFrame]
    snapshot: str
    keep: tuple[str, ...]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]

    def born(self, child: pd.Series) -> np.ndarray:
        """The date of birth of some children."""
        people = self["ssd_person"]
        return _taken(people["dob"], _by_id(child, people["child"]))

    def with_child(self, name: str) -> pd.DataFrame:
        """A table with the child of each row: named in it, or by its episode, its time in care or its referral."""
        rows, episodes = self[name], self["ssd_cla_episodes"].assign(episode=lambda frame: frame["id"])
        child = rows["child"]
        for link in (one for one in ("episode", "care", "referral") if one in rows):
            linked = pd.Series(_taken(episodes["child"], _by_id(rows[link], episodes[link])), index=rows.index)
            child = child.where(child != "", linked)
        return rows.assign(child=child)


def _renamed(origin: Origin, frame: pd.DataFrame | None, keep: tuple[str, ...]) -> pd.DataFrame:
    """A table of the Standard with our names; placeholders and columns that are not there are blank."""
    if frame is None:
        none = np.zeros(0, dtype=object)
        return pd.DataFrame(dict.fromkeys(origin.columns, none), dtype=object).assign(_row=np.zeros(0, dtype=int))
    frame = frame.rename(columns=str.upper).reset_index(drop=True)
    blank = pd.Series("", index=frame.index, dtype=object)
    found = {
        ours: next((frame[one] for one in theirs if one in frame), blank) for ours, theirs in origin.columns.items()
    }
    kept = {column.upper(): frame[column.upper()] for column in keep if column.upper() in frame}
    out = pd.DataFrame({name: cells.astype(object) for name, cells in (found | kept).items()})
    out = out.where(out != PLACEHOLDER, "")
    return out.assign(_row=frame["_ROW"] if "_ROW" in frame else np.arange(1, len(frame) + 1))


def _episodes(data: _Standard) -> pd.DataFrame:
    """Episodes, with the placement and the legal status that held on their first day.

    A placement is found by its id in the episode, by the episode's id in the placement (older extracts), or as the one
    that covers the episode's first day for the same child or time in care. The legal status is the latest that covers
    that day; one without a code of SSDA903 (a supervision order, say) only where no other does. The reason for a change
    of placement stands on the episode that ends with the placement. A postcode or URN masked as CON is blank.
    """
    rows, placements, legal = data["ssd_cla_episodes"], data["ssd_cla_placement"], data["ssd_legal_status"]
    on = _days(rows["start"])
    at = _first_found(
        _by_id(rows["placement"], placements["id"]),
        _covering(rows["id"], on, placements, "episode"),
        _covering(rows["child"], on, placements, "child"),
        _covering(rows["care"], on, placements, "care"),
    )
    held = {name: _taken(placements[name], at) for name in ("type", "provider", "distance")}
    held |= {name: _taken(placements[name].mask(placements[name] == "CON", ""), at) for name in ("postcode", "urn")}
    known = coded(legal["status"], "episodes", "LS").isin(LEGAL)
    status = [_covering(rows["child"], on, legal.where(some, ""), "child") for some in (known, ~known)]
    ends = _days(rows["end"]) == _days(pd.Series(_taken(placements["end"], at)))
    change = np.where(ends, _taken(placements["change"], at), "")
    return rows.assign(**held, ls=_taken(legal["status"], _first_found(*status)), change=change)


def _header(data: _Standard) -> pd.DataFrame:
    """People: gender where sex is not M, F or U; census letters of ethnicity as codes; the UN code without a UPN."""
    rows = data["ssd_person"]
    known = rows["sex"].str.upper().isin(["M", "F", "U", "1", "2"]) | (rows["gender"] == "")
    ethnic = rows["ethnic"].str.upper()
    return rows.assign(
        sex=rows["sex"].where(known, rows["gender"]),
        ethnic=ethnic.map(_ETHNIC).where(ethnic.isin(list(_ETHNIC)), rows["ethnic"]),
        upn=rows["upn"].where(rows["upn"] != "", rows["no_upn"]),
    )


def _care_plans(data: _Standard) -> pd.DataFrame:
    """Care plans, dated by their start and authorised: the Standard takes no others. Their end is not used."""
    rows = data.with_child("ssd_cla_care_plan")
    return rows.assign(plan=rows["plan"].map({text: _plan(text) for text in rows["plan"].unique()}))


def _health(data: _Standard) -> pd.DataFrame:
    """Health checks; one without a status took place.

    A plain “health assessment” is the initial one (IHA) when it is the child's first since an episode that starts a
    period of care (S), and a review (RHA) otherwise. A status that is not understood stays as it is and is not counted.
    """
    rows, episodes = data["ssd_cla_health"], data["ssd_cla_episodes"]
    kind, on = coded(rows["type"], "health", "CHECK_TYPE"), _days(rows["on"])
    starts = episodes[coded(episodes["rne"], "episodes", "RNE") == "S"].assign(end="")
    plain = rows.assign(on=on, entry=_covering(rows["child"], on, starts, "child"))
    plain = plain[(kind == "HEALTH") & (plain["entry"] >= 0) & plain["on"].notna()]
    first = plain.sort_values("on", kind="stable").drop_duplicates(["child", "entry"]).index
    kind = kind.mask(kind == "HEALTH", "RHA").mask(rows.index.isin(first), "IHA")
    return rows.assign(type=kind, status=rows["status"].where(rows["status"] != "", "COMPLETED"))


def _interviews(data: _Standard) -> pd.DataFrame:
    """Return interviews of incidents of which something about one is recorded; the Standard has no interview date."""
    rows = data["ssd_missing"]
    return rows[(rows["offered"] != "") | (rows["accepted"] != "")]


def _leavers(data: _Standard) -> pd.DataFrame:
    """Care leavers on the snapshot day, one row each: of several the one with the latest contact.

    Accommodation with its digit goes to ACCOM; a letter or a label goes to ACCOM_TYPE, and the judgement to SUITABLE.
    The date of birth comes from ssd_person.
    """
    rows = data["ssd_care_leavers"] if data.snapshot else data["ssd_care_leavers"].iloc[:0]
    latest = rows.assign(on=_days(rows["contact"])).sort_values("on", kind="stable", na_position="first").index
    rows = rows.loc[latest].drop_duplicates("child", keep="last").sort_index()
    code = rows["accommodation"].str.upper()
    whole = code.isin(list(VALID["oc3", "ACCOM"]))
    rest = rows["accommodation"].mask(whole, "")
    return rows.assign(whole=code.where(whole, ""), accommodation=rest, dob=data.born(rows["child"]), day=data.snapshot)


def _involvements(data: _Standard, role: str) -> pd.DataFrame:
    """Involvements of personal advisers (16PLUS in one supplier's extract) or of case workers."""
    rows = data.with_child("ssd_involvements")
    return rows[coded(rows["role"], "pa_allocations", "WORKER_ROLE") == role]


def _uasc(data: _Standard) -> pd.DataFrame:
    """Unaccompanied asylum-seeking children, one row each; DUC is the latest end, blank while any row is open."""
    rows = data["ssd_immigration_status"]
    rows = rows[rows["status"].str.contains(r"unaccompanied|^uasc|^u$", case=False, regex=True).to_numpy(bool)]
    latest = rows.assign(on=_days(rows["end"])).sort_values("on", kind="stable", na_position="last").index
    rows = rows.loc[latest].drop_duplicates("child", keep="last").sort_index()
    return rows.assign(dob=data.born(rows["child"]))


def _adopted(data: _Standard) -> pd.DataFrame:
    """Adoptions, of rows whose order is an adoption: AD1 holds the children adopted."""
    rows = data["ssd_permanence"]
    return rows[rows["order"].str.contains("adopt", case=False).to_numpy(bool)]


def _to_be_placed(data: _Standard) -> pd.DataFrame:
    """Decisions that a child should be placed for adoption: DATE_PLACED of SSDA903 is the decision, not the move."""
    return data["ssd_permanence"][data["ssd_permanence"]["decided"] != ""]


def _pathway_plans(data: _Standard) -> pd.DataFrame:
    """The latest pathway plan: the Standard has one date, of its start or latest review, whichever is later."""
    return data["ssd_care_leavers"][data["ssd_care_leavers"]["pathway"] != ""]


# The tables that need more than columns renamed and cells made codes. Visits are a social worker's: the Standard fills
# Annex A's “Last Social Work Visit” from them. A social worker's SW_ID is the worker's id, as in WORKERS.
_ROWS: dict[str, Callable[[_Standard], pd.DataFrame]] = {
    "episodes": _episodes,
    "header": _header,
    "uasc": _uasc,
    "ad1": _adopted,
    "placed_for_adoption": _to_be_placed,
    "sw_episodes": lambda data: _involvements(data, "SW"),
    "care_plans": _care_plans,
    "pathway_plans": _pathway_plans,
    "visits": lambda data: data.with_child("ssd_cla_visits"),
    "reviews_local": lambda data: data.with_child("ssd_cla_reviews"),
    "health": _health,
    "return_interviews": _interviews,
    "care_leavers": _leavers,
    "pa_allocations": lambda data: _involvements(data, "PA"),
}


def _made(name: str, data: _Standard) -> pd.DataFrame:
    """One of our tables: its rows, its columns by their names, and cells as codes."""
    rows = _ROWS[name](data) if name in _ROWS else data[ROWS_OF[name]]
    out = {
        ours: pd.Series(theirs.strip("'"), index=rows.index, dtype=object)
        if theirs.startswith("'")
        else coded(rows[theirs], name, ours)
        for ours, theirs in _CELLS[name].items()
    }
    kept = {column.upper(): rows[column.upper()] for column in data.keep if name == "header" and column.upper() in rows}
    return pd.DataFrame(out | kept | {"_row": rows["_row"]})


def _translated(
    frames: dict[str, pd.DataFrame], snapshot, keep: tuple[str, ...]
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Our tables, and sentences about what was not used."""
    whole = {name: _renamed(origin, frames.get(name), keep) for name, origin in ORIGINS.items()}
    data = _Standard(whole, "" if snapshot is None else pd.Timestamp(snapshot).strftime("%d/%m/%Y"), keep)
    people = {"", *whole["ssd_cla_episodes"]["child"], *whole["ssd_care_leavers"]["child"]}
    made, strangers = {}, {}
    for name, origin in ROWS_OF.items():
        if not len(whole[origin]):
            continue
        rows = _made(name, data)
        ours = rows["CHILD"].isin(people) if "CHILD" in rows else pd.Series(True, index=rows.index)
        strangers[origin] = max(strangers.get(origin, 0), int((~ours).sum()))
        if ours.any():
            made[name] = rows[ours].reset_index(drop=True)
    if "episodes" in made:
        _say_returns(made)
    return made, _remarks(data, made, {origin: count for origin, count in strangers.items() if count})


def _say_returns(made: dict[str, pd.DataFrame]) -> None:
    """Add which return rows are of: episodes by their end, everything else of SSDA903 with the newest."""
    years, newest = _return_years(_days(made["episodes"]["DECOM"]), _days(made["episodes"]["DEC"]))
    for name in made.keys() & set(SSDA903) if newest else ():
        made[name][STACKED] = years if name == "episodes" else str(newest)


def _return_years(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, int | None]:
    """The return that would state each episode last (that of its end, the newest one while it is open), and the newest.

    An extract of the Standard holds what ended since some day, so the first whole year after the first end is the
    oldest return; earlier rows go with it. A year that stands alone after the others is a slip of the pen.
    """
    seen = np.unique(_closing(np.concatenate([start, end])))
    if not len(seen):
        return np.full(len(start), ""), None
    following = seen[np.isin(seen - 1, seen)]
    newest = int(following.max() if len(following) else seen.max())
    ended = end[~np.isnat(end)]
    first = ended.min() if len(ended) else np.datetime64(f"{newest - 1}-04-01", "s")
    whole = _closing(first[None])[0] + (first != np.datetime64(f"{_closing(first[None])[0] - 1}-04-01", "s"))
    years = np.full(len(start), newest)
    years[~np.isnat(end)] = _closing(ended)
    return np.clip(years, min(whole, newest), newest).astype(str).astype(object), newest


def _closing(days: np.ndarray) -> np.ndarray:
    months = days[~np.isnat(days)].astype("datetime64[M]").astype(int)
    return 1970 + months // 12 + (months % 12 >= 3)


def _remarks(data: _Standard, made: dict[str, pd.DataFrame], strangers: dict[str, int]) -> list[str]:
    said = ["Tables of the Standard Safeguarding Dataset were found and read as SSDA903 and local tables."]
    if strangers:
        counts = ", ".join(f"{name} {count:,}" for name, count in strangers.items())
        said.append(f"Rows about people neither in care nor care leavers were left out: {counts}.")
    if "episodes" in made:
        for column, what in (("PLACE", "placement"), ("LS", "legal status")):
            lacking = int((made["episodes"][column] == "").sum())
            if lacking:
                said.append(f"{lacking:,} episodes have no {what} that covers their first day.")
    if len(data["ssd_care_leavers"]) and not data.snapshot:
        said.append("ssd_care_leavers says no day; state the day the extract was made (as_at) to use it.")
    several = data["ssd_care_leavers"]["child"].duplicated().sum() if data.snapshot else 0
    if several:
        said.append(f"ssd_care_leavers: {several:,} further rows of the same person; the one contacted last is used.")
    roles = coded(data["ssd_involvements"]["role"], "pa_allocations", "WORKER_ROLE")
    others = int((~roles.isin(["PA", "SW"])).sum())
    if others:
        said.append(
            f"ssd_involvements: {others:,} rows of other roles than social worker or personal adviser, left out."
        )
    if len(data["ssd_cla_convictions"]):
        said.append(
            "ssd_cla_convictions holds the day of the offence, not of the conviction or caution, so it is not used for "
            "offending; give a table OFFENCES with OUTCOME_DATE."
        )
    return said
