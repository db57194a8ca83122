"""Six quarters of whole public packs and what is asked beside them: each audited, each searched for traces of children.

Run:  python tests/bench/quarters.py [--quarters N] [--children N] [--keep DIR]    (about 15 minutes)

The invented authority of params/sample.yaml, in an extract of which every id, worker, postcode and pupil number, and
some names and dates of birth, stand nowhere else. Each quarter has an extract of its own day: of some children the
local tables come a quarter late and some new ones are not recorded yet, so that each pack revises those before it. By
the commands that the README names, `incare run` publishes every page, PDF, Word file and spreadsheet, `incare ask` some
pages beside each pack; one ledger holds them all. Then each is audited as `incare audit` does it, and every byte that
the runs left, opened where it is packed, is searched.

A question may be refused, when its answer and the earlier ones would give a number away; a pack may not. Prints a line
for each release; ends with 1 if a pack was refused, a number can be worked out or a canary was found.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import pandas as pd  # noqa: E402
import yaml  # noqa: E402

from house import environment  # noqa: E402
from incare import sample  # noqa: E402
from incare.disclosure.audit import audit_pack  # noqa: E402
from incare.periods import Quarter  # noqa: E402
from tests.faults import canaries  # noqa: E402
from tests.requirements.conftest import at_home  # noqa: E402

QUARTERS = ("2023-24 Q3", "2023-24 Q4", "2024-25 Q1", "2024-25 Q2", "2024-25 Q3", "2024-25 Q4")
# What a committee asks each quarter, and what somebody asks after the last who closes in on a few children.
QUESTIONS = (
    ("pathway_plan_up_to_date_pct,care_plan_up_to_date_pct", "uasc", ""),
    ("cl_eet_pct,cl_suitable_accommodation_pct", 'sex == "Female"', ""),
    ("care_plan_up_to_date_pct", "", "team"),
)
PRYING = (("cla_count,stability_3plus_pct", "age >= 16", ""), ("cla_count,cla_started_count", "not uasc", "age_band"))
LATE_PLANS, LATE_STARTS = 40, 12  # one child in so many
MARK = "CANARY"
UNSAID = "words were said in confidence"


@dataclass(frozen=True)
class Release:
    """A pack or an answer: what was asked of it, its folder unless it was refused, what was said, and the seconds."""

    name: str
    pack: Path | None
    said: str
    seconds: float


def invented(folder: Path, children: int | None) -> Path:
    """An extract whose every id, postcode and pupil number can be told from any other word."""
    place = folder / "whole"
    if children:
        (made,) = sample.write(folder / "made", children=children)
        shutil.copytree(made, place)
    else:
        shutil.copytree(sample.embedded(0), place)
    canaries.plant(place)
    for path, frame in tables(place).items():
        if "CHILD" in frame:
            frame["CHILD"] = frame["CHILD"].map(lambda name: name if name.startswith(MARK) else MARK + name)
            frame.to_csv(path, index=False)
    return place


def tables(place: Path) -> dict[Path, pd.DataFrame]:
    """Every CSV file of an extract, as text."""
    return {path: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(place.rglob("*.csv"))}


def known_then(whole: Path, place: Path, number: int, day: pd.Timestamp) -> Path:
    """The extract as it was on the last day of a quarter, without what was written down later."""
    shutil.copytree(whole, place)
    for year in (place / "ssda903").iterdir():
        if int(year.name) > day.year + (day.month > 3):
            shutil.rmtree(year)
    found = tables(place)
    episodes = pd.concat(frame for path, frame in found.items() if path.stem == "episodes")
    first = pd.to_datetime(episodes["DECOM"], dayfirst=True).groupby(episodes["CHILD"]).min()
    new = sorted(first.index[(first > day - pd.DateOffset(months=1)) & (first <= day)])
    every = sorted(first.index)
    without = set(new[::LATE_STARTS]), set(every[number::LATE_PLANS])
    for path, frame in found.items():
        if "CHILD" not in frame:
            continue
        late = without[0] | (without[1] if path.parent.name == "local" and path.stem != "care_leavers" else set())
        frame[~frame["CHILD"].isin(late)].to_csv(path, index=False)
    workshops(found, place.parent / f"workshops-{place.name}.csv", day)
    return place


def workshops(found: dict[Path, pd.DataFrame], path: Path, day: pd.Timestamp) -> None:
    """A list of tenancy workshops that names children too."""
    people = pd.concat(frame for file, frame in found.items() if file.stem == "header").drop_duplicates("CHILD")
    half = pd.to_datetime(people["DOB"], dayfirst=True) + pd.DateOffset(years=17, months=4)
    rows = pd.DataFrame({"CHILD": people["CHILD"], "WORKSHOP_DATE": half.dt.strftime("%d/%m/%Y")})
    rows[half.between("2019-01-01", day)].iloc[::2].to_csv(path, index=False)


def wanted() -> dict[str, re.Pattern[bytes]]:
    """What must not be found: the planted canaries, every id, worker, postcode and pupil number, unconsented words."""
    planted = canaries.wanted()
    more = {"ids": MARK, "workers": r"\bSW\d{5}\b", "postcodes": r"\bZZ\d\d(?: |%20|&nbsp;)?\d[A-Z]{2}\b"}
    more |= {"UPNs": r"\b[A-Z]\d{12}\b", "words without consent": UNSAID}
    return planted | {kind: re.compile(text.encode()) for kind, text in more.items()}


def quarter(folder: Path, whole: Path, number: int) -> Iterator[Release]:
    """Publish a quarter's pack and the answers beside it, one after the other; a refused pack has none."""
    label = QUARTERS[number]
    day = pd.Timestamp(Quarter.parse(label).end)
    place = known_then(whole, folder / "extracts" / label.replace(" ", "-"), number, day)
    given = at_home("sample") | {"quarter": label, "as_at": day.date().isoformat(), "extract": str(place)}
    given |= {"workshops": str(place.parent / f"workshops-{place.name}.csv"), "mandatory": []}
    params = folder / "params" / f"{place.name}.yaml"
    params.parent.mkdir(exist_ok=True)
    params.write_text(yaml.safe_dump(given), encoding="utf-8")
    pack = command(folder, label, "run", params, "--workers", "2")
    yield pack
    last = label == QUARTERS[-1]
    for measures, cohort, by in (*QUESTIONS, *(PRYING if last else ())) if pack.pack else ():
        asked = " ".join(filter(None, [cohort or "everyone", by and f"by {by}"]))
        words = ["--measures", measures, *(["--cohort", cohort] if cohort else []), *(["--by", by] if by else [])]
        yield command(folder, f"{label} asked: {asked}", "ask", params, *words)


