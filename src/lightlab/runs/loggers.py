"""The loggers of a run: built from the config, opened before training, closed after it."""

import inspect
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests
from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from lightlab.errors import DataError, LightlabError, UsageError, one_line
from lightlab.runs.records import read_json
from lightlab.runs.results import write_json

IDS = "loggers.json"  # in the run's folder: the ids by which a resumed run is continued in W&B and MLflow
PATIENCE = 10  # seconds, for a server's first answer


class RunLogger(TensorBoardLogger):
    """Writes TensorBoard's files straight into `folder`, with no name or version below it.

    Args:
        purge_step: on a resumed run, the first step whose earlier records TensorBoard is to forget.
    """

    def __init__(self, folder: Path, purge_step: int | None = None) -> None:
        super().__init__(save_dir=folder, name="", version="", default_hp_metric=False, purge_step=purge_step)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Leaves out ``epoch``, which Lightning adds to every call and which would be a chart of its own."""
        super().log_metrics({name: value for name, value in metrics.items() if name != "epoch"}, step)

    def save(self) -> None:
        """Keeps hparams.yaml out of the folder: config.yaml says the same and more."""


@dataclass(frozen=True)
class Place:
    """What a logger is told about its run.

    Attributes:
        folder: of the run.
        task: name of the task.
        purge_step: on a resumed run, the step that it goes on from.
    """

    folder: Path
    task: str
    purge_step: int | None = None

    @property
    def sweep(self) -> str | None:
        """Name of the sweep that the run belongs to."""
        return self.folder.parent.name if (self.folder.parent / "multirun.yaml").is_file() else None

    @property
    def run(self) -> str:
        return f"{self.sweep}/{self.folder.name}" if self.sweep else self.folder.name


def build_loggers(makers: Mapping[str, partial[Any]], place: Place) -> list[Logger]:
    """Builds the loggers. Arguments that a signature has, and the config does not or as null, are filled in.

    Args:
        makers: classes or functions with what the config gives, by the loggers' names in the config.

    Raises:
        UsageError: an option that a logger does not take, a package that is not installed, or no Lightning logger.
    """
    return [_build(name, maker, place) for name, maker in makers.items()]


def _build(name: str, maker: partial[Any], place: Place) -> Logger:
    kind = maker.func
    with _explained(name, kind):
        given = {key: value for key, value in maker.keywords.items() if value is not None}
        options = maker.keywords | _filled(name, maker, place) | given
        if address := _server(maker, options):
            _reach(address)
        logger = kind(*maker.args, **options)
    if not isinstance(logger, Logger):
        raise UsageError(
            f"logger.{name}._target_={kind.__module__}.{kind.__qualname__}: makes a {type(logger).__name__}; "
            "expected a logger of Lightning's (lightning.pytorch.loggers.Logger)"
        )
    return logger


def _filled(name: str, maker: partial[Any], place: Place) -> dict[str, Any]:
    """Returns values for arguments of the signature; those that the config gives win."""
    folder = dict.fromkeys(("folder", "save_dir", "root_dir", "log_dir"), place.folder)
    known: dict[str, Any] = {"name": name, "purge_step": place.purge_step, **folder}
    further: dict[str, Any] = {}  # what W&B takes beyond its signature
    if _is(maker, WandbLogger):
        known |= {"name": place.run, "project": place.task, "id": _saved_id(name, place.folder)}
        further = {"settings": {"silent" if _is_offline(maker.keywords) else "quiet": True}, "group": place.sweep}
        if maker.keywords.get("offline"):  # Lightning says so by the environment, which W&B has read before
            further["mode"] = "offline"
    elif _is(maker, MLFlowLogger):
        known |= {"experiment_name": place.task, "run_name": place.run, "tracking_uri": _tracking_uri()}
        known |= {"run_id": _saved_id(name, place.folder), "tags": {"sweep": place.sweep} if place.sweep else None}
    taken = inspect.signature(maker.func).parameters
    return {key: value for key, value in known.items() if key in taken} | further


def _is(maker: partial[Any], kind: type[Logger]) -> bool:
    return isinstance(maker.func, type) and issubclass(maker.func, kind)


def _is_offline(options: Mapping[str, Any]) -> bool:
    mode = options.get("mode") or _wandb_settings().mode
    return bool(options.get("offline")) or mode in ("offline", "dryrun", "disabled")


def _wandb_settings() -> Any:
    """Returns W&B's settings, from its files and the environment."""
    import wandb

    return wandb.setup().settings


