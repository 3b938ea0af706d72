"""Completion of what is typed after `maskrcnn`, by argcomplete, if it is installed.

The shell starts the command itself to ask what may come next, so that what it offers is always
that of the installed version. Anything that only the models know, such as classes, is not offered.
"""

import argparse
import contextlib
import os

ASKED = "_ARGCOMPLETE"  # is set by the shell's side of argcomplete
PRESETS = ("preset", "name", "names")  # arguments that take the name of a preset


def answer(parser, **options) -> None:
    """Answer the shell and end the process, if it is the shell that asks.

    Args:
        parser: `argparse.ArgumentParser` of the command.
        options: of `argcomplete.autocomplete`.
    """
    if ASKED not in os.environ:
        return
    with contextlib.suppress(ImportError):  # the shell may have another environment's argcomplete
        import argcomplete

        for action in _actions(parser):
            if action.dest in PRESETS:
                action.completer = _presets
            elif action.dest == "monitor":
                action.completer = _monitored
        argcomplete.autocomplete(parser, **options)


def _actions(parser):
    """Yield the arguments of a parser and of all its verbs."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _actions(verb)


def _presets(prefix, **context):
    """Return the presets and folders that begin with what was typed."""
    from argcomplete.completers import DirectoriesCompleter

    from keras_maskrcnn import presets

    names = [*presets.bundled(), *presets.remote(), *DirectoriesCompleter()(prefix)]
    return [name for name in names if name.startswith(prefix)]


def _monitored(prefix, **context):
    """Return what can be monitored in training."""
    from keras_maskrcnn.evaluation.kinds import DECIDING_LOGS

    return list(DECIDING_LOGS)
