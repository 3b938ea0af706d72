"""The guide on looking at results does what it says, on small data."""

import cv2

from tests.docs.pages import DOCS, page, run_commands, run_python


def test_looking_at_results(photos):
    text = page("guides/looking-at-results")
    run_commands(text)
    pictures = sorted(path.name for path in (photos / "wrong").iterdir())
    assert [name[:3] for name in pictures] == [f"00{rank}" for rank in range(1, 7)] + ["she"]
    names = run_python(text)
    assert names["outlined"].shape == (64, 64, 3)
    comparisons = names["comparisons"]
    assert len(comparisons) == 8
    assert comparisons[0].accuracy <= comparisons[-1].accuracy
    assert cv2.imread("worst.png").shape == names["picture"].shape
    assert (DOCS / "pictures" / "results" / "comparison.jpg").is_file()
