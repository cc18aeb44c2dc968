"""TensorBoard on all runs and sweeps, each under a name that says what it is: python -m lightlab board

Runs that begin while it is open appear too. Options are TensorBoard's own (--port 6007); folders may stand before them
(python -m lightlab board sweeps/fashion_lenet).
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from lightlab.errors import UsageError, reported
from lightlab.runs.folder import ROOTS
from lightlab.runs.overrides import read_overrides, values

LOOK_AGAIN = 5  # seconds
_UNTOLD = {"task", "data_dir", "cache_dir", "experiment"}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that TensorBoard ends with this process
    given = sys.argv[1:]
    options = next((index for index, each in enumerate(given) if each.startswith("-")), len(given))
    with reported(), tempfile.TemporaryDirectory(prefix="lightlab-board-") as folder:
        show([Path(each) for each in given[:options]], given[options:], Path(folder))


def show(folders: Sequence[Path], options: Sequence[str], links: Path) -> None:
    """Runs TensorBoard over `links`, in which there is a link to each run, until it or this process is ended.

    Raises:
        UsageError: a folder does not exist.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; name runs, sweeps, or one below them")
    roots = folders or [Path(root) for root in ROOTS]
    link(roots, links)
    board = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", str(links), *options])
    try:
        while board.poll() is None:
            link(roots, links)
            time.sleep(LOOK_AGAIN)
    finally:
        board.terminate()
        board.wait()


def link(roots: Sequence[Path], links: Path) -> None:
    """Makes the links that are missing and takes away those of runs that are gone."""
    wanted = names(sorted({run for root in roots for run in runs_with_events(root)}))
    for name, run in wanted.items():
        place = links / name
        if not place.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(run.resolve(), target_is_directory=True)
    for place in [path for path in links.rglob("*") if path.is_symlink()]:
        if place.relative_to(links).as_posix() not in wanted:
            place.unlink()


def runs_with_events(root: Path) -> Iterator[Path]:
    """The folders below `root` that TensorBoard can show."""
    yield from {path.parent for path in root.glob("**/events.out.tfevents.*")}


def names(runs: Sequence[Path]) -> dict[str, Path]:
    """Each run by its task, the time when it or its sweep was started, and what it was told.

    ``fashion_lenet/11-20 14.03/optimizer=sgd seed=1``: of a sweep, only that in which its runs differ.
    """
    named: dict[str, Path] = {}
    for run in runs:
        sweep = _is_of_sweep(run)
        start = run.parent if sweep else run
        told = _told(run)
        if sweep:
            beside = [_told(each) for each in runs if each.parent == run.parent]
            told = {key: value for key, value in told.items() if any(each.get(key) != value for each in beside)}
        said = " ".join(f"{key}={value}" for key, value in told.items()) or run.name
        name = f"{start.parent.name}/{_time(start.name)}/{_plain(said)}"
        named[name if name not in named else f"{name} ({run.name})"] = run
    return named


def _is_of_sweep(run: Path) -> bool:
    return run.name.isdigit() or (run.parent / "multirun.yaml").is_file()


def _told(run: Path) -> dict[str, str]:
    return {key: value for key, value in values(read_overrides(run)).items() if key not in _UNTOLD}


def _time(name: str) -> str:
    """``2026-11-20_14-03-07-optimizer-adam`` → ``11-20 14.03``; another name as it is."""
    found = re.match(r"\d{4}-(\d\d-\d\d)_(\d\d)-(\d\d)-\d\d", name)
    return f"{found[1]} {found[2]}.{found[3]}" if found else _plain(name)


def _plain(text: str) -> str:
    """As one folder's name."""
    return re.sub(r"[/\\\0:]", "_", text)[:80].strip(". ") or "run"
