"""Chooses the device (the config group `accelerator`) and whether to compile for it, and sets glibc's allocator."""

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch.plugins import LayerSync
from lightning.pytorch.strategies import StrategyRegistry
from torch import nn

from lightlab.config.composition import Config
from lightlab.config.instantiation import part
from lightlab.data.loader import Share
from lightlab.errors import UsageError, did_you_mean
from lightlab.runs.ranks import Launch
from lightlab.training.batch_norm import SyncOnCpu


@dataclass(frozen=True)
class Accelerator:
    """A device that this machine has.

    Attributes:
        name: ``cpu``, ``gpu`` or ``mps``, as Lightning's Trainer takes it.
        memory_format: ``auto``, ``contiguous`` or ``channels_last``.
    """

    name: str
    memory_format: str = "auto"

    @property
    def device(self) -> torch.device:
        return torch.device({"gpu": "cuda"}.get(self.name, self.name))

    @property
    def description(self) -> str:
        """The device in words: ``cpu (2 threads)`` or ``gpu (NVIDIA H100)``."""
        if self.name == "gpu":
            return f"gpu ({torch.cuda.get_device_name()})"
        return f"cpu ({torch.get_num_threads()} threads)" if self.name == "cpu" else "mps (Apple GPU)"

    def channels_last(self, network: nn.Module) -> bool:
        """Whether images lie in memory as (N, H, W, C), a layout that convolution kernels need not convert.

        `auto` chooses it for convolutional networks, except on Apple's GPU.
        """
        if self.memory_format != "auto":
            return self.memory_format == "channels_last"
        return self.name != "mps" and any(isinstance(layer, nn.Conv2d) for layer in network.modules())


def choose(name: str, memory_format: str = "auto") -> Accelerator:
    """Returns the accelerator of that name; ``auto`` is the first of gpu, mps, cpu that this machine has.

    Raises:
        UsageError: the machine has no such accelerator.
    """
    available = {"gpu": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, is_available in available.items() if is_available)
    if not available[name]:
        kind = {"gpu": "no CUDA device", "mps": "no Apple GPU (MPS)"}[name]
        raise UsageError(f"accelerator={name}, but this machine has {kind}; use accelerator=cpu or accelerator=auto")
    return Accelerator(name, memory_format)


@dataclass(frozen=True)
class Processes:
    """The processes that train a run together.

    Attributes:
        devices: of each machine, as Lightning's Trainer takes them.
        strategy: likewise.
        share: which of the processes this is.
    """

    devices: int | list[int]
    num_nodes: int
    strategy: Any
    share: Share

    @property
    def shards_weights(self) -> bool:
        """Whether no process has all of the weights."""
        name = self.strategy if isinstance(self.strategy, str) else type(self.strategy).__name__.lower()
        return any(kind in name for kind in ("fsdp", "deepspeed", "modelparallel"))

    def options(self, trainer: dict[str, Any], accelerator: Accelerator) -> dict[str, Any]:
        """Returns the arguments of the Trainer, its plugins apart."""
        on_cpu = accelerator.name == "cpu"
        return {
            "accelerator": accelerator.name,
            "devices": self.devices,
            "num_nodes": self.num_nodes,
            "strategy": self.strategy,
            "sync_batchnorm": trainer.get("sync_batchnorm", False) and not on_cpu,
        }

    def layer_sync(self, trainer: dict[str, Any], accelerator: Accelerator) -> list[LayerSync]:
        """Returns the plugin that replaces torch's `SyncBatchNorm` on a CPU, where it is wanted."""
        wanted = trainer.get("sync_batchnorm") and self.share.size > 1 and accelerator.name == "cpu"
        return [SyncOnCpu()] if wanted else []


def processes(config: Config, accelerator: Accelerator, started: Launch) -> Processes:
    """Returns the processes that ``trainer.devices``, ``num_nodes`` and ``strategy``, torchrun or srun ask for.

    Raises:
        UsageError: this machine has not that many devices, they are not those that were started, or cannot be used so.
    """
    trainer = config["trainer"]
    devices, nodes = _devices(trainer.get("devices", 1), accelerator.name), trainer.get("num_nodes", 1)
    count = len(devices) if isinstance(devices, list) else devices
    if started.size:
        if count not in (1, started.per_node) or nodes not in (1, started.nodes):
            raise UsageError(
                f"trainer.devices={trainer['devices']}, trainer.num_nodes={nodes}: {started.by} has started "
                f"{started.per_node} processes on each of {started.nodes} machines; leave both out"
            )
        devices, count, nodes = (devices if count > 1 else started.per_node), started.per_node, started.nodes
        _check_count(count, f"{started.by}: {count} processes", accelerator.name)
    elif count > 1 and accelerator.name == "cpu" and config["accelerator"]["name"] == "auto":
        raise UsageError(
            f"trainer.devices={trainer['devices']}: this machine has no GPU; two processes on the CPU are "
            "accelerator=cpu trainer.devices=2 (or trainer=cpu_ddp)"
        )
    elif nodes > 1 and not started.by:
        raise UsageError(f"trainer.num_nodes={nodes}: this process was started alone; start all by torchrun or srun")
    size = count * nodes
    if size > 1 and (config["folds"] or "h" in (config["gradient"] or {})):
        raise UsageError("folds and gradients by differences train on one device; set trainer.devices=1")
    return Processes(devices, nodes, _strategy(trainer, size, accelerator.name), Share(started.rank, size))


