import pytest
import torch

from lightlab.callbacks.progress import CompileTime
from lightlab.training.devices import Accelerator, compiles
from lightlab.training.fit import train


@pytest.mark.parametrize(
    ("wanted", "device", "steps", "expected"),
    [
        ("auto", "cpu", 10**6, False),
        ("auto", "mps", 10**6, False),
        ("auto", "gpu", 20_000, True),
        ("auto", "gpu", 19_999, False),
        (True, "cpu", 1, True),
        (False, "gpu", 10**6, False),
    ],
)
def test_auto_compiles_long_runs_on_a_cuda_gpu(wanted, device, steps, expected):
    assert compiles({"compile": wanted, "gradient": {}}, Accelerator(device), steps) is expected


def test_auto_never_compiles_for_differences_which_evaluate_the_network_itself():
    assert not compiles({"compile": "auto", "gradient": {"h": 1e-4}}, Accelerator("gpu"), 10**6)


def test_what_the_first_step_took_is_said_once(capsys):
    timer = CompileTime()
    for batch in range(4):
        timer.on_train_batch_start(None, None, None, batch)
        timer.on_train_batch_end(None, None, {"loss": torch.tensor(1.0)}, None, batch)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("compiled: the first step took 0.0 s, the second ")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, when its compiler is imported
def test_a_compiled_run_learns_and_keeps_the_names_of_its_weights(config, tmp_path, capsys):
    small = ["task=digits_mlp", "data.source=embedded", "data.train_size=400", "trainer.max_epochs=1"]
    for compiled in ("true", "false"):
        train(config(*small, f"compile={compiled}"), tmp_path / compiled)
    out = capsys.readouterr().out
    assert out.count("compiled: the first step took") == 1
    one, other = (torch.load(tmp_path / name / "checkpoints" / "last.ckpt")["state_dict"] for name in ("true", "false"))
    assert one.keys() == other.keys()
    assert all(torch.allclose(one[name], other[name], atol=1e-3) for name in one)
