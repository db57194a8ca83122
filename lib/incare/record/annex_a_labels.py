"""Free text of Annex A columns as codes: the code that leads a cell, else the words of its label, column by column.

The same letters mean different things in different columns (A1 is White British under ethnicity and an old placement
elsewhere), so nothing is looked up outside its own column. Source: INPUTS section 3; CATALOGUE sections 4.2 to 4.10.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from incare.codes import VALID

_PLACEMENTS = """
U1 = foster placement relatives long term | foster placement with relative or friend long term
U2 = foster placement relative FFA | foster placement with relative or friend who is also an approved adopter
U2 = foster placement with relative or friend who is also an approved adopter FFA
U3 = foster placement relative not FFA | foster placement with relative or friend not long term or FFA
U4 = foster placement long term | foster placement with other foster carer long term
U5 = foster placement FFA | foster placement with other foster carer who is also an approved adopter
U5 = foster placement with other foster carer who is also an approved adopter FFA
U6 = foster placement not FFA | foster placement with other foster carer not long term or FFA
A3 = placed for adoption consent current foster | placed for adoption with consent with current foster carer
A3 = placed for adoption with parental consent with current foster carer
A4 = placed for adoption consent not foster | placed for adoption with consent not with current foster carer
A4 = placed for adoption with parental consent not with current foster carer
A5 = placed for adoption order foster | placed for adoption with placement order with current foster carer
A6 = placed for adoption order not foster | placed for adoption with placement order not with current foster carer
P1 = placed with parents | with parents | placed with own parents | with own parents
P1 = placed with own parents or other person with parental responsibility
P2 = independent living
P3 = residential employment
H5 = residential accommodation | semi-independent living | semi-independent living accommodation
H5 = semi-independent living accommodation not subject to children's homes regulations
K1 = secure children's home | secure unit
K2 = children's home
K3 = supported accommodation | registered supported accommodation
R1 = residential care home
R2 = NHS/Health Trust | NHS or other health trust
R2 = NHS/Health Trust or other establishment providing medical or nursing care
R3 = family centre or mother and baby unit | family centre | mother and baby unit
R5 = young offender institution | young offender institution or prison
R5 = young offender institution or secure training centre
S1 = residential school
T0 = temporary placement | all types of temporary move
T1 = temporary placement hospital | temporary periods in hospital
T2 = temporary placement holiday | temporary absences of the child on holiday
T3 = temporary placement carer holiday | temporary accommodation whilst normal foster carer is on holiday
T4 = temporary placement seven days or less | temporary accommodation of seven days or less for any reason
Z1 = other placement
"""
_REASONS = """
E11 = adopted application unopposed | adopted application for an adoption order unopposed
E12 = adopted consent dispensed | adopted consent dispensed with by the court
E2 = died
E3 = care taken by another LA | care taken over by another LA | care taken over by another local authority
E3 = care taken over by another LA in the UK
E4A = returned home to live with parents or relatives part of planning | returned home planned
E4A = returned home to live with parents relatives or other person with parental responsibility part of planning
E4B = returned home to live with parents or relatives not part of planning | returned home unplanned
E4B = returned home to live with parents relatives or other person with parental responsibility not part of planning
E13 = parents, relatives or other with no parental responsibility
E13 = left care to live with parents relatives or other person with no parental responsibility
E41 = residence order granted | residence order | residence or child arrangements order | child arrangements order
E41 = residence order or child arrangements order granted | child arrangements order granted
E45 = special guardianship orders former carer relative/friend
E45 = special guardianship order made to former foster carers who was a relative or friend
E46 = special guardianship orders former carer other
E46 = special guardianship order made to former foster carers other than relative or friend
E47 = special guardianship orders relative/friend
E47 = special guardianship order made to carers other than former foster carers who was a relative or friend
E48 = special guardianship orders other
E48 = special guardianship order made to carers other than former foster carers other than relative or friend
E5 = moved into independent living supported | moved into independent living with support
E5 = moved into independent living arrangement with formal support | independent living with formal support
E6 = moved into independent living no support | moved into independent living without support
E6 = moved into independent living arrangement without formal support | independent living without formal support
E7 = transferred to residential care funded by adult social services
E7 = transferred to residential care funded by adult social care services
E8 = care ceased for any other reason | period of being looked after ceased for any other reason | other | other reason
E9 = sentenced to custody
E14 = accommodation on remand ended | remand accommodation ended
E15 = age assessment determined child was 18 or over
E15 = age assessment determined child is aged 18 or over and E5 E6 and E7 do not apply
E16 = child moved abroad | moved abroad
E17 = aged 18+ and remained with current carers | aged 18 or over and remained with current carers
"""
_ETHNICITIES = """
WBRI = white british | british | white english welsh scottish northern irish or british | A1
WIRI = white irish | irish
WIRT = traveller of irish heritage | irish traveller | white traveller of irish heritage | white irish traveller
WROM = gypsy/roma | gypsy or roma | white gypsy/roma | gypsy | roma
WOTH = any other white background | other white | white any other background | white any other white background
MWBC = white and black caribbean | mixed white and black caribbean
MWBA = white and black african | mixed white and black african
MWAS = white and asian | mixed white and asian
MOTH = any other mixed background | other mixed | mixed any other background | mixed any other mixed background
MOTH = any other mixed or multiple ethnic background
AIND = indian | asian or asian british indian | asian indian
APKN = pakistani | asian or asian british pakistani | asian pakistani
ABAN = bangladeshi | asian or asian british bangladeshi | asian bangladeshi
AOTH = any other asian background | other asian | asian or asian british any other asian background
CHNE = chinese | asian or asian british chinese | asian chinese
BCRB = caribbean | black caribbean | black or black british caribbean
BAFR = african | black african | black or black british african
BOTH = any other black background | other black | black or black british any other black background
OOTH = any other ethnic group | other ethnic group | other
REFU = refused | declined | did not wish to be recorded
NOBT = information not yet obtained | not yet obtained | not obtained | not known | unknown | not recorded
"""
_LEGAL_STATUSES = """
C1 = ICO | interim care order
C2 = FCO | full care order | care order
D1 = freeing order | freeing order granted
E1 = placement order | placement order granted
V2 = single period under S20 | S20 | section 20 | voluntary S20 | accommodated under S20 | accommodated under section 20
V2 = single period of accommodation under section 20
V3 = short term breaks episodes recorded | accommodated under an agreed series of short term breaks episodes recorded
V3 = accommodated under an agreed series of short term breaks when individual episodes of care are recorded
V4 = short term breaks agreements recorded
V4 = accommodated under an agreed series of short term breaks agreements recorded
V4 = accommodated under an agreed series of short term breaks when agreements are recorded
L1 = police protection | police protection LA accommodation | under police protection and in LA accommodation
L2 = EPO | emergency protection order
L3 = child assessment order | child assessment order LA accommodation
L3 = under child assessment order and in LA accommodation
J1 = remanded to LA or youth detention | remanded to local authority accommodation or to youth detention accommodation
J2 = LA accommodation under PACE | PACE | placed in LA accommodation under PACE
J3 = youth rehabilitation order | youth rehabilitation order with residence requirement
"""
_ACCOMMODATION = """
B = with parents or relatives | parents/relatives | with parents | with relatives
C = community home | community home/residential care | community home or other form of residential care such as NHS
D = semi-independent | semi-independent accommodation | semi-independent transitional accommodation
D = semi-independent transitional accommodation and self-contained accommodation
D = semi-independent transitional accommodation and self-contained accommodation with specialised personal support
E = supported lodgings
G = gone abroad | abroad
H = deported
K = ordinary lodgings | ordinary lodgings without formal support
R = residence not known | not known | unknown
S = no fixed abode/homeless | no fixed abode | homeless
T = foyers and similar supported accommodation | foyer | foyers | foyers or similar supported accommodation
U = independent living
V = emergency accommodation
W = bed and breakfast | B&B
X = in custody | custody
Y = other accommodation | other
Z = with former foster carers | former foster carers | staying put
"""
_ACTIVITIES = """
F1 = full time in higher education
P1 = part time in higher education
F2 = full time in education other than higher | full time in education other than higher education
P2 = part time in education other than higher | part time in education other than higher education
F3 = full time in training or employment
P3 = part time in training or employment
F4 = full time in an apprenticeship | young person engaged full time in an apprenticeship
P4 = part time in an apprenticeship | young person engaged part time in an apprenticeship
F5 = full time in training or employment not apprenticeship
F5 = young person engaged full time in training or employment not apprenticeship
P5 = part time in training or employment not apprenticeship
P5 = young person engaged part time in training or employment not apprenticeship
G4 = not in education, employment or training illness or disability | NEET illness or disability
G5 = not in education, employment or training other | NEET other
G5 = not in education, employment or training other circumstances
G6 = not in education, employment or training pregnancy or parenting | NEET pregnancy or parenting
0 = not recorded | no information | not known | unknown
"""
_TEXTS = {
    "SEX": """
