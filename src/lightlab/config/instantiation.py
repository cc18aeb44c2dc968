"""Instantiates config groups with Hydra; errors become one-line `UsageError`s."""

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hydra.utils
from hydra.errors import InstantiationException

from lightlab.config.annotations import check_annotations
from lightlab.config.composition import Config
from lightlab.errors import LightlabError, UsageError, memory_is_full, one_line

# Hydra 1.4 asks which targets may be built: any of conf/'s, and those of a file that `lightlab.runs.trust` has checked.
_ANY = getattr(hydra.utils, "UNSAFE_DISABLE_EXECUTION_CHECKS", None)
_buildable: ContextVar[Any] = ContextVar("buildable", default=_ANY)

# What torch and others raise for an option of a wrong type or out of range.
_REFUSALS = (TypeError, ValueError, RuntimeError)

# Groups whose targets need arguments that no config can hold, such as the data's `Spec`.
_FACTORIES = ("network", "initializer", "module", "optimizer", "scheduler")


# Keys of a group that are no options of its target.
_NOT_PASSED = {"optimizer": ("groups",)}


@contextmanager
def building_only(targets: Iterable[str]) -> Iterator[None]:
    """Lets Hydra, from version 1.4 on, build these targets alone."""
    token = _buildable.set([name for target in targets for name in (target, _defined_as(target))] if _ANY else None)
    try:
        yield
    finally:
        _buildable.reset(token)


def _defined_as(target: str) -> str:
    """Returns the name by which Hydra knows ``torch.nn.ReLU``: with the module that defines it."""
    made = located(target)
    name = getattr(made, "__qualname__", None)
    return f"{made.__module__}.{name}" if name else target


def located(target: str) -> Any:
    """Returns the object of that name; None if there is none: building it will report what is wrong."""
    logger = logging.getLogger("hydra.utils")  # which would print the error
    logger.disabled = True
    try:
        return hydra.utils.get_object(target)
    except Exception:
        return None
    finally:
        logger.disabled = False


def instantiate_parts(config: Config, groups: Iterable[str]) -> SimpleNamespace:
    """Instantiates several groups of a config at once.

    Returns:
        The groups by name: objects, or factories where a target needs further arguments (of loggers partials by their
        names); None for a group that is null. Beside ``module`` its class, ``module_class``, and ``criterion``, a
        factory, where the module has one.

    Raises:
        UsageError: an option that a target does not have, or a value that it does not accept.
    """
    parts = SimpleNamespace()
    for group in groups:
        if config.get(group) is None:
            setattr(parts, group, None)
        elif group == "logger":  # a run's loggers are built once its folder is known
            loggers = {f"logger.{name}": logger for name, logger in config["logger"].items()}
            parts.logger = {name.removeprefix("logger."): target_of(loggers, name) for name in loggers}
        elif group == "module":
            section = {key: _passed(key, value) for key, value in _with_tensors(config[group]).items()}
            target, criterion = target_of({group: section}, group), section.get("criterion")
            parts.module, parts.module_class = _checked(target, group), target.func
            has_criterion = isinstance(criterion, dict) and "_target_" in criterion
            parts.criterion = target_of(section, "criterion") if has_criterion else None
        else:
            is_function = group == "gradient" and config[group].get("_partial_")  # else an object that counts its steps
            make = factory if group in _FACTORIES or is_function else part
            setattr(parts, group, make(config, group))
    return parts


def _with_tensors(module: Config) -> Config:
    """Returns a module's config whose criterion gets a list of weights as the tensor that torch's losses take."""
    criterion = module.get("criterion")
    if not isinstance(criterion, dict) or "weight" not in criterion:
        return module
    others = {key: value for key, value in criterion.items() if key != "weight"}
    weight = criterion["weight"]
    as_tensor = (
        {"weight": {"_target_": "torch.tensor", "data": [float(each) for each in weight]}}
        if isinstance(weight, list)
        else {}
    )
    return module | {"criterion": others | as_tensor}


def part(config: Config, group: str) -> Any:
    """Instantiates a group of the config.

    Raises:
        UsageError: an option that its target does not have, or a value that it does not accept.
    """
    policy = {} if _ANY is None else {"_execution_whitelist_": _buildable.get()}
    try:
        made = hydra.utils.instantiate(config[group], _convert_="all", **policy)
    except (InstantiationException, *_REFUSALS) as error:
        check_annotations(config[group], group)
        raise _explained(group, error) from error
    check_annotations(config[group], group)
    return made


def call(config: Config, group: str, **arguments: Any) -> Any:
    """Instantiates a group with further arguments that no config can hold, such as the data's `Spec`."""
    return factory(config, group)(**arguments)


def factory(config: Config, group: str) -> Callable[..., Any]:
    """Returns a group's target with its options, to be called later; its errors become `UsageError`s too.

    Hydra's own partial checks its target at every call, which is too slow for a function called at every step.
    """
    return _checked(target_of(config, group), group)


def _checked(target: partial[Any], group: str) -> Callable[..., Any]:
    make = partial(target.func, *target.args, **target.keywords)

    def checked(*arguments: Any, **options: Any) -> Any:
        try:
            return make(*arguments, **options)
        except _REFUSALS as error:
            if memory_is_full(error):
                raise
            raise _explained(group, error) from error

    return checked


def target_of(config: Config, group: str) -> partial[Any]:
    """Returns a group's target with its options as a partial."""
    return part({group: {**_passed(group, config[group]), "_partial_": True}}, group)


def _passed(group: str, section: Any) -> Any:
    """Returns a group's config without the keys that are not its target's, also where a module takes the group."""
    if not isinstance(section, dict):
        return section
    return {key: value for key, value in section.items() if key not in _NOT_PASSED.get(group, ())}


@contextmanager
def explained(group: str) -> Iterator[None]:
    """Turns the error of a part that does not accept an option, when it is used, into a `UsageError`."""
    try:
        yield
    except _REFUSALS as error:
        if memory_is_full(error):
            raise
        raise _explained(group, error) from error


def _explained(group: str, error: Exception) -> LightlabError:
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, LightlabError):
        cause = cause.__cause__
    if isinstance(cause, LightlabError):
        return cause
    if isinstance(cause, ModuleNotFoundError) and "is not a package" in str(cause):
        home, _, name = str(cause.name).rpartition(".")
        return UsageError(f"{group}: {home} defines no {name}")
    return UsageError(f"{group}: {_place(cause)}{one_line(cause)}{_advice(cause)}")


def _place(cause: BaseException) -> str:
    """Returns ``my_module.py:3: `` where importing a target's file failed in that file; empty elsewhere."""
    if isinstance(cause, SyntaxError):
        return f"{cause.filename}:{cause.lineno}: "
    frames = traceback.extract_tb(cause.__traceback__)
    if not any(frame.name == "_call_with_frames_removed" for frame in frames):  # the file's own code has not begun
        return ""
    own = [frame for frame in frames if not frame.filename.startswith("<frozen ")]
    return f"{Path(own[-1].filename)}:{own[-1].lineno}: {type(cause).__name__}: "


def _advice(cause: BaseException) -> str:
    if not isinstance(cause, ModuleNotFoundError):
        return ""
    return "; a file of your own lies in the folder of --config-dir (config_dir= of predict.py), or is installed"
