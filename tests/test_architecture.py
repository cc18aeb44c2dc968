import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
OURS = {name: path for name, path in FILES.items() if name.startswith("lightlab")}
# From the top floor down: a folder imports only from those below it, and `lightlab.data` imports no `lightlab.cli`.
FLOORS = [
    *("__main__", "api", "cli", "sweeps", "figures", "export", "prediction", "training", "surfaces", "callbacks"),
    *("report", "runs", "plots", "scratch", "data", "networks", "modules", "optimization", "config"),
    *("spec", "files", "errors"),
]
STRANGERS = ("data", "networks", "modules")  # they meet through the config alone


def imported(path):
    """Yields every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{each.name}" for each in node.names)


def our_module(name):
    """``lightlab.spec.Spec`` → ``lightlab.spec``; None for what is not ours."""
    while name.startswith("lightlab"):
        if name in FILES:
            return name
        name = name.rpartition(".")[0]
    return None


GRAPH = {name: {ours for each in imported(path) if (ours := our_module(each))} for name, path in OURS.items()}


def folder(name):
    """``lightlab.data.images.idx`` → ``data``."""
    return name.split(".")[1] if "." in name else name


def folders_imported(group):
    return {folder(each) for name, found in GRAPH.items() if folder(name) == group for each in found} - {group}


def test_every_folder_and_root_module_has_a_floor():
    assert {folder(name) for name in OURS} == {*FLOORS, "lightlab"}


@pytest.mark.parametrize("group", FLOORS)
def test_imports_point_one_way(group):
    assert folders_imported(group) <= set(FLOORS[FLOORS.index(group) + 1 :])


@pytest.mark.parametrize("group", STRANGERS)
def test_data_networks_and_modules_meet_through_the_config_alone(group):
    assert folders_imported(group).isdisjoint(STRANGERS)


@pytest.mark.parametrize(
    "name", sorted(name for name in OURS if folder(name) in ("networks", "scratch", "optimization"))
)
def test_networks_and_optimization_import_torch_alone(name):
    others = {each.split(".")[0] for each in imported(OURS[name])} - sys.stdlib_module_names
    assert others <= {"torch", "lightlab"}
    counterparts = (
        {"lightlab.modules.losses", "lightlab.optimization.optimizers"} if folder(name) == "scratch" else set()
    )
    assert {each for each in GRAPH[name] if folder(each) not in ("errors", "spec", folder(name))} <= counterparts


def test_no_two_modules_import_each_other():
    done, open_ = set(), []

    def visit(name):
        assert name not in open_, " → ".join([*open_, name])
        if name not in done:
            open_.append(name)
            for each in sorted(GRAPH.get(name, ())):
                visit(each)
            done.add(open_.pop())

    for name in GRAPH:
        visit(name)


def test_the_root_and_the_number_of_folders_stay_small():
    package = SOURCE / "lightlab"
    assert len(list(package.glob("*.py"))) <= 6
    assert len([path for path in package.iterdir() if (path / "__init__.py").is_file()]) <= 18


# Folders of tests that hold no tests of one module: the config files, whole commands, recorded losses, benchmarks.
OF_NO_MODULE = {"conf", "commands", "golden", "benchmarks"}


def mirrored():
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        place = path.relative_to(ROOT / "tests")
        if place.parts[0] not in OF_NO_MODULE and place != Path("test_architecture.py"):
            yield str(place)


@pytest.mark.parametrize("path", list(mirrored()))
def test_a_file_of_tests_is_named_for_the_module_that_it_tests(path):
    """``data/test_cache.py`` tests ``lightlab/data/cache.py``, and so does ``data/test_cache_memory.py``."""
    place = Path(path)
    names = place.stem.removeprefix("test_").split("_")
    modules = ("_".join(names[:count]) for count in range(1, len(names) + 1))
    assert any((SOURCE / "lightlab" / place.parent / f"{module}.py").is_file() for module in modules)


PROBE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit:
    pass
heavy = {"torch", "lightning", "pandas", "sklearn", "matplotlib", "torchmetrics", "PIL"} & set(sys.modules)
print("heavy:", sorted(heavy))
"""


@pytest.mark.parametrize(
    "command",
    [
        ["train.py", "--help"],
        ["train.py", "--cfg", "job"],
        ["train.py", "optimizer=adm"],
        ["train.py", "optimizer.lr=-1"],
        ["train.py", "resume=last"],
        ["predict.py", "--help"],
        ["predict.py", "run=last", "imput=x"],
        ["predict.py", "run=last", "input=x"],
    ],
    ids=" ".join,
)
def test_what_needs_no_torch_is_answered_without_importing_it(command, tmp_path):
    script, *arguments = command
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT / script), *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.endswith("heavy: []\n"), done.stderr


def test_what_a_run_leaves_behind_is_not_kept_by_the_next_ones_imports():
    code = (
        "import gc, weakref\n"
        "from lightlab.cli.startup import uncollected\n"
        "class Run: pass\n"
        "with uncollected(): import json\n"
        "run = Run(); run.itself = run; left = weakref.ref(run); del run\n"
        "with uncollected(): import json\n"
        "assert left() is None and gc.isenabled()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(SOURCE)})
