"""Chooses the device (the config group `accelerator`) and whether to compile for it, and sets glibc's allocator."""

import ctypes
import sys
from dataclasses import dataclass

import torch
from torch import nn

from lightlab.config.composition import Config
from lightlab.errors import UsageError


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
