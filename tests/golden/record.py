"""Ten steps of every task in float32 on synthetic data: python -m tests.golden.record writes their losses.

Run it only after a change that is meant to change the losses; the new file is the review of that change.
"""

import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.config.composition import Groups, composed
from lightlab.training.fit import train

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
TASKS = sorted(path.stem for path in (ROOT / "conf" / "task").glob("*.yaml"))
STEPS = 10
OVERRIDES = [
    f"trainer.max_steps={STEPS}",
    f"trainer.max_epochs={STEPS}",
    "trainer.precision=32-true",
    "trainer.limit_val_batches=1",
    "trainer.limit_test_batches=1",
    "accelerator=cpu",
    "compile=false",
    "keep_pages=false",
    "pictures=none",
    "callbacks=none",
    "logger=csv",
]


class StepLosses(Callback):
    """Keeps the loss of each step, exactly: a float32 written as a Python float."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        latest.append(self)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.losses.append(float(outputs["loss"]))


latest: list[StepLosses] = []


def losses(task: str, folder: Path) -> list[float]:
    """Trains a task for ten steps on one thread and returns the loss of each."""
    config = composed([f"task={task}", *OVERRIDES], Groups([ROOT / "conf"]))
    config["callbacks"] = {"losses": {"_target_": f"{__name__}.StepLosses"}}
    if "source" in config["data"]:
        config["data"]["source"] = "embedded"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        train(config, folder)
    finally:
        torch.set_num_threads(threads)
    return latest.pop().losses


def processor() -> str:
    """The processor's kind: kernels, and with them the last bits of a sum, depend on it."""
    path = Path("/proc/cpuinfo")
    first = path.read_text().partition("\n\n")[0] if path.is_file() else ""
    values = dict(line.replace("\t", "").split(":", 1) for line in first.splitlines() if ":" in line)
    kind = [values.get(key, "").strip() for key in ("model name", "cpu family", "model", "stepping")]
    return " ".join([*filter(None, kind), platform.machine(), torch.backends.cpu.get_cpu_capability()])


def main() -> None:
    os.environ["LIGHTLAB_CACHE"] = tempfile.mkdtemp()
    found = {}
    for task in TASKS:
        with tempfile.TemporaryDirectory() as folder:
            found[task] = losses(task, Path(folder))
    version = torch.__version__.partition("+")[0]
    path = FOLDER / f"torch-{version}.json"
    rows = ",\n".join(f"  {json.dumps(task)}: {json.dumps(values)}" for task, values in found.items())
    head = f' "torch": {json.dumps(version)},\n "processor": {json.dumps(processor())}'
    path.write_text(f'{{\n{head},\n "losses": {{\n{rows}\n }}\n}}\n')
    print(f"written: {path}")


if __name__ == "__main__":
    from tests.golden import record  # so that the callback's class is the one that the config names

    record.main()
