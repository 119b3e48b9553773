"""The data set that `complete_instances` writes, in the layout of its scenes.

Photographs are links where they are files; what is written anew has the hash of
all that the scene's files depend on, so that a scene which is there is left.
"""

import hashlib
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import (
  atomic_file,
  geometry,
  instances,
  new_scenes,
  progress,
  read_ahead,
  scene_layout,
  subset,
)
from data_pipeline import batch as batch_lib
from instgan_jax.build import data
from instgan_jax.inference import instance_completion, output_folder
from instgan_jax.runtime import interruption
from instgan_jax.visualization import image_grid

_SHEET = 'completed.png'
_NUM_SHOWN = 8
_NUM_THREADS = 4


class _Row(NamedTuple):
  """A scene to be written.

  Attributes:
    name: of its files.
    photograph: its file, '' where there is none.
    scene: at its own size.
    sha256: of what its files depend on.
    is_completed: whether its objects have to be found.
  """

  name: str
  photograph: str
  scene: batch_lib.Scene
  sha256: str
  is_completed: bool

  def image(self, made: new_scenes.NewScenes) -> pathlib.Path:
    """Its photograph's new path."""
    ending = pathlib.Path(self.photograph).suffix or '.png'
    return made.image(self.name, ending)

  def maps(self, made: new_scenes.NewScenes) -> tuple[pathlib.Path, ...]:
    """The paths of the maps that it is to have."""
    has_instances = self.scene.instance_ids is not None or self.is_completed
    return made.maps(self.name, has_instances=has_instances)


def write(
  output: pathlib.Path,
  scenes: Mapping[str, batch_lib.Source],
  completion: instance_completion.InstanceCompletion,
  min_confidence: float,
  layout: scene_layout.SceneLayout,
) -> str:
  """Writes all scenes; finds the objects of training scenes without a map.

  Args:
    output: the folder.
    scenes: at the size of their files, by split.
    completion: finds objects.
    min_confidence: of it.
    layout: of the files.

  Returns:
    Lines on what was written.

  Raises:
    InputError: for a scene that cannot be read.
    exits.Stopped: after SIGTERM or Ctrl-C.
  """
  completed: list[str] = []
  num_made = 0
  with interruption.Interruption('finishing what is begun') as stop:
    for split, source in scenes.items():
      made = new_scenes.NewScenes(output, split, layout, source.label_table)
      rows = _rows(source, min_confidence, completes=split == 'train')
      missing = _missing(made, rows, completed)
      for batch in read_ahead.batched(missing, completion.batch_size):
        _write_batch(made, batch, completion)
        num_made += sum(row.is_completed for row in batch)
        stop.leave_if_requested(
          f'{num_made} more scenes are completed in {output}'
        )
      made.write_index(source.image_ids)
  source = data.source_of_files(layout.source, output, 'train')
  _write_sheet(source, completed, output / _SHEET)
  return (
    f'{num_made} scenes completed, {len(completed) - num_made} existed '
    f'already: {output}. Open {output / _SHEET} to see some of them. Train on '
    f'all with --config.data.source={layout.source} '
    f'--config.data.path={output}.'
  )


def _rows(
  source: batch_lib.Source, min_confidence: float, *, completes: bool
) -> Iterator[_Row]:
  photographs = getattr(source, 'photographs', ()) or ('',) * len(source)
  scenes = read_ahead.map_ahead(
    source.read, range(len(source)), num_threads=_NUM_THREADS
  )
  bar = progress.bar(scenes, desc='Writing', total=len(source), unit='scene')
  for name, photograph, scene in zip(
    source.image_ids, photographs, bar, strict=True
  ):
    is_completed = completes and scene.instance_ids is None
    digest = hashlib.sha256(
      str(min_confidence if is_completed else '').encode()
    )
    for array in scene:
      digest.update(b'' if array is None else array.tobytes())
    yield _Row(name, photograph, scene, digest.hexdigest(), is_completed)


def _missing(
  made: new_scenes.NewScenes, rows: Iterator[_Row], completed: list[str]
) -> Iterator[_Row]:
  """The scenes that are not there; all completed ones go to `completed`."""
  for row in rows:
    if row.is_completed:
      completed.append(row.name)
    image, written = row.image(made), row.maps(made)
    if not row.photograph:  # Else its content is that of the photograph.
      written += (image,)
    if not image.exists() or not all(
      output_folder.is_current(path, row.sha256) for path in written
    ):
      yield row


def _write_batch(
  made: new_scenes.NewScenes,
  rows: Sequence[_Row],
  completion: instance_completion.InstanceCompletion,
) -> None:
  unknown = [row.scene for row in rows if row.is_completed]
  found = iter(completion.instance_ids(unknown) if unknown else ())
  for row in rows:
    ids = next(found) if row.is_completed else row.scene.instance_ids
    text = {output_folder.MAPS_SHA256: row.sha256}
    if row.photograph:
      atomic_file.link(row.photograph, row.image(made))
    else:
      image_grid.save_png(row.image(made), row.scene.image, text)
    made.write_maps([row.name], row.scene.label_map, ids, text)


def _write_sheet(
  source: batch_lib.Source, names: Sequence[str], path: pathlib.Path
) -> None:
  """Shows eight completed scenes, as they are read again."""
  places = np.linspace(0, len(names) - 1, min(_NUM_SHOWN, len(names)))
  chosen = [names[int(place)] for place in places.round()]
  shown = subset.Subset(source, [source.image_ids.index(n) for n in chosen])
  scenes = [shown.read(index) for index in range(len(shown))]
  size = scenes[0].label_map.shape
  scenes = [geometry.resize_scene(scene, size) for scene in scenes]
  grid = image_grid.image_grid(
    label_maps=np.stack([scene.label_map for scene in scenes]),
    instance_maps=np.stack(
      [
        instances.number(scene, source.label_table).instance_map
        for scene in scenes
      ]
    ),
    images={'photograph': np.stack([scene.image for scene in scenes])},
    label_table=source.label_table,
    names=chosen,
  )
  image_grid.save_png(path, grid)
