"""What a foreign folder says is refused in one line before Hydra starts; what the user says is taken."""

import sys
import zipfile

import pytest
import yaml

from lightlab.cli.arguments import prepare
from lightlab.config.composition import Groups, composed
from lightlab.errors import LightlabError
from lightlab.runs.resume import read_record

STARTED = ["task=linear_toy", "trainer.max_epochs=5"]
SWEEP = {
    "overrides": {"task": ["task=linear_toy", "seed=0,1"], "hydra": ["hydra.mode=MULTIRUN"]},
    "sweeper": {"_target_": "hydra_plugins.lightlab_sweepers.GridSweeper"},
    "sweep": {"subdir": "${hydra:job.num}"},
    "runtime": {"config_sources": []},
}


@pytest.fixture(scope="module")
def saved(conf):
    return composed(STARTED, Groups([conf]))


def write(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(contents), encoding="utf-8")


def write_run(folder, config):
    write(folder / "config.yaml", config)
    write(folder / ".hydra" / "overrides.yaml", STARTED)
    (folder / "checkpoints").mkdir()
    with zipfile.ZipFile(folder / "checkpoints" / "last.ckpt", "w") as file:
        file.writestr("data", "x")
    return folder


@pytest.fixture
def run(tmp_path, saved):
    """The folder of a run that stopped."""
    return write_run(tmp_path / "run", saved)


@pytest.fixture
def sweep(tmp_path, saved):
    """The folder of a sweep whose run 0 stopped."""
    write(tmp_path / "sweep" / "multirun.yaml", {"hydra": SWEEP})
    write_run(tmp_path / "sweep" / "0", saved)
    return tmp_path / "sweep"


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A module ``trap`` that can be imported; who imports it is caught."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "trap.py").write_text("from torch import nn\nclass Net(nn.Module): ...\n")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    yield
    sys.modules.pop("trap", None)


def contents(folder):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def refused(argv, conf, folder, named):
    before = contents(folder)
    with pytest.raises(LightlabError) as caught:
        prepare(argv, conf)
    assert named in str(caught.value) and "\n" not in str(caught.value)
    assert contents(folder) == before and "trap" not in sys.modules


CALLS = [
    "+network.x={_target_: trap.Net}",
    "network._target_=trap.Net",
    "+callbacks.x._target_=os.system",
    "+callbacks.x={_target_: lightlab.callbacks.pictures.Curves, y: [{_target_: os.system}]}",
    "+logger.x={_target_: lightning.pytorch.loggers.CSVLogger, save_dir: /tmp/x}",
    "+callbacks.best.dirpath=elsewhere",
    "callbacks.best.filename=../../x",
    "+x={_target_: os.system}",
    "name=${new_run:elsewhere,a,[]}",
    "name='${oc.env:HOME}'",
    "data.noise=${oc.decode:1}",
    "name='a ${oc.create:{}} b'",
    "name='${a${b}}'",
    "name='${${x}:y}'",
    "+task@hydra=linear_toy",
    "optimizer=../../elsewhere",
    "optimizer=/etc/passwd",
    "+schemas=../../elsewhere",
    "+schemas/x=../../elsewhere",
    "callbacks=[default,../../elsewhere]",
    "+data.mirrors=[https://elsewhere]",
    "+data.openml={data_id: 1, name: x.csv}",
    "+data.registry=x.txt",
    "hydra=default",
    "hydra.searchpath=[file:///elsewhere]",
    "hydra.launcher._target_=trap.Net",
    "+hydra.launcher.pre_dispatch=x",
    "hydra.launcher.n_jobs=${oc.env:HOME}",
    "hydra/launcher=../../elsewhere",
    "hydra.sweeper._target_=trap.Net",
    "hydra.sweeper.storage=sqlite:////elsewhere.db",
    "hydra.sweeper.sampler._target_=trap.Net",
    "hydra.sweeper.study_name=${new_run:elsewhere,a,[]}",
    "+hydra.callbacks.x._target_=trap.Net",
    "+hydra.job.env_set.LD_PRELOAD=x.so",
    "hydra.job_logging={version: 1}",
    "hydra/job_logging=default",
    "not an override=",
]


@pytest.mark.parametrize("text", CALLS)
def test_no_recorded_override_calls_or_places_anything(run, sweep, conf, trap, text):
    for name in ("overrides", "resume-1"):
        write(run / ".hydra" / f"{name}.yaml", [*STARTED, text])
        refused(["resume=run"], conf, run, f"run/.hydra/{name}.yaml: ")
    overrides = SWEEP["overrides"]
    for kind in ("task", "hydra"):
        changed = overrides | {kind: [*overrides[kind], text]}
        write(sweep / "multirun.yaml", {"hydra": SWEEP | {"overrides": changed}})
        refused(["sweep_resume=sweep"], conf, sweep, "sweep/multirun.yaml: ")


