import contextlib
import itertools
import threading
import time

import cv2
import keras
import numpy as np
import pytest

from keras_maskrcnn.models import detection, feed

pytestmark = pytest.mark.usefixtures("compile_fast")

BACKEND = keras.backend.backend()


def noise(height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype("uint8")


@pytest.fixture(scope="module")
def pictures():
    """Six images of two padded sizes, 64 x 96 (wide) and 96 x 64 (tall): w w t w t t."""
    shapes = [(100, 150), (100, 150), (150, 100), (98, 147), (150, 100), (150, 100)]
    return [noise(*shape, seed) for seed, shape in enumerate(shapes)]


def assert_same(one, two, tolerance=0.0):
    assert one.image_size == two.image_size and len(one) == len(two)
    np.testing.assert_array_equal(one.labels, two.labels)
    np.testing.assert_allclose(one.scores, two.scores, rtol=0, atol=tolerance)
    np.testing.assert_allclose(one.boxes, two.boxes, rtol=0, atol=100 * tolerance)
    np.testing.assert_allclose(
        one.mask_probabilities, two.mask_probabilities, rtol=0, atol=tolerance
    )


def our_threads():
    return [one.name for one in threading.enumerate() if one.name.startswith("maskrcnn-")]


@pytest.fixture(autouse=True)
def no_threads_are_left():
    yield
    assert our_threads() == []


def test_what_detect_finds_in_the_order_given(model, pictures):
    found = list(model.detect_stream(iter(pictures), score_threshold=0.0))
    wanted = model.detect(pictures, score_threshold=0.0)
    assert sum(map(len, wanted)) > 10
    for one, two in zip(found, wanted, strict=True):
        assert_same(one, two)


def test_arrays_and_paths_in_batches(model, pictures, tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), pictures[1][..., ::-1])
    given = [pictures[0], tmp_path / "1.png", *pictures[2:]]
    options = {"score_threshold": 0.0, "batch_size": 2, "with_images": True}
    images, found = zip(*model.detect_stream(given, **options), strict=True)
    for one, two in zip(found, model.detect(pictures, score_threshold=0.0), strict=True):
        assert_same(one, two, tolerance=1e-5)
    assert all((one == two).all() for one, two in zip(images, pictures, strict=True))


def test_every_batch_is_full_and_uint8(model, pictures, monkeypatch):
    ran = []

    def recording(model, inputs):
        ran.append(inputs)
        return start(model, inputs)

    start = detection.start
    monkeypatch.setattr(detection, "start", recording)
    list(model.detect_stream(pictures, batch_size=2))
    # w w | t | w | t t: the order stays, so batches of one image are filled with its copy.
    assert [x["images"].shape[:3] for x in ran] == [
        (2, 64, 96), (2, 96, 64), (2, 64, 96), (2, 96, 64),
    ]  # fmt: skip
    assert {x["images"].dtype for x in ran} == {np.dtype("uint8")}
    np.testing.assert_array_equal(ran[1]["images"][0], ran[1]["images"][1])
    ran.clear()
    model.detect(pictures, batch_size=2)  # puts equal sizes together: w w | w | t t | t
    assert [x["images"].shape[:3] for x in ran] == [(2, 64, 96)] * 2 + [(2, 96, 64)] * 2


def test_the_next_batch_starts_before_the_last_is_fetched(model, monkeypatch):
    events = []
    monkeypatch.setattr(detection, "start", lambda model, x: events.append(f"start {x}") or x)
    monkeypatch.setattr(detection, "fetch", lambda x: events.append(f"fetch {x}") or {})
    monkeypatch.setattr(detection, "is_finished", lambda x: False)
    list(detection._results(model, [([], 1), ([], 2), None, ([], 3)], 0.5))
    # After 2 none is ready, so 2 is fetched before 3 is waited for.
    assert events == ["start 1", "start 2", "fetch 1", "fetch 2", "start 3", "fetch 3"]

    events.clear()  # a backend that has waited already: what it gave is not held back
    monkeypatch.setattr(detection, "is_finished", lambda x: True)
    list(detection._results(model, [([], 1), ([], 2)], 0.5))
    assert events == ["start 1", "fetch 1", "start 2", "fetch 2"]


