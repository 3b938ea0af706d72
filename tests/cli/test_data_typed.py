"""Messages speak of what was typed: of options, not of the arguments of functions."""

import pytest

from keras_maskrcnn.cli.app import _parser as parser
from keras_maskrcnn.cli.app import main
from keras_maskrcnn.cli.typed import in_typed_words


def printed(capsys, *command):
    assert main(list(map(str, command))) == 1
    return capsys.readouterr().err


def test_a_missing_option_is_named(tmp_path, capsys):
    (tmp_path / "data.yaml").write_text("names: [cat]")
    found = printed(capsys, "data", "convert", tmp_path / "data.yaml", tmp_path / "a.json")
    assert "`--images` must name one of the image folders" in found
    assert "Received: no --images." in found


def test_a_wrong_name_is_that_of_the_help(capsys):
    found = printed(capsys, "zoo", "remove", "mask_rcnn_tiny_shapes")
    assert "`NAME` must be a downloaded preset. Received: NAME 'mask_rcnn_tiny_shapes'" in found


def test_a_preset_that_is_no_folder(capsys):
    found = printed(capsys, "zoo", "show", "./gone")
    assert "`NAME` must be the name of a preset or a preset's folder. Received: './gone'" in found


@pytest.mark.parametrize(
    ("verb", "message", "typed"),
    [
        ("explain I --preset P", "`detection` is detection=7", "`--object` is --object 7"),
        ("train --preset P --train T --out O", "`count` of count=5", "`--folds` of --folds 5"),
        ("predict I --preset P", "`batch_size` batch_size=0", "`--batch-size` --batch-size 0"),
        ("convert C --from torchvision --out O", "`class_names` x", "`--classes` x"),
        ("predict I --preset P", "the file 'classes=5.png'", "the file 'classes=5.png'"),
    ],
)
def test_arguments_become_options(verb, message, typed):
    args = parser().parse_args(verb.split())
    assert in_typed_words(message, args.typed_names) == typed
