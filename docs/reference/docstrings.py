"""Has mkdocstrings show what it does not know of our docstrings: some sections, the examples."""

import re

import griffe

#: Section -> whether each of its lines "name: text" is an item of a list.
SECTIONS = {
    "Coordinates": False,
    "Call arguments": True,
    "Returns": False,
    "Yields": False,
    "Example": False,
    "References": False,
}
_TITLE = re.compile(rf"({'|'.join(SECTIONS)}):( .*)?$")


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
        if in_example:
            if not line.strip():
                lines.append("```")
                in_example = False
            lines.append(re.sub(r" *# doctest:.*", "", line))
        elif line.startswith(">>>"):
            lines += ["", "```pycon", re.sub(r" *# doctest:.*", "", line)]
            in_example = True
        elif title := _TITLE.match(line):
            section = title[1]
            lines.append(f"**{section}:**" + (title[2] or "\n"))
        elif section and line.startswith("    "):
            lines.append(_item(line[4:]) if SECTIONS[section] else line[4:])
        else:
            section = None if line else section
            lines.append(line)
    return "\n".join([*lines, "```"] if in_example else lines)


def _item(line):
    """A line "name: text" as an item of a list; a line that goes on with one stays in it."""
    name, colon, rest = line.partition(": ")
    return f"- **`{name}`**: {rest}" if colon and not line.startswith(" ") else line
