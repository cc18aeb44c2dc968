"""The places that runs and sweeps are written to, checked before anything is made there."""

import os
from contextlib import suppress
from pathlib import Path

from lightlab.errors import UsageError

LOCK = ".lock"  # the file in a run's folder that says who writes it


def named_place(key: str, value: object) -> Path:
    """Returns the folder that ``hydra.run.dir=`` or ``hydra.sweep.dir=`` names; ``~`` is the user's home.

    Raises:
        UsageError: it names none, or something that is no folder.
    """
    text = "" if value is None else str(value)
    folder = Path(os.path.expanduser(text))
    if not text.strip():
        raise UsageError(f"{key}= is empty; name a folder, or leave it out")
    if str(folder).startswith("~"):
        raise UsageError(f"{key}={text}: no such user; name a folder")
    with suppress(OSError, ValueError):  # a name too long: making the folder says so
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{key}={text}: not a folder; name one that runs can be written to")
    return folder


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, or nothing.

    Raises:
        UsageError: it cannot be made, or not be written to.
    """
    missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise UsageError(f"{folder}: no folder can be made here ({error.strerror}); name another") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{folder}: nothing can be written here; name another folder")


def remove_if_empty(folder: Path) -> None:
    """Removes a folder that holds nothing, except the working directory."""
    with suppress(OSError):
        if folder.absolute() != Path.cwd():
            folder.rmdir()


def relative_to_cwd(folder: Path) -> Path:
    """Returns the folder relative to the working directory if it lies below it."""
    cwd = Path.cwd()
    return folder.relative_to(cwd) if cwd in folder.parents else folder


def check_cwd() -> None:
    """Refuses to start in a working directory that has been deleted."""
    try:
        os.getcwd()
    except OSError:
        raise UsageError("the working directory has been deleted; go to another one (cd)") from None


def check_writable(folder: Path, key: str) -> None:
    """Refuses to start where `folder` cannot be made, or not be written to; `key` can name another."""
    existing = folder.absolute()
    while not os.path.lexists(existing):
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"{existing}: runs cannot be written here; go elsewhere, or name a folder by {key}=")
