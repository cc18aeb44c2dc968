"""The database of a study, which several processes share."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, SQLAlchemyError

from lightlab.errors import UsageError, one_line

LOCK_SECONDS: float = 30  # longer than any of the sweeper's own writes takes
_TRIES = 5
_EXAMPLE = "write sqlite:///FILE.db"
_DAMAGED = "not a study's file, or a damaged one; name another"

optuna.logging.set_verbosity(optuna.logging.ERROR)  # a damaged row is reported by an exception too


def connect(url: str) -> RDBStorage:
    """Opens a database, or makes one where there is none.

    Raises:
        UsageError: it holds something else than studies, or cannot be read.
    """
    with storage_errors(url, OSError, ImportError, RuntimeError):
        address = make_url(url)
        options = {"connect_args": {"timeout": LOCK_SECONDS}} if _file(address) else {}
        if address.get_backend_name() == "sqlite" and _file(address) is None:
            raise UsageError(f"hydra.sweeper.storage={url}: in memory, where no other process finds it; {_EXAMPLE}")
        if file := _file(address):
            file.parent.mkdir(parents=True, exist_ok=True)
            _check_file(address, options)
        return _open(url, options)


def _open(url: str, options: dict[str, dict[str, float]]) -> RDBStorage:
    """Opens it; of two processes that make the tables at once one fails, and finds them made at its next try."""
    for _ in range(_TRIES):
        try:
            return RDBStorage(url, engine_kwargs=options)
        except (IntegrityError, OperationalError) as error:
            if "locked" in str(error):
                raise
            time.sleep(0.2)
    return RDBStorage(url, engine_kwargs=options)


def absolute(url: str) -> str:
    """Returns the address under which every folder finds the same database.

    Raises:
        UsageError: it is no database's address.
    """
    with storage_errors(url):
        address = make_url(url)
        file = _file(address)
        address = address.set(database=str(file.absolute())) if file else address
        return address.render_as_string(hide_password=False)


def printable(url: str) -> str:
    """Returns the address for messages: a file's path, and no password."""
    try:
        address = make_url(url)
    except ArgumentError:
        return url
    return str(_file(address) or address.render_as_string(hide_password=True))


@contextmanager
def storage_errors(url: str, *others: type[Exception]) -> Iterator[None]:
    """Turns errors of a database, and `others`, into one line."""
    kinds: tuple[type[Exception], ...] = (SQLAlchemyError, StorageInternalError, *others)
    try:
        yield
    except kinds as error:
        raise UsageError(f"hydra.sweeper.storage={printable(url)}: {_explain(error)}") from error


def _file(url: URL) -> Path | None:
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def _check_file(url: URL, options: dict[str, dict[str, float]]) -> None:
    """Refuses a damaged file, one with SQL that runs when it is read or written, and one that holds something else."""
    engine = create_engine(url, **options)
    try:
        with engine.connect() as connection:
            damage = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            parts = connection.exec_driver_sql("SELECT type, name FROM sqlite_master").all()
    finally:
        engine.dispose()
    tables = sorted(str(name) for kind, name in parts if kind == "table")
    programs = [f"{kind} {name}" for kind, name in parts if kind not in ("table", "index")]
    if damage != "ok":
        raise UsageError(f"hydra.sweeper.storage={_file(url)}: {_DAMAGED} ({one_line(ValueError(damage), 100)})")
    if programs:
        raise UsageError(f"hydra.sweeper.storage={_file(url)}: holds {programs[0]}, which no study has; name another")
    if tables and "studies" not in tables:
        raise UsageError(
            f"hydra.sweeper.storage={_file(url)}: holds other tables ({', '.join(tables[:3])}) and no study; "
            "name another file"
        )


def _explain(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    message = one_line(cause or error, 200)
    if "locked" in message:
        return (
            f"locked by another process for more than {LOCK_SECONDS} s; end that one, or name another file "
            "(where several search at once: a disk of this machine's own, or a database server)"
        )
    if re.search("not a database|malformed|Could not decode|no such (column|table)", message):
        return _DAMAGED
    if "Could not parse" in message:
        return f"no database's address; {_EXAMPLE}"
    return message
