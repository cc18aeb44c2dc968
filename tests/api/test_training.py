import asyncio
import logging
import os
import signal
import sys
import threading
import warnings

import hydra
import matplotlib
import pytest
from hydra.core.global_hydra import GlobalHydra
from lightning.pytorch import Callback
from lightning.pytorch.loggers import CSVLogger

import lightlab
from lightlab.config.composition import HYDRA_DEFAULTS, conf_dir
from tests.api.conftest import SMALL

TOY = ("task=linear_toy", "trainer.max_epochs=3", *SMALL)


def state():
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    root = logging.getLogger()
    fonts = list(matplotlib.rcParams["font.family"])
    process = [list(sys.argv), dict(os.environ), os.getcwd(), handlers]
    return [*process, list(root.handlers), root.level, list(warnings.filters), fonts]


def test_a_run_leaves_the_process_as_it_was(capsys):
    with hydra.initialize_config_dir(str(conf_dir()), **HYDRA_DEFAULTS):
        before, own = state(), GlobalHydra.instance().hydra
        run = lightlab.train(*TOY, "hydra.job.chdir=true", "trainer.deterministic=true", quiet=True)
        assert state() == before and GlobalHydra.instance().hydra is own
    assert run.state == "done" and run.folder.parent.parent.name == "runs"
    assert capsys.readouterr().out == ""


def test_a_run_within_a_loop_and_in_a_thread():
    async def cell():
        return lightlab.train(*TOY, quiet=True)

    runs = [asyncio.run(cell())]
    threads = [threading.Thread(target=lambda: runs.append(lightlab.train(*TOY, quiet=True))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run.folder for run in runs}) == 3 and len({run.metrics["loss/train"] for run in runs}) == 1


def test_progress_is_shown_unless_it_is_not_wanted(capsys):
    lightlab.train(*TOY)
    assert "epoch 3/3" in capsys.readouterr().out
    lightlab.train(*TOY, progress=False)
    assert "epoch 3/3" not in (out := capsys.readouterr().out) and "run folder" in out


def test_objects_are_used_beside_those_of_the_config(tmp_path):
    class Count(Callback):
        epochs = 0

        def on_train_epoch_end(self, trainer, pl_module):
            self.epochs += 1

    lightlab.train(*TOY, callbacks=[count := Count()], logger=[CSVLogger(tmp_path, "own")], quiet=True)
    assert count.epochs == 3 and list((tmp_path / "own").rglob("metrics.csv"))


REFUSALS = {
    "key": (["optimizer.lrr=1"], {}, "optimizer.lrr: no such key; did you mean 'optimizer.lr'"),
    "value": ([], {"optimizer.lr": -1}, "optimizer.lr=-1: must be"),
    "sweep": (["seed=0,1"], {}, "several values; use lightlab.sweep"),
    "sweep_resume": (["sweep_resume=x"], {}, "only hydra/… can be added"),
    "config_dir": ([], {"config_dir": "nowhere"}, "config_dir nowhere: no such folder"),
    "callback": ([], {"callbacks": ["x"]}, "callbacks: x is a str; pass a list of objects"),
    "folds": (["folds=2", "task=binary"], {"callbacks": [Callback()]}, "folds: an object is of one run"),
}


@pytest.mark.parametrize(("overrides", "keywords", "said"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_an_exception_of_one_line_and_writes_nothing(overrides, keywords, said, tmp_path, capsys):
    with pytest.raises(lightlab.UsageError, match=said) as caught:
        lightlab.train("task=linear_toy", *SMALL, *overrides, **keywords)
    assert "\n" not in str(caught.value) and len(caught.traceback) <= 4
    assert not list(tmp_path.glob("runs/*/*")) and "error:" not in capsys.readouterr().err


def test_a_run_that_fails_raises_why_and_keeps_it(tmp_path):
    with pytest.raises(lightlab.LightlabError, match="the loss is inf at step 2"):
        lightlab.train(*TOY, {"optimizer.lr": 1e30}, folder=tmp_path / "run", quiet=True)
    assert lightlab.load(tmp_path / "run").state == "diverged"


def test_an_error_of_the_users_own_code_is_raised_as_it_is(tmp_path):
    class Broken(Callback):
        def on_train_epoch_end(self, trainer, pl_module):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        lightlab.train(*TOY, callbacks=[Broken()], folder=tmp_path / "run", quiet=True)
    assert (tmp_path / "run" / "traceback.txt").is_file()


class Stop(Callback):
    """Interrupts the second epoch, by a signal or, as a second one does, at once."""

    def __init__(self, at_once):
        self.at_once = at_once

    def on_train_batch_end(self, trainer, *_):
        if trainer.current_epoch == 1:
            if self.at_once:
                raise KeyboardInterrupt
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_run_says_how_it_goes_on_and_does(tmp_path):
    handler, folder = signal.getsignal(signal.SIGINT), tmp_path / "run"
    with pytest.raises(lightlab.Interrupted, match=r"go on with lightlab.resume\('.*run'\)"):
        lightlab.train(*TOY, callbacks=[Stop(at_once=False)], folder=folder, quiet=True)
    assert signal.getsignal(signal.SIGINT) is handler and lightlab.load(folder).state == "unfinished"
    run = lightlab.resume(folder, quiet=True)
    assert run.state == "done" and len(run.history) == 3
    longer = lightlab.resume(folder, {"trainer.max_epochs": 5}, quiet=True)
    assert len(longer.history) == 5


def test_a_second_interruption_stops_at_once(tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(lightlab.Interrupted, match="interrupted"):
        lightlab.train(*TOY, callbacks=[Stop(at_once=True)], folder=tmp_path / "run", quiet=True)
    assert signal.getsignal(signal.SIGINT) is handler


def test_errors_are_one_line_in_a_notebook(monkeypatch):
    assert lightlab.UsageError("what\nto do")._render_traceback_() == ["UsageError: what to do"]
    monkeypatch.setenv("LIGHTLAB_TRACEBACK", "1")
    assert "UsageError" in lightlab.UsageError("x")._render_traceback_()[-1]


def test_classes_that_a_folder_of_your_own_names_are_built_again(tmp_path, monkeypatch):
    own = tmp_path / "own"
    (own / "network").mkdir(parents=True)
    (own / "network" / "mine.yaml").write_text("_target_: my_networks.Mine\n_partial_: true\n")
    (own / "my_networks.py").write_text(
        "from lightlab.networks.mlp import MLP\n\n\nclass Mine(MLP):\n"
        "    def __init__(self, *, spec, layers, activation):\n"
        "        super().__init__(spec=spec, layers=layers, activation=activation, hidden=[2])\n"
    )
    monkeypatch.syspath_prepend(own)
    run = lightlab.train(*TOY, "network=mine", config_dir=own, folder=tmp_path / "run", quiet=True)
    assert type(run.module.network).__name__ == "Mine"
    with pytest.raises(lightlab.DataError, match="not lightlab's; refused"):
        lightlab.load(run.folder).predict([[1.0]])
    assert len(lightlab.load(run.folder, allow=["my_networks"]).predict([[1.0]])) == 1
