"""Write the tables of docs/zoo.md from the catalogue and the metadata of the bundled presets.

python zoo/table.py
"""

from pathlib import Path

from keras_maskrcnn import presets
from keras_maskrcnn.evaluation.kinds import KINDS
from keras_maskrcnn.writing import write_text

PAGE = Path(__file__).parent.parent / "docs" / "zoo.md"
BEGIN, END = "<!-- begin {}: written by zoo/table.py -->", "<!-- end {} -->"
BACKBONE = "backbone"


def main() -> None:
    """Rewrite what lies between the marks of each table."""
    write_text(PAGE, updated(PAGE.read_text(encoding="utf-8")))


def updated(page) -> str:
    """The text of the page (str) with its tables as they ought to be."""
    for name, rows in (
        ("bundled", bundled()),
        ("detectors", detectors()),
        ("backbones", backbones()),
    ):
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = page.split(begin)
        page = f"{before}{begin}\n\n{markdown(rows)}\n\n{end}{rest.split(end)[1]}"
    return page


def bundled() -> list[tuple]:
    """Rows of the presets that come along."""
    rows = [("name", "finds", "MB", *(f"{kind} AP" for kind in KINDS), "licence")]
    for preset in presets.bundled().values():
        measured = [(preset.measured or {}).get(kind) for kind in KINDS]
        figures = [f"{100 * of_kind['AP']:.1f}" if of_kind else "" for of_kind in measured]
        size = f"{preset.weights_bytes / 1e6:.1f}"
        rows.append((code(preset.name), preset.description, size, *figures, preset.licence))
    return rows


def detectors() -> list[tuple]:
    """Rows of the detectors to download."""
    rows = [("name", "MB", *(f"{kind} AP" for kind in KINDS), "as published by", "licence")]
    keys = [f"{kind}_ap" for kind in KINDS]
    for record in presets.remote().values():
        if record.kind != BACKBONE:
            figures = [str(record.published.get(key, "")) for key in keys]
            by = f"{record.published['by']}, {record.published['on']}"
            rows.append((code(record.name), size_of(record), *figures, by, licence_of(record)))
    return rows


def backbones() -> list[tuple]:
    """Rows of the backbones to download."""
    rows = [("name", "MB", "top-1", "as published by", "licence")]
    for record in presets.remote().values():
        if record.kind == BACKBONE:
            published = record.published
            by = f"{published['by']}, {published['on']}"
            top1 = f"{published['top1']:.1f}"
            rows.append((code(record.name), size_of(record), top1, by, licence_of(record)))
    return rows


def size_of(record) -> str:
    """Megabytes to download; empty where the maker says nothing."""
    return f"{record.bytes / 1e6:.0f}" if record.bytes else ""


def licence_of(record) -> str:
    """The name of the licence, without the remark on it, which the page has further down."""
    name, remark, _ = record.licence.partition(" (")
    return f"{name}, see below" if remark else name


def code(text) -> str:
    """The text (str) as code."""
    return f"`{text}`"


def markdown(rows) -> str:
    """A table of Markdown from tuples of str, the heading first."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
