import contextlib
import errno
import gc
import json
import os
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_MASKRCNN_COMPILE_CACHE", "off")
# The suite compiles much and computes little: XLA without its costly passes runs it several times
# faster. JAX's XLA knows a further flag; one that does not know it ends the process and says so.
FLAGS = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
JAX_FLAG = " --xla_cpu_use_fusion_emitters=false"
os.environ.setdefault(
    "XLA_FLAGS", FLAGS + (JAX_FLAG if os.environ["KERAS_BACKEND"] == "jax" else "")
)

TESTS = Path(__file__).parent

# Nothing in these computes with Keras, but for the exceptions: once is enough, in a process of its
# own.
NUMPY_ONLY = (
    "checkpoints/",
    "conversion/",
    "data/",
    "detections/",
    "drawing/",
    "effects/",
    "evaluation/",
    "formats/",
    "cli/test_data",
    "cli/test_zoo.py",
    "presets/test_cache.py",
    "presets/test_catalogue.py",
    "presets/test_fetching.py",
    "presets/test_hugging_face.py",
    "presets/test_receiving.py",
    "test_backend_choice.py",
    "test_benchmarks.py",
    "test_doctor.py",
    "test_floors.py",
    "test_import_circles.py",
    "test_lint.py",
    "test_mask_crops.py",
    "test_name_clash.py",
    "test_packaging.py",
    "test_progress.py",
    "test_writing.py",
    "docs/test_how_it_is_built.py",
    "docs/test_pasting.py",
    "docs/test_performance_page.py",
    "docs/test_reference.py",
    "docs/test_site.py",
    "docs/test_zoo_page.py",
)
# These are about words, files and pictures. They need a backend, and which one makes no difference:
# they run with PyTorch, which compiles nothing. Numbers are held on every backend where they are
# made; the exceptions are a whole `predict` and a whole `train`.
ONE_BACKEND = (
    "cli/",
    "docs/",
    "explain/test_pictures.py",
    "test_fuzzing.py",
    "test_zoo_verify.py",
    "training/test_epoch_table.py",
)
# Whole pages, whole networks and other processes: not before each commit.
SLOW = (
    "checkpoints/test_fuzzing.py",
    "cli/test_explain.py",
    "docs/test_course",
    "docs/test_examples.py",
    "docs/test_guides.py",
    "docs/test_more_guides.py",
    "docs/test_results_guide.py",
    "docs/test_site.py",
    "parity/test_losses.py",
    "parity/test_matterport.py",
    "parity/test_networks.py",
    "test_fuzzing.py",
    "test_packaging.py",
    "test_zoo_verify.py",
)
EXCEPTIONS = (
    "cli/test_predict.py",
    "cli/test_train.py",
    "data/test_loader.py",
    "evaluation/test_callback.py",
)


def pytest_configure(config):
    for line in (
        "numpy_only: needs no Keras backend, so runs once",
        "one_backend: the backend makes no difference, so runs with PyTorch only",
        "slow: left out by `python -m tests --fast`",
    ):
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory):
    """Has JAX compile once what several tests compute, and TensorFlow run its graphs as they are.

    Each model that is trained would take XLA half a minute on TensorFlow; that XLA trains one, too,
    is held by the test that asks for it: `compile(..., jit_compile="auto")`, which is the default.
    """
    if os.environ["KERAS_BACKEND"] == "jax":
        import jax

        folder = tmp_path_factory.mktemp("compiled")
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    if os.environ["KERAS_BACKEND"] == "tensorflow":
        import tensorflow as tf

        from keras_maskrcnn.models import FasterRCNN

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        compile_ = FasterRCNN.compile

        def compile_without_xla(self, *args, jit_compile=False, **kwargs):
            compile_(self, *args, jit_compile=jit_compile, **kwargs)

        FasterRCNN.compile = compile_without_xla
    if os.environ["KERAS_BACKEND"] != "torch":
        from keras_maskrcnn.ops import used_rows

        # Each share of the rows is another graph of a head: one is enough, but for `all_shares`.
        used_rows.SHARES = (1,)


def pytest_collection_modifyitems(items):
    elsewhere = pytest.mark.skip(reason="the backend makes no difference: runs with PyTorch")
    for item in items:
        path = item.path.relative_to(TESTS).as_posix()
        if path.startswith(NUMPY_ONLY) and path not in EXCEPTIONS:
            item.add_marker(pytest.mark.numpy_only)
        elif path.startswith(ONE_BACKEND) and path not in EXCEPTIONS:
            item.add_marker(pytest.mark.one_backend)
        if path.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("one_backend") and os.environ["KERAS_BACKEND"] != "torch":
            item.add_marker(elsewhere)


