"""Make the project's environment and run incare in it; needs nothing but Python 3.11 or newer.

    python start.py run params/sample.yaml   a first report
    python start.py COMMAND ...              any other incare command (python start.py --help lists them)
    python start.py test                     the tests
    python start.py setup                    only make the environment
    python start.py lock [--upgrade]         for developers: write requirements.lock and environment.yml anew

The first call takes one to two minutes; later calls start at once. The environment is the folder .venv here, or the
folder named by INCARE_ENV.
"""

# Nothing in this file may need more than Python 3.6 to be read, so that an old Python can say that it is too old.

import ast
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
STAMP = "incare-ready"  # written last: says what the environment was made from
MARK = "incare-environment"  # written first: says that the folder is ours to remove
WINDOWS = os.name == "nt"

# What pip calls a setting, and the variable by which uv knows it. uv does not read pip's configuration.
UV_NAMES = {
    "index-url": "UV_INDEX_URL",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
}

LISTS = ("extra-index-url", "find-links", "trusted-host")
MAY_BE_LOCAL = ("index-url", "extra-index-url", "find-links", "cert")

# What an installer prints when something outside the project is wrong, and what the reader can do.
TROUBLES = {
    r"No space left|not enough space|Errno 28": "The disk is full. The environment needs about 1 GB; free some space "
    "and run the same command again.",
    r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer": "The package index was reached, but its "
    "certificate is not trusted here. Ask your IT service for its certificate file and run: "
    "python -m pip config set global.cert FILE",
    r"Failed to establish a new connection|NewConnectionError|name resolution|getaddrinfo|Name or service not known"
    r"|dns error|Network is unreachable|[Cc]onnection refused|[Cc]onnection reset|[Tt]imed? ?out|ProxyError"
    r"|Cannot connect to proxy|error sending request|tcp connect error|No route to host": "The package index cannot be "
    "reached. Check the network, or ask your IT service for the address of its index and run: "
    "python -m pip config set global.index-url ADDRESS",
    r"DO NOT MATCH THE HASHES|[Hh]ash mismatch": "A downloaded package differs from the one named in "
    "requirements.lock, so nothing was installed. Check which package index this computer uses "
    "(python -m pip config list).",
}


class StartError(Exception):
    """A reason to stop, as one sentence that says what to do."""


def say(text):
    """Print one line at once, on the error stream, so that a command's own output stays clean."""
    print(text, file=sys.stderr, flush=True)


# ---- what is there ----


def environment_folder(settings=os.environ):
    """The folder of the environment: INCARE_ENV, or .venv beside this file."""
    chosen = settings.get("INCARE_ENV", "").strip()
    return Path(os.path.abspath(os.path.expanduser(chosen))) if chosen else ROOT / ".venv"


def python_of(folder):
    """The environment's own Python."""
    return folder / ("Scripts/python.exe" if WINDOWS else "bin/python")


def stamp(lock, project, folder, version=sys.version_info[:2]):
    """Everything an environment depends on, as one line: its packages, its Python, and where it and the project lie."""
    made_from = hashlib.sha256()
    for part in (lock, project, str(folder).encode(), str(ROOT).encode(), sys.platform.encode()):
        made_from.update(hashlib.sha256(part).digest())
    return f"{version[0]}.{version[1]} {made_from.hexdigest()}\n"


def is_ready(folder):
    """True when the environment was finished, from exactly the lock and the Python of today."""
    try:
        found = (folder / STAMP).read_text()
    except OSError:
        return False
    return found == stamp(LOCK.read_bytes(), PROJECT.read_bytes(), folder) and python_of(folder).exists()


def check_python(version=sys.version_info, find=None):
    """Stop when this Python is too old or cannot make environments."""
    if version[:2] < OLDEST:
        raise StartError(
            "Python {}.{} or newer is needed; this is {}.{}. Install it from https://www.python.org/downloads/ "
            "and start again with that Python.".format(*OLDEST, version[0], version[1])
        )
    from importlib.util import find_spec

    find = find or find_spec
    if find("venv") is None or find("ensurepip") is None:
        raise StartError(
            "This Python cannot make environments. On Debian or Ubuntu run: sudo apt install python{}.{}-venv "
            "(or python3-venv); elsewhere install Python from https://www.python.org/downloads/".format(*version[:2])
        )


# ---- the lock ----


