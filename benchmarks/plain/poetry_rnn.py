"""A poem model as an introductory course trains it: windows as lists in a DataLoader.

python benchmarks/plain/poetry_rnn.py --train train.txt --held-out held_out.txt --epochs 1
"""

import argparse
import math
import resource
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

WINDOW = 24


class Windows(Dataset):
    """Every window of every poem, and the same window one character later: lists of numbers."""

    def __init__(self, poems: list[str], numbers: dict[str, int]) -> None:
        self.inputs: list[list[int]] = []
        self.targets: list[list[int]] = []
        for poem in poems:
            tokens = [numbers.get(character, 0) for character in poem]
            for start in range(len(tokens) - WINDOW):
                self.inputs.append(tokens[start : start + WINDOW])
                self.targets.append(tokens[start + 1 : start + WINDOW + 1])

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return torch.tensor(self.inputs[index]), torch.tensor(self.targets[index])


class PoemModel(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 256)
        self.rnn = nn.RNN(256, 512, num_layers=2, batch_first=True)
        self.linear = nn.Linear(512, vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        hidden, _ = self.rnn(self.embedding(tokens))
        return self.linear(hidden)  # (N, T, V)


def train_epoch(model: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer, steps: int) -> None:
    model.train()
    criterion = nn.CrossEntropyLoss()
    total = 0.0
    for step, (inputs, targets) in enumerate(loader):
        if step == steps:
            break
        optimizer.zero_grad()
        logits = model(inputs)
        loss = criterion(logits.reshape(-1, logits.shape[2]), targets.reshape(-1))
        loss.backward()
        optimizer.step()
        total += loss.item()


@torch.no_grad()
def perplexity(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    total, tokens = 0.0, 0
    for inputs, targets in loader:
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits.reshape(-1, logits.shape[2]), targets.reshape(-1), reduction="sum")
        total += loss.item()
        tokens += targets.numel()
    return math.exp(total / tokens)


def peak() -> float:
    """Returns the highest resident memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="poems without punctuation, one a line")
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0, help="only so many, without evaluation on the held-out poems")
    parser.add_argument("--load-only", action="store_true", help="print the memory that the windows take, and stop")
    options = parser.parse_args()
    torch.manual_seed(0)
    before = peak()
    poems, held_out = (path.read_text(encoding="utf-8").split() for path in (options.train, options.held_out))
    characters = sorted(set("".join(poems)))
    numbers = {character: number for number, character in enumerate(["<UNK>", *characters])}
    train_loader = DataLoader(Windows(poems, numbers), batch_size=32, shuffle=True)
    if options.load_only:
        print(f"loading took {peak() - before:.1f} MiB")
        return
    held_out_loader = DataLoader(Windows(held_out, numbers), batch_size=32)
    model = PoemModel(len(numbers))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    steps = options.steps or len(train_loader)
    for epoch in range(options.epochs):
        started = time.perf_counter()
        train_epoch(model, train_loader, optimizer, steps)
        seconds = time.perf_counter() - started
        rate = steps * 32 * WINDOW / seconds
        print(f"epoch {epoch + 1}  seconds {seconds:.3f}  tokens/s {rate:.0f}", flush=True)
        if not options.steps:
            print(f"epoch {epoch + 1}  perplexity/val {perplexity(model, held_out_loader):.1f}", flush=True)


if __name__ == "__main__":
    main()
