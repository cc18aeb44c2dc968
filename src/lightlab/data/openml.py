"""Tables from openml.org."""

from __future__ import annotations

import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pandas as pd

from lightlab.data.sources import CONNECT_SECONDS, READ_SECONDS, check_reachable
from lightlab.errors import DataError, one_line
from lightlab.files import whole_file

SITE = "https://www.openml.org"


def fetch_table(data_id: int, path: Path) -> Path:
    """Downloads data set `data_id`, and keeps it as the CSV file `path`; scikit-learn checks its md5.

    Raises:
        DataError: no connection within seconds, or not what was announced; nothing is left behind.
    """
    try:
        check_reachable(SITE)
        frame = _fetch(data_id)
        with whole_file(path) as unfinished:
            frame.to_csv(unfinished, index=False, na_rep="NA", encoding="utf-8")
    except (OSError, EOFError, HTTPException, ValueError, KeyError) as error:
        raise DataError(
            f"data set {data_id} could not be downloaded from {SITE} ({one_line(error, 100)}); "
            f"connect to the network, or put the file into {path.parent}"
        ) from None
    return path


def _fetch(data_id: int) -> pd.DataFrame:
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
