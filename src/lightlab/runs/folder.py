"""The folder of a run: its name, and how it is found again."""

import json
import os
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from lightlab.errors import LightlabError, UsageError, message_of
from lightlab.files import user_path

ROOTS = ("runs", "sweeps")
State = Literal["done", "pruned", "failed", "unfinished"]


def state(folder: Path) -> State:
    """Returns how far a run has come, by its files: metrics.json, pruned.txt, error.txt, or none of them."""
    if results_of(folder) is not None:
        return "done"
    states: dict[str, State] = {"pruned.txt": "pruned", "error.txt": "failed"}
    return next((states[name] for name in states if (folder / name).is_file()), "unfinished")


def results_of(folder: Path) -> dict[str, Any] | None:
    """Reads a run's metrics.json; None where it is missing or damaged."""
    try:
        contents = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return contents if isinstance(contents, dict) else None


def new_run(root: str, task: str, overrides: Sequence[str]) -> Path:
    """Makes ``root/task/time-slug``, a new folder even when two runs start in the same second."""
    name = time.strftime("%Y-%m-%d_%H-%M-%S") + slug(overrides)
    for attempt in range(1, 1000):
        folder = Path(root) / (_plain(task) or "task") / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{folder}: no folder can be made here ({error.strerror})") from None
        return folder
    raise UsageError(f"{root} already holds 999 runs named {name}")


def relative_to_cwd(folder: Path) -> Path:
    """Returns the folder relative to the working directory if it is inside it."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def check_unused(folder: Path) -> None:
    """Refuses a folder that holds another run's checkpoints."""
    if checkpoint_of(folder) is not None:
        raise UsageError(f"{folder} already holds a run; go on by resume={folder}, or name another hydra.run.dir")


def check_writable(root: Path) -> None:
    """Refuses to start where no run's folder can be made."""
    parent = root if root.exists() else root.absolute().parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"{parent}: runs cannot be written here; go elsewhere, or name a folder by hydra.run.dir=")


@contextmanager
def discard_if_empty(folder: Path) -> Iterator[None]:
    """Removes the files of a run that fails before its first epoch; keeps existing files."""
    before = set(folder.iterdir()) if folder.is_dir() else set()
    try:
        yield
    except BaseException:
        if not any((folder / name).exists() for name in ("metrics.csv", "checkpoints", "folds.csv")):
            events = folder.glob("events.out.tfevents.*")
            written = {folder / "config.yaml", folder / "environment.json", *events} - before
            record = folder / ".hydra"
            for path in [*written, *(record / f"{name}.yaml" for name in ("config", "hydra", "overrides"))]:
                path.unlink(missing_ok=True)
            for path in (record, folder):
                with suppress(OSError):  # it holds other files, which stay
                    path.rmdir()
        raise


def remove_old_files(folder: Path) -> None:
    """Removes files of an earlier attempt that would mix with a new start."""
    patterns = (
        "error.txt",
        "config.yaml",
        "metrics.csv",
        "environment*.json",
        "events.out.tfevents.*",
        "checkpoints/*.ckpt",
    )
    for path in [path for pattern in patterns for path in folder.glob(pattern)]:
        path.unlink()


@contextmanager
def failure_kept(folder: Path) -> Iterator[None]:
    """Writes the error that ends a run into error.txt; a run that was interrupted has none and can go on."""
    path = folder / "error.txt"
    path.unlink(missing_ok=True)
    try:
        yield
    except Exception as error:
        signalled = isinstance(error, LightlabError) and error.exit_code >= 128
        stopped = signalled or isinstance(error, BrokenPipeError)
        if not stopped and state(folder) == "unfinished" and (folder / ".hydra").is_dir():
            with suppress(OSError):  # a full disk may be what ended the run
                path.write_text(message_of(error) + "\n", encoding="utf-8")
        raise


def slug(overrides: Sequence[str], limit: int = 60) -> str:
    """Returns the overrides in ``[A-Za-z0-9._-]``, which Hydra's grammar takes: ``-optimizer-adam-seed-1``."""
    left_out = re.compile(r"[+~]*(task|data_dir|cache_dir|resume|hydra\b[^=]*)=")
    text = _plain("-".join(override for override in overrides if not left_out.match(override)))[:limit].rstrip("-.")
    return f"-{text}" if text else ""


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")


def find_run(run: str | Path, newest_of: tuple[str, ...] = ROOTS) -> Path:
    """Returns a run's folder; ``last`` is the newest with a checkpoint, sweeps included.

    Raises:
        UsageError: there is none, or the folder holds no run.
    """
    if str(run) == "last":
        return _newest(newest_of)
    folder = user_path(run)
    if not folder.is_dir():
        raise UsageError(f"run {folder}: no such folder; name one below runs/, or `last`")
    if checkpoint_of(folder) is None:
        raise UsageError(f"run {folder}: holds no checkpoint (checkpoints/best.ckpt or last.ckpt)")
    return folder


def checkpoint_of(folder: Path, prefer: str = "best") -> Path | None:
    """Returns a run's best.ckpt or last.ckpt, whichever is there and whole, `prefer` first."""
    names = sorted(("best", "last"), key=lambda name: name != prefer)
    paths = (folder / "checkpoints" / f"{name}.ckpt" for name in names)
    return next((path for path in paths if zipfile.is_zipfile(path)), None)


def _newest(roots: tuple[str, ...]) -> Path:
    paths = [path for root in roots for path in Path(root).glob("**/checkpoints/*.ckpt")]
    checkpoints = [path for path in paths if path.stem in ("best", "last") and zipfile.is_zipfile(path)]
    if not checkpoints:
        places = " or ".join(f"{root}/" for root in roots)
        raise UsageError(f"no run with a checkpoint in {places} below {Path.cwd()}; train one first: python train.py")
    return max(checkpoints, key=lambda path: path.stat().st_mtime).parent.parent
