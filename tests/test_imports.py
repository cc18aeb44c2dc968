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
# `python -m lightlab.figures` is an entry point, as train.py is.
OURS = {name: path for name, path in FILES.items() if name.startswith("lightlab.") and not name.endswith("__main__")}
TOP = {"training", "prediction", "cross_validation"}


def imported(path):
    """Every module that a file imports, wherever in it."""
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


def part(name):
    """``lightlab.data.idx`` → ``data``."""
    return name.split(".")[1] if "." in name else name


def parts_imported(group):
    return {part(each) for name, found in GRAPH.items() if part(name) == group for each in found} - {group}


@pytest.mark.parametrize("group", sorted({part(name) for name in OURS} - TOP))
def test_only_entry_points_stand_above_training_and_prediction(group):
    assert parts_imported(group).isdisjoint(TOP)


def test_training_and_prediction_know_nothing_of_each_other():
    assert "prediction" not in parts_imported("training") and "training" not in parts_imported("prediction")


@pytest.mark.parametrize("group", sorted(path.parent.name for path in (SOURCE / "lightlab").glob("*/__init__.py")))
def test_parts_do_not_build_each_other(group):
    assert "building" not in parts_imported(group)


MEET_IN_THE_CONFIG = {"modules": {"networks", "data"}, "networks": {"modules", "data"}, "data": {"modules", "networks"}}


@pytest.mark.parametrize("group", MEET_IN_THE_CONFIG)
def test_modules_networks_and_data_meet_through_the_config_alone(group):
    assert parts_imported(group)
    assert parts_imported(group).isdisjoint(MEET_IN_THE_CONFIG[group])


@pytest.mark.parametrize("name", ["targets", "errors"])
def test_at_the_bottom_nothing_of_ours_is_imported(name):
    assert GRAPH[f"lightlab.{name}"] == set()


def test_the_spec_knows_nothing_but_how_targets_are_scaled():
    assert GRAPH["lightlab.spec"] == {"lightlab.targets"}


PLAIN = [name for name in OURS if part(name) in {"networks", "scratch", "initializers", "schedulers", "losses"}]


@pytest.mark.parametrize("name", PLAIN)
def test_networks_and_their_like_import_torch_alone(name):
    others = {each.split(".")[0] for each in imported(OURS[name])} - sys.stdlib_module_names
    assert others <= {"torch", "lightlab"}
    twins = {"losses"} if part(name) == "scratch" else set()  # a twin is a kind of what it stands for
    assert {part(each) for each in GRAPH[name]} <= {"errors", "spec", "layers", part(name), *twins}


def test_no_circle():
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


def test_the_lists_of_these_tests_are_not_empty():
    assert len(GRAPH) > 30 and len(PLAIN) > 4 and GRAPH["lightlab.training"] > {"lightlab.building", "lightlab.errors"}


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
        "from lightlab.imports import uncollected\n"
        "class Run: pass\n"
        "with uncollected(): import json\n"
        "run = Run(); run.itself = run; left = weakref.ref(run); del run\n"
        "with uncollected(): import json\n"
        "assert left() is None and gc.isenabled()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(SOURCE)})
