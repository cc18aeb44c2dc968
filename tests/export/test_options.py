import pytest

from lightlab.errors import UsageError
from lightlab.export.options import HELP, OPTIONS, parse_export_options


def parsed(*arguments):
    return parse_export_options(["run=last", *arguments])


def test_help_names_every_option():
    assert all(f"  {name}=" in HELP for name in OPTIONS)


def test_defaults():
    options = parsed("to=model.pt2")
    assert (options.to.name, options.overwrite, options.tolerance, options.allow) == ("model.pt2", False, 1e-4, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run=last"], "to= is missing: name the file to write: .onnx, .pt2, .safetensors, .txt"),
        (["to=model.pt2"], "either run= .* or checkpoint="),
        (["run=last", "checkpoint=x.ckpt", "to=model.pt2"], "either run= .* or checkpoint="),
        (["run=last", "to=model.onxx"], "no format ends in .onxx; did you mean '.onnx'"),
        (["run=last", "to=model"], "no format ends in that; name a file"),
        (["run=last", "to=model.pt2", "format=pt2"], "format=pt2: no such option"),
        (["run=last", "to=model.pt2", "tolerance=-1"], "tolerance=-1: must be a number"),
        (["run=last", "to=model.pt2", "overwrite=maybe"], "overwrite=maybe: must be"),
        (["run=last", "to=there.pt2"], "there.pt2: is there already; add overwrite=true"),
        (["run=last", "to=folder.pt2", "overwrite=true"], "folder.pt2: is a folder"),
        (["run=last", "to=there.pt2/model.pt2"], "there.pt2 is not a folder"),
        (["run=last", f"to={'x' * 300}.pt2"], "cannot be written: .*too long"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path, arguments, message):
    (tmp_path / "there.pt2").touch()
    (tmp_path / "folder.pt2").mkdir()
    with pytest.raises(UsageError, match=message):
        parse_export_options(arguments)


def test_a_file_is_replaced_on_request(tmp_path):
    (tmp_path / "there.pt2").touch()
    assert parsed("to=there.pt2", "overwrite=true").overwrite


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UsageError, match="cannot be written to; name another folder"):
        parsed("to=model.pt2")


@pytest.mark.parametrize(("suffix", "package"), [("onnx", "onnxscript"), ("safetensors", "safetensors")])
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, suffix, package):
    monkeypatch.setattr("lightlab.export.options.find_spec", lambda name: None if name == package else True)
    with pytest.raises(UsageError, match=rf"needs {package}, an extra: pip install 'lightlab-dl\[export\]'"):
        parsed(f"to=model.{suffix}")


def test_the_checkpoint_itself_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr("lightlab.export.options.find_spec", lambda name: True)
    (tmp_path / "model.safetensors").touch()
    options = parse_export_options(["checkpoint=model.safetensors", "to=./model.safetensors", "overwrite=true"])
    with pytest.raises(UsageError, match="is the checkpoint itself"):
        options.find_checkpoint()


def test_a_run_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="no such folder"):
        parse_export_options(["run=nowhere", "to=model.pt2"]).find_checkpoint()
