"""What a pack was made with: every package of the environment, its version and its licence, as a bill of materials."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from importlib import metadata

FORMAT, VERSION = "CycloneDX", "1.6"
_CLASSIFIER = "License :: OSI Approved :: "
# Longer fields hold a whole licence text, which says its name in the first line at best.
_LONGEST_NAME = 80


def bill() -> dict:
    """The bill of materials in CycloneDX's JSON form: a component for each installed package, by name.

    Each has `name`, `version`, `purl` and `licenses`. It names no file, machine or time, so that equal environments
    give equal bills.

    **Source** CycloneDX 1.6 (ECMA-424), the fields `bomFormat`, `specVersion`, `metadata` and `components`.
    """
    import incare

    subject = {"type": "application", "name": "incare", "version": incare.__version__}
    subject |= {"licenses": [{"license": {"id": "MIT"}}]}
    components = [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"name": licence}}] if licence else [],
        }
        for name, version, licence in installed()
        if name != "incare"
    ]
    return {
        "bomFormat": FORMAT,
        "specVersion": VERSION,
        "version": 1,
        "metadata": {"component": subject},
        "components": components,
    }


@cache
def installed() -> tuple[tuple[str, str, str], ...]:
    """Name, version and licence of every installed package, in the order of their names; "" for a licence not said."""
    found = {}
    for one in metadata.distributions():
        said = one.metadata
        if said and said["Name"]:
            name = re.sub(r"[-_.]+", "-", said["Name"]).lower()
            # The first on the path is the one that is imported.
            found.setdefault(name, (name, one.version, _licence(said)))
    return tuple(found[name] for name in sorted(found))


def fingerprint() -> str:
    """One hash over Python's version and those of all installed packages: what results depend on beside our code."""
    import platform

    versions = [platform.python_version(), *(f"{name} {version}" for name, version, _ in installed())]
    return hashlib.sha256(json.dumps(versions).encode()).hexdigest()


def _licence(said) -> str:
    """A package's licence: its expression, else its classifiers, else its field when that is a name."""
    classified = [
        found.removeprefix(_CLASSIFIER) for found in said.get_all("Classifier") or [] if found.startswith("License ::")
    ]
    field = (said.get("License") or "").strip()
    named = field if field and len(field) <= _LONGEST_NAME and "\n" not in field else ""
    classes = [name for name in classified if name not in ("OSI Approved", "License :: OSI Approved")]
    return said.get("License-Expression") or " / ".join(sorted(classes)) or named
