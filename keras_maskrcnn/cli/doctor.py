"""maskrcnn doctor: versions, backends, devices, and the command that installs what is missing."""

from keras_maskrcnn.cli import backend


def add_arguments(parser) -> None:
    """`doctor` takes no argument of its own."""


def run(args) -> int:
    """Print the report; the exit status is 1 if something that is needed is missing."""
    from keras_maskrcnn import doctor

    problem = None
    try:
        chosen = backend.choose()
    except ImportError as error:
        chosen, problem = None, str(error)
    report = doctor.examine(chosen)
    if problem:
        report.missing.append(problem)
    print(report)
    return int(bool(report.missing))
