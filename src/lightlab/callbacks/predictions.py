"""For regressions: what was predicted against what is true."""

from __future__ import annotations

from functools import partial

from lightning.pytorch import Trainer
from torch import Tensor

from lightlab.callbacks.judging import Judging
from lightlab.callbacks.pictures import keep_picture
from lightlab.data.resident import Split
from lightlab.figures.predictions import predictions_figure
from lightlab.modules.supervised import SupervisedModule


class Predictions(Judging):
    """Writes figures/predictions.png, in the unit of the data: the scatter, the residuals, means by decile."""

    kinds = ("number",)

    def judge(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        spec = module.spec
        predicted, true = (spec.target_scale.restored(each).flatten().numpy() for each in (outputs, rows.targets))
        logarithmic = spec.target_scale.log
        draw = partial(predictions_figure, predicted, true, spec.target_name, stage, logarithmic=logarithmic)
        keep_picture(trainer, f"{stage}/predictions", draw)
