"""Changes of any file's bytes, made in place."""

NUMBERS = (0, 1, 2, 3, 7, 8, 64, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
NUMBERS += (2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 1)


def changed(data, others, rng, changes) -> bytes:
    """A copy of `data` (bytes) with one or a few changes; `others` are pieces to splice in."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if data:
            rng.choice(changes)(data, others, rng)
    return bytes(data)


def flip_bit(data, others, rng) -> None:
    """One bit the other way."""
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def cut(data, others, rng) -> None:
    """The end, or a piece in the middle, away."""
    start = rng.randrange(len(data))
    del data[start : len(data) if rng.random() < 0.3 else start + rng.randrange(1, 40)]


def splice(data, others, rng) -> None:
    """A piece of this or another file over a place, or into it."""
    source = rng.choice((data, *others))
    start = rng.randrange(len(source))
    piece = source[start : start + rng.choice((1, 2, 4, 8, 16, 40, 200))]
    place = rng.randrange(len(data))
    data[place : place + rng.choice((0, len(piece)))] = piece


def put_number(data, others, rng) -> None:
    """A number that is often wrong, over a place."""
    size = rng.choice((1, 2, 4, 8))
    number = rng.choice((*NUMBERS, len(data), rng.getrandbits(8 * size))) % 2 ** (8 * size)
    place = rng.randrange(len(data))
    data[place : place + size] = number.to_bytes(size, rng.choice(("little", "little", "big")))


def swap_numbers(data, others, rng) -> None:
    """Two numbers in each other's place."""
    size = rng.choice((1, 2, 4, 8))
    first, second = (rng.randrange(len(data)) for _ in range(2))
    one, other = bytes(data[first : first + size]), bytes(data[second : second + size])
    data[first : first + size], data[second : second + size] = other, one


ANY = (flip_bit, cut, splice, put_number, swap_numbers)
