"""Shows generated verse and nearest words during training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.callbacks.base import Display, module_of
from lightlab.modules.verse import write_poems
from lightlab.modules.verse_options import Verse
from lightlab.modules.word_options import parse_words
from lightlab.modules.word_space import WordSpace
from lightlab.modules.word_vectors import WordVectors
from lightlab.runs.loggers import RunLogger


class Samples(Display):
    """Every `every` epochs, and after the last: poems on the terminal and in TensorBoard's text tab.

    They are drawn with a generator of their own, so training goes on as it would without them.

    Args:
        verse: options of `lightlab.modules.verse_options.Verse`. Where the vocabulary lacks all of `start`, the most
            frequent character begins.
    """

    def __init__(self, every: int, verse: dict[str, Any]) -> None:
        self.every = every
        self.verse = Verse(**verse)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if epoch % self.every and epoch != trainer.max_epochs:
            return
        module = module_of(pl_module)
        vocabulary = module.spec.vocabulary
        verse = replace(self.verse, start=",".join(_known(self.verse.starts, vocabulary)))
        poems = write_poems(module.network, vocabulary, verse, module.device)
        print("\n".join(f"  {poem}" for poem in poems), flush=True)
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_text("samples", "\n\n".join(poems), trainer.global_step)


def _known(starts: list[str], vocabulary: Sequence[str]) -> list[str]:
    """A corpus of the user's own may lack the configured starts; a vocabulary is ordered by frequency."""
    frequent = next(token for token in vocabulary if len(token) == 1 and token.isalnum())
    return [start for start in starts if start in vocabulary] or [frequent]


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
