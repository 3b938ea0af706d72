"""Whether each verb finds out before its work that it cannot write the result."""

import pytest

from keras_maskrcnn.cli import main

DATA = "--train a.json --train-images ."


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("predict 1.png --json folder", "'folder' cannot be written: it is a folder."),
        ("predict 1.png --via folder", "'folder' cannot be written: it is a folder."),
        ("predict 1.png --sheet s.xyz", "'s.xyz' of 2 x 2 pixels cannot be written in the format"),
        ("predict 1.png --out a.json", "'a.json' cannot be written: a part of this path is a file"),
        ("predict 1.png --out o --sheet o/1.png", "`--sheet` must be another path than `--out`."),
        ("predict 1.png --json 1.png", "`--json` must not be a file that is read."),
        ("blur 1.png --out a.json/b", "'a.json/b' cannot be written: a part of this path is a"),
        ("splash 1.png --out used", "'used/1.png' cannot be written: it is a folder."),
        ("explain 1.png --out a.json", "'a.json' cannot be written: a part of this path is a"),
        ("demo --out a.json", "'a.json/demo.png' cannot be written: a part of this path is a"),
        ("evaluate --json folder", "'folder' cannot be written: it is a folder."),
        ("evaluate --json a.json", "`--json` must not be a file that is read."),
        ("evaluate --report a.json/b", "'a.json/b' cannot be written: a part of this path is a"),
        ("evaluate --pictures a.json/b", "'a.json/b' cannot be written: a part of this path is a"),
        (f"train {DATA} --out a.json/b", "'a.json/b' cannot be written: a part of this path is"),
        (f"train {DATA} --out o --preview p", "'p' of 2 x 2 pixels cannot be written in the"),
        ("data convert b.json a.json/b", "'a.json/b' cannot be written: a part of this path is"),
        ("data check b.json --json folder", "'folder' cannot be written: it is a folder."),
        ("data check b.json --sheet s.xyz", "'s.xyz' of 2 x 2 pixels cannot be written in the"),
        ("convert b.pth --from torchvision --out a.json", "'a.json' cannot be written: a part of"),
    ],
)
def test_it_shows_before_the_preset_is_looked_for(command, reason, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("1.png", "a.json"):
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / "folder").mkdir()
    (tmp_path / "used" / "1.png").mkdir(parents=True)
    words = command.split()
    if words[0] == "evaluate":
        words += ["--annotations", "a.json", "--images", "."]
    if words[0] not in ("data", "convert"):
        words += ["--preset", "no such preset"]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert reason in error and len(error.splitlines()) == 1
    left = sorted(path.name for path in tmp_path.rglob("*"))
    assert left == ["1.png", "1.png", "a.json", "folder", "used"]
