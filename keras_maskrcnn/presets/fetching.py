"""From the record of a remote preset to its checkpoint on this machine, checked."""

import os
from pathlib import Path

from keras_maskrcnn.presets import cache, checksums, receiving, registry

MIRROR = "KERAS_MASKRCNN_MIRROR"
OFFLINE = "KERAS_MASKRCNN_OFFLINE"
DELAYS = (1.0, 2.0, 4.0, 8.0)


class DownloadError(OSError):
    """A checkpoint could not be had; the message says from where and why."""


def fetch_checkpoint(record, progress=None, *, timeout=30.0, delays=DELAYS) -> Path:
    """Download the checkpoint of a preset into the cache, once, and check it.

    The environment variable KERAS_MASKRCNN_MIRROR names an address under which the files lie by
    their names; it is tried first. With KERAS_MASKRCNN_OFFLINE=1 nothing is downloaded. A download
    that was cut, by an interrupt as well, goes on where it stopped. Where two processes want the
    same file, the second waits for the first.

    Args:
        record: `RemotePreset`.
        progress: function called as `progress(done_bytes, total_bytes)`; the total is None if the
            server does not say.
        timeout: float, seconds to wait for a connection, and for the next byte.
        delays: tuple of float, seconds before each further try when the connection breaks, the
            server answers 5xx or asks for patience.

    Returns:
        Path of the checked file. Delete it when it is no longer needed.

    Raises:
        DownloadError: if no address gives the file, it is not the right one, or offline.
        CacheError: if the cache is full, read-only, or in use for too long.
    """
    folder = cache.download_folder(record)
    target = folder / record.file_name
    with cache.download_lock(record.name):
        folder.mkdir(parents=True, exist_ok=True)
        if (problem := _problem(record, target)) is not None:
            _check_online(record, target, problem)
            _receive_from_any(record, target, progress or _silent, timeout, delays)
    return target


def _problem(record, target):
    """Why the file in the cache cannot be used; None if it can."""
    if not target.is_file():
        return "is not in the cache"
    try:
        checksums.check(record, target)
    except checksums.ChecksumError as error:
        return f"is damaged: {error}"
    return None


def _receive_from_any(record, target, progress, timeout, delays):
    failures = []
    for url in _addresses(record):
        try:
            _receive(record, url, target, progress, timeout, delays)
            return
        except (receiving.Refused, receiving.Interrupted, checksums.ChecksumError) as error:
            failures.append(f"{url}: {error}")
    failures = "\n".join(failures)
    raise DownloadError(
        f"The preset {record.name!r} could not be downloaded.\n{failures}\n"
        f"Try again later, or put the file into {str(target.parent)!r}.\n{_bundled(record.kind)}"
    )


def _receive(record, url, target, progress, timeout, delays):
    part = target.with_name(target.name + ".part")
    resumed = part.exists()
    receiving.receive(url, part, record.bytes, progress, timeout, delays)
    try:
        checksums.check(record, part)
    except checksums.ChecksumError:
        receiving.forget(part)
        if not resumed:
            raise
        # What lay there before may have been the wrong half.
        _receive(record, url, target, progress, timeout, delays)
        return
    part.replace(target)
    receiving.forget(part)


def _addresses(record):
    mirror = os.environ.get(MIRROR)
    return ((f"{mirror.rstrip('/')}/{record.file_name}",) if mirror else ()) + record.urls


def _check_online(record, target, problem):
    if os.environ.get(OFFLINE, "").lower() not in ("", "0", "false", "no"):
        raise DownloadError(
            f"{record.file_name} of the preset {record.name!r} {problem}, and {OFFLINE} is set.\n"
            f"Unset it, or put the file into {str(target.parent)!r}.\n{_bundled(record.kind)}"
        )


def _bundled(kind):
    """Say what could be used instead: backbones for a backbone, else detectors with weights."""
    known = registry.bundled().values()
    if kind == "backbone":
        names = [preset.name for preset in known if not preset.class_names]
    else:
        names = [one.name for one in known if one.class_names and one.weights_bytes]
    come = "These presets come along and need" if names[1:] else "This preset comes along and needs"
    return f"{come} no network: {', '.join(names)}."


def _silent(done, total):
    """Show nothing."""
