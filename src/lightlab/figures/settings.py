"""The settings in conf/ that figures draw."""

from typing import Any

from omegaconf import OmegaConf

from lightlab.config.composition import conf_dir


def settings_by_name(group: str) -> dict[str, dict[str, Any]]:
    """Returns the settings of every choice of a config group, as for a metric that should fall.

    Raises:
        UsageError: the installation lacks `conf`.
    """
    files = sorted((conf_dir() / group).glob("*.yaml"))
    config = {path.stem: OmegaConf.load(path) for path in files}
    resolved = OmegaConf.to_container(OmegaConf.create({**config, "monitor": {"mode": "min"}}), resolve=True)
    assert isinstance(resolved, dict)
    return {str(name): resolved[name] for name in config}
