"""The label table of KITTI-360: that of Cityscapes, and eleven classes more.

Facts as in kitti360Scripts' `helpers/labels.py`, without license plates (id
-1). Single buildings, poles and signs are things there. The 19 classes of
Cityscapes are scored; KITTI-360 counts three of the others (garage, gate, small
pole) to one of these, which is not done here.
"""

from data_pipeline import labels
from data_pipeline.cityscapes import labels as cityscapes

_MORE_THINGS = ('building', 'pole', 'traffic light', 'traffic sign')


def _unscored(
  id_: int, name: str, color: tuple[int, int, int], *, has_instances: bool
) -> labels.Label:
  return labels.Label(id_, name, labels.IGNORED, has_instances, True, color)


_LABELS = (
  *(
    label._replace(
      has_instances=label.has_instances or label.name in _MORE_THINGS
    )
    for label in cityscapes.TABLE.labels
  ),
  _unscored(34, 'garage', (64, 128, 128), has_instances=True),
  _unscored(35, 'gate', (190, 153, 153), has_instances=False),
  _unscored(36, 'stop', (150, 120, 90), has_instances=True),
  _unscored(37, 'smallpole', (153, 153, 153), has_instances=True),
  _unscored(38, 'lamp', (0, 64, 64), has_instances=True),
  _unscored(39, 'trash bin', (0, 128, 192), has_instances=True),
  _unscored(40, 'vending machine', (128, 64, 0), has_instances=True),
  _unscored(41, 'box', (64, 64, 128), has_instances=True),
  _unscored(42, 'unknown construction', (102, 0, 0), has_instances=False),
  _unscored(43, 'unknown vehicle', (51, 0, 51), has_instances=False),
  _unscored(44, 'unknown object', (32, 32, 32), has_instances=False),
)

TABLE = labels.LabelTable(_LABELS, num_labels=45)