M = male | boy | 1
F = female | girl | 2
U = not stated | not stated/recorded | not recorded | not known | unknown | indeterminate | neither
""",
    "ETHNIC": _ETHNICITIES,
    "UASC": "Y = yes\nN = no",
    "CIN": """
N1 = abuse or neglect
N2 = child's disability | child's disability or illness
N3 = parental illness or disability | parent's illness or disability | parents' illness or disability
N4 = family in acute stress
N5 = family dysfunction
N6 = socially unacceptable behaviour
N7 = low income
N8 = absent parenting
""",
    "LS": _LEGAL_STATUSES,
    "PLACE": _PLACEMENTS,
    "PLACE_PROVIDER": """
PR0 = parents | parents/parental responsibility | parents or other person with parental responsibility
PR1 = own provision | own provision by the LA
PR2 = other LA provision | other local authority provision | other local authority
PR3 = other public provision
PR4 = private provision | private
PR5 = voluntary/third sector | voluntary/third sector provision | voluntary | third sector
""",
    "REC": _REASONS,
    "PL_LOCATION": """
IN = inside | in area | in borough | in county | inside local authority boundary | inside LA boundary
OUT = out | outside | out of area | out of borough | out of county | outside local authority boundary
OUT = outside LA boundary
""",
    "ELIGIBILITY": """
