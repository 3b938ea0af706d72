import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from keras_maskrcnn import presets

NAME = "mask_rcnn_resnet50_fpn_coco"


def save(name, folder="presets"):
    path = presets.cache_folder() / folder / name
    presets.save(path, {}, {}, {"class_names": ["cell"]})
    return path


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"KERAS_MASKRCNN_CACHE": "/data/km", "XDG_CACHE_HOME": "/xdg"}, "/data/km"),
        ("linux", {"KERAS_MASKRCNN_CACHE": "~/km"}, "/home/me/km"),
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/keras_maskrcnn"),
        ("linux", {}, "/home/me/.cache/keras_maskrcnn"),
        ("darwin", {}, "/home/me/Library/Caches/keras_maskrcnn"),
        ("darwin", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/keras_maskrcnn"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/keras_maskrcnn/Cache"),
        ("win32", {}, "/home/me/AppData/Local/keras_maskrcnn/Cache"),
    ],
)
def test_where_the_cache_is(platform, variables, expected, monkeypatch):
    for name in ("KERAS_MASKRCNN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", "USERPROFILE": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(presets.cache.sys, "platform", platform)
    assert presets.cache_folder().as_posix() == expected


def test_a_relative_cache_does_not_move_with_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_MASKRCNN_CACHE", "here")
    monkeypatch.chdir(tmp_path)
    assert presets.cache_folder() == tmp_path / "here"


def test_a_downloaded_preset_is_found_by_its_name(cache):
    record = presets.remote()[NAME]
    assert presets.converted_folder(record) == cache / "presets" / NAME
    with pytest.raises(presets.NotDownloaded, match=f"Type: maskrcnn zoo download {NAME}$"):
        presets.resolve(NAME)
    folder = save(NAME)
    assert presets.resolve(NAME) == folder == presets.converted_folder(record)
    (folder / "metadata.json").unlink()  # what a conversion that was killed leaves out
    with pytest.raises(FileNotFoundError, match="is not downloaded yet"):
        presets.load_weights(NAME, {})


def test_the_closest_of_bundled_and_remote_names(cache):
    with pytest.raises(ValueError, match="The closest is 'mask_rcnn_resnet50_fpn_v2_coco'"):
        presets.resolve("maskrcnn_resnet50_fpn_v2_coco")
    with pytest.raises(ValueError, match="The closest is 'mask_rcnn_tiny_shapes'"):
        presets.resolve("tiny_shapes")


def test_what_the_cache_holds(cache):
    assert presets.cached() == []
    folder = save("b")
    (save("a") / "config.json").unlink()
    download = cache / "downloads" / "b"
    download.mkdir(parents=True)
    (download / "b.pth.part").write_bytes(bytes(100))
    (cache / "downloads" / "empty").mkdir()
    first, second, third = presets.cached()
    assert (first.name, first.kind) == ("a", "incomplete preset")
    assert second == presets.CacheEntry("b", "download", download, 100)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert third == presets.CacheEntry("b", "preset", folder, size) and size > 100


def test_removing_takes_all_of_one_preset_and_nothing_else(cache):
    first, second = save("a"), save("b")
    (cache / "downloads" / "a").mkdir(parents=True)
    (cache / "downloads" / "a" / "a.pth.part").write_bytes(bytes(100))
    sizes = {(entry.name, entry.kind): entry.bytes for entry in presets.cached()}
    assert presets.remove("a") == sizes["a", "preset"] + 100
    assert not first.exists() and second.exists()
    assert [entry.name for entry in presets.cached()] == ["b"]


@pytest.mark.parametrize("name", ["nothing", "..", ".", "", "../outside", "/etc", "presets/a"])
def test_only_what_lies_in_the_cache_is_removed(name, cache, tmp_path):
    save("a")
    presets.save(tmp_path / "outside", {}, {}, {"class_names": []})
    with pytest.raises(ValueError, match="`name` must be a preset in the cache"):
        presets.remove(name)
    with pytest.raises(ValueError, match="`name` must be a preset in the cache"):
        presets.remove(str(tmp_path / "outside"))
    assert (tmp_path / "outside" / "config.json").exists() and len(presets.cached()) == 1


def test_a_bundled_preset_is_not_removed(cache):
    with pytest.raises(ValueError, match="'mask_rcnn_tiny_shapes', which is bundled"):
        presets.remove("mask_rcnn_tiny_shapes")
    assert presets.resolve("mask_rcnn_tiny_shapes").is_dir()


def test_a_link_is_removed_and_not_what_it_leads_to(cache, tmp_path):
    presets.save(tmp_path / "mine", {}, {}, {"class_names": []})
    (cache / "presets").mkdir(parents=True)
    (cache / "presets" / "a").symlink_to(tmp_path / "mine")
    presets.remove("a")
    assert presets.cached() == [] and (tmp_path / "mine" / "config.json").exists()


def test_a_preset_in_use_is_not_removed(cache):
    save("a")
    entered, leave = threading.Event(), threading.Event()

    def use():
        with presets.lock("a"):
            entered.set()
            leave.wait(10)

    other = threading.Thread(target=use)
    other.start()
    entered.wait(10)
    with pytest.raises(presets.CacheError, match="'a' is in use by another process"):
        presets.remove("a")
    leave.set()
    other.join()
    assert presets.remove("a") > 0


def test_the_lock_of_a_dead_process_is_free(cache):
    code = (
        "import sys, time\n"
        "from keras_maskrcnn import presets\n"
        "with presets.lock('a'):\n"
        "    print('locked', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(presets.CacheError), presets.lock("a", timeout=0):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with presets.lock("a", timeout=5):
        pass


def test_a_lock_lets_one_in_at_a_time(cache):
    inside, most = [], []

    def use():
        with presets.lock("a"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_the_lock_says_which_folder_is_at_fault(cache):
    with (
        pytest.raises(presets.CacheError, match="cannot be written: .*\nSet KERAS_MASKRCNN_CACHE"),
        presets.lock("a"),
    ):
        raise PermissionError(13, "Permission denied", str(cache / "presets" / "a" / "config.json"))


def test_the_faults_of_other_folders_are_not_the_cache_s(cache, tmp_path):
    with pytest.raises(PermissionError), presets.lock("a"):
        raise PermissionError(13, "Permission denied", str(tmp_path / "cache of another" / "a"))
    with pytest.raises(FileNotFoundError), presets.lock("a"):
        Path(cache / "nothing").read_bytes()
