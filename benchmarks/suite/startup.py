"""What a user waits for before anything happens, each in a fresh interpreter."""

import functools
import os
import subprocess
import sys
import tempfile

FIRST_DETECTION = """
import numpy as np
import keras_maskrcnn as km

model = km.MaskRCNN.from_preset("mask_rcnn_tiny_shapes")
model.detect(np.zeros((128, 128, 3), "uint8"))
"""


class Startup:
    """Seconds from the start of Python to the end of the program."""

    rounds = 1
    number = 1
    repeat = (3, 10, 10.0)
    warmup_time = 0

    def time_import(self):
        """The package alone, which imports no backend."""
        run("import keras_maskrcnn")

    def time_import_model(self):
        """Keras, the backend and the model's class."""
        run("from keras_maskrcnn import MaskRCNN")

    def time_first_detection(self):
        """A bundled preset loaded, compiled and run on a small image."""
        run(FIRST_DETECTION)


class CompiledBefore:
    """Seconds of the first detection where an earlier process has filled the compile cache."""

    rounds = 1
    number = 1
    repeat = (3, 10, 10.0)
    warmup_time = 0

    def setup(self):
        """Fills it; on JAX only, the others have none."""
        if os.environ.get("KERAS_BACKEND") != "jax":
            raise NotImplementedError("only JAX keeps what it compiles")
        self.program = with_cache(filled_cache().name)

    def time_first_detection(self):
        """As `Startup.time_first_detection`."""
        run(self.program)


@functools.cache
def filled_cache():
    """A temporary folder for the compile cache, after one run."""
    folder = tempfile.TemporaryDirectory(prefix="benchmark-")
    run(with_cache(folder.name))
    return folder


def with_cache(folder):
    """The program of the first detection, with a compile cache."""
    return f"import keras_maskrcnn as km; km.compile_cache.enable({folder!r}){FIRST_DETECTION}"


def run(program):
    """Runs it; an error of its is an error here."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
