"""Passes hyperparameters, pictures, text, histograms and graphs to any logger: one function for each.

Each function is a `functools.singledispatch` on the logger's class. Its first definition is for loggers that cannot
show the thing; ``@add_picture.register`` teaches it a further class. Metrics need no function: every Lightning logger
has `log_metrics`.
"""

import struct
from collections.abc import Mapping, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from tensorboard.compat.proto.summary_pb2 import Summary
from torch import Tensor, nn
from torch.utils.tensorboard import FileWriter
from torch.utils.tensorboard.summary import hparams

LONGEST_PARAMETER = 250  # characters; Lightning cuts the values that it gives to MLflow there


@singledispatch
def describe(logger: Logger, config: dict[str, Any], metrics: Sequence[str]) -> None:
    """Logs the run's config as hyperparameters.

    Args:
        config: resolved, in plain containers.
        metrics: names of those that will be known when the run ends.
    """
    logger.log_hyperparams(config)


@singledispatch
def add_picture(logger: Logger, tag: str, png: Path, step: int) -> None:
    """Shows a picture. A logger that shows none leaves it to figures/."""


@singledispatch
def add_text(logger: Logger, tag: str, text: str, step: int) -> None:
    """Shows text in Markdown."""


@singledispatch
def add_histogram(logger: Logger, tag: str, values: Tensor, step: int) -> None:
    """Shows how values are distributed."""


@singledispatch
def add_graph(logger: Logger, network: nn.Module, example: Tensor) -> None:
    """Shows a network's graph, traced on `example` (N, …)."""


@singledispatch
def add_vectors(logger: Logger, tag: str, vectors: Tensor, labels: Sequence[str], step: int) -> None:
    """Shows vectors (N, features) with a label each, projected to two or three dimensions."""


@singledispatch
def how_to_watch(logger: Logger) -> str:
    """Returns the command or address that shows the run; empty where there is none."""
    return ""


@describe.register
def _(logger: TensorBoardLogger, config: dict[str, Any], metrics: Sequence[str]) -> None:
    """Fills the HPARAMS tab, and puts both losses on one chart.

    Lightning's own `log_hyperparams` would log a first value of each metric, which its chart would show.
    """
    for summary in hparams(hyperparameters(config), dict.fromkeys(metrics, 0.0)):
        _writer(logger).add_summary(summary)
    logger.experiment.add_custom_scalars({"loss": {"loss": ["Multiline", ["loss/train", "loss/val"]]}})


@add_picture.register
def _(logger: TensorBoardLogger, tag: str, png: Path, step: int) -> None:
    """Writes the file's bytes: `SummaryWriter.add_image` would decode and encode it again, in five times the time."""
    content = png.read_bytes()
    width, height = struct.unpack(">II", content[16:24])  # PNG's first chunk
    image = Summary.Image(encoded_image_string=content, width=width, height=height, colorspace=4)  # RGBA
    _writer(logger).add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)


@add_text.register
def _(logger: TensorBoardLogger, tag: str, text: str, step: int) -> None:
    logger.experiment.add_text(tag, text, step)


@add_histogram.register
def _(logger: TensorBoardLogger, tag: str, values: Tensor, step: int) -> None:
    logger.experiment.add_histogram(tag, values, step)


@add_graph.register
def _(logger: TensorBoardLogger, network: nn.Module, example: Tensor) -> None:
    logger.experiment.add_graph(network, example)


@add_vectors.register
def _(logger: TensorBoardLogger, tag: str, vectors: Tensor, labels: Sequence[str], step: int) -> None:
    logger.experiment.add_embedding(vectors, list(labels), global_step=step, tag=tag)


def _writer(logger: TensorBoardLogger) -> FileWriter:
    """Returns the writer of TensorBoard's own records, opened again where Lightning has closed it after a fit."""
    writer = logger.experiment
    if writer.file_writer is None:
        writer.file_writer = FileWriter(writer.log_dir)
        writer.all_writers = {writer.log_dir: writer.file_writer}
    return writer.file_writer


@add_picture.register
def _(logger: WandbLogger, tag: str, png: Path, step: int) -> None:
    logger.log_image(tag, [str(png)], step)


@add_text.register
def _(logger: WandbLogger, tag: str, text: str, step: int) -> None:
    import wandb

    logger.log_metrics({tag: wandb.Table(columns=["step", "text"], data=[[step, text]])}, step)


@add_histogram.register
def _(logger: WandbLogger, tag: str, values: Tensor, step: int) -> None:
    import wandb

    logger.log_metrics({tag: wandb.Histogram(values.cpu().numpy())}, step)


@how_to_watch.register
def _(logger: WandbLogger) -> str:
    run = logger.experiment
    if run.disabled:
        return ""
    return f"wandb sync {Path(run.dir).parent}" if run.offline else str(run.url)


@describe.register
def _(logger: MLFlowLogger, config: dict[str, Any], metrics: Sequence[str]) -> None:
    """Logs the parameters that MLflow does not have yet.

    It takes no second value of a parameter: what a resumed run changes becomes a tag of the same name.
    """
    values = {name: str(value)[:LONGEST_PARAMETER] for name, value in _flat(config).items()}
    known = logger.experiment.get_run(logger.run_id).data.params
    logger.log_hyperparams({name: value for name, value in values.items() if name not in known})
    for name, value in values.items():
        if known.get(name, value) != value:
            logger.experiment.set_tag(logger.run_id, name, value)


@add_picture.register
def _(logger: MLFlowLogger, tag: str, png: Path, step: int) -> None:
    logger.experiment.log_artifact(logger.run_id, str(png), "figures")


@add_text.register
def _(logger: MLFlowLogger, tag: str, text: str, step: int) -> None:
    logger.experiment.log_text(logger.run_id, text, f"{tag}/{step}.md")


@how_to_watch.register
def _(logger: MLFlowLogger) -> str:
    import mlflow

    uri = mlflow.get_tracking_uri()
    return f"{uri}/#/experiments/{logger.name}" if uri.startswith("http") else f"mlflow ui --backend-store-uri {uri}"


def hyperparameters(config: dict[str, Any]) -> dict[str, Any]:
    """Returns what people compare runs by, from a run's resolved config; groups that it lacks are left out."""
    optimizer, network = config.get("optimizer") or {}, config.get("network") or {}
    weight = (config.get("initializer") or {}).get("weight") or {"_target_": "default"}
    chosen = {
        "optimizer": _name(optimizer),
        **{key: optimizer.get(key) for key in ("lr", "momentum", "nesterov", "weight_decay")},
        **{group: _name(config.get(group)) for group in ("scheduler", "activation", "network")},
        "initializer": _name(weight),
        "batch_size": (config.get("data") or {}).get("batch_size"),
        "max_epochs": config["trainer"].get("max_epochs"),
        "precision": config["trainer"].get("precision"),
        "seed": config["seed"],
        **{key: str(network[key]) for key in ("hidden", "channels") if key in network},
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _name(group: Mapping[str, Any] | None) -> str | None:
    target = (group or {}).get("_target_")
    return str(target).rpartition(".")[2].strip("_") if target else None


def _flat(config: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """``{"trainer": {"max_epochs": 2}}`` → ``{"trainer/max_epochs": 2}``"""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{above}{key}/") if isinstance(value, dict) and value else {f"{above}{key}": value}
    return flat
