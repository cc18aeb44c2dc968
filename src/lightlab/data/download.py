"""Finds data files in a folder, or downloads them from one of several mirrors and verifies them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import pandas as pd

from lightlab.errors import DataError, one_line
from lightlab.files import whole_file

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


SITE = "https://www.openml.org"


def fetch_table(data_id: int, path: Path) -> Path:
    """Downloads data set `data_id`, and keeps it as the CSV file `path`; scikit-learn checks its md5.

    Raises:
        DataError: no connection within seconds, or not what was announced; nothing is left behind.
    """
    try:
        check_reachable(SITE)
        frame = _fetch_table(data_id)
        with whole_file(path) as unfinished:
            frame.to_csv(unfinished, index=False, na_rep="NA", encoding="utf-8")
    except (OSError, EOFError, HTTPException, ValueError, KeyError) as error:
        raise DataError(
            f"data set {data_id} could not be downloaded from {SITE} ({one_line(error, 100)}); "
            f"connect to the network, or put the file into {path.parent}"
        ) from None
    return path


def _fetch_table(data_id: int) -> pd.DataFrame:
    """The table with its target, the last column; scikit-learn's own cache goes with the temporary folder."""
    from sklearn.datasets import fetch_openml

    quiet = warnings.catch_warnings(action="ignore")  # of its second try; what fails then is an error
    with tempfile.TemporaryDirectory() as folder, _timeout(READ_SECONDS), quiet:
        found: Any = fetch_openml(data_id=data_id, as_frame=True, parser="auto", data_home=folder, n_retries=1)
    return pd.concat([found.data, found.target], axis=1)


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """For sockets that are opened without one, as scikit-learn's are."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(max(seconds, CONNECT_SECONDS))
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


_GIT_PORT = 9418


@dataclass(frozen=True)
class GitFiles:
    """Some files of a repository.

    Attributes:
        url: of the repository: https; git:// on this computer alone.
        commit: all 40 hexadecimal digits of it.
        files: patterns from the repository's root, such as ``/poems/*.json``.
    """

    url: str
    commit: str
    files: list[str]


def fetch_files(remote: GitFiles, folder: Path) -> list[Path]:
    """Brings the files into `folder`, without their own folders' names; it appears with all of them or not at all.

    Only that commit and the files asked for travel.

    Raises:
        DataError: no git, no connection, no such commit or files; nothing is left behind.
    """
    _check(remote)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.", ignore_cleanup_errors=True) as made:
        try:
            _check_out(remote, Path(made) / "repository")
        except (OSError, subprocess.CalledProcessError) as error:
            raise DataError(
                f"{remote.url} could not be downloaded ({_git_reason(error)}); "
                f"connect to the network, or put the files into {folder}"
            ) from None
        return _keep(Path(made), remote, folder)


def _check(remote: GitFiles) -> None:
    parts = urlsplit(remote.url)
    if parts.scheme != "https" and not (parts.scheme == "git" and parts.hostname in LOOPBACK):
        raise DataError(f"{remote.url[:80]}: not https; repositories are fetched from https addresses alone")
    if len(remote.commit) != 40 or not set(remote.commit) <= set("0123456789abcdef"):
        raise DataError(f"{remote.commit[:80]!r} is no commit's full id; expected 40 hexadecimal digits")


def _check_out(remote: GitFiles, place: Path) -> None:
    parts = urlsplit(remote.url)
    check_reachable(remote.url if parts.scheme == "https" else f"http://{parts.hostname}:{parts.port or _GIT_PORT}")
    _git("init", "--quiet", "--template=", str(place))
    _git("-C", str(place), "config", "remote.origin.url", remote.url)
    _git("-C", str(place), "config", "remote.origin.promisor", "true")
    _git("-C", str(place), "sparse-checkout", "set", "--no-cone", *remote.files)
    shown = ["--progress"] if sys.stderr.isatty() else []
    _git("-C", str(place), "fetch", *shown, "--depth=1", "--filter=blob:none", "--no-tags", "origin", remote.commit)
    _git("-C", str(place), "checkout", *shown, "--detach", remote.commit)


def _git(*arguments: str) -> None:
    """Asks for no password, runs nothing that a repository names, and gives up where nothing arrives any more."""
    options = {
        "advice.detachedHead": "false",
        "core.symlinks": "false",
        "core.autocrlf": "false",
        "filter.lfs.required": "false",
        "filter.lfs.smudge": "",
        "filter.lfs.process": "",
        "http.lowSpeedLimit": "1000",
        "http.lowSpeedTime": str(READ_SECONDS),
        "transfer.fsckObjects": "true",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    shown = "--progress" in arguments
    subprocess.run(
        ["git", *settings, *arguments],
        check=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if shown else subprocess.PIPE,
        text=True,
    )


def _keep(made: Path, remote: GitFiles, folder: Path) -> list[Path]:
    found = [path for pattern in remote.files for path in (made / "repository").glob(pattern.lstrip("/"))]
    if not found:
        raise DataError(f"{remote.url}: commit {remote.commit[:12]} holds no {' or '.join(remote.files)}")
    kept = made / "files"
    kept.mkdir()
    for path in found:
        path.rename(kept / path.name)
    os.chmod(kept, 0o755)
    kept.rename(folder)
    return sorted(folder / path.name for path in found)


def _git_reason(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, FileNotFoundError):
        return "git is not installed"
    if isinstance(error, OSError):
        return one_line(error, 100)
    said = [line for line in (error.stderr or "").splitlines() if line.startswith(("fatal", "error"))]
    return one_line(OSError(said[-1] if said else f"git ended with {error.returncode}"), 160)
