"""The sample on disk: one folder per authority, written whole or not at all."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from incare.sample import areas as authorities
from incare.sample.areas import Area
from incare.sample.authority import tables

NOTICE = """{name} does not exist.

Every child, young person, worker, postcode and number in this folder is invented by a program (incare sample,
seed {seed}). Nobody's data was used. Postcodes begin ZZ and council codes E99, which no real ones do.

ssda903/<year>/<table>.csv   yearly returns, year = the year of the closing 31 March ({first} to {last})
local/<table>.csv            tables a council keeps beside the return
"""


def write(
    folder: str | Path,
    seed: int = 1,
    children: int = 650,
    years: int = 6,
    areas: int = 1,
    ending: int = 2025,
    workers: int = 1,
) -> list[Path]:
    """Writes invented authorities as `<folder>/<area>/ssda903/<year>/*.csv` and `.../local/*.csv`; returns the folders.

    The first area is like Croydon, the second like Worcestershire, any further one plain (see `authority`). Each area
    is written under a temporary name and renamed, so a folder is whole or not there; an older folder of the same
    name is replaced. `workers` are processes that write several areas at once; the files are the same with any number.
    Raises `ValueError` for settings that cannot be used.
    """
    if areas < 1:
        raise ValueError(f"areas must be 1 or more; found {areas}.")
    wanted = [_area(place, seed, children, years, ending) for place in range(areas)]
    if workers == 1 or areas == 1:
        return [_write(Path(folder), area) for area in wanted]
    with ProcessPoolExecutor(min(workers, areas), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_write, [Path(folder)] * areas, wanted))


def _area(place: int, seed: int, children: int, years: int, ending: int) -> Area:
    return authorities.checked(authorities.area(place, seed, children, years, ending))


def _write(folder: Path, area: Area) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{area.slug}-", dir=folder))
    try:
        _fill(staging, area)
        _replace(staging, folder / area.slug)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder / area.slug


def _fill(folder: Path, area: Area) -> None:
    for (year, name), frame in tables(area).items():
        place = folder / "local" if year is None else folder / "ssda903" / str(year)
        place.mkdir(parents=True, exist_ok=True)
        frame.to_csv(place / f"{name}.csv", index=False, lineterminator="\n")
    notice = NOTICE.format(name=area.name, seed=area.seed, first=area.returns[0], last=area.returns[-1])
    (folder / "README.txt").write_text(notice, encoding="utf-8")
    folder.chmod(0o755)


def _replace(staging: Path, target: Path) -> None:
    """Moves a finished folder into place; an older one is set aside first, so readers see the old or the new."""
    if not target.exists():
        os.replace(staging, target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    os.replace(target, old / "before")
    os.replace(staging, target)
    shutil.rmtree(old, ignore_errors=True)


def embedded(area: int = 0) -> Path:
    """The folder of a ready-made authority (0 like Croydon, 1 like Worcestershire), written once and then reused.

    It stands in the user's cache folder (or the system's temporary one), under a name made from the generator's
    source and settings, so a changed generator makes a new one. Two processes may call at once: each writes its own
    copy, the first rename wins and the other copy is thrown away.
    """
    wanted = _area(area, seed=1, children=650, years=6, ending=2025)
    home = _cache_folder() / f"sample-{_fingerprint()}-{wanted.slug}"
    target = home / wanted.slug
    if not target.exists():
        home.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        try:
            _fill(staging, wanted)
            os.replace(staging, target)
        except OSError:
            if not target.exists():
                raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return target


@cache
def _fingerprint() -> str:
    """A short hash of every source file the sample is made by."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in [*sorted(here.glob("*.py")), here.parent / "periods.py"]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """A folder of ours in the user's cache, or in the temporary folder when there is none to write to."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = (Path(named) if named else Path.home() / ".cache") / "incare"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):
        pass
    folder = Path(tempfile.gettempdir()) / "incare"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