def entries(lock):
    """The lock's entries, as (name, version, marker, text), in written order.

    The text is the whole entry with its hashes, fit for a requirements file.
    """
    found = []
    for text in re.split(r"\n(?=[A-Za-z0-9])", "\n" + lock):
        head = re.match(r"\s*([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\\n]*?))?\s*(?:\\|\n|$)", text)
        if head:
            kept = [line for line in text.strip().splitlines() if not line.strip().startswith("#")]
            found.append((head.group(1), head.group(2), head.group(3) or "", "\n".join(kept) + "\n"))
    return found


def entry_of(name, lock):
    """The text of one package's entry; stops when the lock has none."""
    found = [text for entry, _, _, text in entries(lock) if entry == name]
    if not found:
        raise StartError(f"requirements.lock has no entry for {name}. Restore the file from git.")
    return "".join(found)


# ---- the user's own settings ----


def pip_settings(listing):
    """Settings from the output of `pip config list`; the environment's beat `install`'s, which beat `global`'s."""
    ranks = {"global": 0, "install": 1, ":env:": 2}
    found = {}
    for line in listing.splitlines():
        match = re.match(r"(global|install|:env:)\.([a-z-]+)=(.+)", line.strip())
        if match:
            section, name, value = match.groups()
            with contextlib.suppress(ValueError, SyntaxError):
                found[(ranks[section], name)] = str(ast.literal_eval(value)).strip()
    return {name: value for (_, name), value in sorted(found.items())}


def uv_settings(pip, already=os.environ):
    """Variables that tell uv what the user told pip; nothing the user has set for uv itself is changed.

    Entries that name a local folder or file which is not there are left out: pip passes over them, uv stops.
    """
    told = {}
    for name, variable in UV_NAMES.items():
        value = pip.get(name, "")
        values = [one for one in (value.split() if name in LISTS else [value]) if one]
        if name in MAY_BE_LOCAL:
            values = [one for one in values if not is_missing(one)]
        if values:
            told[variable] = ("," if name == "find-links" else " ").join(values)
    if "UV_EXTRA_INDEX_URL" in told:
        # pip takes the best match of all indexes, uv the first index that knows the name. Every file's hash is in the
        # lock, so a stranger's package of the same name is refused either way.
        told["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    # The computer's own certificates, as pip uses them: council networks inspect traffic.
    told["UV_SYSTEM_CERTS"] = "true"
    return {variable: value for variable, value in told.items() if not already.get(variable)}


def is_missing(value):
    """True for a local path or file address that does not exist."""
    if value.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return not Path(url2pathname(urlsplit(value).path)).exists()
    return "://" not in value and not Path(value).expanduser().exists()


# ---- making the environment ----


def explain(output):
    """One sentence for an installer's failure, or an empty text when the cause is not a known one."""
    return next((advice for pattern, advice in TROUBLES.items() if re.search(pattern, output)), "")


def run(command, show=None, settings=None, held=None):
    """Run an installer; returns its exit code and output. What `show` matches is passed on as it comes."""
    # The lock is handed to the installer, so that it stays locked while an installer outlives a killed start.py.
    inherited = {} if WINDOWS or held is None else {"pass_fds": (held,)}
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=str(ROOT),
        env={**os.environ, **(settings or {})},
        **inherited,
    )
    lines = []
    try:
        for raw in process.stdout:
            lines.append(raw.decode("utf-8", "replace").rstrip())
            shown = re.match(show, lines[-1].strip()) if show else None
            if shown:
                say("    " + shown.group())
        return process.wait(), "\n".join(lines)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def must(outcome, doing):
    """The output of a step that went well; otherwise stops with the cause."""
    code, output = outcome
    if code:
        last = "\n".join(output.splitlines()[-15:])
        raise StartError("{} failed. {}".format(doing, explain(output) or "The installer said:\n" + last))
    return output


def make(folder, held=None):
    """Make the environment afresh from the hashed lock; the stamp is written last."""
    began = time.monotonic()
    lock, project = LOCK.read_bytes(), PROJECT.read_bytes()
    say(f"Making the environment in {folder} (about 160 packages; one to two minutes, once).")
    clear(folder)

    say("  1 of 3  an empty environment")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("Made by start.py, which may remove this folder and make it again.\n")
    outside = sys.executable if sys.prefix == sys.base_prefix else getattr(sys, "_base_executable", sys.executable)
    must(run([outside, "-m", "venv", folder], held=held), "Making the empty environment")

    say("  2 of 3  the packages, each checked against requirements.lock")
    install(folder, lock.decode(), held)

    say("  3 of 3  incare itself")
    install_incare(folder, held)
    translate(folder, held)
    (folder / STAMP).write_text(stamp(lock, project, folder))
    say(f"Ready after {time.monotonic() - began:.0f} seconds.")


