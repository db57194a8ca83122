"""Where papermill's kernels come from: forked from a warm process, or started from nothing where that cannot be."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from incare.pack import warm

ADDRESS = "INCARE_WARM"
NAME = "incare-warm"


def use(address: str) -> None:
    """Let every kernel that this process starts from now on come from the warm process at `address`."""
    os.environ[ADDRESS] = address
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:WarmProvisioner", factory.GROUP_NAME)
    factory.default_provisioner_name = NAME


class Forked:
    """A forked kernel with the face of a `subprocess.Popen`, though another process is its parent."""

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
        # A line that closes without a word: the warm process is gone, and its kernels with it.
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
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        import signal

        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        import signal

        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Asks the warm process for a kernel, and starts one from nothing when it does not answer."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any):
        """As `LocalProvisioner`, but forked."""
        address = os.environ.get(ADDRESS)
        environment = {k: str(v) for k, v in (kwargs.get("env") or os.environ).items() if k != ADDRESS}
        try:
            line, pid = warm.ask(address, cmd, kwargs.get("cwd"), environment)
        except (OSError, TypeError):
            return await super().launch_kernel(cmd, **kwargs)
        self.process = Forked(line, pid)
        self.pid = self.pgid = pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info
