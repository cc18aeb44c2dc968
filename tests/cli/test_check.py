"""lightlab check: what a checkpoint would build, and whether it may."""

import shutil
import sys

import pytest
import torch

from lightlab.cli.check import main
from lightlab.errors import DataError, LightlabError, UsageError
from tests.cli.test_train import trained

__all__ = ["trained"]


@pytest.fixture
def check(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lightlab", *map(str, arguments)])
        main()
        return capsys.readouterr().out

    return run


@pytest.fixture
def edited(trained, tmp_path):
    """A function that edits a run's checkpoint and returns its new file."""

    def edit(change):
        checkpoint = torch.load(trained / "checkpoints" / "last.ckpt", weights_only=True)
        change(checkpoint)
        torch.save(checkpoint, tmp_path / "edited.ckpt")
        return tmp_path / "edited.ckpt"

    return edit


def test_a_run_of_ours_may_be_built(check, trained):
    out = check(trained)
    names = [line.split()[1] for line in out.splitlines() if line.startswith("checkpoint ")]
    assert names == [str(path) for path in sorted((trained / "checkpoints").glob("*.ckpt"))]
    for part in ("task          linear_toy", "2 epochs, 2 steps", "all finite", "torch ", "torch.optim.SGD"):
        assert part in out
    assert "refused" not in out


def foreign(checkpoint):
    checkpoint["lightlab"]["config"]["network"] = {"_target_": "os.system", "command": "touch ran"}


def smuggled(checkpoint):
    checkpoint["lightlab"]["config"]["tags"] = [{"_target_": "torch.nn.ReLU"}]


def diverged(checkpoint):
    next(iter(checkpoint["state_dict"].values())).fill_(float("nan"))


@pytest.mark.parametrize(
    ("change", "answer", "line"),
    [
        (foreign, r"1 of \d+ targets refused, first os.system", "os.system"),
        (smuggled, r"1 of \d+ targets refused, first torch.nn.ReLU", "tags "),
        (diverged, "weights that are not finite, first in network", "not finite: network"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_built(check, edited, capsys, tmp_path, change, answer, line):
    with pytest.raises(LightlabError, match=answer) as error:
        check(edited(change))
    assert error.value.exit_code == 1 and line in capsys.readouterr().out and not (tmp_path / "ran").exists()


def test_a_package_that_is_trusted_may_be_built(check, edited):
    def change(checkpoint):
        checkpoint["lightlab"]["config"]["network"] = {"_target_": "lightning.pytorch.demos.boring_classes.BoringModel"}

    assert "refused" not in check(edited(change), "allow=[lightning]")


def test_a_damaged_file_and_a_misspelt_option_are_refused(check, trained, tmp_path):
    shutil.copy(trained / "config.yaml", tmp_path / "not.ckpt")
    with pytest.raises(DataError, match="not a checkpoint"):
        check(tmp_path / "not.ckpt")
    with pytest.raises(UsageError, match=r"alow=.*no such option; did you mean 'allow="):
        check(trained, "alow=[x]")
    with pytest.raises(UsageError, match="allow=3: must be a list of packages"):
        check(trained, "allow=3")
    with pytest.raises(UsageError, match="no such folder"):
        check("nowhere")
