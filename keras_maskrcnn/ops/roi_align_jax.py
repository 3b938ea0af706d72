"""RoIAlign's average for JAX, with a gradient that has no large intermediate on a CPU.

A scatter-add wants one row for every cell that every bin read: 0.4 GB for 512 boxes. On a CPU a
loop adds the gradient of one tile of one box at a time to its map, in place.

Shapes: B images, R RoIs per image, P bins per side, T taps, C channels (`keras_maskrcnn.ops`);
boxes are B * R here, those of all images one after another.
"""

import jax
from jax import lax
from jax import numpy as jnp

from keras_maskrcnn.ops.device import on_cpu
from keras_maskrcnn.ops.roi_align_maps import flatten, split

#: Rows and columns of a tile. Most boxes are one to four tiles large.
TILE = 16


@jax.custom_vjp
def pool_average(features, levels, taps) -> jax.Array:
    """Pool as `roi_align_average.pool_average`, from arguments: nothing may be closed over."""
    flat = flatten(features)  # (cells, C)
    return taps.gather(flat).astype(flat.dtype)


def _forward(features, *args):
    return pool_average(features, *args), (features, *args)


def _backward(saved, upstream):
    features, levels, taps = saved
    upstream = upstream.astype("float32")
    if on_cpu():
        axes = taps.rows[:2], taps.columns[:2]
        maps = scatter(upstream, *axes, levels, [feature.shape for feature in features])
    else:
        cells = sum(feature.size for feature in features) // upstream.shape[-1]
        maps = split(taps.scatter(upstream, cells), features)
    maps = [x.astype(f.dtype) for x, f in zip(maps, features, strict=True)]
    return maps, None, None


pool_average.defvjp(_forward, _backward)


def scatter(upstream, rows, columns, levels, shapes) -> list[jax.Array]:
    """Sum up what flows back from the crops into every cell of every map.

    Args:
        upstream: `(B, R, P, P, C)` gradient of the crops.
        rows: `(B, R, P, T)` int32 and float32: the rows that each bin read, with which weights.
        columns: the same for columns.
        levels: `(B, R)` int32, the map of each box.
        shapes: `(B, H, W, C)` of each map.

    Returns:
        List of float32 arrays of `shapes`.
    """
    count = upstream.shape[0] * upstream.shape[1]
    # (B * R, P, P, C), four of (B * R, P, T), and (B * R,)
    flat = [x.reshape(count, *x.shape[2:]) for x in (upstream, *rows, *columns, levels)]
    upstream, rows, columns, levels = flat[0], flat[1:3], flat[3:5], flat[5]
    image = jnp.arange(count) // (count // shapes[0][0])  # (B * R,)
    boxes = (image, upstream, rows, columns, _span(*rows), _span(*columns))
    return [_one_map(boxes, levels == number, shape) for number, shape in enumerate(shapes)]


def _span(index, weight):
    """`(B * R,)`: first cell that a box reads along an axis, and how many up to the last."""
    first = jnp.min(jnp.where(weight != 0, index, jnp.iinfo("int32").max), axis=(1, 2))
    last = jnp.max(jnp.where(weight != 0, index, -1), axis=(1, 2))
    return first, jnp.where(last >= 0, last - first + 1, 0)


def _one_map(boxes, chosen, shape):
    """`shape`: the gradient of one map, of the boxes where `chosen` `(B * R,)` is True."""
    image, upstream, rows, columns, (top, height), (left, width) = boxes
    size = (min(TILE, shape[1]), min(TILE, shape[2]))
    across = -(-width // size[1])
    tiles = jnp.where(chosen, -(-height // size[0]) * across, 0)  # (B * R,) of each box
    ends = jnp.cumsum(tiles)

    def add(number, total):
        box = jnp.sum(ends <= number)
        tile = number - (ends[box] - tiles[box])
        y, row_weights = _tile(
            top[box] + tile // across[box] * size[0], rows, box, size[0], shape[1]
        )
        x, column_weights = _tile(
            left[box] + tile % across[box] * size[1], columns, box, size[1], shape[2]
        )
        crop = upstream[box].astype("float32")  # (P, P, C)
        bins, channels = crop.shape[1:]
        crop = row_weights.T @ crop.reshape(-1, bins * channels)  # (size[0], P * C)
        crop = crop.reshape(-1, bins, channels)
        # (1, *size, C). Written out, so that it is one loop with the addition; as a product slower.
        patch = sum(crop[:, q, None] * column_weights[q, :, None] for q in range(bins))[None]
        corner = (image[box], y, x, 0)
        return lax.dynamic_update_slice(
            total, lax.dynamic_slice(total, corner, patch.shape) + patch, corner
        )

    return lax.fori_loop(0, ends[-1], add, jnp.zeros(shape, "float32"))


def _tile(start, taps, box, size, limit):
    """Where a tile lies inside the map along an axis, and `(P, size)` weights of its cells.

    At the border of the map a tile moves inwards; the cells before `start` then belong to the
    tile before it.
    """
    index, weight = (x[box] for x in taps)  # (P, T)
    inside = jnp.clip(start, 0, limit - size)
    cells = inside + jnp.arange(size)
    reads = index[:, None, :] == cells[None, :, None]  # (P, size, T)
    reads &= (cells >= start)[None, :, None]
    return inside, jnp.sum(jnp.where(reads, weight[:, None, :], 0.0), axis=-1)
