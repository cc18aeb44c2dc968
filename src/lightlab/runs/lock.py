"""One writer a folder: a lock that a process holds while it writes a run or a sweep."""

import errno
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from lightlab.errors import DataError, UsageError
from lightlab.runs.places import LOCK, make_folder, remove_if_empty
from lightlab.runs.records import read_text

_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # what network disks answer
_held: set[Path] = set()


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Makes a folder and keeps all other processes from writing a run into it.

    The system releases the lock when the process ends, so a file that a killed one has left locks nothing. A lock that
    this process holds already is not taken again. On a disk without locks a line warns.

    Raises:
        UsageError: another process holds the lock, or the folder cannot be written to.
    """
    path = folder.absolute() / LOCK
    if path in _held:
        yield
        return
    make_folder(folder)
    lock = FileLock(path, blocking=False)
    try:
        _acquire(lock, folder)
    except BaseException:
        remove_if_empty(path.parent)
        raise
    _held.add(path)
    try:
        yield
    finally:
        _held.discard(path)
        if lock.is_locked and not isinstance(lock, SoftFileLock):
            with suppress(OSError):
                path.unlink()  # while it is held: who has opened this file and locks it next sees that it is gone
        lock.release()
        remove_if_empty(path.parent)


def is_in_use(folder: Path) -> bool:
    """Returns whether a process holds the lock of a folder; makes no file."""
    path = folder.absolute() / LOCK
    if path in _held:
        return True
    if not path.is_file():
        return False
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:  # a disk without locks, or a folder of somebody else
        return False
    lock.release()
    return False


def _acquire(lock: FileLock, folder: Path) -> None:
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(f"{folder} is in use by {_holder(Path(lock.lock_file))}; wait for it or end it") from None
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise UsageError(f"{folder}: nothing can be written here ({error.strerror})") from None
        Path(lock.lock_file).unlink(missing_ok=True)
        print(f"! {folder}: this disk has no locks; see that no other process writes this run", file=sys.stderr)
    else:
        _sign(lock)


def _sign(lock: FileLock) -> None:
    """Writes into the lock's file who holds it."""
    if not isinstance(lock, SoftFileLock):  # which does so itself
        with suppress(OSError):  # a full disk
            now = datetime.now().isoformat(" ", "minutes")
            Path(lock.lock_file).write_text(f"{os.getpid()} {now} {platform.node()}\n", encoding="utf-8")


def _holder(path: Path) -> str:
    """Returns ``process 12 since 14:03``, with the day and the machine where they are not these."""
    try:
        signed = re.fullmatch(r"([0-9]+) ([0-9-]+) ([0-9:]+) (.*)\n", read_text(path))
    except DataError:
        signed = None
    if signed is None:
        return "another process"
    process, day, time, machine = signed.groups()
    where = "" if machine == platform.node() else f" on {machine}"
    return f"process {process}{where} since {'' if day == datetime.now().date().isoformat() else f'{day} '}{time}"
