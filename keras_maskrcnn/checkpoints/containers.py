"""What stands for the containers of Python that checkpoints hold besides weights."""

from keras_maskrcnn.checkpoints.errors import CheckpointError
from keras_maskrcnn.checkpoints.pickle_machine import StandIn, Stateful, checked_key


class Settings(Stateful):
    """Stands for an `argparse.Namespace`, the settings of a training; what it holds is dropped."""

    def set_state(self, state) -> None:
        """Take the attributes, a dict."""
        if type(state) is not dict:
            raise CheckpointError("an argparse.Namespace must have a dict of attributes")


def _make_dict(arguments):
    """`OrderedDict()`, `OrderedDict([[key, value], ...])` of Python 2, or `Counter({...})`."""
    if not arguments:
        return {}
    if len(arguments) == 1 and type(arguments[0]) is dict:
        return arguments[0]
    if len(arguments) == 1 and type(arguments[0]) is list:
        return _from_pairs(arguments[0])
    raise CheckpointError("a dict must be made of nothing, of a dict or of pairs")


def _from_pairs(pairs):
    made = {}
    for pair in pairs:
        if type(pair) is not list or len(pair) != 2:
            raise CheckpointError("a dict is made of what are no pairs. The file is damaged")
        made[checked_key(pair[0])] = pair[1]
    pairs.clear()  # a pickle that asks for the same dict a thousand times gets it once
    return made


def _make_settings(arguments):
    if arguments:
        raise CheckpointError("an argparse.Namespace must be made of nothing")
    return Settings()


CONTAINER_NAMES = {
    ("collections", "OrderedDict"): StandIn(_make_dict),
    ("collections", "Counter"): StandIn(_make_dict),
    ("argparse", "Namespace"): StandIn(_make_settings, creates=True),
}
