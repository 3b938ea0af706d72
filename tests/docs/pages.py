"""The pages of the documentation: their code, made small, and run as a reader would."""

import doctest
import re
from pathlib import Path

from keras_maskrcnn.cli import app

DOCS = Path(__file__).parents[2] / "docs"
# What makes a run of hours one of seconds.
SMALL = {
    r"mask_rcnn_resnet50_fpn_coco|mask_rcnn_resnet101_fpn_matterport_coco": "mask_rcnn_tiny_shapes",
    r"--epochs [1-9]\d*": "--epochs 1",
    r"epochs=\d+": "epochs=1",
    r"--image-size \d+": "--image-size 64",
    r"image_size=\d+": "image_size=64",
}


def blocks(text, language):
    """The contents of the fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def page(name):
    """The text of a page, such as "guides/effects", made small."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for pattern, small in SMALL.items():
        text = re.sub(pattern, small, text)
    return text


def run_python(text):
    """Runs the blocks one after another, as a reader would, and returns the names they define."""
    names = {}
    for code in blocks(text, "python"):
        exec(code, names)
    return names


def run_session(name):
    """Runs a page as it stands, as one session, and returns the names that it defines.

    A `python` block is executed, a `pycon` block must print what the page says it prints.
    """
    text, names = (DOCS / f"{name}.md").read_text(encoding="utf-8"), {}
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for kind, code in re.findall(r"^```(python|pycon)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if kind == "python":
            exec(code, names)
            continue
        runner = doctest.DocTestRunner(optionflags=options)
        example = doctest.DocTestParser().get_doctest(code, names, name, name, 0)
        runner.run(example, clear_globs=False)
        assert runner.failures == 0, f"docs/{name}.md prints something else, see above:\n{code}"
        names.update(example.globs)
    return names


def run_commands(text):
    """Runs the commands one after another; those with "..." are only parsed."""
    for block in blocks(text, "shell"):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.split()
            if words[0] != "maskrcnn":
                continue
            arguments = [word for part in words[1:] for word in expanded(part)]
            if "..." not in arguments:
                assert app.main(arguments) == 0, line


def parsed_commands(text):
    """How many commands there are, each one that the command line accepts."""
    lines = "".join(blocks(text, "shell")).replace("\\\n", " ").splitlines()
    commands = [line for line in lines if line]
    for command in commands:
        app._parser().parse_args(command.split()[1:])
    return len(commands)


def expanded(word):
    """A word of the command line as the shell gives it."""
    found = sorted(str(path) for path in Path().glob(word)) if "*" in word else []
    return found or [word]
