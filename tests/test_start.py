"""Set-up: what start.py trusts, removes, asks and says. Nothing here needs a network."""

import ast
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import start

LOCK = """\
# This file was written by: python start.py lock
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via
    #   incare (pyproject.toml)
    #   pandas
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:ba
uv==0.13.9 \\
    --hash=sha256:ca \\
    --hash=sha256:cb
    # via incare (pyproject.toml)
"""


# ---- the lock ----


def test_a_lock_is_read_entry_by_entry_with_versions_markers_and_hashes():
    numpy_old, numpy_new, uv = start.entries(LOCK)

    assert numpy_old[:3] == ("numpy", "2.4.6", "python_full_version < '3.12'")
    assert numpy_new[:3] == ("numpy", "2.5.5", "python_full_version >= '3.12'")
    assert uv == ("uv", "0.13.9", "", "uv==0.13.9 \\\n    --hash=sha256:ca \\\n    --hash=sha256:cb\n")


def test_the_installers_own_entry_keeps_every_hash():
    assert start.entry_of("uv", LOCK).count("--hash=sha256:") == 2
    assert start.entry_of("uv", start.LOCK.read_text(encoding="utf-8")).count("--hash=sha256:") > 5


def test_a_lock_without_the_installer_says_what_to_do():
    with pytest.raises(start.StartError, match=r"no entry for uv\. Restore"):
        start.entry_of("uv", LOCK.replace("uv==", "ux=="))


# ---- what is trusted ----


@pytest.fixture
def finished(tmp_path):
    """An environment that looks finished, as far as start.py looks."""
    folder = tmp_path / "an environment"
    start.python_of(folder).parent.mkdir(parents=True)
    start.python_of(folder).touch()
    (folder / start.STAMP).write_text(start.stamp(start.LOCK.read_bytes(), start.PROJECT.read_bytes(), folder))
    return folder


def test_a_finished_environment_is_trusted(finished):
    assert start.is_ready(finished)


def test_an_environment_without_its_stamp_is_not_trusted(finished):
    (finished / start.STAMP).unlink()
    assert not start.is_ready(finished)


def test_an_environment_whose_python_is_gone_is_not_trusted(finished):
    start.python_of(finished).unlink()
    assert not start.is_ready(finished)


def test_an_environment_that_was_moved_is_not_trusted(finished):
    assert not start.is_ready(finished.rename(finished.with_name("moved")))


def test_the_stamp_changes_with_the_lock_the_project_the_python_and_the_place(tmp_path):
    as_made = (b"lock", b"project", tmp_path, (3, 11))
    others = [
        (b"lock2", *as_made[1:]),
        (b"lock", b"project2", *as_made[2:]),
        (b"lock", b"project", tmp_path / "b", (3, 11)),
        (*as_made[:3], (3, 12)),
        (b"lockp", b"roject", *as_made[2:]),
    ]
    assert len({start.stamp(*parts) for parts in [as_made, *others]}) == 6
    assert start.stamp(*as_made) == start.stamp(*as_made)


def test_incare_env_names_the_folder_and_otherwise_it_lies_beside_start(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert start.environment_folder({}) == start.ROOT / ".venv"
    assert start.environment_folder({"INCARE_ENV": " "}) == start.ROOT / ".venv"
    assert start.environment_folder({"INCARE_ENV": "my env"}) == Path(os.getcwd()) / "my env"
    assert start.environment_folder({"INCARE_ENV": "~/env"}) == Path.home() / "env"


# ---- what is removed ----


def test_a_half_made_environment_is_emptied(tmp_path):
    (tmp_path / start.MARK).touch()
    (tmp_path / start.STAMP).touch()
    (tmp_path / "lib" / "half").mkdir(parents=True)
    start.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [start.MARK]


def test_a_folder_that_start_did_not_make_is_left_alone(tmp_path):
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(start.StartError, match="holds something else, so it was left alone"):
        start.clear(tmp_path)
    assert (tmp_path / "thesis.docx").exists()


def test_a_stamp_is_written_only_after_every_step(monkeypatch, tmp_path):
    folder = tmp_path / "env"
    monkeypatch.setattr(start, "run", lambda command, **_: (0, ""))
    monkeypatch.setattr(start, "install", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        start.make(folder)
    assert (folder / start.MARK).exists()
    assert not (folder / start.STAMP).exists()


# ---- the user's own settings ----

PIP = r"""
:env:.find-links='/no/such/wheels'
global.cert='{certificate}'
global.extra-index-url='\nhttps://a.example/simple\nfile:///no/such/index https://b.example/simple'
global.index-url='https://index.example/simple'
global.trusted-host='index.example'
install.index-url='https://nearer.example/simple'
user.colour='blue'
""".lstrip()


def test_pips_settings_are_read_with_the_nearest_one_winning():
    found = start.pip_settings(PIP + ":env:.index-url='https://nearest.example/simple'\n")
    assert found["index-url"] == "https://nearest.example/simple"
    assert start.pip_settings(PIP)["index-url"] == "https://nearer.example/simple"
    assert "colour" not in found
    assert start.pip_settings("WARNING: something = else\nglobal.cert=unquoted\n") == {}


def test_uv_is_told_what_pip_was_told_without_folders_that_are_not_there(tmp_path):
    certificate = tmp_path / "our certificate.pem"
    certificate.touch()
    told = start.uv_settings(start.pip_settings(PIP.replace("{certificate}", certificate.as_posix())), already={})

    assert told == {
        "UV_INDEX_URL": "https://nearer.example/simple",
        "UV_EXTRA_INDEX_URL": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": "index.example",
        "SSL_CERT_FILE": certificate.as_posix(),
        "UV_SYSTEM_CERTS": "true",
    }


def test_what_the_user_told_uv_stands():
    told = start.uv_settings({"index-url": "https://a.example"}, already={"UV_INDEX_URL": "x", "UV_SYSTEM_CERTS": "0"})
    assert told == {}


def test_local_folders_are_passed_on_when_they_exist(tmp_path):
    told = start.uv_settings({"find-links": f"{tmp_path} {tmp_path.as_uri()}"}, already={})
    assert told["UV_FIND_LINKS"] == f"{tmp_path},{tmp_path.as_uri()}"


# ---- what it says ----


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("NewConnectionError: [Errno -2] Name or service not known", "cannot be reached"),
        ("error: dns error: failed to lookup address", "cannot be reached"),
        ("ssl.SSLError: CERTIFICATE_VERIFY_FAILED", "certificate is not trusted"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "nothing was installed"),
    ],
)
def test_an_installers_failure_becomes_one_sentence_that_says_what_to_do(output, advice):
    with pytest.raises(start.StartError, match=advice) as told:
        start.must((1, output), "Installing the packages")
    assert output not in str(told.value)


