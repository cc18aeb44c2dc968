import gzip
import struct

import numpy as np
import pytest

from lightlab.data.images.idx import MAX_BYTES, read_idx, read_idx_pair
from lightlab.errors import DataError

IMAGES, LABELS = 0x803, 0x801


def idx(magic, shape, body=None):
    body = bytes(i % 7 for i in range(int(np.prod(shape)))) if body is None else body
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + body


@pytest.fixture
def write(tmp_path):
    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("name", ["plain", "packed.gz", "packed-without-suffix"])
def test_images_plain_or_gzipped(write, name):
    content = idx(IMAGES, (3, 4, 5))
    images = read_idx(write(gzip.compress(content, mtime=0) if "packed" in name else content, name))
    assert images.shape == (3, 4, 5) and images.dtype == np.uint8
    assert images[0, 1].tolist() == [5, 6, 0, 1, 2]


def test_a_file_unpacked_but_still_named_gz_is_read(write):
    assert read_idx(write(idx(LABELS, (4,)), "labels.gz")).tolist() == [0, 1, 2, 3]


def test_a_pair_gives_int64_labels(write):
    images, labels = read_idx_pair(write(idx(IMAGES, (3, 2, 2)), "i"), write(idx(LABELS, (3,)), "l"))
    assert len(images) == 3 and labels.dtype == np.int64 and labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\0\0", r"magic number 0x0000; expected 0x00000801 \(labels\) or 0x00000803 \(images\)"),
        (b"<!DOCTYPE html>", "magic number 0x3c21444f; expected"),
        (idx(IMAGES, (2, 2, 2))[:9], "header is cut short"),
        (idx(IMAGES, (2, 2, 2))[:-1], "2 × 2 × 2 = 8 bytes, found 7"),
        (idx(IMAGES, (2, 2, 2)) + b"x", "8 bytes, found more"),
        (idx(IMAGES, (0, 28, 28)), "0 × 28 × 28 bytes; expected 1 to"),
        (idx(LABELS, (0,)), "announces 0 bytes"),
        (idx(IMAGES, (2**32 - 1,) * 3, b"x"), "4,294,967,295 × .* bytes; expected 1 to"),
        (gzip.compress(idx(IMAGES, (50, 9, 9)), mtime=0)[:-9], "gzip file is cut short"),
        (gzip.compress(b"", mtime=0)[:5], "gzip file is cut short"),
        (gzip.compress(idx(LABELS, (3,)), mtime=0)[:-8] + bytes(8), "gzip file is damaged"),
        (gzip.compress(idx(LABELS, (3,)), mtime=0)[:10] + b"\xff" * 30, "gzip file is damaged"),
    ],
)
def test_a_bad_file_says_what_is_wrong(write, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_idx(write(content))
    assert "\n" not in str(caught.value)


def test_memory_follows_the_file_and_not_the_header(write):
    path = write(gzip.compress(idx(IMAGES, (MAX_BYTES, 1, 1), b"x")))
    with pytest.raises(DataError, match="found 1;"):
        read_idx(path)


def test_a_bomb_is_left_at_the_announced_size(write):
    path = write(gzip.compress(idx(LABELS, (3,), bytes(30_000_000))))
    with pytest.raises(DataError, match="found more"):
        read_idx(path)


def test_a_missing_file_or_a_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: cannot be read \(No such file"):
        read_idx(tmp_path / "nowhere")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)


def test_images_and_labels_exchanged(write):
    images, labels = write(idx(IMAGES, (2, 2, 2)), "i"), write(idx(LABELS, (2,)), "l")
    with pytest.raises(DataError, match=r"0x00000801 \(labels\); expected 0x00000803 \(images\): "):
        read_idx_pair(labels, images)


def test_lengths_that_differ(write):
    with pytest.raises(DataError, match=r"2 labels for 3 images"):
        read_idx_pair(write(idx(IMAGES, (3, 2, 2)), "i"), write(idx(LABELS, (2,)), "l"))


def test_a_label_out_of_range_is_shown_with_its_row(write):
    labels = write(idx(LABELS, (3,), bytes([9, 0, 10])), "l")
    with pytest.raises(DataError, match="row 3: label 10; expected 0 to 9"):
        read_idx_pair(write(idx(IMAGES, (3, 2, 2)), "i"), labels)
