"""What is downloaded, from which address, checked how, and what the cache has to do with it."""

import dataclasses
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import types

import pytest

from keras_maskrcnn import presets
from tests.presets.conftest import (
    CONTENT,
    HALF,
    fails,
    fetch,
    part_of,
    rest,
    slowly,
    status,
    whole,
)

SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_a_file_is_downloaded_once_and_checked(record, server, cache):
    server.answers = [whole()]
    seen = []
    path = fetch(record, progress=lambda *done: seen.append(done))
    assert path == cache / "downloads" / "toy" / "toy.pth" and path.read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT)) and seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)
    assert [entry.name for entry in path.parent.iterdir()] == ["toy.pth"]
    assert (cache / "checksums" / "toy.sha256").read_text() == f"{SHA256}  toy.pth\n"
    assert fetch(record) == path and len(server.requests) == 1
    asked, headers = server.requests[0]
    assert asked == "/v1/toy.pth" and headers["Accept-Encoding"] == "identity"
    assert headers["User-Agent"].startswith("keras3-maskrcnn/")


def test_a_damaged_file_in_the_cache_is_downloaded_again(record, server):
    server.answers = [whole()]
    path = fetch(record)
    path.write_bytes(b"damaged")
    assert fetch(record).read_bytes() == CONTENT and len(server.requests) == 2


def test_a_wrong_file_is_deleted_and_both_sums_are_said(record, server):
    wrong = bytes(len(CONTENT))
    server.answers = [whole(wrong)]
    found = hashlib.sha256(wrong).hexdigest()
    fails(record, f"its sha256 must begin with {SHA256[:8]} and is {found}", record.urls[0])
    assert list(part_of(record).parent.iterdir()) == [] and len(server.requests) == 1


@pytest.mark.parametrize(
    ("field", "wanted", "message"),
    [
        ("sha256", "ab" * 32, f"its sha256 must be {'ab' * 32} and is {SHA256}"),
        ("md5_prefix", "abcdef", "its md5 must begin with abcdef and is "),
    ],
)
def test_every_known_sum_is_compared(field, wanted, message, record, server):
    server.answers = [whole()]
    fails(dataclasses.replace(record, **{field: wanted}), message)


def test_without_a_published_sum_the_first_download_counts(record, server, cache):
    record = dataclasses.replace(record, sha256_prefix=None)
    server.answers = [whole()]
    fetch(record).unlink()
    other = bytes(len(CONTENT))
    server.answers = [whole(other)]
    second = hashlib.sha256(other).hexdigest()
    fails(record, f"its sha256 was {SHA256} when it was downloaded first and is {second}")
    (cache / "checksums" / "toy.sha256").unlink()
    assert fetch(record).read_bytes() == other


def test_the_next_address_is_tried_and_all_failures_are_said(record, server):
    urls = (f"{server.url}/gone", f"{server.url}/here")
    record = dataclasses.replace(record, urls=urls)
    server.answers = [status(404), whole()]
    assert fetch(record).read_bytes() == CONTENT
    shutil.rmtree(part_of(record).parent)
    server.answers, server.requests[:] = [status(404), status(403)], []
    answers = (f"{urls[0]}: the server answers 404", f"{urls[1]}: the server answers 403")
    fails(record, *answers, f"put the file into {str(part_of(record).parent)!r}.")


def test_a_mirror_comes_first(record, server, monkeypatch):
    monkeypatch.setenv("KERAS_MASKRCNN_MIRROR", f"{server.url}/mirror/")
    server.answers = [status(404), whole()]
    assert fetch(record).read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/mirror/toy.pth", "/v1/toy.pth"]


def test_offline(record, server, monkeypatch):
    monkeypatch.setenv("KERAS_MASKRCNN_OFFLINE", "1")
    folder = part_of(record).parent
    fails(record, "toy.pth of the preset 'toy' is not in the cache, and KERAS_MASKRCNN_OFFLINE")
    fails(record, f"put the file into {str(folder)!r}")
    (folder / "toy.pth").write_bytes(b"another")
    fails(record, "is damaged: its sha256 must begin with")
    assert (folder / "toy.pth").exists()
    (folder / "toy.pth").write_bytes(CONTENT)
    assert fetch(record).read_bytes() == CONTENT and server.requests == []
    monkeypatch.setenv("KERAS_MASKRCNN_OFFLINE", "0")
    (folder / "toy.pth").unlink()
    server.answers = [whole()]
    assert fetch(record).read_bytes() == CONTENT


def test_two_processes_download_once(record, server, cache):
    server.answers = [slowly(whole(), 0.5)]
    code = (
        "import dataclasses\n"
        "from keras_maskrcnn import presets\n"
        "from keras_maskrcnn.presets.fetching import fetch_checkpoint\n"
        "record = dataclasses.replace(presets.remote()['resnet18_imagenet'], name='toy',\n"
        f"    urls={record.urls!r}, file_name='toy.pth', bytes={record.bytes},\n"
        f"    sha256_prefix={record.sha256_prefix!r})\n"
        "print(fetch_checkpoint(record))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0].strip() for process in running]
    assert outputs == [str(cache / "downloads" / "toy" / "toy.pth")] * 2
    assert len(server.requests) == 1


def test_who_converts_a_preset_may_download_it(record, server):
    server.answers = [whole()]
    with presets.lock(record.name, timeout=1):
        assert fetch(record).read_bytes() == CONTENT


def test_too_little_space_is_said_before_a_byte_is_written(record, server, monkeypatch):
    free = types.SimpleNamespace(free=len(CONTENT))
    monkeypatch.setattr(presets.cache.shutil, "disk_usage", lambda path: free)
    server.answers = [whole()]
    with pytest.raises(presets.CacheError, match="has 1 MB free; .* takes 2 MB.\n.*MASKRCNN_CACHE"):
        fetch(record)
    assert not part_of(record).exists()


def test_a_full_disk_keeps_the_part(record, server, monkeypatch):
    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, chunk):
            if self.file.tell() >= HALF:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(chunk)

    path_class = type(part_of(record))
    real = path_class.open
    server.answers = [whole()]
    with monkeypatch.context() as patch:
        patch.setattr(
            path_class,
            "open",
            lambda path, mode="r", *args, **options: (
                Full(real(path, mode)) if mode == "ab" else real(path, mode, *args, **options)
            ),
        )
        with pytest.raises(presets.CacheError) as raised:
            fetch(record)
    first, second = str(raised.value).splitlines()
    assert first.startswith("The disk of the cache folder") and first.endswith(" is full.")
    assert "KERAS_MASKRCNN_CACHE" in second
    assert part_of(record).stat().st_size >= HALF
    server.answers = [rest()]
    assert fetch(record).read_bytes() == CONTENT


@pytest.mark.parametrize("place", ["a file", "/sys"])
def test_a_cache_that_cannot_be_written(place, record, tmp_path, monkeypatch):
    if place == "/sys" and sys.platform != "linux":
        pytest.skip("no folder here that even root cannot write")
    (tmp_path / "a file").touch()
    folder = tmp_path / "a file" / "cache" if place == "a file" else "/sys/keras_maskrcnn"
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", str(folder))
    with pytest.raises(presets.CacheError) as raised:
        fetch(record)
    first, second = str(raised.value).splitlines()
    assert first.startswith(f"The cache folder {str(folder)!r} cannot be written: ")
    assert second == "Set KERAS_MASKRCNN_CACHE to a folder that can."
