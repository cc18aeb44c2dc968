"""Removes the folders of runs and sweeps, and nothing else."""

import os
import re
import shutil
from contextlib import ExitStack
from pathlib import Path

from lightlab.errors import DataError, LightlabError, UsageError, shortened
from lightlab.runs.folder import ROOTS
from lightlab.runs.lock import one_writer
from lightlab.runs.places import LOCK, remove_if_empty
from lightlab.runs.records import read_yaml

# What a run or a sweep writes into its own folder. Anything else is the user's, as where a run was written into ``.``.
_WRITTEN = re.compile(
    r"\.hydra|\.lock|\.submitit|checkpoints|figures|predictions.*|earlier-[0-9]+|fold-[0-9]+-[0-9]+"
    r"|(best|config|hparams|multirun)\.yaml|(metrics|loggers|environment.*)\.json|(metrics|folds|trajectory|summary)\.csv"
    r"|(error|traceback|pruned|console)\.txt|train\.log|report\.(html|md)|study\.db.*|profile.*"
    r"|events\.out\.tfevents.*|tensorboard|csv|wandb|mlruns|mlflow|lightning_logs|version_[0-9]+"
)


def size_of(folder: Path) -> int:
    """Returns the bytes of the files in and below a folder; links and locks count for nothing."""
    sizes = 0
    for place, _, names in os.walk(folder):
        for name in set(names) - {LOCK}:
            path = Path(place, name)
            try:
                sizes += 0 if path.is_symlink() else path.stat().st_size
            except OSError:  # gone meanwhile
                continue
    return sizes


def runs_in(folder: Path) -> list[Path]:
    """Returns the folders of a sweep's runs; those of links are left out."""
    inside = sorted(folder.iterdir()) if (folder / "multirun.yaml").is_file() else []
    return [path for path in inside if (path / ".hydra").is_dir() and not path.is_symlink()]


def check_removable(folder: Path) -> None:
    """Refuses whatever is not the folder of a run or a sweep that lightlab has made, alone in it.

    Raises:
        UsageError: names the folder and the reason.
    """
    if folder.is_symlink():
        raise UsageError(f"{folder}: is a link, and is not followed; name the folder itself")
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; `lightlab runs` lists runs and sweeps")
    absolute = folder.resolve()
    if absolute == Path.home() or Path.cwd().is_relative_to(absolute):
        raise UsageError(f"{folder}: holds the working directory, or is your home; cannot be removed")
    is_sweep = (folder / "multirun.yaml").is_file() and not (folder / ".hydra").is_dir()
    runs = runs_in(folder) if is_sweep else [folder]
    if not runs or not all(map(_is_ours, runs)):
        raise UsageError(f"{folder}: not the folder of a run or a sweep of lightlab; remove it yourself")
    for path in {folder, *runs}:
        for entry in sorted(path.iterdir()):
            if entry not in runs and not _WRITTEN.fullmatch(entry.name):
                raise UsageError(f"{entry}: no run writes this; move it elsewhere, or remove {folder} yourself")


def _is_ours(run: Path) -> bool:
    """Returns whether the config in a folder is a run's; other programs use Hydra too."""
    for path in (run / "config.yaml", run / ".hydra" / "config.yaml"):
        try:
            return {"name", "monitor", "trainer"} <= read_yaml(path, dict).keys()
        except DataError:
            continue
    return False


def remove(folder: Path) -> int:
    """Removes the folder of a run or a sweep that no process writes, and returns how many bytes that frees.

    Raises:
        UsageError: another process writes it, or it is not one of ours; nothing has been removed.
        LightlabError: the system refuses, so that a part of it is left.
    """
    check_removable(folder)
    with ExitStack() as locks:
        for path in [folder, *runs_in(folder)]:
            locks.enter_context(one_writer(path))
        size = size_of(folder)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise LightlabError(f"{shortened(folder, 200)}: cannot be removed whole ({error.strerror})") from None
    if folder.parent.parent.name in ROOTS:
        remove_if_empty(folder.parent)
    return size
