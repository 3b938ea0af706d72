"""Shapes of the weights of a layer, by their frozen keys."""

NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def biased(name, kernel) -> dict[str, tuple]:
    """Kernel and bias of the layer of a name; `kernel` is a shape whose last axis is the output."""
    return {f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]}


def normalized(name, kernel, separator) -> dict[str, tuple]:
    """Return the shapes of a convolution without bias and the batch normalisation behind it."""
    norm = {f"{name}{separator}bn/{kind}": kernel[-1:] for kind in NORM}
    return {f"{name}{separator}conv/kernel": kernel, **norm}


def conv(name, kernel, normalization) -> dict[str, tuple]:
    """Return the shapes of a convolution of pyramid or head, with bias or normalisation."""
    return biased(name, kernel) if normalization is None else normalized(name, kernel, "/")
