"""Where a corpus comes from: the user's own files, the data folder, a download, or what is made in their place."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightlab.data.corpus import text_files
from lightlab.data.git_source import GitFiles, fetch_files
from lightlab.errors import DataError


@dataclass(frozen=True)
class TextSource:
    """Text files to find.

    Attributes:
        source: ``auto`` (files; else download them; else none, said loudly), ``files`` (or an error) or ``embedded``.
        corpus: the user's own file, folder or pattern; None for `folder`.
        repository: url, commit and files of a git repository to download them from into `folder`.
    """

    source: str
    corpus: str | None
    folder: Path
    repository: Mapping[str, Any] | None = None

    def files(self, stand_in: str) -> list[Path]:
        """The corpus's files; none where the embedded text, which `stand_in` describes, is to take its place.

        Raises:
            DataError: the corpus is not there, and may not be replaced.
        """
        if self.source == "embedded":
            return []
        if self.corpus:
            return text_files(Path(self.corpus).expanduser())
        try:
            return text_files(self.folder) if self.folder.is_dir() or self.source == "files" else self._downloaded()
        except DataError as missing:
            if self.source == "files":
                raise
            print(f"! {missing}\n! Training on {stand_in}; the results will say data: embedded", file=sys.stderr)
            return []

    def _downloaded(self) -> list[Path]:
        if not self.repository:
            raise DataError(
                f"{self.folder}: no such folder; put a text file with one poem a line there, or chinese-poetry's JSON, "
                "or name it: data.corpus=my.txt"
            )
        return fetch_files(GitFiles(**self.repository), self.folder)
