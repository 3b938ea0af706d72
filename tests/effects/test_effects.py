import cv2
import numpy as np
import pytest
from PIL import Image

from keras_maskrcnn import effects
from keras_maskrcnn.detections import Detections

SIZE = (12, 16)
CELL, DUST = np.s_[2:6, 3:8], np.s_[7:11, 10:14]


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)


def solid(boxes=((3, 2, 8, 6), (10, 7, 14, 11)), labels=(1, 2), masks=True):
    """A cell and dust whose masks fill their boxes."""
    n = len(boxes)
    grids = np.ones((n, 4, 4)) if masks else None
    scores = np.linspace(0.9, 0.5, n)
    return Detections(boxes, labels[:n], scores, grids, ["cell", "dust"], SIZE)


def inside(*places):
    mask = np.zeros(SIZE, bool)
    for place in places:
        mask[place] = True
    return mask


def nothing():
    return solid(boxes=())


def test_images_of_pillow_and_paths(image, tmp_path):
    picture, path = Image.fromarray(image), tmp_path / "a.png"
    picture.save(path)
    for effect in (
        effects.blur_background,
        effects.color_splash,
        effects.cut_out,
        effects.pixelate,
    ):
        expected = effect(image, solid())
        for given in (picture, path, str(path)):
            np.testing.assert_array_equal(effect(given, solid()), expected)
    expected = effects.replace_background(image, solid(), 255 - image)
    negative = Image.fromarray(255 - image)
    np.testing.assert_array_equal(effects.replace_background(path, solid(), negative), expected)


def test_hard_coverage_is_the_union_of_the_masks():
    assert effects.coverage(solid(), feather=0).dtype == np.float32
    np.testing.assert_array_equal(effects.coverage(solid(), feather=0), inside(CELL, DUST))
    np.testing.assert_array_equal(effects.coverage(solid(), ["dust"], feather=0), inside(DUST))
    np.testing.assert_array_equal(effects.coverage(solid(), [], feather=0), inside())


@pytest.mark.parametrize("feather", [0, 3])
def test_nothing_found_covers_nothing(feather, image):
    np.testing.assert_array_equal(effects.coverage(nothing(), feather=feather), np.zeros(SIZE))
    assert not effects.cut_out(image, nothing())[..., 3].any()
    np.testing.assert_array_equal(effects.pixelate(image, nothing()), image)


def test_a_feathered_edge_falls_linearly_outside_the_mask():
    alpha = effects.coverage(solid(), ["cell"], feather=4)
    # Distances 3, 2, 1 left of the mask in columns 0..2: 1 - (d - 0.5) / 4.
    np.testing.assert_allclose(alpha[3, :5], [0.375, 0.625, 0.875, 1, 1])
    assert alpha[1, 2] == pytest.approx(1 - (2**0.5 - 0.5) / 4)  # across the corner
    assert (alpha[CELL] == 1).all() and alpha[11, 15] == 0


@pytest.mark.parametrize("strength", [0.25, 0.8])  # 3 pixels; 9.6, taken on half the pixels
def test_a_blurred_background(image, strength):
    mask = inside(CELL)
    picture = effects.blur_background(image, solid(), ["cell"], strength, feather=0)
    np.testing.assert_array_equal(picture[mask], image[mask])
    free = (~mask).astype(np.float64)
    blurred = cv2.GaussianBlur(image * free[..., None], (0, 0), strength * 12)
    mean = blurred / cv2.GaussianBlur(free, (0, 0), strength * 12)[..., None]
    np.testing.assert_allclose(picture[~mask], mean[~mask], atol=0.51 if strength < 0.5 else 6)


@pytest.mark.parametrize("feather", [0, 3])
def test_an_object_has_no_halo(feather):
    mask = inside(CELL, DUST)
    image = np.where(mask[..., None], np.uint8(240), np.uint8(50)).repeat(3, axis=2)
    picture = effects.blur_background(image, solid(), strength=0.25, feather=feather)
    np.testing.assert_array_equal(picture, image)


