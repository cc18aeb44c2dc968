"""The settings in conf/ that figures draw."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from lightlab.errors import DataError

PACKAGE = Path(__file__).parents[1]


def settings_by_name(group: str) -> dict[str, dict[str, Any]]:
    """Returns the settings of every choice of a config group, as for a metric that should fall.

    Raises:
        DataError: there is no `conf` beside the package or in it.
    """
    folders = [PACKAGE / "conf" / group, PACKAGE.parents[1] / "conf" / group]
    files = next((files for folder in folders if (files := sorted(folder.glob("*.yaml")))), None)
    if not files:
        raise DataError(f"{folders[-1]}: no such folder; this figure draws the settings that it holds")
    config = {path.stem: OmegaConf.load(path) for path in files}
    resolved = OmegaConf.to_container(OmegaConf.create({**config, "monitor": {"mode": "min"}}), resolve=True)
    assert isinstance(resolved, dict)
    return {str(name): resolved[name] for name in config}
