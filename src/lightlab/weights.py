"""Where a run's first weights come from, when not from its initializer: another run's, or its own before it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightlab.building import Config
from lightlab.checkpoints import read_checkpoint
from lightlab.errors import UsageError
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs import checkpoint_of, find_run


@dataclass(frozen=True)
class Resumable:
    """A checkpoint that training can go on from."""

    path: Path
    global_step: int


def take_weights(module: SupervisedModule, source: str) -> None:
    """Loads the weights of ``init_from=``: a checkpoint's file, a run's folder, or ``last``.

    Raises:
        UsageError: they are of another network.
    """
    path = Path(source).expanduser()
    checkpoint = read_checkpoint(path if path.is_file() else checkpoint_of(find_run(source)) or path)
    try:
        module.load_state_dict(checkpoint["state_dict"])
    except RuntimeError:
        task = checkpoint["lightlab"]["config"]["name"]
        raise UsageError(f"init_from={source}: weights of task {task} do not fit this network") from None


def checkpoint_to_resume(config: Config, module: SupervisedModule) -> Resumable | None:
    """Looks at the checkpoint of ``resume=`` before Lightning loads it, to refuse it while nothing has been touched.

    Raises:
        UsageError: it is of another task or network, or its run has finished.
    """
    if not config["resume"]:
        return None
    path = checkpoint_of(Path(config["resume"]), "last")
    if path is None:
        raise UsageError(f"resume={config['resume']}: holds no checkpoint that can be read")
    checkpoint = read_checkpoint(path)
    task = checkpoint["lightlab"]["config"]["name"]
    if task != config["name"] or _shapes(checkpoint["state_dict"]) != _shapes(module.state_dict()):
        raise UsageError(f"{path} is a checkpoint of task {task} with another network; resume= needs the same")
    _check_unfinished(config, checkpoint)
    module.steps_before = checkpoint["steps"]
    return Resumable(path, checkpoint["global_step"])


def _check_unfinished(config: Config, checkpoint: dict[str, Any]) -> None:
    epochs = config["trainer"]["max_epochs"]
    epoch_is_over = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]["is_last_batch"]
    if epoch_is_over and checkpoint["epoch"] + 1 >= epochs:
        raise UsageError(
            f"run {config['resume']} has finished its {epochs} epochs; extend it with trainer.max_epochs={2 * epochs}"
        )


def _shapes(state: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(weight.shape) for name, weight in state.items()}
