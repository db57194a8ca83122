"""The house rules that a machine can check, each with a proof that its check can fail."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "lib" / "incare"
MODULES = sorted(PACKAGE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# ---- imports go down ----

# Top floor first; rooms that share a floor may know each other.
FLOORS = (
    ("__main__", "__init__"),
    ("pack",),
    ("views",),
    ("disclosure",),
    ("forecast",),
    ("stats",),
    ("worklist", "areas", "partition"),
    ("series",),
    ("measures",),
    ("measure", "kinds", "rows", "breakdowns", "cohort", "named"),
    ("published", "committee"),
    ("record",),
    ("sample",),
    ("periods", "codes", "plain_yaml"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def room_of(module: Path, package: Path = PACKAGE) -> str:
    """The room a file belongs to: its folder below the package, or its own name."""
    return module.relative_to(package).parts[0].removesuffix(".py")


def imported_rooms(source: str, module: Path, package: Path = PACKAGE) -> Iterator[tuple[int, str]]:
    """Line and room of every import of the package, at the top or inside a function, by statement or by name."""
    here = ("incare", *module.relative_to(package).with_suffix("").parts)
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            # Plain `import incare` gives the version and the place; what is read from it is seen below.
            names = [alias.name for alias in node.names if alias.name != "incare"]
        elif isinstance(node, ast.Attribute) and called(node).count(".") == 1:
            names = [called(node)]
        elif isinstance(node, ast.ImportFrom):
            base = (*here[: len(here) - node.level], *filter(None, [node.module])) if node.level else (node.module,)
            names = [".".join((*base, alias.name)) for alias in node.names]
        elif isinstance(node, ast.Call) and called(node.func).split(".")[-1] in ("import_module", "__import__"):
            names = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "incare" and parts[1] not in ("__version__", "__file__", "__path__"):
                yield node.lineno, parts[1] if parts[1] in rooms(package) else "__init__"


def rooms(package: Path) -> set[str]:
    """The names of the package's modules and folders."""
    return {room_of(module, package) for module in package.rglob("*.py")}


def called(node: ast.AST) -> str:
    """The dotted name of an expression, such as `np.random.rand`; empty when it is not a plain name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ".".join(reversed(parts))


def climbs(package: Path = PACKAGE) -> list[str]:
    """Imports that go up a floor, and rooms that have no floor."""
    found = []
    for module in sorted(package.rglob("*.py")):
        room, name = room_of(module, package), module.relative_to(package).as_posix()
        if room not in FLOOR:
            found.append(f"{name}: give the room {room} a floor in FLOORS")
            continue
        for line, other in imported_rooms(module.read_text(encoding="utf-8"), module, package):
            if other != room and FLOOR.get(other, -1) < FLOOR[room]:
                found.append(f"{name}:{line} imports {other}, which lies above {room}")
    return found


def test_imports_only_go_down_the_floors_and_every_module_has_a_floor():
    assert climbs() == []


@pytest.mark.parametrize(
    "line",
    [
        "from incare import views",
        "from incare.views.charts import run",
        "import incare.views.charts",
        "from ..views import charts",
        "def later():\n    from incare import views",
        "import importlib\nroom = importlib.import_module('incare.views')",
        "from incare import calculate",
        "import incare\nincare.views.charts.run()",
        "import incare\nincare.calculate()",
    ],
)
def test_an_import_that_climbs_is_noticed(tmp_path, line):
    for room in ("stats", "views", "periods"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    module = tmp_path / "stats" / "trend.py"

    module.write_text("from incare import periods, __version__\nfrom . import spc\nimport incare\nincare.__file__")
    assert climbs(tmp_path) == []

    module.write_text(line)
    assert len(climbs(tmp_path)) == 1


def test_a_room_without_a_floor_is_noticed(tmp_path):
    (tmp_path / "attic.py").write_text("")
    assert climbs(tmp_path) == ["attic.py: give the room attic a floor in FLOORS"]


# ---- no clock, no chance, no network ----

CLOCK = re.compile(
    r"(^|\.)(now|utcnow|today)$|^time\.(time|time_ns|localtime|gmtime|ctime)$|^(uuid\.)?uuid[14]$|^(os\.)?urandom$"
)
# The parts of numpy.random that are not global state.
SEEDED = {"default_rng", "Generator", "SeedSequence", "PCG64", "BitGenerator", "Philox", "RandomState"}
FORBIDDEN_MODULES = {"random", "secrets", "requests", "httpx", "urllib.request", "http.client"}
# Only the command line may ask what time it is; the pack is told. A file listed here says why beside its import.
MAY_READ_THE_CLOCK = {"__main__.py"}


def chances(source: str) -> list[str]:
    """Lines that read the clock, global random state or the network."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [f"{node.lineno}: import {module}" for module in modules if module in FORBIDDEN_MODULES]
        elif isinstance(node, ast.Call):
            name = called(node.func)
            head, _, last = name.rpartition(".")
            unseeded = last in ("default_rng", "RandomState", "SeedSequence") and not (node.args or node.keywords)
            spelt = [a.value for a in node.args if isinstance(a, ast.Constant) and a.value in ("now", "today")]
            of_time = last in ("Timestamp", "to_datetime", "datetime64")
            if (
                CLOCK.search(name)
                or unseeded
                or (head in ("np.random", "numpy.random") and last not in SEEDED)
                or (of_time and spelt)
            ):
                found.append(f"{node.lineno}: {name}()")
    return found


