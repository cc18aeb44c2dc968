"""Where what is read once and kept lies: parsed tables, decoded photos."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def cache_folder(cache_dir: str | None) -> Path:
    """`cache_dir`, or the user's own cache folder for this project; it need not exist yet."""
    return Path(cache_dir).expanduser() if cache_dir else user_cache_path("lightlab")
