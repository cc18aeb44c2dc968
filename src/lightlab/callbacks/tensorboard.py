"""What loggers show beside metrics: hyperparameters, both losses on one chart, graph, histograms, word vectors."""

import warnings
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import Logger

from lightlab.callbacks.base import Display, data_of, loggers_of, module_of
from lightlab.data.base import ResidentDataModule
from lightlab.modules.supervised import SupervisedModule
from lightlab.modules.word_vectors import WordVectors
from lightlab.runs.media import add_graph, add_histogram, add_vectors, describe
from lightlab.runs.records import read_yaml

LARGEST = 1e20  # where the bins of TensorBoard's histograms end


class TensorBoardPages(Display):
    """Writes the hyperparameters and the losses' chart, and by choice the graph and histograms of weights.

    Args:
        histograms: how often in the run the weights' histograms are written; 0 for never.
        graph: trace the network and show its graph.
    """

    needs = (SupervisedModule, ResidentDataModule)

    def __init__(self, histograms: int, graph: bool) -> None:
        self.histograms = histograms
        self.graph = graph

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if loggers := loggers_of(trainer):
            config = read_yaml(Path(trainer.default_root_dir) / "config.yaml", dict)
            for logger in loggers:
                describe(logger, config, _final_metrics(trainer, pl_module))
            if self.graph and trainer.current_epoch == 0:
                _add_graph(loggers, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.histograms or (trainer.current_epoch + 1) % max(1, (trainer.max_epochs or 1) // self.histograms):
            return
        for logger in loggers_of(trainer):
            for name, parameter in module_of(pl_module).network.named_parameters():
                if float(parameter.detach().abs().max()) < LARGEST:  # else the run is about to fail, and says why
                    add_histogram(logger, f"weights/{name}", parameter.detach().float(), trainer.global_step)


def _add_graph(loggers: list[Logger], module: LightningModule) -> None:
    network = module_of(module).network
    network.eval()
    with torch.no_grad(), warnings.catch_warnings(action="ignore"):  # the tracer's, about constants
        for logger in loggers:
            add_graph(logger, network, module_of(module).example_inputs())
    network.train()


def _final_metrics(trainer: Trainer, module: LightningModule) -> list[str]:
    """Returns the names of the metrics that will be known when the run ends."""
    stages = [stage for stage in ("val", "test") if stage in data_of(trainer).splits]
    names = ["loss", *module_of(module).val_metrics.keys()]
    return ["loss/train", *(f"{name}/{stage}" for stage in stages for name in names)]


class Projector(Callback):
    """Writes the vectors of the `words` most frequent words for a logger's projector when training ends."""

    needs = (WordVectors,)

    def __init__(self, words: int = 5000) -> None:
        self.words = words

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, WordVectors)
        vectors = pl_module.word_vectors()[1 : self.words + 1]
        labels = list(pl_module.spec.vocabulary[1 : self.words + 1])
        for logger in loggers_of(trainer):
            add_vectors(logger, "words", vectors, labels, trainer.global_step)
