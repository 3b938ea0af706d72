"""JSON that a run wrote into its folder, read when it goes on."""

import json


def read_record(path) -> dict:
    """Return the content of a file that a run wrote.

    Args:
        path: `Path`.

    Raises:
        ValueError: it does not hold a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ValueError(
            f"{str(path)!r} is damaged: it must hold a JSON object. Begin the run anew, in another "
            "folder."
        )
    return content
