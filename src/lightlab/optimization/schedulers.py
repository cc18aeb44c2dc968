"""Learning-rate schedules: the choices of the config group `scheduler`.

Each is a factory `(optimizer, run) -> Schedule`. Schedules that depend on the run's length read it from `run`.
In the formulas lr is the optimizer's own learning rate, and t counts from 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch.optim import Optimizer
from torch.optim import lr_scheduler as torch_schedulers
from torch.optim.lr_scheduler import LRScheduler

from lightlab.errors import UsageError, one_line


@dataclass(frozen=True)
class RunLength:
    """The number of the optimizer's steps, in the whole run and in an epoch."""

    steps: int
    steps_per_epoch: int

    @classmethod
    def of(
        cls, batches: int | None, trainer: dict[str, Any], accumulation: Mapping[int, int] | None = None
    ) -> RunLength:
        """Returns the length of a run with `batches` an epoch and the config's ``trainer``.

        Without a number of batches an epoch, as of a stream, only ``limit_train_batches`` or ``max_steps`` gives the
        length, and with ``max_epochs`` -1 only ``max_steps``; otherwise ``steps`` is 0. `accumulation` gives, for the
        epochs from which they hold, the batches whose gradients are added for one step.

        Lightning's `estimated_stepping_batches` is the same number, but when a run is resumed it sets up the train
        loader before the loader's state is restored, and the state is lost.
        """
        limit = trainer.get("fast_dev_run") or trainer.get("overfit_batches") or trainer["limit_train_batches"]
        epochs, most = trainer["max_epochs"], trainer["max_steps"]
        if trainer.get("fast_dev_run"):
            limit, epochs, most = int(limit), 1, -1
        if batches is None:
            if not isinstance(limit, int) or isinstance(limit, bool):
                return cls(max(0, most), 0)
            batches = limit
        if limit is not None:
            batches = min(limit, batches) if isinstance(limit, int) else int(limit * batches)
        per_epoch = max(1, math.ceil(batches / trainer["accumulate_grad_batches"]))
        whole = per_epoch * epochs
        if accumulation and epochs > 0:
            changes = sorted({0: 1, **accumulation}.items())
            ends = [*(epoch for epoch, _ in changes[1:]), epochs]
            whole = sum(
                max(1, math.ceil(batches / factor)) * max(0, min(end, epochs) - first)
                for (first, factor), end in zip(changes, ends, strict=True)
            )
            per_epoch = max(1, math.ceil(batches / changes[0][1]))
        return cls(min((steps for steps in (whole, most) if steps > 0), default=0), per_epoch)


@dataclass(frozen=True)
class Schedule:
    """A scheduler and when it steps.

    Attributes:
        scheduler: None for a constant learning rate.
        interval: when it steps: after every ``step`` of the optimizer, every ``epoch`` or every ``validation``.
        when_extended: what happens when a run is extended: ``same`` (the schedule ignores the run's length),
            ``rebuild`` (it is rebuilt for the new length) or ``refuse``.
    """

    scheduler: LRScheduler | None
    interval: Literal["step", "epoch", "validation"]
    when_extended: Literal["same", "rebuild", "refuse"] = "same"


def constant(optimizer: Optimizer, run: RunLength) -> Schedule:
    """lr(t) = lr."""
    return Schedule(None, "epoch")


def step(optimizer: Optimizer, run: RunLength, step_size: int, gamma: float) -> Schedule:
    """lr(epoch) = lr · gamma^⌊epoch / step_size⌋."""
    return Schedule(torch_schedulers.StepLR(optimizer, step_size, gamma), "epoch")


def multistep(optimizer: Optimizer, run: RunLength, milestones: list[int], gamma: float) -> Schedule:
    """lr(epoch) = lr · gamma^(number of milestones ≤ epoch)."""
    return Schedule(torch_schedulers.MultiStepLR(optimizer, list(milestones), gamma), "epoch")


def exponential(optimizer: Optimizer, run: RunLength, gamma: float) -> Schedule:
    """lr(epoch) = lr · gamma^epoch."""
    return Schedule(torch_schedulers.ExponentialLR(optimizer, gamma), "epoch")


