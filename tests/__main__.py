"""Runs the suite: `python -m tests [pytest arguments]`, before a commit `python -m tests --fast`.

Each Keras backend is a process of its own, and so is what runs with PyTorch only (marked
`one_backend`) and what needs no backend (marked `numpy_only` by conftest.py). Two of these lanes
run at a time; what one prints is shown when it ends. `--fast`
leaves out the slow tests, JAX and TensorFlow. The exit status is 0 only if every lane passed.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

# Name of the lane -> its backend and what pytest selects; the longest first.
LANES = {
    "jax": ("jax", "not numpy_only"),
    "tensorflow": ("tensorflow", "not numpy_only"),
    "torch": ("torch", "not numpy_only and not one_backend"),
    "torch only": ("torch", "not numpy_only and one_backend"),
    "no backend": ("torch", "numpy_only"),
}
FAST = {
    lane: (backend, f"{selection} and not slow")
    for lane, (backend, selection) in LANES.items()
    if backend == "torch"
}
NO_TESTS_COLLECTED = 5


def main(arguments):
    lanes = FAST if "--fast" in arguments else LANES
    arguments = [argument for argument in arguments if argument != "--fast"]
    start = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(lambda lane: run(lane, *lanes[lane], arguments), lanes))
    print(f"\n===== summary: {time.monotonic() - start:.0f} s =====")
    # That a lane has none of the tests that were asked for is no failure, if another has some.
    passed = {0, NO_TESTS_COLLECTED} if 0 in [status for status, _ in outcomes] else {0}
    for lane, (status, seconds) in zip(lanes, outcomes, strict=True):
        verdict = "passed" if status in passed else f"FAILED (pytest exit status {status})"
        print(f"{lane:<12}{verdict} in {seconds:.0f} s")
    return int(any(status not in passed for status, _ in outcomes))


def run(lane, backend, selection, arguments):
    """Runs one lane, shows what it printed, and returns its exit status and its seconds."""
    print(f"{lane}: started", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", selection, *arguments]
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_WAIT_POLICY": "PASSIVE",  # PyTorch's threads would spin in the other lane's time
    }
    start = time.monotonic()
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    print(f"\n===== {lane} =====\n{done.stdout}", end="", flush=True)
    return done.returncode, time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
