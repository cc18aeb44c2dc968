"""train, resume, sweep and load: the commands of the same names, which return what they made."""

from collections.abc import Sequence
from os import fspath
from typing import TYPE_CHECKING, Any

from lightlab.api.execution import PathText, run_command
from lightlab.api.overrides import Given, override_texts
from lightlab.api.run import Run
from lightlab.api.sweep import Sweep, is_sweep
from lightlab.config.grammar import quote
from lightlab.errors import UsageError
from lightlab.files import user_path
from lightlab.runs.folder import find_run
from lightlab.sweeps.checks import JOBS

if TYPE_CHECKING:
    from lightning.pytorch import Callback
    from lightning.pytorch.loggers import Logger


def train(
    *overrides: Given,
    config_dir: PathText | None = None,
    folder: PathText | None = None,
    progress: bool = True,
    quiet: bool = False,
    callbacks: "Sequence[Callback]" = (),
    logger: "Sequence[Logger]" = (),
    **keywords: Any,
) -> Run:
    """Trains one experiment, as ``python train.py`` does.

    Args:
        overrides: ``"task=fashion_softmax"``, or mappings of keys to values.
        config_dir: a folder with configs of your own.
        folder: of the run; by default one below runs/.
        progress: whether to show it: a bar in a terminal or a notebook, else a line an epoch.
        quiet: whether to print nothing to stdout.
        callbacks, logger: objects beside those that the config names; `resume` needs them again.
        keywords: further overrides: ``task="fashion_softmax"``, ``**{"optimizer.lr": 0.1}``.

    Raises:
        UsageError: an override that is not allowed; nothing has been written.
        DataError: data that cannot be used.
        Interrupted: Ctrl-C, or a notebook's stop button; the message says how the run goes on.
    """
    options = _config_dir(config_dir)
    texts = override_texts(overrides, keywords)
    given = {"callbacks": tuple(callbacks), "loggers": tuple(logger), "progress": progress and not quiet}
    return Run(run_command("runs", texts, folder, options, quiet, given), config_dir=config_dir)


def resume(
    folder: PathText,
    *overrides: Given,
    config_dir: PathText | None = None,
    quiet: bool = False,
    **keywords: Any,
) -> Run | Sweep:
    """Goes on with a run (``last`` is the newest), or runs what is missing of a sweep.

    Args:
        folder: of the run or sweep.
        overrides: what changes, such as ``"trainer.max_epochs=10"``.
        keywords: further overrides, or arguments of `train`.

    Raises:
        UsageError: there is no run to go on with, or it cannot be changed like that; the folder is as before.
    """
    name = fspath(folder)
    if not is_sweep(user_path(name)):
        return train(f"resume={quote(name)}", *overrides, config_dir=config_dir, quiet=quiet, **keywords)
    texts = [f"sweep_resume={quote(name)}", *override_texts(overrides, keywords)]
    where = run_command("sweeps", texts, options=_config_dir(config_dir), quiet=quiet, resumed=user_path(name))
    return Sweep(where, config_dir=config_dir)


def sweep(
    *overrides: Given,
    config_dir: PathText | None = None,
    folder: PathText | None = None,
    n_jobs: int = 1,
    quiet: bool = False,
    **keywords: Any,
) -> Sweep:
    """Trains every combination of values, as ``python train.py -m`` does; a run that fails does not stop the others.

    Args:
        overrides: several values stand between commas, ``"optimizer=sgd,adam"``, or in a list: ``seed=[0, 1]``.
        config_dir: a folder with configs of your own.
        folder: of the sweep; by default one below sweeps/.
        n_jobs: runs at a time, each in a process of its own; -1 for as many as there are cores.
        quiet: whether to print nothing to stdout.

    Raises:
        UsageError: a value that is not allowed; nothing has been written.
        Interrupted: see `train`.
    """
    if not JOBS.takes(n_jobs):
        raise UsageError(f"n_jobs={n_jobs}: must be {JOBS} for all cores")
    parallel = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={n_jobs}"] if n_jobs != 1 else []
    texts = [*parallel, *override_texts(overrides, keywords, sweep=True)]
    where = run_command("sweeps", texts, folder, ["-m", *_config_dir(config_dir)], quiet)
    return Sweep(where, config_dir=config_dir)


def load(folder: PathText = "last", allow: Sequence[str] = (), config_dir: PathText | None = None) -> Run | Sweep:
    """Opens an existing run (``last`` is the newest) or sweep.

    Args:
        allow: packages whose classes the checkpoint may name; others than lightlab's and torch's are refused.
        config_dir: a folder with configs of your own, whose classes the checkpoint may name too.

    Raises:
        UsageError: there is none in this folder.
    """
    path = user_path(fspath(folder))
    if is_sweep(path):
        return Sweep(path, allow, config_dir)
    return Run(path if (path / ".hydra").is_dir() else find_run(fspath(folder)), allow, config_dir)


def _config_dir(folder: PathText | None) -> list[str]:
    return ["--config-dir", fspath(folder)] if folder is not None else []
