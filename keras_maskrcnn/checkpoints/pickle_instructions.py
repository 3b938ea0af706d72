"""The instructions of pickles that checkpoints are written with, and no others.

Each is a function of the `PickleMachine` that meets it. Not among them are those that no such file
has: DUP, POP, sets, INST and OBJ (classes called as they are found), EXT1 to EXT4 (a registry of
classes), NEWOBJ_EX, out-of-band buffers, persistent ids as text, and lengths beyond 4 GiB.
"""

import codecs
import pickletools
import re
import struct

from keras_maskrcnn.checkpoints.errors import shown

LONG = 1024  # bytes; longer text and bytes stay in the file, unread
MAX_PROTOCOL = 5
_CODES = {opcode.name: ord(opcode.code) for opcode in pickletools.opcodes}
_INTEGER = re.compile(rb"-?[0-9]{1,40}L?")
_FLOAT = re.compile(rb"[-+0-9.einfa]{1,40}")
STOP = _CODES["STOP"]


class LongText:
    """Text that stays in the file.

    Args:
        view: memoryview of its UTF-8.
    """

    def __init__(self, view):
        self.view = view


def name_of(code) -> str:
    """Name of an instruction, or its number if there is none."""
    return next((name for name, known in _CODES.items() if known == code), f"byte {code}")


def _protocol(machine):
    if (version := machine.number(1)) > MAX_PROTOCOL:
        raise machine.wrong(f"protocol {version} is not known; {MAX_PROTOCOL} is the newest known")


def _signed(machine, size):
    return int.from_bytes(machine.take(size), "little", signed=True)


def _integer_line(machine):
    line = machine.line()
    if line in (b"00", b"01"):
        return line == b"01"
    if not _INTEGER.fullmatch(line):
        raise machine.damaged(f"'{shown(line.decode('latin1'))}' is no integer")
    return int(line.removesuffix(b"L"))


def _float_line(machine):
    line = machine.line()
    try:
        if _FLOAT.fullmatch(line):
            return float(line)
    except ValueError:
        pass
    raise machine.damaged(f"'{shown(line.decode('latin1'))}' is no number")


def _decoded(machine, data, encoding):
    try:
        return str(data, encoding)
    except UnicodeDecodeError:
        raise machine.damaged(f"text is not {encoding}") from None


def _text(machine, size_bytes):
    view = machine.take(machine.number(size_bytes))
    return LongText(view) if len(view) > LONG else _decoded(machine, view, "utf-8")


def _bytes(machine, size_bytes):
    view = machine.take(machine.number(size_bytes))
    return view if len(view) > LONG else bytes(view)


def _python2_string(machine, size_bytes):
    """Bytes or text, Python 2 does not say: text if it is short."""
    data = _bytes(machine, size_bytes)
    return data.decode("latin1") if type(data) is bytes else data


def _quoted_line(machine):
    line = machine.line()
    if len(line) < 2 or line[0] != line[-1] or line[0] not in b"'\"":
        raise machine.damaged("a string has no quotes")
    try:
        return codecs.escape_decode(line[1:-1])[0].decode("latin1")
    except ValueError:
        raise machine.damaged("a string has broken escapes") from None


def _dict(machine):
    items = machine.pop_mark()
    machine.push({})
    machine.set_items(items)


def _global(machine):
    module, name = (_decoded(machine, machine.line(), "utf-8") for _ in range(2))
    machine.look_up(module, name)


_VALUES = {
    "NONE": lambda m: None,
    "NEWTRUE": lambda m: True,
    "NEWFALSE": lambda m: False,
    "INT": _integer_line,
    "LONG": _integer_line,
    "BININT": lambda m: _signed(m, 4),
    "BININT1": lambda m: m.number(1),
    "BININT2": lambda m: m.number(2),
    "LONG1": lambda m: _signed(m, m.number(1)),
    "FLOAT": _float_line,
    "BINFLOAT": lambda m: struct.unpack(">d", m.take(8))[0],
    "STRING": _quoted_line,
    "BINSTRING": lambda m: _python2_string(m, 4),
    "SHORT_BINSTRING": lambda m: _python2_string(m, 1),
    "UNICODE": lambda m: _decoded(m, m.line(), "raw-unicode-escape"),
    "BINUNICODE": lambda m: _text(m, 4),
    "SHORT_BINUNICODE": lambda m: _text(m, 1),
    "BINBYTES": lambda m: _bytes(m, 4),
    "SHORT_BINBYTES": lambda m: _bytes(m, 1),
    "BYTEARRAY8": lambda m: _bytes(m, 8),
    "EMPTY_TUPLE": lambda m: (),
    "TUPLE1": lambda m: tuple(m.last(1)),
    "TUPLE2": lambda m: tuple(m.last(2)),
    "TUPLE3": lambda m: tuple(m.last(3)),
    "TUPLE": lambda m: tuple(m.pop_mark()),
    "EMPTY_LIST": lambda m: [],
    "LIST": lambda m: m.pop_mark(),
    "EMPTY_DICT": lambda m: {},
}
_OTHERS = {
    "PROTO": _protocol,
    "FRAME": lambda m: m.skip_frame(m.number(8)),
    "MARK": lambda m: m.mark(),
    "PUT": lambda m: m.put(_integer_line(m)),
    "BINPUT": lambda m: m.put(m.number(1)),
    "LONG_BINPUT": lambda m: m.put(m.number(4)),
    "MEMOIZE": lambda m: m.memoize(),
    "GET": lambda m: m.get(_integer_line(m)),
    "BINGET": lambda m: m.get(m.number(1)),
    "LONG_BINGET": lambda m: m.get(m.number(4)),
    "DICT": _dict,
    "APPEND": lambda m: m.append(m.last(1)),
    "APPENDS": lambda m: m.append(m.pop_mark()),
    "SETITEM": lambda m: m.set_items(m.last(2)),
    "SETITEMS": lambda m: m.set_items(m.pop_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": lambda m: m.look_up(*m.last(2)),
    "REDUCE": lambda m: m.reduce(),
    "NEWOBJ": lambda m: m.reduce(creates=True),
    "BUILD": lambda m: m.build(),
    "BINPERSID": lambda m: m.load_persistent(),
}


def _pushing(function):
    return lambda machine: machine.push(function(machine))


INSTRUCTIONS = {_CODES[name]: _pushing(function) for name, function in _VALUES.items()} | {
    _CODES[name]: function for name, function in _OTHERS.items()
}
