"""The lock, environment.yml and pyproject.toml name the same packages."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement

import start

ROOT = Path(start.ROOT)
LOCK = start.LOCK.read_text(encoding="utf-8")
PROJECT = start.PROJECT.read_text(encoding="utf-8")
CONDA = (ROOT / "environment.yml").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def direct(project: str = PROJECT) -> set[str]:
    """The names of the packages that pyproject.toml asks for, extras included."""
    facts = tomllib.loads(project)["project"]
    wanted = [*facts["dependencies"], *(one for extra in facts["optional-dependencies"].values() for one in extra)]
    return {Requirement(one).name.lower() for one in wanted}


def conda_pins(text: str) -> dict[str, str]:
    """Every pin of an environment.yml, those of its pip section included."""
    *packages, pip = yaml.safe_load(text)["dependencies"]
    return dict(re.split("==?", one) for one in [*packages, *pip["pip"]] if "=" in one and one != "-e .")


def locked(lock: str, python: str = "3.11") -> dict[str, str]:
    """What the lock installs on one Python."""
    here = {"python_version": python, "python_full_version": f"{python}.0"}
    return {
        name: version for name, version, marker, _ in start.entries(lock) if not marker or Marker(marker).evaluate(here)
    }


def disagreements(conda: str, lock: str) -> list[str]:
    """Pins of an environment.yml that are not the lock's."""
    pins = locked(lock)
    return [f"{n}={v}" for n, v in conda_pins(conda).items() if n != "python" and pins.get(n) != v]


def without_hash(lock: str) -> list[str]:
    """Entries of a lock that any file of that name would satisfy."""
    return [name for name, _, _, text in start.entries(lock) if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", text)]


def test_every_pin_of_environment_yml_is_the_locks():
    assert disagreements(CONDA, LOCK) == []


def test_a_pin_that_differs_is_noticed():
    pandas = conda_pins(CONDA)["pandas"]
    assert disagreements(CONDA.replace(f"pandas={pandas}", "pandas=2.0.0"), LOCK) == ["pandas=2.0.0"]


def test_environment_yml_names_every_direct_dependency_and_ends_with_the_project_itself():
    assert direct() <= set(conda_pins(CONDA))
    assert yaml.safe_load(CONDA)["channels"] == ["conda-forge", "nodefaults"]
    assert yaml.safe_load(CONDA)["dependencies"][-1]["pip"][-1] == "-e ."


def test_environment_yml_is_what_start_would_write():
    assert start.conda_environment(PROJECT, LOCK) == CONDA


def test_a_new_dependency_that_is_not_locked_is_noticed():
    with pytest.raises(KeyError, match="polars"):
        start.conda_environment(PROJECT.replace('"numpy",', '"numpy",\n    "polars",'), LOCK)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_holds_every_direct_dependency_and_what_set_up_needs_on_every_python(python):
    assert direct() | {"uv", "setuptools", "packaging"} <= set(locked(LOCK, python))


def test_every_package_in_the_lock_has_its_hashes():
    assert without_hash(LOCK) == []


def test_a_package_without_a_hash_is_noticed():
    assert without_hash(LOCK + "strange==1.0\n    # via nobody\n") == ["strange"]


def test_the_lock_holds_no_address_and_no_folder_of_a_machine():
    assert not re.search(r"://|file:|find-links|index-url", LOCK)


def test_pre_commit_uses_the_locks_own_versions():
    pins = dict(re.findall(r'"([a-z-]+)==([^"]+)"', HOOKS))
    assert set(pins) == {"ruff", "nbconvert"}
    assert {name: locked(LOCK)[name] for name in pins} == pins


# Import name to package name, where they differ.
PACKAGE_OF = {
    **{"yaml": "pyyaml", "PIL": "pillow", "bs4": "beautifulsoup4", "docx": "python-docx"},
    "jupyter_client": "jupyter-client",
}


def undeclared(sources, project: str = PROJECT) -> set[str]:
    """Packages that code imports although pyproject.toml does not ask for them (extras are not counted)."""
    declared = {Requirement(one).name.lower() for one in tomllib.loads(project)["project"]["dependencies"]}
    imported = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(node.module.split(".")[0])
    strangers = imported - set(sys.stdlib_module_names) - {"incare"}
    return {PACKAGE_OF.get(name, name) for name in strangers} - declared


def test_every_package_that_the_library_imports_is_a_dependency():
    assert undeclared(path.read_text(encoding="utf-8") for path in (ROOT / "lib").rglob("*.py")) == set()


def test_an_import_that_nobody_asked_for_is_noticed():
    assert undeclared(["import yaml, os\nfrom incare import kinds", "def f():\n    from polars.sql import x"]) == {
        "polars"
    }
