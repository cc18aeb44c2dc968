"""Handlers of Python's `logging`, for conf/hydra/job_logging/run.yaml: the console, and train.log in the run folder."""

import logging
import os
import stat
import sys
from contextlib import suppress

from lightlab.errors import printable

RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")  # torchrun's, Lightning's and Slurm's names


def is_first_process() -> bool:
    """Whether this process is the only one of its run, or the one of rank 0."""
    return next((os.environ[name] for name in RANKS if os.environ.get(name)), "0") == "0"


class OneLine(logging.Formatter):
    """Formats records without characters that command a terminal; a Python warning without its line of source."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == "py.warnings":
            record = logging.makeLogRecord(vars(record) | {"msg": record.getMessage().partition("\n")[0], "args": ()})
        return printable(super().format(record))


class Console(logging.StreamHandler):
    """Writes to whatever stderr is at the time: a sweep's job has its own, and a progress bar moves out of the way."""

    def emit(self, record: logging.LogRecord) -> None:
        if is_first_process():
            self.stream = sys.stderr  # not setStream(), which flushes a stream that may be closed
            super().emit(record)


class RunLog(logging.FileHandler):
    """Appends to a file of the run's folder, which is made by the first record, and has `warnings.warn` logged too.

    Records that a full disk does not take are lost.
    """

    def __init__(self, filename: str) -> None:
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(os.lstat(filename).st_mode):
                os.unlink(filename)  # a link could lead out of the folder
        super().__init__(filename, encoding="utf-8", errors="backslashreplace", delay=True)
        logging.captureWarnings(True)

    def close(self) -> None:
        logging.captureWarnings(False)
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        if is_first_process():
            with suppress(OSError):
                super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Lets the run go on."""
