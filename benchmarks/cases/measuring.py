"""Measures one case in a fresh process, once, and hands its figures to all benchmarks that ask.

`figures("predict", batch=1, dtype="float32")` starts this file as a program. `run.py` names a
folder in MASKRCNN_BENCHMARKS_MEMO; then a case is measured once per run, so that milliseconds,
images/s and memory of one row are those of one process.
"""

import hashlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # when started as a program

from cases.sizes import SIZES

MEMO = "MASKRCNN_BENCHMARKS_MEMO"
PATIENCE = 840  # seconds for one process: a little less than asv's for a benchmark
TOO_LONG = 120.0  # seconds after which a timing stops, however few runs it has


def figures(case, side="ours", **arguments):
    """Dict of "ms", "first_s", "images_per_s", "peak_bytes" and more, see `measure`.

    Raises:
        NotImplementedError: where the case cannot run here; asv skips the benchmark.
        RuntimeError: where it failed, with the end of what it printed.
    """
    if side != "ours" and not importlib.util.find_spec("torchvision"):
        raise NotImplementedError("torchvision is not installed")
    key = json.dumps([case, side, arguments], sort_keys=True)
    name = hashlib.sha256(f"{os.environ.get('KERAS_BACKEND')} {key}".encode()).hexdigest()
    memo = Path(os.environ[MEMO], f"{name}.json") if os.environ.get(MEMO) else None
    if memo and memo.exists():
        found = json.loads(memo.read_text())
    else:
        found = _measure_in_a_process(key)
        if memo:
            memo.write_text(json.dumps(found))
    if "skipped" in found:
        raise NotImplementedError(found["skipped"])
    if "failed" in found:
        raise RuntimeError(f"{key} failed:\n{found['failed']}")
    return found


def _measure_in_a_process(key):
    command = [sys.executable, str(Path(__file__).resolve()), key]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"failed": f"no result after {PATIENCE} seconds"}
    if run.returncode:
        return {"failed": f"exit status {run.returncode}\n{run.stderr[-4000:]}"}
    return json.loads(run.stdout.splitlines()[-1])


def measure(case):
    """First call (with compilation), one to warm up, then the median of the others."""
    first = clock(case.run)
    kept = [clock(case.run)]
    if SIZES.most_runs > 1:
        kept, start = [], time.perf_counter()
        while len(kept) < SIZES.most_runs:
            kept.append(clock(case.run))
            spent = time.perf_counter() - start
            if spent > TOO_LONG or (spent > SIZES.seconds and len(kept) >= 3):
                break
    seconds = statistics.median(kept)
    return {
        "ms": 1e3 * seconds,
        "first_s": first,
        "images_per_s": case.images / seconds,
        "gb_per_s": case.least_bytes / seconds / 1e9,
        "tflop_per_s": case.operations / seconds / 1e12,
        "runs": len(kept),
    }


def in_turns(ours, theirs):
    """Median milliseconds of both, run in turns so that a busy machine hits both alike."""
    times = ([], [])
    rounds = 1 if SIZES.most_runs == 1 else 5
    repeats = 1
    for turn in range(rounds + 1):
        for case, kept in zip((ours, theirs), times, strict=True):
            time.sleep(0.3)  # for the other side's worker threads to stop spinning
            for _ in range(repeats):
                seconds = clock(case.run)
                if turn:
                    kept.append(seconds)
        slowest = max(seconds for kept in times for seconds in kept[-1:]) if turn else 1.0
        repeats = 1 if slowest > 0.2 or rounds == 1 else 10
    medians = [1e3 * statistics.median(kept) for kept in times]
    return {"ours_ms": medians[0], "theirs_ms": medians[1], "ratio": medians[0] / medians[1]}


def clock(run):
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(key):
    """What the process prints: one line of JSON."""
    name, side, arguments = json.loads(key)
    try:
        print("\n" + json.dumps(_measured(name, side, arguments)))
    except NotImplementedError as error:
        print("\n" + json.dumps({"skipped": str(error)}))


def _measured(name, side, arguments):
    if side != "ours":
        from cases import theirs  # before a backend: PyTorch crashes when TensorFlow came first
    from cases import device, ours

    if side == "ours":
        found = measure(getattr(ours, name)(**arguments))
        return {**found, "peak_bytes": device.peak_bytes(), "on_gpu": device.on_gpu()}
    if side == "ratio":
        return _ratio(name, arguments, device, ours, theirs)
    if name == "predict_operations":
        return {"operations": theirs.predict_operations(**arguments)}
    found = measure(getattr(theirs, name)(**arguments))
    return {**found, "peak_bytes": theirs.peak_bytes(), "on_gpu": theirs.GPU}


def _ratio(name, arguments, device, ours, theirs):
    device.limit_memory_growth()
    if device.on_gpu() != theirs.GPU:
        raise NotImplementedError("the backend and PyTorch do not see the same device")
    theirs_arguments = {k: v for k, v in arguments.items() if k != "dtype"}
    if "dtype" in arguments:
        theirs_arguments["amp"] = arguments["dtype"] != "float32"
    case, other = getattr(ours, name)(**arguments), getattr(theirs, name)(**theirs_arguments)
    if case.answer and case.answer() != other.answer():
        raise RuntimeError(f"{name}: the two sides do not find the same")
    return in_turns(case, other)


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not burn our cores
    main(sys.argv[1])
