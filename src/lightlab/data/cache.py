"""The cache of parsed files: an entry is a folder of .npy arrays, named by a fingerprint of what it was made from."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from lightlab.data.sources import note
from lightlab.errors import DataError, one_line
from lightlab.files import user_path

Arrays = dict[str, np.ndarray]
NAMES = "names.json"  # of the arrays of an entry


def cache_folder(cache_dir: str | None) -> Path:
    """Returns `cache_dir`, or the user's own cache folder for this project; it need not exist yet."""
    return user_path(cache_dir) if cache_dir else user_cache_path("lightlab")


def cached(paths: Sequence[Path], cache_dir: Path, version: str, parse: Callable[[], Arrays]) -> Arrays:
    """Returns what `parse` makes of the content of `paths`; the second time memory-mapped, copied on write.

    A cache that cannot be written never stops a run, and a damaged entry is made again.

    Args:
        version: names the parser and its settings.
    """
    entry = cache_dir / fingerprint(paths, version)
    arrays = load(entry)
    if arrays is None:
        arrays = parse()
        try:
            with unfinished(entry) as folder:
                save(folder, arrays)
        except OSError as error:
            note(f"{not_writable(cache_dir, error)}; going on without")
    return arrays


def fingerprint(paths: Sequence[Path], version: str) -> str:
    """Returns a hash of the files' contents and of `version`.

    Raises:
        DataError: a file cannot be read.
    """
    digest = hashlib.blake2b(version.encode(), digest_size=16)
    for path in paths:
        try:
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest())
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def load(entry: Path) -> Arrays | None:
    """Returns the arrays of an entry; None if there is none, or a damaged one."""
    try:
        return {name: _array(entry / f"{name}.npy") for name in json.loads((entry / NAMES).read_bytes())}
    except Exception:  # a damaged array raises any of a dozen kinds
        return None


@contextmanager
def unfinished(entry: Path) -> Iterator[Path]:
    """Yields a temporary folder beside `entry`; renames it on success, deletes it on failure."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=entry.parent, prefix=".", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "entry"
        folder.mkdir()
        yield folder
        (folder / NAMES).write_text(json.dumps([path.stem for path in folder.iterdir()]))
        shutil.rmtree(entry, ignore_errors=True)  # a damaged one, or the same one of another process
        os.replace(folder, entry)


def save(folder: Path, arrays: Arrays) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def not_writable(cache_dir: Path, error: OSError) -> str:
    return f"the cache {cache_dir} cannot be written ({error.strerror or one_line(error)})"


def _array(path: Path) -> np.ndarray:
    array: np.ndarray
    try:
        array = np.load(path, mmap_mode="c", allow_pickle=False)  # writable, because torch warns of arrays that are not
    except ValueError:  # an empty array cannot be mapped
        array = np.load(path, allow_pickle=False)
    return array
