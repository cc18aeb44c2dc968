"""For word vectors: TensorBoard's projector, with the words as labels."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.modules.word_vectors import WordVectors
from lightlab.run_logger import RunLogger


class Projector(Callback):
    """Writes the vectors when training ends; does nothing without a TensorBoard logger.

    Args:
        words: so many of the most frequent.
    """

    def __init__(self, words: int = 5000) -> None:
        self.words = words

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, WordVectors)
        vectors = pl_module.word_vectors()[1 : self.words + 1]
        labels = list(pl_module.spec.vocabulary[1 : self.words + 1])
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_embedding(vectors, labels, global_step=trainer.global_step, tag="words")