RELEVANT = relevant | relevant child
FORMER_RELEVANT = former relevant | former relevant child
QUALIFYING = qualifying | qualifying care leaver | qualifying child
ELIGIBLE = eligible | eligible child
NONE = no current eligibility | not eligible
""",
    "IN_TOUCH": """
YES = yes | Y | in touch
NO = no | N | not in touch
DIED = died | death | deceased
REFU = refu | refused | refuses contact | young person refuses contact
NREQ = nreq | no longer requires services | young person no longer requires services
RHOM = rhom | returned home
""",
    "ACCOM_TYPE": _ACCOMMODATION,
    "SUITABLE": "1 = suitable | yes\n2 = unsuitable | not suitable | no",
    "ACTIV": _ACTIVITIES,
    "REASON_REVERSED": """
RD1 = the child's needs changed subsequent to the decision | needs changed
RD2 = the court did not make a placement order | court made no placement order
RD3 = prospective adopters could not be found | no adopters found
RD4 = any other reason | other
""",
}
# Letters of the form's own lists, for cells that hold the letter alone, such as “b)”.
_LETTERS = {
    "SEX": "MFU",
    "UASC": "YN",
    "PL_LOCATION": ("IN", "OUT"),
    "ELIGIBILITY": ("RELEVANT", "FORMER_RELEVANT", "QUALIFYING", "ELIGIBLE"),
    "IN_TOUCH": ("YES", "NO", "DIED", "REFU", "NREQ", "RHOM"),
    "SUITABLE": "12",
}
_VALID = {
    "ETHNIC": VALID["header", "ETHNIC"],
    **{column: VALID["episodes", column] for column in ("LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC")},
    **{column: VALID["oc3", column] for column in ("IN_TOUCH", "ACTIV")},
    "REASON_REVERSED": VALID["placed_for_adoption", "REASON_PLACED_CEASED"],
}
_ENUMERATED = re.compile(r"\s*([A-Za-z]{1,2})\d?\s*\)\s*")
_LEADING = re.compile(r"\s*([A-Za-z]{1,6}\d{0,2}[ABab]?|\d)\s*(?:[):–—-]|$)\s*")
_LITTLE_WORDS = frozenset(("a", "an", "the", "of", "or", "to", "in", "and", "for", "with", "by", "who", "is", "was"))


def _words(text: str) -> tuple[str, ...]:
    """The words of a label that matter, in their order, without plural endings and punctuation."""
    words = re.findall(r"[a-z0-9+]+", re.sub("['’‘`]", "", text.lower()))
    return tuple(word.removesuffix("s") if len(word) > 3 else word for word in words if word not in _LITTLE_WORDS)


def _labels(text: str) -> dict[tuple[str, ...], str]:
    """Words to code; raises `ValueError` when a label has no word that matters or stands for two codes."""
    found: dict[tuple[str, ...], str] = {}
    for line in text.strip().splitlines():
        code, _, labels = line.partition("=")
        for label in labels.split("|"):
            words = _words(label)
            if not words or found.setdefault(words, code.strip()) != code.strip():
                raise ValueError(f"The label {label.strip()!r} says nothing, or stands for two codes.")
    return found


LABELS = {column: _labels(text) for column, text in _TEXTS.items()}
CODES = {column: frozenset(_VALID.get(column, set(labels.values()))) for column, labels in LABELS.items()}


def codes_of(text: pd.Series, column: str) -> tuple[np.ndarray, np.ndarray]:
    """A column of a list as codes, and where a filled cell holds none that is known; those cells stay as they came.

    Each distinct text is read once. `column` is one of `LABELS`.
    """
    place, unique = pd.factorize(text.to_numpy(object), use_na_sentinel=False)
    read = [_code(value, column) if value else "" for value in unique]
    codes = np.array([value if code is None else code for code, value in zip(read, unique, strict=True)], dtype=object)
    unknown = np.array([code is None for code in read], dtype=bool)
    return (codes[place], unknown[place]) if len(unique) else (codes, unknown)


def _code(text: str, column: str) -> str | None:
    """The code of one cell, such as U6 for “f) U6: Foster placement - not FFA”; None when nothing fits."""
    codes, labels = CODES[column], LABELS[column]
    listed = _ENUMERATED.match(text)
    bare = text[listed.end() :] if listed else text
    for cell in dict.fromkeys((bare, text)):
        if cell.strip().upper() in codes:
            return cell.strip().upper()
        leading = _LEADING.match(cell)
        # A small letter before a bracket numbers the choices of the form; it is no code.
        if leading and leading[1].upper() in codes and not (cell is text and listed and leading[1].islower()):
            return leading[1].upper()
        for label in (cell, cell[leading.end() :] if leading else cell):
            if _words(label) in labels:
                return labels[_words(label)]
    letters = _LETTERS.get(column, ())
    number = ord(listed[1].lower()) - ord("a") if listed and not bare.strip() and len(listed[1]) == 1 else -1
    return letters[number] if 0 <= number < len(letters) else None
