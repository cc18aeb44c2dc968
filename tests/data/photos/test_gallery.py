"""What a user wants predictions for: a photo, a folder or a list of them."""

import os

import pytest
import torch

from lightlab.errors import DataError


@pytest.fixture
def trained(folder, load, build):
    """As prediction builds it: without the data, with what the checkpoint kept."""

    def trained(**settings):
        settings = {"labels": "All_labels.txt"} | settings
        data, again = load(**settings), build("nowhere", **settings)
        again.spec = data.spec
        again.load_state_dict(data.state_dict())
        return again

    return trained


def test_a_photo_is_read_as_in_training(trained, folder, load, tones):
    data, again = load(), trained()
    inputs = again.read(str(folder / "Images" / "M7.png"))
    place = tones(data.splits["train"]).index(7)
    assert inputs.names == ["M7.png"] and inputs.targets is None
    assert torch.equal(inputs.inputs[0], data.splits["train"].inputs[place])
    assert torch.equal(again.prepare(inputs.inputs), data.prepare(data.splits["train"].inputs[place : place + 1]))


def test_a_folder_is_read_by_name(trained, folder):
    inputs = trained().read(str(folder))
    assert inputs.names == sorted(os.listdir(folder / "Images")) and inputs.targets is None


@pytest.mark.parametrize("place", ["", "Images", "lists/deeper"])
def test_a_list_is_read_with_its_scores_from_beside_the_photos(trained, folder, place):
    path = folder / place / "some.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("name,score\nM7.png,1.7\nF2,1.2\n")
    data = trained()
    inputs = data.read(str(path))
    assert inputs.names == ["M7.png", "F2"] and (inputs.inputs[:, 0, 1, 1] // 10).tolist() == [7, 2]
    assert data.spec.target_scale.restored(inputs.targets).flatten().tolist() == pytest.approx([1.7, 1.2])


def test_a_list_without_labels(trained, folder):
    (folder / "some.txt").write_text("M7.png\nF2.png\n")
    inputs = trained().read(str(folder / "some.txt"))
    assert inputs.names == ["M7.png", "F2.png"] and inputs.targets is None


def test_labels_in_names_are_scored_where_each_is_one(trained, folder, tmp_path, take):
    data = trained(target_kind="binary", label_from_name="^([FM])")
    inputs = data.read(str(folder))
    assert inputs.targets.flatten().tolist() == [float(name.startswith("M")) for name in inputs.names]
    take(tmp_path / "else" / "x.png", 10)
    assert data.read(str(tmp_path / "else")).targets is None


def test_sub_folders_that_are_no_classes_are_no_labels(trained, folder, tmp_path, take):
    for name in ("cat", "dog", "emu"):
        take(tmp_path / "pets" / name / "1.png", 10)
    data = trained(target_kind="class", label_from_name="^([FM])")
    assert data.read(str(tmp_path / "pets")).targets is None


@pytest.mark.parametrize("source", ["nowhere.png", "nowhere", "~nobody/a.png", "x" * 300, 4.0, [[1.0]]])
def test_an_input_that_is_not_there(trained, source):
    with pytest.raises(DataError, match="no such file"):
        trained().read(source)


def test_bad_photos_among_the_inputs(trained, folder, capsys):
    data, skipping = trained(), trained(bad_photos="skip")
    (folder / "Images" / "F0.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"read: 1 \(F0\.png: .*the file is empty\)\. Correct them, or take them"):
        data.read(str(folder))
    assert "F0.png" not in skipping.read(str(folder)).names and "F0.png" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../secret.png", "{root}/secret.png", "..\\secret.png"])
def test_a_list_names_nothing_outside_its_folders(trained, folder, name, take):
    for place in (folder.parent, folder.parent.parent):
        take(place / "secret.png", 0)
    (folder / "some.csv").write_text(f"name,score\nM7.png,2\n{name.format(root=folder.parent)},2\n")
    with pytest.raises(DataError, match="labels without a photo: 1"):
        trained().read(str(folder / "some.csv"))


def test_a_listed_name_that_two_photos_have_is_refused(trained, folder, take):
    data = trained()
    take(folder / "Images" / "F0.jpg", 0)
    (folder / "list.txt").write_text("F0\n")
    with pytest.raises(DataError, match=r"'F0' may be 'F0\.png' or 'F0\.jpg'; write its suffix"):
        data.read(folder / "list.txt")


def test_a_name_that_is_no_text_is_shown_as_far_as_it_is(trained, folder):
    data = trained()
    os.rename(os.fsencode(folder / "Images" / "F0.png"), os.fsencode(folder / "Images") + b"/F\xff.png")
    assert "F\ufffd.png" in data.read(str(folder)).names
