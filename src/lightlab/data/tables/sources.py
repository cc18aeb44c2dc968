"""Where a table comes from: a file that the user names, the data set's own, OpenML, or an embedded stand-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lightlab.data.download import fetch_table, find
from lightlab.data.notes import say_embedded, say_once
from lightlab.errors import DataError


@dataclass(frozen=True)
class TableSource:
    """See `lightlab.data.tables.datamodule.Table` for what each of these is."""

    name: str
    source: str
    folder: Path
    file: str | None
    files: Sequence[Mapping[str, Any]]
    openml: Mapping[str, Any] | None
    synthetic: Callable[[], pd.DataFrame]

    def path(self) -> Path | None:
        """The real table; None where the stand-in is to be taken, which is said on stderr.

        Raises:
            DataError: ``source: files``, and there is none.
        """
        if self.source != "embedded":
            try:
                return Path(self.file) if self.file else self._found() or self._downloaded()
            except DataError as missing:
                if self.source == "files":
                    raise
                say_once(str(missing))
        say_embedded(self.name if self.files else "a table of your own")
        return None

    def particulars(self, path: Path | None) -> Mapping[str, Any]:
        """What is particular to the file of that name, such as the columns that it has no header for."""
        names = [path.name, path.name.removesuffix(".gz")] if path else []
        return next((each for each in self.files if each["name"] in names), {})

    def _found(self) -> Path | None:
        return find(self.folder, [each["name"] for each in self.files])

    def _downloaded(self) -> Path:
        if not self.files:
            raise DataError("data.file= names no table: give a .csv, .csv.gz or .parquet, and data.target=")
        names = " or ".join(each["name"] for each in self.files)
        where = f"{self.folder} does not hold {self.name}: it should have {names}"
        if self.source == "files" or self.openml is None:
            raise DataError(f"{where}; set data_dir= to the folder above {self.name}, or data.source=auto to download")
        try:
            return fetch_table(self.openml["data_id"], self.folder / self.openml["name"])
        except DataError as error:
            raise DataError(f"{where}; {error}") from None
