"""The validator's rules as findings: what does not fit together, whether or not the record repairs it.

Each check looks at tables as the returns state them (numbered and typed, copies set aside) or at clean episodes, and
yields the rows that a rule describes; nothing is changed here. A rule of an absent table or column finds nothing.
Source: INPUTS section 8 (our wording of the DfE/Data to Insight validator's rules), CATALOGUE 1.3, 1.6, 4 and J.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import RESPITE, SEX, TEMPORARY, grouped
from incare.record.findings import Finding, flag
from incare.record.leavers import became_eligible
from incare.record.missing import care_of
from incare.record.rules import OC2_FLAGS
from incare.record.social_workers import TOLERANCE
from incare.record.spells import compact, same_place
from incare.record.stack import last_day

NAT_DAY = np.datetime64("NaT", "D")
FIRST_EPISODES = np.datetime64("1991-10-14", "D")
NO_FREEING_ORDERS_FROM = np.datetime64("2005-12-30", "D")
FIRST_PLACEMENT_ORDERS = np.datetime64("2005-12-01", "D")
ADOPTIVE = ("A3", "A4", "A5", "A6")
WITH_CARER = ("A1", "A3", "A5")
UNREGULATED = ("K3", "H5", "P2")
HOMES = ("K1", "K2")
OTHER = ("Z1", "Z11", "Z12", "Z13", "Z14")
KIN, CARERS = ("U1", "U2", "U3"), ("U4", "U5", "U6")
ADOPTED = ("E11", "E12")
EXPECTED_ITEMS = ("IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE")
UNKNOWN_UPN = ("UN1", "UN2", "UN3", "UN4", "UN5")
_UPN = re.compile(r"(?![IOS])[A-Z]\d{11}[\dA-Z]|UN[1-5]")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
_WORKER = re.compile(r"(SW|XX)", re.IGNORECASE)

Found = Iterator[tuple[str, "Rows", str, np.ndarray]]


@dataclass(eq=False)
class Rows:
    """A table as the checks ask it: codes looked up once per distinct value, days as days."""

    name: str
    frame: pd.DataFrame
    _codes: dict = field(default_factory=dict)
    _days: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def __contains__(self, column: str) -> bool:
        return column in self.frame

    @cached_property
    def child(self) -> np.ndarray:
        """The number of each row's person."""
        return self.frame["child"].to_numpy()

    @cached_property
    def year(self) -> np.ndarray:
        """The closing year of each row's return."""
        return self.frame["_year"].to_numpy()

    @cached_property
    def closes(self) -> np.ndarray:
        """The last day of each row's return."""
        return last_day(self.year)

    @cached_property
    def opens(self) -> np.ndarray:
        """The first day of each row's return."""
        return last_day(self.year - 1) + 1

    def day(self, column: str) -> np.ndarray:
        """A column of dates as days, not to be written to."""
        if column not in self._days:
            self._days[column] = p.days(self.frame[column])
            self._days[column].flags.writeable = False
        return self._days[column]

    def text(self, column: str) -> np.ndarray:
        """A column of text as an array of objects."""
        place, unique = self._looked_up(column)
        return unique[place] if len(unique) else np.zeros(0, dtype=object)

    def numbers(self, column: str) -> np.ndarray:
        """A number for each distinct text of a column."""
        return self._looked_up(column)[0]

    def among(self, column: str, *codes: str) -> np.ndarray:
        """Where a column holds one of the codes."""
        return self.where(column, codes.__contains__)

    def blank(self, column: str) -> np.ndarray:
        """Where a column of text is blank."""
        return self.among(column, "")

    def filled(self, column: str) -> np.ndarray:
        """Where a column of text is not blank."""
        return ~self.among(column, "")

    def carried(self, column: str) -> bool:
        """Whether the extract has the column and something in it."""
        return column in self.frame and bool(self.filled(column).any())

    def where(self, column: str, test) -> np.ndarray:
        """Where a text passes a test; each distinct text is tested once."""
        place, unique = self._looked_up(column)
        return np.array([bool(test(value)) for value in unique], dtype=bool)[place] if len(unique) else place > 0

    def _looked_up(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        if column not in self._codes:
            place, unique = pd.factorize(self.frame[column].to_numpy(object), use_na_sentinel=False)
            self._codes[column] = place, unique
        return self._codes[column]


@dataclass(frozen=True, eq=False)
class Look:
    """What the checks look at.

    `stated` are the typed, numbered tables before cleaning; `earlier` the copies of rows that a later return stated
    again; `clean` the clean episodes and `spans` the same rows with periods of care; `people` as in the record;
    `covers` the days of the returns and `years` their closing years; `breaks` the short breaks.
    """

    stated: dict[str, pd.DataFrame] = field(repr=False)
    earlier: dict[str, pd.DataFrame] = field(repr=False)
    clean: pd.DataFrame = field(repr=False)
    spans: pd.DataFrame = field(repr=False)
    care: pd.DataFrame = field(repr=False)
    people: pd.DataFrame = field(repr=False)
    breaks: pd.DataFrame = field(repr=False)
    covers: tuple[np.datetime64, np.datetime64]
    years: np.ndarray
    _rows: dict = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Rows:
        """A stated table by name."""
        if name not in self._rows:
            self._rows[name] = Rows(name, self.stated[name])
        return self._rows[name]

    def __contains__(self, name: str) -> bool:
        return name in self.stated and len(self.stated[name]) > 0

    @cached_property
    def episodes(self) -> Rows:
        """The clean episodes, in order of child and start."""
        return Rows("episodes", self.clean)

    @cached_property
    def joined(self) -> np.ndarray:
        """Which clean episodes go on from the one before, in the same period of care."""
        care = self.spans["care"].to_numpy()
        return np.r_[False, care[1:] == care[:-1]] if len(care) else np.zeros(0, bool)

    @cached_property
    def since(self) -> np.ndarray:
        """The closing year of the earliest return that states each stated episode."""
        rows, older = self["episodes"], self.earlier.get("episodes")
        if older is None or not len(older):
            return rows.year
        key = ["CHILD", "DECOM", "_year"]
        both = pd.concat([rows.frame[key], older[key]], ignore_index=True)
        return both.groupby(key[:2], sort=False)["_year"].transform("min").to_numpy()[: len(rows)]

    @cached_property
    def born(self) -> np.ndarray:
        """Birth dates by person."""
        return p.days(self.people["born"])

    def age(self, rows: Rows, on: np.ndarray) -> np.ndarray:
        """Completed years of age of each row's person on a day."""
        return p.age(self.born[rows.child], on)

    def ever(self, child: np.ndarray) -> np.ndarray:
        """For each person of the record whether the list of persons names them."""
        return np.bincount(child, minlength=len(self.people)) > 0

    def in_care(self, child: np.ndarray, on: np.ndarray) -> np.ndarray:
        """Whether each person is in care at the end of a day, by the periods of care."""
        at = care_of(child, on, self.care)
        ends = p.days(self.care["end"])[at] if len(self.care) else np.full(len(child), NAT_DAY)
        return (at >= 0) & (np.isnat(ends) | (ends > on))

    def all_year(self, child: np.ndarray, closes: np.ndarray) -> np.ndarray:
        """Whether each person was in care without a break for the twelve months to a day (CATALOGUE 1.8).

        A start that nobody knows is taken to lie early enough.
        """
        at = care_of(child, closes, self.care)
        if not len(self.care):
            return np.zeros(len(child), bool)
        began, censored = p.days(self.care["start"])[at], self.care["left_censored"].to_numpy()[at]
        long = (began <= p.held_since(closes, 12)) | censored
        return self.in_care(child, closes) & long & ~self._had_break(child, closes)

    def _had_break(self, child: np.ndarray, closes: np.ndarray) -> np.ndarray:
        rows = self.breaks
        if not len(rows):
            return np.zeros(len(child), bool)
        pairs = pd.DataFrame({"child": child, "closes": closes.astype("datetime64[s]"), "n": np.arange(len(child))})
        pairs = pairs.merge(rows, on="child")
        on = p.days(pairs["closes"])
        end = p.days(pairs["end"])
        touches = (p.days(pairs["start"]) <= on) & (np.isnat(end) | (end >= p.held_since(on, 12)))
        out = np.zeros(len(child), bool)
        out[pairs["n"].to_numpy()[touches]] = True
        return out


def check(look: Look, findings: list[Finding]) -> None:
    """Note every row that a rule describes; nothing is changed."""
    for group in (
        _header,
        _ids_of_one_child,
        _between_returns,
        _stated_episodes,
        _short_breaks,
        _orders,
        _chains,
        _changes,
        _temporary,
        _providers,
        _distances,
        _uasc,
        _yearly,
        _yearly_substance,
        _care_leavers,
        _care_leavers_in_care,
        _reviews,
        _missing,
        _adoption,
        _decisions,
        _social_workers,
    ):
        for rule, rows, column, where in group(look):
            flag(rows.frame, where, rule, rows.name, column, findings)


# ---- people ----


def _header(look: Look) -> Found:
    if "header" not in look:
        return
    rows = look["header"]
    if not rows.carried("UPN"):
        return
    yield "168", rows, "UPN", rows.filled("UPN") & ~rows.where("UPN", lambda text: _UPN.fullmatch(text.upper()))
    yield "168T", rows, "UPN", rows.where("UPN", lambda text: len(text) == 13 and text[-1:].isalpha())
    # School age by the validator: four on 31 August of the year before the one in which the return's year begins.
    august = ((rows.year - 2 - 1970) * 12 + 8).astype("datetime64[M]").astype("datetime64[D]") - 1
    of_age = (look.age(rows, august) >= 4) & (look.age(rows, rows.closes) < 18)
    yield "209", rows, "UPN", rows.among("UPN", "UN1") & of_age
    week_before = rows.closes - 7
    in_care = look.in_care(rows.child, rows.closes) & look.in_care(rows.child, week_before)
    yield "210", rows, "UPN", rows.among("UPN", "UN4") & in_care
    known = rows.filled("UPN") & ~rows.where("UPN", _says_unknown)
    several = pd.Series(rows.numbers("UPN")).duplicated(keep=False).to_numpy()
    yield "444", rows, "UPN", known & several


def _says_unknown(upn: str) -> bool:
    return upn.upper() in UNKNOWN_UPN


def _ids_of_one_child(look: Look) -> Found:
    """Ids that may be one child's: a new id after a change of system, or one whose leading zeros were lost."""
    shorter = _lost_zeros(look.people["id"].to_numpy(object))
    for name in look.stated if shorter.any() else ():
        if "child" in look[name]:
            rows = look[name]
            yield "ID2", rows, "CHILD", shorter[rows.child]
    rows = look["episodes"]
    facts = pd.DataFrame(
        {
            "born": look.born[rows.child].astype("datetime64[s]"),
            "sex": look.people["sex"].array.codes[rows.child],
            "day": rows.frame["DECOM"].to_numpy("datetime64[s]"),
            "child": rows.child,
            "last": rows.year,
            "since": look.since,
        }
    )
    facts["n"] = np.arange(len(facts))
    key = ["born", "sex", "day"]
    alike = facts[facts["born"].notna() & facts.duplicated(key, keep=False)]
    if alike["child"].nunique() < 2:
        return
    pairs = alike.merge(alike[[*key, "child", "last"]], on=key, suffixes=("", "_other"))
    moved = pairs[(pairs["child"] != pairs["child_other"]) & (pairs["since"] == pairs["last_other"] + 1)]
    where = np.zeros(len(rows), bool)
    where[moved["n"].to_numpy()] = True
    yield "ID1", rows, "CHILD", where


def _lost_zeros(ids: np.ndarray) -> np.ndarray:
    """Which ids are another one without its leading zeros, or with fewer of them."""
    bare = [str(text).lstrip("0") for text in ids]
    if len(set(bare)) == len(bare):
        return np.zeros(len(bare), bool)
    length = pd.Series([len(str(text)) for text in ids])
    return (length < length.groupby(bare).transform("max")).to_numpy() & (np.array(bare, dtype=object) != "")


def _between_returns(look: Look) -> Found:
    """What one return says of a child beside the return before (202 to 208, 205A to D)."""
    older = look.earlier.get("header")
    if "header" in look and older is not None and len(older):
        both = pd.concat([look.stated["header"], older.assign(child=-1)], ignore_index=True)
        both = both.sort_values(["CHILD", "_year"], kind="stable", ignore_index=True)
        rows = Rows("header", both)
        child = rows.numbers("CHILD")
        again = np.r_[False, child[1:] == child[:-1]]
        sex = both["SEX"].map(grouped(SEX)).fillna("").to_numpy(object)
        for rule, column, values in (
            ("202", "SEX", sex),
            ("204", "ETHNIC", rows.text("ETHNIC")),
        ):
            yield rule, rows, column, again & _differs(values)
        born = rows.day("DOB")
        yield "203", rows, "DOB", again & np.r_[False, (born[1:] != born[:-1]) & ~np.isnat(born[1:] - born[:-1])]
        mother = rows.among("MOTHER", "1")
        yield "207", rows, "MOTHER", again & np.r_[False, mother[:-1]] & rows.among("MOTHER", "0")
        upn = np.where(rows.where("UPN", _says_unknown), "", rows.text("UPN"))
        yield "208", rows, "UPN", again & _differs(upn)
    if "uasc" in look:
        yield from _uasc_between(look)


def _differs(values: np.ndarray) -> np.ndarray:
    """Where a filled value differs from the filled one in the row before."""
    return np.r_[False, (values[1:] != values[:-1]) & (values[1:] != "") & (values[:-1] != "")].astype(bool)


def _uasc_between(look: Look) -> Found:
    older = look.earlier.get("uasc")
    stated = look.stated["uasc"]
    copies = [stated] if older is None else [stated, older]
    both = pd.concat(copies, ignore_index=True).sort_values(["CHILD", "_year"], kind="stable", ignore_index=True)
    both["child"] = look.people["id"].pipe(pd.Index).get_indexer(both["CHILD"])
    rows = Rows("uasc", both)
    returns = np.unique(both["_year"])
    number = rows.numbers("CHILD")
    again = np.r_[False, number[1:] == number[:-1]]
    goes_on = np.r_[again[1:], False]
    ended = rows.day("DUC")
    last_year = np.r_[[NAT_DAY], ended[:-1]]
    closed_before = again & (last_year <= last_day(np.r_[0, rows.year[:-1]]))
    yield "205B", rows, "DUC", closed_before & (ended != last_year)
    still = np.isnat(ended) | (ended > rows.closes)
    next_listed = np.isin(rows.year + 1, returns)
    # On the first night of the next return's year the child was in care, so that return should list the child.
    still_here = look.in_care(rows.child, rows.closes + 1) & (np.isnat(ended) | (ended > rows.closes + 1))
    yield "205A", rows, "DUC", ~goes_on & still & next_listed & still_here
    before = np.isin(rows.year - 1, returns)
    yield "205D", rows, "CHILD", ~again & before & look.in_care(rows.child, rows.opens - 1)


def _uasc(look: Look) -> Found:
    if "uasc" not in look:
        return
    rows = look["uasc"]
    ended = rows.day("DUC")
    yield "303", rows, "DUC", ended < rows.opens
    if "header" in look and "SEX" in rows:
        sex = rows.frame["SEX"].map(grouped(SEX)).fillna("").to_numpy(object)
        known = look.people["sex"].astype(object).to_numpy()[rows.child]
        yield "INT21", rows, "SEX", (sex != "") & (known != "Not known") & (sex != known)


# ---- episodes ----


def _stated_episodes(look: Look) -> Found:
    rows = look["episodes"]
    start = rows.day("DECOM")
    yield "353", rows, "DECOM", start < FIRST_EPISODES
    yield "354", rows, "DECOM", start > rows.closes
    born = look.born[rows.child]
    young = start < p.birthday(born, 16)
    yield "371", rows, "PLACE", rows.among("PLACE", *UNREGULATED) & young
    before = np.isin(look.since - 1, look.years) & (start <= last_day(look.since - 1))
    yield "562", rows, "DECOM", before
    clean = look.episodes
    yield "437", clean, "DECOM", _after_a_last_exit(look)


def _after_a_last_exit(look: Look) -> np.ndarray:
    """Episodes that start on or after the day the child died (E2) or was found to be an adult (E15)."""
    rows = look.episodes
    gone = rows.among("REC", "E2", "E15")
    if not gone.any():
        return gone
    day = pd.Series(np.where(gone, rows.day("DEC"), NAT_DAY).astype("datetime64[s]"))
    return rows.day("DECOM") >= p.days(day.groupby(rows.child).transform("min"))


def _short_breaks(look: Look) -> Found:
    rows = look["episodes"]
    respite = rows.among("LS", *RESPITE)
    if not respite.any():
        return
    start, end = rows.day("DECOM"), rows.day("DEC")
    end = np.where(np.isnat(end), rows.closes, end)
    each = rows.among("LS", "V3")
    length = (end - start).astype(int)
    yield "365", rows, "DEC", each & (length > 17)
    yield "366", rows, "RNE", each & ~rows.among("RNE", "S")
    in_year = (np.minimum(end, rows.closes) - np.maximum(start, rows.opens)).astype(int)
    key = rows.child.astype(np.int64) * 10_000 + rows.year
    days = pd.Series(np.where(each, np.maximum(in_year, 0), 0)).groupby(key).transform("sum").to_numpy()
    yield "367", rows, "DEC", each & (days > 75)
    agreed = rows.among("LS", "V4")
    both = np.isin(key, key[each]) & np.isin(key, key[agreed])
    yield "426", rows, "LS", (each | agreed) & both


def _orders(look: Look) -> Found:
    rows = look.episodes
    start, end = rows.day("DECOM"), rows.day("DEC")
    length = np.where(np.isnat(end), rows.closes, end) - start
    for rule, code, days in (("361", "L1", 3), ("362", "L2", 21), ("363", "L3", 7)):
        yield rule, rows, "DEC", rows.among("LS", code) & (length.astype(int) > days)
    yield "378", rows, "LS", rows.among("LS", "V2") & rows.among("PLACE", "P1")
    yield "445", rows, "LS", rows.among("LS", "D1") & (start >= NO_FREEING_ORDERS_FROM)
    yield "446", rows, "LS", rows.among("LS", "E1") & (start < FIRST_PLACEMENT_ORDERS)


def _chains(look: Look) -> Found:
    """The reason for a new episode against what changed (217, 434 to 436); foster codes that swap at one address."""
    rows = look.episodes
    if not len(rows):
        return
    settings = [same_place(rows.text("PLACE")), compact(rows.frame["PL_POST"])]
    settings += [rows.text("URN"), rows.text("PLACE_PROVIDER")]
    status = rows.numbers("LS")
    new_status = np.r_[False, status[1:] != status[:-1]]
    surely, perhaps = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for values in settings:
        other = np.r_[False, values[1:] != values[:-1]]
        known = np.r_[False, (values[1:] != "") & (values[:-1] != "")]
        surely, perhaps = surely | (other & known), perhaps | other
    joined = look.joined
    yield "434", rows, "RNE", joined & rows.among("RNE", "L") & (surely | ~new_status)
    yield "435", rows, "RNE", joined & rows.among("RNE", "P", "T") & (new_status | ~perhaps)
    yield "436", rows, "RNE", joined & rows.among("RNE", "B", "U") & (~new_status | ~perhaps)
    yield "217", rows, "RNE", rows.among("PLACE", "A3", "A5") & ~rows.among("RNE", "S", "T", "U")
    kin, carers = rows.among("PLACE", *KIN), rows.among("PLACE", *CARERS)
    swapped = np.r_[False, (kin[1:] & carers[:-1]) | (carers[1:] & kin[:-1])]
    post = settings[1]
    same = np.r_[False, (post[1:] == post[:-1]) & (post[1:] != "")]
    yield "KIN", rows, "PLACE", joined & swapped & same & ~rows.among("RNE", "P", "B")


def _changes(look: Look) -> Found:
    """Why a placement ended (225, 226, 233): where the reason is missing, and where none belongs."""
    rows = look.episodes
    if not rows.carried("REASON_PLACE_CHANGE"):
        return
    given, temporary = rows.filled("REASON_PLACE_CHANGE"), rows.among("PLACE", *TEMPORARY)
    follows = np.r_[look.joined[1:], False]
    moves = follows & np.r_[rows.among("RNE", "P", "B", "T", "U")[1:], False]
    next_temporary = follows & np.r_[temporary[1:], False]
    ended = rows.among("REC", "X1")
    column = "REASON_PLACE_CHANGE"
    yield "225", rows, column, ended & moves & ~temporary & ~next_temporary & ~given
    yield "226", rows, column, given & (temporary | next_temporary)
    yield "233", rows, column, given & np.isnat(rows.day("DEC"))


def _temporary(look: Look) -> Found:
    """Temporary placements that last too long, come too often, or are not followed by a return (375 to 383)."""
    rows = look.episodes
    temporary = rows.among("PLACE", *TEMPORARY)
    if not temporary.any():
        return
    start, end = rows.day("DECOM"), rows.day("DEC")
    length = (np.where(np.isnat(end), np.maximum(rows.closes, start), end) - start).astype(int)
    for rule, code, days in (("375", "T1", 42), ("376", "T3", 21), ("379", "T4", 7)):
        yield rule, rows, "PLACE", rows.among("PLACE", code) & (length > days)
    holidays = np.flatnonzero(rows.among("PLACE", "T3"))
    # The third holiday back must lie a year or more before.
    third = np.r_[[-1, -1], holidays[:-2]] if len(holidays) > 1 else np.full(len(holidays), -1)
    often = np.zeros(len(rows), bool)
    same = (third >= 0) & (rows.child[np.maximum(third, 0)] == rows.child[holidays])
    often[holidays] = same & (start[np.maximum(third, 0)] > p.add_months(start[holidays], -12))
    yield "377", rows, "PLACE", often
    after = look.joined & np.r_[False, temporary[:-1]] & ~temporary
    settled = np.maximum.accumulate(np.where(~temporary, np.arange(len(rows)), -1))
    before = np.r_[-1, settled[:-1]]
    care = look.spans["care"].to_numpy()
    known = (before >= 0) & (care[np.maximum(before, 0)] == care)
    spell = look.spans["spell"].to_numpy()
    returned = known & (spell[np.maximum(before, 0)] == spell) & rows.among("RNE", "P")
    yield "383", rows, "PLACE", after & known & ~returned


def _providers(look: Look) -> Found:
    rows = look.episodes
    none = rows.among("PLACE", *TEMPORARY, *OTHER)
    if rows.carried("PLACE_PROVIDER"):
        given = rows.filled("PLACE_PROVIDER")
        yield "213", rows, "PLACE_PROVIDER", given & none
        yield "526", rows, "PLACE_PROVIDER", ~given & ~none & rows.filled("PLACE")
        yield "550", rows, "PLACE_PROVIDER", rows.among("PLACE_PROVIDER", "PR0") & ~rows.among("PLACE", "P1")
    if rows.carried("URN"):
        yield "218", rows, "URN", rows.blank("URN") & rows.among("PLACE", *HOMES)


def _distances(look: Look) -> Found:
    rows = look.episodes
    uasc = look.people["ever_uasc"].to_numpy(bool)[rows.child]
    miles = rows.frame["PL_DISTANCE"].to_numpy(float)
    stated = ~np.isnan(miles)
    home, place = compact(rows.frame["HOME_POST"]), compact(rows.frame["PL_POST"])
    both = (home != "") & (place != "") if len(rows) else stated
    if stated.any():
        yield "164", rows, "PL_DISTANCE", (miles < 0) | (miles > 999.9)
        yield "164Z", rows, "PL_DISTANCE", (miles == 0) & both & (home != place)
        yield "392A", rows, "PL_DISTANCE", ~stated & ~uasc
        yield "406", rows, "PL_DISTANCE", stated & uasc
        yield "454", rows, "PL_DISTANCE", (miles > 350) & (miles <= 999)
    if rows.carried("HOME_POST") and rows.carried("PL_POST"):
        # An adopters' address may be withheld; a child who came alone has no home here.
        withheld = rows.among("PLACE", *ADOPTIVE, *TEMPORARY)
        yield "392B", rows, "HOME_POST", (home == "") & ~uasc
        yield "392B", rows, "PL_POST", (place == "") & ~withheld
        for column, codes in (("HOME_POST", home), ("PL_POST", place)):
            wrong = Rows("episodes", pd.DataFrame({"code": codes}))
            yield "392C", rows, column, wrong.where("code", lambda code: code and not _POSTCODE.fullmatch(code))
        yield "392D", rows, "PL_POST", both & (home == place) & ~rows.among("PLACE", "P1", *TEMPORARY)


# ---- the yearly health table ----


def _yearly(look: Look) -> Found:
    if "oc2" not in look:
        return
    rows = look["oc2"]
    age, younger = look.age(rows, rows.closes), look.age(rows, rows.opens)
    whole = look.all_year(rows.child, rows.closes)
    score = ~np.isnan(rows.frame["SDQ_SCORE"].to_numpy(float))
    reason = rows.filled("SDQ_REASON")
    items = {column: rows.filled(column) for column in OC2_FLAGS}
    any_item = np.logical_or.reduce(list(items.values()))
    expected = [items[column] for column in EXPECTED_ITEMS]
    none_expected, all_expected = ~np.logical_or.reduce(expected), np.logical_and.reduce(expected)
    of_age = (younger >= 4) & (age < 17)
    yield "157", rows, "SDQ_REASON", whole & of_age & ~score & rows.among("SDQ_REASON", "SDQ1")
    yield "182", rows, "HEALTH_ASSESSMENT", (any_item | score | reason) & ~all_expected & ~none_expected
    yield "185", rows, "SDQ_SCORE", ~whole & score
    yield "186", rows, "SDQ_SCORE", whole & of_age & ~score
    yield "190", rows, "HEALTH_ASSESSMENT", ~whole & any_item
    yield "191", rows, "HEALTH_ASSESSMENT", whole & ~all_expected
    yield "197A", rows, "SDQ_REASON", score & reason
    edge = ((age >= 4) & (younger < 4)) | ((age >= 17) & (younger < 17))
    yield "197B", rows, "SDQ_REASON", whole & edge & ~score & ~reason
    yield "198", rows, "SDQ_REASON", ~whole & reason
    yield "543", rows, "CONVICTED", whole & (age >= 10) & ~items["CONVICTED"]
    yield "544", rows, "HEALTH_ASSESSMENT", items["CONVICTED"] & ~all_expected
    yield "545", rows, "HEALTH_CHECK", whole & (age < 5) & ~items["HEALTH_CHECK"]
    year = rows.child.astype(np.int64) * 10_000 + rows.year
    elsewhere = np.zeros(len(rows), bool)
    for name in ("ad1", "oc3"):
        if name in look:
            elsewhere |= np.isin(year, look[name].child.astype(np.int64) * 10_000 + look[name].year)
    yield "187", rows, "CHILD", whole & elsewhere


def _yearly_substance(look: Look) -> Found:
    if "oc2" not in look:
        return
    rows = look["oc2"]
    misuse = rows.among("SUBSTANCE_MISUSE", "1")
    received, not_received = (rows.among("INTERVENTION_RECEIVED", code) for code in ("1", "0"))
    offered = rows.filled("INTERVENTION_OFFERED")
    yield "158", rows, "INTERVENTION_OFFERED", received & offered
    yield "159", rows, "INTERVENTION_OFFERED", misuse & not_received & ~offered
    yield "192", rows, "INTERVENTION_RECEIVED", misuse & rows.blank("INTERVENTION_RECEIVED")


# ---- care leavers ----


def _care_leavers(look: Look) -> Found:
    if "oc3" not in look:
        return
    rows = look["oc3"]
    age = look.age(rows, rows.closes)
    touch, activity, home = (rows.filled(column) for column in ("IN_TOUCH", "ACTIV", "ACCOM"))
    yield "153", rows, "IN_TOUCH", (touch | activity | home) & ~(touch & activity & home)
    doing, living = activity & ~rows.among("ACTIV", "0"), home & ~rows.among("ACCOM", "0")
    yield "344", rows, "IN_TOUCH", rows.among("IN_TOUCH", "DIED", "RHOM") & (doing | living)
    nothing = rows.among("ACTIV", "0") | rows.among("ACCOM", "0")
    yield "345", rows, "IN_TOUCH", rows.among("IN_TOUCH", "YES") & nothing
    suitable = rows.where("ACCOM", lambda code: code[1:2] == "1")
    yield "345N", rows, "ACCOM", rows.among("IN_TOUCH", "NO", "REFU", "NREQ") & suitable
    yield "347", rows, "ACCOM", (age < 18) & rows.where("ACCOM", lambda code: code[:1] == "T")
    yield "391", rows, "DOB", (age < 17) | (age > 21)
    yield "3001", rows, "ACCOM", (age == 17) & rows.where("ACCOM", lambda code: code[:1] == "Z")


def _care_leavers_in_care(look: Look) -> Found:
    """Young people whom the episodes do not show as care leavers (1000, 1001, 1007, 1011, 1016)."""
    if "oc3" not in look:
        return
    rows = look["oc3"]
    age = look.age(rows, rows.closes)
    birthday = np.full(len(rows), NAT_DAY)
    for years in (17, 18):
        birthday = np.where(age == years, p.birthday(look.born[rows.child], years), birthday)
    at = care_of(rows.child, rows.closes, look.care)
    has_care = (at >= 0) & (len(look.care) > 0)
    reason, ends, censored = np.full(len(rows), "", object), np.full(len(rows), NAT_DAY), np.zeros(len(rows), bool)
    if len(look.care):
        ends = np.where(has_care, p.days(look.care["end"])[at], NAT_DAY)
        reason = np.where(has_care & (ends <= rows.closes), look.care["reason"].to_numpy(object)[at], "")
        first = look.care.groupby("child")["left_censored"].max()
        censored = first.reindex(rows.child).fillna(False).to_numpy(bool)
    yield "1000", rows, "IN_TOUCH", reason == "E2"
    yield "1011", rows, "IN_TOUCH", reason == "E3"
    yield "1007", rows, "IN_TOUCH", ~np.isnat(birthday) & look.in_care(rows.child, birthday)
    yield "1016", rows, "IN_TOUCH", has_care & (ends == birthday)
    # Only where the returns reach back to the 14th birthday can the days be counted.
    seen = look.covers[0] <= p.birthday(look.born[rows.child], 14)
    passed = became_eligible(look.spans, look.born)[rows.child] <= rows.closes
    yield "1001", rows, "IN_TOUCH", seen & ~censored & ~passed


# ---- reviews and missing incidents ----


def _reviews(look: Look) -> Found:
    for name, column in (("reviews", "REVIEW"), ("reviews_local", "REVIEW_DATE")):
        if name not in look:
            continue
        rows = look[name]
        fourth = p.birthday(look.born[rows.child], 4)
        held = rows.day(column)
        under, over = rows.among("REVIEW_CODE", "PN0"), rows.where("REVIEW_CODE", lambda code: code[:2] == "PN")
        # On the birthday itself either is right.
        yield "440", rows, "REVIEW_CODE", under & (held > fourth)
        yield "441", rows, "REVIEW_CODE", over & ~under & (held < fourth)


def _missing(look: Look) -> Found:
    if "missing" not in look:
        return
    rows = look["missing"]
    start, end = rows.day("MIS_START"), rows.day("MIS_END")
    yield "570", rows, "MIS_START", start > rows.closes
    yield "571", rows, "MIS_END", end > rows.closes
    yield "586", rows, "MIS_START", start < look.born[rows.child]
    is_open = np.isnat(end)
    yield "576", rows, "MIS_END", is_open & np.isin(rows.year + 1, look.years)
    spans = look.spans
    if not len(spans):
        return
    at = care_of(rows.child, start, spans)
    ended = p.days(spans["end"])[at]
    inside = (at >= 0) & ((start < ended) | np.isnat(ended))
    goes_on = np.r_[look.joined[1:], False][at]
    yield "575", rows, "MIS_END", is_open & inside & ~np.isnat(ended) & goes_on


# ---- adoption ----


def _first_day(look: Look, where: np.ndarray, column: str = "DECOM", last: bool = False) -> np.ndarray:
    """By person the first (or last) day of the clean episodes that are meant; blank for others."""
    days = look.episodes.day(column)[where].astype("datetime64[s]")
    grouped_days = pd.Series(days).groupby(look.episodes.child[where])
    found = grouped_days.max() if last else grouped_days.min()
    out = np.full(len(look.people), NAT_DAY)
    out[found.index.to_numpy(int)] = p.days(found)
    return out


def _adoption(look: Look) -> Found:
    if "ad1" not in look:
        return
    rows, episodes = look["ad1"], look.episodes
    match, decided = rows.day("DATE_MATCH"), rows.day("DATE_INT")
    adopted = episodes.among("REC", *ADOPTED)
    placed = _first_day(look, episodes.among("PLACE", *ADOPTIVE))
    yield "331", rows, "DATE_MATCH", match > placed[rows.child]
    yield "333", rows, "DATE_MATCH", match < decided
    ended = _first_day(look, adopted, "DEC", last=True)
    yield "602", rows, "CHILD", np.isnat(ended[rows.child])
    by_carer, by_other = np.zeros(len(look.people), bool), np.zeros(len(look.people), bool)
    by_carer[episodes.child[adopted & episodes.among("PLACE", "A2", "A3", "A5")]] = True
    by_other[episodes.child[adopted & episodes.among("PLACE", "A1", "A4", "A6")]] = True
    says, denies = rows.among("FOSTER_CARE", "1"), rows.among("FOSTER_CARE", "0")
    yield "335", rows, "FOSTER_CARE", (denies & by_carer[rows.child]) | (says & by_other[rows.child])
    with_table = np.isin(episodes.year, np.unique(rows.year))
    yield "601", episodes, "REC", adopted & with_table & ~look.ever(rows.child)[episodes.child]


def _decisions(look: Look) -> Found:
    """Decisions to place for adoption against orders, placements and exits (551 to 558)."""
    if "placed_for_adoption" not in look:
        return
    rows, episodes = look["placed_for_adoption"], look.episodes
    with_table = np.isin(episodes.year, np.unique(rows.year))
    listed = look.ever(rows.child)[episodes.child]
    adoptive = episodes.among("PLACE", *ADOPTIVE)
    made, reversed_ = rows.day("DATE_PLACED"), ~np.isnat(rows.day("DATE_PLACED_CEASED"))
    exits = episodes.among("REC", *ADOPTED)
    for missing, late, column, where in (
        ("551", "552", "PLACE", adoptive),
        ("553", "554", "LS", episodes.among("LS", "E1")),
        ("555", "556", "LS", episodes.among("LS", "D1")),
    ):
        yield missing, episodes, column, where & with_table & ~listed
        # A decision that was reversed belongs to an earlier plan than the placement or order that stands.
        yield late, rows, "DATE_PLACED", ~reversed_ & (made > _first_day(look, where)[rows.child])
    last = pd.Series(rows.child).duplicated(keep="last").to_numpy()
    standing = np.zeros(len(look.people), bool)
    standing[rows.child[~last & ~reversed_]] = True
    left = ~np.isnat(episodes.day("DEC")) & ~episodes.among("REC", "X1", "", *ADOPTED, "E2", "E3")
    planned = adoptive | episodes.among("LS", "E1", "D1")
    yield "557", episodes, "REC", left & planned & with_table & standing[episodes.child]
    adopted_day = _first_day(look, exits, "DEC", last=True)
    ceased = rows.day("DATE_PLACED_CEASED")
    yield "558", rows, "DATE_PLACED_CEASED", ~last & reversed_ & (ceased <= adopted_day[rows.child])


# ---- social workers ----


def _social_workers(look: Look) -> Found:
    if "sw_episodes" not in look:
        return
    rows = look["sw_episodes"]
    yield "SW02", rows, "SW_ID", rows.where("SW_ID", lambda text: not _WORKER.match(text))
    yield "SW02X", rows, "SW_ID", rows.where("SW_ID", lambda text: text[:2].upper() == "XX")
    years = np.unique(rows.year)
    width = len(years)
    people = np.repeat(np.arange(len(look.people)), width)
    closes = np.tile(last_day(years), len(look.people))
    here = look.in_care(people, closes)
    span, year = _years_touched(rows, years)
    closing, opening = last_day(years)[year], last_day(years - 1)[year] + 1
    end = rows.day("SW_DEC")[span]
    cell = rows.child[span] * width + year
    working = np.isnat(end) | (end > closing)
    lacking = here & (np.bincount(cell[working], minlength=len(here)) == 0)
    episodes = look["episodes"]
    latest = ~pd.Series(episodes.child.astype(np.int64) * 10_000 + episodes.year).duplicated(keep="last").to_numpy()
    listed = np.minimum(np.searchsorted(years, episodes.year), width - 1)
    of_year = latest & (years[listed] == episodes.year)
    yield "SW17", episodes, "CHILD", of_year & lacking[episodes.child * width + listed]
    # A child born in the year needs a worker from birth on.
    first_day = np.fmax(opening, look.born[rows.child[span]])
    start = np.maximum(rows.day("SW_DECOM")[span], first_day)
    stop = np.where(np.isnat(end), closing, np.minimum(end, closing))
    short = np.zeros(len(here), bool)
    short[_uncovered(cell, start, stop, first_day, closing)] = True
    of_row = rows.child * width + np.searchsorted(years, rows.year)
    once = ~pd.Series(of_row).duplicated().to_numpy()
    yield "SW12", rows, "SW_DECOM", once & (here & short)[of_row]


def _years_touched(rows: Rows, years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every row with every return's year that it touches: positions of the rows and of the years."""
    start, end = rows.day("SW_DECOM"), rows.day("SW_DEC")
    low = np.searchsorted(last_day(years), start, side="left")
    until = np.where(np.isnat(end), last_day(years[-1]), end)
    high = np.searchsorted(last_day(years - 1) + 1, until, side="right")
    counts = np.maximum(high - low, 0)
    span = np.repeat(np.arange(len(rows)), counts)
    return span, np.arange(len(span)) - np.repeat(np.cumsum(counts) - counts, counts) + low[span]


def _uncovered(
    cell: np.ndarray, start: np.ndarray, stop: np.ndarray, first: np.ndarray, last: np.ndarray
) -> np.ndarray:
    """The cells whose spans leave more than seven days without a worker at a stretch.

    A cell is one child's year, from `first` to `last`; spans (`start` to `stop`) lie inside it.
    """
    order = np.lexsort([start, cell])
    cell, first, last = cell[order], first[order], last[order]
    begins = (start[order] - first).astype(np.int64)
    stops = (stop[order] - first).astype(np.int64)
    opens = np.r_[True, cell[1:] != cell[:-1]] if len(cell) else np.zeros(0, bool)
    lift = np.cumsum(opens).astype(np.int64) * 1_000_000
    reach = np.maximum.accumulate(stops + lift) - lift if len(cell) else stops
    before = np.where(opens, 0, np.r_[0, reach[:-1]]) if len(cell) else reach
    closing = np.r_[opens[1:], True] if len(cell) else opens
    days = TOLERANCE.astype(int)
    gap = (begins - before > days) | (closing & ((last - first).astype(np.int64) - reach > days))
    return np.unique(cell[gap])
