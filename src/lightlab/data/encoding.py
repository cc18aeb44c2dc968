"""Opens files, plain or gzipped and within limits, and detects the encoding of text."""

import codecs
import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from lightlab.data.sources import note
from lightlab.errors import DataError, UsageError
from lightlab.files import regular_file

PIECE = 2**20  # bytes
MOST_RATIO = 200  # of a gzip file; tables and images have 3 to 30, a bomb 1,000
LEAST_LIMIT = 2**28  # bytes that every gzip file may hold
MOST_OF_LINE = 2**27  # bytes
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GBK"}


class _Limited(io.BufferedIOBase):
    """Reads from another stream and refuses more than a file may hold."""

    def __init__(self, path: Path, file: BinaryIO, most_bytes: float, most_of_line: float) -> None:
        self.path, self.file = path, file
        self.most_bytes, self.most_of_line = most_bytes, most_of_line
        self.position = self.line_start = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.position = self.line_start = self.file.seek(offset, whence)
        return self.position

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(PIECE if size is None or size < 0 else size)

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(self.read1, b""))
        piece = self.file.read(size)
        line_end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        self.line_start = self.line_start if line_end < 0 else self.position + line_end
        self.position += len(piece)
        if self.position > self.most_bytes:
            raise DataError(
                f"{self.path}: unpacks to more than {self.most_bytes / 2**20:,.0f} MiB, which is more than "
                f"{MOST_RATIO} times its size; unpack it yourself if that is right"
            )
        if self.position - self.line_start > self.most_of_line:
            raise DataError(
                f"{self.path}: a line of more than {self.most_of_line / 2**20:,.0f} MiB, from byte "
                f"{self.line_start:,} on; expected text with line ends"
            )
        return piece

    def close(self) -> None:
        self.file.close()
        super().close()


def open_plain_or_gzip(path: Path, most_of_line: float = math.inf) -> BinaryIO:
    """Opens a plain or gzip file, recognised by its first bytes: a browser may unpack a download and keep its `.gz`.

    Reading raises a `DataError` where a gzip file unpacks to more than `LEAST_LIMIT` bytes and `MOST_RATIO` times its
    size, or where a line has more than `most_of_line` bytes.

    Raises:
        DataError: not a regular file, or one that may not be read.
    """
    try:
        with open(regular_file(path), "rb") as start:
            gzipped = start.read(2) == b"\x1f\x8b"
            size = os.fstat(start.fileno()).st_size
        file = cast(BinaryIO, gzip.open(path, "rb") if gzipped else open(path, "rb"))  # noqa: SIM115
    except OSError as error:
        raise unreadable(path, error) from error
    most_bytes = max(LEAST_LIMIT, MOST_RATIO * size) if gzipped else math.inf
    return cast(BinaryIO, _Limited(path, file, most_bytes, most_of_line))


def unreadable(path: Path, error: Exception) -> DataError:
    """Explains a failure to open, read or unpack a file."""
    if isinstance(error, EOFError):
        return DataError(f"{path}: the gzip file is cut short; fetch it again")
    if isinstance(error, (gzip.BadGzipFile, zlib.error)):
        return DataError(f"{path}: the gzip file is damaged ({error}); fetch it again")
    return DataError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})")


@contextmanager
def open_text(path: Path, encoding: str = "auto") -> Iterator[IO[str]]:
    """Opens a text file, plain or gzipped; ``auto`` detects its encoding. Line ends stay as they are.

    Raises:
        DataError: the file cannot be read, now or later, or is not text in that encoding.
        UsageError: there is no such encoding.
    """
    encoding = text_encoding(path) if encoding == "auto" else encoding
    try:
        "".encode(encoding)  # codecs.lookup takes also zip and rot13, which are no text
    except (LookupError, ValueError):
        raise UsageError(f"data.encoding={encoding}: Python knows no such encoding; try utf-8 or gbk") from None
    try:
        with open_plain_or_gzip(path, MOST_OF_LINE) as file, io.TextIOWrapper(file, encoding, newline="") as text:
            yield text
    except UnicodeError:
        raise DataError(f"{path}: not text in {encoding}; name its data.encoding=") from None
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None


def text_encoding(path: Path) -> str:
    """Returns the encoding that the whole file is valid in: UTF-8, UTF-16 with its mark, or GB18030, which holds GBK.

    The whole file is checked, so that no later line fails.

    Raises:
        DataError: another encoding, binary data, or a file that cannot be read.
    """
    with open_plain_or_gzip(path, MOST_OF_LINE) as file:
        try:
            start = file.read(4)
            if start == b"PK\3\4":
                raise DataError(f"{path}: an Excel or zip file; save it as CSV or plain text")
            mark = next((name for mark, name in MARKS.items() if start.startswith(mark)), None)
            failures: list[str] = []
            for encoding in [mark] if mark else ["utf-8", "gb18030"]:
                failure = _first_failure(file, path, encoding)
                if failure is None:
                    if failures:
                        note(f"{path}: {failures[0]}; read as GBK")
                    return encoding
                failures.append(f"{NAMES[encoding]} fails at byte {failure:,}")
            raise DataError(f"{path}: not text in UTF-8 or GBK ({'; '.join(failures)}); save it as UTF-8")
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, error) from None


def _first_failure(file: BinaryIO, path: Path, encoding: str) -> int | None:
    """Returns the offset of the first bytes that are not in `encoding`; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    file.seek(0)
    while True:
        piece = file.read(PIECE)
        held = len(decoder.getstate()[0])  # bytes of a character that the last piece cut
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return position - held + error.start
        if "\0" in text:
            raise DataError(f"{path}: binary data (a zero byte near {position:,}), not text; name a text file")
        if not piece:
            return None
        position += len(piece)
