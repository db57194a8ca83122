"""Which of incare's own files a notebook reaches: only a change in one of them makes it run again.

Followed are the imports as they are written, inside functions too, so that more is counted than a run may use and never
less. A module counts with the packages around it and every table beside it.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path

NAME = "incare"
# What a page goes through on its way out of a kernel; these count for every notebook, without what they import.
ALWAYS = ("pack/execute.py", "pack/export.py", "pack/kernels.py", "pack/notebook.py", "pack/resume.py", "pack/warm.py")
ALWAYS_BELOW = ("pack/templates", "views/markup.py")
# The line of an import begins with nothing but spaces, or follows a semicolon.
_IMPORT = re.compile(
    rf"(?:^|;)[ \t]*(?:from[ \t]+({NAME}(?:\.\w+)*)[ \t]+import[ \t]*(\([^)]*\)|[^\n;#]+)|import[ \t]+([^\n;#]+))",
    re.MULTILINE,
)


class Reach:
    """The files of a package, and which of them code reaches."""

    def __init__(self, package: Path):
        self.package = Path(package)

    def fingerprint(self, sources: tuple[str, ...]) -> str:
        """One hash over the files that the given pieces of code reach, and those that every page goes through."""
        whole = hashlib.sha256()
        for name in sorted(self.files(sources) | self._always):
            whole.update(f"{name}\0{self._hashes[name]}\0".encode())
        return whole.hexdigest()

    def files(self, sources: tuple[str, ...]) -> frozenset[str]:
        """The files that the given pieces of code reach, by their place in the package."""
        reached: set[str] = set()
        waiting = {name for source in sources for name in imported(source)}
        while waiting:
            module = waiting.pop()
            for name in self._files_of(module) - reached:
                reached.add(name)
                if name.endswith(".py"):
                    waiting |= imported(self._texts[name])
        return frozenset(reached)

    def _files_of(self, module: str) -> set[str]:
        """A module's file with those of the packages around it, and the tables beside it."""
        parts = module.split(".")[1:]
        found = {"__init__.py"}
        for depth in range(len(parts)):
            place = "/".join(parts[: depth + 1])
            found |= {f"{place}.py", f"{place}/__init__.py"}
        inside = found & self._hashes.keys()
        around = {name.rpartition("/")[0] for name in inside}
        return inside | {name for folder in around for name in self._tables.get(folder, ())}

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {name: hashlib.sha256(data).hexdigest() for name, data in self._contents.items()}

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        files = (path for path in self.package.rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {path.relative_to(self.package).as_posix(): path.read_bytes() for path in files}

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {name: data.decode() for name, data in self._contents.items() if name.endswith(".py")}

    @cached_property
    def _tables(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._contents:
            if not name.endswith(".py"):
                found.setdefault(name.rpartition("/")[0], []).append(name)
        return found

    @property
    def _always(self) -> set[str]:
        below = {name for name in self._hashes if name.startswith(ALWAYS_BELOW)}
        return below | (set(ALWAYS) & self._hashes.keys())


def imported(source: str) -> set[str]:
    """The names of incare's modules that a piece of code may import; `from a import b` gives both `a` and `a.b`."""
    found: set[str] = set()
    for module, names, plain in _IMPORT.findall(source):
        if module:
            inside = re.split(r"[,\s]+", re.sub(r"#[^\n]*|\bas\s+\w+|[()]", " ", names).strip())
            found |= {module, *(f"{module}.{name}" for name in inside if name and name != "*")}
        else:
            listed = (part.split()[0] for part in plain.split(",") if part.strip())
            found |= {name for name in listed if name == NAME or name.startswith(f"{NAME}.")}
    return found
