"""A run that was interrupted equals the run that was not, bit for bit on the CPU."""

import signal
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback

from lightlab.callbacks.checkpointing import Interrupted
from lightlab.config.composition import Groups, composed
from lightlab.errors import UsageError
from lightlab.training.fit import train

CONF = Path(__file__).parents[2] / "conf"
SCHEDULERS = ["none", "step", "multistep", "exponential", "cosine", "plateau", "one_cycle", "warmup_cosine"]
SMALL = [
    "task=digits_mlp",
    "data.source=embedded",
    "data.train_size=400",
    "data.batch_size=64",
    "data.augment.shift=1",
    "network.dropout=0.2",
    "trainer.max_epochs=4",
    "logger=csv",
    "keep_pages=false",
    *(f"~callbacks.{picture}" for picture in ("inputs", "curves", "classes", "mistakes", "diagnosis")),
]
BATCHES = 7  # of 64 in 400 rows


def config(*overrides: str) -> dict[str, Any]:
    return composed([*SMALL, *overrides], Groups([CONF]))


class SignalAt(Callback):
    """Sends this process a signal within the batch of that number."""

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        if trainer.fit_loop.epoch_loop.total_batch_idx == self.batch:
            signal.raise_signal(signal.SIGTERM)


class DieAt(Callback):
    """Ends the run without any saving, as a kill would."""

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        if trainer.fit_loop.epoch_loop.total_batch_idx == self.batch:
            raise SystemError("killed")


def stop(kind: type[Callback], batch: int, settings: dict[str, Any], folder: Path) -> None:
    target = f"{__name__}.{kind.__name__}"
    settings = settings | {"callbacks": settings["callbacks"] | {"stop": {"_target_": target, "batch": batch}}}
    with pytest.MonkeyPatch.context() as patch, pytest.raises((Interrupted, SystemError)):
        patch.setitem(__import__("sys").modules, __name__, _this_module())
        train(settings, folder)


def _this_module() -> Any:
    import types

    module = types.ModuleType(__name__)
    module.SignalAt, module.DieAt = SignalAt, DieAt  # type: ignore[attr-defined]
    return module


def last(folder: Path) -> dict[str, Any]:
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def rows(folder: Path) -> list[list[str]]:
    """metrics.csv without its seconds."""
    lines = [line.split(",") for line in (folder / "metrics.csv").read_text().splitlines()]
    return [cells[:2] + cells[3:] for cells in lines]


def assert_equal_runs(whole: Path, resumed: Path) -> None:
    one, other = last(whole), last(resumed)
    for part in ("state_dict", "optimizer_states", "lr_schedulers", "global_step", "epoch"):
        assert same(one[part], other[part]), part
    assert rows(whole) == rows(resumed)


