"""Reads a pickle without being able to call anything: a machine of our own for its instructions.

A pickle is a program. Python's `pickle.Unpickler` runs it, and with a `find_class` over a closed
list it calls only what is on that list; but it still obeys all 68 instructions, written in C: a few
bytes make it allocate gigabytes or a memo of four billion slots, set the state of any object, take
classes from the registry of extensions. Each must be thought of and forbidden from outside.

This machine begins at the other end. It knows the instructions that `torch.save` and `pickle.dump`
of arrays in dicts really use (protocols 0 to 5, `pickle_instructions`) and refuses every other by
name. It makes None, numbers, text, bytes, tuples, lists and dicts, and the stand-ins in the table
that it is given; it has no import, no attribute access by name and no call but to a stand-in. Each
instruction takes at least a byte and makes at most one small object or a slice of the file, so that
time and memory are bounded by the file's length and `MAX_INSTRUCTIONS`.
"""

from keras_maskrcnn.checkpoints.errors import CheckpointError, shown
from keras_maskrcnn.checkpoints.pickle_instructions import INSTRUCTIONS, STOP, name_of

MAX_INSTRUCTIONS = 2_000_000  # 5000 tensors with two moments each: about 400 000
_LINE = 4096
_KEYS = (str, int, bytes, float, bool, type(None))
_DAMAGED = "The file is damaged: download it again"


class StandIn:
    """What a pickle may call: a function of ours in place of the global that it names.

    Args:
        function: function of the tuple of arguments.
        creates: bool, whether the global is a class of which pickles make objects uncalled.
    """

    def __init__(self, function, creates=False):
        self.function = function
        self.creates = creates


class Stateful:
    """An object of ours that a pickle may give a state, by `set_state(state)`."""


def checked_key(key) -> str | int | bytes | float | bool | None:
    """Return the key of a dict itself; raise `CheckpointError` unless it is text or a number.

    Tuples could take for ever to hash, and large integers could have been chosen to have all the
    same hash.
    """
    if type(key) not in _KEYS or (type(key) is int and key.bit_length() > 63):
        raise CheckpointError(f"the key of a dict must be text or a number, not {shown(key)}")
    return key


