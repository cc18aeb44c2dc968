"""TensorBoard's files of one run, in the run's own folder."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard import FileWriter
from torch.utils.tensorboard.summary import hparams


class RunLogger(TensorBoardLogger):
    """Writes straight into `folder`, with no name or version below it.

    Args:
        purge_step: on a resumed run, the first step whose earlier records TensorBoard is to forget.
    """

    def __init__(self, folder: Path, purge_step: int | None = None) -> None:
        super().__init__(save_dir=folder, name="", version="", default_hp_metric=False, purge_step=purge_step)

    def describe(self, hyperparameters: dict[str, Any], metrics: list[str]) -> None:
        """Fills the HPARAMS tab: the values now, each metric when a scalar of its name has been logged.

        Lightning's own `log_hyperparams` would log a first value of each metric, which its chart would show.
        """
        for summary in hparams(hyperparameters, dict.fromkeys(metrics, 0.0)):
            self._file_writer().add_summary(summary)

    def add_picture(self, tag: str, png: Path, step: int) -> None:
        """Shows a picture as it is in its file: `add_figure` would draw it a second time."""
        content = png.read_bytes()
        width, height = struct.unpack(">II", content[16:24])  # PNG's first chunk
        image = Summary.Image(encoded_image_string=content, width=width, height=height, colorspace=4)  # RGBA
        self._file_writer().add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Leaves out ``epoch``, which Lightning adds to every call and which would be a chart of its own."""
        super().log_metrics({name: value for name, value in metrics.items() if name != "epoch"}, step)

    def save(self) -> None:
        """Keeps hparams.yaml out of the folder: config.yaml says the same and more."""

    def _file_writer(self) -> FileWriter:
        """Returns the writer of TensorBoard's own records, opened again where Lightning has closed it after a fit."""
        writer = self.experiment
        if writer.file_writer is None:
            writer.file_writer = FileWriter(writer.log_dir)
            writer.all_writers = {writer.log_dir: writer.file_writer}
        return writer.file_writer
