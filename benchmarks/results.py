"""Reads asv's result files, with the standard library alone."""

import itertools
import json
import math
from pathlib import Path

API_VERSION = 2
LARGER_IS_BETTER = "_per_s"  # in the names of what is shown but not gated


class Unusable(Exception):
    """A file that is no result file of asv, or two that cannot be compared."""


def read(path):
    """The content of a result file."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Unusable(f"{path}: not JSON ({error})") from error
    if not isinstance(content, dict) or not isinstance(content.get("results"), dict):
        raise Unusable(f"{path}: not a result file of asv: it has no `results`")
    if content.get("version") != API_VERSION:
        raise Unusable(
            f"{path}: must have version {API_VERSION} of asv's format. "
            f"Received: {content.get('version')!r}"
        )
    return content


def values(content):
    """Dict from "benchmark(parameters)" to a number, NaN where skipped or None where failed."""
    found = {}
    columns = content.get("result_columns", ())
    for name, row in content["results"].items():
        try:
            columned = dict(zip(columns, row, strict=False))
            parameters = columned.get("params") or []
            combinations = list(itertools.product(*parameters))
            numbers = columned.get("result") or [None] * len(combinations)
            for combination, number in zip(combinations, numbers, strict=True):
                found[label(name, combination)] = number if number is None else float(number)
        except (TypeError, ValueError) as error:
            raise Unusable(f"benchmark {name!r} cannot be read: {error}") from error
    return found


def label(name, combination):
    """ "models.Predict.track_ms(1, 'float32')"."""
    return f"{name}({', '.join(combination)})" if combination else name


def skipped(number):
    """Whether asv skipped the benchmark."""
    return number is not None and math.isnan(number)


def is_gated(name):
    """Whether smaller is better, so that a larger number is a slowdown."""
    return LARGER_IS_BETTER not in name.partition("(")[0]