def command(folder: Path, name: str, *words) -> Release:
    """What a command of incare published and said."""
    line = [sys.executable, "-m", "incare", *map(str, words), "--reports", str(folder / "reports")]
    before = {path.parent for path in folder.glob("reports/*/*/manifest.json")}
    began = time.perf_counter()
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment())
    seconds, said = time.perf_counter() - began, done.stdout + done.stderr
    (folder / "said").mkdir(exist_ok=True)
    note = folder / "said" / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.txt"
    note.write_text(said, encoding="utf-8")
    new = {path.parent for path in folder.glob("reports/*/*/manifest.json")} - before
    return Release(name, new.pop() if done.returncode == 0 else None, said, seconds)


def refused(release: Release) -> bool:
    """Whether an answer was refused by the attack, which is its right; any other end is a fault."""
    return release.pack is None and "can be worked out" in release.said


def main() -> int:
    """Publish, audit, search, and print a line for each release."""
    given = asked()
    folder = Path(given.keep or tempfile.mkdtemp(prefix="incare-quarters-")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    whole = invented(folder, given.children)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    patterns, wrong, releases = wanted(), [], []
    holds = canaries.hits(patterns, {"extract": b"".join(path.read_bytes() for path in whole.rglob("*.csv"))})
    blind = {kind for kind in patterns if (kind, "extract") not in holds} - {"words without consent"}
    wrong += [f"{kind} are not in the extract, so that finding none says nothing" for kind in sorted(blind)]
    print(f"{'release':45} {'cells':>8} {'hidden':>7} {'unsafe':>7} {'traces':>7} {'made':>6} {'audit':>6}", flush=True)
    for number in range(len(QUARTERS) - given.quarters, len(QUARTERS)):
        for release in quarter(folder, whole, number):
            releases.append(release)
            wrong += told(release, patterns)
    rest = {"said": "\n".join(r.said for r in releases).encode()}
    rest |= {name: data for name, data in canaries.left(folder).items() if not name.startswith("northmere/")}
    found = canaries.hits(patterns, rest)
    print(f"messages, ledger, kept results: {len(rest)} files, {sum(found.values())} traces")
    wrong += [f"{count} of {kind} in {name}" for (kind, name), count in found.items()]
    packs, answers = (sum(r.pack is not None and ("asked" in r.name) == yes for r in releases) for yes in (False, True))
    turned = sum(map(refused, releases))
    print(f"{packs} packs and {answers} answers published, {turned} answers refused; {len(wrong)} misses")
    print(*(f"  {line}" for line in wrong), sep="\n")
    if not given.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return int(bool(wrong) or packs < given.quarters)


def told(release: Release, patterns: dict[str, re.Pattern[bytes]]) -> list[str]:
    """Print a release's line; what is wrong with it."""
    if release.pack is None:
        print(f"{release.name:45} {'refused' if refused(release) else 'FAILED':>8} {release.seconds:36.0f}", flush=True)
        return [] if refused(release) and "asked" in release.name else [f"{release.name}: {release.said[-1500:]}"]
    began = time.perf_counter()
    verdict = audit_pack(release.pack)
    seconds = time.perf_counter() - began
    files = {path.relative_to(release.pack.parent).as_posix(): path.read_bytes() for path in release.pack.rglob("*.*")}
    found = canaries.hits(patterns, files)
    figures = f"{verdict.cells:>8,} {verdict.hidden:>7,} {len(verdict.unsafe):>7} {sum(found.values()):>7}"
    print(f"{release.name:45} {figures} {release.seconds:6.0f} {seconds:6.0f}", flush=True)
    wrong = [] if verdict.safe else [f"{release.name}: {line}" for line in verdict.told()]
    return wrong + [f"{release.name}: {count} of {kind} in {name}" for (kind, name), count in found.items()]


def asked() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quarters", type=int, default=len(QUARTERS), help="how many, the newest last")
    parser.add_argument("--children", type=int, help="about how many are in care at once, for another authority")
    parser.add_argument("--keep", metavar="DIR", help="a new folder to keep extracts, packs and messages in")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
