"""Errors that the user can mend: shown as one line on stderr, without a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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


def one_line(error: BaseException, limit: int = 400) -> str:
    """The message of any exception, on one line, cut at `limit` characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
