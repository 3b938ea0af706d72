import os
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

TESTS = Path(__file__).parent

# Nothing in these touches Keras: once is enough, whatever the backend.
NUMPY_ONLY = (
    "drawing",
    "test_detections.py",
    "test_doctor.py",
    "test_floors.py",
    "test_lint.py",
    "test_name_clash.py",
    "test_packaging.py",
)


def pytest_configure(config):
    config.addinivalue_line("markers", "numpy_only: needs no Keras backend, so runs once")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in NUMPY_ONLY:
            item.add_marker(pytest.mark.numpy_only)
