"""House prices as an introductory course trains them: 200 epochs of N 64, evaluated on the held-out rows every epoch.

python benchmarks/plain/house_prices.py --data-dir data
"""

import argparse
from pathlib import Path

import pandas as pd
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def read(path: Path) -> tuple[TensorDataset, TensorDataset]:
    table = pd.read_csv(path)
    prices = table.pop("SalePrice")
    table = table.drop(columns="Id")
    numeric = table.select_dtypes("number").columns
    categorical = table.columns.difference(numeric)
    table[categorical] = table[categorical].astype(object).fillna("NaN")
    train, test, train_prices, test_prices = train_test_split(table, prices, test_size=0.2, random_state=42)
    columns = ColumnTransformer(
        [
            ("numeric", make_pipeline(SimpleImputer(strategy="mean"), StandardScaler()), numeric),
            ("categorical", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categorical),
        ]
    )
    features = columns.fit_transform(train), columns.transform(test)
    targets = train_prices.to_numpy(), test_prices.to_numpy()
    return tuple(
        TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).unsqueeze(1))
        for x, y in zip(features, targets, strict=True)
    )


def log_rmse(outputs: Tensor, targets: Tensor) -> Tensor:
    return torch.sqrt(nn.functional.mse_loss(torch.log(outputs.clamp(min=1)), torch.log(targets)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="the folder above house_prices")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    train, test = read(options.data_dir / "house_prices" / "train.csv")
    train_loader, test_loader = DataLoader(train, batch_size=64, shuffle=True), DataLoader(test, batch_size=64)
    width = train.tensors[0].shape[1]
    network = nn.Sequential(nn.Linear(width, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    for epoch in range(options.epochs):
        network.train()
        total = 0.0
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = log_rmse(network(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item()
        network.eval()
        with torch.no_grad():
            held_out = sum(log_rmse(network(inputs), targets).item() for inputs, targets in test_loader)
        print(f"epoch {epoch + 1}  train {total / len(train_loader):.4f}  held out {held_out / len(test_loader):.4f}")
    outputs = network(test.tensors[0])
    print(f"log-RMSE of the held-out rows {log_rmse(outputs, test.tensors[1]).item():.4f}")


if __name__ == "__main__":
    main()
