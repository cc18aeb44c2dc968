"""Shared start-up code: the --help flag and faster imports."""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_frozen = False


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
    """
    global _frozen
    if _frozen:
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
