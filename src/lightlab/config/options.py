"""Reads the arguments of the commands that do not use Hydra: ``key=value``, and flags with argparse."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from lightlab.errors import UsageError, did_you_mean, shortened


class FlagParser(argparse.ArgumentParser):
    """An argparse parser whose errors are one line; it takes no abbreviated flags."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message.removeprefix('argument ')} (--help)")


def read_pairs(arguments: Iterable[str], known: Sequence[str]) -> dict[str, str]:
    """Splits arguments at the first ``=``; the value needs no quoting.

    Raises:
        UsageError: an option that is unknown or given twice.
    """
    values: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or key not in known:
            raise UsageError(
                f"{shortened(argument)}: no such option; {did_you_mean(key, known)}options: {', '.join(known)} (--help)"
            )
        if key in values:
            raise UsageError(f"{shortened(argument)}: {key}= is given twice")
        values[key] = value
    return values
