"""Which text file of labels is of which image."""

from collections import defaultdict

from keras_maskrcnn.formats.files import DatasetError
from keras_maskrcnn.formats.names_on_disk import name_form


def paired(images, labels, labels_dir, images_dir) -> dict:
    """Find the text file of each image, which has its name.

    Without one of exactly its name, an image has the one whose name differs in form only, in letter
    case or in the form of accents, if no other image or text file answers to it.

    Args:
        images, labels: lists of `Path`, relative to their folders.
        labels_dir, images_dir: the folders, for messages.

    Returns:
        dict from an image to its text file; without the images that have none.

    Raises:
        DatasetError: a text file has no image.
    """
    exact = {path.with_suffix(""): path for path in labels}
    pairs = {path: exact[stem] for path in images if (stem := path.with_suffix("")) in exact}
    taken = set(pairs.values())
    answering = defaultdict(lambda: ([], []))
    for number, paths in enumerate((images, labels)):
        for path in paths:
            if path not in pairs and path not in taken:
                form = name_form(path.with_suffix("").as_posix())
                answering[form][number].append(path)
    alone = []
    for without, left in answering.values():
        if len(without) == len(left) == 1:
            pairs[without[0]] = left[0]
        else:
            alone += left
    if alone:
        raise DatasetError(
            f"{len(alone)} of the {len(labels)} label files in '{labels_dir}' have no image in "
            f"'{images_dir}'. The first is '{min(alone)}'. Give the folder of their images."
        )
    return pairs
