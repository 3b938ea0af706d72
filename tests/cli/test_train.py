import csv
import json
import shutil
from unittest.mock import Mock

import numpy as np
import pytest

from keras_maskrcnn import presets, training
from keras_maskrcnn.cli import main
from keras_maskrcnn.models import FasterRCNN
from keras_maskrcnn.training import read_run

pytestmark = pytest.mark.usefixtures("compile_fast")


@pytest.fixture(scope="module")
def train_arguments(tiny_preset, shapes_dataset):
    annotations, images = str(shapes_dataset / "annotations.json"), str(shapes_dataset / "images")
    return [
        *("train", "--preset", str(tiny_preset), "--train", annotations, "--train-images", images),
        *("--batch-size", "2", "--image-size", "64", "--seed", "1"),
    ]


@pytest.fixture(scope="module")
def val_arguments(shapes_dataset):
    annotations, images = str(shapes_dataset / "annotations.json"), str(shapes_dataset / "images")
    return ["--val", annotations, "--val-images", images]


@pytest.mark.one_backend
def test_trains_a_preset_and_resumes(train_arguments, val_arguments, tmp_path, capsys):
    out = tmp_path / "out"
    preview = tmp_path / "preview.png"
    command = [*train_arguments, *val_arguments, "--out", str(out)]

    assert main([*command, "--epochs", "1", "--preview", str(preview)]) == 0
    printed = capsys.readouterr().out
    assert "train: 6 images (0 images without objects)" in printed
    assert "epoch 1/1: loss " in printed and ", val loss " in printed and "(best), 0:" in printed
    assert preview.stat().st_size > 1000
    metadata = json.loads((out / "metadata.json").read_text())
    assert metadata["class_names"] == ["circle", "square", "triangle"]
    assert metadata["training"]["epoch"] == 1

    assert main([*command, "--epochs", "1"]) == 1
    assert "in use. Add --resume" in capsys.readouterr().err

    assert main([*command, "--epochs", "2", "--resume"]) == 0
    assert "epoch 1/2: " not in (printed := capsys.readouterr().out)
    assert "epoch 2/2: " in printed
    with (out / "training" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert {"loss", "rpn_class_loss", "mask_loss", "val_loss", "val_box_AP", "val_mask_AP"} <= set(
        rows[0]
    )

    assert main([*command, "--epochs", "2", "--resume", "--seed", "9"]) == 1
    assert "must keep the options it began with. Received: --seed 9" in capsys.readouterr().err
    annotations = train_arguments[train_arguments.index("--train") + 1]
    content = json.loads((tmp_path / annotations).read_text())
    content["images"] = content["images"][:2]
    kept = [image["id"] for image in content["images"]]
    content["annotations"] = [one for one in content["annotations"] if one["image_id"] in kept]
    (tmp_path / "two.json").write_text(json.dumps(content))
    two = ["--train", str(tmp_path / "two.json")]
    assert main([*command, *two, "--epochs", "2", "--resume"]) == 1
    message = "must keep the training images and objects it began with. Received: images=2, begun"
    assert f"{message} with images=6" in capsys.readouterr().err
    two = ["--val", str(tmp_path / "two.json")]
    assert main([*command, *two, "--epochs", "2", "--resume"]) == 1
    assert "the validation images and objects it began with. Received: validation_images=2" in (
        capsys.readouterr().err
    )
    content = json.loads((tmp_path / annotations).read_text())
    content["images"][0]["file_name"], content["images"][1]["file_name"] = (
        content["images"][1]["file_name"],
        content["images"][0]["file_name"],
    )
    (tmp_path / "other.json").write_text(json.dumps(content))
    other = ["--train", str(tmp_path / "other.json")]
    assert main([*command, *other, "--epochs", "2", "--resume"]) == 1
    assert "images and objects it began with. Received: annotations_" in capsys.readouterr().err


def test_other_classes_replace_the_heads(train_arguments, shapes_dataset, tmp_path, capsys):
    content = json.loads((shapes_dataset / "annotations.json").read_text())
    content["categories"] = [{"id": k, "name": f"shape{k}"} for k in (1, 2, 3)]
    speck = {"segmentation": [[9.6, 9.6, 9.8, 9.6, 9.8, 9.8]], "bbox": [9.6, 9.6, 0.2, 0.2]}
    content["annotations"].append({**content["annotations"][0], **speck, "id": 999})
    renamed = tmp_path / "renamed.json"
    renamed.write_text(json.dumps(content))
    arguments = list(train_arguments)
    arguments[arguments.index("--train") + 1] = str(renamed)
    out = tmp_path / "out"
    assert main([*arguments, "--epochs", "1", "--out", str(out), "--freeze", "backbone"]) == 0
    printed = capsys.readouterr().out
    assert "are replaced by shape1, shape2, shape3" in printed
    assert "train: left out 1 object, of which no pixel remains at the size of training" in printed
    assert json.loads((out / "metadata.json").read_text())["class_names"][0] == "shape1"


@pytest.mark.one_backend
def test_without_a_preset_a_bundled_backbone_gets_a_new_detector(train_arguments, tmp_path, capsys):
    start = train_arguments.index("--preset")
    command = [*train_arguments[:start], *train_arguments[start + 2 :], "--epochs", "1"]
    out = tmp_path / "out"
    assert main([*command, "--out", str(out)]) == 0
    assert "start: efficientnet_lite0_imagenet and a new MaskRCNN" in capsys.readouterr().out
    assert read_run(out)["backbone"] == "efficientnet_lite0_imagenet"
    config = json.loads((out / "config.json").read_text())
    assert config["class_name"] == "MaskRCNN"
    assert config["config"]["backbone"]["class_name"] == "EfficientNetLite"

    other = [*command, "--out", str(tmp_path / "other"), "--backbone"]
    assert main([*other, "mask_rcnn_tiny_shapes"]) == 1
    assert "`--backbone` must be a backbone. Received: 'mask_rcnn" in capsys.readouterr().err
    assert main([*other, "resnet50_imagenet", "--preset", "mask_rcnn_tiny_shapes"]) == 1
    assert "`--preset` and `--backbone` must go without each other" in capsys.readouterr().err


def test_epochs_0_only_looks_at_the_data(train_arguments, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*train_arguments, "--epochs", "0", "--out", str(out)]) == 0
    assert "train: 6 images" in capsys.readouterr().out
    assert not out.exists()


