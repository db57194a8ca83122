"""Notebooks, each in a kernel of its own, run by worker processes; nothing here writes where reports are published."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from incare.pack import notebook
from incare.pack.plan import OUTPUT, Job

# One thread per kernel: two workers on two cores would otherwise start four and wait for each other.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# The parameters by which notebooks read the record, and what `incare.record.read` calls them.
READ = {"extract": "extract", "area": "area", "as_at": "as_at", "local_columns": "keep"}
KERNEL = "python3"
WARM, NEW = "warm", "new"
START_SECONDS = 120
LONGEST_SOCKET_PATH = 80


@dataclass(frozen=True)
class Step:
    """A cell has been finished: `done` of `of` code cells of the notebook `name`."""

    name: str
    done: int
    of: int


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended; `failure` is empty when every code cell was executed without an error.

    `failure` is safe to print: notebook, cell and type of error, and the message only of incare's own errors, which
    never hold a child's value. The whole traceback is in `log`, inside the restricted folder of the run. `tries` counts
    how often it was begun: a kernel or worker that dies gets one more; 0 says that an earlier run's result was taken.
    """

    name: str
    executed: Path
    log: Path
    seconds: float | None = None
    failure: str = ""
    tries: int = 1


def execute(
    jobs: tuple[Job, ...],
    folder,
    workers: int = 2,
    progress: Callable[[Step], None] = lambda step: None,
    finished: Callable[[Outcome], None] = lambda outcome: None,
    kernels: str = WARM,
) -> tuple[Outcome, ...]:
    """Run every job's notebook into `folder`; one that fails lets the others finish.

    `kernels` are `WARM`, forked from a process that has the imports done and the record read, or `NEW`, started from
    nothing; or they come from the process that `warming` began, by its address. Where processes cannot be forked
    safely (anywhere but on Linux) they are always new.

    `progress` is called with a `Step` after each code cell, `finished` with each `Outcome` while the others still run.
    A kernel or a worker that dies gets a second try. The executed notebooks and logs in `folder` hold child-level
    values. Outcomes come in the order of the jobs.
    """
    if not jobs:
        return ()
    folder = Path(folder)
    with warming(jobs, folder) if kernels == WARM else nullcontext("" if kernels == NEW else kernels) as warm:
        outcomes = _together(jobs, folder, min(workers, len(jobs)), progress, finished, warm)
        for job in jobs:
            # A worker that dies takes the others with it: each notebook left unfinished gets one more try, alone.
            if job.name not in outcomes:
                again = _together((job,), folder, 1, progress, lambda outcome: None)
                outcomes[job.name] = replace(again.get(job.name) or _lost(job, folder), tries=2)
                finished(outcomes[job.name])
    return tuple(outcomes[job.name] for job in jobs)


@contextmanager
def warming(jobs: tuple[Job, ...], folder) -> Iterator[str]:
    """The address of a process that forks kernels; empty where kernels are started from nothing.

    A single notebook is started from nothing too: there is nobody to share the imports with. `folder` is where the
    notebooks will run; what is printed outside cells is left in it, if it is there at the end.
    """
    if not sys.platform.startswith("linux") or len(jobs) < 2:
        yield ""
        return
    from incare.pack.warm import Warm

    folder, sockets = Path(folder), tempfile.mkdtemp(prefix="incare-")
    # A file without a name until then: a run that is killed leaves nothing outside its folder.
    with tempfile.TemporaryFile() as log:
        try:
            with Warm(Path(sockets), _same_record(jobs), log, _environment(folder)) as warm:
                yield warm.address
        finally:
            shutil.rmtree(sockets, ignore_errors=True)
            if folder.is_dir() and log.seek(0, os.SEEK_END):
                log.seek(0)
                with suppress(OSError), (folder / "warm.log").open("wb") as kept:
                    shutil.copyfileobj(log, kept)


