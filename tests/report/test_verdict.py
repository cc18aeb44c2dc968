import pytest

from lightlab.report.comparison import compare
from lightlab.report.folders import read_runs
from lightlab.report.verdict import answer, caveats, compared, facts, note
from lightlab.report.words import speaker

say = speaker("en")


@pytest.fixture
def told(write_run, tmp_path):
    """The comparison of optimizers, each with the scores of its seeds."""

    def told(**scores):
        number = 0
        for optimizer, seeds in scores.items():
            for seed, score in enumerate(seeds):
                write_run(tmp_path / str(number), f"optimizer={optimizer}", f"seed={seed}", scores=(score,))
                number += 1
        return compare(read_runs([tmp_path]))[0]

    return told


def test_a_difference_that_the_seeds_bear_out_is_told_with_its_interval(sweep):
    (found,) = compare(read_runs([sweep]))
    assert answer(found, say) == (
        "adam is better than sgd: accuracy/val 0.910 ± 0.010 against 0.710 ± 0.010 (n = 3 and 3; difference 0.200, "
        "95 % interval 0.177 to 0.223, Welch's t-test p < 0.001)."
    )


def test_where_less_is_better_the_interval_is_still_of_how_much_better(write_run, tmp_path):
    for number, loss in enumerate((0.1, 0.12, 0.5, 0.52)):
        told = (f"optimizer={'ab'[number // 2]}", f"seed={number % 2}")
        write_run(tmp_path / str(number), *told, scores=(loss,), monitor="loss/val")
    words = answer(compare(read_runs([tmp_path]))[0], say)
    assert words.startswith("a is better than b: loss/val 0.110 ± 0.014 against 0.510 ± 0.014")
    assert "difference 0.40, 95 % interval 0.34 to 0.46" in words


def test_what_may_be_chance_is_no_difference(told):
    words = answer(told(adam=[0.8, 0.9, 0.7], sgd=[0.75, 0.85, 0.7]), say)
    assert words.startswith("No clear difference between adam and sgd")


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (
            {"adam": [0.9], "sgd": [0.8, 0.7]},
            "adam comes first with accuracy/val 0.9, before sgd with 0.750 ± 0.071; but n = 1",
        ),
        ({"adam": [0.9, 0.9], "sgd": [0.8, 0.8]}, "all seeds (n = 2 and 2) give the same values"),
        ({"adam": [0.9, 0.9], "sgd": [0.9]}, "No difference between adam and sgd: both reach accuracy/val 0.900"),
        ({"adam": [0.9, 0.8]}, "toy reaches accuracy/val 0.850 ± 0.071 (n = 2); there is nothing else"),
    ],
    ids=["one run", "no spread", "equal", "alone"],
)
def test_what_cannot_be_tested_is_told_so(told, scores, words):
    assert words in answer(told(**scores), say)


def test_where_only_one_is_left_that_is_said(wrecks):
    assert answer(compare(read_runs([wrecks]))[0], say).endswith("(n = 1); no other configuration has a finished run.")


def test_without_a_finished_run_nothing_is_ranked(write_run, tmp_path):
    write_run(tmp_path / "0", state="failed", reason="no data")
    (found,) = compare(read_runs([tmp_path]))
    assert answer(found, say) == "No run has finished with a value of accuracy/val, so nothing can be ranked."
    assert "Not all runs are done: 1 failed (see the table of runs)." in caveats(found, say)


def test_the_sentence_before_says_what_was_compared(grid):
    assert compared(compare(read_runs([grid]))[0], say) == (
        "Compared: optimizer (sgd, adam) × optimizer.lr (0.1, 0.01, 1.0): 6 configurations, 12 runs, judged by "
        "accuracy/val (higher is better) at each run's best epoch."
    )


def test_many_values_are_told_by_their_range(told, write_run, tmp_path):
    for number in range(12):
        write_run(tmp_path / str(number), f"optimizer.lr={10.0**-number}")
    assert "optimizer.lr (12 values from 1e-11 to 1)" in compared(compare(read_runs([tmp_path]))[0], say)


def test_few_seeds_and_the_choice_of_the_best_are_caveats(told):
    words = " ".join(caveats(told(a=[0.9, 0.8], b=[0.7, 0.6], c=[0.1]), say))
    assert "Last of those that finished: c, 0.1." in words
    assert "Few seeds prove little" in words and "The best of 3 was picked by accuracy/val" in words


def test_the_note_says_that_test_columns_choose_nothing(sweep):
    (found,) = compare(read_runs([sweep]))
    assert "pick and sort nothing" in note(found, say) and "median configuration" in note(found, say)
    assert facts(found, say) == "data: embedded"
