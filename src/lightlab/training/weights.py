"""First weights that come from a checkpoint: another run's (``init_from=``), or the run's own (``resume=``)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightlab.config.composition import Config, flatten
from lightlab.config.schema import GROUPS
from lightlab.errors import UsageError
from lightlab.files import user_path
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.folder import checkpoint_of, find_run, results_of

# The parts that a resumed run keeps. The checkpoint restores these settings, so an override would have no effect.
_FIXED = ("seed", *(group for group in GROUPS if group not in ("accelerator", "callbacks", "logger")))
_FREE = ("data_dir", "cache_dir", "source", "mirrors", "remote", "registry", "files", "eval_batch_size")  # of data


@dataclass(frozen=True)
class Resumable:
    """A checkpoint that training can go on from.

    Attributes:
        trained: training has ended, but the run stopped before its results were written.
    """

    path: Path
    global_step: int
    trained: bool


def take_weights(module: SupervisedModule, source: str) -> None:
    """Loads the weights of ``init_from=``: a checkpoint's file, a run's folder, or ``last``.

    Raises:
        UsageError: they are of another network.
    """
    path = user_path(source)
    checkpoint = read_checkpoint(path if path.is_file() else checkpoint_of(find_run(source)) or path)
    try:
        module.load_state_dict(checkpoint["state_dict"])
    except RuntimeError:
        task = checkpoint["lightlab"]["config"]["name"]
        raise UsageError(f"init_from={source}: weights of task {task} do not fit this network") from None


def checkpoint_to_resume(config: Config, module: SupervisedModule) -> Resumable | None:
    """Checks the checkpoint of ``resume=`` before Lightning loads it, while nothing has been changed.

    Raises:
        UsageError: it is of another task or network; its run has finished, cannot be extended, or had other parts.
    """
    if not config["resume"]:
        return None
    folder = Path(config["resume"])
    path = checkpoint_of(folder, "last")
    if path is None:
        raise UsageError(f"resume={folder}: holds no checkpoint that can be read")
    checkpoint = read_checkpoint(path)
    saved = checkpoint["lightlab"]["config"]
    if config["name"] != saved["name"]:
        raise UsageError(f"{path} is a checkpoint of task {saved['name']}; resume= goes on with the same task")
    _check_same_parts(saved, config)
    extendable = _check_length(module, checkpoint["steps"])
    trained = _is_trained(config, checkpoint)
    if trained and results_of(folder) is not None:
        longer = f"extend it with trainer.max_epochs={2 * config['trainer']['max_epochs']}"
        advice = longer if extendable and not checkpoint["stopped"] else "start a new run with init_from= this one"
        raise UsageError(f"run {folder} has finished after {checkpoint['epoch'] + 1} epochs; {advice}")
    return Resumable(path, checkpoint["global_step"], trained)


def _check_same_parts(saved: Config, config: Config) -> None:
    then, now = (flatten({group: source[group] for group in _FIXED}) for source in (saved, config))
    for key in [*then, *now]:
        if then.get(key) != now.get(key) and not (key[0] == "data" and key[1] in _FREE):
            name = ".".join(key)
            raise UsageError(
                f"resume=: {name} cannot change from {then.get(key)} to {now.get(key)}; "
                "start a new run from its weights with init_from="
            )


def _check_length(module: SupervisedModule, steps_before: int) -> bool:
    """Returns whether the run can be extended; raises if the schedule cannot be extended."""
    schedule = module.make_schedule(module.make_optimizer(module.named_parameters()), module.run_length)
    steps = module.run_length.steps
    if steps != steps_before and schedule.when_extended == "refuse":
        raise UsageError(
            f"this run's schedule was drawn for {steps_before} steps and ends at a learning rate near 0, so it cannot "
            f"go on to {steps}; start a new run with init_from= this one, or train one with another scheduler"
        )
    if steps != steps_before and schedule.when_extended == "rebuild":
        print(f"the learning rate's schedule is drawn again for {steps} steps; it was drawn for {steps_before}")
    return schedule.when_extended != "refuse"


def _is_trained(config: Config, checkpoint: dict[str, Any]) -> bool:
    limits = config["trainer"]
    if 0 < limits["max_steps"] <= checkpoint["global_step"] or checkpoint["stopped"]:
        return True
    return checkpoint["epoch_is_over"] and checkpoint["epoch"] + 1 >= limits["max_epochs"]
