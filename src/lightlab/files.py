"""Files that are whole or not there, and the paths that a user names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightlab.errors import UsageError, shortened


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; renames it on success, deletes it on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")  # two processes may write the same
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file that is whole or not there; characters that UTF-8 lacks, such as surrogates, become ``?``."""
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", errors="replace")


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
