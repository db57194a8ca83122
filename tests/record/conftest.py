"""A PostgreSQL server of the tests' own, and an invented authority as files."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from incare import sample


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL, reached over the loopback address with a user name and a password."""

    port: int
    user: str = "analyst"
    # With letters that would end the password or the address if they were read as part of it.
    password: str = "pa ss@w:rd/?#%41"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that an address leaves the password to."""
        return {"PASSWORD": self.password}

    def address(self, database: str, password: str = "${PASSWORD}") -> str:
        """The SQLAlchemy address of a database; the password is left to the environment."""
        return f"postgresql+psycopg://{self.user}:{password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres"):
        """A connection to a database, every statement committed."""
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=self.user, password=self.password, dbname=database, autocommit=True
        )

    def made(self, database: str) -> str:
        """Make an empty database; returns its name."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}"')
            connection.execute(f'CREATE DATABASE "{database}"')
        return database


def _program(name: str) -> str | None:
    """A program of PostgreSQL: on the path, or where Debian keeps it, the newest version."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3].split(".")[0]))
    return shutil.which(name) or next((str(path) for path in reversed(kept)), None)


def _nobody() -> dict:
    """What makes a process run as another user when the tests run as root, whom PostgreSQL refuses."""
    if not hasattr(os, "geteuid") or os.geteuid():
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in ("postgres", "nobody") if name in known)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server with a password, started for the tests and ended after them.

    Without the server's programs the test is skipped, but in CI (CI=true) it fails: the road must be tested there.
    """
    initdb, program = _program("initdb"), _program("postgres")
    if initdb is None or program is None:
        missing = "no PostgreSQL server found (install the package postgresql)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    who = _nobody()
    # Not pytest's folder: that one is closed to other users.
    home = Path(tempfile.mkdtemp(prefix="incare-postgres-"))
    try:
        server = Server(_free_port())
        (home / "password").write_text(server.password, encoding="utf-8")
        if who:
            for path in (home, home / "password"):
                os.chown(path, who["user"], who["group"])
        made = ["-D", str(home / "data"), "-U", server.user, "--pwfile", str(home / "password")]
        made += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([initdb, *made], check=True, capture_output=True, cwd=home, **who)
        settings = {"port": server.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "-D", str(home / "data"), *options], stdout=log, stderr=log, cwd=home, **who
            )
        try:
            _wait_for(server, process, home / "log")
            yield server
        finally:
            # “Fast”: without waiting for connections that a failed test left open.
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_for(server: Server, process: subprocess.Popen, log: Path) -> None:
    import psycopg

    until = time.monotonic() + 60
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"PostgreSQL did not start: {log.read_text(encoding='utf-8', errors='replace')[-1000:]}")
            time.sleep(0.1)


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Path:
    """The folder of a small invented authority: four returns and all local tables.

    Of two schools that begin on one day the later row would stand, and a database keeps no order of rows: one is left.
    """
    [folder] = sample.write(tmp_path_factory.mktemp("sample"), seed=3, children=60, years=4)
    schools = folder / "local" / "schools.csv"
    pd.read_csv(schools, dtype=str).drop_duplicates(["CHILD", "START"]).to_csv(schools, index=False)
    return folder


@pytest.fixture(scope="session")
def stacked(authority) -> dict[str, pd.DataFrame]:
    """The authority's tables as text, each return's rows marked by a column YEAR."""
    found: dict[str, list[pd.DataFrame]] = {}
    for path in sorted(authority.rglob("*.csv")):
        frame = pd.read_csv(path, dtype="str", keep_default_na=False)
        year = path.parent.name
        found.setdefault(path.stem, []).append(frame.assign(YEAR=year) if year.isdigit() else frame)
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}
