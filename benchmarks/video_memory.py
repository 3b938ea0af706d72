"""Memory of a verb of `maskrcnn` while it goes through a video of 2000 frames.

    KERAS_BACKEND=torch python benchmarks/video_memory.py [--verb blur] [--frames 2000] [--side 256]

Writes the video, scenes of shapes, and runs `maskrcnn VERB video.mp4` in a fresh process with the
preset mask_rcnn_tiny_shapes. Prints the resident memory of that process, in MiB, when 100, 500,
1000 and all frames were written, the growth from the first to the last of these, the peak, and the
frames per second between them. Linux only: the memory is read from /proc.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MARKS = (100, 500, 1000)
SCENES = 50


def write_video(path, frames, side):
    """Scenes of shapes, one after another and over again."""
    from keras_maskrcnn.cli.output import VideoFile
    from keras_maskrcnn.data import ShapesSource

    scenes = [sample.image for sample in ShapesSource(SCENES, image_size=side, seed=0)]
    video = VideoFile(path, (side, side), 25)
    for frame in range(frames):
        video.write(scenes[frame % SCENES])
    video.close()


def run(verb, path, out, marks, sender):
    """The fresh process: the verb, whose writer tells what memory it sees at the marks."""
    from keras_maskrcnn.cli import main, output

    write, count = output.VideoFile.write, 0

    def watched(self, frame):
        nonlocal count
        write(self, frame)
        count += 1
        if count in marks:
            sender.send((count, resident(), time.perf_counter()))

    output.VideoFile.write = watched
    status = main([verb, str(path), "--preset", "mask_rcnn_tiny_shapes", "--out", str(out)])
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    sys.exit(status)


def received(receiver):
    """What the process sends next, or None at its end."""
    try:
        return receiver.recv()
    except EOFError:
        return None


def resident():
    """Resident memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main():
    """Prints the table's row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verb", default="blur", choices=("predict", "blur", "splash", "pixelate"))
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--side", type=int, default=256, help="pixels")
    args = parser.parse_args()
    marks = sorted({mark for mark in MARKS if mark < args.frames} | {args.frames})
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        write_video(path, args.frames, args.side)
        receiver, sender = context.Pipe(duplex=False)
        job = (args.verb, path, Path(folder) / "out", marks, sender)
        process = context.Process(target=run, args=job)
        process.start()
        sender.close()  # so that the end of the process ends what comes from it
        seen = list(iter(lambda: received(receiver), None))
        process.join()
    if process.exitcode:
        sys.exit(process.exitcode)
    peak = seen.pop()
    counts, memory, clock = (np.array(column) for column in zip(*seen, strict=True))
    row = ", ".join(f"{mib:.0f} at {count}" for count, mib in zip(counts, memory, strict=True))
    speed = (counts[-1] - counts[0]) / max(clock[-1] - clock[0], 1e-9)
    print(
        f"{os.environ.get('KERAS_BACKEND', 'default backend')}, {args.verb}: MiB {row} frames; "
        f"growth {memory[-1] - memory[0]:+.0f}, peak {peak:.0f}; {speed:.1f} frames/s"
    )


if __name__ == "__main__":
    main()
