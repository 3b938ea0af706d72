"""Has mkdocstrings show what it does not know of our docstrings: some sections, the examples."""

import re

import griffe

#: Section -> whether each of its lines "name: text" is an item of a list.
SECTIONS = {
    "Call arguments:": True,
    "Returns:": False,
    "Yields:": False,
    "Example:": False,
    "References:": False,
}


class Docstrings(griffe.Extension):
    """Rewrites each docstring before its sections are parsed."""

    def on_object(self, *, obj, **kwargs):
        """Called by Griffe for whatever it found."""
        if not obj.is_alias and obj.docstring:
            obj.docstring.value = to_markdown(obj.docstring.value)


def to_markdown(text):
    """The docstring with examples in fences and the sections of `SECTIONS` in Markdown."""
    lines, section, in_example = [], None, False
    for line in text.splitlines():
        if in_example and not line.strip():
            lines.append("```")
            in_example = False
        elif not in_example and line.startswith(">>>"):
            lines += ["", "```pycon"]
            in_example = True
        if line.startswith("Coordinates: "):
            line = line.replace("Coordinates:", "**Coordinates:**")
        elif line in SECTIONS:
            section, line = line, f"**{line}**\n"
        elif section and line.startswith("    "):
            line = _item(line[4:]) if SECTIONS[section] else line[4:]
        elif line and not in_example:
            section = None
        lines.append(re.sub(r" *# doctest:.*", "", line) if in_example else line)
    return "\n".join([*lines, "```"] if in_example else lines)


def _item(line):
    """A line "name: text" as an item of a list; a line that goes on with one stays in it."""
    name, colon, rest = line.partition(": ")
    return f"- **`{name}`**: {rest}" if colon and not line.startswith(" ") else line
