"""The command train: checks the command line before torch is imported, then runs one experiment or a sweep."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lightlab.cli.arguments import Command, prepare
from lightlab.cli.help import help_text
from lightlab.cli.startup import uncollected, wants_help
from lightlab.config.composition import HYDRA_DEFAULTS, conf_dir, refused
from lightlab.errors import reported
from lightlab.runs.folder import discard_if_empty, failure_kept
from lightlab.runs.lock import one_writer
from lightlab.runs.overrides import arguments_again
from lightlab.runs.places import relative_to_cwd
from lightlab.runs.ranks import Launch, launch, quiet_unless_first, shared_run, typed_arguments
from lightlab.runs.resume import config_folders
from lightlab.runs.trust import own_targets
from lightlab.sweeps.jobs import divide_threads, is_parallel, one_of_many
from lightlab.sweeps.resume import config_of

OmegaConf.register_new_resolver("new_run", shared_run, use_cache=True)


def main(conf: Path | None = None) -> None:
    """Runs the command line.

    Args:
        conf: the project's config folder; None for the installed one.
    """
    with reported():
        conf = conf or conf_dir()
        if wants_help():
            print(help_text(conf, [each for each in sys.argv[1:] if each not in ("--help", "-h")]), flush=True)
            return
        started = launch()
        with quiet_unless_first(started):
            typed = typed_arguments(sys.argv[1:], started)
            command = prepare(typed, conf, started.size)
            if command.explanation is not None:
                print(command.explanation, flush=True)
                return
    execute(command, conf, reported, started, typed)


def execute(
    command: Command,
    conf: Path,
    handled: Callable[[], AbstractContextManager[None]] = reported,
    started: Launch | None = None,
    typed: Sequence[str] = (),
) -> None:
    """Runs one experiment or a sweep by Hydra.

    Args:
        command: from `prepare`.
        conf: the project's config folder.
        handled: takes the errors of a single run and those before it; a sweep's jobs report theirs, so that the others
            go on.
        started: how this process was started; None for one that works alone.
        typed: the command line's arguments, with which Lightning's launcher starts further processes.
    """
    started = started or Launch()
    sys.argv[1:] = command.argv if started.rank == 0 else [*command.argv, "hydra.output_subdir=null"]
    resumed = command.resumed

    @hydra.main(config_path=str(conf), config_name="train", **HYDRA_DEFAULTS)
    def run(cfg: DictConfig) -> float | None:
        folder = relative_to_cwd(Path(HydraConfig.get().runtime.output_dir))
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            return one_of_many(lambda: _run(_of_job(cfg, folder), folder), folder, HydraConfig.get().launcher)
        sys.argv[1:] = arguments_again(typed)  # Lightning's launcher starts the command again for each process
        with handled(), _writing(folder, started):
            if resumed is None:
                return _run(_plain(cfg), folder)
            resumed.announce()
            return _run(resumed.config, folder, resumed.record)

    lock = one_writer(command.folder) if command.folder and started.rank == 0 else nullcontext()
    with handled(), refused(), lock:  # before Hydra writes its record
        run()


@contextmanager
def _writing(folder: Path, started: Launch) -> Iterator[None]:
    """Lets the first process alone write into the run's folder."""
    if started.rank > 0:
        with quiet_unless_first(started):
            yield
        return
    with one_writer(folder), failure_kept(folder), discard_if_empty(folder):
        yield


def _of_job(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Returns the config of a sweep's job; a run that goes on keeps the one that it was begun with."""
    config = _plain(cfg)
    return config_of(folder, config, own_targets(config_folders(HydraConfig.get()))) if cfg.resume else config


def _run(config: dict[str, Any], folder: Path, begun: Callable[[], None] | None = None) -> float | None:
    with uncollected():  # here, so that an error in the command line is reported before torch is imported
        from lightlab.training.cross_validation import cross_validate
        from lightlab.training.fit import train
    hydra_config = HydraConfig.get()
    if is_parallel(hydra_config.launcher):
        divide_threads(hydra_config.launcher)
    if config["find_lr"] or config["find_batch_size"]:
        from lightlab.training.finders import find

        find(config, folder, hydra_config.overrides.task)
        return None
    trial = None
    if "LIGHTLAB_TRIAL" in hydra_config.job.env_set:
        from lightlab.sweeps.search.study import ReportingTrial

        trial = ReportingTrial(hydra_config.job.env_set, hydra_config.sweeper.pruner)
    if config["folds"]:
        results = cross_validate(config, folder)
    else:
        own = [str(relative_to_cwd(place)) for place in config_folders(hydra_config)[1:]]
        results = train(config, folder, trial, begun, list(hydra_config.overrides.task), "".join(own))
    value = results.get(config["monitor"]["name"])
    return None if value is None else float(value)


def _plain(cfg: DictConfig) -> dict[str, Any]:
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}