def cosine(optimizer: Optimizer, run: RunLength, final_fraction: float = 0.0) -> Schedule:
    """lr(t) = lr·(f + (1 − f)·(1 + cos(π·t/T))/2), T the run's steps, f `final_fraction` (arXiv:1608.03983)."""
    return warmup_cosine(optimizer, run, warmup=0.0, final_fraction=final_fraction)


def warmup_cosine(optimizer: Optimizer, run: RunLength, warmup: float, final_fraction: float = 0.0) -> Schedule:
    """lr(t) = lr · (t + 1) / W for t < W = warmup·T, then a cosine down to final_fraction·lr at T."""
    rise = round(warmup * run.steps)

    def factor(t: int) -> float:
        if t < rise:
            return (t + 1) / rise
        done = min(1.0, (t - rise) / max(1, run.steps - rise))
        return final_fraction + (1 - final_fraction) * (1 + math.cos(math.pi * done)) / 2

    return Schedule(torch_schedulers.LambdaLR(optimizer, factor), "step", when_extended="rebuild")


def plateau(
    optimizer: Optimizer, run: RunLength, mode: str, factor: float, patience: int, threshold: float, min_lr: float
) -> Schedule:
    """lr ← factor·lr after more than `patience` validations without a relative improvement of `threshold`."""
    scheduler = torch_schedulers.ReduceLROnPlateau(
        optimizer,
        mode,  # type: ignore[arg-type]  # "min" or "max", checked with the config
        factor=factor,
        patience=patience,
        threshold=threshold,
        min_lr=min_lr,
    )
    return Schedule(scheduler, "validation")


def one_cycle(
    optimizer: Optimizer,
    run: RunLength,
    pct_start: float,
    div_factor: float,
    final_div_factor: float,
    cycle_momentum: bool,
    base_momentum: float,
    max_momentum: float,
) -> Schedule:
    """Cosine from lr/div_factor up to lr in the first pct_start of the run, then down (arXiv:1708.07120).

    Momentum, if the optimizer has it (SGD or RMSProp with momentum, Adam), changes in the opposite direction.
    """
    scheduler = torch_schedulers.OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        total_steps=max(2, run.steps),
        pct_start=max(pct_start, (1 + 1e-6) / max(2, run.steps)),  # at least one rising step
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        cycle_momentum=cycle_momentum and _has_momentum(optimizer),
        base_momentum=base_momentum,
        max_momentum=max_momentum,
    )
    return Schedule(scheduler, "step", when_extended="refuse")


def of_torch(
    kind: type[LRScheduler], options: dict[str, Any], mode: str = "min"
) -> Callable[[Optimizer, RunLength], Schedule]:
    """Adapts one of torch's own schedulers.

    Args:
        kind: its class; `ReduceLROnPlateau` steps after each validation, by the monitored metric.
        options: its arguments, the optimizer apart, and ``interval``: ``epoch`` (the default) or ``step``.
        mode: whether a lower (``min``) or a higher (``max``) monitored metric is better.

    Raises:
        UsageError: for another interval; from the factory, for arguments that the class does not take.
    """
    interval = options.get("interval", "epoch")
    if interval not in ("epoch", "step"):
        raise UsageError(f"scheduler.interval={interval}: must be one of epoch, step")
    arguments = {name: value for name, value in options.items() if name != "interval"}
    if issubclass(kind, torch_schedulers.ReduceLROnPlateau):
        interval, arguments = "validation", {"mode": mode} | arguments

    def adapted(optimizer: Optimizer, run: RunLength) -> Schedule:
        try:
            return Schedule(kind(optimizer, **arguments), interval)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"scheduler: {kind.__name__}: {one_line(error)}; scheduler=none on the command line takes away the "
                "options of the task's own scheduler"
            ) from error

    return adapted


def _has_momentum(optimizer: Optimizer) -> bool:
    return "betas" in optimizer.defaults or optimizer.defaults.get("momentum", 0) > 0
