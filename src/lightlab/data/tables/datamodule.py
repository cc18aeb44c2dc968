"""Tables: House Prices, Pima diabetes, and any table of a user's own."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightlab.data.base import RAW_ROWS, Inputs, ResidentDataModule
from lightlab.data.csv_reader import CsvFormat
from lightlab.data.download import download_table
from lightlab.data.loader import Split
from lightlab.data.notation import Notation
from lightlab.data.sources import NotFound, fetch_missing, find_file, note, real_or_synthetic
from lightlab.data.splits import cut_rows
from lightlab.data.tables.dates import date_orders, with_dates
from lightlab.data.tables.encoded import EncodedTable
from lightlab.data.tables.preprocessing import LEARNT_FORM, LearntTable, Preparation, Recipe
from lightlab.data.tables.raw_table import RawTable, as_table, read_table, rows_as_table
from lightlab.data.tables.roles import Roles, check_sums, find_columns, find_target, listed, with_numbers
from lightlab.data.tables.target import TargetColumn, check_log
from lightlab.errors import DataError, UsageError
from lightlab.files import inside, user_path
from lightlab.spec import Spec


class Table(ResidentDataModule):
    """Rows of numbers and categories; stored narrow, float32 (N, columns), and spread out batch by batch.

    docs/configuration.md explains the settings; see also `Roles`, `CsvFormat` and `Recipe`.

    Args:
        name: of the data set and of its folder in `data_dir`.
        files: names that the data set's own table may have in its folder, each with settings for that file.
        openml: the data set's number on openml.org and the file name for a download; None: no download.
        synthetic: makes a table whose last column is predicted.
    """

    can_fold = True
    example_option = "input=table.csv"
    state_form = LEARNT_FORM

    def __init__(
        self,
        name: str,
        *,
        target_kind: Literal["number", "binary", "class"],
        source: str,
        data_dir: str,
        synthetic: Callable[[], pd.DataFrame],
        target: str | None = None,
        target_scale: Literal["raw", "standard", "log"] = "raw",
        positive: str | int | None = None,
        class_names: Sequence[str] | None = None,
        file: str | None = None,
        test_file: str | None = None,
        files: Sequence[Mapping[str, Any]] = (),
        openml: Mapping[str, Any] | None = None,
        index: str | None = None,
        drop: Sequence[str] = (),
        numeric: Sequence[str] = (),
        categorical: Sequence[str] = (),
        dates: Sequence[str] = (),
        max_categories: int = 256,
        separator: str = ",",
        decimal: str = ".",
        number_marks: Sequence[str] = (),
        encoding: str = "auto",
        header: str | bool = "auto",
        columns: Sequence[str] = (),
        missing_values: Sequence[str] = (),
        missing: str = "mean",
        skewed: str | None = None,
        clip: float | None = None,
        rare_below: int | None = None,
        sums: Mapping[str, Sequence[str]] | None = None,
        test_fraction: float = 0.2,
        val_fraction: float = 0.1,
        train_size: int | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.source = source
        self.folder = inside(user_path(data_dir), name)
        self.file = file
        self.files = files
        self.openml = openml
        self.synthetic_table = synthetic
        self.test_file = test_file
        self.kind = target_kind
        self.scale = target_scale
        self.positive = None if positive is None else str(positive)
        self.class_names = tuple(map(str, class_names or ()))
        self.roles = Roles(
            target, index, _names(drop), _names(numeric), _names(categorical), max_categories, _names(dates)
        )
        self.form = CsvFormat(
            separator.replace("\\t", "\t"),
            encoding,
            header,
            _names(columns),
            _names(missing_values),
            Notation(decimal, _names(number_marks)),
        )
        self.recipe = Recipe(missing, skewed, clip, rare_below, sums)
        self.fractions = test_fraction, val_fraction
        self.train_size = train_size
        self.learnt: LearntTable | None = None

    def load(self) -> tuple[Spec, dict[str, Split]]:
        table = self._own_table()
        if len(table) < 2:
            raise DataError(f"{table.where}: one row; two or more are needed to learn from")
        return self._learn(table)

    def _own_table(self) -> RawTable:
        path = real_or_synthetic(self.source, self.dataset if self.files else "a table of your own", self._find)
        if path is None and self.synthetic_table is None:
            raise UsageError(
                "data.synthetic=null: makes no table, and there is no file; set data.file or data.synthetic"
            )
        if path is None:
            return as_table(self.synthetic_table(), self.roles.text, f"the synthetic {self.dataset}")
        self._adapt(self._settings_of(path))
        self.origin, self.example_option = "real", f"input={shlex.quote(str(path))}"
        return read_table(path, self.form, self.roles.text)

    def read(self, source: Any) -> Inputs:
        learnt = self._known()
        table = self._given_table(source)
        inputs = learnt.stored(table)
        _note_unknown(table, learnt)
        columns = table.frame.columns
        targets = None
        if learnt.target.name in columns and not table.frame[learnt.target.name].isna().all():
            targets = learnt.target.stored(learnt.target.raw(table), table)
        if learnt.index and learnt.index in columns:
            names = list(table.as_text(learnt.index).astype(object).fillna(""))
            return Inputs(names, inputs, targets, None, learnt.index)
        return Inputs([str(row) for row in range(1, len(table) + 1)], inputs, targets, None, "row")

    def _given_table(self, source: Any) -> RawTable:
        learnt = self._known()
        text = {*learnt.preparation.categories, *self.roles.text}
        if isinstance(source, str):
            return read_table(Path(source), self.form, text, learnt.headers())
        rows = source if isinstance(source, list) else [source]
        return rows_as_table(rows, learnt.inputs(), text, self.form.notation)

    def raw_rows(self, source: Any = None) -> tuple[Tensor, Tensor]:
        learnt = self._known()
        table = self._own_table() if source is None else self._given_table(source)
        table = replace(table, frame=table.frame.head(RAW_ROWS))
        frame = learnt.learnable(table).frame
        return EncodedTable(learnt.preparation).encode(frame), self.prepare(learnt.stored(table))

    def prepare_raw(self, inputs: Tensor) -> Tensor:
        return EncodedTable(self._known().preparation).expand(inputs)

    def raw_form(self) -> dict[str, Any]:
        return EncodedTable(self._known().preparation).form()

    def prepare(self, inputs: Tensor) -> Tensor:
        return self._known().preparation.expand(inputs)

    def state_problem(self, state: Any) -> str:
        return super().state_problem(state) or LearntTable.from_state(state).contradiction(self.spec)

    def state_dict(self) -> dict[str, Any]:
        return self._known().state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.learnt = LearntTable.from_state(state_dict)

    def _known(self) -> LearntTable:
        assert self.learnt is not None, "neither setup nor load_state_dict has been called"
        return self.learnt

    def _find(self) -> Path:
        if self.file:
            return Path(self.file)
        if not self.files:
            raise NotFound("data.file= names no table: give a .csv, .csv.gz or .parquet, and data.target=")
        names = [file["name"] for file in self.files]
        download = self._download if self.openml else None
        return find_file(self.folder, names) or fetch_missing(self.source, self.folder, " or ".join(names), download)

    def _download(self) -> Path:
        assert self.openml is not None
        return download_table(self.openml["data_id"], inside(self.folder, self.openml["name"]))

    def _settings_of(self, path: Path) -> Mapping[str, Any]:
        """Returns the settings for a file of that name, such as the columns that it has no header for."""
        names = (path.name, path.name.removesuffix(".gz"))
        return next((file for file in self.files if file["name"] in names), {})

    def _adapt(self, settings: Mapping[str, Any]) -> None:
        """Takes the settings of a known file where the user has given none."""
        self.roles = replace(self.roles, target=self.roles.target or settings.get("target"))
        self.form = replace(self.form, columns=self.form.columns or tuple(settings.get("columns", ())))
        self.positive = self.positive or settings.get("positive")

    def _learn(self, table: RawTable) -> tuple[Spec, dict[str, Split]]:
        name = find_target(table, self.roles)
        columns = list(table.frame.columns)
        table = with_numbers(table, self.roles.numeric)
        target = TargetColumn.of(table, name, self.kind, self.positive)
        raw = target.raw(table)
        if self.kind == "number" and self.scale == "log":
            check_log(table, target.name, raw)
        dates = date_orders(table, [date for date in self.roles.dates if date not in self.roles.drop])
        dated = with_dates(table, dates)
        cut = self._cut(raw)
        target = target.scaled_as(raw[cut["train"]], self.scale)
        train = dated.frame.iloc[cut["train"]]
        numeric, categorical = find_columns(dated, train, target.name, self.roles)
        check_sums(dated, numeric, self.recipe.sums or {})
        preparation = Preparation.fitted(train, numeric, categorical, self.recipe, dates)
        self.learnt = LearntTable(columns, target, self.roles.index, preparation)
        whole = Split(self.learnt.stored(table), target.stored(raw, table))
        splits = {name: whole.take(torch.from_numpy(rows)) for name, rows in cut.items()}
        if self.test_file and self.fold is None:
            inputs = self.read(self.test_file)
            if inputs.targets is None:
                raise DataError(f"{self.test_file}: lacks the column {target.name}; data.test_file= needs it")
            splits["test"] = Split(inputs.inputs, inputs.targets)
        return self._spec(target, preparation, bool((raw[cut["train"]] > 0).all())), splits

    def _cut(self, raw: np.ndarray) -> dict[str, np.ndarray]:
        test_fraction, val_fraction = self.fractions
        classes = None if self.kind == "number" else raw
        cut = cut_rows(len(raw), 0.0 if self.test_file else test_fraction, val_fraction, classes, self.fold)
        return cut | {"train": cut["train"][: self.train_size]}

    def _spec(self, target: TargetColumn, preparation: Preparation, positive: bool) -> Spec:
        if self.class_names and len(self.class_names) != len(target.values):
            raise UsageError(
                f"data.class_names={list(self.class_names)}: column {target.name} has {len(target.values)} classes "
                f"({', '.join(target.values[:10])}); name all of them"
            )
        return Spec(
            self.dataset,
            (preparation.width,),
            len(target.values) if self.kind == "class" else 1,
            self.kind,
            class_names=self.class_names or tuple(target.values),
            input_names=preparation.names,
            target_name=target.name,
            target_scale=target.scale,
            positive_target=self.kind == "number" and positive,
        )


def _note_unknown(table: RawTable, learnt: LearntTable) -> None:
    unseen = learnt.preparation.unseen(table.frame)
    if unseen:
        counts = ", ".join(f"{name} {count:,}" for name, count in unseen.items())
        cells = f"{sum(unseen.values()):,} cells"
        note(f"{table.where}: {cells} hold categories that training did not see, ignored: {counts}")
    known = set(learnt.columns)
    names = [name for name in table.frame.columns if name not in known]
    if names:
        note(f"{table.where}: {listed(names)}: not in the table that this run learnt from, ignored")


def _names(names: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(str, names))
