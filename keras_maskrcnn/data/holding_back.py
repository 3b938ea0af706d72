"""A share of a source that is kept back to measure on."""

import numpy as np

from keras_maskrcnn.data.folds import change_places, members_of, stratify
from keras_maskrcnn.wording import counted

KEPT, HELD_BACK = 0, 1


def hold_back(source, share, *, groups=None, seed=0) -> tuple[np.ndarray, np.ndarray]:
    """Choose a share of the images to measure on, alike in classes to those to train on.

    As many images are held back as the share of all is, rounded, at least one. Which, follows the
    classes' objects, as in `folds`. Groups stay together: then as nearly as whole groups allow.

    Args:
        source: a `Source` of at least two images.
        share: above 0, below 1.
        groups: one key per image; images of equal keys are all held back or none, see `folds`.
        seed: int, decides between images that are equally good.

    Returns:
        (train_indices, val_indices), int64, rising, for `Subset`.

    Raises:
        ValueError: `share` is out of its range, there are fewer than two images or groups, or
            `groups` has another length than the source.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource, Subset
    >>> source = ShapesSource(10)
    >>> train, val = hold_back(source, 0.3)
    >>> len(train), len(val), source.object_counts().sum(axis=0).tolist()
    (7, 3, [8, 12, 19])
    >>> Subset(source, val).object_counts().sum(axis=0).tolist()
    [2, 4, 6]
    """
    if not 0 < share < 1:
        raise ValueError(f"`share` must be above 0 and below 1. Received: share={share}.")
    members = members_of(len(source), groups)
    if len(members) < 2:
        what = "image" if groups is None else "group"
        raise ValueError(
            f"`share` must go with at least 2 {what}s, one to train on and one to hold back. "
            f"Received: {counted(len(members), what)}."
        )
    objects = source.object_counts()
    counts = np.array([objects[images].sum(axis=0) for images in members])
    sizes = np.array([len(images) for images in members])
    rng, shares = np.random.default_rng(seed), np.array([1 - share, share])
    placed = stratify(counts, sizes, shares, rng)
    _fill(placed, counts, sizes, share)
    if groups is None:  # swaps of whole groups would change how many images are held back
        change_places(placed, np.column_stack([counts, sizes]), shares, rng)
    held = np.zeros(len(source), bool)
    for images, part in zip(members, placed, strict=True):
        held[images] = part == HELD_BACK
    return np.flatnonzero(~held), np.flatnonzero(held)


def _fill(placed, counts, sizes, share):
    """Move groups, in `placed`, until as nearly the share of all images is held back as can be."""
    images = int(sizes.sum())
    wanted = min(max(round(share * images), 1), images - 1)
    known, available = np.unique(sizes, return_counts=True)
    now = [int(((placed == HELD_BACK) & (sizes == size)).sum()) for size in known]
    for size, number in zip(known, _numbers(known, available, now, wanted), strict=True):
        while (over := ((placed == HELD_BACK) & (sizes == size)).sum() - number) != 0:
            part = HELD_BACK if over > 0 else KEPT
            movable = np.flatnonzero((placed == part) & (sizes == size))
            placed[_most_even(movable, placed, counts, share)] = 1 - part


def _numbers(known, available, now, wanted):
    """Choose how many groups of each size are held back, close to how many are `now`.

    Args:
        known: the sizes, rising.
        available: how many groups of each there are.
        now: how many of each are held back.
        wanted: the sum of images to come near to. It is neither none nor all.
    """
    reachable = [1]  # bit n: whether the sizes so far give n images
    for size, most in zip(known.tolist(), available.tolist(), strict=True):
        sums, step = reachable[-1], 1
        while most > 0:
            sums |= sums << size * min(step, most)
            most, step = most - step, 2 * step
        reachable.append(sums)
    images = range(1, int(known @ available))
    left = min((n for n in images if reachable[-1] >> n & 1), key=lambda n: abs(n - wanted))
    numbers = []
    for size, most, held, sums in reversed(
        list(zip(known, available, now, reachable[:-1], strict=True))
    ):
        fit = (n for n in range(min(most, left // size) + 1) if sums >> int(left - n * size) & 1)
        numbers.append(min(fit, key=lambda n: abs(n - held)))
        left -= numbers[-1] * size
    return numbers[::-1]


def _most_even(movable, placed, counts, share):
    """Choose of some groups the one whose move leaves the classes' objects the most even."""
    objects, held = counts.sum(axis=0), placed == HELD_BACK
    moved = np.where(held[movable], -1, 1)[:, None] * counts[movable]
    uneven = counts[held].sum(axis=0) + moved - share * objects
    return movable[np.argmin(uneven**2 @ (1 / np.maximum(objects, 1)))]
