"""Shows generated verse and nearest words during training, on the terminal and in the loggers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.callbacks.base import Display, is_due, loggers_of, module_of
from lightlab.errors import printable
from lightlab.modules.language_model import LanguageModel
from lightlab.modules.verse import write_poems
from lightlab.modules.verse_options import Verse
from lightlab.modules.word_options import parse_words
from lightlab.modules.word_vectors import WordSpace, WordVectors
from lightlab.runs.media import add_text


class SamplePoems(Display):
    """Writes poems every `every` epochs and after the last, with a random generator of their own.

    Args:
        verse: options of `lightlab.modules.verse_options.Verse`. If the vocabulary has no character of `start`, its
            most frequent one begins.
    """

    needs = (LanguageModel,)

    def __init__(self, every: int, verse: dict[str, Any]) -> None:
        self.every = every
        self.verse = Verse(**verse)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not is_due(trainer, self.every):
            return
        module = module_of(pl_module)
        vocabulary = module.spec.vocabulary
        verse = replace(self.verse, start=",".join(_known(self.verse.starts, vocabulary)))
        poems = write_poems(module.network, vocabulary, verse, module.device)
        print(printable("\n".join(f"  {poem}" for poem in poems)), flush=True)
        for logger in loggers_of(trainer):
            add_text(logger, "samples", "\n\n".join(poems), trainer.global_step)


def _known(starts: list[str], vocabulary: Sequence[str]) -> list[str]:
    """Returns the starts that the vocabulary has; if none, its most frequent character: tokens come by frequency."""
    frequent = next(token for token in vocabulary if len(token) == 1 and token.isalnum())
    return [start for start in starts if start in vocabulary] or [frequent]


class NearestWords(Callback):
    """Shows the words nearest to each probe every `every` epochs and after the last.

    Args:
        probes: words between commas; if the vocabulary has none of them, its most frequent ones are used.
        count: nearest words of each.
    """

    needs = (WordVectors,)

    def __init__(self, probes: str, every: int, count: int = 8) -> None:
        self.probes = parse_words(probes)
        self.every = every
        self.count = count

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not is_due(trainer, self.every):
            return
        assert isinstance(pl_module, WordVectors)
        vocabulary = pl_module.spec.vocabulary
        space = WordSpace(pl_module.word_vectors(), vocabulary)
        probes = [probe for probe in self.probes if probe in vocabulary] or vocabulary[1:6]
        nearest = {probe: " ".join(word for word, _ in space.nearest(probe, self.count)) for probe in probes}
        print(printable("\n".join(f"  {probe}: {words}" for probe, words in nearest.items())), flush=True)
        text = "\n\n".join(f"**{probe}** {words}" for probe, words in nearest.items())
        for logger in loggers_of(trainer):
            add_text(logger, "nearest words", text, trainer.global_step)
