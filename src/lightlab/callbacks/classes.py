"""For classifiers: which classes are told apart well, and are probabilities as sure as they are right?"""

from __future__ import annotations

from functools import partial

from lightning.pytorch import Trainer
from torch import Tensor

from lightlab.calibration import Calibration, calibrate
from lightlab.callbacks.judged_classes import JudgedClasses, judged_classes
from lightlab.callbacks.judging import Judging
from lightlab.callbacks.pictures import keep_picture
from lightlab.data.resident import Split
from lightlab.figures.classes import classes_figure
from lightlab.modules.supervised import SupervisedModule


class Classes(Judging):
    """Writes figures/classes.png: each class's accuracy and the reliability diagram.

    The results are ``accuracy/test/<class>``, of the classes that have rows, and ``ece/test``.
    """

    kinds = ("class", "binary")

    def judge(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        judged = judged_classes(module, outputs, rows.targets)
        confusion = judged.confusion()
        right, counts = confusion.diag().numpy(), confusion.sum(1).numpy()
        calibration = _calibration(judged)
        self.results = {f"ece/{stage}": calibration.expected_error} | {
            f"accuracy/{stage}/{name}": float(hits / count)
            for name, hits, count in zip(judged.names, right, counts, strict=True)
            if count
        }
        draw = partial(classes_figure, judged.names, right, counts, calibration, stage)
        keep_picture(trainer, f"{stage}/classes", draw)


def _calibration(judged: JudgedClasses) -> Calibration:
    """Of two classes the second one's probability; of more that of the likeliest class."""
    if len(judged.names) == 2:
        return calibrate(judged.probabilities[:, 1].numpy(), judged.targets.numpy() == 1)
    return calibrate(judged.probabilities.amax(1).numpy(), judged.right.numpy())
