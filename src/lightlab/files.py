"""Files that are whole or not there, that can be read to their end, and the paths that a user names."""

import functools
import itertools
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from lightlab.errors import DataError, UsageError, shortened

try:
    import fcntl
except ImportError:  # Windows, where nothing of killed writers is removed
    fcntl = None  # type: ignore[assignment]

PART = ".lightlab.part"  # ends the names of what is being written
_numbers = itertools.count()

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def regular_file(path: Path) -> Path:
    """Returns `path` if it is a regular file, or a link to one; a pipe or a device may never end.

    Raises:
        DataError: no such file, one that may not be looked at, or of another kind.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise DataError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
        raise DataError(f"{path}: cannot be read ({kind}, not a regular file); name a file")
    return path


def readable_name(name: str) -> str:
    """Returns a file's name as text that can be written anywhere: bytes that are not UTF-8 become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def inside(folder: Path, name: str) -> Path:
    """Returns the path of `name` below `folder`; both kinds of slash separate folders.

    Raises:
        DataError: `name` is empty, absolute, or leaves the folder by ``..``.
    """
    below = PurePosixPath(name.replace("\\", "/"))
    if not below.name or below.is_absolute() or Path(name).drive or ".." in below.parts or "\0" in name:
        raise DataError(f"{name!r}: leads out of the folder {folder}; expected a name inside it")
    return folder / below


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary file beside `path`; renames it on success, deletes it on failure.

    What killed writers left in the folder is deleted before, once a process.

    Raises:
        DataError: a folder stands at `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent.absolute())
    unfinished = _unfinished(path)
    with _held(unfinished, lambda: os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o666))):
        try:
            yield unfinished
            if path.is_dir():
                raise DataError(f"{path}: a folder, where a file is to be written; move it away")
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside `path`, to move files from there to `path`; deletes it at the end.

    What killed writers left beside it is deleted before, once a process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent.absolute())
    scratch = _unfinished(path)
    with _held(scratch, scratch.mkdir):
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@functools.cache
def remove_abandoned(folder: Path) -> None:
    """Removes the unfinished files and folders in `folder` whose writers have ended, once a process."""
    for path in folder.glob(f".*{PART}"):
        lock = _lock(path)
        if lock is None:
            continue
        with suppress(OSError):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        os.close(lock)


def _unfinished(path: Path) -> Path:
    """Returns a name that no other writer has, not even of the same file; cut, because a name has at most 255 bytes."""
    return path.with_name(f".{path.name[:40]}.{os.getpid()}-{next(_numbers)}{PART}")


@contextmanager
def _held(path: Path, make: Callable[[], object]) -> Iterator[None]:
    """Makes a file or folder and locks it, so that others see that its writer lives."""
    make()
    lock = _lock(path)
    while lock is None and not path.exists():  # taken for an abandoned one before it was locked
        make()
        lock = _lock(path)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _lock(path: Path) -> int | None:
    """Locks a file or folder until its descriptor is closed or its process ends, however it ends.

    Returns:
        The descriptor; None if another one has the lock, or the file system has no locks.
    """
    if fcntl is None:
        return None
    try:
        lock = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), os.stat(path)):  # it may have been deleted meanwhile
            return lock
    os.close(lock)
    return None


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file that is whole or not there; characters that UTF-8 lacks, such as surrogates, become ``?``."""
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", errors="replace")


def csv_cell(value: Any) -> Any:
    """Returns a cell of a CSV file; text that a spreadsheet would take for a formula begins with an apostrophe."""
    if not isinstance(value, str) or value[:1] not in ("=", "+", "-", "@", "\t", "\r") or not value:
        return value
    with suppress(ValueError):
        float(value)
        return value
    return f"'{value}"


def user_path(path: str | Path) -> Path:
    """Returns a path with the home folder in place of ``~`` or ``~user``.

    Raises:
        UsageError: there is no such user, or the path holds a NUL.
    """
    flaw = "holds a NUL" if "\0" in str(path) else unknown_user(str(path))
    if flaw:
        raise UsageError(f"{shortened(path)}: {flaw}")
    return Path(os.path.expanduser(path))


def unknown_user(path: str) -> str | None:
    """Returns what is wrong with a path that begins with ``~name`` where no user has that name; else None."""
    if not path.startswith("~") or os.path.expanduser(path) != path:
        return None
    return f"this machine knows no home folder of {path.split('/')[0]}; write ./{path} for a folder of that name"
