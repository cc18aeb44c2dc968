"""The command train: checks the command line before torch is imported, then runs one experiment or a sweep."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lightlab.cli.arguments import prepare
from lightlab.cli.help import help_text
from lightlab.cli.startup import uncollected, wants_help
from lightlab.config.composition import HYDRA_DEFAULTS, refused
from lightlab.errors import reported
from lightlab.runs.folder import discard_if_empty, failure_kept, new_run
from lightlab.runs.lock import one_writer
from lightlab.runs.places import relative_to_cwd
from lightlab.runs.resume import config_folders
from lightlab.runs.trust import own_targets
from lightlab.sweeps.jobs import divide_threads, is_parallel, one_of_many
from lightlab.sweeps.resume import config_of

OmegaConf.register_new_resolver("new_run", new_run, use_cache=True)


def main(conf: Path) -> None:
    """Runs the command line.

    Args:
        conf: the project's config folder.
    """
    with reported():
        if wants_help():
            print(help_text(conf, [each for each in sys.argv[1:] if each not in ("--help", "-h")]), flush=True)
            return
        command = prepare(sys.argv[1:], conf)
        if command.explanation is not None:
            print(command.explanation, flush=True)
            return
    sys.argv[1:] = command.argv
    resumed = command.resumed

    @hydra.main(config_path=str(conf), config_name="train", **HYDRA_DEFAULTS)
    def run(cfg: DictConfig) -> float | None:
        folder = relative_to_cwd(Path(HydraConfig.get().runtime.output_dir))
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            return one_of_many(lambda: _run(_of_job(cfg, folder), folder), folder, HydraConfig.get().launcher)
        with reported(), one_writer(folder), failure_kept(folder), discard_if_empty(folder):
            if resumed is None:
                return _run(_plain(cfg), folder)
            resumed.announce()
            return _run(resumed.config, folder, resumed.record)

    lock = one_writer(command.folder) if command.folder else nullcontext()
    with reported(), refused(), lock:  # before Hydra writes its record
        run()


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
    results = cross_validate(config, folder) if config["folds"] else train(config, folder, trial, begun)
    value = results.get(config["monitor"]["name"])
    return None if value is None else float(value)


def _plain(cfg: DictConfig) -> dict[str, Any]:
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}
