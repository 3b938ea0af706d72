"""Values that are no images, no scores or no numbers are named, never worked with."""

import io

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

import keras_maskrcnn as km
from keras_maskrcnn.models.weights import weight_items
from tests.models.conftest import set_weights, small_model

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype("uint8")


@pytest.fixture(scope="module")
def diverging():
    """A model whose weights the tests spoil."""
    return set_weights(small_model())


@pytest.mark.one_backend
def test_what_opencv_gives_for_a_missing_file(model):
    for one in (model, km.models.Ensemble([model])):
        with pytest.raises(ValueError, match="`images` must be an image .*None.*`cv2.imread`"):
            one.detect(None)
        with pytest.raises(ValueError, match=r"Received: images\[1\]=None.*`cv2.imread`"):
            one.detect([IMAGE, None])
        with pytest.raises(ValueError, match="iterable of images. Received: a NoneType"):
            one.detect_stream(None)
        with pytest.raises(ValueError, match=r"images\[0\]=None"):
            list(one.detect_stream([None]))
    with pytest.raises(ValueError, match="`images` must be an image .* Received: 5"):
        model.detect(5)


@pytest.mark.one_backend
def test_options_out_of_range(model):
    for one in (model, km.models.Ensemble([model])):
        for call in (one.detect, one.detect_stream):
            for score in (50, "0.5", float("nan"), None, True):
                message = f"`score_threshold` must be a number in 0..1. Received: .*={score!r}"
                with pytest.raises(ValueError, match=message):
                    call([IMAGE], score_threshold=score)
            with pytest.raises(ValueError, match="`batch_size` must be a whole number.*='2'"):
                call([IMAGE], batch_size="2")


@pytest.mark.one_backend
def test_pictures_of_pillow(model):
    def scores(image):
        (found,) = model.detect(image, score_threshold=np.float32(0))
        return found.scores.tolist()

    picture = Image.fromarray(IMAGE)
    expected = scores(IMAGE)
    assert len(expected) and scores(picture) == scores([picture]) == expected
    alpha = picture.copy()
    alpha.putalpha(9)
    assert scores(alpha) == expected
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its left side
    file = io.BytesIO()
    Image.fromarray(np.rot90(IMAGE)).save(file, "PNG", exif=exif)
    assert scores(Image.open(file)) == expected
    with pytest.raises(ValueError, match="of shape .* and dtype int32"):
        model.detect(Image.fromarray(IMAGE[..., 0].astype("int32")))


@pytest.mark.one_backend
def test_an_ensemble_takes_a_generator(model):
    both = km.models.Ensemble([model, model])
    assert len(both.detect(image for image in [IMAGE, IMAGE])) == 2


@pytest.mark.parametrize(
    "key",
    ["backbone/stem_conv/kernel", "rpn_head/objectness/bias", "box_head/fc1/bias",
     "mask_head/conv1/bias"],
)  # fmt: skip
def test_weights_that_have_diverged(diverging, key):
    if key.startswith("backbone") and keras.backend.backend() == "tensorflow":
        pytest.skip("max pooling makes -3.4e38 of NaN on TensorFlow, on a CPU")
    variable = weight_items(diverging)[key]
    sound = np.array(ops.convert_to_numpy(variable.value))
    broken = sound.copy()
    broken.flat[0] = np.nan
    variable.assign(broken)
    try:
        with pytest.raises(ValueError, match="must be finite.*weights have probably diverged"):
            diverging.detect(IMAGE, score_threshold=0.0)
    finally:
        variable.assign(sound)
    assert len(diverging.detect(IMAGE, score_threshold=0.0)[0])
