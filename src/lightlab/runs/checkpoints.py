"""Writes checkpoints whole or not at all, and reads them without running code that they hold."""

import errno
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from lightlab.errors import DataError, LightlabError, one_line
from lightlab.files import whole_file


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the file and renames, so that a kill or a full disk leaves the previous checkpoint."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        path = Path(path)
        try:
            with whole_file(path) as unfinished, unfinished.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, RuntimeError) as error:  # torch.save reports a failed write as a RuntimeError
            raise LightlabError(_explain_write(path, error)) from error

    def load_checkpoint(self, path: Any, map_location: Any | None = None, weights_only: bool | None = None) -> Any:
        return read_checkpoint(Path(path), map_location or "cpu")


def read_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads a checkpoint of this project without unpickling anything but plain containers and tensors.

    Raises:
        DataError: a file that is missing, damaged, not this project's, or that would run code.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such checkpoint; a run keeps its own in checkpoints/best.ckpt and last.ckpt")
    try:
        with warnings.catch_warnings(action="ignore"):  # torch's, on old formats
            checkpoint = torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        raise DataError(f"{path}: {_explain_unpickling(error)}") from None
    except Exception as error:  # a damaged file raises any of a dozen kinds
        raise DataError(
            f"{path}: truncated or not a checkpoint ({one_line(error, 120)}); use the run's other one"
        ) from None
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("lightlab"), dict):
        raise DataError(f"{path}: a checkpoint, but not one of lightlab's (it carries no config)")
    return checkpoint


def _explain_write(path: Path, error: BaseException) -> str:
    cause = error.__cause__ or error.__context__ or error
    is_full = errno.ENOSPC in (getattr(error, "errno", None), getattr(cause, "errno", None))
    reason = "the disk is full" if is_full or "PytorchStreamWriter" in str(error) else one_line(error, 120)
    return f"{path} could not be written: {reason}; the checkpoint before it is whole: free some space, then resume"


def _explain_unpickling(error: Exception) -> str:
    if any(sign in str(error) for sign in ("Unsupported global", "Unsupported operand", "GLOBAL")):
        return "holds Python objects whose loading could run code; refused. lightlab's own checkpoints hold none"
    return "not a checkpoint, or damaged"
