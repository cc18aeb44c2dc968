"""Swept keys whose values go together: ``hydra.sweeper.zip``."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, TypeVar

from lightlab.errors import UsageError, shortened

Value = TypeVar("Value")


def zipped_keys(option: Any) -> list[list[str]]:
    """Returns the lists of keys that go together, from ``[a, b]``, ``[[a, b], [c, d]]`` or None.

    Raises:
        UsageError: it has another form, or names a key twice.
    """
    lists = list(option or [])
    lists = [lists] if lists and all(isinstance(key, str) for key in lists) else lists
    groups = [list(keys) for keys in lists if not isinstance(keys, str)]
    names = [key for keys in groups for key in keys]
    if len(groups) != len(lists) or any(len(keys) < 2 for keys in groups) or not all(isinstance(n, str) for n in names):
        raise UsageError(
            f"hydra.sweeper.zip={shortened(option)}: must be a list of two or more swept keys, such as "
            "[optimizer,optimizer.lr], or a list of such lists"
        )
    if twice := [key for key in names if names.count(key) > 1]:
        raise UsageError(f"hydra.sweeper.zip={shortened(option)}: names {twice[0]} twice")
    return groups


def axes(counts: Mapping[str, int], zipped: Sequence[Sequence[str]]) -> list[list[str]]:
    """Returns the keys that vary independently, each beside those that go with it, in the order of `counts`.

    Args:
        counts: the number of values of each key.
        zipped: as `zipped_keys` returns them.

    Raises:
        UsageError: keys that go together are not swept, or have different numbers of values.
    """
    for keys in zipped:
        sizes = {key: counts.get(key, 0) for key in keys}
        for key, size in sizes.items():
            if size < 2:
                raise UsageError(f"hydra.sweeper.zip: {key} is not swept; give it several values, such as {key}=a,b")
        if len(set(sizes.values())) > 1:
            each = ", ".join(f"{key} has {size}" for key, size in sizes.items())
            raise UsageError(f"hydra.sweeper.zip: {each} values; keys that go together need equally many")
    partners = {key: tuple(keys) for keys in zipped for key in keys}
    return [list(keys) for keys in dict.fromkeys(partners.get(key, (key,)) for key in counts)]


def combined(values: Mapping[str, Sequence[Value]], zipped: Sequence[Sequence[str]]) -> list[list[Value]]:
    """Returns every combination of the values, with those that go together taken place by place.

    Each combination has a value of every key, in the order of `values`.
    """
    independent = axes({key: len(options) for key, options in values.items()}, zipped)
    places = (range(len(values[keys[0]])) for keys in independent)
    jobs = []
    for chosen in product(*places):
        place = {key: index for keys, index in zip(independent, chosen, strict=True) for key in keys}
        jobs.append([options[place[key]] for key, options in values.items()])
    return jobs