@pytest.mark.parametrize(("batch_size", "prefetch"), [(1, 1), (1, 2), (2, 3)])
def test_the_source_is_never_pulled_further_ahead_than_allowed(model, batch_size, prefetch):
    pulled = delivered = furthest = 0
    image = noise(100, 150, 0)

    def frames():
        nonlocal pulled, furthest
        while True:
            pulled += 1
            furthest = max(furthest, pulled - delivered)
            yield image

    found = model.detect_stream(frames(), batch_size=batch_size, prefetch=prefetch)
    time.sleep(0.1)
    assert pulled == 0  # nothing runs before the first detections are asked for
    with contextlib.closing(found):
        for _ in itertools.islice(found, 20):
            delivered += 1
            if delivered in (1, 10):
                time.sleep(0.2)  # as far as it may go, it goes
                assert pulled - delivered >= prefetch * batch_size
    assert furthest <= (prefetch + 2) * batch_size
    last = pulled
    time.sleep(0.1)
    assert pulled == last


def test_a_slow_source_does_not_hold_detections_back(model):
    delivered = threading.Event()

    def camera():
        yield noise(100, 150, 0)
        assert delivered.wait(60), "the first detections did not come before the second image"
        yield noise(100, 150, 1)

    found = model.detect_stream(camera())
    next(found)
    delivered.set()
    assert len(list(found)) == 1


def test_closing_early_and_a_consumer_that_raises_end_the_threads(model):
    frames = itertools.repeat(noise(100, 150, 0))
    found = model.detect_stream(frames)
    next(found)
    assert our_threads()
    found.close()
    assert our_threads() == []

    def consume():
        for _ in model.detect_stream(frames):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        consume()
    assert our_threads() == []


def test_closing_does_not_wait_for_a_source_that_hangs(model, monkeypatch):
    monkeypatch.setattr(feed, "_PATIENCE", 0.05)
    release = threading.Event()

    def hanging():
        yield noise(100, 150, 0)
        release.wait(60)

    found = model.detect_stream(hanging())
    next(found)
    start = time.perf_counter()
    found.close()
    assert time.perf_counter() - start < 10
    release.set()
    deadline = time.monotonic() + 10
    while our_threads() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_an_error_of_the_source_comes_after_the_detections_before_it(model, pictures, batch_size):
    problem = OSError("the camera is gone")

    def camera():
        yield from pictures[:3]
        raise problem

    found, received = model.detect_stream(camera(), batch_size=batch_size), []
    with pytest.raises(OSError, match="the camera is gone") as caught:
        for detections in found:
            received.append(detections.image_size)
    assert caught.value is problem
    assert received == [(100, 150), (100, 150), (150, 100)]


def test_a_bad_image_is_named_by_its_index(model, pictures, tmp_path):
    received = []
    with pytest.raises(ValueError, match=r"images\[2\] of shape \(8, 8, 3\) and dtype float64"):
        for detections in model.detect_stream([*pictures[:2], np.zeros((8, 8, 3)), pictures[0]]):
            received.append(detections)
    assert len(received) == 2
    with pytest.raises(FileNotFoundError, match="nowhere.png"):
        list(model.detect_stream([tmp_path / "nowhere.png"]))


def test_no_images(model):
    assert list(model.detect_stream([])) == []
    assert model.detect([]) == []


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        ("walk.mp4", {}, r"an iterable of images. Received: 'walk.mp4'. Type `detect\(image\)`"),
        (np.zeros((8, 8, 3), "uint8"), {}, "an iterable of images. Received: a ndarray"),
        (None, {}, "an iterable of images. Received: a NoneType"),
        ([], {"prefetch": 0}, "`prefetch` must be a whole number of at least 1. Received: .*=0"),
        ([], {"batch_size": 1.5}, "`batch_size` must be a whole number .* Received: .*=1.5"),
    ],
)
def test_wrong_arguments_show_before_the_first_image(model, images, options, message):
    with pytest.raises(ValueError, match=message):
        model.detect_stream(images, **options)


def test_uint8_reaches_the_network_and_nothing_compiles_twice(model, pictures, monkeypatch):
    # The last test here: what the model has compiled is thrown away.
    dtypes, call = [], model.call

    def recording(inputs, training=False):
        dtypes.append(keras.backend.standardize_dtype(inputs["images"].dtype))
        return call(inputs, training=training)

    monkeypatch.setattr(model, "call", recording)
    model.make_predict_function(force=True)
    wide = pictures[:2]
    model.detect(wide)
    traced = len(dtypes)
    assert set(dtypes) == {"uint8"}
    assert BACKEND == "torch" or traced == 1
    list(model.detect_stream(wide))
    model.detect(wide)
    assert BACKEND == "torch" or len(dtypes) == traced
    monkeypatch.undo()
    model.make_predict_function(force=True)
