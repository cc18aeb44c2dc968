import csv
import gzip
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from lightlab.data.images.datamodule import ImageClasses
from lightlab.errors import DataError, UsageError

HEIGHT, WIDTH, ROWS = 4, 5, 40
FILES = {
    "train": {"images": "train-images-idx3-ubyte.gz", "labels": "train-labels-idx1-ubyte.gz", "csv": ["train.csv"]},
    "test": {"images": "t10k-images-idx3-ubyte.gz", "labels": "t10k-labels-idx1-ubyte.gz", "csv": ["test.csv"]},
}


def pictures(rows, first=0):
    """Images of which no two are alike, with their labels."""
    images = np.random.default_rng(first).integers(0, 256, (rows, HEIGHT, WIDTH), dtype=np.uint8)
    images[:, 0, 0] = np.arange(first, first + rows)
    return images, np.arange(rows) % 3


def write_idx(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0))
    return path


def write_csv(path, images, labels=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = ["label"] * (labels is not None) + [f"pixel{index}" for index in range(images[0].size)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row, image in enumerate(images):
            writer.writerow([*([] if labels is None else [labels[row]]), *image.flatten()])
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "tiny"


@pytest.fixture
def idx_files(folder):
    for part, (images, labels) in {"train": pictures(ROWS), "test": pictures(10, first=100)}.items():
        write_idx(folder / FILES[part]["images"], images)
        write_idx(folder / FILES[part]["labels"], labels)
    return folder


@pytest.fixture
def build(tmp_path):
    def build(**settings):
        defaults = {
            "class_names": ["cat", "dog", "emu"],
            "source": "files",
            "data_dir": str(tmp_path / "data"),
            "cache_dir": str(tmp_path / "cache"),
            "files": FILES,
            "remote": [{"name": "train-images-idx3-ubyte.gz", "size": 1, "sha256": "0" * 64}],
            "mirrors": [],
            "synthetic": lambda: pictures(20, first=200),
            "synthetic_test": 5,
            "val_fraction": 0.25,
            "size": (HEIGHT, WIDTH),
            "seed": 0,
            "batch_size": 8,
        }
        return ImageClasses("tiny", **defaults | settings)

    return build


@pytest.fixture
def load(build):
    def load(**settings):
        data = build(**settings)
        data.setup()
        return data

    return load


def identities(split):
    return split.inputs[:, 0, 0, 0].tolist()


def test_files_are_split_and_described(idx_files, load):
    data = load()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 30, "val": 10, "test": 10}
    assert data.splits["train"].inputs.shape == (30, 1, HEIGHT, WIDTH)
    assert data.splits["train"].inputs.dtype == torch.uint8 and data.splits["train"].targets.dtype == torch.int64
    assert (data.spec.input_shape, data.spec.output_size, data.spec.target) == ((1, HEIGHT, WIDTH), 3, "class")
    assert data.spec.class_names == ("cat", "dog", "emu") and data.origin == "real"


def test_images_keep_their_labels(idx_files, load):
    for name, split in load().splits.items():
        first = 100 if name == "test" else 0
        assert [(each - first) % 3 for each in identities(split)] == split.targets.tolist()


def test_the_validation_rows_are_cut_from_the_training_rows_the_same_for_every_seed(idx_files, load):
    cuts = [{name: identities(split) for name, split in load(seed=seed).splits.items()} for seed in (0, 1, 2**31)]
    assert cuts[0] == cuts[1] == cuts[2]
    assert sorted(cuts[0]["train"] + cuts[0]["val"]) == list(range(ROWS))
    assert cuts[0]["val"] != list(range(10))


def test_no_validation_rows_and_fewer_training_rows(idx_files, load):
    assert set(load(val_fraction=0.0).splits) == {"train", "test"}
    small, whole = load(train_size=7).splits, load().splits
    assert identities(small["train"]) == identities(whole["train"])[:7]
    assert identities(small["val"]) == identities(whole["val"])


def test_all_rows_for_validation_leave_none_to_train_on(idx_files, load):
    with pytest.raises(UsageError, match="val_fraction"):
        load(val_fraction=0.999)


@pytest.mark.parametrize(("scale", "low", "high"), [("unit", 0.0, 1.0), ("raw", 0.0, 255.0)])
def test_pixels_are_scaled_to_a_range(idx_files, load, scale, low, high):
    extremes = torch.tensor([0, 255], dtype=torch.uint8)
    assert load(scale=scale).prepare(extremes).tolist() == pytest.approx([low, high])


def test_standardized_training_pixels_have_mean_0_and_deviation_1(idx_files, load):
    data = load(scale="standard")
    prepared = data.prepare(data.splits["train"].inputs)
    assert float(prepared.mean()) == pytest.approx(0, abs=1e-4)
    assert float(prepared.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_images_of_one_tone_can_be_standardized(folder, load):
    for part in FILES.values():
        write_idx(folder / part["images"], np.full((10, HEIGHT, WIDTH), 7))
        write_idx(folder / part["labels"], np.arange(10) % 3)
    data = load(scale="standard")
    assert data.prepare(data.splits["train"].inputs).isfinite().all()


@pytest.mark.parametrize("scale", ["unit", "raw", "standard"])
def test_its_state_prepares_elsewhere_as_here(idx_files, load, build, scale):
    here, elsewhere = load(scale=scale), build(scale=scale)
    elsewhere.load_state_dict(here.state_dict())
    images = here.splits["test"].inputs
    assert torch.equal(here.prepare(images), elsewhere.prepare(images))
    assert all(type(number) is float for values in here.state_dict().values() for number in values)


def test_preparing_leaves_the_stored_images_as_they_are(idx_files, load):
    data = load()
    before = data.splits["train"].inputs.clone()
    data.prepare(data.splits["train"].inputs)
    assert torch.equal(data.splits["train"].inputs, before)


@pytest.mark.parametrize(
    ("kind", "names", "line"),
    [
        ("images", {"a": {}}, r"data\.files\.train\.images={'a': {}}: must be the name of a file"),
        ("labels", None, "must be the name of a file"),
        ("csv", 3, "must be a list of names"),
    ],
)
def test_the_names_of_its_files_have_a_form(build, kind, names, line):
    with pytest.raises(UsageError, match=line):
        build(files=FILES | {"train": FILES["train"] | {kind: names}})


def test_files_alone_are_demanded(load):
    with pytest.raises(DataError, match=r"does not hold tiny: it should have train-images.*data_dir=.*source=auto"):
        load()


@pytest.mark.parametrize("remote", [None, []])
def test_without_files_and_network_synthetic_data_is_noted(load, capsys, remote):
    data = load(source="auto", **({} if remote is None else {"remote": remote}))
    assert data.origin == "embedded"
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 11, "val": 4, "test": 5}
    assert "Training on synthetic data in place of tiny" in capsys.readouterr().err


def test_synthetic_data_can_be_chosen_beside_files(idx_files, load):
    assert load(source="embedded").origin == "embedded"
    assert load(source="auto").origin == "real"


@pytest.mark.parametrize("source", ["auto", "files"])
@pytest.mark.parametrize("damage", [b"", b"not idx", None])
def test_a_damaged_file_is_an_error_and_not_replaced(idx_files, load, source, damage):
    path = idx_files / FILES["test"]["labels"]
    path.write_bytes(path.read_bytes()[:-12] if damage is None else damage)
    with pytest.raises(DataError, match="t10k-labels"):
        load(source=source)


def test_images_of_another_size_are_an_error(idx_files, load):
    with pytest.raises(DataError, match=r"images of \(4, 5\); tiny has \(4, 6\)"):
        load(size=(4, 6))


def test_csv_files_give_what_idx_files_give(idx_files, folder, load):
    by_idx = load().splits
    for path in idx_files.iterdir():
        path.unlink()
    write_csv(folder / "train.csv", *pictures(ROWS))
    write_csv(folder / "test.csv", *pictures(10, first=100))
    for name, split in load().splits.items():
        assert torch.equal(split.inputs, by_idx[name].inputs) and torch.equal(split.targets, by_idx[name].targets)


def test_without_test_rows_a_seventh_of_the_training_rows_stands_in(folder, load, capsys):
    write_csv(folder / "train.csv", *pictures(ROWS))
    data = load()
    splits = data.splits
    assert "has no labelled test rows" in capsys.readouterr().err
    assert data.notes == {"test_rows": "held out of the training rows"}
    assert len(splits["test"]) == ROWS // 7
    rows = [each for split in splits.values() for each in identities(split)]
    assert sorted(rows) == list(range(ROWS))
    assert identities(load(seed=5).splits["test"]) == identities(splits["test"])


def test_a_photo_is_read(tmp_path, build):
    images, _ = pictures(1)
    Image.fromarray(images[0]).save(tmp_path / "照片 (1).png")
    inputs = build().read(str(tmp_path / "照片 (1).png"))
    assert inputs.names == ["照片 (1).png"] and inputs.targets is None
    assert np.array_equal(inputs.inputs[0, 0], images[0])


def test_a_photo_may_have_any_name(tmp_path, build):
    Image.fromarray(pictures(1)[0][0]).save(tmp_path / "kidxphoto.png")
    assert build().read(str(tmp_path / "kidxphoto.png")).names == ["kidxphoto.png"]


def test_a_folder_of_photos_is_read_by_name(tmp_path, build):
    images, _ = pictures(3)
    (tmp_path / "photos").mkdir()
    for name, image in zip(("b.png", "a.png", "c.bmp"), images, strict=True):
        Image.fromarray(image).save(tmp_path / "photos" / name)
    inputs = build().read(str(tmp_path / "photos"))
    assert inputs.names == ["a.png", "b.png", "c.bmp"]
    assert np.array_equal(inputs.inputs[:, 0], images[[1, 0, 2]])


def test_idx_images_are_read_with_the_labels_beside_them(idx_files, build):
    inputs = build().read(str(idx_files / FILES["test"]["images"]))
    images, labels = pictures(10, first=100)
    assert np.array_equal(inputs.inputs[:, 0], images) and inputs.targets.tolist() == labels.tolist()
    (idx_files / FILES["test"]["labels"]).unlink()
    assert build().read(str(idx_files / FILES["test"]["images"])).targets is None


def test_labels_are_no_input(idx_files, build):
    with pytest.raises(DataError, match="holds labels, not images"):
        build().read(str(idx_files / FILES["test"]["labels"]))


@pytest.mark.parametrize("labelled", [True, False])
def test_a_csv_is_read_with_or_without_labels(tmp_path, build, labelled):
    images, labels = pictures(4)
    path = write_csv(tmp_path / "rows.csv", images, labels if labelled else None)
    inputs = build().read(str(path))
    assert inputs.names == ["1", "2", "3", "4"] and np.array_equal(inputs.inputs[:, 0], images)
    assert (inputs.targets is not None) == labelled
    assert not labelled or inputs.targets.tolist() == labels.tolist()


def test_what_is_read_has_the_size_of_the_run(idx_files, build):
    with pytest.raises(DataError, match="images of 4x5; this run takes 6x6"):
        build(size=(6, 6)).read(str(idx_files / FILES["test"]["images"]))


@pytest.mark.parametrize("source", ["nowhere.png", "nowhere.csv", "nowhere-idx3-ubyte", 4.0, [[1.0]]])
def test_an_input_that_is_not_there(build, source):
    with pytest.raises(DataError):
        build().read(source)


def test_fashion_mnist_is_what_its_literature_says(real_data, config):
    settings = config("task=fashion_lenet", "data.source=files", "data.scale=standard", "data.val_fraction=0")["data"]
    names = {name: settings[name] for name in ("class_names", "files", "source", "scale", "val_fraction")}
    loading = {"cache_dir": None, "remote": [], "mirrors": [], "synthetic": None, "synthetic_test": 0, "seed": 0}
    data = ImageClasses("fashion_mnist", data_dir=str(real_data), batch_size=256, **names, **loading)
    data.setup()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 60_000, "test": 10_000}
    assert (*data.mean, *data.std) == pytest.approx((0.2860, 0.3530), abs=1e-4)
    assert data.splits["train"].targets.bincount().tolist() == [6000] * 10
