"""Presets: what is told of them, the models of their configs, their weights."""

import functools
import json
import types

import numpy as np

from benchmarks.fuzzing import byte_changes, json_changes
from benchmarks.fuzzing.target import Target
from keras_maskrcnn import presets
from keras_maskrcnn.presets.registry import BUNDLED_FOLDER

NAMED = (ValueError, FileNotFoundError)
CONFIG = BUNDLED_FOLDER / "mask_rcnn_tiny_shapes" / "config.json"
WEIGHTS = {"head/kernel": (2, 3), "head/bias": (3,), "count": ()}
DTYPES = (b"F64", b"F32", b"F16", b"BF16", b"I64", b"U8", b"BOOL", b"F8_E4M3", b"C64", b"F4", b"X")


def write(folder, weights=WEIGHTS) -> None:
    """Write a preset with the config of a bundled one and few weights."""
    rng = np.random.default_rng(0)
    arrays = {key: rng.normal(size=shape).astype("float32") for key, shape in weights.items()}
    metadata = {"class_names": ["circle", "square", "triangle"], "description": "shapes"}
    metadata |= {"licence": "CC0-1.0", "source": "ours", "measured": {"box": {"AP": 0.5}}}
    presets.save(folder, json.loads(CONFIG.read_text("utf-8")), arrays, metadata, "float16")


def tell(folder, file) -> None:
    """Read what is known of a preset."""
    presets.load_metadata(folder)
    presets.load_config(folder)
    json.dumps(presets.describe(folder))


def build(folder, file) -> None:
    """Make the model of a config."""
    presets.build(folder)


def load(folder, file) -> None:
    """Load the weights."""
    presets.load_weights(folder, stand_ins(WEIGHTS))


def stand_ins(shapes) -> dict:
    """Return what has the shape of a variable and takes an array for it."""

    def assign(array, shape):
        assert array.shape == shape, array.dtype
        np.zeros(shape, "float32")[...] = array

    return {
        key: types.SimpleNamespace(shape=shape, assign=functools.partial(assign, shape=shape))
        for key, shape in shapes.items()
    }


def changed_safetensors(data, others, rng) -> bytes:
    """Return a changed file of safetensors; mostly its header changes, and with it its length."""
    if rng.random() < 0.4:
        return byte_changes.changed(data, others, rng, byte_changes.ANY)
    length = int.from_bytes(data[:8], "little")
    header, rest = data[8 : 8 + length], data[8 + length :]
    if rng.random() < 0.3:
        for dtype in DTYPES:
            header = header.replace(b'"%b"' % dtype, b'"%b"' % rng.choice(DTYPES), rng.randrange(3))
    else:
        header = json_changes.changed_file(header, others, rng)
    return len(header).to_bytes(8, "little") + header + rest


def targets() -> list[Target]:
    """Return the files of presets."""
    told = functools.partial(Target, write=write, read=tell, named=NAMED, share=6)
    text = {"change": json_changes.changed_file}
    file, change = ("model.safetensors",), changed_safetensors
    return [
        told("preset metadata", victims=("metadata.json",), **text),
        told("preset config", victims=("config.json",), **text),
        Target("model of a config", write, ("config.json",), changed_config, build, NAMED),
        Target("preset weights", write, file, change, load, NAMED, share=6),
    ]


def changed_config(data, others, rng) -> bytes:
    """Return a config that is JSON, with a change within a layer."""
    content = json.loads(data)
    name = rng.choice([*content["config"], None])
    if name is None:
        return json_changes.changed(content, rng).encode("utf-8", "surrogatepass")
    layer = json.loads(json.dumps(content["config"][name]))
    text = json_changes.changed(layer, rng)
    content["config"][name] = json_changes.written(text)
    return json_changes.text_of(content).encode("utf-8", "surrogatepass")
