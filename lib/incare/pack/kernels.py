"""Where papermill's kernels come from: forked from a warm process, or started from nothing where that cannot be."""

from __future__ import annotations

import os
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


class WarmProvisioner(LocalProvisioner):
    """Asks the warm process for a kernel, and starts one from nothing when it does not answer."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any):
        """As `LocalProvisioner`, but forked."""
        address = os.environ.get(ADDRESS)
        environment = {k: str(v) for k, v in (kwargs.get("env") or os.environ).items() if k != ADDRESS}
        try:
            self.process = warm.kernel(address, cmd, kwargs.get("cwd"), environment)
        except (OSError, TypeError):
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info
