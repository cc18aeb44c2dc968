"""The folder of a run: its name, and how it is found again."""

import errno
import os
import re
import time
import traceback
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Literal

from lightlab.errors import DataError, LightlabError, UsageError, message_of
from lightlab.files import user_path, write_text
from lightlab.runs.overrides import program
from lightlab.runs.places import LOCK, remove_if_empty
from lightlab.runs.records import read_json

ROOTS = ("runs", "sweeps")
EVENTS = "events.out.tfevents.*"  # TensorBoard's files
FAILURE = ("error.txt", "traceback.txt")
State = Literal["done", "pruned", "failed", "unfinished"]
_OPEN = ("failed", "unfinished")
_EXPLAINED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE)


def state(folder: Path) -> State:
    """Returns how far a run has come, by its files: metrics.json, pruned.txt, error.txt, or none of them."""
    if results_of(folder) is not None:
        return "done"
    states: dict[str, State] = {"pruned.txt": "pruned", "error.txt": "failed"}
    return next((states[name] for name in states if (folder / name).is_file()), "unfinished")


def results_of(folder: Path) -> dict[str, Any] | None:
    """Reads a run's metrics.json; None where it is missing or damaged."""
    try:
        return read_json(folder / "metrics.json")
    except DataError:
        return None


def new_run(root: str, task: str, overrides: Sequence[str]) -> Path:
    """Makes ``root/task/time-slug``, a new folder even when two runs start in the same second."""
    name = time.strftime("%Y-%m-%d_%H-%M-%S") + slug(overrides)
    for attempt in range(1, 1000):
        folder = default_folder(root, task) / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{folder}: no folder can be made here ({error.strerror})") from None
        return folder
    raise UsageError(f"{root} already holds 999 runs named {name}")


def named_run(root: str, task: str, job: str, overrides: Sequence[str]) -> Path:
    """Returns ``root/task/job-slug``, which each process of a job that has a name of its own can tell by itself."""
    return default_folder(root, task) / (_plain(job) + slug(overrides))


def default_folder(root: str, task: str) -> Path:
    """Returns the folder below `root` that holds a task's runs."""
    return Path(root) / (_plain(task)[:100] or "task")


def check_unused(folder: Path) -> None:
    """Refuses a folder that holds another run's checkpoints."""
    if checkpoint_of(folder) is not None:
        raise UsageError(f"{folder} already holds a run; go on by resume={folder}, or name another hydra.run.dir")


@contextmanager
def discard_if_empty(folder: Path) -> Iterator[None]:
    """Removes the files of a run that is refused before its first epoch; keeps existing files.

    Those of a run that an unexpected error ends stay, with its traceback.
    """
    before = set(folder.iterdir()) if folder.is_dir() else set()
    try:
        yield
    except BaseException as error:
        begun = any((folder / name).exists() for name in ("metrics.csv", "checkpoints", "folds.csv"))
        if not begun and not is_unexpected(error):
            names = ("config.yaml", "environment.json", "loggers.json", "train.log")
            written = {*(folder / name for name in names), *folder.glob(EVENTS)} - before
            record = folder / ".hydra"
            for path in [*written, *(record / f"{name}.yaml" for name in ("config", "hydra", "overrides"))]:
                path.unlink(missing_ok=True)
            for path in (record, folder):
                remove_if_empty(path)
        raise


def set_aside(folder: Path) -> None:
    """Moves what a run's folder holds into ``earlier-1`` (or 2, …) inside it, so that the run can begin anew.

    Everything is moved: any file would mix with those of the new start.
    """
    contents = list(folder.iterdir()) if folder.is_dir() else []
    held = [path for path in contents if path.name != LOCK and not is_set_aside(Path(path.name))]
    if not held:
        return
    earlier = next(path for number in count(1) if not os.path.lexists(path := folder / f"earlier-{number}"))
    try:
        earlier.mkdir()
        for path in held:
            path.rename(earlier / path.name)
    except OSError as error:
        raise UsageError(f"{earlier}: what {folder} holds cannot be moved here ({error.strerror})") from None
    print(f"{folder}: begins anew; what it held is now in {earlier}", flush=True)


def is_set_aside(path: Path) -> bool:
    """Returns whether a path lies in a folder that `set_aside` made."""
    return any(re.fullmatch(r"earlier-[0-9]+", part) for part in path.parts)


def begin(folder: Path) -> Path:
    """Removes what an earlier failure left and returns the file for the record of this start's environment.

    Nothing refuses the run any more. A resumed run keeps the record of its first start.
    """
    for path in (folder / name for name in FAILURE):
        if not path.is_dir():
            path.unlink(missing_ok=True)
    count = _starts(folder)
    return folder / (f"environment-resume-{count}.json" if count else "environment.json")


def _starts(folder: Path) -> int:
    return len(list(folder.glob("environment*.json")))


@contextmanager
def failure_kept(folder: Path) -> Iterator[None]:
    """Writes the error that ends a run into error.txt; a run that was interrupted has none and can go on.

    The traceback of an error that nobody expected is kept in traceback.txt, whose path becomes the error's attribute
    ``kept_in``. A resume that is refused changes nothing.
    """
    before = _starts(folder)
    try:
        yield
    except Exception as error:
        with suppress(OSError, LightlabError):  # a full disk may be what ended the run
            if is_unexpected(error) and (folder / ".hydra").is_dir():
                write_text(folder / "traceback.txt", "".join(traceback.format_exception(error)))
                vars(error)["kept_in"] = str(folder / "traceback.txt")
            refused = 0 < before == _starts(folder)
            if not refused and not _is_stop(error) and (folder / ".hydra").is_dir() and state(folder) in _OPEN:
                write_text(folder / "error.txt", f"{message_of(error)}\n")
        raise


def is_unexpected(error: BaseException) -> bool:
    """Returns whether an error is none that lightlab raises or explains, such as a full disk, nor a signal."""
    explained = isinstance(error, LightlabError) or (isinstance(error, OSError) and error.errno in _EXPLAINED)
    return isinstance(error, Exception) and not explained


def _is_stop(error: Exception) -> bool:
    return isinstance(error, BrokenPipeError) or (isinstance(error, LightlabError) and error.exit_code >= 128)


def slug(overrides: Sequence[str], limit: int = 60) -> str:
    """Returns the overrides in ``[A-Za-z0-9._-]``, which Hydra's grammar takes: ``-optimizer-adam-seed-1``."""
    left_out = re.compile(r"[+~]*(task|data_dir|cache_dir|resume|allow|hydra\b[^=]*)=")
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
    return next(filter(_is_archive, paths), None)


def _is_archive(path: Path) -> bool:
    return path.is_file() and zipfile.is_zipfile(path)  # to open a pipe would wait for its writer


def _newest(roots: tuple[str, ...]) -> Path:
    paths = [path for root in roots for path in Path(root).glob("**/checkpoints/*.ckpt")]
    own = [path for path in paths if path.stem in ("best", "last") and not is_set_aside(path)]
    checkpoints = list(filter(_is_archive, own))
    if not checkpoints:
        places = " or ".join(f"{root}/" for root in roots)
        raise UsageError(f"no run with a checkpoint in {places} below {Path.cwd()}; train one first: {program()}")
    return max(checkpoints, key=lambda path: path.stat().st_mtime).parent.parent