def _same_record(jobs: tuple[Job, ...]) -> dict:
    """How all notebooks read the record, when all that read one read it alike; empty otherwise."""
    asked = [{name: job.parameters.get(key) for key, name in READ.items()} for job in jobs]
    asked = [given for given in asked if given["extract"]]
    secret = any(job.secrets for job in jobs)
    return (
        asked[0] | {"keep": asked[0]["keep"] or []}
        if asked and not secret and all(a == asked[0] for a in asked)
        else {}
    )


def _environment(folder: Path) -> dict[str, str]:
    """What kernels find in their environment, besides what the run found in its own."""
    # Kernels use the very code of the run that started them, wherever it was started from.
    here = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {
        **dict.fromkeys(ONE_THREAD, "1"),
        # A user's own start-up files and history would make two machines differ.
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLBACKEND": "agg",
        "PYTHONPATH": os.pathsep.join(part for part in here if part),
    }


def _together(jobs: tuple[Job, ...], folder: Path, workers: int, progress, finished, warm="") -> dict[str, Outcome]:
    """Run jobs in one pool; a job whose worker died has no outcome."""
    spawn = multiprocessing.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    outcomes, pids, over = {}, set(), threading.Event()

    def listen():
        while not over.is_set() or reader.poll():
            if reader.poll(0.1):
                event = reader.recv()
                progress(event) if isinstance(event, Step) else pids.add(event)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    pool = ProcessPoolExecutor(workers, spawn, initializer=_prepare, initargs=(writer, spawn.Lock(), str(folder), warm))
    try:
        for future in as_completed([pool.submit(_run, job, folder) for job in jobs]):
            try:
                outcome = future.result()
            except BrokenProcessPool:
                continue
            outcomes[outcome.name] = outcome
            finished(outcome)
    except BaseException:
        _end(pids)
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        over.set()
        listener.join(timeout=5)
    return outcomes


def _lost(job: Job, folder: Path) -> Outcome:
    failure = f"{job.name}: the process that ran it was ended from outside (out of memory?). Run again."
    return Outcome(job.name, folder / f"{job.name}.ipynb", folder / f"{job.name}.log", failure=failure)


# In a worker

_line = None


def _tell(event) -> None:
    writer, one_at_a_time = _line
    with one_at_a_time:
        writer.send(event)