def test_an_unknown_failure_shows_the_installers_last_lines():
    with pytest.raises(start.StartError, match="line 19"):
        start.must((1, "\n".join(f"line {n}" for n in range(20))), "Installing the packages")


def test_an_old_python_is_told_so():
    with pytest.raises(start.StartError, match=r"Python 3\.11 or newer is needed; this is 3\.8"):
        start.check_python((3, 8, 1))


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_that_cannot_make_environments_is_told_the_package_to_install(missing):
    with pytest.raises(start.StartError, match=r"sudo apt install python3\.12-venv"):
        start.check_python((3, 12, 1), find=lambda name: None if name == missing else True)


def test_an_old_python_can_read_the_file_far_enough_to_say_so():
    source = (start.ROOT / "start.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    at_the_top = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in at_the_top for alias in node.names}
    assert names <= {*["ast", "contextlib", "hashlib", "os", "re", "shutil", "subprocess", "sys", "time"], "Path"}


def test_an_installer_that_fails_is_seen_and_its_lines_are_passed_on(capsys):
    script = "import sys; print('Downloading pandas (11 MiB)'); print(' + pandas'); sys.exit(3)"
    code, output = start.run([sys.executable, "-c", script], show="Downloading .*")
    assert (code, output.split()[-1]) == (3, "pandas")
    assert capsys.readouterr().err == "    Downloading pandas (11 MiB)\n"


# ---- one at a time ----


def test_a_second_call_waits_for_the_first_and_says_so(tmp_path, capsys):
    folder, done = tmp_path / "env", []

    def second():
        with start.only_one(folder, wait=0.01):
            done.append("second")

    with start.only_one(folder):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.2)
        done.append("first")
    waiting.join(timeout=5)

    assert done == ["first", "second"]
    assert capsys.readouterr().err.count("waiting for it") == 1


@pytest.mark.skipif(start.WINDOWS, reason="on Windows an installer is not handed the lock")
def test_a_call_that_is_killed_leaves_the_lock_to_its_installer_and_then_to_nobody(tmp_path):
    folder = tmp_path / "env"
    script = (
        "import pathlib, sys, start\n"
        f"with start.only_one(pathlib.Path({str(folder)!r})) as held:\n"
        "    start.run([sys.executable, '-c', 'import time; print(1); time.sleep(1.5)'], show='1', held=held)\n"
    )
    call = subprocess.Popen([sys.executable, "-c", script], cwd=start.ROOT, stderr=subprocess.PIPE)
    assert call.stderr.readline().strip() == b"1"
    call.kill()
    call.wait()

    with open(f"{folder}.lock", "a+") as handle:
        assert not start.try_lock(handle)
    with start.only_one(folder, wait=0.05):
        pass


# ---- the command line ----


def test_a_path_below_the_project_is_found_from_anywhere(tmp_path):
    assert start.reachable("params/README.md", tmp_path) == str(start.ROOT / "params/README.md")
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "README.md").touch()
    assert start.reachable("params/README.md", tmp_path) == "params/README.md"
    for other in ("run", "--only", "README.md", "no/such/file"):
        assert start.reachable(other, tmp_path) == other


def test_without_a_command_it_says_what_it_does_and_makes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("INCARE_ENV", str(tmp_path / "env"))
    assert start.main([]) == 0
    assert start.main(["--help"]) == 0
    assert "python start.py run params/sample.yaml" in capsys.readouterr().out
    assert not (tmp_path / "env").exists()


def test_a_whole_set_up_with_an_empty_lock_then_starts_at_once(tmp_path):
    """A copy of start.py in a folder with a space: a real environment, no packages, a stand-in for incare."""
    place = tmp_path / "a folder with spaces"
    place.mkdir()
    shutil.copy(start.ROOT / "start.py", place)
    (place / "requirements.lock").write_text("# nothing\n")
    (place / "pyproject.toml").write_text("")
    stand_in = "import start, sys\nstart.install = start.install_incare = lambda *_: None\n"
    (place / "drive.py").write_text(stand_in + "sys.exit(start.main(sys.argv[1:]))\n")

    def call():
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, str(place / "drive.py"), "setup"],
            cwd=tmp_path,
            env={**os.environ, "INCARE_ENV": ""},
            capture_output=True,
            text=True,
        )
        return done, time.monotonic() - began

    first, _ = call()
    assert first.returncode == 0, first.stderr
    assert "1 of 3" in first.stderr
    assert start.python_of(place / ".venv").exists()

    second, seconds = call()
    assert second.returncode == 0
    assert second.stderr.startswith("The environment in")
    assert seconds < 1.5
