"""Writes checkpoints whole or not at all, and reads them without running code that they hold."""

import errno
import io
import json
import os
import pickle
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from lightlab.errors import DataError, LightlabError, UsageError, one_line
from lightlab.files import whole_file
from lightlab.runs.contents import FORM, check_extent, check_form

ADDED = "vectors"  # a tensor of an exported file that is computed from its weights
_FOLDER = 0x10  # the MS-DOS attribute of a folder in a zip archive


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the file and renames, so that a kill or a full disk leaves the previous checkpoint."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        path = Path(path)
        try:
            with whole_file(path) as unfinished, unfinished.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(path.parent)
        except (OSError, RuntimeError) as error:  # torch.save reports a failed write as a RuntimeError
            raise LightlabError(_explain_write(path, error)) from error

    def load_checkpoint(self, path: Any, map_location: Any | None = None, weights_only: bool | None = None) -> Any:
        return read_checkpoint(Path(path), map_location or "cpu")


def _sync_folder(folder: Path) -> None:
    """Makes a renaming inside the folder outlast a loss of power, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads a checkpoint of this project without unpickling anything but plain containers and tensors.

    Raises:
        DataError: a file that is missing, damaged, not this project's, or that would run code.
    """
    if path.suffix == ".safetensors":
        return read_safetensors(path)
    contents = _whole(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # torch's, on old formats
            checkpoint = torch.load(io.BytesIO(contents), map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        raise DataError(f"{path}: {_explain_unpickling(error)}") from None
    except Exception as error:  # a damaged file raises any of a dozen kinds
        raise _damaged(path, one_line(error, 120)) from None
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("lightlab"), dict):
        raise DataError(f"{path}: a checkpoint, but not one of lightlab's (it carries no config)")
    check_extent(path, checkpoint)
    check_form(path, checkpoint, FORM)
    return checkpoint


def read_safetensors(path: Path) -> dict[str, Any]:
    """Reads a checkpoint that was exported as safetensors: its weights, config and what prediction needs besides.

    Raises:
        DataError: missing, damaged, or not exported by this project.
        UsageError: the package safetensors is not installed.
    """
    try:
        from safetensors import safe_open
    except ImportError:
        raise UsageError(f"{path}: needs safetensors, an extra: pip install 'lightlab-dl[export]'") from None
    _check_file(path)
    try:
        with safe_open(path, "pt") as file:
            texts = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys() if name != ADDED}  # noqa: SIM118
    except Exception as error:  # safetensors has a class of its own, which derives from Exception
        raise _damaged(path, one_line(error, 120)) from None
    if texts.get("framework") != "lightlab":
        raise DataError(f"{path}: safetensors, but not exported by lightlab (it carries no config)")
    try:
        values = {key: json.loads(text) for key, text in texts.items() if key != "framework"}
    except (ValueError, RecursionError) as error:
        raise _damaged(path, one_line(error, 120)) from None
    record = {key: values.get(key) for key in ("format", "config", "spec", "preparation")}
    places = {key: values.get(key) for key in ("epoch", "global_step")}
    checkpoint = {"lightlab": record, "state_dict": weights, **places}
    check_extent(path, checkpoint)
    check_form(path, checkpoint, FORM)
    return checkpoint


def _whole(path: Path) -> bytes:
    """Returns a checkpoint's bytes, read once, after their checksums have been verified.

    A checkpoint is a zip archive whose members carry CRC-32s, which torch does not verify. Its reader also takes a
    member that is marked as a folder for one without contents, and leaves the tensor's memory as it was.
    """
    _check_file(path)
    try:
        contents = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            members = archive.infolist()
            if any(member.compress_type or member.external_attr & _FOLDER for member in members):
                raise _damaged(path, "a member that torch did not write")
            if sum(member.file_size for member in members) > len(contents):
                raise _damaged(path, "members that overlap")
            wrong = archive.testzip()
    except DataError:
        raise
    except Exception as error:
        raise _damaged(path, one_line(error, 120)) from None
    if wrong is not None:
        raise _damaged(path, f"the checksum of {wrong} is wrong")
    return contents


def _check_file(path: Path) -> None:
    if not os.path.isfile(path):  # unlike Path.is_file, takes names that are too long
        kind = "not a file" if os.path.exists(path) else "no such checkpoint"
        raise DataError(f"{path}: {kind}; a run keeps its own in checkpoints/best.ckpt and last.ckpt")


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(f"{path}: truncated, damaged or not a checkpoint ({reason}); use the run's other one")


def _explain_write(path: Path, error: BaseException) -> str:
    cause = error.__cause__ or error.__context__ or error
    is_full = errno.ENOSPC in (getattr(error, "errno", None), getattr(cause, "errno", None))
    reason = "the disk is full" if is_full or "PytorchStreamWriter" in str(error) else one_line(error, 120)
    return f"{path} could not be written: {reason}; the checkpoint before it is whole: free some space, then resume"


def _explain_unpickling(error: Exception) -> str:
    if any(sign in str(error) for sign in ("Unsupported global", "Unsupported operand", "GLOBAL")):
        return "holds Python objects whose loading could run code; refused. lightlab's own checkpoints hold none"
    return "not a checkpoint, or damaged"
