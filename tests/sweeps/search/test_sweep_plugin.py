import subprocess
import sys

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
from hydra_plugins.lightlab_sweepers import OptunaSweeper
from omegaconf import OmegaConf
sweeper = OptunaSweeper()
sweeper.config = OmegaConf.create({"hydra": {"sweep": {"dir": "swept"}, "runtime": {"config_sources": []}}})
sweeper.sweep(["optimizer=sgd,adam"])
"""


def test_without_optuna_it_is_said_how_to_get_it():
    done = subprocess.run([sys.executable, "-c", MISSING], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: hydra/sweeper=optuna: needs optuna; pip install 'lightlab-dl[search]'\n"
