"""The folder in which downloaded presets are kept, and the locks of the processes that share it.

    presets/NAME/          the converted preset, as `save` writes it
    downloads/NAME/        the maker's checkpoint, or the part of it that has come so far
    checksums/NAME.sha256  sha256 of the checkpoint downloaded first
    locks/                 one file for each lock; the files stay, the locks do not

The locks are those of the library filelock: locks of the operating system, which frees them when a
process dies, on Windows as elsewhere; a file system without them is its business, too.
"""

import contextlib
import dataclasses
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock

from keras_maskrcnn.presets import registry
from keras_maskrcnn.presets.files import is_complete

ENVIRONMENT = "KERAS_MASKRCNN_CACHE"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


class CacheError(OSError):
    """The cache folder cannot be used; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class CacheEntry:
    """What the cache holds of one preset.

    Args:
        name: str, name of the preset.
        kind: `"preset"`, `"incomplete preset"` or `"download"`.
        folder: Path of its files.
        bytes: int, what they take.
    """

    name: str
    kind: str
    folder: Path
    bytes: int


def cache_folder() -> Path:
    """Return the folder of the cache, which need not exist.

    It is the one that the environment variable KERAS_MASKRCNN_CACHE names; else `keras_maskrcnn` in
    XDG_CACHE_HOME, if that is set, or where the operating system keeps caches: `~/.cache`,
    `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.

    Returns:
        Path, absolute.

    Example:

    >>> from unittest import mock
    >>> with mock.patch.dict("os.environ", {"KERAS_MASKRCNN_CACHE": "/data/presets"}):
    ...     print(cache_folder())
    /data/presets
    """
    if named := os.environ.get(ENVIRONMENT):
        return Path(named).expanduser().absolute()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base).expanduser().absolute() / "keras_maskrcnn"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "keras_maskrcnn" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "keras_maskrcnn"
    return Path.home() / ".cache" / "keras_maskrcnn"


def converted_folder(record) -> Path:
    """Return the folder that holds the preset converted from a checkpoint, or will hold it.

    Args:
        record: `RemotePreset`.

    Returns:
        Path, which need not exist.
    """
    return cache_folder() / "presets" / record.name


def download_folder(record) -> Path:
    """Return the folder (Path) of the checkpoint of a `RemotePreset` while it is needed."""
    return cache_folder() / "downloads" / record.name


def cached() -> list[CacheEntry]:
    """Return what the cache holds, sorted by name.

    Returns:
        list of `CacheEntry`; empty where there is no cache.
    """
    entries = []
    for part in ("presets", "downloads"):
        for path in (cache_folder() / part).glob("*/"):
            kind = "download" if part == "downloads" else "preset"
            if kind == "preset" and not is_complete(path):
                kind = "incomplete preset"
            if size := _size(path):
                entries.append(CacheEntry(path.name, kind, path, size))
    return sorted(entries, key=lambda entry: (entry.name, entry.kind))


def remove(name) -> int:
    """Delete what the cache holds of a preset; the recorded checksum stays.

    Args:
        name: str, name of a preset.

    Returns:
        int, the bytes that were freed.

    Raises:
        ValueError: if the cache holds nothing of that name: a bundled preset and a folder
            elsewhere are never deleted.
        CacheError: if another process uses the preset, or the cache cannot be written.
    """
    if name in registry.bundled():
        raise ValueError(
            f"`name` must be a downloaded preset. Received: name={name!r}, which is bundled."
        )
    entries = [entry for entry in cached() if entry.name == name]
    if not entries:
        raise ValueError(
            f"`name` must be a preset in the cache {str(cache_folder())!r}. Received: "
            f"name={name!r}. Type `maskrcnn zoo cache` for what lies there."
        )
    with lock(name, timeout=0), download_lock(name, timeout=0):
        for entry in entries:
            if entry.folder.is_symlink():
                entry.folder.unlink()
            else:
                shutil.rmtree(entry.folder)
    return sum(entry.bytes for entry in entries)


def lock(name, timeout=None) -> contextlib.AbstractContextManager:
    """Let one process at a time convert a preset; a process that dies gives its lock back.

    What goes wrong with the cache inside the block is raised as `CacheError`.

    Args:
        name: str, name of the preset.
        timeout: float, seconds to wait for another process; default: for ever.

    Returns:
        A context manager.

    Raises:
        CacheError: if the time is over, or the cache cannot be written.

    Example:

    >>> import tempfile
    >>> from unittest import mock
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with mock.patch.dict("os.environ", {"KERAS_MASKRCNN_CACHE": folder}):
    ...         with lock("mask_rcnn_resnet50_fpn_coco"):
    ...             print("nobody else converts it")
    nobody else converts it
    """
    return _locked(name, f"{name}.lock", timeout)


def download_lock(name, timeout=None) -> contextlib.AbstractContextManager:
    """Like `lock`, for the download alone: who holds `lock` may take this one, too."""
    return _locked(name, f"{name}.download.lock", timeout)


@contextlib.contextmanager
def _locked(name, file_name, timeout):
    folder = cache_folder() / "locks"
    with written():
        folder.mkdir(parents=True, exist_ok=True)
        held = filelock.FileLock(folder / file_name, timeout=-1 if timeout is None else timeout)
        try:
            held.acquire()
        except filelock.Timeout as error:
            raise CacheError(f"The preset {name!r} is in use by another process.") from error
        try:
            yield
        finally:
            held.release()


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Say which folder it is, and what to set, when the cache is full or must not be written."""
    try:
        yield
    except OSError as error:
        folder = str(cache_folder())
        if error.errno in _NO_SPACE:
            raise CacheError(
                f"The disk of the cache folder {folder!r} is full.\nFree some space, or set "
                f"{ENVIRONMENT} to a folder on another disk."
            ) from error
        if error.errno in _NOT_WRITABLE and _lies_in_cache(error.filename):
            raise CacheError(
                f"The cache folder {folder!r} cannot be written: {os.strerror(error.errno)}.\n"
                f"Set {ENVIRONMENT} to a folder that can."
            ) from error
        raise


def check_space(needed) -> None:
    """Raise `CacheError` if the disk of the cache has less than `needed` bytes (int) free."""
    free = shutil.disk_usage(cache_folder()).free
    if free < needed:
        raise CacheError(
            f"The disk of the cache folder {str(cache_folder())!r} has {free / 1e6:.0f} MB free; "
            f"downloading and converting takes {needed / 1e6:.0f} MB.\nFree some space, or set "
            f"{ENVIRONMENT} to a folder on another disk."
        )


def _lies_in_cache(path):
    """Whether a path that an error names is the cache, in it or above it; True if it names none."""
    if not isinstance(path, str | os.PathLike):
        return True
    path, folder = Path(path).absolute(), cache_folder()
    return path.is_relative_to(folder) or folder.is_relative_to(path)


def _size(path):
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file())
