"""Writes the page of the command line from its parser, when the site is built."""

import argparse
import os

from keras_maskrcnn.cli import app

MARK = "<!-- every verb, from the parser -->"


def on_page_markdown(markdown, page, **kwargs):
    """Called by MkDocs for each page: puts the verbs in place of the mark."""
    return markdown.replace(MARK, verbs()) if page.file.src_uri == "command-line.md" else markdown


def verbs():
    """The Markdown of all verbs, a section each."""
    os.environ["COLUMNS"] = "58"  # argparse wraps usage lines here: 56 letters fit on a telephone
    return "\n".join(_verbs(app._parser(), level=2))


def _verbs(parser, level):
    """The lines of the verbs of a parser, verbs of verbs below them."""
    for choices in _choices(parser):
        summaries = {choice.dest: choice.help for choice in choices._choices_actions}
        for name, verb in choices.choices.items():
            yield f"{'#' * level} {verb.prog}\n"
            yield f"{_sentence(summaries.get(name) or '')}\n"
            yield f"```text\n{verb.format_usage()}```\n"
            yield from _arguments(verb)
            yield from _verbs(verb, level + 1)


def _arguments(parser):
    """The lines of a verb's arguments, `--help` and `--debug` left out, in their groups."""
    formatter = parser._get_formatter()
    for group in parser._action_groups:
        known = [action for action in group._group_actions if _is_shown(action)]
        if known and group.title not in ("positional arguments", "options"):
            yield f"\n**{group.title}**\n"
        for action in known:
            yield f"- {_name(action, formatter)}: {formatter._expand_help(action)}"
        yield ""


def _is_shown(action):
    common = action.dest in ("help", "debug") or action.help == argparse.SUPPRESS
    return not (common or isinstance(action, argparse._SubParsersAction))


def _name(action, formatter):
    """How an argument is typed, as code: `--out DIR`, `SOURCE [SOURCE ...]`."""
    metavar = formatter._metavar_formatter(action, action.dest.upper())
    if not action.option_strings:
        return f"**`{formatter._format_args(action, action.dest)}`**"
    values = "" if action.nargs == 0 else f" {formatter._format_args(action, metavar(1)[0])}"
    return f"**`{', '.join(action.option_strings)}{values}`**"


def _choices(parser):
    return [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]


def _sentence(text):
    return text[:1].upper() + text[1:] + "." * (not text.endswith("."))