def test_nothing_in_the_library_reads_the_clock_chance_or_the_network():
    found = {
        module.relative_to(PACKAGE).as_posix(): chances(module.read_text(encoding="utf-8"))
        for module in MODULES
        if module.relative_to(PACKAGE).as_posix() not in MAY_READ_THE_CLOCK
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now()",
        "dt.datetime.now(tz)",
        "date.today()",
        "pd.Timestamp.today()",
        "pd.Timestamp('now')",
        "np.datetime64('today')",
        "time.time()",
        "np.random.seed(1)",
        "np.random.rand(3)",
        "np.random.default_rng()",
        "import random",
        "from urllib.request import urlopen",
    ],
)
def test_a_line_that_reads_the_clock_or_chance_is_noticed(line):
    assert len(chances(line)) == 1


def test_seeds_given_dates_and_stopwatches_are_allowed():
    fine = "np.random.default_rng(seed)\ntime.monotonic()\ntime.perf_counter()\npd.Timestamp(day)\nstart_of(today)"
    assert chances(fine) == []


# ---- names ----

NO_ROOM = re.compile(r"^_?(utils?|helpers?|common|misc|tools?)$")


def roomless(paths) -> list[str]:
    """Files and folders whose name says only that their contents fit nowhere."""
    return [str(path) for path in paths if any(NO_ROOM.match(part.removesuffix(".py")) for part in Path(path).parts)]


def test_no_file_or_folder_is_called_utils_helpers_common_or_misc():
    tests = (path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
    assert roomless([*(path.relative_to(ROOT) for path in MODULES), *tests]) == []


def test_a_name_without_a_room_is_noticed():
    names = ["incare/utils.py", "incare/common/dates.py", "incare/views/helper.py", "incare/stats/funnel.py"]
    assert roomless(names) == names[:3]


# ---- docstrings ----

SENTENCE = re.compile(r"[A-Z0-9`“\"±%].*\.$")


def wordless(source: str) -> list[str]:
    """Public functions, classes and methods whose docstring does not begin with a whole sentence on one line.

    Methods of a class that builds on another are left out: where they override, the other's docstring holds.
    """
    found = []

    def visit(body, owner=""):
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            first = (ast.get_docstring(node) or "").split("\n")[0]
            if not SENTENCE.match(first):
                found.append(f"{node.lineno}: {owner}{node.name}")
            if isinstance(node, ast.ClassDef) and not node.bases:
                visit(node.body, f"{node.name}.")

    visit(ast.parse(source).body)
    return found


def test_every_public_docstring_begins_with_a_whole_sentence():
    found = {m.relative_to(PACKAGE).as_posix(): wordless(m.read_text(encoding="utf-8")) for m in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("docstring", ["", '"""no sentence"""', '"""Half of a sentence\n    goes on."""'])
def test_a_docstring_that_is_no_sentence_is_noticed(docstring):
    assert wordless(f"def rate():\n    {docstring}\n    return 1") == ["1: rate"]
    assert wordless('class Rate:\n    """A rate."""\n    def per(self): ...') == ["3: Rate.per"]
    assert wordless('def rate():\n    """A whole sentence."""\n\ndef _own(): ...') == []


# ---- notebooks ----

TOO_MUCH = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.Lambda)
LIBRARY_WORK = {"pandas", "numpy", "scipy", "statsmodels", "matplotlib", "seaborn"}


def notebook_faults(notebook: dict) -> list[str]:
    """What is wrong with a notebook that is to be committed."""
    cells = notebook.get("cells", [])
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    found = [] if len(tagged) == 1 else [f"{len(tagged)} cells tagged parameters; one is needed"]
    kernel = notebook.get("metadata", {}).get("kernelspec", {})
    language = notebook.get("metadata", {}).get("language_info", {}).get("name") or kernel.get("language")
    if (kernel.get("name"), language) != ("python3", "python"):
        found.append("metadata must name the kernel python3 and the language python")
    for number, cell in enumerate(cells, 1):
        source = "".join(cell.get("source", ""))
        check = code_faults if cell.get("cell_type") == "code" else prose_faults
        found += [f"cell {number}: {fault}" for fault in check(source, cell)]
    return found


def code_faults(source: str, cell: dict) -> Iterator[str]:
    """Outputs, and code that belongs in the library."""
    if cell.get("outputs") or cell.get("execution_count") is not None:
        yield "holds an output or an execution count"
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        yield "is not plain Python"
        return
    for node in nodes:
        if isinstance(node, TOO_MUCH):
            yield f"{type(node).__name__} belongs in lib"
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None) or ""]
        if isinstance(node, ast.Import | ast.ImportFrom) and {n.split(".")[0] for n in names} & LIBRARY_WORK:
            yield f"imports {', '.join(names)}; its work belongs in lib"


