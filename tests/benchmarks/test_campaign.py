"""The campaign's judgement, and its short form; `python -m benchmarks.campaign` repeats what fails here."""

import os
import random
import subprocess
import sys

import pytest

from benchmarks.campaign.gadgets import PLACES, judged
from benchmarks.campaign.mutators import damage, mutators
from benchmarks.campaign.outcomes import Case, Verdict, judge, summary
from benchmarks.campaign.server import Finished
from benchmarks.measuring import ROOT


def finished(code: int = 0, stderr: str = "", **others) -> Finished:
    return Finished(code, "", stderr, 1.0, 1.0, **{"hung": False, "events": [], "orphans": False, **others})


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (finished(), "accepted"),
        (finished(2, "! conf/ has changed\nerror: lr=x: must be a number\n"), "refused"),
        (finished(1, "error: unexpected KeyError at x.py:1\n"), "last resort"),
        (finished(2, "usage: x\nerror: y\n"), "not one line"),
        (finished(1, f"error: {'x' * 2000}\n"), "not one line"),
        (finished(1, "error: \x1b[31mred\n"), "not one line"),
        (finished(1, "Traceback (most recent call last):\nValueError: x\n"), "traceback"),
        (finished(-9, hung=True), "hang"),
        (finished(-11), "killed"),
        (finished(orphans=True), "left behind"),
        (finished(events=["open ('/etc/x', 'w', 0)"]), "outside"),
    ],
)
def test_a_command_is_judged_by_how_it_ends(tmp_path, end, outcome):
    assert judge(Case([]), end, tmp_path)[0] == outcome


@pytest.mark.parametrize(
    ("text", "case", "outcome"),
    [
        ("row,price\n1,2.0\n2,3.0\n", Case([], rows=2), "accepted"),
        ("row,price\n1,2.0\n", Case([], rows=2), "silently wrong"),
        ("row,price\n1,inf\n2,3.0\n", Case([], rows=2), "silently wrong"),
        ("row,price\n1,\n2,3.0\n", Case([], rows=2), "silently wrong"),
        ("row,price\n1,2.0\n", Case([], must_refuse=True), "silently wrong"),
        ("row,price\n1,2.0\n", Case([], equal="other.csv"), "silently wrong"),
    ],
)
def test_predictions_that_are_accepted_are_counted_and_finite(tmp_path, text, case, outcome):
    (tmp_path / "out.csv").write_text(text)
    (tmp_path / "other.csv").write_text("row,price\n1,2.5\n")
    assert judge(case, finished(), tmp_path)[0] == outcome


def test_unfinished_files_and_scores_that_are_not_finite_are_noticed(tmp_path):
    (tmp_path / "metrics.json").write_text('{"loss/val": NaN}')
    assert judge(Case([]), finished(), tmp_path) == ("silently wrong", "loss/val is nan")
    (tmp_path / ".x.1.part").touch()
    assert judge(Case([]), finished(), tmp_path)[0] == "left behind"


def test_a_gadget_that_ran_is_noticed(tmp_path):
    assert judged(tmp_path, finished(2, "error: refused\n"))[0] == "refused"
    assert judged(tmp_path, finished(events=["os.system (b'touch RAN',)"]))[0] == "silently wrong"
    (tmp_path / "RAN").touch()
    assert judged(tmp_path, finished(2, "error: refused\n"))[0] == "silently wrong"


def test_a_seed_repeats_its_damage():
    data = bytes(range(200))
    assert all(
        damage.damaged(random.Random(seed), data) == damage.damaged(random.Random(seed), data) for seed in range(50)
    )


def test_the_table_counts_kinds_by_outcomes():
    table = summary([Verdict("texts", 0, "accepted", ""), Verdict("texts", 1, "hang", "after 20 s")])
    assert [line.split() for line in table.splitlines()][1] == ["texts", "1", "0", "1", "2"]


KINDS = list(mutators())


@pytest.mark.slow
@pytest.mark.parametrize(
    "section",
    [
        *(["--inputs", "36", *(f"--only={kind}" for kind in KINDS[part::2])] for part in range(2)),
        ["--kills", "6"],
        ["--gadgets", str(2 * len(PLACES))],
        ["--disk", "5"],
    ],
    ids=["inputs 1", "inputs 2", "kills", "gadgets", "disk"],
)
def test_the_short_campaign_finds_nothing(tmp_path, section):
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.campaign", *section, "--keep", str(tmp_path / "bad")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
