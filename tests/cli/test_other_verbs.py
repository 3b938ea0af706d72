import json
import os
import subprocess
import sys

import cv2
import pytest

from keras_maskrcnn.cli import app, backend, main

pytestmark = pytest.mark.usefixtures("compile_fast", "loaded_once")


def test_demo(tiny_preset, tmp_path, capsys):
    assert main(["demo", "--preset", str(tiny_preset), "--out", str(tmp_path)]) == 0
    assert f"Picture: {tmp_path / 'demo.png'}" in capsys.readouterr().out
    assert cv2.imread(str(tmp_path / "demo.png")).shape == (516, 2064, 3)


def test_evaluate(tiny_preset, shapes_dataset, tmp_path, capsys):
    report, results = tmp_path / "report", tmp_path / "results.json"
    arguments = ["evaluate", "--preset", str(tiny_preset), "--json", str(results)]
    arguments += ["--annotations", str(shapes_dataset / "annotations.json")]
    arguments += ["--images", str(shapes_dataset / "images"), "--report", str(report)]
    assert main([*arguments, "--iou", "0.3", "--score-threshold", "0.1"]) == 0
    printed = capsys.readouterr().out
    assert "At mask IoU 0.3 and score 0.1" in printed and "TP" in printed
    pictures = ["confusion_matrix.png", "f1.png", "precision_recall.png"]
    assert sorted(path.name for path in report.iterdir()) == pictures
    assert all(str(report / name) in printed for name in pictures)

    figures = json.loads(results.read_text())
    assert {"AP", "AP50", "AP75"} <= set(figures["box"]) & set(figures["mask"])
    assert figures["images"] == 6 and figures["kind"] == "mask"
    assert figures["tp"] + figures["fn"] == figures["objects"]
    assert sum(map(sum, figures["confusion_matrix"]["counts"][1:])) == figures["objects"]
    for name, of_class in figures["per_class"].items():
        curve = figures["curves"]["per_class"][name]
        assert of_class["best_f1"] == max(curve["f1"], default=0)

    # The folder is in use now, which shows before the preset is looked for.
    assert main([*arguments, "--preset", "no such preset"]) == 1
    assert "is in use. Give a new or an empty one." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--iou", "0", "a number above 0, up to 1"),
        ("--iou", "1.5", "a number above 0, up to 1"),
        ("--score-threshold", "-1", "a number from 0 to 1"),
    ],
)
def test_evaluate_with_a_wrong_number(option, value, rule, capsys):
    arguments = ["evaluate", "--preset", "p", "--annotations", "a", "--images", "i"]
    with pytest.raises(SystemExit, match="1"):
        main([*arguments, f"{option}={value}"])
    assert rule in capsys.readouterr().err


def test_evaluate_with_a_broken_annotation_file(tiny_preset, tmp_path, capsys):
    (tmp_path / "a.json").write_text("{")
    arguments = ["--annotations", str(tmp_path / "a.json"), "--images", str(tmp_path)]
    assert main(["evaluate", "--preset", str(tiny_preset), *arguments]) == 1
    error = capsys.readouterr().err
    assert "a.json" in error and len(error.splitlines()) <= 2


def test_evaluate_with_classes(tiny_preset, shapes_dataset, tmp_path, capsys):
    arguments = ["--annotations", str(shapes_dataset / "annotations.json")]
    arguments += ["--images", str(shapes_dataset / "images"), "--preset", str(tiny_preset)]
    results = tmp_path / "results.json"
    assert main(["evaluate", *arguments, "--classes", "square", "--json", str(results)]) == 0
    assert list(json.loads(results.read_text())["per_class"]) == ["square"]
    assert main(["evaluate", *arguments, "--classes", "squares"]) == 1
    assert "no category 'squares'. Did you mean 'square'?" in capsys.readouterr().err


def test_doctor(capsys):
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "keras3-maskrcnn" in printed and ": works" in printed


