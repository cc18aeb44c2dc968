"""Experiments from Python: `train`, `resume`, `sweep` and `load`; see docs/python.md. The import is light: no torch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lightlab.errors import DataError, LightlabError, UsageError

if TYPE_CHECKING:
    from lightlab.api.execution import Interrupted
    from lightlab.api.run import Run
    from lightlab.api.sweep import Sweep
    from lightlab.api.training import load, resume, sweep, train

__all__ = [
    "DataError",
    "Interrupted",
    "LightlabError",
    "Run",
    "Sweep",
    "UsageError",
    "load",
    "resume",
    "sweep",
    "train",
]
_HOMES = {"Interrupted": "execution", "Run": "run", "Sweep": "sweep"} | dict.fromkeys(
    ("load", "resume", "sweep", "train"), "training"
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lightlab' has no attribute {name!r}")
    return getattr(import_module(f"lightlab.api.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
