from pathlib import Path

from keras_maskrcnn.cli import app
from tests.docs.pages import blocks

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_layers_stand_alone():
    (code,) = (block for block in blocks(README, "python") if "keras.Input" in block)
    names = {}
    exec(code, names)
    assert tuple(names["masks"].shape) == (None, None, 28, 28, 3)


def test_the_commands_have_these_verbs_and_options():
    commands = [
        command.partition("  #")[0]
        for block in blocks(README, "shell") + blocks(README, "sh")
        for command in block.replace("\\\n", " ").splitlines()
        if command.startswith("maskrcnn ")
    ]
    verbs = {command.split()[1] for command in commands}
    pictures = {"blur", "splash", "explain"}
    assert verbs == {"demo", "predict", "train", "evaluate", "zoo", "convert"} | pictures
    for command in commands:
        app._parser().parse_args(command.replace('"', "").split()[1:])
