"""Instantiates a config group with Hydra, and turns what it refuses into one line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from lightlab.config.composition import Config
from lightlab.errors import LightlabError, UsageError, one_line


def part(config: Config, group: str) -> Any:
    """Instantiates a group of the config.

    Raises:
        UsageError: an option that its target does not have, or a value that it does not accept.
    """
    try:
        return instantiate(config[group], _convert_="all")
    except InstantiationException as error:
        raise _explained(group, error) from error


def call(config: Config, group: str, **arguments: Any) -> Any:
    """Instantiates a group with further arguments that no config can hold, such as the data's `Spec`."""
    return factory(config, group)(**arguments)


def factory(config: Config, group: str) -> Callable[..., Any]:
    """Returns a group's target with its options, to be called later; its errors become `UsageError`s too.

    Hydra's own partial checks its target at every call, which is too slow for a function called at every step.
    """
    found = target_of(config, group)
    make = partial(found.func, *found.args, **found.keywords)

    def checked(*arguments: Any, **options: Any) -> Any:
        try:
            return make(*arguments, **options)
        except (TypeError, ValueError) as error:
            raise _explained(group, error) from error

    return checked


def target_of(config: Config, group: str) -> partial[Any]:
    """Returns a group's target with its options as a partial."""
    return part({group: {**config[group], "_partial_": True}}, group)


def _explained(group: str, error: Exception) -> LightlabError:
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, LightlabError):
        cause = cause.__cause__
    return cause if isinstance(cause, LightlabError) else UsageError(f"{group}: {one_line(cause)}")
