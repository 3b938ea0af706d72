"""The gate on hand-made results, and that the suite and its configuration hang together."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
LEVELS = ("loader", "memory", "models", "ops", "startup")
COLUMNS = ["result", "params", "version"]
TIMES = {"ops.Ops.time_call": [[0.010, 0.020], [["'nms'", "'paste'"]], "1"]}
PREDICT = {
    "models.Predict.track_ms": [[100.0], [["1"]], "1"],
    "models.Predict.track_images_per_s": [[10.0], [["1"]], "1"],
}


def result_file(path, benchmarks, gpu="none"):
    content = {
        "version": 2,
        "commit_hash": "a" * 40,
        "params": {"machine": "m-jax", "cpu": "c", "gpu": gpu, "backend": "jax"},
        "result_columns": COLUMNS,
        "results": benchmarks,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return str(path)


def program(name, *arguments):
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *arguments], capture_output=True, text=True
    )


def gate(tmp_path, base, new, *options, gpu="none"):
    files = result_file(tmp_path / "base.json", base), result_file(tmp_path / "new.json", new, gpu)
    return program("gate.py", *files, *options)


def lines_of(run):
    """Verdict and name of each row of the table."""
    rows = run.stdout.partition("benchmark\n")[2].splitlines()[:-1]
    return {row.split("  ")[-1]: row.split()[0] for row in rows}


def test_equal_results_pass(tmp_path):
    run = gate(tmp_path, TIMES | PREDICT, TIMES | PREDICT)
    assert run.returncode == 0, run.stderr
    assert lines_of(run) == {
        "models.Predict.track_images_per_s(1)": "shown",
        "models.Predict.track_ms(1)": "same",
        "ops.Ops.time_call('nms')": "same",
        "ops.Ops.time_call('paste')": "same",
    }
    assert run.stdout.splitlines()[-1] == "3 gated, 0 failed, tolerance 1.2"


def test_a_slower_one_fails_beyond_the_tolerance_and_a_faster_one_does_not(tmp_path):
    new = {"ops.Ops.time_call": [[0.013, 0.010], [["'nms'", "'paste'"]], "1"]}
    run = gate(tmp_path, TIMES, new)
    assert run.returncode == 1
    assert lines_of(run) == {
        "ops.Ops.time_call('nms')": "slower",
        "ops.Ops.time_call('paste')": "faster",
    }
    assert run.stdout.splitlines()[-1] == "2 gated, 1 failed, tolerance 1.2"
    assert gate(tmp_path, TIMES, new, "--tolerance", "1.4").returncode == 0


def test_images_per_second_are_shown_and_not_gated(tmp_path):
    fewer = PREDICT | {"models.Predict.track_images_per_s": [[1.0], [["1"]], "1"]}
    run = gate(tmp_path, PREDICT, fewer)
    assert run.returncode == 0
    assert lines_of(run)["models.Predict.track_images_per_s(1)"] == "shown"


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [(None, "failed"), ([0.01, None], "failed"), ([0.01, float("nan")], "disappeared")],
)
def test_what_failed_or_is_skipped_now_fails(tmp_path, numbers, verdict):
    new = {"ops.Ops.time_call": [numbers, [["'nms'", "'paste'"]], "1"]}
    run = gate(tmp_path, TIMES, new)
    assert run.returncode == 1
    assert lines_of(run)["ops.Ops.time_call('paste')"] == verdict


def test_a_missing_benchmark_fails_and_a_new_one_is_listed(tmp_path):
    run = gate(tmp_path, TIMES | PREDICT, PREDICT)
    assert run.returncode == 1
    assert lines_of(run)["ops.Ops.time_call('nms')"] == "disappeared"
    run = gate(tmp_path, PREDICT, TIMES | PREDICT)
    assert run.returncode == 0
    assert lines_of(run)["ops.Ops.time_call('nms')"] == "new"


def test_a_benchmark_without_parameters(tmp_path):
    base, new = ({"loader.Loader.track_ms": [[ms]]} for ms in (1.0, 2.0))
    assert lines_of(gate(tmp_path, base, new)) == {"loader.Loader.track_ms": "slower"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a result file of asv: it has no `results`"),
        ('{"version": 1, "results": {}}', "must have version 2 of asv's format. Received: 1"),
    ],
)
def test_broken_files_are_unusable(tmp_path, text, message):
    (tmp_path / "broken.json").write_text(text)
    base = result_file(tmp_path / "base.json", TIMES)
    run = program("gate.py", base, str(tmp_path / "broken.json"))
    assert run.returncode == 2
    assert message in run.stderr and "Traceback" not in run.stderr


def test_rows_that_do_not_fit_their_parameters_are_unusable(tmp_path):
    run = gate(tmp_path, TIMES, {"ops.Ops.time_call": [[0.1], [["1", "2"]], "1"]})
    assert run.returncode == 2
    assert "benchmark 'ops.Ops.time_call' cannot be read" in run.stderr


def test_nothing_gated_is_unusable(tmp_path):
    run = gate(tmp_path, {}, TIMES)
    assert run.returncode == 2
    assert "holds nothing that is gated" in run.stderr


def test_unlike_machines_are_compared_only_when_asked(tmp_path):
    run = gate(tmp_path, TIMES, TIMES, gpu="H200")
    assert run.returncode == 2
    assert "differ in gpu: 'none' and 'H200'" in run.stderr
    assert gate(tmp_path, TIMES, TIMES, "--any-machine", gpu="H200").returncode == 0


def test_two_commits_are_compared_on_every_machine_that_has_both(tmp_path):
    for machine in ("m-jax", "m-torch"):
        result_file(tmp_path / machine / "aaaaaaaa-existing-py3.11.json", TIMES)
    slow = {"ops.Ops.time_call": [[1.0, 1.0], [["'nms'", "'paste'"]], "1"]}
    result_file(tmp_path / "m-jax" / "bbbbbbbb-existing-py3.11.json", slow)
    folder = ("--results", str(tmp_path))
    run = program("gate.py", "aaaaaaaa", "bbbbb", *folder)
    assert run.returncode == 1
    assert "note: m-torch has results of aaaaaaaa, none of bbbbb" in run.stdout
    run = program("gate.py", "aaaaaaaa", "cccccccc", *folder)
    assert run.returncode == 2
    assert "has results of both aaaaaaaa and cccccccc" in run.stderr


def test_the_configuration_is_valid():
    conf = json.loads((BENCHMARKS / "asv.conf.json").read_text())
    assert conf["environment_type"] == "existing" and conf["pythons"] == ["same"]
    assert conf["default_benchmark_timeout"] == 900
    assert (BENCHMARKS / conf["benchmark_dir"] / "__init__.py").is_file()
    (pattern,) = conf["regressions_first_commits"]
    ungated = [name for name in benchmarks() if "per_s" in name]
    assert ungated and all(re.match(pattern, name) for name in ungated)
    assert not any(re.match(pattern, name) for name in set(benchmarks()) - set(ungated))


def benchmarks():
    """Names of all benchmarks, read from the source: nothing is imported."""
    return [
        f"{path.stem}.{each.name}.{method.name}"
        for path in sorted((BENCHMARKS / "suite").glob("*.py"))
        for each in ast.parse(path.read_text()).body
        if isinstance(each, ast.ClassDef)
        for method in each.body
        if isinstance(method, ast.FunctionDef) and re.match("time_|track_|peakmem_", method.name)
    ]


def test_every_class_of_the_suite_is_a_benchmark_of_its_level():
    assert {name.split(".")[0] for name in benchmarks()} == set(LEVELS)
    with_benchmarks = {name.rpartition(".")[0] for name in benchmarks()}
    for path in (BENCHMARKS / "suite").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                assert f"{path.stem}.{node.name}" in with_benchmarks


def test_quick_leaves_out_no_benchmark():
    """Only `run.py --bench` selects; a quick run passes asv no pattern of its own."""
    source = (BENCHMARKS / "run.py").read_text()
    assert source.count('"--bench"') == 2  # the option, and what is handed to asv
    run = program("run.py", "--help")
    assert run.returncode == 0 and "--quick" in run.stdout


def test_importing_the_suite_imports_no_backend():
    code = (
        f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\n"
        f"from suite import {', '.join(LEVELS)}\n"
        "print(sorted({'keras', 'jax', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


def test_without_a_gpu_the_gpu_table_measures_nothing(tmp_path):
    run = subprocess.run(
        [sys.executable, str(BENCHMARKS / "gpu.py"), "--json", str(tmp_path / "rows.json")],
        env={"PATH": str(tmp_path), "KERAS_BACKEND": "jax"},  # where there is no nvidia-smi
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stderr == "gpu.py: nvidia-smi finds no GPU, so there is nothing to measure.\n"
    assert run.stdout == "" and not (tmp_path / "rows.json").exists()
