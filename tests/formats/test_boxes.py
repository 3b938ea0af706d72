"""Objects that files give as boxes only, as `Instances` and back."""

import json

from keras_maskrcnn.data import COCOSource, YOLOSource


def test_yolo_and_coco_give_the_same_boxes(tmp_path, images_dir):
    # Of 40 x 50 pixels. A box of columns 10..19 and rows 6..9, a polygon, a box over the border.
    polygon = "1 0.1 0.1 0.3 0.1 0.3 0.2 0.1 0.2"
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "b.txt").write_text(f"0 0.3 0.2 0.2 0.1\n{polygon}\n0 0.9 0.5 0.4 1\n")
    (tmp_path / "data.yaml").write_text("names: [cat, dog]\n")
    yolo = YOLOSource(tmp_path / "labels", images_dir)
    (tmp_path / "coco.json").write_text(json.dumps(yolo.to_coco()))
    coco = COCOSource(tmp_path / "coco.json", images_dir)
    assert coco.to_coco() == yolo.to_coco()
    for source in (yolo, coco):
        instances = source[1].instances
        assert instances.boxes.tolist() == [[10, 6, 20, 10], [5, 4, 15, 8], [35, 0, 50, 40]]
        assert instances.has_masks.tolist() == [False, True, False]
        assert instances.areas.tolist() == [40, 40, 600]
        assert source.lacks_masks() == [(), (1, 3), ()]
        assert source.describe()["objects_without_masks"] == 2
