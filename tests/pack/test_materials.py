"""What a pack was made with: a bill of materials that names every package, and licences that we may use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from incare.pack import materials

ROOT = Path(__file__).resolve().parents[2]
# Permissive licences, and two (MPL, LGPL) that ask to share changes to their own files, which we do not change.
MAY_BE_USED = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|0BSD|Unlicense|HPND|MPL|Mozilla|LGPL|Public Domain",
)
# Licences that their packages do not name in a field, looked up in the files that come with them.
LOOKED_UP = {"axe-playwright-python": "MIT"}
OURS_TO_SHARE = re.compile(r"\b(AGPL|GPL-[23]|GNU General Public|Affero|SSPL|BUSL|Commons Clause)", re.IGNORECASE)


def test_the_bill_is_in_cyclonedx_s_form_and_names_what_incare_needs():
    bill = materials.bill()

    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert bill["metadata"]["component"]["name"] == "incare"
    named = {part["name"]: part for part in bill["components"]}
    assert {"pandas", "numpy", "papermill", "openpyxl", "defusedxml", "pyyaml"} <= set(named)
    assert named["pandas"]["purl"] == f"pkg:pypi/pandas@{named['pandas']['version']}"
    assert named["pandas"]["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert list(named) == sorted(named)
    assert json.loads(json.dumps(bill)) == bill


def test_the_same_environment_gives_the_same_bill():
    first = materials.bill()
    materials.installed.cache_clear()

    assert materials.bill() == first


def test_every_installed_package_has_a_licence_that_we_may_use():
    unknown = {
        name: licence
        for name, _, said in materials.installed()
        if not MAY_BE_USED.search(licence := said or LOOKED_UP.get(name, "")) or OURS_TO_SHARE.search(licence)
    }
    assert unknown == {}


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "GPL-3.0-or-later", "GNU General Public License v2", "SSPL-1.0"])
def test_a_licence_that_would_bind_us_is_noticed(licence):
    assert OURS_TO_SHARE.search(licence)


def test_what_was_looked_up_is_still_needed():
    said = {name: licence for name, _, licence in materials.installed()}

    assert [name for name in LOOKED_UP if said.get(name)] == []


def test_every_package_of_the_lock_that_is_installed_is_of_the_version_locked():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", lock, re.MULTILINE):
        locked.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(version)
    other = {name: version for name, version, _ in materials.installed() if version not in locked.get(name, {version})}

    assert other == {}