def _devices(value: Any, name: str) -> int | list[int]:
    """Returns the number of devices, or their numbers; ``auto`` and -1 are all GPUs, and one CPU."""
    text = str(value).strip("[] ")
    if text in ("auto", "-1"):
        return _available(name) or 1
    if isinstance(value, str) and text.isdecimal():
        value = int(text)
    if isinstance(value, str):
        numbers = [part.strip() for part in text.rstrip(",").split(",")]
        if not all(number.isdecimal() for number in numbers):
            raise UsageError(f"trainer.devices={value}: must be a number of devices, or their numbers: [0,1]")
        value = list(map(int, numbers))
    if isinstance(value, int):
        _check_count(value, f"trainer.devices={value}", name)
        return value
    if not value or name == "cpu" or max(value) >= (_available(name) or 1) or len(set(value)) < len(value):
        has = "a CPU has no numbers" if name == "cpu" else f"this machine has {_available(name)}, numbered from 0"
        raise UsageError(f"trainer.devices={value}: {has}; give a number of devices")
    return value


def _available(name: str) -> int:
    """Returns the number of GPUs; 0 for a CPU, which takes any number of processes."""
    return {"gpu": torch.cuda.device_count(), "mps": 1}.get(name, 0)


def _check_count(count: int, where: str, name: str) -> None:
    available = _available(name)
    if available and count > available:
        raise UsageError(f"{where}: this machine has {available} GPU{'s' * (available > 1)}; use at most as many")


def _strategy(trainer: dict[str, Any], size: int, device: str) -> Any:
    """Returns what Lightning takes as its strategy: a name, or an object that the config describes."""
    strategy = trainer.get("strategy", "auto")
    if isinstance(strategy, dict):
        strategy = part({"trainer.strategy": strategy}, "trainer.strategy")
        name = type(strategy).__name__.lower()
    else:
        name, known = strategy, ["auto", *StrategyRegistry.available_strategies()]
        if name not in known:
            usual = "auto, ddp, ddp_find_unused_parameters_true, fsdp, deepspeed_stage_2"
            raise UsageError(f"trainer.strategy={name}: no such strategy; {did_you_mean(name, known)}usual: {usual}")
    if "fsdp" in name and device != "gpu":
        raise UsageError(f"trainer.strategy=fsdp: FSDP needs CUDA GPUs, and this run is on {device}; use ddp")
    if size > 1 and device == "mps":
        raise UsageError("Apple's GPU is one device: set trainer.devices=1, or use accelerator=cpu")
    if size > 1 and name.startswith("single"):
        raise UsageError(f"trainer.strategy={name}: is for one device; use ddp for {size}")
    return "ddp" if size > 1 and name == "auto" else strategy


def compiles(config: Config, accelerator: Accelerator, steps: int) -> bool:
    """Whether ``compile`` means yes for a run of so many steps.

    ``auto`` means no on a CPU: compiling saved nothing of a recurrent network's step and 4 % of LeNet's, 0.7 ms, for a
    first step of 5 to 23 s. On a CUDA GPU it means yes where a saving of 1 ms a step would pay for 20 s.
    """
    if config["compile"] != "auto":
        return config["compile"]
    by_differences = "h" in (config["gradient"] or {})  # they evaluate the network by its functions
    return accelerator.device.type == "cuda" and steps >= 20_000 and not by_differences


_SETTINGS = {
    -3: 2**30,  # M_MMAP_THRESHOLD: up to 1 GiB comes from the heap
    -1: 2**31 - 1,  # M_TRIM_THRESHOLD: the heap's top is not given back
    -2: 256 * 2**20,  # M_TOP_PAD: the heap grows in steps of 256 MiB
}


def keep_pages() -> bool:
    """Sets glibc's allocator to keep freed pages for this process; returns False without glibc, or where it refuses."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(option, value) == 1 for option, value in _SETTINGS.items())
