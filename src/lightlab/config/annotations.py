"""Compares the options of a target with the annotations of its signature, as far as they are of plain types.

Many classes of torch keep a value of the wrong type and fail when it is used.
"""

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, Union, get_args, get_origin

from lightlab.errors import UsageError, shortened

_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "null"}
_OF_HYDRA = ("_target_", "_partial_", "_args_", "_recursive_", "_convert_")


def check_annotations(config: Any, name: str) -> None:
    """Refuses options of a wrong type, also of the targets within.

    Args:
        config: a group of the config, whose targets have been imported; others are passed over.
        name: of the group.

    Raises:
        UsageError: names the option and what its target takes.
    """
    problem = next(_problems(config, name), None)
    if problem is not None:
        raise UsageError(problem)


def _problems(config: Any, name: str) -> Iterator[str]:
    if isinstance(config, list):
        config = dict(enumerate(config))
    if not isinstance(config, dict):
        return
    hints = _hints(_imported(str(config.get("_target_", ""))))
    for key, value in config.items():
        if key in _OF_HYDRA:
            continue
        if (isinstance(value, dict) and "_target_" in value) or key not in hints:
            yield from _problems(value, f"{name}.{key}")
        elif not fits(value, hints[key]):
            yield f"{name}.{key}={shortened(value)}: must be {words(hints[key])}"


def _imported(path: str) -> Callable[..., Any] | None:
    """Returns the object at a dotted path, and imports nothing."""
    module, _, rest = path.rpartition(".")
    while module and module not in sys.modules:
        module, _, last = module.rpartition(".")
        rest = f"{last}.{rest}"
    found: Any = sys.modules.get(module)
    for part in rest.split("."):
        found = getattr(found, part, None)
    return found if callable(found) else None


def _hints(target: Callable[..., Any] | None) -> dict[str, Any]:
    """Returns the annotations of a signature by parameter; a default of another type is allowed too."""
    hints: dict[str, Any] = {}
    with suppress(Exception):  # of C code, or an annotation that cannot be evaluated
        assert target is not None
        own = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]
        hints = typing.get_type_hints(own)
        for parameter in inspect.signature(own).parameters.values():
            if parameter.default is None and parameter.name in hints:
                hints[parameter.name] = hints[parameter.name] | None
    return hints


def fits(value: Any, hint: Any) -> bool:
    """Whether a plain value may be of an annotated type; types that no config can hold are passed over."""
    options = _union(hint)
    known = [option for option in options if _is_known(option)]
    return not known or any(_fits_one(value, option) for option in known)


def _fits_one(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint in _PLAIN:
        number = isinstance(value, (int, float) if hint is float else hint)
        return number and (hint is bool or not isinstance(value, bool))
    if _is(hint, Mapping):
        inner = get_args(hint)
        return isinstance(value, dict) and (not inner or all(fits(item, inner[1]) for item in value.values()))
    if not isinstance(value, (list, tuple)):
        return False
    inner = get_args(hint)
    if get_origin(hint) is tuple and Ellipsis not in inner and inner:
        return len(value) == len(inner) and all(map(fits, value, inner))
    return not inner or all(fits(item, inner[0]) for item in value)


def words(hint: Any) -> str:
    """What a type takes, as it follows "must be"."""
    return " or ".join(dict.fromkeys(_words(option) for option in _union(hint) if _is_known(option)))


def _words(hint: Any) -> str:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    if not _is(hint, Mapping):
        return "a list"
    values = words(get_args(hint)[1]) if get_args(hint) else ""
    return f"a group of keys, each with {values}" if values else "a group of keys"


def _union(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) not in (Union, types.UnionType):
        return (hint,)
    return tuple(inner for option in get_args(hint) for inner in _union(option))


def _is_known(hint: Any) -> bool:
    plain = isinstance(hint, type) and hint in _PLAIN
    return plain or get_origin(hint) is Literal or _is(hint, Mapping) or _is(hint, Sequence)


def _is(hint: Any, kind: type) -> bool:
    """Whether an annotation is a kind of container; text is no sequence here."""
    origin = get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, kind) and not issubclass(origin, (str, bytes))
