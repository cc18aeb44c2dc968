"""Files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightlab.errors import DataError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; renames it on success, deletes it on failure.

    Raises:
        DataError: a folder stands at `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")  # two processes may write the same
    try:
        yield unfinished
        if path.is_dir():
            raise DataError(f"{path}: a folder, where a file is to be written; move it away")
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file that is whole or not there; characters that UTF-8 lacks, such as surrogates, become ``?``."""
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", errors="replace")