def test_an_object_that_fills_the_image(image):
    found = solid(boxes=((0, 0, 16, 12),))
    np.testing.assert_array_equal(effects.blur_background(image, found), image)


def test_nothing_found_blurs_everything(image):
    picture = effects.blur_background(image, nothing(), strength=0.25)
    np.testing.assert_allclose(picture, cv2.GaussianBlur(image, (0, 0), 3.0), atol=2)


def test_a_splash_of_colour():
    image = np.full((*SIZE, 3), (100, 50, 200), np.uint8)
    mask = inside(CELL, DUST)
    picture = effects.color_splash(image, solid(), feather=0)
    assert (picture[mask] == (100, 50, 200)).all()
    assert (picture[~mask] == 82).all()  # 29.9 + 29.35 + 22.8 = 82.05
    # Feather 1: half of both beside the mask.
    soft = effects.color_splash(image, solid(), feather=1)
    assert soft[3, 2].tolist() == [91, 66, 141]


def test_a_cut_out_keeps_its_colours(image):
    picture = effects.cut_out(image, solid(), ["cell"], feather=2)
    assert picture.shape == (*SIZE, 4) and picture.dtype == np.uint8
    assert picture[3, :5, 3].tolist() == [0, 64, 191, 255, 255]  # 0.25 and 0.75 of 255
    sharp = np.isin(picture[..., 3], (0, 255))
    np.testing.assert_array_equal(picture[sharp, :3], image[sharp])


def test_the_soft_edge_carries_on_the_colours_of_the_object(image):
    picture = effects.cut_out(image, solid(), ["cell"], feather=2)
    # The cell is rows 2 to 5 of columns 3 to 7: left of it its first column, below it its last row.
    for column in (1, 2):
        np.testing.assert_array_equal(picture[2:6, column, :3], image[2:6, 3])
    np.testing.assert_array_equal(picture[6, 3:8, :3], image[5, 3:8])
    before = effects.replace_background(image, solid(), (0, 0, 0), ["cell"], feather=2)
    np.testing.assert_array_equal(before[3, 2], np.rint(0.75 * image[3, 3].astype(float)))


def test_each_object_is_cut_out_by_itself(image):
    # A big cell at the left edge, and dust within its box but for the last column of both.
    found = solid(boxes=((0, 2, 8, 10), (6, 3, 9, 6)))
    found.mask_probabilities[0, :, 2:] = 0  # the cell's mask is the left half: columns 0..3
    cell, dust = effects.cut_out_each(image, found, feather=2)
    for picture, place in ((cell, image[0:12, 0:10]), (dust, image[1:8, 4:11])):  # 2 pixels around
        sharp = np.isin(picture[..., 3], (0, 255))
        np.testing.assert_array_equal(picture[sharp, :3], place[sharp])
    assert cell[5, :, 3].tolist() == [255, 255, 255, 255, 191, 64, 0, 0, 0, 0]
    assert dust[3, :, 3].tolist() == [64, 191, 255, 255, 255, 191, 64]
    assert dust[:, 3, 3].tolist() == [64, 191, 255, 255, 255, 191, 64]
    (hard,) = effects.cut_out_each(image, found, ["dust"], feather=0)
    np.testing.assert_array_equal(hard[..., :3], image[3:6, 6:9])
    assert (hard[..., 3] == 255).all()


