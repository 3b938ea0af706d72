import io
import sys

import cv2
import numpy as np
import pytest

from keras_maskrcnn.evaluation import (
    collect_predictions,
    detection_metrics,
    plot_confusion_matrix,
    plot_f1,
    plot_precision_recall,
)

PLOTS = (plot_confusion_matrix, plot_f1, plot_precision_recall)
CELL = (10, 10, 20, 20)
OTHER = (40, 40, 50, 50)
EMPTY = (30, 0, 38, 8)


@pytest.fixture
def measure(source_of, model_of):
    def measured(objects, found, names=("cell", "dust", "hair"), **options):
        source = source_of(objects, names)
        return detection_metrics(collect_predictions(model_of(found, names), source), **options)

    return measured


@pytest.fixture
def metrics(measure):
    objects = [(1, *CELL), (1, *OTHER), (2, 0, 50, 10, 60)]
    found = [(1, 0.9, *CELL), (2, 0.8, *OTHER), (1, 0.7, *EMPTY), (1, 0.4, *OTHER)]
    return measure([objects], [found])


def line(axes, label):
    return next(line for line in axes.get_lines() if line.get_label() == label)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def is_drawn(figure):
    content = io.BytesIO()
    figure.savefig(content, dpi=50)
    return cv2.imdecode(np.frombuffer(content.getvalue(), np.uint8), cv2.IMREAD_COLOR).std() > 5


def test_confusion_matrix(metrics):
    figure = plot_confusion_matrix(metrics)
    axes = figure.axes[0]
    # Hair is neither there nor found; background is last.
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        "cell",
        "dust",
        "background (false positive)",
    ]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts == {
        (0, 0): "1\n50%",  # of two cells one is found
        (1, 0): "1\n50%",  # and one taken for dust
        (2, 1): "1\n100%",  # the dust is missed
        (0, 2): "1\n50%",  # of two cells detected one is a false positive
    }
    shares = axes.images[0].get_array()
    assert shares.tolist() == [[0.5, 0.5, 0], [0, 0, 1], [0.5, 0, 0]]
    assert figure.get_suptitle() == "Confusion matrix at mask IoU 0.5 and score 0.5"


def test_precision_recall(metrics):
    axes = plot_precision_recall(metrics).axes[0]
    cells = line(axes, "cell (2 objects)")
    assert cells.get_xdata().tolist() == [1 / 2, 1 / 2, 1]
    assert cells.get_ydata().tolist() == [1, 1 / 2, 2 / 3]
    assert legend(axes) == [
        "cell (2 objects)",
        "dust (1 object)",
        "all classes (3 objects)",
        "at score 0.5",
        "at the best F1",
    ]
    dots = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert (dots[0].get_xdata(), dots[0].get_ydata()) == ([1 / 2], [1 / 2])
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 1), (0, 1.02))


def test_f1_by_threshold(metrics):
    axes = plot_f1(metrics).axes[0]
    cells = line(axes, "cell (2 objects)")
    # 2 / 3 with the first detection, 2 / 4 with two, 4 / 5 with three; from each score down to the
    # next. Above the best score nothing is found.
    assert cells.get_drawstyle() == "steps-pre"
    assert cells.get_xdata() == pytest.approx([0, 0.4, 0.7, 0.9, 1])
    assert cells.get_ydata().tolist() == [4 / 5, 4 / 5, 2 / 4, 2 / 3, 0]
    assert "best F1 of all classes: 0.571 at 0.400" in legend(axes)
    assert "score threshold in use: 0.5" in legend(axes)


def test_one_class_has_precision_and_recall_beside_f1(measure):
    metrics = measure([[(1, *CELL)]], [[(1, 0.9, *CELL)]], ("cell",))
    axes = plot_f1(metrics).axes[0]
    assert legend(axes)[:3] == ["F1", "precision", "recall"]
    assert legend(plot_precision_recall(metrics).axes[0])[0] == "cell (1 object)"


def test_many_classes(measure):
    names = tuple(f"class {k}" for k in range(1, 36))
    objects = [[(k, *CELL)] * (36 - k) for k in range(1, 36)]
    found = [[(k, 0.9, *CELL)] for k in range(1, 36)]
    metrics = measure(objects, found, names)
    texts = legend(plot_precision_recall(metrics).axes[0])
    assert texts[:3] == ["25 more classes", "class 1 (35 objects)", "class 2 (34 objects)"]
    assert len(texts) == 14
    figure = plot_confusion_matrix(metrics)
    assert not figure.axes[0].texts and is_drawn(figure)


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize(
    ("objects", "found"),
    [([], []), ([(1, *CELL)], []), ([], [(1, 0.9, *CELL)]), ([(1, *CELL)], [(2, 0.9, *CELL)])],
)
def test_hardly_anything_to_draw(plot, objects, found, measure):
    assert is_drawn(plot(measure([objects], [found])))


@pytest.mark.parametrize("plot", PLOTS)
def test_without_matplotlib(plot, metrics, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'Type: pip install "keras3-maskrcnn\[plot\]"'):
        plot(metrics)
