"""Writes metrics.csv: one row an epoch, whatever the logger."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.callbacks.running import module_of
from lightlab.files import whole_file


class MetricsCsv(Callback):
    """Columns: epoch (from 1), step, seconds since the start, learning_rate, then every metric of the run.

    Each row is on disk when its epoch ends. A resumed run drops the rows that its checkpoint does not know of, so
    that an epoch stands in the file once. A metric that is not measured every epoch leaves its cell empty.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.path = Path(trainer.default_root_dir) / "metrics.csv"
        if self.path.is_file():
            with self.path.open(newline="", encoding="utf-8") as file:
                whole = (row for row in csv.DictReader(file) if None not in row.values())
                self.rows = [row for row in whole if int(row["epoch"]) <= trainer.current_epoch]
        self._write_all()
        self._started = time.perf_counter() - (float(self.rows[-1]["seconds"]) if self.rows else 0.0)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        row = {
            "epoch": str(trainer.current_epoch + 1),
            "step": str(trainer.global_step),
            "seconds": f"{time.perf_counter() - self._started:.2f}",
            "learning_rate": f"{trainer.optimizers[0].param_groups[0]['lr']:.6g}",
        }
        for name, value in trainer.callback_metrics.items():
            if module_of(pl_module).is_fresh(name) or name.partition("/")[2] not in ("val", "train"):
                row[name] = f"{float(value):.6g}"
        self.rows.append(row)
        if row.keys() <= set(self._columns):
            self._append(row)
        else:
            self._write_all()

    def _append(self, row: dict[str, str]) -> None:
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns, lineterminator="\n").writerow(row)

    def _write_all(self) -> None:
        self._columns = list(dict.fromkeys(name for row in self.rows for name in row))
        with whole_file(self.path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
