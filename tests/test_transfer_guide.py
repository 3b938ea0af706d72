"""docs/guides/transfer-learning.md does what it says, on small data."""

import re

from keras_maskrcnn.cli import app
from tests.test_guides import blocks, guide, photos, run_python

photos = photos  # the fixture


def test_the_code_runs(photos, compile_fast):
    text = guide("transfer-learning")
    trunk = 'ResNet.from_preset("resnet50_imagenet")'
    assert trunk in text
    text = text.replace(trunk, "ResNet(18, filters=(8, 8, 8, 8))")
    run_python(re.sub(r"\], \d+, ", "], 1, ", text))
    assert (photos / "out" / "by_part" / "model.safetensors").is_file()


def test_the_commands_have_these_options():
    lines = [
        line for block in blocks(guide("transfer-learning"), "shell") for line in block.split("\n")
    ]
    commands = [line for line in lines if line]
    assert len(commands) == 2
    for command in commands:
        app._parser().parse_args(command.split()[1:])
