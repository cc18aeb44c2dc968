"""Downloads files by pooch: verified, from one of several mirrors, whole or not at all."""

import os
import socket
import threading
import urllib.request
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import pandas as pd

from lightlab.data.sources import NotFound
from lightlab.errors import DataError, one_line
from lightlab.files import scratch_folder, whole_file

CONNECT_SECONDS = 5
READ_SECONDS = 30
CHUNK_BYTES = 2**16
LOOPBACK = ("127.0.0.1", "localhost")
OPENML = "https://www.openml.org"


@dataclass(frozen=True)
class RemoteFile:
    """A file as it must arrive: `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


def read_registry(path: Path) -> tuple[list[str], list[RemoteFile]]:
    """Reads mirrors, one address a line, and files, ``name size sha256``; lines that begin with # are comments."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = [line.split() for line in lines if "://" not in line]
    return [line for line in lines if "://" in line], [RemoteFile(name, int(size), sha) for name, size, sha in rows]


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
    raise NotFound(
        f"{file.name} could not be downloaded ({'; '.join(reasons) or 'no mirror is known'}); "
        f"connect to the network, or put the file into {folder}"
    )


def download_folder(files: Sequence[RemoteFile], mirrors: Sequence[str], folder: Path) -> None:
    """Downloads all files into a new folder, which appears with all of them or not at all."""
    _prepare(folder.parent, folder.name)
    refuse_same_names(files)
    with scratch_folder(folder) as scratch:
        unfinished = scratch / folder.name
        try:
            for file in files:
                download(file, mirrors, unfinished)
        except NotFound as error:
            raise NotFound(str(error).replace(str(unfinished), str(folder))) from None
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process may have finished the same download
                raise


def refuse_same_names(files: Sequence[RemoteFile]) -> None:
    """Refuses files of which one would replace another, also where a file system ignores case.

    Raises:
        DataError: names the file.
    """
    counts = Counter(file.name.casefold() for file in files)
    for file in files:
        if counts[file.name.casefold()] > 1:
            raise DataError(f"{file.name}: {counts[file.name.casefold()]} files of this name are listed; keep one")


def _prepare(folder: Path, name: str) -> Path:
    if name in ("", ".", "..") or set(name) & set("/\\:\0\n"):
        raise DataError(f"file name {name!r} would leave the download folder; expected a plain name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: this folder cannot be made ({error.strerror}); choose another") from error
    return folder


def _fetch(file: RemoteFile, url: str, folder: Path) -> Path:
    """pooch writes a temporary file, compares its hash, then renames it, and deletes it after a failure."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    _check_url(url, url)

    def downloader(address: str, temporary: str, _: object) -> None:
        check_reachable(address)
        _stream(file, address, temporary)

    path, sha256 = folder / file.name, f"sha256:{file.sha256}"
    if not (path.is_file() and pooch.file_hash(str(path)) == file.sha256.lower()):
        with scratch_folder(path) as scratch:  # which the next start deletes if this one is killed
            fetched = pooch.retrieve(url, sha256, fname=file.name, path=scratch, downloader=downloader)
            os.replace(fetched, path)
    return path


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
        # requests would unpack a server's own gzip on the way, and the size would be another.
        headers={"Accept-Encoding": "identity"},
    )
    terminals_only = None
    bar = tqdm(total=file.size, desc=file.name, unit="B", unit_scale=True, leave=False, disable=terminals_only)
    with bar, open(temporary, "wb") as raw:
        body = _CountedFile(raw, file.size, bar)
        get(url, body, None)
        if body.count != file.size:
            raise DataError(f"ended after {body.count:,} of {file.size:,} bytes")
    os.chmod(temporary, 0o644)  # temporary files are private; a class shares its data


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
    """Allows https alone, wherever a redirect leads; plain http only from and to this computer."""
    local = all(urlsplit(u).scheme == "http" and urlsplit(u).hostname in LOOPBACK for u in (url, origin))
    if urlsplit(url).scheme != "https" and not local:
        raise DataError(f"{'' if url == origin else 'redirects to '}{url[:80]}, which is not https")


def check_reachable(url: str) -> None:
    """Limits DNS lookup and connection to `CONNECT_SECONDS` in total; requests limits each address, not the lookup.

    Raises:
        OSError: no connection.
    """
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
    """Returns the part of a requests or pooch message that a person can use."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    if "does not match the known hash" in str(error):
        return "the content's sha256 is another"
    cause = getattr(error.args[0], "reason", None) if error.args else None  # which urllib3's "max retries" hides
    return one_line(cause or OSError(getattr(error, "strerror", None) or str(error)), 100)


def download_table(data_id: int, path: Path) -> Path:
    """Downloads OpenML's data set `data_id` into the CSV file `path`; scikit-learn checks its md5.

    Raises:
        NotFound: no connection within seconds, or not the announced content; nothing is left behind.
    """
    try:
        check_reachable(OPENML)
        frame = _openml_frame(data_id, path)
        with whole_file(path) as unfinished:
            frame.to_csv(unfinished, index=False, na_rep="NA", encoding="utf-8")
    except (OSError, EOFError, HTTPException, ValueError, KeyError) as error:
        raise NotFound(
            f"data set {data_id} could not be downloaded from {OPENML} ({one_line(error, 100)}); "
            f"connect to the network, or put the file into {path.parent}"
        ) from None
    return path


def _openml_frame(data_id: int, path: Path) -> pd.DataFrame:
    """Returns the table, its target as the last column; scikit-learn's own cache, beside `path`, is not kept."""
    from sklearn.datasets import fetch_openml

    quiet = warnings.catch_warnings(action="ignore")  # scikit-learn's, on its second try
    with scratch_folder(path) as folder, _socket_timeout(READ_SECONDS), quiet:
        bunch: Any = fetch_openml(data_id=data_id, as_frame=True, parser="auto", data_home=str(folder), n_retries=1)
    return pd.concat([bunch.data, bunch.target], axis=1)


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Limits sockets that are opened without a time-out, as scikit-learn's are."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(max(seconds, CONNECT_SECONDS))
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
