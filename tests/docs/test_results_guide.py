"""The guide on looking at results does what it says, on small data."""

import cv2

from tests.docs.pages import DOCS, page, run_commands, run_python


def test_looking_at_results(photos):
    preset = "mask_rcnn_tiny_shapes"
    measured = f"--preset {preset} --annotations photos.json --images photos"
    text = page("guides/looking-at-results").replace("--run out/photos", measured)
    text = text.replace("out/photos", preset)
    run_commands(text)
    pictures = sorted(path.name for path in (photos / "worst").iterdir())
    assert [name[:3] for name in pictures] == [f"00{rank}" for rank in range(1, 7)] + ["she"]
    names = run_python(text)
    assert names["outlined"].shape == (64, 64, 3)
    comparisons = names["comparisons"]
    assert len(comparisons) == 8
    assert comparisons[0].accuracy <= comparisons[-1].accuracy
    assert cv2.imread("worst.png").shape == names["picture"].shape
    assert (DOCS / "pictures" / "results" / "comparison.jpg").is_file()
