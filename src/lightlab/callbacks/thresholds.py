"""For two classes: what another threshold would bring."""

from __future__ import annotations

from functools import partial

from lightning.pytorch import Trainer
from torch import Tensor

from lightlab.callbacks.judging import Judging
from lightlab.callbacks.pictures import keep_picture
from lightlab.data.resident import Split
from lightlab.figures.thresholds import thresholds_figure
from lightlab.modules.supervised import SupervisedModule


class Thresholds(Judging):
    """Writes figures/thresholds.png: the ROC and the precision-recall curve, with the point of ``module.threshold``."""

    kinds = ("binary",)

    def judge(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        probabilities, labels = outputs.sigmoid().flatten(), rows.targets.flatten().long()
        name = (module.spec.class_names or ("0", "1"))[1]
        threshold = float(module.threshold)  # type: ignore[arg-type]
        draw = partial(thresholds_figure, probabilities, labels, threshold, name, stage)
        keep_picture(trainer, f"{stage}/thresholds", draw)
