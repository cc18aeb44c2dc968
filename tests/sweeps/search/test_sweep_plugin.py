import subprocess
import sys

import pytest

from lightlab.cli.arguments import prepare
from lightlab.errors import UsageError

SEARCH = ["-m", "hydra/sweeper=optuna", "task=linear_regression"]

FOUND = """
import sys
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
print([each.__name__ for each in Plugins.instance().discover(Sweeper)].count("OptunaSweeper"))
print(sorted({"optuna", "sqlalchemy", "torch", "lightning"} & set(sys.modules)))
"""


def test_hydra_finds_the_sweeper_and_imports_nothing_heavy_for_it():
    done = subprocess.run([sys.executable, "-c", FOUND], capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["1", "[]"], done.stderr


MISSING = """
import sys
sys.modules["optuna"] = None
from hydra_plugins.lightlab_optuna import OptunaSweeper
sweeper = OptunaSweeper()
sweeper.sweep(["optimizer=sgd,adam"])
"""


def test_without_optuna_it_is_said_how_to_get_it():
    done = subprocess.run([sys.executable, "-c", MISSING], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: hydra/sweeper=optuna: needs optuna; pip install 'lightlab-dl[search]'\n"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("optimizer.lrr=interval(0.1,1)", "optimizer.lrr: no such key; did you mean 'optimizer.lr'"),
        ("optimiser=sgd,adam", "optimiser: no such key; did you mean 'optimizer'"),
        ("optimizer=sgd,adm", "optimizer=adm: no such choice; did you mean 'adam'"),
        ("optimizer.lr=tag(log,interval(-1,1))", r"optimizer.lr=-1.0: must be a number above 0"),
        ("data.batch_size=range(0,9)", "data.batch_size=0: must be"),
        ("data.batch_size=interval(8,64)", r"data.batch_size=8.0: must be a whole number"),
        ("data.batch_size=range(9,9)", "a range without any value"),
    ],
)
def test_a_range_that_no_run_could_take_is_refused_before_anything_starts(conf, argument, message):
    with pytest.raises(UsageError, match=message):
        prepare([*SEARCH, argument], conf)


@pytest.mark.parametrize(
    "argument",
    [
        "optimizer.lr=tag(log,interval(1e-4,1))",
        "data.batch_size=int(interval(8,64))",
        "data.batch_size=range(1,1000000)",
    ],
)
def test_of_a_range_only_its_ends_are_tried_out(conf, argument):
    assert prepare([*SEARCH, argument], conf).argv == [*SEARCH, argument]


def test_an_interval_needs_a_search(conf):
    with pytest.raises(UsageError, match=r"a range without steps; .* or search it with hydra/sweeper=optuna"):
        prepare(["-m", "optimizer.lr=interval(0.1,1)"], conf)
