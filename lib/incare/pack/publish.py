"""A pack is whole or not there: built beside its place, checked, and put there by one rename."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
import socket
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
MANIFEST = "manifest.json"
STALE_HOURS = 12  # for runs of other machines, whose processes cannot be asked
TORN_SECONDS = 60  # a lock is written within moments of its creation
BYTES_PER_NOTEBOOK = 25_000_000
# Windows' limit for a path, its closing zero included, unless long paths are switched on.
LONGEST_ON_WINDOWS = 260
# The longest name that a run gives a file beside a notebook's own, its folder included.
LONGEST_FILE = "data/" + "x" * 60 + ".csv"
_AT_WORKING_FOLDER, _EXCHANGE = -100, 2  # Linux: fcntl.h, stdio.h

RESTRICTED = """RESTRICTED. These files hold child-level values: notebooks and logs of runs that did not publish.
They are deleted when the run succeeds, or when the next run of the same pack begins. Do not copy or send them.
"""


class PublishError(ValueError):
    """A pack that could not be published; whatever was published before is untouched."""


class LockedError(PublishError):
    """Another run is making the same pack."""


@dataclass(frozen=True)
class Place:
    """Where one run works and where its pack goes, all on one file system.

    `id` is the run's own name; no two runs share it.
    """

    reports: Path
    area: str
    quarter: str
    id: str

    @property
    def target(self) -> Path:
        """The published pack: `reports/<area>/<quarter>`."""
        return self.reports / slug(self.area) / slug(self.quarter)

    @property
    def staging(self) -> Path:
        """Where the pack is built."""
        return self.reports / ".staging" / self.id

    @property
    def pack(self) -> Path:
        """The pack while it is built."""
        return self.staging / "pack"

    @property
    def work(self) -> Path:
        """The restricted folder of executed notebooks and logs."""
        return self.reports / ".work" / self.id

    @property
    def kept(self) -> Path:
        """The folder of results that a later run of this pack may take over (see `resume`)."""
        return self.reports / ".kept" / f"{slug(self.area)}--{slug(self.quarter)}"

    @property
    def lock(self) -> Path:
        """The file that keeps a second run of the same pack out."""
        return self.reports / ".staging" / f"{slug(self.area)}--{slug(self.quarter)}.lock"


def slug(text: str) -> str:
    """A folder name from a name: `2025-26 Q2` becomes `2025-26-q2`.

    Raises `PublishError` when nothing is left of it.
    """
    simple = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", simple).strip("-")
    if not name:
        raise PublishError(f'No folder can be named after "{text}"; a letter or digit is needed.')
    return name


def place(reports, area: str, quarter: str, now: datetime) -> Place:
    """The folders of a run that starts now."""
    name = f"{now:%Y%m%dT%H%M%S%f}-{slug(socket.gethostname())[:20]}-{os.getpid()}"
    return Place(Path(reports).resolve(), area, quarter, name)


@contextmanager
def held(at: Place, now: datetime, notebooks: int | tuple[str, ...] = 1) -> Iterator[None]:
    """Hold the place for one run: locked, tidied of dead runs, with empty folders to work in.

    `notebooks` are their names, or how many there are. Raises `LockedError` naming the other run's start when one is at
    work, and `PublishError` when the reports folder cannot be written, its paths would be longer than the system
    allows, or the disk is too full for so many notebooks. The staging folder is gone afterwards.
    """
    names = ("",) * notebooks if isinstance(notebooks, int) else notebooks
    _check_length(at, names, LONGEST_ON_WINDOWS if sys.platform == "win32" else None)
    try:
        for folder in (at.staging.parent, at.work.parent):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        (at.work.parent / "RESTRICTED.txt").write_text(RESTRICTED, encoding="utf-8")
        tidy(at, now)
        _check_space(at.reports, len(names))
        _take(at, now)
    except OSError as problem:
        raise PublishError(
            f"The reports folder {at.reports} cannot be written: {problem.strerror}. Check its permissions and the "
            "space left, or give another with --reports."
        ) from None
    try:
        for folder in (at.staging, at.work):
            folder.mkdir()
            _write(folder / "owner.json", _owner(at, now))
        _try_length(at, len(str(longest_path(at, names))))
        yield
    finally:
        shutil.rmtree(at.staging, ignore_errors=True)
        if _is_ours(at):
            at.lock.unlink(missing_ok=True)


def _check_space(folder: Path, notebooks: int) -> None:
    needed, free = notebooks * BYTES_PER_NOTEBOOK, shutil.disk_usage(folder).free
    if free < needed:
        raise PublishError(
            f"The disk of {folder} has {free // 1_000_000} MB left; about {needed // 1_000_000} MB are needed. "
            "Nothing was started and no pack was changed."
        )


# Long paths


def longest_path(at: Place, notebooks: tuple[str, ...]) -> Path:
    """The longest path that a run of these notebooks writes, by name or by the folder that it stands in."""
    longest = max(notebooks, key=len, default="")
    paths = (
        at.work / "data" / longest / LONGEST_FILE.removeprefix("data/"),
        at.work / f"{longest}.ipynb",
        at.pack / f"{longest}.html",
        at.pack / LONGEST_FILE,
        at.kept / f".{longest}-{'0' * 16}.part" / LONGEST_FILE,
        at.target / LONGEST_FILE,
    )
    return max(paths, key=lambda path: len(str(path)))


def _check_length(at: Place, notebooks: tuple[str, ...], limit: int | None) -> None:
    """Refuse paths that a system with such a limit could not open, counted before anything is written."""
    longest = len(str(longest_path(at, notebooks)))
    if limit is not None and longest >= limit and not _has_long_paths():
        raise PublishError(_too_long(longest, f"more than the {limit - 1} that Windows allows"))


def _has_long_paths() -> bool:
    """Whether Windows was set to allow long paths; never elsewhere, where other limits hold."""
    try:
        import winreg

        place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except (ImportError, OSError):
        return False


def _try_length(at: Place, length: int) -> None:
    """Open a path of that length once, in the staging folder, since only the system itself knows what it allows."""
    place = at.staging / "length"
    while (left := length - len(str(place)) - 1) > 0:
        place = place / ("x" * min(left, 100))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    except OSError as problem:
        if problem.errno != errno.ENAMETOOLONG:
            raise
        raise PublishError(_too_long(length, "more than this system allows")) from None


def _too_long(length: int, why: str) -> str:
    return (
        f"The paths of this run would be up to {length} characters long, {why}. Give a folder nearer to the root of "
        "the disk with --reports, or shorter names of area and notebooks. Nothing was started."
    )


# The lock


def _owner(at: Place, now: datetime) -> dict:
    import psutil

    target = at.target.relative_to(at.reports).as_posix()
    process = {"pid": os.getpid(), "process_began": psutil.Process().create_time(), "host": socket.gethostname()}
    return process | {"run": at.id, "started": now.isoformat(timespec="seconds"), "target": target}


def _take(at: Place, now: datetime) -> None:
    for _ in range(3):
        try:
            handle = os.open(at.lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            _set_stale_lock_aside(at, now)
            continue
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(_owner(at, now), file)
        except OSError:
            at.lock.unlink()
            raise
        return
    raise LockedError(f"The lock {at.lock} cannot be taken; other runs of this pack keep taking it. Try again.")


def _set_stale_lock_aside(at: Place, now: datetime) -> None:
    """Move a dead run's lock out of the way; raise when its run is alive."""
    holder = _read(at.lock)
    if holder and not _is_gone(holder, now):
        began = datetime.fromisoformat(holder["started"])
        raise LockedError(
            f"A run for {at.area} {at.quarter} that began at {began:%H:%M} on {began.day} {began:%B %Y} is still at "
            f"work (process {holder['pid']} on {holder['host']}). Wait for it to end."
        )
    aside = at.lock.with_name(f"{at.lock.name}.{at.id}")
    try:
        age = now.timestamp() - at.lock.stat().st_mtime
        if holder is None and age < TORN_SECONDS:
            raise LockedError(f"Another run for {at.area} {at.quarter} has just begun. Wait for it to end.")
        at.lock.rename(aside)
    except FileNotFoundError:
        return
    aside.unlink(missing_ok=True)


