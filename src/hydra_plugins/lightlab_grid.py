"""Every combination of what is swept. Hydra imports this file at every start, so nothing heavy stands here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class GridSweeper(BasicSweeper):
    """Hydra's own; but composing a job takes a tenth of a second, and where one key is swept each has been composed.

    `lightlab.cli.arguments` has checked every value of every key beside the first of all others.
    """

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from lightlab.sweeps.loader import SweepLoader

        context = SweepLoader.within(hydra_context)
        super().setup(hydra_context=context, task_function=task_function, config=config)

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        told = {each for job in batch for each in job}
        swept = {each.partition("=")[0] for each in told if not all(each in job for job in batch)}
        if len(swept) > 1:
            super().validate_batch_is_legal(batch)


class UnfinishedSweeper(GridSweeper):
    """What ``sweep_resume=`` has Hydra run: every combination but those that are done already."""

    def sweep(self, arguments: list[str]) -> Any:
        from lightlab.sweeps.resume import remaining

        assert self.hydra_context is not None and self.config is not None and self.launcher is not None
        (jobs,) = self.split_arguments(self._parsed(arguments), max_batch_size=None)
        missing = remaining(jobs, Path(self.config.hydra.sweep.dir))
        if missing:
            self.validate_batch_is_legal(missing)
            self.launcher.launch(missing, initial_job_idx=0)

    def _parsed(self, arguments: list[str]) -> list[Override]:
        assert self.hydra_context is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        return parser.parse_overrides([*self._parse_config(), *arguments])