def clear(folder):
    """Remove an environment that is unfinished or out of date; stops at a folder that is not ours."""
    folder = Path(os.path.realpath(str(folder)))
    if not folder.exists() or not os.listdir(str(folder)):
        return
    ours = (folder / MARK).exists() or (folder == ROOT / ".venv" and (folder / "pyvenv.cfg").exists())
    if not ours:
        raise StartError(f"{folder} holds something else, so it was left alone. Point INCARE_ENV at a new folder.")
    try:
        # The stamp goes first: a removal that is interrupted must not leave a folder that looks ready.
        (folder / STAMP).unlink(missing_ok=True)
        for inside in folder.iterdir():
            if inside.name != MARK:
                shutil.rmtree(str(inside)) if inside.is_dir() and not inside.is_symlink() else inside.unlink()
    except OSError as problem:
        raise StartError(
            f"The old environment in {folder} cannot be removed ({problem.strerror}). Close JupyterLab and other "
            "programs that use it, and run the same command again."
        ) from problem


def install(folder, lock, held=None):
    """Install the whole lock: with uv, itself from the lock, or with pip where uv cannot be had."""
    python = python_of(folder)
    settings = uv_settings(pip_settings(run([python, "-m", "pip", "config", "list"])[1]))
    alone = folder / "uv.txt"
    alone.write_text(entry_of("uv", lock))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]

    code, output = run([*pip, "-r", alone], held=held)
    if code and (explain(output) or not re.search("No matching distribution|not a supported wheel", output)):
        must((code, output), "Fetching the installer")
    if code == 0:
        uv = [python, "-m", "uv", "pip", "install", "--python", python, "--require-hashes", "-r", LOCK]
        code, output = run(uv, show="(Resolved|Downloading|Prepared|Installed) .*", settings=settings, held=held)
        if code == 0:
            return
        if re.search("No space left", output):
            must((code, output), "Installing the packages")
        say("    uv could not finish: {}".format((output.strip().splitlines() or ["no reason given"])[-1].strip()))
    say("    Installing with pip instead; this takes two to six minutes.")
    must(
        run([*pip, "--no-compile", "-r", LOCK], show=r"Collecting \S+|Installing", held=held), "Installing the packages"
    )


