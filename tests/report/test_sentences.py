import pytest

from lightlab.report.comparison import compare
from lightlab.report.formatting import translator
from lightlab.report.runs import read_runs
from lightlab.report.sentences import caveats, circumstances, conclusion, reading_help, subject

translate = translator("en")


@pytest.fixture
def optimizers(write_run, tmp_path):
    """The comparison of optimizers, each with the scores of its seeds."""

    def optimizers(**scores):
        number = 0
        for optimizer, seeds in scores.items():
            for seed, score in enumerate(seeds):
                write_run(tmp_path / str(number), f"optimizer={optimizer}", f"seed={seed}", scores=(score,))
                number += 1
        return compare(read_runs([tmp_path]))[0]

    return optimizers


def test_a_significant_difference_is_given_with_its_interval(sweep):
    (found,) = compare(read_runs([sweep]))
    assert conclusion(found, translate) == (
        "adam is better than sgd: accuracy/val 0.910 ± 0.010 against 0.710 ± 0.010 (n = 3 and 3; difference 0.200, "
        "95 % interval 0.177 to 0.223, Welch's t-test p < 0.001)."
    )


def test_where_less_is_better_the_interval_is_still_of_how_much_better(write_run, tmp_path):
    for number, loss in enumerate((0.1, 0.12, 0.5, 0.52)):
        overrides = (f"optimizer={'ab'[number // 2]}", f"seed={number % 2}")
        write_run(tmp_path / str(number), *overrides, scores=(loss,), monitor="loss/val")
    words = conclusion(compare(read_runs([tmp_path]))[0], translate)
    assert words.startswith("a is better than b: loss/val 0.110 ± 0.014 against 0.510 ± 0.014")
    assert "difference 0.40, 95 % interval 0.34 to 0.46" in words


def test_what_may_be_chance_is_no_clear_difference(optimizers):
    words = conclusion(optimizers(adam=[0.8, 0.9, 0.7], sgd=[0.75, 0.85, 0.7]), translate)
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
def test_what_cannot_be_tested_is_stated(optimizers, scores, words):
    assert words in conclusion(optimizers(**scores), translate)


def test_a_single_configuration_that_finished(wrecks):
    assert conclusion(compare(read_runs([wrecks]))[0], translate).endswith(
        "(n = 1); no other configuration has a finished run."
    )


def test_without_a_finished_run_nothing_is_ranked(write_run, tmp_path):
    write_run(tmp_path / "0", state="failed", reason="no data")
    (found,) = compare(read_runs([tmp_path]))
    assert conclusion(found, translate) == "No run has finished with a value of accuracy/val, so there is no ranking."
    assert "Not all runs are done: 1 failed (see the table of runs)." in caveats(found, translate)


def test_the_subject_names_what_was_compared(grid):
    assert subject(compare(read_runs([grid]))[0], translate) == (
        "optimizer (sgd, adam) × optimizer.lr (0.1, 0.01, 1.0): 6 configurations, 12 runs, compared by "
        "accuracy/val (higher is better) at each run's best epoch."
    )


def test_many_values_are_given_as_a_range(optimizers, write_run, tmp_path):
    for number in range(12):
        write_run(tmp_path / str(number), f"optimizer.lr={10.0**-number}")
    assert "optimizer.lr (12 values from 1e-11 to 1)" in subject(compare(read_runs([tmp_path]))[0], translate)


def test_few_seeds_and_the_choice_of_the_best_are_caveats(optimizers):
    words = " ".join(caveats(optimizers(a=[0.9, 0.8], b=[0.7, 0.6], c=[0.1]), translate))
    assert "Last among those that finished: c, 0.1." in words
    assert "With so few seeds" in words and "The best of 3 was chosen by accuracy/val" in words


def test_test_columns_choose_nothing(sweep):
    (found,) = compare(read_runs([sweep]))
    assert "neither choose nor sort" in reading_help(found, translate) and "median configuration" in reading_help(
        found, translate
    )
    assert circumstances(found, translate) == "data: embedded"
