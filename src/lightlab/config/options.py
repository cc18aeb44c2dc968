"""Reads ``key=value`` arguments of the commands that do not use Hydra."""

from collections.abc import Iterable, Sequence

from lightlab.errors import UsageError, did_you_mean


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
                f"{argument}: no such option; {did_you_mean(key, known)}options: {', '.join(known)} (--help)"
            )
        if key in values:
            raise UsageError(f"{argument}: {key}= is given twice")
        values[key] = value
    return values
