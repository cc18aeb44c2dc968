"""Errors, printed as one line on stderr without a traceback."""

import difflib
import errno
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeGuard


class LightlabError(Exception):
    """What is wrong, where, what was expected, and what to do, in one line."""

    exit_code = 1


class UsageError(LightlabError):
    """The command line or a config is wrong; nothing has been started."""

    exit_code = 2


class DataError(LightlabError):
    """A file of data is missing, damaged, or not what it should be."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Returns ``"did you mean 'adam'? "`` for the nearest of `choices`, or an empty string."""
    nearest = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.5)
    return f"did you mean '{nearest[0]}'? " if nearest else ""


LONGEST = 300  # characters of a word in a message, such as a number or a path; more would hide what follows
# Control characters but for tabs and line ends, marks that turn the direction of writing, and lone surrogates.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Returns text that cannot command a terminal: control characters become escapes, such as ``\\x1b``."""
    return _COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def one_line(error: BaseException, limit: int = 400) -> str:
    """The message of any exception, on one line, cut at `limit` characters."""
    words = (word if len(word) <= LONGEST else f"{word[:100]}…{word[-20:]}" for word in str(error).split())
    text = printable(" ".join(words)) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(value: object, limit: int = 80) -> str:
    """Returns a value as text on one line; of a longer one the beginning, the end and the length."""
    text = " ".join(_text(value).split())
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}…{text[-limit // 4 :]} ({len(text)} characters)"


def _text(value: object) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):  # Python writes no number of more than 4300 digits
        return f"<{type(value).__name__}>"


def message_of(error: BaseException) -> str:
    """Returns what an error says on one line, and its place where no check of ours has raised it."""
    if isinstance(error, LightlabError):
        return one_line(error, limit=1000)
    if _disk_is_full(error):
        where = f" ({error.filename})" if error.filename else ""
        return f"the disk is full{where}; free some space, then go on with resume=last"
    where = f" ({place})" if (place := _place(error)) else ""
    if memory_is_full(error):
        return f"out of memory{where}; lower data.batch_size, data.eval_batch_size or the sizes of the network"
    if isinstance(error, RecursionError):
        return f"a value or a file is nested too deeply{where}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{shortened(error.filename, 200)}: {error.strerror}{where}"
    return f"unexpected {type(error).__name__}: {one_line(error)}{where}"


def _disk_is_full(error: BaseException) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def memory_is_full(error: BaseException) -> bool:
    """Whether Python, NumPy or torch could not allocate memory; torch has a class of its own only for a GPU."""
    texts = ("DefaultCPUAllocator", "out of memory", "Storage size calculation overflowed", "multiplication overflow")
    of_torch = isinstance(error, RuntimeError) and any(text in str(error) for text in texts)
    return isinstance(error, MemoryError) or of_torch


def _place(error: BaseException) -> str:
    """Returns ``lightlab/data/base.py:41``, the innermost line that belongs to lightlab or to the user."""
    package = Path(__file__).parent
    libraries = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(package):
            return f"{path.relative_to(package.parent)}:{frame.lineno}"
        if path.is_absolute() and not any(path.is_relative_to(folder) for folder in libraries):
            return f"{path}:{frame.lineno}"
    return ""


@contextmanager
def reported() -> Iterator[None]:
    """Turns every exception into one line on stderr and its exit code; LIGHTLAB_TRACEBACK=1 shows its origin."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a failure is reported
    except BrokenPipeError:  # whoever read our output has gone: `python train.py | head`
        _drop_output()
        raise SystemExit(141) from None
    except KeyboardInterrupt:
        raise _stop("interrupted", 130) from None
    except Exception as error:
        if os.environ.get("LIGHTLAB_TRACEBACK") == "1":
            raise
        raise _stop(message_of(error) + _hint(error), getattr(error, "exit_code", 1)) from None


def _hint(error: Exception) -> str:
    """Returns where the traceback of an error is that nobody expected."""
    if isinstance(error, (LightlabError, OSError)):
        return ""
    kept = getattr(error, "kept_in", None)  # set by `lightlab.runs.folder.failure_kept`
    return f"; traceback in {kept}" if kept else "; LIGHTLAB_TRACEBACK=1 shows the traceback"


def _stop(message: str, exit_code: int) -> SystemExit:
    if sys.stderr is not None:  # None where it was closed, and print() would take stdout
        with suppress(OSError):
            print(f"error: {message}", file=sys.stderr, flush=True)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        _drop_output()
    return SystemExit(exit_code)


def _drop_output() -> None:
    """Discards what could not be written to stdout, which Python would try again at its end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
