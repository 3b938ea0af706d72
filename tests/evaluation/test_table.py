from keras_maskrcnn.evaluation import evaluate, format_table

CELL = (10, 10, 20, 20)


def test_by_hand(source_of, model_of):
    names = ("cell", "dust", "hair")
    source = source_of([[(1, *CELL), (2, 40, 40, 50, 50)]], names)
    model = model_of([[(1, 0.9, *CELL), (2, 0.9, *CELL)]], names[:2])
    lines = format_table(evaluate(model, source)).splitlines()
    assert lines == [
        "Images: 1, objects: 2, detections: 2 (at most 100 per image and class)",
        "",
        "         AP   AP50   AP75    APs  APm  APl     AR",
        "box   0.500  0.500  0.500  0.500    -    -  0.500",
        "mask  0.500  0.500  0.500  0.500    -    -  0.500",
        "",
        "Of each class:",
        "      objects  box AP  mask AP  mask AP50  mask APs  mask APm  mask APl",
        "cell        1   1.000    1.000      1.000     1.000         -         -",
        "dust        1   0.000    0.000      0.000     0.000         -         -",
        "",
        "At mask IoU 0.5 and score 0.5, and the score with the best F1:",
        "      TP  FP  FN  precision  recall     f1  accuracy  best f1  at score",
        "cell   1   0   0      1.000   1.000  1.000     1.000    1.000     0.900",
        "dust   0   1   1      0.000   0.000  0.000     0.000    0.000         -",
        "all    1   1   1      0.500   0.500  0.500     0.333    0.500     0.900",
        "",
        "Of the objects overlapped by a detection, 1.000 have their own class.",
        "",
        "Classes the model does not know: hair",
    ]


def test_without_masks(source_of, model_of):
    results = evaluate(model_of([[(1, 0.9, *CELL)]], masks=False), source_of([[(1, *CELL)]]))
    lines = format_table(results).splitlines()
    assert lines[4:] == [  # one class: no row for all of them
        "",
        "At box IoU 0.5 and score 0.5, and the score with the best F1:",
        "      TP  FP  FN  precision  recall     f1  accuracy  best f1  at score",
        "cell   1   0   0      1.000   1.000  1.000     1.000    1.000     0.900",
    ]


def test_says_that_masks_are_not_measured(source_of, model_of):
    source = source_of([[(1, *CELL), (1, *CELL, "bare")]])
    lines = format_table(evaluate(model_of([[(1, 0.9, *CELL)]]), source)).splitlines()
    assert lines[3].startswith("box ")
    assert lines[4] == "mask AP is not measured: the annotations have 1 object without a mask."
    assert lines[6].startswith("At box IoU")


def test_columns_line_up(source_of, model_of):
    names = ("a", "a class with a long name")
    source = source_of([[(1, *CELL), (2, *CELL)]], names)
    lines = format_table(evaluate(model_of([[]], names), source)).splitlines()
    for block in (lines[2:5], lines[7:10], lines[12:16]):
        assert len({len(line) for line in block}) == 1
    assert len(lines) == 16  # nothing is overlapped by a detection