@cache
def scheduled(scheduler: str) -> dict[str, Any]:
    settings = config(f"scheduler={scheduler}", "optimizer=adam")
    if scheduler == "plateau":
        settings["scheduler"] |= {"patience": 0, "threshold": 0.5}
    return settings


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a whole run under a scheduler."""

    @cache
    def run(scheduler: str) -> Path:
        folder = tmp_path_factory.mktemp("whole")
        train(scheduled(scheduler), folder)
        return folder

    return run


MOMENTS = {"mid-epoch": (SignalAt, BATCHES + 3), "epoch's end": (SignalAt, 2 * BATCHES - 1)}
MOMENTS |= {"killed": (DieAt, 2 * BATCHES + 4)}
DRIVEN_BY = {"epochs": "multistep", "steps": "one_cycle", "validations": "plateau"}
CUTS = [*((each, "mid-epoch") for each in SCHEDULERS), *product(DRIVEN_BY.values(), ["epoch's end", "killed"])]


@pytest.mark.parametrize(("scheduler", "moment"), CUTS)
def test_a_resumed_run_equals_the_uninterrupted_one(
    uninterrupted: Callable[[str], Path], tmp_path: Path, scheduler: str, moment: str
) -> None:
    stop(*MOMENTS[moment], scheduled(scheduler), tmp_path)
    train(scheduled(scheduler) | {"resume": str(tmp_path)}, tmp_path)
    assert_equal_runs(uninterrupted(scheduler), tmp_path)


@pytest.mark.parametrize("stride", ["1", "null"])
def test_a_language_models_run_resumes_alike(tmp_path: Path, stride: str) -> None:
    overrides = ["task=poetry_rnn_course", "data.source=embedded", "data.train_size=60", f"data.stride={stride}"]
    sizes = ["network.cell=lstm", "network.embedding_size=8", "network.hidden_size=8", "network.dropout=0.2"]
    others = ["trainer.max_epochs=2", "data.batch_size=8", "logger=csv", "keep_pages=false", "~callbacks.curves"]
    settings = composed([*overrides, *sizes, *others], Groups([CONF]))
    train(settings, tmp_path / "whole")
    batches = last(tmp_path / "whole")["global_step"] // 2
    stop(SignalAt, batches + batches // 2, settings, tmp_path / "cut")
    train(settings | {"resume": str(tmp_path / "cut")}, tmp_path / "cut")
    assert_equal_runs(tmp_path / "whole", tmp_path / "cut")


@pytest.mark.parametrize("objective", ["softmax", "negative"])
def test_a_run_of_word_vectors_resumes_alike(tmp_path: Path, objective: str) -> None:
    overrides = ["task=word_embedding", "data.source=embedded", "data.train_size=1000", f"module.objective={objective}"]
    others = ["trainer.max_epochs=2", "data.batch_size=64", "logger=csv", "keep_pages=false", "~callbacks.curves"]
    settings = composed([*overrides, *others], Groups([CONF]))
    train(settings, tmp_path / "whole")
    batches = last(tmp_path / "whole")["global_step"] // 2
    stop(SignalAt, batches + batches // 2, settings, tmp_path / "cut")
    train(settings | {"resume": str(tmp_path / "cut")}, tmp_path / "cut")
    assert_equal_runs(tmp_path / "whole", tmp_path / "cut")


@pytest.mark.parametrize("optimizer", ["lion", "muon"])
def test_a_run_under_an_optimizer_that_torch_lacks_resumes_alike(tmp_path: Path, optimizer: str) -> None:
    settings = config(f"optimizer={optimizer}", "scheduler=one_cycle", "trainer.gradient_clip_val=1.0")
    train(settings, tmp_path / "whole")
    stop(SignalAt, BATCHES + 3, settings, tmp_path / "cut")
    train(settings | {"resume": str(tmp_path / "cut")}, tmp_path / "cut")
    assert_equal_runs(tmp_path / "whole", tmp_path / "cut")


def test_early_stopping_counts_on_after_a_resume(tmp_path: Path) -> None:
    settings = config("callbacks=[default,early_stopping]", "callbacks.early_stopping.patience=1", "optimizer.lr=1e-9")
    train(settings, tmp_path / "whole")
    stop(SignalAt, BATCHES + 3, settings, tmp_path / "cut")
    train(settings | {"resume": str(tmp_path / "cut")}, tmp_path / "cut")
    assert_equal_runs(tmp_path / "whole", tmp_path / "cut")
    assert len(rows(tmp_path / "whole")) == 1 + 2


def test_a_step_limit_stops_and_resumes_alike(tmp_path: Path) -> None:
    settings = config(f"trainer.max_steps={2 * BATCHES + 2}", "scheduler=cosine")
    train(settings, tmp_path / "whole")
    assert last(tmp_path / "whole")["global_step"] == 2 * BATCHES + 2
    stop(SignalAt, BATCHES + 3, settings, tmp_path / "cut")
    train(settings | {"resume": str(tmp_path / "cut")}, tmp_path / "cut")
    assert_equal_runs(tmp_path / "whole", tmp_path / "cut")


@pytest.mark.parametrize("scheduler", ["none", "step", "multistep", "exponential", "plateau"])
def test_extending_is_exact_where_the_schedule_ignores_the_length(
    uninterrupted: Callable[[str], Path], tmp_path: Path, scheduler: str
) -> None:
    settings = scheduled(scheduler)
    train(settings | {"trainer": settings["trainer"] | {"max_epochs": 2}}, tmp_path)
    train(settings | {"resume": str(tmp_path)}, tmp_path)
    assert_equal_runs(uninterrupted(scheduler), tmp_path)


@pytest.mark.parametrize("scheduler", ["cosine", "warmup_cosine"])
def test_extending_draws_a_cosine_again_and_says_so(
    tmp_path: Path, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(f"scheduler={scheduler}")
    train(settings | {"trainer": settings["trainer"] | {"max_epochs": 2}}, tmp_path)
    train(settings | {"resume": str(tmp_path)}, tmp_path)
    assert f"drawn again for {4 * BATCHES} steps; it was drawn for {2 * BATCHES}" in capsys.readouterr().out
    assert last(tmp_path)["optimizer_states"][0]["param_groups"][0]["lr"] == pytest.approx(0.0, abs=1e-9)


def test_extending_one_cycle_is_refused(tmp_path: Path) -> None:
    settings = config("scheduler=one_cycle")
    train(settings | {"trainer": settings["trainer"] | {"max_epochs": 2}}, tmp_path)
    with pytest.raises(UsageError, match="start a new run with init_from="):
        train(settings | {"resume": str(tmp_path)}, tmp_path)


def test_a_finished_run_has_nothing_to_resume(tmp_path: Path) -> None:
    train(config("scheduler=none"), tmp_path)
    with pytest.raises(UsageError, match=r"has finished after 4 epochs; extend it with trainer.max_epochs=8"):
        train(config("scheduler=none") | {"resume": str(tmp_path)}, tmp_path)


def test_init_from_starts_with_another_runs_weights(tmp_path: Path) -> None:
    train(config(), tmp_path / "first")
    settings = config(f"init_from={tmp_path / 'first'}", "optimizer.lr=1e-12", "trainer.max_epochs=1")
    train(settings, tmp_path / "second")
    best = torch.load(tmp_path / "first" / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    assert all(torch.allclose(best[name], weight) for name, weight in last(tmp_path / "second")["state_dict"].items())


def test_a_resumed_run_does_not_read_the_weights_that_it_began_with(tmp_path: Path) -> None:
    stop(SignalAt, BATCHES + 3, config(), tmp_path)
    train(config("init_from=gone") | {"resume": str(tmp_path)}, tmp_path)
    assert last(tmp_path)["epoch"] == 3


def test_init_from_refuses_weights_of_another_shape(tmp_path: Path) -> None:
    train(config(), tmp_path / "first")
    with pytest.raises(UsageError, match="do not fit this network"):
        train(config(f"init_from={tmp_path / 'first'}", "network.hidden=[7]"), tmp_path / "second")


def test_a_refused_extension_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    settings = config("scheduler=one_cycle")
    stop(SignalAt, BATCHES + 3, settings, tmp_path)
    before = (tmp_path / "config.yaml").read_bytes()
    longer = settings | {"trainer": settings["trainer"] | {"max_epochs": 9}}
    with pytest.raises(UsageError, match=r"cannot go on"):
        train(longer | {"resume": str(tmp_path)}, tmp_path)
    assert (tmp_path / "config.yaml").read_bytes() == before
    train(settings | {"resume": str(tmp_path)}, tmp_path)


@pytest.mark.parametrize(
    "changed", ["optimizer.lr=0.5", "optimizer=adam", "network.dropout=0.4", "seed=3", "data.batch_size=32"]
)
def test_resume_refuses_other_parts_than_the_run_was_made_of(tmp_path: Path, changed: str) -> None:
    stop(SignalAt, BATCHES + 3, config("optimizer=sgd"), tmp_path)
    with pytest.raises(UsageError, match=r"resume=: .* cannot change from"):
        train(config("optimizer=sgd", changed) | {"resume": str(tmp_path)}, tmp_path)


def test_a_run_that_ended_before_its_test_is_tested_by_resuming(tmp_path: Path) -> None:
    settings = config()
    whole = train(settings, tmp_path)
    (tmp_path / "metrics.json").unlink()
    again = train(settings | {"resume": str(tmp_path)}, tmp_path)
    assert again["loss/test"] == pytest.approx(whole["loss/test"])
    assert again["epochs"] == 4 and again["best_epoch"] == whole["best_epoch"]


def test_a_signal_within_an_accumulation_window_waits_for_its_end(tmp_path: Path) -> None:
    settings = config("trainer.accumulate_grad_batches=3")
    train(settings, tmp_path / "whole")
    stop(SignalAt, BATCHES + 1, settings, tmp_path / "cut")
    train(settings | {"resume": str(tmp_path / "cut")}, tmp_path / "cut")
    assert_equal_runs(tmp_path / "whole", tmp_path / "cut")


def test_the_best_score_outlives_a_move_of_the_run(tmp_path: Path) -> None:
    settings = config("optimizer.lr=1e-9", "optimizer=sgd", "scheduler=none")
    stop(SignalAt, 2 * BATCHES - 1, settings, tmp_path / "there")
    best = torch.load(tmp_path / "there" / "checkpoints" / "best.ckpt", weights_only=True)
    (tmp_path / "there").rename(tmp_path / "here")
    train(settings | {"resume": str(tmp_path / "here")}, tmp_path / "here")
    kept = torch.load(tmp_path / "here" / "checkpoints" / "best.ckpt", weights_only=True)
    assert kept["epoch"] == best["epoch"]


def test_best_and_early_stopping_look_only_at_fresh_metrics(tmp_path: Path) -> None:
    settings = config("trainer.check_val_every_n_epoch=2", "callbacks=[default,early_stopping]", "optimizer.lr=1e-9")
    settings["callbacks"]["early_stopping"]["patience"] = 1
    settings["trainer"]["max_epochs"] = 9
    results = train(settings, tmp_path)
    assert results["epochs"] == 4  # the second validation is no better than the first
    assert results["best_epoch"] == 2 and "loss/val" in results
