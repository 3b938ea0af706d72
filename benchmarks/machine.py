"""Describes this machine in words: what asv's machine.json holds, and the GPU and libraries."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

LIBRARIES = {
    "jax": ("jax", "jaxlib"),
    "tensorflow": ("tensorflow",),
    "torch": ("torch",),
}
SHARED = ("keras", "numpy", "torchvision")
QUERY = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]


def describe(backend, name=None):
    """Flat dict of strings; asv shows each as a parameter of the results.

    Args:
        backend: Keras' name of it.
        name: of the machine, without the backend. Default: made of the GPU's or CPU's name.
    """
    release = platform.release().split("-")[0]
    found = {"os": f"{platform.system()} {release}", "arch": platform.machine()}
    found |= {"cpu": cpu(), "num_cpu": str(os.cpu_count()), "ram": memory()}
    found |= gpu()
    name = name or default_name(found)
    found |= {"machine": f"{name}-{backend}", "backend": backend}
    found["python_version"] = platform.python_version()
    for library in (*LIBRARIES[backend], *SHARED):
        found[library] = version(library)
    return found


def default_name(found):
    """Short, and the same for every machine of a kind: "nvidia-h200", "xeon-2.10ghz-2-cores"."""
    if found["gpu"] != "none":
        return slug(found["gpu"])
    return f"{slug(found['cpu'])}-{found['num_cpu']}-cores"


def slug(text):
    """Lower case, with hyphens, without what says nothing."""
    text = re.sub(r"\((R|TM)\)|@|\bCPU\b|\bprocessor\b", " ", text, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-") or "unknown"


def cpu():
    """Its model as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def memory():
    """Bytes of RAM, in GiB."""
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return "unknown"
    return f"{pages * size / 2**30:.0f} GiB"


def gpu():
    """Name, number, driver, memory and CUDA version of the NVIDIA GPUs; "none" without one."""
    try:
        rows = run(QUERY).strip().splitlines()
        name, driver, size = (part.strip() for part in rows[0].split(","))
        cuda = re.search(r"CUDA Version: *([0-9.]+)", run(["nvidia-smi"]))
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):
        return dict.fromkeys(("gpu", "num_gpu", "driver", "gpu_memory", "cuda"), "none")
    return {
        "gpu": name,
        "num_gpu": str(len(rows)),
        "driver": driver,
        "gpu_memory": size,
        "cuda": cuda.group(1) if cuda else "unknown",
    }


def run(command):
    """Its output."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def version(library):
    """Installed version, or "none"."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "none"
