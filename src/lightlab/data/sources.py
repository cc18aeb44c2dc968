"""Where data files come from: found in a folder, or downloaded from one of several mirrors and verified."""

from __future__ import annotations

import os
import socket
import threading
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from lightlab.errors import DataError, one_line

CONNECT_SECONDS = 5
READ_SECONDS = 30
CHUNK_BYTES = 2**16
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class RemoteFile:
    """A file as it must arrive: `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


def find(folder: Path, names: Sequence[str]) -> Path | None:
    """Returns the first of `names` that is a file in `folder`, each also tried with, or without, `.gz`."""
    for name in names:
        other = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}.gz"
        for path in (Path(folder) / name, Path(folder) / other):
            if path.is_file():
                return path
    return None


def download(file: RemoteFile, mirrors: Sequence[str], folder: Path) -> Path:
    """Returns the verified file in `folder`; one that is already there and right is not fetched again.

    `mirrors` are addresses of folders that hold the file, tried in turn.
    """
    folder = _prepare(folder, file.name)
    reasons = []
    for mirror in mirrors:
        try:
            return _fetch(file, f"{mirror.rstrip('/')}/{file.name}", folder)
        except (OSError, ValueError, DataError) as error:
            reasons.append(f"{urlsplit(mirror).netloc or mirror}: {_reason(error)}")
    raise DataError(
        f"{file.name} could not be downloaded ({'; '.join(reasons) or 'no mirror is known'}); "
        f"connect to the network, or put the file into {folder}"
    )


def _prepare(folder: Path, name: str) -> Path:
    if name in ("", ".", "..") or set(name) & set("/\\:\0\n"):
        raise DataError(f"file name {name!r} would leave the download folder; expected a plain name")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: no folder can be made here ({error.strerror}); choose another") from error
    return Path(folder)


def _fetch(file: RemoteFile, url: str, folder: Path) -> Path:
    """pooch writes under a temporary name beside, compares the hash, only then renames, and deletes what failed."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    _check_url(url, url)

    def downloader(address: str, temporary: str, _: object) -> None:
        check_reachable(address)
        _stream(file, address, temporary)

    return Path(pooch.retrieve(url, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=downloader))


def _stream(file: RemoteFile, url: str, temporary: str) -> None:
    from pooch import HTTPDownloader
    from tqdm import tqdm

    def check_redirect(response: Any, **_: Any) -> None:
        _check_url(response.url, url)
        if response.is_redirect:
            _check_url(urljoin(response.url, response.headers["location"]), url)

    get = HTTPDownloader(
        chunk_size=CHUNK_BYTES,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        hooks={"response": check_redirect},
        # Else a server's own gzip is undone on the way, and the size is another.
        headers={"Accept-Encoding": "identity"},
    )
    terminals_only = None
    bar = tqdm(total=file.size, desc=file.name, unit="B", unit_scale=True, leave=False, disable=terminals_only)
    with bar, open(temporary, "wb") as raw:
        body = _CountedFile(raw, file.size, bar)
        get(url, body, None)
        if body.count != file.size:
            raise DataError(f"ended after {body.count:,} of {file.size:,} bytes")
    os.chmod(temporary, 0o644)  # temporary files are private, data shared in a class is not


class _CountedFile:
    """Counts true bytes (pooch's own progress counts chunks, full or not) and stops a body that does not end."""

    def __init__(self, raw: BinaryIO, limit: int, bar: Any) -> None:
        self.raw, self.limit, self.bar, self.count = raw, limit, bar, 0

    def write(self, chunk: bytes) -> None:
        self.count += len(chunk)
        if self.count > self.limit:
            raise DataError(f"sends more than the expected {self.limit:,} bytes")
        self.raw.write(chunk)
        self.bar.update(len(chunk))

    def flush(self) -> None:
        self.raw.flush()


def _check_url(url: str, origin: str) -> None:
    """https alone, wherever a redirect leads; plain http only from and to this computer."""
    local = all(urlsplit(u).scheme == "http" and urlsplit(u).hostname in LOOPBACK for u in (url, origin))
    if urlsplit(url).scheme != "https" and not local:
        raise DataError(f"{'' if url == origin else 'redirects to '}{url[:80]}, which is not https")


def check_reachable(url: str) -> None:
    """Name and addresses get `CONNECT_SECONDS` in all: requests waits as long an address, endlessly for a name."""
    parts = urlsplit(url)
    if urllib.request.getproxies().get(parts.scheme):
        return
    outcome: list[OSError | None] = []

    def connect() -> None:
        try:
            socket.create_connection((parts.hostname, parts.port or parts.scheme), timeout=CONNECT_SECONDS / 2).close()
            outcome.append(None)
        except OSError as error:
            outcome.append(error)

    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(CONNECT_SECONDS)
    error = outcome[0] if outcome else TimeoutError(f"no connection within {CONNECT_SECONDS} s")
    if error:
        raise error


def _reason(error: Exception) -> str:
    """The part of a requests or pooch message that a person can use."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    if "does not match the known hash" in str(error):
        return "the content's sha256 is another"
    cause = getattr(error.args[0], "reason", None) if error.args else None  # what urllib3's "max retries" hides
    return one_line(cause or OSError(getattr(error, "strerror", None) or str(error)), 100)
