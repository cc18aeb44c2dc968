"""Shared start-up code: entry points, the --help flag and faster imports."""

import atexit
import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from lightlab.errors import UsageError, reported

_frozen = False


def start(command: str, *arguments: Any) -> None:
    """Runs ``main(*arguments)`` of ``lightlab.cli.<command>``; errors of its imports are one line too."""
    with reported():
        _open_streams()
        check_environment()
        os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises its errors, which it would print with a traceback
        import_module(f"lightlab.cli.{command}").main(*arguments)


def _open_streams() -> None:
    """Makes stdout and stderr take any text: a closed one drops it, and one without a character writes its number."""
    for name in ("stdin", "stdout", "stderr"):  # in the order of their file descriptors, which a closed one leaves free
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def check_environment() -> None:
    """Takes an empty variable of ours for none, and refuses what would end in an error of a library.

    Raises:
        UsageError: the working directory is gone.
    """
    for name in [name for name, value in os.environ.items() if name.startswith("LIGHTLAB_") and not value]:
        del os.environ[name]
    try:
        os.getcwd()
    except OSError:
        raise UsageError("the working directory is gone; cd into one that exists") from None


def wants_help(or_nothing: bool = False) -> bool:
    """Whether the command line holds --help or -h, or `or_nothing` is set and it is empty."""
    return bool({"--help", "-h"} & set(sys.argv[1:])) or (or_nothing and not sys.argv[1:])


def make_importable(config_dir: str | Path | None) -> None:
    """Puts the user's own config folder, as the command line names it, first among the places of imports.

    So ``_target_: my_module.MyModule`` finds my_module.py beside the YAML files.
    """
    if config_dir and (folder := str(Path(config_dir).expanduser().resolve())) not in sys.path:
        sys.path.insert(0, folder)


@contextmanager
def uncollected() -> Iterator[None]:
    """Disables garbage collection during the imports, then freezes the imported objects: later collections skip them.

    This happens once: the next run of a sweep imports nothing new, and what the last run left behind must be freed.
    Where torch is imported already, in a notebook, nothing is frozen: the objects are the user's.
    """
    global _frozen
    if _frozen or "torch" in sys.modules:
        gc.collect()
        yield
        return
    _frozen = True
    atexit.register(gc.freeze)  # a collection at the end of the process would take a second for nothing
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
