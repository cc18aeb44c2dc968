"""Runs every combination of the swept values. Hydra imports this file at every start: it must import nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

Jobs = list[list[str]]


class GridSweeper(Sweeper):
    """Options: conf/hydra/sweeper/grid.yaml."""

    def __init__(self, max_batch_size: int | None, params: dict[str, Any] | None, unfinished: bool) -> None:
        self.max_batch_size, self.params, self.unfinished = max_batch_size, params or {}, unfinished

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from lightlab.sweeps.loader import SweepLoader

        self.hydra_context, self.config = SweepLoader.within(hydra_context), config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=self.hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        assert self.config is not None and self.launcher is not None
        jobs, folder = self.jobs(arguments), Path(self.config.hydra.sweep.dir)
        if self.unfinished:
            from lightlab.sweeps.resume import remaining

            jobs = remaining(jobs, folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            OmegaConf.save(self.config, folder / "multirun.yaml")
        returned = []
        size = self.max_batch_size or len(jobs) or 1
        for first in range(0, len(jobs), size):
            batch = jobs[first : first + size]
            self.validate_batch_is_legal(batch)
            returned.append(self.launcher.launch(batch, initial_job_idx=first))
            for job in returned[-1]:
                job.return_value  # noqa: B018  # raises the exception of a job that failed
        return returned

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Composes combinations of several keys; `lightlab.cli.arguments` has checked every value on its own."""
        overrides = {override for job in batch for override in job}
        swept = {override.partition("=")[0] for override in overrides if not all(override in job for job in batch)}
        if len(swept) > 1:
            super().validate_batch_is_legal(batch)

    def jobs(self, arguments: list[str]) -> Jobs:
        assert self.hydra_context is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        values: dict[str, list[str]] = {}
        for override in parser.parse_overrides([*(f"{key}={value}" for key, value in self.params.items()), *arguments]):
            swept = override.is_sweep_override()
            texts = list(override.sweep_string_iterator()) if swept else [override.get_value_element_as_str()]
            key = override.get_key_element()
            values[key] = [f"{key}={text}" for text in texts]
        return [list(job) for job in product(*values.values())]
