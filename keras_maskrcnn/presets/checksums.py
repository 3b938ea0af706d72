"""Whether a downloaded file is the one that its maker published, and the one of the first time."""

import hashlib

from keras_maskrcnn.presets import cache
from keras_maskrcnn.presets.catalogue import RemotePreset
from keras_maskrcnn.writing import write_text

_CHUNK = 2**20


class ChecksumError(Exception):
    """The file is not the one that was expected; the message says both sums."""


def check(record, path) -> None:
    """Compare a checkpoint with every checksum that is known of it.

    The first file that fits has its sha256 recorded in the cache, and every later one must have
    the same: that closes the gap where a maker publishes part of a checksum, or none.

    Args:
        record: `RemotePreset`.
        path: Path of the complete file.

    Raises:
        ChecksumError: if one differs.
    """
    sha256, md5 = _digests(path)
    for what, wanted, found in (
        ("sha256", record.sha256, sha256),
        ("sha256", record.sha256_prefix, sha256),
        ("md5", record.md5_prefix, md5),
    ):
        if wanted and not found.startswith(wanted):
            rule = "be" if len(wanted) == len(found) else "begin with"
            raise ChecksumError(f"its {what} must {rule} {wanted} and is {found}")
    recorded = cache.cache_folder() / "checksums" / f"{record.name}.sha256"
    line = f"{sha256}  {record.file_name}\n"
    if not recorded.is_file():
        write_text(recorded, line)
        return
    first = recorded.read_text(encoding="utf-8", errors="replace")
    if first != line and first.endswith(f"  {record.file_name}\n"):
        raise ChecksumError(
            f"its sha256 was {first.partition(' ')[0]} when it was downloaded first and is "
            f"{sha256}; if its maker has replaced it, delete {str(recorded)!r}"
        )


def find(records, path) -> RemotePreset | None:
    """Return the first `RemotePreset` of `records` whose published checksum a file has, or None."""
    sha256, md5 = _digests(path)
    for record in records:
        for wanted, found in (
            (record.sha256, sha256),
            (record.sha256_prefix, sha256),
            (record.md5_prefix, md5),
        ):
            if wanted and found.startswith(wanted):
                return record
    return None


def _digests(path):
    sums = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for one in sums:
                one.update(chunk)
    return tuple(one.hexdigest() for one in sums)
