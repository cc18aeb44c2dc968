"""TensorBoard on all runs and sweeps, each under a readable name: lightlab board

Runs that begin while it is open appear too. Options are TensorBoard's own (--port 6007); folders may stand before them
(lightlab board sweeps/fashion_lenet).
"""

import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lightlab.cli.startup import wants_help
from lightlab.config.options import FlagParser
from lightlab.errors import LightlabError, UsageError
from lightlab.runs.folder import EVENTS, ROOTS, is_set_aside
from lightlab.runs.overrides import program, read_overrides, values
from lightlab.runs.places import check_cwd

HELP = f"""usage: {program("board")} [FOLDER ...] [OPTION ...]

TensorBoard on all runs and sweeps in and below the folders (default: runs and sweeps), by readable names.
The options are TensorBoard's own, such as --port 6007: python -m tensorboard.main --help lists them."""
LOOK_AGAIN = 5  # seconds
_NOT_NAMED = {"task", "data_dir", "cache_dir", "experiment"}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that TensorBoard ends with this process
    arguments = sys.argv[1:]
    options = next((index for index, text in enumerate(arguments) if text.startswith("-")), len(arguments))
    check_cwd()
    if wants_help():
        print(HELP, flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="lightlab-board-") as folder:
        show([Path(text) for text in arguments[:options]], arguments[options:], Path(folder))


def show(folders: Sequence[Path], options: Sequence[str], links: Path) -> None:
    """Runs TensorBoard over `links`, which gets a link to each run, until it or this process is ended.

    Raises:
        LightlabError: a folder does not exist, a port is none or in use, or TensorBoard fails.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; name runs, sweeps, or one below them")
    roots = folders or [Path(root) for root in ROOTS]
    link(roots, links)
    _check_port(options)
    board = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", str(links), *options])
    try:
        while board.poll() is None:
            link(roots, links)
            time.sleep(LOOK_AGAIN)
    finally:
        board.terminate()
        code = board.wait()
    if code > 0:
        raise LightlabError("TensorBoard has ended; what it says stands above")


def _check_port(options: Sequence[str]) -> None:
    """Refuses a port that is none or in use, for which TensorBoard prints its usage or several lines.

    Raises:
        UsageError: names the port.
    """
    parser = FlagParser(add_help=False)
    parser.add_argument("--port", type=int, default=6006)
    parser.add_argument("--host", default="localhost")
    given, _ = parser.parse_known_args(list(options))
    if not 0 <= given.port < 65536:
        raise UsageError(f"--port {given.port}: must be a whole number from 0 to 65535")
    if not any(option.startswith("--port") for option in options):
        return  # TensorBoard looks for a free one
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((given.host, given.port))
        except OSError as error:
            raise UsageError(
                f"--host {given.host} --port {given.port}: {error.strerror}; name another, or --port 0 for a free one"
            ) from None


def link(roots: Sequence[Path], links: Path) -> None:
    """Makes the links that are missing and removes those of runs that are gone."""
    events = [path for root in roots for path in root.glob(f"**/{EVENTS}")]
    runs = {path.parent for path in events if not is_set_aside(path)}
    wanted = names(sorted(runs))
    for name, run in wanted.items():
        path = links / name
        if not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(run.resolve(), target_is_directory=True)
    for path in [path for path in links.rglob("*") if path.is_symlink()]:
        if path.relative_to(links).as_posix() not in wanted:
            path.unlink()


def names(runs: Sequence[Path]) -> dict[str, Path]:
    """Names each run by its task, the time when it or its sweep was started, and its overrides.

    ``fashion_lenet/11-20 14.03/optimizer=sgd seed=1``: in a sweep, only the overrides in which its runs differ.
    """
    named: dict[str, Path] = {}
    for run in runs:
        in_sweep = run.name.isdigit() or (run.parent / "multirun.yaml").is_file()
        start, overrides = (run.parent if in_sweep else run), _overrides(run)
        if in_sweep:
            siblings = [_overrides(other) for other in runs if other.parent == run.parent]
            overrides = {
                key: value for key, value in overrides.items() if any(each.get(key) != value for each in siblings)
            }
        text = " ".join(f"{key}={value}" for key, value in overrides.items()) or run.name
        name = f"{start.parent.name}/{_time(start.name)}/{_plain(text)}"
        named[name if name not in named else f"{name} ({run.name})"] = run
    return named


def _overrides(run: Path) -> dict[str, str]:
    return {key: value for key, value in values(read_overrides(run)).items() if key not in _NOT_NAMED}


def _time(name: str) -> str:
    """``2026-11-20_14-03-07-optimizer-adam`` → ``11-20 14.03``; another name as it is."""
    match = re.match(r"\d{4}-(\d\d-\d\d)_(\d\d)-(\d\d)-\d\d", name)
    return f"{match[1]} {match[2]}.{match[3]}" if match else _plain(name)


def _plain(text: str) -> str:
    """Makes a text the name of one folder."""
    return re.sub(r"[/\\\0:]", "_", text)[:80].strip(". ") or "run"
