"""Tables: House Prices, Pima diabetes, and any table of a user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.loader import Split
from lightlab.data.splits import cut_rows
from lightlab.data.tables.columns import (
    Roles,
    check_sums,
    find_columns,
    say_ignored,
    say_unseen,
    target_of,
    with_numbers,
)
from lightlab.data.tables.preprocessing import LearntTable, Preparation, Recipe
from lightlab.data.tables.reading import CsvFormat, RawTable, as_table, as_text, read_table, rows_as_table
from lightlab.data.tables.sources import TableSource
from lightlab.data.tables.target import TargetColumn, check_log
from lightlab.errors import DataError, UsageError
from lightlab.spec import Spec


class Table(ResidentDataModule):
    """Rows of numbers and categories; stored narrow, float32 (N, columns), and spread out batch by batch.

    Args:
        name: of the data set and of its folder in `data_dir`.
        target_kind: what is predicted: ``number``, ``binary`` or ``class``.
        target: the column that is predicted; null for the last one.
        target_scale: how a network sees a number: ``raw``, ``standard`` (mean 0, deviation 1) or ``log`` (that of
            its logarithm).
        positive: of two classes the value that counts as 1; null for the second.
        class_names: what to call the classes, in the order of their values, a positive one last; null: as they are.
        file: the table; null: the data set's own.
        test_file: a table of test rows, in place of `test_fraction`.
        files: names that the data set's own table may have in its folder, each with what is particular to that file.
        openml: the data set's number on openml.org and the name it is kept under, for download; null: there is none.
        synthetic: gives the embedded table, whose last column is predicted.
        index: names the rows; see `Roles` for this and for `drop`, `numeric`, `categorical` and `max_categories`.
        separator: see `CsvFormat` for this and for `encoding`, `header`, `columns` and `missing_values`.
        missing: see `Recipe` for this and for `skewed`, `clip`, `rare_below` and `sums`.
        test_fraction: share of the rows that is cut off for the test, in [0, 1), as scikit-learn does with seed 42.
        val_fraction: share of the rest that is cut off for validation, in [0, 1).
        train_size: rows of what is then left to train on; null for all.
    """

    can_fold = True

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
        max_categories: int = 256,
        separator: str = ",",
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
        self.tables = TableSource(name, source, Path(data_dir).expanduser() / name, file, files, openml, synthetic)
        self.test_file = test_file
        self.kind = target_kind
        self.scale = target_scale
        self.positive = None if positive is None else str(positive)
        self.class_names = tuple(map(str, class_names or ()))
        self.roles = Roles(target, index, _names(drop), _names(numeric), _names(categorical), max_categories)
        self.form = CsvFormat(separator.replace("\\t", "\t"), encoding, header, _names(columns), _names(missing_values))
        self.recipe = Recipe(missing, skewed, clip, rare_below, sums)
        self.fractions = test_fraction, val_fraction
        self.train_size = train_size
        self.learnt: LearntTable | None = None
        self.example_file = "table.csv"

    @property
    def example_input(self) -> str:
        return self.example_file

    def load(self) -> tuple[Spec, dict[str, Split]]:
        path = self.tables.path()
        self._adapt(self.tables.particulars(path))
        if path is None:
            table = as_table(self.tables.synthetic(), self._text(), f"the embedded {self.dataset}")
        else:
            table = read_table(path, self.form, self._text())
            self.origin, self.example_file = "real", str(path)
        if len(table) < 2:
            raise DataError(f"{table.where}: one row; two or more are needed to learn from")
        return self._learn(table)

    def read(self, source: Any) -> Inputs:
        learnt = self._known()
        text = {*learnt.preparation.categories, *filter(None, [learnt.index])}
        if isinstance(source, str):
            table = read_table(Path(source), self.form, text, learnt.headers())
        else:
            table = rows_as_table(source if isinstance(source, list) else [source], learnt.inputs(), text)
        inputs = learnt.stored(table)
        say_unseen(table, learnt.preparation.unseen(table.frame))
        say_ignored(table, learnt.columns)
        targets = None
        if learnt.target.name in table.frame.columns and not table.frame[learnt.target.name].isna().all():
            targets = learnt.target.stored(learnt.target.raw(table))
        if learnt.index and learnt.index in table.frame.columns:
            return Inputs(
                list(as_text(table, learnt.index).astype(object).fillna("")), inputs, targets, None, learnt.index
            )
        return Inputs([str(row) for row in range(1, len(table) + 1)], inputs, targets, None, "row")

    def prepare(self, inputs: Tensor) -> Tensor:
        return self._known().preparation.expand(inputs)

    def state_dict(self) -> dict[str, Any]:
        return self._known().state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.learnt = LearntTable.from_state(state_dict)

    def _known(self) -> LearntTable:
        assert self.learnt is not None, "neither setup nor load_state_dict has been called"
        return self.learnt

    def _text(self) -> set[str]:
        return {*self.roles.categorical, *filter(None, [self.roles.index])}

    def _adapt(self, particulars: Mapping[str, Any]) -> None:
        """Takes what is particular to a known file where the user has not said otherwise."""
        self.roles = replace(self.roles, target=self.roles.target or particulars.get("target"))
        self.form = replace(self.form, columns=self.form.columns or tuple(particulars.get("columns", ())))
        self.positive = self.positive or particulars.get("positive")

    def _learn(self, table: RawTable) -> tuple[Spec, dict[str, Split]]:
        name = target_of(table, self.roles)
        table = with_numbers(table, self.roles.numeric)
        target = TargetColumn.found(table, name, self.kind, self.positive)
        raw = target.raw(table)
        if self.kind == "number" and self.scale == "log":
            check_log(table, target.name, raw)
        cut = self._cut(raw)
        target = target.scaled_as(raw[cut["train"]], self.scale)
        train = table.frame.iloc[cut["train"]]
        numeric, categorical = find_columns(table, train, target.name, self.roles)
        check_sums(table, numeric, self.recipe.sums or {})
        preparation = Preparation.fitted(train, numeric, categorical, self.recipe)
        self.learnt = LearntTable(list(table.frame.columns), target, self.roles.index, preparation)
        whole = Split(self.learnt.stored(table), target.stored(raw))
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
                f"({', '.join(target.values[:10])}); name each of them"
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


def _names(names: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(str, names))
