import math

import pytest

from lightlab.errors import UsageError
from lightlab.prediction.options import HELP, OPTIONS, PredictOptions, parse_options


def parsed(*arguments):
    return parse_options(["run=last", *arguments])


def test_defaults():
    options = parse_options(["run=last", "input=photo.png"])
    assert options == PredictOptions(input="photo.png", run="last", accelerator="auto", batch_size=1000, allow=[])


def test_help_names_every_option():
    assert all(f"  {name}=" in HELP for name in OPTIONS)


@pytest.mark.parametrize(
    "text", ["春.png", "a=b.png", "~/x.png", "it's #1.png", "a b,c.png", "C:\\x\\", "[photo].png", ""]
)
def test_everything_behind_the_first_equals_sign_is_the_value(text):
    assert parsed(f"input={text}").input == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("[[4.0],[5.0]]", [[4.0], [5.0]]), ("4", 4), ("-1.5e3", -1500.0), ("[1, 2]", [1, 2]), ("[]", [])],
)
def test_numbers_written_out(text, value):
    assert parsed(f"input={text}").input == value


@pytest.mark.parametrize("text", ["true", "null", '"4"', '{"x": 1}', "[1", "4.0.0"])
def test_other_text_stays_text(text):
    assert parsed(f"input={text}").input == text


def test_a_file_that_is_named_like_a_number_is_a_file(tmp_path):
    (tmp_path / "4").touch()
    assert parsed("input=4").input == "4"


def test_many_rows_written_out():
    rows = [[float(row)] for row in range(2000)]
    assert parsed(f"input={rows}").input == rows


@pytest.mark.parametrize("text", ["~nobody-of-this-name/x.csv", "x" * 5000, "a\0b", "[" * 100_000])
def test_a_text_that_cannot_be_a_path_is_left_for_the_reader_to_refuse(text):
    assert parsed(f"input={text}").input == text


def test_nan_is_left_for_the_reader_to_refuse():
    assert math.isnan(parsed("input=NaN").input)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run=last"], "input= is missing"),
        (["input=x"], "either run= .* or checkpoint="),
        (["run=last", "checkpoint=x.ckpt", "input=x"], "either run="),
        (["run=last", "imput=x"], "imput=x: no such option; did you mean 'input'"),
        (["run=last", "input"], "input: no such option"),
        (["photo.png"], "photo.png: no such option"),
        (["--run=last", "input=x"], "did you mean 'run'"),
        (["run=last", "input=x", "batch_size=0"], "batch_size=0: must be a whole number of at least 1"),
        (["run=last", "input=x", "batch_size=-1"], "batch_size=-1"),
        (["run=last", "input=x", "batch_size=1.5"], "batch_size=1.5"),
        (["run=last", "input=x", "batch_size="], "batch_size="),
        (["run=last", "input=x", "accelerator=tpu"], "must be one of auto, cpu, gpu, mps"),
        (["run=last", "input=x", "output=table.txt"], r"output=table.txt: must end in \.csv or \.json"),
        (["run=last", "input=x", "output=.csv"], "output=.csv"),
        (["run=last", "run=other", "input=x"], "run"),
        (["run=last", "start=春", "temperature=-0.1"], "temperature=-0.1: must be a number of at least 0"),
        (["run=last", "start=春", "temperature=nan"], "temperature=nan"),
        (["run=last", "start=春", "top_p=0"], "top_p=0: must be a number above 0 and of at most 1"),
        (["run=last", "start=春", "top_p=1.01"], "top_p=1.01"),
        (["run=last", "start=春", "top_k=0"], "top_k=0: must be a whole number of at least 1"),
        (["run=last", "input=x", f"batch_size={'9' * 5000}"], "batch_size=9{60}…: must be .* at most 1000000$"),
        (["run=last", "start=春", "temperature=1e308"], r"temperature=1e308: must be .* of at most 1e\+06"),
        (["run=last", "start=春", "top_k=9999999"], "top_k=9999999: must be .* at most 1000000"),
        (["run=last", "start=春", "seed=4294967296"], "seed=4294967296: must be .* at most 4294967295"),
        (["run=last", "start=春", "lines=four"], "lines=four: must be a whole number"),
        (["run=last", "start=春", "count=1.5"], "count=1.5"),
        (["run=last", "start=春", "rhyme=yes"], "rhyme=yes: must be one of True, False"),
        (["run=last", "start="], "start=: must be text"),
    ],
)
def test_a_bad_option_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        parse_options(arguments)


@pytest.mark.parametrize(
    ("text", "packages"), [("[a]", ["a"]), ("[a, b]", ["a", "b"]), ("a", ["a"]), ("[]", []), ("a,,b", ["a", "b"])]
)
def test_packages_to_vouch_for(text, packages):
    assert parsed("input=x", f"allow={text}").allow == packages


def test_verse_is_asked_for_without_an_input():
    options = parsed("start=4", "temperature=0", "top_p=1", "rhyme=true", "lines=2")
    assert options.input is None
    assert options.query == {"start": "4", "temperature": 0, "top_p": 1, "rhyme": True, "lines": 2}


def test_a_checkpoint_in_place_of_a_run():
    options = parse_options(["checkpoint=a=b.ckpt", "input=x", "batch_size=7", "output=t.json", "accelerator=cpu"])
    expected = PredictOptions("x", checkpoint="a=b.ckpt", output="t.json", accelerator="cpu", batch_size=7)
    assert options == expected


@pytest.mark.parametrize("value", ["0", "1", "-0.5", "nan", "half", ""])
def test_a_threshold_lies_between_0_and_1(value):
    assert parsed("input=x", "threshold=0.25").threshold == 0.25
    with pytest.raises(UsageError, match=f"threshold={value}: must be a number above 0 and below 1"):
        parsed("input=x", f"threshold={value}")


def test_a_slip_is_one_line_and_leaves_nothing(run_cli, tmp_path):
    done = run_cli("predict.py", "run=last", "imput=x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: imput=x") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
