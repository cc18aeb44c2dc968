"""The command train: checks the command line before torch is imported, then runs one experiment or a sweep."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lightlab.cli.arguments import prepare
from lightlab.cli.help import help_text
from lightlab.cli.imports import uncollected
from lightlab.errors import reported
from lightlab.runs.folder import discard_if_empty, failure_kept, new_run, shortened
from lightlab.sweeps.jobs import divide_threads, is_parallel, one_of_many
from lightlab.sweeps.resume import config_of
from lightlab.sweeps.search.reporting import reporting_trial
from lightlab.sweeps.summary import finished

OmegaConf.register_new_resolver("new_run", new_run, use_cache=True)


def main(conf: Path) -> None:
    """Runs the command line.

    Args:
        conf: the project's config folder.
    """
    if {"--help", "-h"} & set(sys.argv[1:]):
        with reported():
            print(help_text(conf), flush=True)
        return
    with reported():
        command = prepare(sys.argv[1:], conf)
        if command.shown is not None:
            print(command.shown, flush=True)
            return
    sys.argv[1:] = command.argv

    @hydra.main(version_base="1.3", config_path=str(conf), config_name="train")
    def run(cfg: DictConfig) -> float | None:
        folder = shortened(Path(HydraConfig.get().runtime.output_dir))
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            config = config_of(folder) if cfg.resume else _plain(cfg)
            return one_of_many(lambda: _run(config, folder), folder, HydraConfig.get().launcher)
        resumed = command.resumed
        recorded = resumed.recorded() if resumed else nullcontext()
        with reported(), failure_kept(folder), discard_if_empty(folder), recorded:
            return _run(resumed.config if resumed else _plain(cfg), folder)

    with finished(), reported():
        run()


def _run(config: dict[str, Any], folder: Path) -> float | None:
    with uncollected():  # here, so that an error in the command line is reported before torch is imported
        from lightlab.training.cross_validation import cross_validate
        from lightlab.training.fit import train
    if is_parallel(HydraConfig.get().launcher):
        divide_threads(HydraConfig.get().launcher)
    trial = reporting_trial(HydraConfig.get().sweeper)
    results = cross_validate(config, folder) if config["folds"] else train(config, folder, trial)
    value = results.get(config["monitor"]["name"])
    return None if value is None else float(value)


def _plain(cfg: DictConfig) -> dict[str, Any]:
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}
