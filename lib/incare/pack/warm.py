"""A process that has every import done and the record read, and forks itself into a fresh kernel when asked.

Starting a kernel and importing what reports need takes longer than most reports. A fork has both behind it and yet is
a process of its own: what one notebook changes, no other sees. A fork may also call one of incare's own functions, so
that parts of a run are done side by side. One such process serves one run, and ends with it.
Only Linux forks safely once libraries are loaded; elsewhere kernels start from nothing (`incare.pack.kernels`).
**Source:** fork(2), unix(7); the kernel provisioners of jupyter_client.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

LONGEST = 1 << 20  # no request is longer; an environment may be
MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "matplotlib_inline.backend_inline",
    "matplotlib.backends.backend_agg",
    "incare.pack.beside",
    "incare.disclosure.projections",
    "incare.disclosure.audit",
    "incare.published",
    "incare.stats.spc",
    "incare.stats.trend",
    "scipy.stats",
    "seaborn",
)
# Rooms whose every module notebooks may call.
ROOMS = ("measures", "views", "committee")


class Warm:
    """The process that forks kernels, as the run sees it; use `with`, so that it ends with the run."""

    def __init__(self, folder: Path, record: dict, log, environment: dict[str, str]):
        """`folder` is for its socket; `record` has the arguments of `incare.record.read`, or nothing.

        What it and its kernels print outside cells goes to `log`, an open file; it may hold values of children.
        """
        self.address = str(Path(folder) / "warm")
        # It listens from the start, so that who asks early waits instead of being refused.
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.address)
            listening.listen()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "incare.pack.warm", str(listening.fileno())],
                pass_fds=[listening.fileno()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
            )
        with suppress(OSError):
            self.process.stdin.write(json.dumps(record).encode() + b"\n")
            self.process.stdin.flush()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *problem) -> None:
        # It watches this pipe: when it closes, however that comes, it ends its kernels and itself.
        with suppress(OSError):
            self.process.stdin.close()
        # It may still be importing, and then watches nothing.
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Forked:
    """A forked process with the face of a `subprocess.Popen`, though another process is its parent."""

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int):
        self.line, self.pid = line, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The code it ended with; nothing while it runs."""
        if self.returncode is None:
            self._listen(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired("kernel", timeout)
            self._listen(0.1)
        return self.returncode

    def _listen(self, seconds: float) -> None:
        # A line that closes without a word: the warm process is gone, and its forks with it.
        self.line.settimeout(max(seconds, 0.001))
        try:
            said = self.line.recv(64)
        except TimeoutError:
            return
        except OSError:
            said = b""
        self.line.close()
        text = said.decode(errors="replace").strip()
        self.returncode = int(text) if text.lstrip("-").isdigit() else 1

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def kernel(address: str, command: list[str], folder: str | None, environment: dict) -> Forked:
    """Ask for a kernel; `command` would have started one from nothing. Raises `OSError`."""
    return _ask(address, {"command": command, "folder": folder or os.getcwd(), "environment": environment})


def call(address: str, function: str, arguments: dict) -> Forked:
    """Ask for a fork that calls one of incare's functions, `module:name`, and ends with 0 when it returns.

    Only what JSON can carry may be given; what the function returns is lost. Raises `OSError`.
    """
    given = {"call": function, "arguments": arguments}
    return _ask(address, given | {"folder": os.getcwd(), "environment": dict(os.environ)})


def _ask(address: str, request: dict) -> Forked:
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(address)
        line.sendall(json.dumps(request).encode() + b"\n")
        answer = _line_of(line)
        if not answer:
            raise ConnectionError("The process that forks ended.")
        return Forked(line, int(answer))
    except (OSError, ValueError) as problem:
        line.close()
        raise OSError(f"No process could be had: {type(problem).__name__}") from problem


def _line_of(line: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n") and len(found) < LONGEST:
        piece = line.recv(65536)
        if not piece:
            return b""
        found += piece
    return found


# In the process itself


def serve(listening: int) -> None:
    """Import, read the record, then fork a kernel for each request until the run that started this is gone."""
    _import()
    given = json.loads(sys.stdin.buffer.readline() or b"{}")
    if given:
        _read_record(given)
    _Server(listening).run()


def _import() -> None:
    import gc
    import importlib
    import pkgutil

    import matplotlib as mpl

    mpl.use("agg")
    for name in MODULES:
        importlib.import_module(name)
    for room in ROOMS:
        package = importlib.import_module(f"incare.{room}")
        for found in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"incare.{room}.{found.name}")
    # What is there now stays in all forks: their collectors need not walk (and so copy) it.
    gc.collect()
    gc.freeze()


def _read_record(given: dict) -> None:
    """Read the record once for all kernels; one that cannot be read is left for the notebooks to stumble over."""
    from incare.record import held

    with suppress(ValueError, OSError):
        held.hold(**given)


class _Server:
    """Forks, tells each kernel's end on its line, and ends the kernels whose asker is gone."""

    def __init__(self, listening: int):
        self.listening = socket.socket(fileno=listening)
        self.woken, waker = socket.socketpair()
        self.woken.setblocking(False)
        waker.setblocking(False)
        self.waker = waker
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self.kernels: dict[int, socket.socket] = {}
        self.events = selectors.DefaultSelector()
        for watched in (self.listening, self.woken, sys.stdin.buffer):
            self.events.register(watched, selectors.EVENT_READ)

    def run(self) -> None:
        while True:
            for key, _ in self.events.select():
                if key.fileobj is self.listening:
                    self._answer(self.listening.accept()[0])
                elif key.fileobj is self.woken:
                    self._reap()
                elif key.fileobj is sys.stdin.buffer:
                    self._end()
                else:
                    self._hung_up(key.fileobj)

    def _answer(self, line: socket.socket) -> None:
        line.settimeout(10)
        try:
            request = json.loads(_line_of(line))
        except (OSError, ValueError):
            line.close()
            return
        here = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(request, here)
        self.kernels[pid] = line
        self.events.register(line, selectors.EVENT_READ)
        with suppress(OSError):
            line.sendall(f"{pid}\n".encode())

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            while self.woken.recv(4096):
                pass
        for pid in list(self.kernels):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                line = self.kernels.pop(pid)
                with suppress(KeyError):
                    self.events.unregister(line)
                with suppress(OSError):
                    line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                line.close()

    def _hung_up(self, line: socket.socket) -> None:
        """The asker is gone (it never says anything else): nobody waits for its kernel any more."""
        self.events.unregister(line)
        for pid, told in self.kernels.items():
            if told is line:
                _kill(pid)

    def _end(self) -> None:
        for pid in self.kernels:
            _kill(pid)
        os._exit(0)

    def _become(self, request: dict, parent: int) -> None:
        """Be what was asked from here on: nothing of the server stays open, and the process leads its own group."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        code = 1
        try:
            os.setsid()
            self.events.close()
            for open_ in (self.listening, self.woken, self.waker, *self.kernels.values()):
                open_.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ.clear()
            os.environ.update(request["environment"])
            os.chdir(request["folder"])
            code = _called(request) if "call" in request else _kernel(request["command"], parent)
        finally:
            os._exit(code)


def _kill(pid: int) -> None:
    """End a kernel and what it started."""
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def _called(request: dict) -> int:
    """Call a function of incare's; the log has the error of one that fails."""
    import importlib
    import traceback

    module, _, name = request["call"].partition(":")
    try:
        if not module.startswith("incare."):
            raise ValueError("Only incare's own functions are called.")
        getattr(importlib.import_module(module), name)(**request["arguments"])
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
    return 0


def _kernel(command: list[str], parent: int) -> int:
    """Run a kernel until it is told to stop or its parent is gone; `command` would have started one from nothing."""
    import atexit

    from ipykernel.kernelapp import IPKernelApp

    arguments = command[command.index("ipykernel_launcher") + 1 :]
    sys.argv = ["ipykernel_launcher", *arguments]
    try:
        IPKernelApp.launch_instance(arguments, parent_handle=parent)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    finally:
        with suppress(BaseException):
            atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
    return 0


if __name__ == "__main__":
    serve(int(sys.argv[1]))
