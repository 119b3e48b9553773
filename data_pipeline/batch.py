"""What passes between the data pipeline and everything behind it.

A scene is one image with its maps, as read from a source. A batch is what goes
to the device: a dict of numpy arrays under the keys below. Integer ids cross
to the device; label maps become one-hot there (`models.semantic_input`).

| key                     | dtype  | shape        | values                     |
|-------------------------|--------|--------------|----------------------------|
| `image`                 | uint8  | [B, H, W, 3] | RGB                        |
| `label_map`             | uint8  | [B, H, W]    | label id of the table      |
| `instance_map`          | uint16 | [B, H, W]    | dense: 0 none, 1..N        |
| `has_instance_map`      | bool   | [B]          | False: objects are unknown |
| `position`              | uint32 | [B]          | position in the stream     |
| `num_dropped_instances` | int32  | [B]          | instances over the maximum |

`position` counts the examples of the whole stream over all hosts: step *
batch size + row. All randomness of an example is derived from it, so that
updates do not depend on the number of devices.
"""

from typing import NamedTuple, Protocol

import numpy as np

from data_pipeline import labels

IMAGE = 'image'
LABEL_MAP = 'label_map'
INSTANCE_MAP = 'instance_map'
HAS_INSTANCE_MAP = 'has_instance_map'
POSITION = 'position'
NUM_DROPPED_INSTANCES = 'num_dropped_instances'

# The static maximum of instances in an image. The real training set has an
# image with 98 persons and riders before its cars are counted.
MAX_INSTANCES = 256


class Scene(NamedTuple):
  """One image with its maps, at one size.

  Attributes:
    image: uint8 [H, W, 3], RGB.
    label_map: uint8 [H, W], label ids of the source's table.
    instance_ids: uint16 or int32 [H, W], Cityscapes' encoding: label * 1000 + k
      for the k-th object of a class with instances, the bare label id
      otherwise. None if nobody knows the objects: each class with instances
      is then one, see `instances.number`.
  """

  image: np.ndarray
  label_map: np.ndarray
  instance_ids: np.ndarray | None


class Source(Protocol):
  """Scenes by index. `read` is deterministic and safe to call from threads.

  Attributes:
    image_ids: the scenes' names, one for each.
    label_table: the classes of their label maps.
  """

  image_ids: tuple[str, ...]
  label_table: labels.LabelTable

  def __len__(self) -> int:
    """The number of scenes."""
    ...

  def read(self, index: int) -> Scene:
    """The scene at `index`, 0 <= index < len(self)."""
    ...