def _is_gone(owner: dict, now: datetime) -> bool:
    """Whether the run that wrote this owner's note has ended without tidying up."""
    import psutil

    if owner["host"] != socket.gethostname():
        return (now - datetime.fromisoformat(owner["started"])).total_seconds() > STALE_HOURS * 3600
    try:
        # A later process may have been given the same number.
        return abs(psutil.Process(owner["pid"]).create_time() - owner["process_began"]) > 1
    except psutil.NoSuchProcess:
        return True


def _is_ours(at: Place) -> bool:
    holder = _read(at.lock)
    return bool(holder) and holder["run"] == at.id


def _read(path: Path) -> dict | None:
    """A note written as JSON; None when it is not there, torn, or not one of ours."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and {"pid", "host", "run", "started", "target"} <= set(note) else None


# What dead runs left


def tidy(at: Place, now: datetime) -> None:
    """Remove what runs that are gone left behind, after putting back a pack that one had taken away.

    Their restricted folders go when they belong to the pack about to be made.
    """
    for folder in _folders(at.staging.parent):
        owner = _read(folder / "owner.json")
        if not _is_abandoned(folder, owner, now):
            continue
        if owner:
            _put_back(folder / "replaced", at.reports / owner["target"])
        shutil.rmtree(folder, ignore_errors=True)
    ours = at.target.relative_to(at.reports).as_posix()
    for folder in _folders(at.work.parent):
        owner = _read(folder / "owner.json")
        if _is_abandoned(folder, owner, now) and (owner is None or owner["target"] == ours):
            shutil.rmtree(folder, ignore_errors=True)


def _folders(place: Path) -> list[Path]:
    return sorted(p for p in place.iterdir() if p.is_dir()) if place.is_dir() else []


def _is_abandoned(folder: Path, owner: dict | None, now: datetime) -> bool:
    if owner is None:  # just made, or torn
        return now.timestamp() - folder.stat().st_mtime > TORN_SECONDS
    return _is_gone(owner, now)


def _put_back(replaced: Path, target: Path) -> None:
    if replaced.exists() and not target.exists():
        replaced.rename(target)


# The manifest


def code_version() -> dict[str, str]:
    """The version of incare and one hash over its files: code, and the tables and templates that it reads."""
    import incare

    whole = hashlib.sha256()
    for file in sorted(p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        whole.update(f"{file.relative_to(PACKAGE).as_posix()}\0".encode() + file.read_bytes())
    return {"version": incare.__version__, "sources": whole.hexdigest()}


def package_versions() -> dict[str, str]:
    """The installed versions of the packages incare builds on."""
    from importlib.metadata import PackageNotFoundError, version

    names = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn", "pyarrow", "papermill", "nbconvert")
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_manifest(pack: Path, facts: dict) -> None:
    """Write `manifest.json`: the facts of the run and the hash of every other file of the pack."""
    files = sorted(p for p in pack.rglob("*") if p.is_file() and p.name != MANIFEST)
    hashes = {file.relative_to(pack).as_posix(): _sha256(file) for file in files}
    _write(pack / MANIFEST, facts | {"files": hashes})


def facts_of(pack) -> dict:
    """The manifest of a published pack; empty when there is none or it is torn."""
    try:
        facts = json.loads((Path(pack) / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def verify(pack) -> list[str]:
    """What is wrong with a pack on disk, by its manifest: one sentence per missing, changed or added file."""
    pack = Path(pack)
    hashes = facts_of(pack).get("files")
    if not isinstance(hashes, dict):
        return [f"{MANIFEST} is missing or torn; run the quarter again."]
    there = {p.relative_to(pack).as_posix(): p for p in pack.rglob("*") if p.is_file() and p.name != MANIFEST}
    missing = [f"{name} is missing." for name in hashes if name not in there]
    added = [f"{name} does not belong to the pack." for name in there if name not in hashes]
    kept = [(name, path) for name, path in there.items() if name in hashes]
    changed = [f"{name} was changed after it was published." for name, path in kept if _sha256(path) != hashes[name]]
    return missing + added + changed


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write(path: Path, facts: dict) -> None:
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


# The one rename


def publish(at: Place) -> Path:
    """Put the staged pack in its place and return that place.

    Until the rename the earlier pack stands, after it the new one. Raises `PublishError` when the staged files do not
    match their manifest, the lock was lost, or the place cannot be written; the earlier pack then stays.
    """
    wrong = verify(at.pack)
    if wrong:
        raise PublishError(f"The pack was not written whole: {' '.join(wrong)}")
    if not _is_ours(at):
        raise PublishError(f"Another run for {at.area} {at.quarter} took over the lock; nothing was published.")
    try:
        _to_disk(at.pack)
        at.target.parent.mkdir(parents=True, exist_ok=True)
        if at.target.exists():
            _swap(at)
        else:
            at.pack.rename(at.target)
        _sync_folder(at.target.parent)
    except OSError as problem:
        raise PublishError(
            f"The pack could not be put in {at.target}: {problem.strerror}. Close its files in other programs and run "
            "again; the earlier pack is unchanged."
        ) from None
    return at.target


def _swap(at: Place) -> None:
    """Change places with the earlier pack; it ends in the staging folder, which is deleted with the run."""
    if _exchange(at.pack, at.target):
        return
    # Without an exchange there is a moment between two renames. A run killed there is mended by the next (`tidy`).
    replaced = at.staging / "replaced"
    at.target.rename(replaced)
    try:
        at.pack.rename(at.target)
    except OSError:
        replaced.rename(at.target)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Two folders change names in one step, where the system can; False where it cannot."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    here = _AT_WORKING_FOLDER
    return rename(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0


def _to_disk(pack: Path) -> None:
    for path in sorted(pack.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(pack)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