@contextlib.contextmanager
def users_shares():
    """Shares of the rows as a user has them; the suite works with one."""
    if os.environ["KERAS_BACKEND"] == "torch":
        yield
        return
    from keras_maskrcnn.ops import used_rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(used_rows, "SHARES", (8, 4, 2, 1))
        yield


@pytest.fixture
def all_shares():
    """The shares of `users_shares` for one test."""
    with users_shares():
        yield


@pytest.fixture
def without_compile_cache(compiled_once):
    """JAX's settings as a process finds them that was given no folder; what is cached stays."""
    if os.environ["KERAS_BACKEND"] != "jax":
        yield
        return
    import jax

    folder = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    jax.config.update("jax_compilation_cache_dir", folder)


@pytest.fixture(scope="session", autouse=True)
def a_cache_of_their_own(tmp_path_factory):
    """Commands remember in the cache which images they have read: not in that of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_MASKRCNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def imports_are_kept():
    """What is imported stays, so no later collection need walk through it: each took a second."""
    _collect()


@pytest.fixture(scope="module", autouse=True)
def models_are_freed():
    """Models are rings of references, and those of a whole suite take gigabytes."""
    yield
    _collect()


def _collect():
    """Frees what nothing refers to; the next collection need not walk through what is left."""
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def fast_compilation():
    """Has JAX compile with few optimizations: halves the time of tests that mostly compile."""
    if os.environ["KERAS_BACKEND"] != "jax":
        yield
        return
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture
def full_disk(monkeypatch):
    """A function from whose call on every file opened by `Path.open` is one of a full disk."""

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    opened = Path.open

    def opened_full(self, mode="r", *args, **options):
        file = opened(self, mode, *args, **options)
        return file if mode in ("r", "rb") else Full(file)

    def write_bytes(self, data):
        with self.open("wb") as file:
            file.write(data)

    def fill():
        monkeypatch.setattr(Path, "open", opened_full)
        monkeypatch.setattr(Path, "write_bytes", write_bytes)

    return fill


@pytest.fixture
def compile_fast():
    """For tests of what is around a model, not of its numbers."""
    with fast_compilation():
        yield


@pytest.fixture(scope="session")
def tiny_preset(tmp_path_factory):
    """Folder of a very small, untrained preset of three classes, for tests of what is around it."""
    import keras

    keras.utils.set_random_seed(0)
    with fast_compilation():
        model = tiny_model()
    folder = tmp_path_factory.mktemp("presets") / "tiny"
    model.save_to_preset(folder)
    return folder


def tiny_model():
    import keras_maskrcnn as km
    from keras_maskrcnn.targets import AnchorTargets, ProposalTargets

    return km.MaskRCNN(
        km.backbones.ResNet(18, filters=(8, 8, 8, 8)),
        num_classes=3,
        class_names=("circle", "square", "triangle"),
        image_resizer=km.data.ImageResizer(64, 64),
        feature_pyramid=km.FeaturePyramid(8),
        proposal_layer=km.ProposalLayer(40, 20),
        box_head=km.BoxHead(3, dense_dims=(16,)),
        mask_head=km.MaskHead(3, conv_dims=(8,)),
        detection_layer=km.DetectionLayer(max_detections=8),
        anchor_targets=AnchorTargets(samples=32, seed=1),
        proposal_targets=ProposalTargets(samples=16, seed=2),
    )


@pytest.fixture(scope="session")
def shapes_dataset(tmp_path_factory):
    """Folder with six small images of shapes in images/ and their objects in annotations.json."""
    import cv2

    from keras_maskrcnn.data import ShapesSource

    source = ShapesSource(6, image_size=(64, 64), seed=3)
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "images").mkdir()
    content = {
        "images": [],
        "annotations": [],
        "categories": [{"id": k, "name": n} for k, n in enumerate(source.class_names, start=1)],
    }
    for number, sample in enumerate(source, start=1):
        name = f"{number}.png"
        cv2.imwrite(str(folder / "images" / name), sample.image[..., ::-1])
        content["images"].append({"id": number, "file_name": name, "height": 64, "width": 64})
        objects = zip(sample.instances.to_rle(), sample.instances.labels.tolist(), strict=True)
        for (rle, label), box in zip(objects, sample.instances.boxes.tolist(), strict=True):
            content["annotations"].append(
                {
                    "id": len(content["annotations"]) + 1,
                    "image_id": number,
                    "category_id": label,
                    "segmentation": rle,
                    "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                    "area": 1.0,
                    "iscrowd": 0,
                }
            )
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder
