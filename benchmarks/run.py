"""Runs the whole suite, on each installed backend in turn, and records the results.

    python benchmarks/run.py --quick      tiny sizes: shows in minutes that every benchmark runs
    python benchmarks/run.py              real sizes: records under benchmarks/results/

One asv run per backend, as Keras has one backend per process; two at a time where nothing is
recorded. Results lie in a folder per machine and backend, so that none overwrites another's. Exit
status 1 if any benchmark failed.
"""

import argparse
import datetime
import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import machine
import results

HERE = Path(__file__).resolve().parent
BACKENDS = ("jax", "tensorflow", "torch")
FAST_COMPILATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
NO_COMMIT = (
    "benchmarks/run.py: results belong to a commit, and this is no git checkout. Name the commit "
    "that this code is: --commit HASH (40 digits), or MASKRCNN_BENCHMARKS_COMMIT=HASH. "
    "`--quick` needs none."
)


def main(arguments=None):
    """Exit status: 0, 1 after a failed benchmark, 2 for arguments that make no sense."""
    args = parse(arguments)
    commit, date = find_commit(args.commit, args.quick)
    if commit is None:
        print(NO_COMMIT, file=sys.stderr)
        return 2
    from asv.machine import MachineCollection

    described = [machine.describe(backend, args.machine) for backend in args.backends]
    # asv asks questions about a machine that its file in the home folder does not know.
    for machine_of_backend in described:
        MachineCollection.save(machine_of_backend["machine"], machine_of_backend)
    with ThreadPoolExecutor(max_workers=2 if args.quick else 1) as pool:
        outcomes = list(pool.map(lambda one: run_backend(one, commit, date, args), described))
    print("\n===== summary =====")
    for _, _, content, benchmarks, _ in outcomes:
        if content and not args.quick:
            print_table(content, benchmarks)
    return int(any([report(*outcome) for outcome in outcomes]))


def parse(arguments):
    """Command line."""
    installed = [name for name in BACKENDS if importlib.util.find_spec(name)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes; nothing is recorded")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=installed)
    parser.add_argument("--machine", help="name in the results, the same for machines of a kind")
    parser.add_argument("--bench", action="append", default=[], help="only what this regex finds")
    parser.add_argument("--commit", default=os.environ.get("MASKRCNN_BENCHMARKS_COMMIT"))
    parser.add_argument("--results", type=Path, default=HERE / "results")
    args = parser.parse_args(arguments)
    if not args.backends:
        parser.error('no backend is installed. Type: pip install -e ".[bench,jax]"')
    if not importlib.util.find_spec("asv"):
        parser.error('asv is not installed. Type: pip install -e ".[bench]"')
    if args.commit and not re.fullmatch("[0-9a-f]{40}", args.commit):
        parser.error(f"--commit must be a full hash of 40 digits. Received: {args.commit!r}")
    return args


def find_commit(given, quick):
    """`(hash, milliseconds since 1970)`; the hash is None where nothing tells it."""
    now = int(1000 * time.time())
    commit = given or git("rev-parse", "HEAD") or ("0" * 40 if quick else None)
    seconds = git("show", "-s", "--format=%ct", commit) if commit else None
    if not quick and not given and git("status", "--porcelain", "keras_maskrcnn"):
        print("note: keras_maskrcnn has changes that are not in the commit", file=sys.stderr)
    return commit, 1000 * int(seconds) if seconds else now


def git(*arguments):
    """Output of a git command in the checkout, or None."""
    try:
        run = subprocess.run(["git", *arguments], cwd=HERE.parent, capture_output=True, text=True)
    except OSError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def run_backend(described, commit, date, args):
    """`(backend, exit status, results or None, content of benchmarks.json, seconds)`."""
    print(f"\n===== {described['backend']} =====", flush=True)
    start = time.monotonic()
    outcome = run_asv(described, commit, date, args)
    _, content, benchmarks = outcome
    if content and not args.quick:
        store(content, benchmarks, described, args)
    return described["backend"], *outcome, time.monotonic() - start


def run_asv(described, commit, date, args):
    """`(exit status, content of the result file or None, content of benchmarks.json)`."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        folder = Path(folder)
        write_configuration(folder)
        command = [sys.executable, "-m", "asv", "run", "--config", str(folder / "asv.conf.json")]
        command += ["--machine", described["machine"], "--set-commit-hash", commit]
        command += ["--show-stderr", *(["--quick"] if args.quick else [])]
        for pattern in args.bench:
            command += ["--bench", pattern]
        variables = environment(described, commit, date, args.quick, folder)
        if args.quick:  # two run at a time: what each prints comes in one piece
            together = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            done = subprocess.run(command, env=variables, text=True, **together)
            print(f"\n===== {described['backend']} ended =====\n{done.stdout}", flush=True)
        else:
            done = subprocess.run(command, env=variables)
        files = list((folder / "results" / described["machine"]).glob(f"{commit[:8]}-*.json"))
        if not files:
            return done.returncode or 1, None, {}
        benchmarks = json.loads((folder / "results" / "benchmarks.json").read_text())
        return done.returncode, results.read(files[0]), benchmarks


def write_configuration(folder):
    """asv.conf.json for one run: ours, but for results, work folders and the plugin in `folder`."""
    conf = json.loads((HERE / "asv.conf.json").read_text(encoding="utf-8"))
    conf |= {"benchmark_dir": str(HERE / "suite"), "repo": str(HERE.parent), "dvcs": "given"}
    conf |= {key: str(folder / key) for key in ("results_dir", "env_dir", "html_dir")}
    conf |= {"results_dir": str(folder / "results"), "plugins": [".given_commit"]}
    shutil.copy(HERE / "given_commit.py", folder)
    (folder / "memo").mkdir()
    (folder / "asv.conf.json").write_text(json.dumps(conf))


def environment(described, commit, date, quick, folder):
    """Variables of the asv process and with it of every benchmark."""
    variables = {
        **os.environ,
        "KERAS_BACKEND": described["backend"],
        "MASKRCNN_BENCHMARKS": "quick" if quick else "full",
        "MASKRCNN_BENCHMARKS_MEMO": str(folder / "memo"),
        "MASKRCNN_BENCHMARKS_COMMIT": commit,
        "MASKRCNN_BENCHMARKS_DATE": str(date),
    }
    variables.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if quick and described["gpu"] == "none":
        variables.setdefault("XLA_FLAGS", FAST_COMPILATION)
    return variables


def store(content, benchmarks, described, args):
    """Writes the result set, without paths of this machine, and merges it with an earlier one."""
    version = ".".join(described["python_version"].split(".")[:2])
    content |= {"python": version, "env_name": f"existing-py{version}"}
    content["params"] |= {"python": version}
    folder = args.results / described["machine"]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{content['commit_hash'][:8]}-{content['env_name']}.json"
    if args.bench and path.exists():
        content["results"] = {**results.read(path)["results"], **content["results"]}
    write(path, content)
    write(folder / "machine.json", {**described, "version": 1})
    write(args.results / "benchmarks.json", benchmarks)
    print(f"recorded in {path}")


def write(path, content):
    """JSON that diffs well."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def print_table(content, benchmarks):
    """Every number with its unit; times in milliseconds."""
    print(f"\n{content['params']['machine']}, {datetime.date.today()}")
    for name, number in sorted(results.values(content).items()):
        unit = benchmarks.get(name.partition("(")[0], {}).get("unit", "")
        if number is None or math.isnan(number):
            print(f"{name:64}{'failed' if number is None else 'skipped':>12}")
            continue
        scale, unit = {"seconds": (1e3, "ms"), "bytes": (2**-20, "MiB")}.get(unit, (1, unit))
        print(f"{name:64}{scale * number:12.2f} {unit}")


def report(backend, status, content, benchmarks, seconds):
    """Prints how one backend went; returns whether anything failed."""
    if content is None:
        print(f"{backend:<12}FAILED: asv ended with exit status {status} and without results")
        return True
    found = results.values(content)
    failed = [name for name, number in found.items() if number is None]
    skipped = [name for name, number in found.items() if results.skipped(number)]
    verdict = "FAILED" if failed or status else "passed"
    ran = len(found) - len(failed) - len(skipped)
    print(f"{backend:<12}{verdict} in {seconds:.0f} s: {ran} ran, {len(skipped)} skipped")
    for name in failed:
        print(f"    failed: {name}")
    return bool(failed or status)


if __name__ == "__main__":
    sys.exit(main())
