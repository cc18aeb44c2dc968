"""``hydra/sweeper=optuna``. Hydra imports this file at every start: it must import nothing heavy."""

from __future__ import annotations

from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class OptunaSweeper(Sweeper):
    """Lets `lightlab.sweeps.search` choose what the configured launcher runs.

    Options: conf/hydra/sweeper/optuna.yaml.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from lightlab.sweeps.loader import SweepLoader

        self.hydra_context, self.config = SweepLoader.within(hydra_context), config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=self.hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        from lightlab.errors import UsageError, reported

        with reported():
            try:
                from lightlab.sweeps.search.sweep import search
            except ModuleNotFoundError as error:
                raise UsageError(
                    f"hydra/sweeper=optuna: needs {str(error.name).partition('.')[0]}; pip install 'lightlab[search]'"
                ) from error
            assert self.config is not None and self.hydra_context is not None and self.launcher is not None
            search(self.config, self.launcher, arguments, self.hydra_context.config_loader)
