"""Every learning-rate schedule of the config over a run."""

from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch.optim import SGD, Optimizer

from lightlab.config.instantiation import part
from lightlab.figures.options import FigureOptions
from lightlab.figures.settings import settings_by_name
from lightlab.optimization.schedulers import RunLength, Schedule
from lightlab.plots.style import COLOURS, Translate

EPOCHS, STEPS_PER_EPOCH = 20, 10
RUN = RunLength(EPOCHS * STEPS_PER_EPOCH, STEPS_PER_EPOCH)
COLUMNS = 4


def draw_schedules(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    schedules = settings_by_name("scheduler")
    rows = -(-len(schedules) // COLUMNS)
    figure = Figure(figsize=(12, 0.4 + 2.5 * rows), layout="constrained")
    epochs = torch.arange(RUN.steps) / RUN.steps_per_epoch
    for index, (name, settings) in enumerate(schedules.items()):
        axes = figure.add_subplot(rows, COLUMNS, index + 1)
        rates, by = rates_of(part({"scheduler": settings}, "scheduler"))
        axes.plot(epochs, rates, color=COLOURS[0], linewidth=2)
        if by == "validation":
            losses = [loss_at(epoch) for epoch in range(EPOCHS)]
            axes.plot(range(EPOCHS), losses, ":", color=COLOURS[1], label=translate("validation loss (assumed)"))
            axes.legend(fontsize=8)
        numbers = [f"{key} {value}" for key, value in settings.items() if not isinstance(value, (str, bool))]
        axes.set_title(f"{name}\n{', '.join(numbers[:2])}", fontsize=10)
        axes.set(ylim=(-0.05, 1.1), xticks=range(0, EPOCHS + 1, 5))
        axes.grid(alpha=0.3)
        if index >= len(schedules) - COLUMNS:
            axes.set_xlabel(translate("epoch"))
    figure.supylabel(translate("learning rate, as a share of lr"), fontsize=11)
    return {"schedules": figure}


def rates_of(make: Callable[[Optimizer, RunLength], Schedule]) -> tuple[list[float], str]:
    """Returns the learning rate of every step of `RUN`, for lr 1, and what the scheduler is stepped by."""
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
    """Returns a validation loss that falls until epoch 6 and then stays, which the plateau schedule waits for."""
    return max(0.3, 1 - epoch * 0.12)
