import subprocess
import sys

import pytest


def report(*arguments):
    command = [sys.executable, "-m", "lightlab", "report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_report_of_one_folder_lies_in_it(sweep):
    done = report(sweep)
    assert (done.returncode, done.stdout) == (0, f"{sweep}/report.html\n") and (sweep / "summary.csv").is_file()


def test_a_report_of_several_lies_where_it_is_wanted(sweep, grid, tmp_path):
    assert report(sweep, grid, "--to", tmp_path / "there", "--score", "0.8", "--language", "zh").returncode == 0
    assert "达到 0.8 的轮数" in (tmp_path / "there" / "report.html").read_text(encoding="utf-8")
    assert report(sweep, grid).stdout == "report/report.html\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["empty"], 1, "error: empty: no run lies here"),
        (["nowhere"], 2, "error: nowhere: no such folder"),
        (["empty", "--score", "high"], 2, "error: --score: invalid"),
        ([], 2, "required: FOLDER"),
    ],
    ids=["empty", "missing", "no score", "nothing"],
)
def test_a_slip_is_one_line(tmp_path, arguments, code, said):
    (tmp_path / "empty").mkdir()
    done = report(*arguments)
    assert done.returncode == code and said in done.stderr and "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_no_torch_is_imported(sweep, tmp_path):
    code = (
        "import sys; from pathlib import Path; from lightlab.report import write; "
        "write([Path(sys.argv[1])], Path(sys.argv[2])); "
        "print({'torch', 'lightning', 'pandas', 'matplotlib', 'hydra'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(sweep), str(tmp_path / "to")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "set()\n"
