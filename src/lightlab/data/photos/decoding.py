"""Decodes many photos into one memory-mapped array of pixels, with several threads.

Pillow releases the GIL while it decodes and resizes, so threads are as fast as processes.
"""

import hashlib
import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import PIL
from tqdm import tqdm

from lightlab.data.cache import load, not_writable, save, unfinished
from lightlab.data.images.reading import as_colours, note_damaged_exif, open_photo
from lightlab.data.sources import note
from lightlab.errors import DataError, one_line

BLOCK = 32  # photos that a thread decodes at a time

Failures = dict[int, str]  # by row: why the photo could not be read


@dataclass
class Report:
    """What was wrong with photos: failures, and the rows of those whose EXIF data are damaged."""

    failures: Failures = field(default_factory=dict)
    without_exif: list[int] = field(default_factory=list)

    def add(self, first: int, block: "Report") -> None:
        """Adds that of a block whose first row is `first`."""
        self.failures |= {first + row: reason for row, reason in block.failures.items()}
        self.without_exif += [first + row for row in block.without_exif]


@dataclass(frozen=True)
class Form:
    """The shape that every photo gets."""

    height: int
    width: int
    grey: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:  # (C, H, W)
        return (1 if self.grey else 3, self.height, self.width)


def worker_count(workers: int | str) -> int:
    """Returns a number of threads; ``auto``: the processors that this process may use."""
    import joblib

    return joblib.cpu_count() if workers == "auto" else int(workers)


def decode(paths: Sequence[Path], form: Form, workers: int) -> tuple[np.ndarray, Failures]:
    """Returns pixels uint8 (N, C, H, W), black where a photo could not be read, and the failures.

    Photos with damaged EXIF data are noted on stderr.
    """
    pixels = np.empty((len(paths), *form.shape), np.uint8)

    def keep(first: int, block: np.ndarray) -> None:
        pixels[first : first + len(block)] = block

    report = decode_blocks(paths, form, workers, keep)
    note_damaged_exif(paths[row] for row in report.without_exif)
    return pixels, report.failures


def decode_blocks(paths: Sequence[Path], form: Form, workers: int, keep: Callable[[int, np.ndarray], object]) -> Report:
    """Passes blocks of rows (n, C, H, W) to `keep`, in order, each with the number of its first row."""
    report = Report()
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what it logs about damaged files, it also raises
    terminals_only = None
    with (
        warnings.catch_warnings(action="ignore"),  # Pillow's, on damaged EXIF; holds for all threads
        tqdm(total=len(paths), desc="decoding", unit="photo", leave=False, disable=terminals_only) as bar,
    ):
        first = 0
        for block, block_report in _blocks(paths, form, workers):
            keep(first, block)
            report.add(first, block_report)
            first += len(block)
            bar.update(len(block))
    return report


def _blocks(paths: Sequence[Path], form: Form, workers: int) -> Iterator[tuple[np.ndarray, Report]]:
    parts = [paths[first : first + BLOCK] for first in range(0, len(paths), BLOCK)]
    pool = ThreadPoolExecutor(workers, "decoding")
    try:
        yield from pool.map(lambda part: _decode_block(part, form), parts)
    finally:
        pool.shutdown(cancel_futures=True)


def _decode_block(paths: Sequence[Path], form: Form) -> tuple[np.ndarray, Report]:
    pixels, report = np.zeros((len(paths), *form.shape), np.uint8), Report()
    for row, path in enumerate(paths):
        try:
            photo, exif_damaged = open_photo(path, max(form.height, form.width))
            pixels[row] = as_colours(photo, form.height, form.width, form.grey)
            report.without_exif += [row] if exif_damaged else []
        except DataError as error:
            report.failures[row] = str(error).removeprefix(f"{path}: ").replace(f" {str(path)!r}", "")
        except Exception as error:  # memory, or a photo so narrow that nothing of it is left
            report.failures[row] = f"not an image that can be read: {one_line(error)}"
    return pixels, report


VERSION = f"photos 3, Pillow {PIL.__version__}"


def decode_cached(
    paths: Sequence[Path], form: Form, workers: int, cache_dir: Path, most_bytes: int
) -> tuple[np.ndarray, Failures]:
    """Does as `decode`, with pixels memory-mapped from the cache; photos are known by their names, sizes and times.

    Args:
        most_bytes: of pixels that are held in memory instead where the cache cannot be written.

    Raises:
        DataError: the cache cannot be written, and the pixels are too many to do without.
    """
    entry = cache_dir / "photos" / _fingerprint(paths, form)
    arrays = load(entry)
    if arrays is None:
        try:
            with unfinished(entry) as folder:
                _decode_into(folder, paths, form, workers)
        except OSError as error:
            size = len(paths) * math.prod(form.shape)
            if size > most_bytes:
                needed = f"{size / 2**20:,.0f} MiB of photos are more than data.most_memory"
                raise DataError(
                    f"{not_writable(cache_dir, error)}, and {needed}; set cache_dir= to a folder with room"
                ) from None
            note(f"{not_writable(cache_dir, error)}; going on without")
        arrays = load(entry)
    if arrays is None:
        return decode(paths, form, workers)
    note_damaged_exif(paths[row] for row in arrays["without_exif"])
    return arrays["pixels"], dict(zip(arrays["rows"].tolist(), arrays["reasons"].tolist(), strict=True))


def _fingerprint(paths: Sequence[Path], form: Form) -> str:
    digest = hashlib.blake2b(f"{VERSION} {form}".encode(), digest_size=16)
    for path in paths:
        try:
            status = os.stat(path)
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError as error:
            state = str(error.strerror)
        digest.update(f"\0{os.path.abspath(path)}\0{state}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _decode_into(folder: Path, paths: Sequence[Path], form: Form, workers: int) -> None:
    """Writes the pixels block by block: a mapped file would crash the process where the disk is full."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(paths), *form.shape)}
    with open(folder / "pixels.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        report = decode_blocks(paths, form, workers, lambda first, block: file.write(block.data))
    rows, reasons = np.array(list(report.failures), np.int64), np.array(list(report.failures.values()), str)
    save(folder, {"rows": rows, "reasons": reasons, "without_exif": np.array(report.without_exif, np.int64)})