def _prepare(writer, one_at_a_time, folder: str, warm: str) -> None:
    """Make a fresh worker ready: quiet, single-threaded, and gone when the run that started it is gone."""
    global _line
    _line = (writer, one_at_a_time)
    _tell(os.getpid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the run's to answer
    threading.Thread(target=_leave_with_the_run, daemon=True).start()
    # Kernels inherit these two; what they print outside a cell may hold values of children.
    log = os.open(Path(folder) / f"worker-{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(_environment(Path(folder)))
    import papermill  # noqa: F401  (imported here once, not once a notebook)

    if warm:
        from incare.pack import kernels

        kernels.use(warm)


def _leave_with_the_run() -> None:
    """A killed run must not leave kernels behind that go on reading children's records."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    _end(set())
    os._exit(1)


def end_all() -> None:
    """End everything that this process started."""
    _end(set())


def _end(pids: set[int]) -> None:
    """End the given processes of ours, or none, together with everything this process started."""
    import psutil

    ours = psutil.Process().children(recursive=True)
    for process in ours:
        if not pids or process.pid in pids or any(p.pid in pids for p in process.parents()):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue


def _run(job: Job, folder: Path) -> Outcome:
    first, died = _try(job, folder)
    return replace(_try(job, folder)[0], tries=2) if died else first


def _try(job: Job, folder: Path) -> tuple[Outcome, bool]:
    """Run a notebook once; also whether its kernel died under it, which is nobody's fault the first time."""
    path, log = folder / f"{job.name}.ipynb", folder / f"{job.name}.log"
    cells = sum(1 for source in job.sources if source.strip())
    answered: set[int] = set()

    def note(cell, cell_index, execute_reply):
        if execute_reply["content"]["status"] == "ok":
            answered.add(cell_index)
            # The cell that papermill adds to carry the parameters is not one of the notebook's own.
            _tell(Step(job.name, min(len(answered) - 1, cells), cells))

    _tell(Step(job.name, 0, cells))
    # What an earlier try wrote, in this worker or in one that died, must not be published beside this one's.
    if output := job.parameters.get(OUTPUT):
        shutil.rmtree(output, ignore_errors=True)
    os.environ.update(job.secrets)
    sockets = tempfile.mkdtemp(prefix="incare-")
    try:
        executed = _papermill(job, path, sockets, note)
        failure = unfinished(executed, answered)
    except Exception as problem:
        with suppress(OSError):
            log.write_text(traceback.format_exc(), encoding="utf-8")
        return Outcome(job.name, path, log, failure=f"{job.name}: {scrubbed(problem, path)}"), _is_dead(problem)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    failure = failure and f"{job.name}: {failure}"
    return Outcome(job.name, path, log, executed.metadata.papermill.get("duration"), failure), False


def _is_dead(problem: Exception) -> bool:
    """Whether a kernel died, while it worked or before it answered for the first time."""
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillException

    return isinstance(problem, DeadKernelError | RuntimeError) and not isinstance(problem, PapermillException)


def _papermill(job: Job, path: Path, sockets: str, note):
    import papermill
    from traitlets.config import Config

    return papermill.execute_notebook(
        str(job.path),
        str(path),
        job.parameters,
        kernel_name=KERNEL,
        language="python",
        progress_bar=False,
        cwd=str(path.parent),
        start_timeout=START_SECONDS,
        on_cell_executed=note,
        config=Config({"KernelManager": _transport(sockets)}),
    )


def _transport(sockets: str) -> dict[str, str]:
    """Sockets in a folder only this user can open; Windows and very long paths use the local network instead."""
    if sys.platform == "win32" or len(sockets) > LONGEST_SOCKET_PATH:
        return {}
    return {"transport": "ipc", "ip": f"{sockets}/k"}


def unfinished(executed, answered: set[int]) -> str:
    """What is wrong with an executed notebook; empty when every code cell answered without an error.

    `answered` holds the places of the cells whose kernel said so: papermill's own marks call a cell completed when the
    kernel was killed or left by `sys.exit(0)` before it.
    """
    for place, cell in enumerate(executed.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        errors = [out.ename for out in cell.get("outputs", []) if out.output_type == "error"]
        number = notebook.number(executed, place)
        if errors:
            return f"cell {number} ended with {errors[0]}; the cells after it were not executed."
        if place not in answered or cell.execution_count is None:
            return f"cell {number} was not executed."
    return ""


def scrubbed(problem: Exception, path: Path) -> str:
    """A failure as it may be printed: where, which type, and the message only when the error is incare's own."""
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    if isinstance(problem, PapermillExecutionError):
        message = f": {problem.evalue}" if is_our_own(problem.ename) else "."
        return f"{_cell(path, problem.cell_index)}{problem.ename}{message}"
    if isinstance(problem, DeadKernelError):
        return f"{_cell(path)}its kernel died (killed from outside, or out of memory)."
    if isinstance(problem, OSError) and problem.strerror:
        return f"{type(problem).__name__}: {problem.strerror}."
    return f"{type(problem).__name__}."


def _cell(path: Path, place: int | None = None) -> str:
    """The beginning of a sentence about a cell of an executed notebook, by default the last that was begun."""
    try:
        executed = notebook.without(notebook.read(path), notebook.MARKER)
    except (OSError, ValueError, KeyError):  # torn, when the disk was full
        return ""
    begun = [i for i, cell in enumerate(executed.cells) if cell.metadata.get("papermill", {}).get("start_time")]
    place = begun[-1] if place is None and begun else place
    return "" if place is None else f"cell {notebook.number(executed, place)}: "


def is_our_own(name: str) -> bool:
    """Whether an exception's name is that of a class written in this package.

    A kernel hands back a name, not a class. Our own messages never hold a child's value; other libraries' may.
    """
    package = Path(__file__).parents[1]
    return name.isidentifier() and any(
        f"class {name}(" in path.read_text(encoding="utf-8") for path in package.rglob("*.py")
    )
