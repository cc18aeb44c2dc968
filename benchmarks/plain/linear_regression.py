"""A line fitted as an introductory course does it: 1000 epochs of 100 rows, 10 rows a step."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main() -> None:
    torch.manual_seed(0)
    x = torch.randn(100, 1)
    y = 2.5 * x + 5.2 + 0.1 * torch.randn(100, 1)
    loader = DataLoader(TensorDataset(x, y), batch_size=10, shuffle=True)
    network = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    for epoch in range(1000):
        total = 0.0
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(network(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item()
        if (epoch + 1) % 100 == 0:
            print(f"epoch {epoch + 1}  loss {total / len(loader):.4f}")
    print(f"w {network.weight.item():.3f}  b {network.bias.item():.3f}")


if __name__ == "__main__":
    main()