def test_crowds_alone_are_counted_and_refused(train_arguments, shapes_dataset, tmp_path, capsys):
    content = json.loads((shapes_dataset / "annotations.json").read_text())
    content["annotations"] = content["annotations"][:2]
    for annotation in content["annotations"]:
        annotation["iscrowd"] = 1
    path, out = tmp_path / "crowds.json", tmp_path / "out"
    path.write_text(json.dumps(content))
    assert main([*train_arguments, "--train", str(path), "--out", str(out)]) == 1
    printed = capsys.readouterr()
    assert "train: left out 2 crowds (iscrowd 1), not trained on\n" in printed.out
    assert "6 images; all 2 objects are crowds (iscrowd 1), which are not trained" in printed.err
    assert not out.exists()
    for annotation in content["annotations"]:
        annotation |= {"iscrowd": 0, "segmentation": [[9, 9, 10, 9, 10, 10, 9, 10]]}
    tiny = tmp_path / "tiny.json"
    tiny.write_text(json.dumps(content))
    small = ["--train", str(tiny), "--image-size", "16", "--out", str(out)]
    assert main([*train_arguments, *small]) == 1
    assert "no pixel of 2 objects remains at 16 x 16 pixels. Train" in capsys.readouterr().err
    assert main(["data", "check", str(path), "--images", str(shapes_dataset / "images")]) == 1
    assert "train: left out 2 crowds (iscrowd 1), not trained on\n" in capsys.readouterr().out


def test_images_of_val_without_val(train_arguments, val_arguments, tmp_path, capsys):
    assert main([*train_arguments, *val_arguments[2:], "--out", str(tmp_path / "out")]) == 1
    assert "`--val-images` must go with `--val`" in capsys.readouterr().err


def test_images_lie_beside_the_annotations(tiny_preset, shapes_dataset, tmp_path, capsys):
    for name in ("train", "val"):
        shutil.copytree(shapes_dataset / "images", tmp_path / name)
        shutil.copy(shapes_dataset / "annotations.json", tmp_path / name)
    data = [f"--{name}={tmp_path / name / 'annotations.json'}" for name in ("train", "val")]
    command = ["train", "--preset", str(tiny_preset), "--epochs", "0", "--out", str(tmp_path / "o")]
    assert main([*command, *data]) == 0
    printed = capsys.readouterr().out
    assert "train: 6 images" in printed and "val: 6 images" in printed
    (tmp_path / "val" / "1.png").unlink()
    assert main([*command, *data]) == 1  # val's own folder was looked into
    assert main([*command, *data, "--train-images", str(tmp_path / "train")]) == 0


def test_a_part_that_does_not_exist(train_arguments, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*train_arguments, "--out", str(out), "--freeze", "neck"]) == 1
    assert "'neck'" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.one_backend
