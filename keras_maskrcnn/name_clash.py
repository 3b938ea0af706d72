"""The distribution that shares our import name, and the error that says so."""

from importlib import metadata

OLD_DISTRIBUTION = "keras-maskrcnn"


def check() -> None:
    """Refuse to go on beside the unmaintained distribution `keras-maskrcnn` of 2019.

    It installs a package of the same import name, so the files of one overwrite those of the
    other, and removing either breaks what is left.

    Raises:
        ImportError: if that distribution is installed in this environment.
    """
    try:
        version = metadata.version(OLD_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return
    raise ImportError(
        f"The distribution {OLD_DISTRIBUTION!r} {version} is installed beside 'keras3-maskrcnn' "
        "and overwrites the same package. Type:\n"
        f"pip uninstall -y {OLD_DISTRIBUTION} keras3-maskrcnn\n"
        "and install keras3-maskrcnn again, as you did before."
    )