def test_no_swept_override_names_a_foreign_target(sweep, conf, trap):
    task = [*SWEEP["overrides"]["task"], "network._target_=lightlab.networks.mlp.Linear,'trap.Net'"]
    write(sweep / "multirun.yaml", {"hydra": SWEEP | {"overrides": SWEEP["overrides"] | {"task": task}}})
    refused(["sweep_resume=sweep"], conf, sweep, "network names trap.Net")


EVIL = [
    (("network", "_target_"), "trap.Net", "network names trap.Net"),
    (("callbacks", "x"), {"_target_": "trap.Net"}, "callbacks names trap.Net"),
    (("optimizer", "lr"), "${new_run:elsewhere,a,[]}", "optimizer names ${new_run"),
    (("name",), "${oc.env:HOME}", "name holds ${oc.env"),
    (("callbacks", "best", "dirpath"), "elsewhere", "callbacks.best names a folder"),
    (("hydra",), {"run": {"dir": "elsewhere"}}, "hydra: no such key"),
    (
        ("trainer", "default_root_dir"),
        "elsewhere",
        "trainer.default_root_dir: lightlab sets it",
    ),
    (("optimizer",), ["x"], "lacks optimizer"),
]


@pytest.mark.parametrize(("key", "value", "named"), EVIL, ids=[named for _, _, named in EVIL])
def test_no_saved_config_calls_or_places_anything(run, sweep, conf, trap, key, value, named):
    for folder in (run, sweep / "0"):
        config = read_record(folder / "config.yaml", dict)
        level = config | {"allow": ["trap", "os"]}
        config = level
        for name in key[:-1]:
            level = level[name]
        level[key[-1]] = value
        write(folder / "config.yaml", config)
    refused(["resume=run"], conf, run, named)
    refused(["sweep_resume=sweep"], conf, sweep, named)


def test_a_folder_does_not_choose_where_this_machine_writes_or_what_it_downloads(run, conf, capsys):
    config = read_record(run / "config.yaml", dict)
    config |= {"cache_dir": "elsewhere", "data_dir": "theirs"}
    config["data"] |= {"cache_dir": "elsewhere", "mirrors": ["https://elsewhere"], "openml": {"name": "x"}}
    write(run / "config.yaml", config)
    write(run / ".hydra" / "overrides.yaml", [*STARTED, "cache_dir=elsewhere"])
    resumed = prepare(["resume=run", "cache_dir=mine"], conf).resumed
    assert resumed.config["cache_dir"] == "mine" and resumed.config["data_dir"] == "theirs"
    assert not {"cache_dir", "mirrors", "openml"} & resumed.config["data"].keys()
    assert capsys.readouterr().err == "" and not [line for line in resumed.conf_changes if "cache_dir" in line]
    prepare(["resume=run"], conf)
    assert "cache_dir=elsewhere is left out" in capsys.readouterr().err


def test_what_is_typed_now_is_trusted(run, sweep, conf, trap):
    config = read_record(run / "config.yaml", dict)
    config["network"]["_target_"] = "trap.Net"
    for folder in (run, sweep / "0"):
        write(folder / "config.yaml", config)
    refused(["resume=run"], conf, run, "trap.Net")
    assert prepare(["resume=run", "network._target_=trap.Net"], conf).resumed
    assert "trap" not in sys.modules
    assert prepare(["resume=run", "allow=[trap]"], conf).resumed.config["allow"] == ["trap"]
    assert "allow=[trap]" in prepare(["sweep_resume=sweep", "allow=[trap]"], conf).argv
    write(run / ".hydra" / "resume-1.yaml", [*STARTED, "allow=[trap]"])
    sys.modules.pop("trap")
    refused(["resume=run"], conf, run, "trap.Net")


def test_a_config_folder_is_trusted_where_it_is_given_now(run, conf, trap, tmp_path):
    own = tmp_path / "own"
    (own / "network").mkdir(parents=True)
    (own / "network" / "mine.yaml").write_text("_target_: trap.Net\n")
    write(run / ".hydra" / "overrides.yaml", [*STARTED, "network=mine"])
    source = {"provider": "command-line", "path": str(own)}
    write(run / ".hydra" / "hydra.yaml", {"hydra": {"runtime": {"config_sources": [source]}}})
    config = read_record(run / "config.yaml", dict) | {"network": {"_target_": "trap.Net"}}
    write(run / "config.yaml", config)
    refused(["resume=run"], conf, run, f"it was started with --config-dir {own}: give that again to trust it")
    command = prepare(["resume=run", "--config-dir", str(own)], conf)
    assert command.resumed.config["network"] == {"_target_": "trap.Net"}
    assert "trap" not in sys.modules