def test_how_the_weights_move_and_what_is_measured(train_arguments, tmp_path, capsys):
    out = tmp_path / "out"
    command = [*train_arguments, "--out", str(out), "--freeze", "backbone:P3", "--epochs", "1"]
    command += ["--optimizer", "sgd", "--warmup", "1", "--schedule", "step", "--clip-norm", "1"]
    command += ["--weight-decay", "0", "--accumulate", "2", "--ema", "0.5"]
    command += ["--dtype", "mixed_bfloat16", "--val-share", "0.3"]
    assert main(command) == 0
    assert "held back to measure on: 2 of 6 images, 33%\n" in capsys.readouterr().out
    recipe = json.loads((out / "training" / "recipe.json").read_text())
    expected = {"optimizer": "sgd", "warmup": 1, "schedule": "step", "clip_norm": 1.0}
    expected |= {"weight_decay": 0.0, "accumulate": 2, "ema": 0.5, "learning_rate": None}
    assert expected.items() <= recipe.items() and recipe["dtype"] == "mixed_bfloat16"
    assert "mixed_bfloat16" in (out / "config.json").read_text()

    record, preset = read_run(out), train_arguments[2]
    assert (record["preset"], record["freeze"]) == (preset, ["backbone:P3"])
    assert (record["val_share"], record["backend"]) == (0.3, "torch")
    files = sorted([*record["train"]["files"], *record["val"]["files"]])
    assert files == [f"{number}.png" for number in range(1, 7)]
    assert len(record["val"]["files"]) == 2

    assert main(["evaluate", "--run", str(out), "--json", str(tmp_path / "run.json")]) == 0
    assert f"{out}: 2 images that the run measured on\n" in capsys.readouterr().out
    figures = json.loads((tmp_path / "run.json").read_text())
    with (out / "training" / "log.csv").open() as file:
        (logged,) = csv.DictReader(file)
    assert figures["trained_on"] == 0 and figures["images"] == 2
    assert figures["mask"]["AP"] == pytest.approx(float(logged["val_mask_AP"]), abs=1e-6)
    assert figures["box"]["AP50"] == pytest.approx(float(logged["val_box_AP50"]), abs=1e-6)


@pytest.mark.one_backend
def test_a_preset_that_is_not_there_is_downloaded(tiny_preset, train_arguments, monkeypatch):
    """The record and the download of a small detector stand in for those of the zoo."""
    name, loaded = "mask_rcnn_resnet50_fpn_coco", []
    record = Mock(spec_set=["name", "config", "metadata"])
    record.configure_mock(name=name)
    for part in ("config", "metadata"):
        content = json.loads((tiny_preset / f"{part}.json").read_text())
        getattr(record, part).return_value = content
    monkeypatch.setattr(presets.catalogue, "remote", lambda: {name: record})
    monkeypatch.setattr(presets.cache, "converted_folder", lambda record: tiny_preset / "nowhere")
    monkeypatch.setattr(presets.downloading, "download", lambda name, progress: tiny_preset)

    def train(model, *args, **options):
        loaded.append(model)
        return training.RunState()

    monkeypatch.setattr(training, "train", train)
    command = [*train_arguments, "--preset", name, "--out", "nowhere", "--epochs", "1"]
    assert main(command) == 0
    wanted = FasterRCNN.from_preset(tiny_preset).get_weights()
    for weight, of_preset in zip(loaded[0].get_weights(), wanted, strict=True):
        np.testing.assert_array_equal(weight, of_preset)


@pytest.mark.one_backend
def test_a_loss_that_is_not_finite_names_the_images(train_arguments, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--optimizer", "sgd", "--learning-rate", "1e25", "--warmup", "0", "--epochs", "2"]
    assert main([*train_arguments, *options, "--out", str(out)]) == 1
    message = capsys.readouterr().err
    assert "Training has diverged: " in message and "not finite at batch 2 of epoch 1" in message
    assert message.count(".png'") == 2 and "Traceback" not in message
    assert not (out / "config.json").exists()


def test_memory_that_runs_out(train_arguments, tmp_path, capsys, monkeypatch):
    def fit(*args, **kwargs):
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")

    monkeypatch.setattr(FasterRCNN, "fit", fit)
    assert main([*train_arguments, "--epochs", "1", "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == (
        "maskrcnn train: Out of memory with a batch size of 2 at an image size of 64. Try a batch "
        "size of 1 (--batch-size 1), accumulating the gradients of 2 steps (--accumulate) for the "
        "same updates.\n"
    )
