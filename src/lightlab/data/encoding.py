"""Opens files, plain or gzipped, and detects the encoding of text."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from lightlab.data.sources import note
from lightlab.errors import DataError, UsageError

PIECE = 2**20  # bytes
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GBK"}


def open_plain_or_gzip(path: Path) -> BinaryIO:
    """Opens a plain or gzip file, recognised by its first bytes: a browser may unpack a download and keep its `.gz`."""
    try:
        with open(path, "rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        return cast(BinaryIO, gzip.open(path, "rb")) if gzipped else open(path, "rb")
    except OSError as error:
        raise unreadable(path, error) from error


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
        codecs.lookup(encoding)
    except LookupError:
        raise UsageError(f"data.encoding={encoding}: Python knows no such encoding; try utf-8 or gbk") from None
    try:
        with open_plain_or_gzip(path) as file, io.TextIOWrapper(file, encoding, newline="") as text:
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
    with open_plain_or_gzip(path) as file:
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