@pytest.mark.parametrize("feather", [0, 0.3, 0.6, 1, 2.5, 1000])
def test_one_cut_out_is_a_part_of_the_whole(feather, image):
    found = solid(boxes=((3, 2, 8, 6),))
    whole = effects.cut_out(image, found, feather=feather)
    (picture,) = effects.cut_out_each(image, found, feather=feather)
    rows, columns = np.nonzero(whole[..., 3])
    covered = whole[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_array_equal(picture, covered)


def test_an_object_without_pixels_has_an_empty_cut_out(image):
    found = solid(boxes=((3, 2, 8, 6), (5.6, 5.6, 5.9, 5.9)))
    cell, dust = effects.cut_out_each(image, found, feather=3)
    assert cell.size and not dust.size and dust.shape[2] == 4
    assert effects.cut_out_each(image, nothing()) == []


def test_a_background_of_one_colour(image):
    mask = inside(CELL, DUST)
    picture = effects.replace_background(image, solid(), (1, 2, 3), feather=0)
    np.testing.assert_array_equal(picture[mask], image[mask])
    assert (picture[~mask] == (1, 2, 3)).all()


def test_a_background_image_covers_and_keeps_its_middle(image):
    # 12 x 32 in four stripes of 8 columns: the middle 16 columns are the stripes 2 and 3.
    stripes = np.repeat(np.uint8([10, 20, 30, 40]), 8)
    background = np.tile(stripes[None, :, None], (12, 1, 3))
    picture = effects.replace_background(image, nothing(), background)
    assert picture[..., 0].tolist() == [[20] * 8 + [30] * 8] * 12
    halved = effects.replace_background(image, nothing(), background.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(halved, picture)


def test_pixels_get_the_mean_of_their_block(image):
    # 4 x 5 pixels in at most two blocks a side: blocks of 3, the last of 2 columns and 1 row.
    picture = effects.pixelate(image, solid(), ["cell"], blocks=2)
    for rows, columns in [((2, 5), (3, 6)), ((2, 5), (6, 8)), ((5, 6), (3, 6)), ((5, 6), (6, 8))]:
        place = np.s_[rows[0] : rows[1], columns[0] : columns[1]]
        mean = np.rint(image[place].mean((0, 1)))
        assert (picture[place] == mean).all()
    np.testing.assert_array_equal(picture[~inside(CELL)], image[~inside(CELL)])
    np.testing.assert_array_equal(effects.pixelate(image, solid(), blocks=100), image)


def test_the_image_given_is_left_alone(image):
    before = image.copy()
    for effect in (effects.blur_background, effects.color_splash, effects.pixelate):
        effect(image, solid())
    effects.replace_background(image, solid(), (0, 0, 0))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda image: effects.color_splash(image, solid(), ["cell", "cel"]),
            "['cel'] are unknown. Choose among ['cell', 'dust'].",
        ),
        (
            lambda image: effects.pixelate(image, nothing(), ["fog"]),
            "['fog'] are unknown. Choose among ['cell', 'dust'].",
        ),
        (
            lambda image: effects.cut_out(image[1:], solid()),
            "of the size (12, 16) that these detections were made at. "
            "Received: image.shape=(11, 16, 3), dtype=uint8.",
        ),
        (lambda image: effects.cut_out(image / 255, solid()), "dtype=float64"),
        (lambda image: effects.cut_out(image, solid(), feather=-1), "Received: feather=-1."),
        (lambda image: effects.cut_out_each(image, solid(), feather=-1), "Received: feather=-1."),
        (lambda image: effects.cut_out_each(image[1:], solid()), "image.shape=(11, 16, 3)"),
        (
            lambda image: effects.blur_background(image, solid(), strength=0),
            "`strength` must be above 0, up to 1. Received: strength=0.",
        ),
        (lambda image: effects.pixelate(image, solid(), blocks=0), "Received: blocks=0."),
        (
            lambda image: effects.replace_background(image, solid(), (0, 0, 256)),
            "`background` must be a colour (R, G, B) in 0..255 or an image",
        ),
        (
            lambda image: effects.color_splash(image, solid(masks=False)),
            "`mask_crops` must have masks to work on.",
        ),
    ],
)
def test_errors(call, message, image):
    with pytest.raises(ValueError) as error:
        call(image)
    assert message in str(error.value)
