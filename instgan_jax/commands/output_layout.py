"""The layout in which a data set made of another one is written."""

from data_pipeline import batch, scene_layout, written_layouts
from instgan_jax.inference import output_folder

# In the record of the output; absent for one's own photographs.
_KEY = 'layout'
_OWN = written_layouts.OWN


def choose(source: batch.Source, output: str) -> scene_layout.SceneLayout:
  """That of the files of `source`, or of what an older version has begun.

  Args:
    source: whose scenes are taken.
    output: folder of the new data set.

  Raises:
    InputError: if the layout cannot hold the classes of `source`, or for a
      record in the folder that cannot be read.
  """
  record = output_folder.recorded(output)
  if record and _KEY not in record:
    return _OWN
  layout = written_layouts.of_source(source)
  layout.check_classes(source.label_table)
  return layout


def settings(layout: scene_layout.SceneLayout) -> dict[str, str]:
  """What the record of the output has of it."""
  return {} if layout.name == _OWN.name else {_KEY: layout.name}
