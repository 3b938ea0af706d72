"""Problems of whole images: copies, leaks between splits, sizes."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from keras_maskrcnn.data.problems.findings import Finding
from keras_maskrcnn.data.problems.fingerprints import most_similar, similar_groups
from keras_maskrcnn.wording import counted

_MOST_LISTED = 20  # images that one finding names


def copy_findings(scan, limits) -> Iterator[Finding]:
    """Yield the images of one split that are the same, or look it."""
    exact = [members for members in scan.by_digest.values() if len(members) > 1]
    for members in exact:
        differ = len({scan.object_digests[position] for position in members}) > 1
        objects = [scan.object_counts[position] for position in members]
        what = "have the same pixels"
        if differ:
            what += f", but different objects ({', '.join(map(str, objects[:_MOST_LISTED]))})"
        figures = {"images": len(members), "objects": objects, "same_objects": not differ}
        yield _group(scan, "duplicate_image", members, what, figures)
    firsts = np.array([members[0] for members in scan.by_digest.values()], np.int64)
    pictures = scan.thumbnails[firsts]
    for group in similar_groups(pictures, limits.similarity):
        similarities = (pictures[group[1:]] @ pictures[group[0]]).astype(float)
        figures = {"images": len(group), "similarity": float(similarities.max())}
        what = f"look alike (similarity {similarities.max():.3f})"
        yield _group(scan, "near_duplicate_image", firsts[group], what, figures)


def leak_findings(train, val, limits) -> Iterator[Finding]:
    """Yield the images of val that train holds too, or ones that look like it."""
    unseen = []
    for digest, positions in val.by_digest.items():
        known = train.by_digest.get(digest)
        if known is None:
            unseen += positions
            continue
        for position in positions:
            yield _leak("leak", "has the pixels of", val, position, train, known, {})
    found = most_similar(val.thumbnails[unseen], train.thumbnails, limits.similarity)
    for position, (known, similarities) in zip(unseen, found, strict=True):
        if len(known):
            best = float(similarities[0])
            what = f"looks (similarity {best:.3f}) like"
            figures = {"similarity": best}
            yield _leak("near_leak", what, val, position, train, known, figures)


def size_findings(scan, limits) -> Iterator[Finding]:
    """Yield a finding if the images' sizes lie far apart."""
    if not scan.sizes:
        return
    sides = np.array(scan.sizes).max(axis=1)
    small, large = int(sides.argmin()), int(sides.argmax())
    ratio = float(sides[large] / sides[small])
    if ratio < limits.size_ratio:
        return
    places = (scan.places[small], scan.places[large])
    sizes = " to ".join("{1} x {0}".format(*scan.sizes[i]) for i in (small, large))
    message = (
        f"{scan.split}: images from {sizes} pixels (width x height): fitted into one "
        f"canvas, their objects are shown up to {ratio:.1f} times smaller or larger"
    )
    figures = {
        "ratio": ratio,
        "smallest": list(scan.sizes[small]),
        "largest": list(scan.sizes[large]),
    }
    yield Finding("image_sizes", message, places, figures)


def empty_findings(scan) -> Iterator[Finding]:
    """Yield one finding for all images without objects."""
    empty = [i for i, count in enumerate(scan.object_counts) if not count]
    if empty:
        total = len(scan.places)
        message = f"{scan.split}: {len(empty)} of {total} images: {_names(scan, empty)}"
        figures = {"images": len(empty), "share": len(empty) / total}
        places = tuple(scan.places[i] for i in empty)
        yield Finding("images_without_objects", message, places, figures)


def boxes_only_findings(scan) -> Iterator[Finding]:
    """Yield one finding for all objects that have only a box."""
    holding = [i for i, numbers in enumerate(scan.boxes_only) if numbers]
    if holding:
        count, total = sum(map(len, scan.boxes_only)), sum(scan.object_counts)
        message = (
            f"{scan.split}: {count} of {counted(total, 'object')}, in {_names(scan, holding)}: "
            "FasterRCNN learns from them, MaskRCNN does not take them"
        )
        places = tuple(
            dataclasses.replace(scan.places[i], objects=scan.boxes_only[i]) for i in holding
        )
        yield Finding("boxes_only", message, places, {"objects": count, "share": count / total})


def skipped_findings(scan) -> Iterator[Finding]:
    """Yield a finding for each kind of shape that the reader left out."""
    shapes = scan.source.skipped_shapes()
    for kind, count in scan.source.skipped.items():
        holding = [i for i, place in enumerate(scan.places) if shapes[place.index].get(kind)]
        message = f"{scan.split}: {count} {kind}" + "s" * (count != 1)
        if holding:  # none if their images cannot be read
            message += f" in {_names(scan, holding)}"
        places = tuple(scan.places[i] for i in holding)
        yield Finding("skipped_shapes", message, places, {"shape": kind, "count": count})


def _group(scan, kind, members, what, figures):
    """Return a finding on several images of a split."""
    places = tuple(scan.places[i] for i in members[:_MOST_LISTED])
    return Finding(kind, f"{scan.split}: {_names(scan, members)} {what}", places, figures)


def _leak(kind, what, val, position, train, known, figures):
    """Return a finding on an image of val and those of train."""
    places = (val.places[position], *(train.places[i] for i in known[:_MOST_LISTED]))
    message = f"val image '{places[0].file_name}' {what} {_names(train, known)} in train"
    return Finding(kind, message, places, {**figures, "train_images": len(known)})


def _names(scan, members, most=3):
    """List the first names, and how many more there are."""
    names = [f"'{scan.places[i].file_name}'" for i in members[:most]]
    if len(members) > most:
        names.append(f"{len(members) - most} more")
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
