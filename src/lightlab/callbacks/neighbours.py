"""For word vectors: the words nearest to a few probes, as training goes on."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.modules.word_vectors import WordVectors
from lightlab.run_logger import RunLogger
from lightlab.word_queries import parse_words
from lightlab.word_vectors import WordSpace


class Neighbours(Callback):
    """Prints a line a probe, and shows them in TensorBoard's text tab.

    Args:
        probes: words between commas; where the vocabulary has none of them, its most frequent ones stand in.
        every: epochs between; the last is shown too.
        count: nearest words of each.
    """

    def __init__(self, probes: str, every: int, count: int = 8) -> None:
        self.probes = parse_words(probes)
        self.every = every
        self.count = count

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if epoch % self.every and epoch != trainer.max_epochs:
            return
        assert isinstance(pl_module, WordVectors)
        vocabulary = pl_module.spec.vocabulary
        space = WordSpace(pl_module.word_vectors(), vocabulary)
        probes = [probe for probe in self.probes if probe in vocabulary] or vocabulary[1:6]
        found = {probe: [word for word, _ in space.nearest(probe, self.count)] for probe in probes}
        for probe, words in found.items():
            print(f"  {probe}: {' '.join(words)}", flush=True)
        text = "\n\n".join(f"**{probe}** {' '.join(words)}" for probe, words in found.items())
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_text("nearest words", text, trainer.global_step)
