"""Runs the suite on each backend, one process after another: `python -m tests [pytest arguments]`.

What needs no backend at all (marked `numpy_only` by conftest.py) runs once, with the first.
The exit status is 0 only if every run passed.
"""

import os
import subprocess
import sys
import time

BACKENDS = ("jax", "tensorflow", "torch")
NO_TESTS_COLLECTED = 5


def main(arguments):
    outcomes = []
    for backend in BACKENDS:
        print(f"\n===== {backend} =====", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *arguments]
        if outcomes:
            command += ["-m", "not numpy_only"]
        environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
        start = time.monotonic()
        status = subprocess.run(command, env=environment).returncode
        if status == NO_TESTS_COLLECTED and outcomes:
            status = 0  # All that was asked for needs no backend and ran with the first.
        outcomes.append((backend, status, time.monotonic() - start))
    print("\n===== summary =====")
    for backend, status, seconds in outcomes:
        verdict = "passed" if status == 0 else f"FAILED (pytest exit status {status})"
        print(f"{backend:<12}{verdict} in {seconds:.0f} s")
    return int(any(status for _, status, _ in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
