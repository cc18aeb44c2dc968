"""The overrides that a run was started with, and the command that starts it again. Imports no Hydra."""

import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from lightlab.errors import DataError
from lightlab.runs.records import read_yaml

_SCRIPTS = ("train.py", "predict.py")
# Keys that do not define a configuration: seeds, folds, storage, display.
_NOT_THE_RUN = re.compile(r"(seed|folds|fold_repeats|resume|sweep_resume|allow|cache_dir|language|explain|hydra\b.*)$")


def resume_records(folder: Path) -> list[Path]:
    """Returns the files with the overrides of a run's resumes, in order."""
    records = (folder / ".hydra").glob("resume-*.yaml")
    numbers = {path: int(match[1]) for path in records if (match := re.fullmatch("resume-([0-9]+)", path.stem))}
    return sorted(numbers, key=lambda path: numbers[path])


def last_overrides(folder: Path) -> Path:
    """Returns the file with the overrides of a run's last start."""
    return (resume_records(folder) or [folder / ".hydra" / "overrides.yaml"])[-1]


def read_overrides(folder: Path) -> list[str]:
    """Returns the overrides of a run's last start, except Hydra's own; none where the record is missing or damaged."""
    try:
        return own_overrides(read_yaml(last_overrides(folder), list))
    except DataError:
        return []


def own_overrides(overrides: Iterable[object]) -> list[str]:
    """Leaves out ``resume=`` and Hydra's values."""
    return [text for text in map(str, overrides) if not re.match(r"\+*(resume|hydra\.[^=]*)=", text)]


def values(overrides: Iterable[str]) -> dict[str, str]:
    """Returns the last value of each key without its quotes; that of ``~key`` is empty."""
    pairs = (override.partition("=") for override in overrides)
    return {key.lstrip("+"): unquoted(value) for key, _, value in pairs}


def defines_configuration(key: str) -> bool:
    """Returns whether runs that differ in this key are different configurations."""
    return not _NOT_THE_RUN.match(key)


def program(command: str = "train") -> str:
    """Returns how a command is called, in the way that this process was: ``python train.py`` or ``lightlab train``."""
    script = Path(sys.argv[0])
    if script.name in _SCRIPTS:
        return f"python {command}.py" if command in ("train", "predict") else f"python -m lightlab {command}"
    return f"{'python -m lightlab' if script.parts[-2:] == ('lightlab', '__main__.py') else 'lightlab'} {command}"


def arguments_again(argv: Iterable[str], command: str = "train") -> list[str]:
    """Returns the arguments with which this process's program runs `command`; Lightning starts further processes so."""
    return [*([] if Path(sys.argv[0]).name in _SCRIPTS else [command]), *argv]


def command(overrides: Iterable[str], seeds: Iterable[str], config_dir: str | None = None) -> str:
    """Returns the shell command that runs it again with each of `seeds`; several of them are a sweep."""
    seeds = [seed for seed in seeds if seed]
    kept = [override for override in overrides if override.lstrip("+").partition("=")[0] != "seed"]
    kept += [f"seed={','.join(seeds)}"] if seeds else []
    own = ["--config-dir", config_dir] if config_dir else []
    return shlex.join([*program().split(), *(["-m"] if len(seeds) > 1 else []), *own, *kept])


def canonical(value: str) -> str:
    """Returns a canonical form, equal for ``0.1``, ``1e-1`` and ``.10``."""
    try:
        return repr(float(value))
    except ValueError:
        return value


def unquoted(value: str) -> str:
    """Takes off the quotes that Hydra's grammar asks for."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].replace(f"\\{value[0]}", value[0])
    return value
