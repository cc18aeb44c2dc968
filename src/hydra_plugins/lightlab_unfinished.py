"""What ``sweep_resume=`` has Hydra run. Hydra imports this file at every start, so nothing heavy stands here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser


class UnfinishedSweeper(BasicSweeper):
    """Every combination, as Hydra's own sweeper has it, but for those that are done already."""

    def sweep(self, arguments: list[str]) -> Any:
        from lightlab.sweep_resume import remaining

        assert self.config is not None and self.hydra_context is not None and self.launcher is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        (jobs,) = self.split_arguments(overrides, max_batch_size=None)
        missing = remaining(jobs, Path(self.config.hydra.sweep.dir))
        if missing:
            self.validate_batch_is_legal(missing)
            self.launcher.launch(missing, initial_job_idx=0)