def install_incare(folder, held=None):
    """Install this project so that a changed file counts at once; its packages and its builder are there already."""
    own = ["install", "--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT]
    must(run([python_of(folder), "-m", "pip", *own], held=held), "Installing incare")


def translate(folder, held=None):
    """Translate the packages and incare for the interpreter, or each process that may not write it down does so.

    Where PYTHONDONTWRITEBYTECODE is set, or the folder cannot be written later, that costs seconds at every start. What
    cannot be translated (a file for another Python) stays as it is.
    """
    own_tests = r"[\\/]tests?[\\/]"
    places = [packages_of(folder), ROOT / "lib"]
    run([python_of(folder), "-m", "compileall", "-q", "-j", "0", "-x", own_tests, *places], held=held)


def packages_of(folder):
    """Where the environment keeps its packages."""
    inside = [folder / "Lib"] if WINDOWS else sorted((folder / "lib").glob("python3*"))
    return inside[0] / "site-packages"


# ---- one at a time ----


@contextlib.contextmanager
def only_one(folder, wait=0.5):
    """Hold the environment's lock; a second call says so and waits. The system frees it however a call ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    told = False
    with open(str(folder.with_name(folder.name + ".lock")), "a+") as handle:
        while not try_lock(handle):
            if not told:
                say("Another start.py is still at work on this environment; waiting for it (Ctrl-C stops waiting).")
                told = True
            time.sleep(wait)
        yield handle.fileno()


def try_lock(handle):
    """Lock an open file for this process; False while another holds it."""
    try:
        if WINDOWS:
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as problem:
        # Some network drives cannot lock. Two calls at once are then the user's own affair.
        say(f"    (no lock on this drive: {problem.strerror})")
    return True


def ensure(folder):
    """The environment's Python, made first when it is missing, unfinished or out of date."""
    if not is_ready(folder):
        check_python()
        with only_one(folder) as held:
            if not is_ready(folder):
                make(folder, held)
    return python_of(folder)


# ---- commands ----


def reachable(argument, here=None):
    """An argument as given, or below the project when that is the only place where such a file exists."""
    here, beside = Path(here or os.getcwd()), ROOT / argument
    is_path = not argument.startswith("-") and ("/" in argument or os.sep in argument)
    return str(beside) if is_path and not (here / argument).exists() and beside.exists() else argument


def hand_over(python, arguments):
    """Become the command (on Windows: run it and pass on its exit code)."""
    command = [str(python), *arguments]
    sys.stdout.flush()
    if not WINDOWS:
        os.execv(command[0], command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def write_lock(folder, options):
    """Resolve pyproject.toml anew into requirements.lock, for every platform, and environment.yml from it."""
    if Path(sys.prefix) != folder:
        python = python_of(folder) if python_of(folder).exists() else ensure(folder)
        return hand_over(python, [str(ROOT / "start.py"), "lock", *options])
    # Only the main index: a local one may lack other platforms' files, and their hashes would be lost.
    pip = pip_settings(run([sys.executable, "-m", "pip", "config", "list"])[1])
    settings = uv_settings({name: pip[name] for name in ("index-url", "cert", "proxy") if name in pip})
    settings["UV_CUSTOM_COMPILE_COMMAND"] = "python start.py lock"
    compiled = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras", "--universal"]
    compiled += ["--generate-hashes", "--python-version", "3.11", "--quiet", "-o", LOCK.name, *options]
    must(run(compiled, settings=settings), "Resolving the packages")
    text = conda_environment(PROJECT.read_text(encoding="utf-8"), LOCK.read_text(encoding="utf-8"))
    (ROOT / "environment.yml").write_text(text, encoding="utf-8")
    say("Wrote requirements.lock and environment.yml.")
    return 0


# Direct dependencies that conda-forge has not, or has as something else; they come from PyPI in environment.yml.
NOT_IN_CONDA = ("axe-playwright-python", "gptables", "playwright", "typst")


def conda_environment(project, lock, python="3.11"):
    """The text of environment.yml: every direct dependency of the project, pinned as in the lock."""
    import tomllib

    from packaging.markers import Marker
    from packaging.requirements import Requirement

    facts = tomllib.loads(project)["project"]
    wanted = [*facts["dependencies"], *(name for extra in facts["optional-dependencies"].values() for name in extra)]
    here = {"python_full_version": python + ".0", "python_version": python}
    pins = {name: version for name, version, marker, _ in entries(lock) if not marker or Marker(marker).evaluate(here)}
    direct = sorted({Requirement(one).name.lower() for one in wanted})
    lines = [
        "# Written by `python start.py lock` from pyproject.toml and requirements.lock; do not edit by hand.",
        "name: incare",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        f"  - python={python}",
        "  - pip",
        *(f"  - {name}={pins[name]}" for name in direct if name not in NOT_IN_CONDA),
        "  - pip:",
        *(f"      - {name}=={pins[name]}" for name in direct if name in NOT_IN_CONDA),
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


def main(arguments):
    """Do what the command line asks; returns the exit code."""
    if not arguments or (arguments[0] in ("-h", "--help") and not is_ready(environment_folder())):
        print(__doc__.strip())
        return 0
    folder = environment_folder()
    command, rest = arguments[0], arguments[1:]
    if command == "lock":
        check_python()
        return write_lock(folder, rest)
    python = ensure(folder)
    if command == "setup":
        say(f"The environment in {folder} is ready. Next: python start.py run params/sample.yaml")
        return 0
    if command == "test":
        os.chdir(str(ROOT))
        # All tests share two processes; a few asked for by name start sooner in one.
        shared = [] if rest else ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
        return hand_over(python, ["-m", "pytest", *shared, *rest])
    if command == "bench":
        os.chdir(str(ROOT))
        return hand_over(python, [str(ROOT / "tests" / "bench"), *rest])
    return hand_over(python, ["-m", "incare", *(reachable(argument) for argument in arguments)])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StartError as reason:
        say(f"start.py: {reason}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nStopped. An unfinished environment is made again next time.")
        sys.exit(130)