def test_errors_of_others_are_one_line_and_a_hint(monkeypatch, capsys):
    def broken(args):
        raise RuntimeError("first\nsecond\nthird")

    monkeypatch.setattr(app.zoo, "run", broken)
    assert main(["zoo", "list"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "maskrcnn zoo: RuntimeError: first",
        "--debug shows where it came from.",
    ]


@pytest.mark.parametrize("verb", [verb.__name__.rpartition(".")[2] for verb in app.VERBS])
def test_wrong_usage_has_one_status(verb, capsys):
    for words in ([verb, "--nonsense"], [verb, "--preset"], ["nonsense"], []):
        with pytest.raises(SystemExit, match="1"):
            main(words)
        assert capsys.readouterr().err.splitlines()[1].startswith("See: maskrcnn")


def test_an_unknown_option_points_to_the_help_of_its_verb(capsys):
    with pytest.raises(SystemExit, match="1"):
        main(["doctor", "--fast"])
    said = ["maskrcnn doctor: unrecognized arguments: --fast", "See: maskrcnn doctor --help"]
    assert capsys.readouterr().err.splitlines() == said


def test_help_says_what_the_status_means_and_shows_defaults_as_they_are_typed(capsys):
    for words, said in (
        ([], "1 something failed or the command line is wrong"),
        (["train"], "(default: flip)"),
    ):
        with pytest.raises(SystemExit, match="0"):
            main([*words, "--help"])
        assert said in " ".join(capsys.readouterr().out.split())


def test_an_interrupt_is_no_traceback(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(app.zoo, "run", interrupted)
    assert main(["zoo", "list"]) == 130
    assert capsys.readouterr().err.strip() == "maskrcnn zoo: interrupted"


def test_an_interrupted_training_says_how_to_go_on(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(app.train, "run", interrupted)
    data = ["--train", "a.json", "--train-images", "photos"]
    assert app.main(["train", "--preset", "p", *data, "--out", "out"]) == 130
    error = capsys.readouterr().err.strip()
    assert error.startswith("maskrcnn train: interrupted. The same command with --resume goes on")


@pytest.mark.parametrize(
    ("variable", "configured", "installed", "chosen"),
    [
        (None, None, {"jax", "tensorflow", "torch"}, "jax"),
        (None, None, {"tensorflow", "torch"}, "tensorflow"),
        (None, None, {"torch"}, "torch"),
        (None, "torch", {"jax", "torch"}, "torch"),
        (None, "tensorflow", {"jax"}, "jax"),
        (None, "nonsense", {"jax"}, "jax"),
        ("torch", "jax", {"jax", "torch"}, "torch"),
        ("", "jax", {"jax", "torch"}, "jax"),
    ],
)
def test_choosing_a_backend(variable, configured, installed, chosen, tmp_path, monkeypatch):
    prepare(variable, configured, installed, tmp_path, monkeypatch)
    assert backend.choose() == chosen
    assert os.environ["KERAS_BACKEND"] == chosen


@pytest.mark.parametrize(
    ("variable", "installed", "message"),
    [
        (None, set(), 'Type: pip install "keras3-maskrcnn\\[jax\\]"'),
        ("torch", {"jax"}, "'torch', which is not installed"),
        ("jx", {"jax"}, "must be one of jax, tensorflow, torch. Received: 'jx'"),
    ],
)
def test_no_backend_to_choose(variable, installed, message, tmp_path, monkeypatch):
    prepare(variable, None, installed, tmp_path, monkeypatch)
    with pytest.raises(ImportError, match=message):
        backend.choose()


def prepare(variable, configured, installed, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", variable or "")
    if variable is None:
        monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if configured:
        (tmp_path / "keras.json").write_text(json.dumps({"backend": configured}))
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: name in installed)
    monkeypatch.setattr(backend.importlib, "import_module", lambda name: None)


def test_the_command_line_starts_without_a_backend():
    code = "import sys, keras_maskrcnn.cli; print('keras' in sys.modules, 'cv2' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "False False", run.stderr
