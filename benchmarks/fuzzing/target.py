"""What a fuzzer reads: files of a kind, how to change one of them, and who reads them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Target:
    """A kind of file.

    Attributes:
        name: str.
        write: function of an empty folder; writes the whole files.
        victims: names of the files that are changed, one at a time, relative to the folder.
        change: function of a file's bytes, other pieces and a `random.Random`; returns bytes.
        read: function of the folder and the changed file; reads it as far as a user would.
        named: classes of the errors that may come of it.
        place: function of the folder and the changed file; texts of which a message must have one.
        share: of the inputs, relative to the others.
    """

    name: str
    write: Callable[[Path], None]
    victims: tuple[str, ...]
    change: Callable
    read: Callable[[Path, Path], None]
    named: tuple[type[Exception], ...]
    place: Callable[[Path, Path], tuple[str, ...]] = lambda folder, file: (str(folder),)
    share: int = 1
