"""Sweepers. Hydra imports this file at every start: nothing heavy may be imported at its top."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lightlab.errors import UsageError, one_line, reported


class _ReportedSweeper(Sweeper):
    """Runs jobs by the configured launcher, and sees to the sweep's report."""

    is_shared = False  # several processes may work on it at once
    hydra_context: HydraContext
    config: DictConfig

    def __init__(self, **options: Any) -> None:
        self.options = options

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from lightlab.sweeps.jobs import launched
        from lightlab.sweeps.loader import SweepLoader

        self.hydra_context, self.config = SweepLoader.within(hydra_context), config
        with reported(), launched(_folder(config)):
            self.launcher = Plugins.instance().instantiate_launcher(
                hydra_context=self.hydra_context, task_function=task_function, config=config
            )

    def sweep(self, arguments: list[str]) -> None:
        from lightlab.config.composition import parsed
        from lightlab.runs.lock import one_writer
        from lightlab.runs.resume import config_folders
        from lightlab.runs.trust import own_targets
        from lightlab.sweeps.resume import check_numbered
        from lightlab.sweeps.summary import finished

        with reported():
            folder = _folder(self.config)
            check_numbered(folder)
        own = own_targets(config_folders(self.config.hydra), parsed(arguments))
        lock = nullcontext() if self.is_shared else one_writer(folder)
        with reported(), lock, finished(folder, own, self.config.get("allow", [])), reported():
            self.run(arguments, folder)

    @abstractmethod
    def run(self, arguments: list[str], folder: Path) -> None: ...


def _folder(config: DictConfig) -> Path:
    try:
        name = str(config.hydra.sweep.dir or "")
    except OmegaConfBaseException as error:
        raise UsageError(f"hydra.sweep.dir: {one_line(error)}") from error
    if not name:
        raise UsageError("hydra.sweep.dir=: empty; name a folder, or leave it out")
    return Path(name)


class GridSweeper(_ReportedSweeper):
    """Runs every combination of the swept values. Options: conf/hydra/sweeper/grid.yaml."""

    def run(self, arguments: list[str], folder: Path) -> None:
        from lightlab.files import write_text
        from lightlab.sweeps.jobs import check_none_failed, launched
        from lightlab.sweeps.resume import remaining

        assert self.launcher is not None
        self.check_options()
        jobs = self.jobs(arguments)
        if self.options["unfinished"]:
            jobs = remaining(jobs, folder)
        else:
            write_text(folder / "multirun.yaml", OmegaConf.to_yaml(self.config))
        size = self.options["max_batch_size"] or self._at_a_time() or len(jobs) or 1
        for first in range(0, len(jobs), size):
            batch = jobs[first : first + size]
            with launched(folder):
                self.validate_batch_is_legal(batch)
                for job in self.launcher.launch(batch, initial_job_idx=first):
                    job.return_value  # noqa: B018  # raises the exception of a job that failed
            if self.options["stop_on_failure"]:
                check_none_failed(folder, len(jobs) - first - len(batch))

    def _at_a_time(self) -> int | None:
        """Returns how many jobs the launcher is handed where the sweep stops at a failure; None for all."""
        if not self.options["stop_on_failure"]:
            return None
        return max(1, self.config.hydra.launcher.get("n_jobs") or 1)

    def check_options(self) -> None:
        from lightlab.config.rules import OneOf, Whole

        switch = OneOf((False, True))
        rules = {"max_batch_size": Whole(1, also=(None,)), "stop_on_failure": switch, "unfinished": switch}
        for key, value in self.options.items():
            if key not in (*rules, "params", "zip"):
                raise UsageError(f"hydra.sweeper.{key}: no such key; known are params, zip, {', '.join(rules)}")
            if key in rules and not rules[key].takes(value):
                raise UsageError(f"hydra.sweeper.{key}={value}: must be {rules[key]}")
        if not isinstance(self.options["params"] or {}, Mapping):
            raise UsageError("hydra.sweeper.params: must be a mapping of keys to their values, or null")

    def jobs(self, arguments: list[str]) -> list[list[str]]:
        from lightlab.sweeps.checks import check_size
        from lightlab.sweeps.pairs import combined, zipped_keys

        params = [f"{key}={value}" for key, value in (self.options["params"] or {}).items()]
        try:
            parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
            overrides = parser.parse_overrides([*params, *arguments])
        except HydraException as error:
            raise UsageError(f"hydra.sweeper.params: {one_line(error)}") from error
        zipped = zipped_keys(self.options["zip"])
        check_size(overrides, zipped=zipped)
        values: dict[str, list[str]] = {}
        for override in overrides:
            swept = override.is_sweep_override()
            texts = override.sweep_string_iterator() if swept else [override.get_value_element_as_str()]
            key = override.get_key_element()
            values[key] = [f"{key}={text}" for text in texts]
        return combined(values, zipped)

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Composes combinations of several keys; `lightlab.cli.arguments` has checked every value on its own."""
        overrides = {override for job in batch for override in job}
        swept = {override.partition("=")[0] for override in overrides if not all(override in job for job in batch)}
        if len(swept) > 1:
            super().validate_batch_is_legal(batch)


class OptunaSweeper(_ReportedSweeper):
    """Lets `lightlab.sweeps.search` choose the jobs. Options: conf/hydra/sweeper/optuna.yaml."""

    is_shared = True

    def run(self, arguments: list[str], folder: Path) -> None:
        try:
            from lightlab.sweeps.search.sweep import search
        except ModuleNotFoundError as error:
            package = str(error.name).partition(".")[0]
            raise UsageError(f"hydra/sweeper=optuna: needs {package}; pip install 'lightlab-dl[search]'") from error
        assert self.launcher is not None
        search(self.config, self.launcher, arguments, self.hydra_context.config_loader)