def _tracking_uri() -> str:
    """Returns MLFLOW_TRACKING_URI, or MLflow's own default: mlflow.db in the working directory."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # which mlflow has set, by being imported
    return mlflow.get_tracking_uri()


def _saved_id(name: str, folder: Path) -> str | None:
    with suppress(DataError):  # a new run has none
        saved = read_json(folder / IDS).get(name)
        return saved if isinstance(saved, str) and re.fullmatch(r"[\w-]{1,64}", saved) else None
    return None


def _server(maker: partial[Any], options: Mapping[str, Any]) -> str | None:
    """Returns the address of the server that a logger sends to."""
    address = options.get("tracking_uri") if _is(maker, MLFlowLogger) else None
    if _is(maker, WandbLogger) and not _is_offline(options):
        address = _wandb_settings().base_url
    return address if re.match("https?://", str(address)) else None


def _reach(address: str) -> None:
    """Asks a server for any answer: its own client would try again for minutes."""
    try:
        requests.get(address, timeout=PATIENCE, stream=True).close()
    except requests.RequestException as error:
        raise ConnectionError(f"{address} does not answer ({type(error).__name__})") from error


@contextmanager
def opened(loggers: Mapping[str, Logger], folder: Path) -> Iterator[None]:
    """Begins the runs of loggers that have a server or a database, and ends them with the context.

    Raises:
        UsageError: one needs a login, or does not answer.
    """
    _open(loggers, folder)
    failed = True
    try:
        yield
        failed = False
    finally:
        if any(isinstance(logger, WandbLogger) for logger in loggers.values()):
            import wandb

            wandb.finish(exit_code=int(failed))  # else the next job of a sweep would log into this run


@rank_zero_only
def _open(loggers: Mapping[str, Logger], folder: Path) -> None:
    ids = {}
    for name, logger in loggers.items():
        if isinstance(logger, (TensorBoardLogger, CSVLogger)):
            continue  # they make their files when there is something to write
        with _explained(name, type(logger)):
            experiment = getattr(logger, "experiment", None)  # made at the first access
            if isinstance(logger, MLFlowLogger) and experiment:
                experiment.update_run(logger.run_id, status="RUNNING")  # one that goes on had ended
            if isinstance(logger, (WandbLogger, MLFlowLogger)):
                ids[name] = str(logger.version)
    if ids:
        write_json(folder / IDS, ids)


_ADVICE: dict[Any, tuple[str, str]] = {  # the extra that a logger needs, and what it does without a server
    WandbLogger: ("wandb", "WANDB_MODE=offline needs neither a login nor a server"),
    MLFlowLogger: ("mlflow", "tracking_uri=sqlite:///mlflow.db needs no server and no MLFLOW_ALLOW_FILE_STORE"),
}


@contextmanager
def _explained(name: str, kind: Any) -> Iterator[None]:
    """Turns whatever a logger raises when it is built or opened into one line."""
    extra, offline = next((advice for logger, advice in _ADVICE.items() if kind is logger), ("", ""))
    try:
        yield
    except LightlabError:
        raise
    except ModuleNotFoundError as error:
        install = f"pip install 'lightlab-dl[{extra}]'" if extra else "install what it needs"
        raise UsageError(f"logger.{name}: {one_line(error, 160)}; {install}") from error
    except Exception as error:
        advice = f"; {offline}" if offline and not isinstance(error, (TypeError, ValueError)) else ""
        raise UsageError(f"logger.{name}: {one_line(error, 300).rstrip('.')}{advice}") from error
