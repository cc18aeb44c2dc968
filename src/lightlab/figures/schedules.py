"""Every learning-rate schedule over a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from matplotlib.figure import Figure
from torch.optim import SGD, Optimizer

from lightlab.figures.options import FigureOptions
from lightlab.optimization import schedulers
from lightlab.optimization.schedulers import RunLength, Schedule
from lightlab.plots.style import COLOURS, Translate

EPOCHS, STEPS_PER_EPOCH = 20, 10
RUN = RunLength(EPOCHS * STEPS_PER_EPOCH, STEPS_PER_EPOCH)

# The choices of the config group `scheduler`, with its settings.
SCHEDULES: dict[str, Callable[[Optimizer, RunLength], Schedule]] = {
    "none": schedulers.constant,
    "step": partial(schedulers.step, step_size=5, gamma=0.5),
    "multistep": partial(schedulers.multistep, milestones=[5, 8], gamma=0.3),
    "exponential": partial(schedulers.exponential, gamma=0.95),
    "plateau": partial(schedulers.plateau, mode="min", factor=0.5, patience=3, threshold=1e-4, min_lr=0.0),
    "cosine": partial(schedulers.cosine, final_fraction=0.0),
    "warmup_cosine": partial(schedulers.warmup_cosine, warmup=0.05, final_fraction=0.0),
    "one_cycle": partial(
        schedulers.one_cycle,
        pct_start=0.3,
        div_factor=25.0,
        final_div_factor=1e4,
        cycle_momentum=True,
        base_momentum=0.85,
        max_momentum=0.95,
    ),
}


def draw_schedules(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    figure = Figure(figsize=(12, 5.4), layout="constrained")
    epochs = torch.arange(RUN.steps) / RUN.steps_per_epoch
    for index, (name, make) in enumerate(SCHEDULES.items()):
        axes = figure.add_subplot(2, 4, index + 1)
        rates, by = rates_of(make)
        axes.plot(epochs, rates, color=COLOURS[0], linewidth=2)
        if by == "validation":
            losses = [loss_at(epoch) for epoch in range(EPOCHS)]
            axes.plot(range(EPOCHS), losses, ":", color=COLOURS[1], label=translate("validation loss (assumed)"))
            axes.legend(fontsize=8)
        axes.set_title(f"{name}\n{_settings(make)}", fontsize=10)
        axes.set(ylim=(-0.05, 1.1), xticks=range(0, EPOCHS + 1, 5))
        axes.grid(alpha=0.3)
        if index >= 4:
            axes.set_xlabel(translate("epoch"))
    figure.supylabel(translate("learning rate, as a share of lr"), fontsize=11)
    return {"schedules": figure}


def rates_of(make: Callable[[Optimizer, RunLength], Schedule]) -> tuple[list[float], str]:
    """The learning rate of every step of `RUN`, for lr 1, and what the scheduler is stepped by."""
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer, RUN)
    rates = []
    for step in range(RUN.steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        ends_epoch = (step + 1) % RUN.steps_per_epoch == 0
        if schedule.scheduler is None:
            continue
        if schedule.interval == "step" or (schedule.interval == "epoch" and ends_epoch):
            schedule.scheduler.step()
        elif schedule.interval == "validation" and ends_epoch:
            schedule.scheduler.step(loss_at(step // RUN.steps_per_epoch))  # type: ignore[arg-type]
    return rates, schedule.interval


def loss_at(epoch: int) -> float:
    """A validation loss that falls until epoch 6 and then stays: what the plateau schedule waits for."""
    return max(0.3, 1 - epoch * 0.12)


def _settings(make: Callable[..., Schedule]) -> str:
    shown = ("step_size", "gamma", "milestones", "factor", "patience", "warmup", "pct_start", "div_factor")
    settings = getattr(make, "keywords", {})
    return ", ".join(f"{key} {settings[key]}" for key in shown if key in settings) or " "