def prose_faults(source: str, cell: dict) -> Iterator[str]:
    """Figures typed into prose: they would stay when the data moves on."""
    source = re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", "", source, flags=re.DOTALL)
    for line in source.splitlines():
        if not line.lstrip().startswith("#") and re.search(r"\d", re.sub(r"^\s*\d+[.)]\s", "", line)):
            yield f"a figure typed into prose: {line.strip()[:60]}"


def a_notebook(**changes) -> dict:
    """A small notebook without faults, with its first code cell changed."""
    code = {"cell_type": "code", "source": 'quarter = "2025-26 Q2"', "outputs": [], "execution_count": None}
    return {
        "metadata": {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": "# Q2 in one page\n\n1. See `20_report` [here](20_report.html)."},
            code | {"metadata": {"tags": ["parameters"]}} | changes,
        ],
    }


def test_notebooks_are_documents_without_outputs_logic_or_typed_figures():
    found = {path.name: notebook_faults(json.loads(path.read_text(encoding="utf-8"))) for path in NOTEBOOKS}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_sound_notebook_has_no_faults(tmp_path):
    assert notebook_faults(a_notebook()) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"metadata": {}}, "0 cells tagged"),
        ({"outputs": [{"output_type": "stream", "text": "a child"}]}, "holds an output"),
        ({"execution_count": 3}, "holds an output"),
        ({"source": "def rate(): pass"}, "FunctionDef"),
        ({"source": ["for q in quarters:\n", "    show(q)"]}, "For belongs"),
        ({"source": "import pandas as pd"}, "imports pandas"),
        ({"source": "from pandas import concat"}, "imports pandas"),
        ({"source": "%matplotlib inline"}, "not plain Python"),
        ({"cell_type": "markdown", "source": "The share rose to 58 percent."}, "a figure typed into prose"),
    ],
)
def test_a_tampered_notebook_is_noticed(tmp_path, changes, fault):
    path = tmp_path / "tampered.ipynb"
    path.write_text(json.dumps(a_notebook(**changes)), encoding="utf-8")
    found = notebook_faults(json.loads(path.read_text(encoding="utf-8")))
    assert any(fault in one for one in found)


def test_a_notebook_without_a_kernel_is_noticed():
    assert notebook_faults(a_notebook() | {"metadata": {}}) == [
        "metadata must name the kernel python3 and the language python"
    ]


# ---- nothing of one machine ----

# In pieces, so that this file does not find itself.
MACHINE = re.compile(
    "|".join([r"(?<![\w.~/])/" + r"(tmp|home|root|work|Users|opt)/", r"\b[A-Z]:\\" + r"(Users|Temp)\b"])
)
SHARED = re.compile(r"\bshared" + "/")
TEXT = {".py", ".ipynb", ".yaml", ".yml", ".toml", ".md", ".j2", ".css", ".json", ".lock", ".csv", ".cfg", ""}
NO_SHARED_DATA = ("lib", "params", "notebooks", "start.py")


