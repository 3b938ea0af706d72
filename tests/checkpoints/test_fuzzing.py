"""A short run of benchmarks/fuzz_checkpoints.py, and whether it would find what it looks for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and limits of Linux"),
    pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="needs a checkout"),
]


def run(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    return done.returncode, done.stdout + done.stderr


def test_hundreds_of_changed_files_are_read_or_refused(tmp_path):
    code = "import sys; sys.argv[1:] = ['--inputs', '600', '--seed', '20']\n"
    code += "from benchmarks import fuzz_checkpoints; sys.exit(not fuzz_checkpoints.main())"
    status, printed = run(code, tmp_path)
    assert status == 0, printed
    assert "600 inputs, 0 failures" in printed
    assert not list(tmp_path.iterdir())
    for outcome in ("the same arrays", "CheckpointError"):
        assert printed.count(outcome) == 5  # of every kind of file


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        ("{}['key']", "KeyError"),
        ("__import__('os').abort()", "crash with status -6"),
        ("[None for _ in iter(int, 1)]", "MemoryError"),
        ("__import__('time').sleep(100)", "no end"),
        ("__import__('os').system('true')", "a forbidden event"),
        ("open('other', 'w') and real(path)", "a forbidden event"),
        ("eval('1') and real(path)", "a forbidden event"),
    ],
)
def test_the_fuzzer_finds_a_reader_that_is_wrong(reader, found, tmp_path):
    code = f"""
import sys
from pathlib import Path
from benchmarks import fuzz_checkpoints as fuzz
sys.argv[1:] = ["--inputs", "2"]
fuzz.SECONDS, fuzz.MEMORY, real = 30 if {found!r} == "MemoryError" else 0.5, 2**27, fuzz.read
fuzz.read = lambda path: {reader} if Path(path).name == "input" else real(path)
sys.exit(not fuzz.main())
"""
    status, printed = run(code, tmp_path)
    assert status == 1, printed
    assert f"{found}: fuzzed/0_0_torch_zip.pth" in printed
    assert "2 inputs, 2 failures" in printed
