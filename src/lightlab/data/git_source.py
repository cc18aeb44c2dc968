"""Files out of a git repository at a pinned commit, which verifies them: its id is a hash of all that it holds."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lightlab.data.sources import LOOPBACK, READ_SECONDS, check_reachable
from lightlab.errors import DataError, one_line

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
                f"{remote.url} could not be downloaded ({_reason(error)}); "
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


def _reason(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, FileNotFoundError):
        return "git is not installed"
    if isinstance(error, OSError):
        return one_line(error, 100)
    said = [line for line in (error.stderr or "").splitlines() if line.startswith(("fatal", "error"))]
    return one_line(OSError(said[-1] if said else f"git ended with {error.returncode}"), 160)
