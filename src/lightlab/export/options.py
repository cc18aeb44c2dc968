"""The options of the command export; needs no torch, so that mistakes are reported before it is imported."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightlab.config.options import read_pairs
from lightlab.config.rules import SWITCH, Number, Rule
from lightlab.errors import UsageError, did_you_mean, one_line, shortened
from lightlab.files import user_path
from lightlab.prediction.options import PredictOptions, find_checkpoint, option_value

# By ending: what it is, and the packages that writing and checking it takes.
FORMATS = {
    ".onnx": ("ONNX, for onnxruntime and others", ("onnx", "onnxscript", "onnxruntime")),
    ".pt2": ("a program that torch runs without lightlab (torch.export)", ()),
    ".safetensors": ("the weights, with the config; predict.py checkpoint= reads it too", ("safetensors",)),
    ".txt": ("word vectors as word2vec writes them", ()),
}
OPTIONS = ("run", "checkpoint", "to", "input", "overwrite", "tolerance", "allow")
_RULES: dict[str, Rule] = {"overwrite": SWITCH, "tolerance": Number(0, 1)}

HELP = "\n".join(
    [
        "Exports a trained model, checked against the original before it is written.",
        "",
        "usage: python -m lightlab export run=last to=model.onnx [OPTION=VALUE ...]",
        "",
        "  run=last|FOLDER       the run: its best checkpoint is used",
        "  checkpoint=FILE       or a checkpoint itself",
        "  to=FILE               its ending is the format:",
        *(f"{'':24}{suffix:14}{meaning}" for suffix, (meaning, _) in FORMATS.items()),
        "  input=...             rows to check it on, as for predict.py; without it, the run's own data",
        "  tolerance=1e-4        the largest difference, as a share of the largest output where that is above 1",
        "  overwrite=true        replace a file that is there",
        "  allow=[my_package]    build parts of that package too, if the checkpoint names them",
    ]
)


@dataclass(frozen=True)
class ExportOptions:
    """See `HELP`."""

    to: Path
    run: str | None = None
    checkpoint: str | None = None
    input: Any = None
    overwrite: bool = False
    tolerance: float = 1e-4
    allow: list[str] = field(default_factory=list)

    def find_checkpoint(self) -> Path:
        """Returns the checkpoint that `run` or `checkpoint` names.

        Raises:
            UsageError: there is no such run, or `to` would replace the checkpoint.
        """
        path = find_checkpoint(PredictOptions(run=self.run, checkpoint=self.checkpoint))
        if self.to.exists() and path.exists() and self.to.samefile(path):
            raise UsageError(f"to={self.to}: is the checkpoint itself; name another file")
        return path


def parse_export_options(argv: Sequence[str]) -> ExportOptions:
    """Reads ``key=value`` arguments and checks that `to` can be written.

    Raises:
        UsageError: an option that does not exist, an unknown format, a file that is there or cannot be written, a
            package that is not installed.
    """
    values: dict[str, Any] = {key: option_value(key, text, _RULES) for key, text in read_pairs(argv, OPTIONS).items()}
    if ("run" in values) == ("checkpoint" in values):
        raise UsageError("give either run= (a folder, or `last`) or checkpoint= (a file)")
    if not values.get("to"):
        raise UsageError(f"to= is missing: name the file to write: {_endings()}")
    options = ExportOptions(**values | {"to": user_path(values["to"])})
    _check_format(options.to)
    check_unused(options.to, options.overwrite)
    _check_writable(options.to)
    return options


def check_unused(path: Path, overwrite: bool) -> None:
    """Refuses a file that is there already, unless it is to be replaced."""
    try:
        os.stat(path)
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        raise UsageError(f"to={path}: {path.parent} is not a folder; name another") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"to={shortened(path)}: cannot be written: {one_line(error, 120)}") from None
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name a file in to=")
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"{path}: is there already; add overwrite=true to replace it, or name another file in to=")


def _check_format(path: Path) -> None:
    if path.suffix not in FORMATS:
        hint = did_you_mean(path.suffix, FORMATS) if path.suffix else ""
        raise UsageError(f"to={path}: no format ends in {path.suffix or 'that'}; {hint}name a file: {_endings()}")
    missing = [name for name in FORMATS[path.suffix][1] if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"to={path}: {path.suffix} needs {', '.join(missing)}, an extra: pip install 'lightlab-dl[export]'"
        )


def _check_writable(path: Path) -> None:
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise UsageError(f"to={path}: {folder} is not a folder; name another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"to={path}: {folder} cannot be written to; name another folder")


def _endings() -> str:
    return ", ".join(FORMATS)
