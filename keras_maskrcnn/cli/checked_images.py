"""Every image is read once before training; what was read whole is remembered and not read again.

The cache folder keeps, for each folder of images, name -> bytes, time of change and checksum of
name, size and objects. An image whose file or annotations have changed since is read again.
"""

import contextlib
import json
import os
import zlib

from keras_maskrcnn.progress import progress
from keras_maskrcnn.writing import write_json


def read_all(*sources) -> None:
    """Read the images of sources: a broken one shall show now and not in the middle of training.

    Args:
        sources: each a `Source`, or None. Only of those with image files it is remembered.
    """
    for source in (one for one in sources if one is not None):
        folder, identities = _identities(source)
        known = _remembered(folder)
        new = [index for index, (name, seen) in enumerate(identities) if known.get(name) != seen]
        with progress("checking images", len(new)) as show:
            for done, index in enumerate(new, start=1):
                source[index]
                show(done)
        if folder and new:
            _remember(folder, {**known, **dict(identities)})


def _identities(source):
    """Return the folder of a source's images, and of each name and what tells it from others.

    Of a source without image files the folder is None and nothing is known.
    """
    from keras_maskrcnn.data.annotated import AnnotatedSource
    from keras_maskrcnn.data.source import origin_of

    origin, _ = origin_of(source)
    if not isinstance(origin, AnnotatedSource):
        return None, [(None, index) for index in range(len(source))]
    folder = os.path.abspath(origin.images_dir)
    identities = []
    for index, number in enumerate(source.checksums().tolist()):
        name = source.file_name(index)
        identities.append((name, [*_state(os.path.join(folder, name)), number]))
    return folder, identities


def _state(path):
    with contextlib.suppress(OSError):  # reading it will say what is wrong
        found = os.stat(path)
        return found.st_size, found.st_mtime_ns
    return -1, -1


def _file(folder):
    from keras_maskrcnn import presets

    return presets.cache_folder() / "checked" / f"{zlib.crc32(folder.encode()):08x}.json"


def _remembered(folder):
    if folder is None:
        return {}
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(_file(folder).read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.get("folder") == folder:
            return content.get("files", {})
    return {}


def _remember(folder, files):
    with contextlib.suppress(OSError):  # where nothing can be kept, images are read every time
        write_json(_file(folder), {"folder": folder, "files": files})
