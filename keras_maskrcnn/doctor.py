"""What this environment has, what it lacks, and the command that installs it."""

import dataclasses
import importlib.util
import platform
import shutil
import subprocess
import sys
from importlib import metadata

REQUIRED = (
    *("filelock", "keras", "numpy", "opencv-python", "pillow", "pycocotools", "pyyaml"),
    "safetensors",
)
BACKENDS = ("jax", "tensorflow", "torch")
EXTRAS = {  # extra: (module, what it is for)
    "completion": ("argcomplete", "the Tab key completes what follows maskrcnn"),
    "hf": ("huggingface_hub", "hf:// presets"),
    "pandas": ("pandas", "Detections.to_pandas"),
    "plot": ("matplotlib", "evaluate --report and plots"),
    "supervision": ("supervision", "Detections.to_supervision"),
    "tfds": ("tensorflow_datasets", "TensorFlow Datasets"),
}
GPU_COMMANDS = {
    "jax": 'pip install "keras3-maskrcnn[jax-cuda]"',
    "tensorflow": 'pip install "tensorflow[and-cuda]"',
    "torch": "pip install torch, from the index that pytorch.org names for your CUDA version",
}


@dataclasses.dataclass
class Report:
    """What `examine` found.

    Args:
        facts: list of (name, value) str pairs, in the order to be shown.
        missing: list of str, what keeps the package from working and what to type.
        advice: list of str, what would be worth installing.
    """

    facts: list = dataclasses.field(default_factory=list)
    missing: list = dataclasses.field(default_factory=list)
    advice: list = dataclasses.field(default_factory=list)

    def __str__(self):
        lines = [f"{name:<18}{value}" for name, value in self.facts]
        lines += [f"missing: {line}" for line in self.missing]
        lines += [f"advice: {line}" for line in self.advice]
        return "\n".join([*lines, "" if self.missing else "Everything needed is here."]).rstrip()


def examine(backend) -> Report:
    """Look at the installed versions and run a small product on each device of the backend.

    Args:
        backend: `"jax"`, `"tensorflow"`, `"torch"`, or None to look at no device.

    Returns:
        `Report`.

    Example:

    >>> dict(examine(None).facts)["numpy"] != "not installed"
    True
    """
    report = Report()
    report.facts.append(("python", f"{platform.python_version()} ({sys.executable})"))
    report.facts.append(("system", platform.platform()))
    for name in ("keras3-maskrcnn", *REQUIRED, *BACKENDS):
        report.facts.append((name, version_of(name) or "not installed"))
    for name in REQUIRED:
        if not version_of(name):
            report.missing.append(f"{name}. Type: pip install {name}")
    if version_of("opencv-python-headless"):
        report.advice.append(
            "opencv-python-headless overwrites opencv-python. Type: pip uninstall -y "
            "opencv-python-headless && pip install --force-reinstall --no-deps opencv-python"
        )
    for extra, (module, what) in EXTRAS.items():
        if not importlib.util.find_spec(module):
            report.advice.append(f'for {what}: pip install "keras3-maskrcnn[{extra}]"')
    if backend:
        report.facts.append(("keras backend", backend))
        _examine_devices(report, backend)
    return report


def version_of(distribution) -> str | None:
    """Look up the installed version of a distribution; None where it is missing."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _examine_devices(report, backend):
    try:
        devices = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}[backend]()
    except Exception as error:  # whatever a broken driver raises is the finding
        line = (str(error) or type(error).__name__).splitlines()[0]
        report.missing.append(f"{backend} does not work here: {line}")
        return
    for name, outcome in devices:
        report.facts.append(("device", f"{name}: {outcome}"))
    graphics = nvidia_cards()
    for card in graphics:
        report.facts.append(("NVIDIA card", card))
    if graphics and not any("gpu" in name.lower() or "cuda" in name for name, _ in devices):
        report.advice.append(f"{backend} does not see the GPU. Type: {GPU_COMMANDS[backend]}")


def nvidia_cards() -> list[str]:
    """Lines of name and driver of the NVIDIA cards that the driver reports; empty without one."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        run = subprocess.run(query, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line for line in run.stdout.splitlines() if line.strip()] if not run.returncode else []


def _jax():
    import jax

    def product(device):
        ones = jax.device_put(jax.numpy.ones((64, 64)), device)
        return float((ones @ ones)[0, 0])

    return [(str(device), _verdict(product, device)) for device in jax.devices()]


def _tensorflow():
    import tensorflow as tf

    def product(device):
        with tf.device(device):
            ones = tf.ones((64, 64))
            return float(tf.matmul(ones, ones)[0, 0])

    names = [device.name for device in tf.config.list_logical_devices()]
    return [(name, _verdict(product, name)) for name in names]


def _torch():
    import torch

    def product(device):
        ones = torch.ones((64, 64), device=device)
        return float((ones @ ones)[0, 0])

    names = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    return [(name, _verdict(product, name)) for name in names]


def _verdict(product, device):
    result = product(device)
    return "works" if result == 64.0 else f"computes wrongly: {result} instead of 64"
