"""The invented authority, drawn once for all tests of the views."""

import importlib.util
from pathlib import Path

import pytest

from incare.pack import export


def _load(name: str):
    # By path, because test folders are no packages and two of them have a `drawn.py`.
    spec = importlib.util.spec_from_file_location(f"views_{name}", Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def drawn():
    return _load("drawn")


@pytest.fixture(scope="session")
def everything():
    return _load("everything")


@pytest.fixture(scope="session")
def small():
    """A small series drawn by its values, protected and judged."""
    return _load("judged")


@pytest.fixture(scope="session")
def public(drawn):
    return drawn.protected("public")


@pytest.fixture(scope="session")
def restricted(drawn):
    return drawn.protected("restricted")


@pytest.fixture(scope="session")
def pages(drawn, everything, tmp_path_factory):
    """A folder with one page of every view and a cover, public and restricted."""
    folder = tmp_path_factory.mktemp("pages")
    for profile in ("public", "restricted"):
        footer = everything.FOOTER | {"profile": profile}
        page = export.to_html(everything.notebook(drawn, profile), footer=footer)
        (folder / f"{profile}.html").write_text(page, encoding="utf-8")
        cover = export.index_page(*everything.cover(drawn, profile))
        (folder / f"cover-{profile}.html").write_text(cover, encoding="utf-8")
    return folder
