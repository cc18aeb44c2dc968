from pathlib import Path

import pytest

from lightlab.runs.summary import results_table, run_summary, text_table

RESULTS = {
    "name": "toy",
    "data": "embedded",
    "seconds": 1.25,
    "epochs": 3,
    "best_epoch": 2,
    "loss/train": 0.12345,
    "loss/val": 2.0,
    "accuracy/val": 0.5,
    "loss/test": 1e-7,
    "w_error/learnt": 0.001,
}


def test_a_line_a_metric_and_a_column_a_split():
    lines = [line.split() for line in results_table(RESULTS).splitlines()]
    assert lines == [
        ["train", "val", "test"],
        ["loss", "0.1235", "2", "1e-07"],
        ["accuracy", "0.5"],
        ["w_error/learnt", "0.001"],
    ]


def test_a_note_is_no_metric_of_a_split():
    table = results_table({"test_rows": "held out of the training rows", "val_loss": 0.5})
    assert table.split() == ["train", "val", "test", "loss", "0.5"]


def test_a_split_without_a_value_leaves_its_place_empty():
    header, _, accuracy, _ = results_table(RESULTS).splitlines()
    assert header.index("val") + 3 == accuracy.index("0.5") + 3


def test_chinese_characters_take_two_columns_and_brackets_are_text():
    rows = [("1", "城市", "[red]x"), ("10", "a", "y")]
    assert text_table(rows, numbers=(0,)).splitlines() == [" 1  城市  [red]x", "10  a     y"]


def test_the_end_of_a_run_tells_results_folder_and_commands():
    text = run_summary(RESULTS, Path("runs/toy/now"), "input='[[4.0]]'", extendable=True)
    assert "toy · embedded data · 3 epochs in 1.2 s" in text and "best epoch 2" in text
    assert results_table(RESULTS) in text
    assert "lightlab predict run=runs/toy/now input='[[4.0]]'" in text
    assert "lightlab train resume=runs/toy/now trainer.max_epochs=6" in text


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        ("runs/toy/now", "lightlab board"),
        ("sweeps/toy/now/3", "lightlab board"),
        ("my run", "lightlab board 'my run'"),
    ],
)
def test_the_board_is_pointed_to_where_the_run_is_if_tensorboard_has_logged_it(folder, command):
    assert "watch" not in run_summary(RESULTS, Path(folder), "x", extendable=True)
    Path(folder).mkdir(parents=True)
    (Path(folder) / "events.out.tfevents.1").touch()
    text = run_summary(RESULTS, Path(folder), "x", extendable=True)
    assert [line for line in text.splitlines() if line.startswith("watch")] == [f"watch        {command}"]


def test_a_run_that_cannot_be_extended_is_told_to_start_anew():
    text = run_summary(RESULTS, Path("runs/toy/now"), "x", extendable=False)
    assert "lightlab train task=toy init_from=runs/toy/now" in text and "resume=" not in text


def test_the_commands_can_be_pasted_whatever_the_folder_is_called():
    text = run_summary(RESULTS, Path("runs/照片 (1)/it's"), "x", extendable=True)
    assert """run='runs/照片 (1)/it'"'"'s'""" in text and """resume='runs/照片 (1)/it'"'"'s'""" in text
