"""Splits of a source for cross-validation."""

import numpy as np

MOST_ROUNDS = 10
MOST_PARTNERS = 256  # that an image tries to change places with in a round


def folds(source, count, *, groups=None, seed=0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split the images of a source into folds that are alike in classes.

    Each fold's images are validated on once, by a model trained on all others. Every class's
    objects are spread over the folds as evenly as possible, by iterative stratification: of the
    class with the fewest objects not yet placed, the images, richest first, go one by one to the
    fold that lacks the most of its objects, then to the one that lacks the most images. The paper
    has labels that an image bears or not; here an image counts with its number of objects. At last
    pairs of images of two folds change places while that lowers the sum, over classes and folds, of
    (objects of the fold - N / count)^2 / N, N the objects of the class; the images count as a
    class.

    Images that belong together, such as tiles of one field of view or slides of one patient, would
    give a validation image's neighbours away in training: with `groups` they stay in one fold.

    Args:
        source: a `Source` of at least `count` images.
        count: number of folds, at least 2.
        groups: one key per image, of any kind that can be a key of a dict; images of equal keys go
            to one fold. COCO files: `source.image_values("field_of_view")`. None: each image alone.
        seed: int, decides between images and folds that are equally good.

    Returns:
        list of `count` pairs (train_indices, val_indices), int64, rising, for `Subset`. Every image
        is in one `val_indices`; no fold is empty.

    Raises:
        ValueError: `count` is below 2 or above the number of images or groups, or `groups` has
            another length than the source.

    Example:

    >>> from keras_maskrcnn.data import ShapesSource, Subset
    >>> source = ShapesSource(9)
    >>> splits = folds(source, 3)
    >>> [len(val) for _, val in splits], source.object_counts().sum(axis=0).tolist()
    ([3, 3, 3], [6, 11, 16])
    >>> [Subset(source, val).object_counts().sum(axis=0).tolist() for _, val in splits]
    [[2, 3, 5], [2, 4, 6], [2, 4, 5]]

    References:
        Sechidis, Tsoumakas, Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011,
        section 3.
    """
    members = members_of(len(source), groups)
    _check(count, len(source), len(members), groups)
    objects = source.object_counts()
    counts = np.array([objects[images].sum(axis=0) for images in members])
    sizes = np.array([len(images) for images in members])
    rng = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    placed = stratify(counts, sizes, shares, rng)
    change_places(placed, np.column_stack([counts, sizes]), shares, rng)
    fold_of_image = np.empty(len(source), np.int64)
    for images, fold in zip(members, placed, strict=True):
        fold_of_image[images] = fold
    return [
        (np.flatnonzero(fold_of_image != fold), np.flatnonzero(fold_of_image == fold))
        for fold in range(count)
    ]


def members_of(image_count, groups) -> list[list[int]]:
    """Return the images of each group."""
    if groups is None:
        return [[image] for image in range(image_count)]
    if len(groups) != image_count:
        raise ValueError(
            f"`groups` must have one key for each of the {image_count} images. "
            f"Received: {len(groups)} keys."
        )
    members = {}
    for image, key in enumerate(groups):
        members.setdefault(key, []).append(image)
    return list(members.values())


def _check(count, image_count, group_count, groups):
    if count < 2:
        raise ValueError(f"`count` must be at least 2 folds. Received: count={count}.")
    if count > group_count:
        what = f"{image_count} images" if groups is None else f"{group_count} groups of images"
        raise ValueError(
            f"`count` must not exceed the {what} of the source. Received: count={count}. "
            "Ask for fewer folds" + ("." if groups is None else ", or give finer groups.")
        )


def stratify(counts, sizes, shares, rng) -> np.ndarray:
    """Choose the fold of each group of images.

    Args:
        counts: (groups, K), the objects of each.
        sizes: (groups,), the images of each.
        shares: (folds,), what each fold is to get of all; their sum is 1.
        rng: decides between folds that are equally good.

    Returns:
        int array of shape (groups,), the numbers of the folds.
    """
    lacking = np.outer(shares, counts.sum(axis=0))
    room = shares * sizes.sum()
    placed = np.full(len(counts), -1)
    shuffled = rng.permutation(len(counts))
    while (placed < 0).any():
        left = counts[placed < 0].sum(axis=0)
        if left.any():
            rarest = np.argmin(np.where(left > 0, left, np.inf))
            wanted, lack = counts[:, rarest], lacking[:, rarest]
        else:  # only images without objects remain
            wanted, lack = sizes, room
        rows = [row for row in shuffled if placed[row] < 0 and wanted[row] > 0]
        for row in sorted(rows, key=lambda row: -wanted[row]):
            fold = _neediest(lack, room, rng)
            placed[row] = fold
            lacking[fold] -= counts[row]
            room[fold] -= sizes[row]
    return placed


def _neediest(lack, room, rng):
    """Choose the fold that lacks most, of such the one with most room, of such any."""
    best = np.flatnonzero(np.isclose(lack, lack.max()))
    best = best[np.isclose(room[best], room[best].max())]
    return rng.choice(best)


def change_places(placed, counts, shares, rng) -> None:
    """Swap rows of `counts` (rows, K + 1) between folds, in `placed`, while that evens them out.

    `shares` and `rng` are those of `stratify`.
    """
    weights = 1 / np.maximum(counts.sum(axis=0), 1)
    wanted = np.outer(shares, counts.sum(axis=0))
    totals = np.array([counts[placed == fold].sum(axis=0) for fold in range(len(shares))])
    for _ in range(MOST_ROUNDS):
        before = placed.copy()
        partners = rng.permutation(len(counts))[:MOST_PARTNERS]
        for row in rng.permutation(len(counts)):
            gained = counts[partners] - counts[row]  # by the row's fold, and lost by the partner's
            fold, others = placed[row], placed[partners]
            ahead = totals[fold] - totals[others] - (wanted[fold] - wanted[others])
            rise = (2 * gained * (ahead + gained)) @ weights  # of the sum of squares
            best = int(np.argmin(rise))
            if rise[best] < -1e-9:
                partner = partners[best]
                totals[placed[row]] += gained[best]
                totals[placed[partner]] -= gained[best]
                placed[row], placed[partner] = placed[partner], placed[row]
        if np.array_equal(placed, before):
            break
