"""User errors, printed as one line on stderr without a traceback."""

import difflib
import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


def message_of(error: BaseException) -> str:
    """Returns an error's message on one line; other exceptions get their class name first."""
    if isinstance(error, LightlabError):
        return one_line(error, limit=1000)
    if _disk_is_full(error):
        where = f" ({error.filename})" if error.filename else ""
        return f"the disk is full{where}; free some space, then go on with resume=last"
    return f"{type(error).__name__}: {one_line(error)}"


def _disk_is_full(error: BaseException) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def reported() -> Iterator[None]:
    """Turns a `LightlabError` into one line on stderr and its exit code; LIGHTLAB_TRACEBACK=1 shows its origin."""
    try:
        yield
    except LightlabError as error:
        if os.environ.get("LIGHTLAB_TRACEBACK") == "1":
            raise
        print(f"error: {message_of(error)}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:  # whoever read our output has gone: `python train.py | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        if not _disk_is_full(error):
            raise
        print(f"error: {message_of(error)}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        raise SystemExit(130) from None
