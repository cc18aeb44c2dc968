"""The config groups and what can be chosen from each."""

from __future__ import annotations

from pathlib import Path

from hydra.core.override_parser.types import Glob, Override
from omegaconf import DictConfig

from lightlab.errors import UsageError, did_you_mean
from lightlab.quoting import quote


class Groups:
    """The config groups and their choices, as the folders have them.

    Args:
        folders: the project's `conf`, and a user's own.

    Raises:
        UsageError: a folder does not exist.
    """

    def __init__(self, folders: list[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"--config-dir {folder}: no such folder")
        self.folders = [folder.resolve() for folder in folders]
        self.bases: dict[tuple[str, ...], DictConfig] = {}  # composed from choices alone, for a sweep's many values
        self.choices: dict[str, list[str]] = {}
        for folder in self.folders:
            for path in sorted(folder.glob("*/*.yaml")):
                self.choices.setdefault(path.parent.name, []).append(path.stem)

    @property
    def searchpath(self) -> list[str]:
        """The override by which Hydra finds the user's folder."""
        others = ", ".join(quote(f"file://{folder}") for folder in self.folders[1:])
        return [f"hydra.searchpath=[{others}]"] if others else []

    def check(self, override: Override) -> bool:
        """Whether the override chooses from a group; refuses a choice that the group does not have."""
        group = override.key_or_group
        if group not in self.choices or override.is_delete():
            return False
        value = override.value()
        if isinstance(value, Glob):
            return True
        for choice in value if isinstance(value, list) else [value]:
            if str(choice).removesuffix(".yaml") not in self.choices[group] and choice is not None:
                known = self.choices[group]
                raise UsageError(
                    f"{group}={choice}: no such choice; {did_you_mean(str(choice), known)}choices: {', '.join(known)}"
                )
        return True
