"""The parser of `maskrcnn`, and what becomes of an error."""

import argparse
import os
import sys
from typing import NoReturn

from keras_maskrcnn import __version__, name_clash
from keras_maskrcnn.cli import (
    backend,
    background,
    blur,
    completion,
    convert,
    cutout,
    data,
    demo,
    doctor,
    evaluate,
    explain,
    pixelate,
    predict,
    splash,
    train,
    zoo,
)
from keras_maskrcnn.cli.typed import in_typed_words, typed_names

VERBS = (
    demo,
    predict,
    cutout,
    background,
    blur,
    splash,
    explain,
    pixelate,
    train,
    evaluate,
    data,
    zoo,
    convert,
    doctor,
)
FAILED = 1
INTERRUPTED = 130
PIPE_CLOSED = 141
LONGEST_MESSAGE = 5  # lines; the lists of weights that do not fit are the longest


class Parser(argparse.ArgumentParser):
    """Reports wrong arguments as every other error: two lines and exit status 1."""

    def error(self, message) -> NoReturn:
        """Say what is wrong; called by argparse."""
        self.exit(FAILED, f"{self.prog}: {message}\nSee: {self.prog} --help\n")


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something."""

    def _get_help_string(self, action):
        unspoken = action.required or action.default in (None, False, [], argparse.SUPPRESS)
        if isinstance(action.default, list) and action.default:
            return f"{action.help} (default: {' '.join(action.default)})"
        return action.help if unspoken else super()._get_help_string(action)


def main(arguments=None) -> int:
    """Run the command line and return its exit status.

    It is 0 if all was done, 1 if something failed, also if only some files could not be read or the
    command line itself is wrong, 130 if it was interrupted.

    Args:
        arguments: list of str; default: those of the process.

    Example:

    >>> main(["zoo", "list"])  # doctest: +ELLIPSIS
    name ...
    0
    """
    parser = _parser()
    completion.answer(parser)
    args, unknown = parser.parse_known_args(arguments)
    if unknown:  # said by the verb, whose --help has the others
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        name_clash.check()
        backend.silence()
        status = args.run(args) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        print(f"\nmaskrcnn {args.verb}: interrupted{args.after_interruption}", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if args.debug:
            raise
        message = in_typed_words(_message(error), args.typed_names)
        print(f"maskrcnn {args.verb}: {message}", file=sys.stderr)
        return FAILED


def _parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser = Parser(
        prog="maskrcnn",
        description="Instance segmentation with Mask R-CNN.",
        epilog="Exit status: 0 done, 1 something failed or the command line is wrong, "
        "130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"maskrcnn {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        name = verb.__name__.rpartition(".")[2]
        subparser = verbs.add_parser(
            name,
            parents=[common],
            help=verb.__doc__.splitlines()[0].partition(": ")[2],
            formatter_class=HelpFormatter,
        )
        verb.add_arguments(subparser)
        after = getattr(verb, "AFTER_INTERRUPTION", "")
        names = typed_names(subparser, getattr(verb, "TYPED_NAMES", None))
        subparser.set_defaults(
            run=verb.run, after_interruption=after, typed_names=names, parser=subparser
        )
    return parser


def _message(error):
    """Return the lines that a person needs: ours in full, of others the first."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if isinstance(error, (ValueError, OSError, ImportError, MemoryError)):
        return "\n".join(lines[:LONGEST_MESSAGE])
    return f"{type(error).__name__}: {lines[0]}\n--debug shows where it came from."
