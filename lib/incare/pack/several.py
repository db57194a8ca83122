"""Several runs, one for each params file, on this machine or on the workers of a Dask cluster.

Each run is a process of its own (`incare one-run`), the same wherever it was sent, so that packs are equal byte for
byte and memory does not grow with the number of areas. The notebooks of one area stay together, as their figures are
protected together. A run that is lost with its worker begins again elsewhere and takes over what was finished.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

LOCAL, DASK = "local", "dask"
COMMAND = "one-run"
LOCKED = 3  # the exit code of a run that found another at work
TRIES = 3
# A worker that was killed leaves its run a moment to notice.
WAITS = 20
# Dask watches itself some thousand times a second, which costs the runs beside it a few percent of their time. Tasks
# that take minutes need no such watch. Its settings for a worker's environment are for tasks that calculate in it.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.nanny.pre-spawn-environ": {},
}


@dataclass(frozen=True)
class Ended:
    """How one run ended: `pack` is where it was published, `failure` says why it was not; `tries` counts its starts."""

    params: str
    pack: str = ""
    failure: str = ""
    tries: int = 1


class EngineError(ValueError):
    """An engine that cannot be had, with what to do."""


def run_all(
    params_files: Iterable[Path],
    options: dict[str, Any],
    *,
    workers: int = 2,
    engine: str = LOCAL,
    scheduler: str = "",
    told: Callable[[Ended, int, int], None] = lambda ended, done, of: None,
) -> tuple[Ended, ...]:
    """Run every params file; one that fails lets the others finish.

    `options` are passed to each run: `only`, `profile`, `reports`, `notebooks`, `reuse` (see `incare.pack.run.run`).
    `workers` run at the same time; `engine` is `LOCAL` or `DASK`, which asks the cluster at the address `scheduler`, or
    starts one on this machine. All workers of a cluster must see the same folders under the same names. `told` hears
    of each end, how many are done, and of how many. Ends come in the order of the files.
    Raises `EngineError` when two params files are one, or Dask is not installed or does not answer.

    **Source** measured: `tests/bench/areas.py`.
    """
    files = [str(Path(file).resolve()) for file in params_files]
    if len(set(files)) < len(files):
        raise EngineError("A params file was named twice; name each once.")
    work = _on_dask(files, options, workers, scheduler) if engine == DASK else _here(files, options, workers)
    found: dict[str, Ended] = {}
    for ended in work:
        found[ended.params] = ended
        told(ended, len(found), len(files))
    return tuple(found[file] for file in files)


def table(ends: Iterable[Ended]) -> pd.DataFrame:
    """How each run ended: params, result, pack."""
    rows = [(Path(e.params).name, "failed" if e.failure else "published", e.pack) for e in ends]
    return pd.DataFrame(rows, columns=["params", "result", "pack"])


def one(params: str, options: dict[str, Any]) -> Ended:
    """Run one params file in a process of its own; begun again when the process is killed from outside."""
    tries, waited = 0, 0
    while True:
        tries += 1
        code, said = _started({"params": params, **options})
        if code == LOCKED and waited < WAITS:
            tries, waited = tries - 1, waited + 1
            time.sleep(1)
            continue
        try:
            answer = json.loads(said)
            return Ended(params, answer["pack"], answer["failure"], tries)
        except (ValueError, KeyError):
            if tries >= TRIES:
                return Ended(params, failure="The process that ran it was ended from outside each time.", tries=tries)


def _started(request: dict[str, Any]) -> tuple[int, str]:
    """Start the process and wait; it watches its standard input and ends when that closes, as it does when we end."""
    # Dask has its workers hand memory back at every turn, which suits processes that stay; a run ends soon.
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_TRIM_THRESHOLD_"}
    command = [sys.executable, "-m", "incare", COMMAND]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        said = process.stdout.read()
        return process.wait(), said
    finally:
        process.stdin.close()
        if process.poll() is None:
            process.kill()
            process.wait()


def _here(files: list[str], options: dict[str, Any], workers: int) -> Iterator[Ended]:
    with ThreadPoolExecutor(workers) as pool:
        for future in as_completed([pool.submit(one, file, options) for file in files]):
            yield future.result()


def _on_dask(files: list[str], options: dict[str, Any], workers: int, scheduler: str) -> Iterator[Ended]:
    try:
        from distributed import as_completed as as_done
    except ImportError:
        raise EngineError("The Dask engine needs the package distributed; python start.py setup installs it.") from None
    with _client(workers, scheduler) as client:
        asked, waiting, done = {}, list(files), as_done()

        def ask() -> None:
            """Ask for as many at once as there are threads: more would wait behind one worker while another is idle."""
            threads = max(sum(client.nthreads().values()), 1)
            while waiting and done.count() < threads:
                file = waiting.pop(0)
                future = client.submit(one, file, options, key=f"incare {file}", retries=TRIES, pure=False)
                asked[future] = file
                done.add(future)

        ask()
        for future in done:
            ask()
            problem = future.exception() if future.status == "error" else None
            # Another library's message may hold a path of a worker, not a child's value; its type says enough.
            yield (
                Ended(asked[future], failure=f"Its worker failed: {type(problem).__name__}.")
                if problem
                else future.result()
            )


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    """A client of the cluster at an address, or of one on this machine that nobody else can reach."""
    import dask
    from distributed import Client, LocalCluster

    if scheduler:
        try:
            client = Client(scheduler, timeout="10s")
        except (OSError, ValueError) as problem:
            raise EngineError(f"No Dask scheduler answers at {scheduler} ({type(problem).__name__}).") from None
        with client:
            yield client
        return
    with (
        dask.config.set(QUIET),
        tempfile.TemporaryDirectory(prefix="incare-dask-") as folder,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=folder,
            silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
