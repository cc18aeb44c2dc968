"""Overrides from Python: texts as on the command line, mappings, and values of keywords."""

import re
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike, fspath
from typing import Any

from lightlab.config.grammar import quote
from lightlab.errors import UsageError, shortened

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
Given = str | Mapping[str, Any]


def override_texts(given: Iterable[Given], keywords: Mapping[str, Any], sweep: bool = False) -> list[str]:
    """Returns ``key=value`` texts for the command line.

    A text is taken as it would be typed, the value of a keyword too if it is a text. Nested mappings name keys by their
    path: ``{"trainer": {"max_epochs": 2}}``.

    Args:
        sweep: whether a list, tuple or range holds the values of a sweep; else it is the value itself.

    Raises:
        UsageError: an option such as ``-m``, or an object that no config holds.
    """
    texts: list[str] = []
    for item in [*given, keywords]:
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, Mapping):
            texts += (f"{key}={_value(key, value, sweep)}" for key, value in _leaves(item))
        else:
            raise UsageError(f"{shortened(item)}: write overrides as texts, 'optimizer=adam', or as a mapping")
    for text in texts:
        if text.startswith("-"):
            raise UsageError(f"{shortened(text)}: an option of the command line; here only GROUP=CHOICE and KEY=VALUE")
        if re.match(r"\+*explain=(?!false)", text):
            raise UsageError(f"{text}: belongs to the command line; run.config shows the values here")
    return texts


def _leaves(mapping: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _value(key: str, value: Any, sweep: bool) -> str:
    if isinstance(value, str):
        return value
    if sweep and isinstance(value, (list, tuple, range)):
        if not value:
            raise UsageError(f"{key}: no value to sweep over; name at least one")
        return ",".join(_literal(key, each) for each in value)
    return _literal(key, value)


def _literal(key: str, value: Any) -> str:
    """Writes a value in the grammar of overrides."""
    if hasattr(value, "item"):  # a number of NumPy's or torch's
        value = value.item()
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (str, PathLike)):
        text = fspath(value)
        return text if _PLAIN.fullmatch(text) else quote(text)
    if isinstance(value, (list, tuple, range)):
        return f"[{','.join(_literal(key, each) for each in value)}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{name}:{_literal(key, each)}' for name, each in value.items())}}}"
    raise UsageError(f"{key}: a {type(value).__name__}; a config holds numbers, texts, lists and mappings")
