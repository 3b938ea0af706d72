"""A short run of benchmarks/fuzz_readers.py, and whether it would find what it looks for."""

import collections
import dataclasses
import sys
import warnings
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and limits of Linux"),
    pytest.mark.skipif(
        not (Path(__file__).parent.parent / "benchmarks").is_dir(), reason="needs a checkout"
    ),
]


@pytest.fixture(scope="module")
def fuzz():
    from benchmarks import fuzz_readers

    return fuzz_readers


@pytest.fixture(scope="module")
def kinds(fuzz):
    return fuzz.targets()


def test_hundreds_of_changed_files_are_read_or_refused(fuzz, kinds, tmp_path):
    files = fuzz.Files(kinds, tmp_path)
    files.check()
    counts, wrong = collections.Counter(), []
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for number in range(len(kinds)):
            name, result, word = files.outcome(20, number)
            counts[result] += 1
            if result not in (fuzz.READ, fuzz.REFUSED):
                wrong.append((number, name, result, word))
    assert not wrong
    assert min(counts[fuzz.READ], counts[fuzz.REFUSED]) > 50


def test_every_kind_of_file_is_among_them(kinds):
    names = " ".join(kind.name for kind in kinds)
    for word in ("COCO", "VIA 1", "VIA project", "LabelMe", "YOLO", "GeoJSON", "preset", "run"):
        assert word in names
    for suffix in ("jpg", "png", "webp", "tif", "avif", "mp4", "avi"):
        assert f".{suffix}" in names


@pytest.mark.parametrize(
    ("raised", "found"),
    [
        (KeyError("key"), "KeyError"),
        (RecursionError("deep"), "RecursionError"),
        (RuntimeWarning("overflow"), "RuntimeWarning"),
        (UnicodeDecodeError("utf-8", b"a", 0, 1, "no"), "UnicodeDecodeError"),
        (ValueError("math domain error"), "a message without a place"),
        (ValueError("FOLDER " + "a" * 20_000), "a message without end"),
        (ValueError("FOLDER"), "refused"),
    ],
)
def test_the_fuzzer_finds_a_reader_that_is_wrong(raised, found, fuzz, kinds, tmp_path):
    def read(folder, file):
        raise raised

    kind = dataclasses.replace(
        kinds[0], read=read, named=(ValueError,), place=lambda folder, file: ("FOLDER",)
    )
    assert fuzz.Files([kind], tmp_path).outcome(0, 0)[1] == found
