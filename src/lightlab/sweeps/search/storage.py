"""Where a study is kept: a database that several processes share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, SQLAlchemyError

from lightlab.errors import UsageError, one_line

LOCK_SECONDS: float = 30  # longer than any of the sweeper's own writes takes
_TRIES = 5

optuna.logging.set_verbosity(optuna.logging.WARNING)


def connect(url: str) -> RDBStorage:
    """Opens a database, and makes one where there is none.

    Raises:
        UsageError: it holds something else than studies, or cannot be read.
    """
    with storage_errors(url, OSError, ImportError, RuntimeError):
        place = make_url(url)
        waits = {"connect_args": {"timeout": LOCK_SECONDS}} if _file(place) else {}
        if file := _file(place):
            file.parent.mkdir(parents=True, exist_ok=True)
            _check_tables(place, waits)
        return _opened(url, waits)


def _opened(url: str, options: dict[str, dict[str, float]]) -> RDBStorage:
    """Processes that make the same tables at once stumble over each other: who comes second finds them made."""
    for _ in range(_TRIES):
        try:
            return RDBStorage(url, engine_kwargs=options)
        except (IntegrityError, OperationalError) as error:
            if "locked" in str(error):
                raise
            time.sleep(0.2)
    return RDBStorage(url, engine_kwargs=options)


def absolute(url: str) -> str:
    """The same database, wherever it is opened from.

    Raises:
        UsageError: it is no database's address.
    """
    with storage_errors(url):
        place = make_url(url)
        file = _file(place)
        place = place.set(database=str(file.absolute())) if file else place
        return place.render_as_string(hide_password=False)


def spoken(url: str) -> str:
    """The address as messages show it: a file's path, and no password."""
    try:
        place = make_url(url)
    except ArgumentError:
        return url
    return str(_file(place) or place.render_as_string(hide_password=True))


@contextmanager
def storage_errors(url: str, *others: type[Exception]) -> Iterator[None]:
    """Says in one line what is wrong with a database; `others` are exceptions that mean the same here."""
    kinds: tuple[type[Exception], ...] = (SQLAlchemyError, StorageInternalError, *others)
    try:
        yield
    except kinds as error:
        raise UsageError(f"hydra.sweeper.storage={spoken(url)}: {_explained(error)}") from error


def _file(url: URL) -> Path | None:
    in_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if in_file else None


def _check_tables(url: URL, options: dict[str, dict[str, float]]) -> None:
    engine = create_engine(url, **options)
    try:
        tables = inspect(engine).get_table_names()
    finally:
        engine.dispose()
    if tables and "studies" not in tables:
        raise UsageError(
            f"hydra.sweeper.storage={_file(url)}: holds other tables ({', '.join(sorted(tables)[:3])}) and no study; "
            "name another file"
        )


def _explained(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    words = one_line(cause or error, 200)
    if "locked" in words:
        return (
            f"locked by another process for more than {LOCK_SECONDS} s; end that one, or name another file "
            "(where several search at once: a disk of this machine's own, or a database server)"
        )
    if "not a database" in words or "malformed" in words:
        return "not a study's file, or a damaged one; name another"
    if "Could not parse" in words:
        return "no database's address; write sqlite:///FILE.db"
    return words
