"""Extra TensorBoard pages: hyperparameters, both losses on one chart, graph, histograms, projector."""

import warnings
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.callbacks.base import Display, data_of, module_of, tensorboards
from lightlab.data.base import ResidentDataModule
from lightlab.modules.supervised import SupervisedModule
from lightlab.modules.word_vectors import WordVectors
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
        for logger in tensorboards(trainer):
            logger.describe(_hyperparameters(Path(trainer.default_root_dir)), _final_metrics(trainer, pl_module))
            logger.experiment.add_custom_scalars({"loss": {"loss": ["Multiline", ["loss/train", "loss/val"]]}})
            if self.graph and trainer.current_epoch == 0:
                _add_graph(logger.experiment, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.histograms or (trainer.current_epoch + 1) % max(1, (trainer.max_epochs or 1) // self.histograms):
            return
        for logger in tensorboards(trainer):
            for name, parameter in module_of(pl_module).network.named_parameters():
                if float(parameter.detach().abs().max()) < LARGEST:  # else the run is about to fail, and says why
                    logger.experiment.add_histogram(f"weights/{name}", parameter.detach().float(), trainer.global_step)


def _add_graph(writer: Any, module: LightningModule) -> None:
    network = module_of(module).network
    network.eval()
    with torch.no_grad(), warnings.catch_warnings(action="ignore"):  # the tracer's, about constants
        writer.add_graph(network, module_of(module).example_inputs())
    network.train()


def _hyperparameters(folder: Path) -> dict[str, Any]:
    """Returns what people compare runs by, from the run's resolved config."""
    config = read_yaml(folder / "config.yaml", dict)
    optimizer, weight = config["optimizer"], config["initializer"].get("weight") or {"_target_": "default"}
    chosen = {
        "optimizer": _name(optimizer),
        **{key: optimizer[key] for key in ("lr", "momentum", "nesterov", "weight_decay") if key in optimizer},
        **{group: _name(config[group]) for group in ("scheduler", "activation", "network")},
        "initializer": _name(weight),
        "batch_size": config["data"]["batch_size"],
        "max_epochs": config["trainer"]["max_epochs"],
        "precision": config["trainer"]["precision"],
        "seed": config["seed"],
    }
    sizes = {key: str(value) for key, value in config["network"].items() if key in ("hidden", "channels")}
    return chosen | sizes


def _name(group: dict[str, Any]) -> str:
    return str(group["_target_"]).rpartition(".")[2].strip("_")


def _final_metrics(trainer: Trainer, module: LightningModule) -> list[str]:
    """Returns the names of the metrics that will be known when the run ends."""
    stages = [stage for stage in ("val", "test") if stage in data_of(trainer).splits]
    names = ["loss", *module_of(module).val_metrics.keys()]
    return ["loss/train", *(f"{name}/{stage}" for stage in stages for name in names)]


class Projector(Callback):
    """Writes the vectors of the `words` most frequent words for TensorBoard's projector when training ends."""

    needs = (WordVectors,)

    def __init__(self, words: int = 5000) -> None:
        self.words = words

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, WordVectors)
        vectors = pl_module.word_vectors()[1 : self.words + 1]
        labels = list(pl_module.spec.vocabulary[1 : self.words + 1])
        for logger in tensorboards(trainer):
            logger.experiment.add_embedding(vectors, labels, global_step=trainer.global_step, tag="words")
