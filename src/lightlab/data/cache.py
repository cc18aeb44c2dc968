"""The cache of parsed files: an entry is a folder of .npy arrays, named by a fingerprint of what it was made from."""

import errno
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from lightlab.data.sources import note
from lightlab.errors import DataError, one_line
from lightlab.files import regular_file, remove_abandoned, scratch_folder, user_path

Arrays = dict[str, np.ndarray]
CONTENTS = "contents.json"  # the entry's own name, and the CRC-32 of the file of each array
PIECE = 2**20


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
            with open(regular_file(path), "rb") as file:
                digest.update(hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest())
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def load(entry: Path) -> Arrays | None:
    """Returns the arrays of an entry; None if there is none, or, with a note, if it is not what was written.

    What killed writers left beside it is removed, once a process.

    A CRC-32 takes 0.25 s a GB and finds every damage that is no attack; arrays that hold objects are never loaded.
    """
    remove_abandoned(entry.parent.absolute())
    try:
        return _verified(entry)
    except FileNotFoundError as error:
        reason = f"no {Path(error.filename).name}"
    except Exception as error:  # a damaged array raises any of a dozen kinds
        reason = one_line(error, 100)
    if entry.exists():
        note(f"{entry}: this entry of the cache is damaged ({reason}); it is made anew")
    return None


def _verified(entry: Path) -> Arrays:
    contents: Any = json.loads((entry / CONTENTS).read_bytes())
    if contents["entry"] != entry.name:
        raise ValueError("it belongs to another entry")
    for file, checksum in contents["crc32"].items():
        if _checksum(entry / file) != checksum:
            raise ValueError(f"{file} has another checksum")
    return {file.removesuffix(".npy"): _array(entry / file) for file in contents["crc32"]}


def _checksum(path: Path) -> int:
    checksum = 0
    with open(regular_file(path), "rb") as file:
        while piece := file.read(PIECE):
            checksum = zlib.crc32(piece, checksum)
    return checksum


@contextmanager
def unfinished(entry: Path) -> Iterator[Path]:
    """Yields a temporary folder that becomes `entry` on success, with the checksums of its files."""
    with scratch_folder(entry) as scratch:
        folder = scratch / "entry"
        folder.mkdir()
        yield folder
        checksums = {path.name: _checksum(path) for path in sorted(folder.iterdir())}
        (folder / CONTENTS).write_text(json.dumps({"entry": entry.name, "crc32": checksums}))
        for number in range(10):  # another process may put the same entry there at any moment
            try:
                return os.replace(folder, entry)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR) or number == 9:
                    raise
            with suppress(FileNotFoundError):
                os.replace(entry, scratch / f"old {number}")


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
