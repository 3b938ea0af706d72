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
        "At mask IoU 0.5 and score 0.5:",
        "      objects  box AP  mask AP  mask AP50  precision  recall     f1  accuracy",
        "cell        1   1.000    1.000      1.000      1.000   1.000  1.000     1.000",
        "dust        1   0.000    0.000      0.000      0.000   0.000  0.000     0.000",
        "all         2   0.500    0.500      0.500      0.500   0.500  0.500     0.333",
        "",
        "Classes the model does not know: hair",
    ]


def test_without_masks(source_of, model_of):
    results = evaluate(model_of([[(1, 0.9, *CELL)]], masks=False), source_of([[(1, *CELL)]]))
    lines = format_table(results).splitlines()
    assert lines[4] == "" and lines[5] == "At box IoU 0.5 and score 0.5:"
    assert " ".join(lines[6].split()) == "objects box AP box AP50 precision recall f1 accuracy"
    assert len(lines) == 8  # one class: no row for all of them


def test_columns_line_up(source_of, model_of):
    names = ("a", "a class with a long name")
    source = source_of([[(1, *CELL), (2, *CELL)]], names)
    lines = format_table(evaluate(model_of([[]], names), source)).splitlines()
    assert len({len(line) for line in lines[2:5]}) == 1
    assert len({len(line) for line in lines[7:]}) == 1