def texts(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Name and content of every text file that git keeps or would add; below `root` without git, all of them."""
    listed = git(root, "ls-files", "-co", "--exclude-standard")
    names = (
        listed.stdout.splitlines() if listed.returncode == 0 else [str(p.relative_to(root)) for p in root.rglob("*")]
    )
    for name in names:
        path = root / name
        if path.is_file() and path.suffix in TEXT and not {".venv", ".git"} & set(Path(name).parts):
            yield Path(name).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def git(root: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess:
    """Git's answer; code 127 when there is no git."""
    if shutil.which("git") is None:
        return subprocess.CompletedProcess(arguments, 127, "", "")
    return subprocess.run(["git", *arguments], cwd=root, input=given, capture_output=True, text=True)


def of_one_machine(files) -> list[str]:
    """Lines that name a folder of one machine, or data that only developers have."""
    found = []
    for name, text in files:
        for number, line in enumerate(text.splitlines(), 1):
            shared = name.split("/")[0] in NO_SHARED_DATA and SHARED.search(line)
            if MACHINE.search(line) or shared:
                found.append(f"{name}:{number}")
    return found


def test_no_file_names_a_folder_of_one_machine_and_only_tests_read_shared_data():
    assert of_one_machine(texts()) == []


def test_a_folder_of_one_machine_is_noticed():
    lines = ["x = '/" + "tmp/x'", "read('/" + "home/amy/x.csv')", "C:\\" + "Users\\amy", "'../shared" + "/data'"]
    assert len(of_one_machine([("lib/incare/a.py", "\n".join(lines))])) == 4
    assert (
        of_one_machine([("tests/test_a.py", lines[3]), ("README.md", "see https://a.org/home/ and and/opt/or")]) == []
    )


# ---- git keeps the code ----


def hidden(root: Path, paths) -> list[str]:
    """The paths that git would not keep."""
    return git(root, "check-ignore", "--no-index", "--stdin", given="\n".join(map(str, paths))).stdout.splitlines()


def needs_git():
    """Skip, saying so, where the project did not come by git."""
    if git(ROOT, "rev-parse", "--git-dir").returncode:
        pytest.skip("not a git repository, or git is not installed")


def test_git_does_not_hide_the_code_and_does_hide_what_a_run_leaves_behind():
    needs_git()
    assert hidden(ROOT, [path.relative_to(ROOT) for path in MODULES]) == []
    assert hidden(ROOT, ["reports/README.md", "params/sample.yaml", "lib/incare/sample/names.csv"]) == []
    left = ["reports/testshire/2025-26-q2/index.html", "extracts/episodes.csv", ".venv/bin/python", ".venv.lock"]
    assert hidden(ROOT, left) == left


def test_the_usual_python_gitignore_would_be_noticed(tmp_path):
    if git(tmp_path, "init", "--quiet").returncode:
        pytest.skip("git is not installed")
    (tmp_path / ".gitignore").write_text("build/\nlib/\n")
    assert hidden(tmp_path, ["lib/incare/kinds.py"]) == ["lib/incare/kinds.py"]


# ---- the README tells the truth ----

README = (ROOT / "README.md").read_text(encoding="utf-8")


def unexplained(keys, readme: str) -> list[str]:
    """Keys that have no row in a table of the README."""
    return [key for key in keys if not re.search(rf"^\| `{key}` \|", readme, re.MULTILINE)]


def test_every_key_of_a_params_file_is_explained_in_the_readme():
    from incare.pack.params import Params

    assert unexplained(Params.model_fields, README) == []


def test_a_key_without_an_explanation_is_noticed():
    assert unexplained(["area", "quater"], "| `area` | the authority |") == ["quater"]


def commands_of(readme: str) -> set[str]:
    """The incare commands that the README's table calls built."""
    section = readme.partition("## Commands")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([a-z-]+)[ `]", section, re.MULTILINE))


def test_the_commands_that_the_readme_calls_built_are_those_there_are():
    import typer

    from incare import __main__ as command_line

    app = next(part for part in vars(command_line).values() if isinstance(part, typer.Typer))
    built = {name for name, command in typer.main.get_command(app).commands.items() if not command.hidden}
    assert commands_of(README) == built
