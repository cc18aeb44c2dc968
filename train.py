"""Trains one experiment: python train.py task=fashion_lenet optimizer=adam; --help lists what swaps."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lightlab.arguments import prepare
from lightlab.errors import reported
from lightlab.imports import uncollected
from lightlab.runs import discard_if_empty, failure_kept, new_run, shortened
from lightlab.search.reporting import reporting_trial
from lightlab.usage import help_text

CONF = Path(__file__).parent / "conf"
OmegaConf.register_new_resolver("new_run", new_run, use_cache=True)


def main() -> None:
    if {"--help", "-h"} & set(sys.argv[1:]):
        print(help_text(CONF))
        return
    with reported():
        command = prepare(sys.argv[1:], CONF)
        if command.shown is not None:
            print(command.shown, flush=True)
            return
    sys.argv[1:] = command.argv

    failed: list[str] = []
    swept: list[Path] = []

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
    def run(cfg: DictConfig) -> float | None:
        folder = shortened(Path(HydraConfig.get().runtime.output_dir))
        sweeping = HydraConfig.get().mode == RunMode.MULTIRUN
        swept[:] = [shortened(Path(HydraConfig.get().sweep.dir).absolute())] if sweeping else []
        resumed = command.resumed
        try:
            with (
                reported(),
                failure_kept(folder),
                nullcontext() if sweeping else discard_if_empty(folder),
                resumed.recorded() if resumed else nullcontext(),
            ):
                config = resumed.config if resumed else _plain(cfg)
                with uncollected():  # and here, so that a slip is answered before torch is imported
                    from lightlab.cross_validation import cross_validate
                    from lightlab.training import train

                trial = reporting_trial(HydraConfig.get().sweeper)
                results = cross_validate(config, folder) if config["folds"] else train(config, folder, trial)
        except SystemExit as stop:
            if not sweeping or stop.code not in (1, 2):
                raise
            failed.append(str(folder))  # the sweep's other runs go on
            return float("nan")
        value = results.get(config["monitor"]["name"])
        return None if value is None else float(value)

    try:
        run()
    finally:  # Hydra's own hook is left out when a run fails
        if swept:
            with reported():
                from lightlab.sweeps import finish

                finish(swept[0])
    if failed:
        print(f"error: {len(failed)} of the sweep's runs failed: {', '.join(failed)}", file=sys.stderr)
        raise SystemExit(1)


def _plain(cfg: DictConfig) -> dict[str, Any]:
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}


if __name__ == "__main__":
    main()
