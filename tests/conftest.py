import copy
import functools
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lightlab.config.composition import Groups, composed
from lightlab.data.sources import note

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_finish() -> None:
    """Takes what the imports made out of the garbage collector's walks, which are then short, and so more frequent."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Whatever a test writes, runs/ and the cache too, goes to its own folder; the user's settings do not reach it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIGHTLAB_CACHE", str(tmp_path / "cache"))
    for name in ("LIGHTLAB_DATA", "LIGHTLAB_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    note.cache_clear()


@pytest.fixture(scope="session")
def conf() -> Path:
    return ROOT / "conf"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real data sets, one folder each."""
    named = os.environ.get("LIGHTLAB_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real data sets: name their folder in LIGHTLAB_TEST_DATA")
    return folder.resolve()


@pytest.fixture(scope="session")
def config(conf):
    """Composes and resolves: ``config("optimizer=adam", "seed=1")``; without a logger unless one is named.

    Freed pages go back to the system: a run that keeps them would leave them to all later tests.
    """

    @functools.cache
    def compose_once(overrides: tuple[str, ...]):
        quiet = [] if any(each.startswith("logger=") for each in overrides) else ["logger=csv"]
        return composed(["keep_pages=false", *quiet, *overrides], Groups([conf]))

    return lambda *overrides: copy.deepcopy(compose_once(overrides))


@pytest.fixture
def run_cli(tmp_path):
    """Runs train.py, or predict.py where that is the first argument, and waits."""

    def run(*args: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        script, args = ("predict.py", args[1:]) if args[:1] == ("predict.py",) else ("train.py", args)
        command = [sys.executable, str(ROOT / script), *args]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)

    return run
