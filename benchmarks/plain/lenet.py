"""LeNet on Fashion-MNIST as an introductory course trains it.

python benchmarks/plain/lenet.py --data-dir data --pixels raw --epochs 20
"""

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def lenet() -> nn.Sequential:
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2)),  # (N, 6, 14, 14)
        *(nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten()),  # (N, 400)
        *(nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10)),
    )
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
    return network


def read(folder: Path, part: str, pixels: str) -> tuple[Tensor, Tensor]:
    """Returns images (N, 1, 28, 28) in [0, 255] or [0, 1], and labels (N,)."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    scale = 255 if pixels == "unit" else 1
    return torch.tensor(images, dtype=torch.float32) / scale, torch.tensor(labels, dtype=torch.long)


def train_epoch(
    network: nn.Module, loader: DataLoader, criterion: nn.Module, optimizer: torch.optim.Optimizer
) -> float:
    network.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(network(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def accuracy(network: nn.Module, loader: DataLoader) -> float:
    network.eval()
    right = rows = 0
    for images, labels in loader:
        right += (network(images).argmax(1) == labels).sum().item()
        rows += len(labels)
    return right / rows


def datasets(folder: Path, pixels: str, validation: int) -> tuple[TensorDataset, TensorDataset]:
    """Returns the training rows and the evaluation rows: the test rows, or `validation` rows of the training set."""
    images, labels = read(folder, "train", pixels)
    if not validation:
        return TensorDataset(images, labels), TensorDataset(*read(folder, "t10k", pixels))
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    held_out, rest = order[:validation], order[validation:]
    return TensorDataset(images[rest], labels[rest]), TensorDataset(images[held_out], labels[held_out])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="the folder above fashion_mnist")
    parser.add_argument("--pixels", choices=["raw", "unit"], default="raw", help="0 to 255, or 0 to 1")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument(
        "--validation", type=int, default=0, help="evaluate on so many training rows, not the test rows"
    )
    options = parser.parse_args()
    torch.manual_seed(0)
    train, test = datasets(options.data_dir / "fashion_mnist", options.pixels, options.validation)
    train_loader = DataLoader(train, batch_size=256, shuffle=True)
    test_loader = DataLoader(test, batch_size=256)
    network = lenet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.9)
    for epoch in range(options.epochs):
        started, cpu_started = time.perf_counter(), time.process_time()
        loss = train_epoch(network, train_loader, criterion, optimizer)
        score = accuracy(network, test_loader)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
        scores = f"loss {loss:.4f}  accuracy {score:.4f}"
        print(f"epoch {epoch + 1}  {scores}  seconds {seconds:.3f}  cpu {cpu:.3f}", flush=True)


if __name__ == "__main__":
    main()