class PickleMachine:
    """Runs one pickle.

    Args:
        view: memoryview, the bytes in which the pickle lies.
        names: dict from (module, name) to what stands for that global: a `StandIn` or a value.
        place: str, what the bytes are, for messages.
        start: int, byte at which the pickle begins.
        persistent_load: function from a persistent id, which may be anything, to a value; None if
            there must be none.

    After `run`, `position` is the byte behind the pickle. The other methods are what instructions
    are made of.
    """

    def __init__(self, view, names, place, start=0, persistent_load=None):
        self.position = start
        self._view = view
        self._names = names
        self._place = place
        self._persistent_load = persistent_load
        self._instruction = start
        self._stack = []
        self._below = []  # the stacks under the marks
        self._memo = {}

    def run(self) -> object:
        """Return the value that the pickle describes.

        Raises:
            CheckpointError: if the pickle is damaged or would do what no checkpoint does.
        """
        for _ in range(MAX_INSTRUCTIONS):
            self._instruction = self.position
            code = self.take(1)[0]
            if code == STOP:
                return self.pop()
            if code not in INSTRUCTIONS:
                raise self.wrong(
                    f"{name_of(code)} is no instruction that a checkpoint needs. Nothing was run. "
                    "The file is damaged, or made to do harm: do not use it"
                )
            INSTRUCTIONS[code](self)
        raise self.wrong(f"there are more than {MAX_INSTRUCTIONS} instructions. {_DAMAGED}")

    def wrong(self, what) -> CheckpointError:
        """Return a `CheckpointError` that names the place in the pickle."""
        return CheckpointError(f"{self._place}, byte {self._instruction}: {what}")

    def damaged(self, what) -> CheckpointError:
        """Return a `CheckpointError` for what happens in damaged files only."""
        return self.wrong(f"{what}. {_DAMAGED}")

    # Reading

    def take(self, count) -> memoryview:
        """Return the next bytes, a memoryview."""
        end = self.position + count
        if end > len(self._view):
            raise self.damaged("the file ends in the middle of the pickle")
        piece = self._view[self.position : end]
        self.position = end
        return piece

    def number(self, size) -> int:
        """Return the next bytes as an unsigned integer."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """Return the bytes up to the end of the line."""
        pieces = []
        while True:
            piece = bytes(self._view[self.position : self.position + _LINE])
            line, newline, _ = piece.partition(b"\n")
            pieces.append(line)
            self.take(len(line) + 1 if newline else max(len(line), 1))
            if newline:
                return b"".join(pieces)

    def skip_frame(self, size) -> None:
        """Check that a frame lies in the file; what is in it is read like the rest."""
        if size > len(self._view) - self.position:
            raise self.damaged("the file ends in the middle of the pickle")

    # Stack and memo

    def push(self, value) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def pop(self) -> object:
        """Take the topmost value from the stack."""
        if not self._stack:
            raise self.damaged("a value is missing")
        return self._stack.pop()

    def last(self, count) -> list:
        """Take the topmost values from the stack: a list, the deepest first."""
        return [self.pop() for _ in range(count)][::-1]

    def mark(self) -> None:
        """Begin a new stack on top of this one."""
        self._below.append(self._stack)
        self._stack = []

    def pop_mark(self) -> list:
        """Take all values above the last mark, and the mark."""
        if not self._below:
            raise self.damaged("a mark is missing")
        items, self._stack = self._stack, self._below.pop()
        return items

    def put(self, index) -> None:
        """Keep the topmost value in the memo."""
        self._memo[index] = self._top()

    def memoize(self) -> None:
        """Keep the topmost value in the memo, under the next number."""
        self.put(len(self._memo))

    def get(self, index) -> None:
        """Put a value of the memo on the stack."""
        if index not in self._memo:
            raise self.damaged(f"value {index} was not kept before")
        self.push(self._memo[index])

    def _top(self):
        if not self._stack:
            raise self.damaged("a value is missing")
        return self._stack[-1]

    # Containers

    def append(self, items) -> None:
        """Append a list of values to the list on the stack."""
        if type(self._top()) is not list:
            raise self.wrong(f"values are appended to {shown(self._top())}")
        self._top().extend(items)

    def set_items(self, items) -> None:
        """Set keys and values, which alternate, in the dict on the stack."""
        target = self._top()
        if type(target) is not dict:
            raise self.wrong(f"items are set in {shown(target)}")
        if len(items) % 2:
            raise self.damaged("a key is without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[self._placed(checked_key, key)] = value

    # What would be calls

    def look_up(self, module, name) -> None:
        """Put what stands for a global on the stack."""
        if type(module) is not str or type(name) is not str:
            raise self.damaged("the name of a global is no text")
        if (module, name) not in self._names:
            raise self.wrong(
                f"refers to {shown(module)}.{shown(name)}, which a checkpoint has no business to "
                "call. Nothing was run. If the file is your own, save the weights alone where it "
                "was made: torch.save(model.state_dict(), path). If it is not, do not use it"
            )
        self.push(self._names[module, name])

    def reduce(self, creates=False) -> None:
        """Call a stand-in with the tuple on top of it."""
        stand_in, arguments = self.last(2)
        if type(stand_in) is not StandIn or stand_in.creates is not creates:
            raise self.wrong(f"calls {shown(stand_in)}, which cannot be called so")
        if type(arguments) is not tuple:
            raise self.wrong(f"calls with {shown(arguments)} in place of arguments")
        self.push(self._placed(stand_in.function, arguments))

    def build(self) -> None:
        """Give the topmost value to the object under it as its state."""
        target, state = self.last(2)
        if isinstance(target, Stateful):
            self._placed(target.set_state, state)
        elif type(target) is not dict:
            raise self.wrong(f"gives a state to {shown(target)}")
        self.push(target)  # what an OrderedDict carries besides, `_metadata`, is of no use here

    def load_persistent(self) -> None:
        """Replace a persistent id by what it stands for."""
        if self._persistent_load is None:
            raise self.wrong("refers to something outside of the file. It must hold its weights")
        self.push(self._placed(self._persistent_load, self.pop()))

    def _placed(self, function, argument):
        try:
            return function(argument)
        except CheckpointError as error:
            raise self.wrong(str(error)) from None
