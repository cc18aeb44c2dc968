"""The report's words in Chinese, by their English."""

from __future__ import annotations

CHINESE: dict[str, str] = {}
