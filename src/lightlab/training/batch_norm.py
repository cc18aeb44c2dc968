"""Batch norm over the batches of all processes on a CPU, where torch's `SyncBatchNorm` does not run."""

import torch
import torch.distributed as dist
from lightning.pytorch.plugins import LayerSync
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm


class ProcessesBatchNorm(_BatchNorm):
    """Normalizes with the mean and variance of the rows of all processes."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected an input of at least 2 dimensions, not {input.ndim}")

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or not dist.is_initialized():
            return super().forward(input)
        axes = [axis for axis in range(input.ndim) if axis != 1]
        count = input.new_tensor([input.numel() / input.shape[1]])
        total, squares, count = all_reduce(torch.cat([input.sum(axes), (input * input).sum(axes), count])).split(
            [input.shape[1], input.shape[1], 1]
        )
        mean = total / count
        variance = (squares / count - mean * mean).clamp(min=0)
        self._track(mean.detach(), (variance * count / (count - 1)).detach())
        shape = [1, -1, *[1] * (input.ndim - 2)]
        output = (input - mean.view(shape)) * (variance + self.eps).rsqrt().view(shape)
        return output if self.weight is None else output * self.weight.view(shape) + self.bias.view(shape)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        rate = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, rate)
        self.running_var.lerp_(variance, rate)


class SyncOnCpu(LayerSync):
    """Replaces every batch norm of torch's while training lasts, as ``Trainer(sync_batchnorm=True)`` does on GPUs."""

    def apply(self, model: nn.Module) -> nn.Module:
        self._replaced = [
            (parent, name, layer)
            for parent in model.modules()
            for name, layer in parent.named_children()
            if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d))
        ]
        for parent, name, layer in self._replaced:
            setattr(parent, name, _sharing(layer))
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        for parent, name, layer in self._replaced:
            layer.train(getattr(parent, name).training)
            setattr(parent, name, layer)
        return model


def _sharing(layer: _BatchNorm) -> ProcessesBatchNorm:
    """Returns a layer with the same parameters and buffers."""
    made = ProcessesBatchNorm(layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
    for name, value in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]:
        setattr(made, name, value)
    return made.train(layer.training)
