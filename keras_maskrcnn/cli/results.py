"""Where the detections of each picture go: pictures, a sheet, videos, COCO and VIA entries."""

from __future__ import annotations

import collections
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from keras_maskrcnn.cli.output import VideoFile, check_outputs
from keras_maskrcnn.wording import counted
from keras_maskrcnn.writing import write_picture

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

PICTURE, VIDEO = ".png", ".mp4"
WRITERS = 2  # threads that draw and compress pictures
SHEET_MOST, SHEET_CELL = 64, 320  # images on a sheet at most, and pixels of the side of each


def outlined(image, detections) -> np.ndarray:
    """Return the image with everything drawn on it."""
    return detections.draw(image)


class Results:
    """Draws and records what was found. A context manager, which finishes what it writes.

    Args:
        out: Path of the folder for pictures and videos, or None; if it ends as a picture or video
            does, of that of a single file.
        paths: every file of this run; each has its own picture's name and file_name.
        render: makes the picture of an image and its detections, or the list of an image's
            pictures, which are numbered in a folder of its name.
        coco: whether COCO results are wanted.
        via: whether VIA regions are wanted.
        sheet: whether `write_sheet` will be called; only small pictures are kept for it.
    """

    def __init__(self, out, paths, render=outlined, coco=False, via=False, sheet=False):
        self.out, self.render = out, render
        self.coco, self.via = [] if coco else None, [] if via else None
        self.objects = self.images = self.frames = 0
        self.skeleton = None  # of what is found
        self.pictures = picture_paths(out, paths) if out else {}
        names = collections.Counter(path.name for path in paths)
        self.file_names = {
            path: path.name if names[path.name] == 1 else path.as_posix() for path in paths
        }
        self._small = [] if sheet else None  # (picture, caption)
        self._video = None
        self._writing = collections.deque()

    def __enter__(self):
        self._pool = ThreadPoolExecutor(WRITERS)
        return self

    def __exit__(self, kind, *error):
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        try:
            self._end_video(keep=kind is None or interrupted)
        finally:
            self._pool.shutdown(cancel_futures=kind is not None)
        while kind is None and self._writing:
            self._writing.popleft().result()

    def check_outputs(self, read=(), **outputs) -> None:
        """Say before the work whether the pictures, and other outputs, can be written.

        Args:
            read: paths of files that are read beside the images.
            outputs: of `output.check_outputs`, besides `--out` and the inputs.
        """
        if self.out in self.pictures.values():
            kind = "files" if self.out.suffix.lower() == VIDEO else "pictures"
            outputs[kind] = {"--out": self.out, **outputs.get(kind, {})}
        else:
            outputs["folders"] = {"--out": self.out}
            outputs["inside"] = dict.fromkeys(self.pictures.values(), "--out")
        check_outputs(**outputs, inputs=[*self.file_names, *read])

    def add(self, picture, detections) -> None:
        """Draw and record what was found in a `Picture`."""
        self.objects += len(detections)
        if picture.frame is None:
            self.images += 1
        else:
            self.frames += 1
        self._record(picture, detections)
        if self.out and picture.frame is None:
            self._write_picture(self.pictures[picture.path], picture.image, detections)
        elif self.out:
            self._write_frame(picture, self.render(picture.image, detections))

    def _record(self, picture, detections):
        name = self.file_names[picture.path]
        if self.coco is not None:
            more = {"file_name": name}
            if picture.frame is not None:
                more["frame"] = picture.frame
            self.coco.extend({**one, **more} for one in detections.to_coco(picture.image_id))
        if self.via is not None:
            size = picture.path.stat().st_size
            self.via.append(detections.to_via(name, file_size=size))
            self.skeleton = detections.skeleton
        if self._small is not None and len(self._small) < SHEET_MOST:
            caption = f"{name}: {counted(len(detections), 'object')}"
            self._small.append((_small_picture(picture.image, detections), caption))

    def write_sheet(self, path) -> None:
        """Write the sheet of the first images, if there is one."""
        from keras_maskrcnn.drawing import contact_sheet

        if self._small:
            pictures, captions = zip(*self._small, strict=True)
            write_picture(path, contact_sheet(pictures, cell_size=SHEET_CELL, captions=captions))

    def _write_picture(self, path, image, detections):
        def write():
            rendered = self.render(image, detections)
            if not isinstance(rendered, list):
                write_picture(path, rendered)
                return
            for number, picture in enumerate(rendered, start=1):
                if picture.size:
                    write_picture(path.with_suffix("") / f"{number}{path.suffix}", picture)

        self._writing.append(self._pool.submit(write))
        if len(self._writing) > WRITERS:
            self._writing.popleft().result()

    def _write_frame(self, picture, image):
        path = self.pictures[picture.path]
        if self._video is None or self._video.path != path:
            self._end_video()
            self._video = VideoFile(path, image.shape[:2], picture.fps)
        self._video.write(image)

    def _end_video(self, keep=True):
        video, self._video = self._video, None
        if video is not None:
            video.close(keep)


def _small_picture(image, detections):
    """Draw the detections on the small image, so that lines and letters keep their size."""
    from keras_maskrcnn.drawing.sheets import fit

    small = fit(image, (SHEET_CELL - 4, SHEET_CELL - 4))
    return detections.resized(small.shape[:2]).draw(small)


def picture_paths(out, paths) -> dict[Path, Path]:
    """Return the file that each picture or video goes to: `out` itself, or one in that folder.

    Raises:
        ValueError: `out` is a file and there are several, or would overwrite them.
    """
    from keras_maskrcnn.data.video import is_video
    from keras_maskrcnn.formats.image_files import IMAGE_SUFFIXES

    if out.suffix.lower() in (*IMAGE_SUFFIXES, VIDEO) and not out.is_dir():
        _check_single(out, paths)
        return {paths[0]: out}
    taken, pictures = set(), {}
    for path in paths:
        suffix = VIDEO if is_video(path) else PICTURE
        name, number = path.stem, 1
        while name + suffix in taken:  # where two have one stem
            number += 1
            name = f"{path.stem}_{number}"
        taken.add(name + suffix)
        pictures[path] = out / (name + suffix)
    inputs = {path.resolve() for path in paths}
    if clash := sorted(str(path) for path in pictures.values() if path.resolve() in inputs):
        raise ValueError(
            f"`--out` must not be the folder of the images: {clash[0]!r} would be overwritten. "
            "Give another folder."
        )
    return pictures


def _check_single(out, paths):
    from keras_maskrcnn.data.video import is_video

    if len(paths) > 1:
        raise ValueError(
            f"`--out` must be a folder for {len(paths)} files. Received: {str(out)!r}, the name of "
            "one. Give a name without a suffix."
        )
    if is_video(paths[0]) != (out.suffix.lower() == VIDEO):
        ending = VIDEO if is_video(paths[0]) else PICTURE
        raise ValueError(
            f"`--out` must end in {ending}, or be a folder, for {str(paths[0])!r}. "
            f"Received: {str(out)!r}."
        )
