"""The files of one scene: read, resized and checked against each other."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from data_pipeline import (
  batch,
  errors,
  file_kinds,
  geometry,
  image_file,
  instance_encodings,
  instances,
  labels,
  progress,
  read_ahead,
)
from data_pipeline.errors import InputError

# An image may be a gray JPEG, as some of COCO's are; dense ids fit 8 bits.
ANY_MODES = {
  file_kinds.IMAGE: ('RGB', 'L'),
  file_kinds.LABEL_MAP: ('L',),
  file_kinds.INSTANCE_MAP: ('I;16', 'L'),
}


class Target(NamedTuple):
  """What scenes are brought to.

  Attributes:
    label_table: the classes that label maps may have.
    size: (height, width); None for the files' own.
    kind: of `geometry.KINDS`.
  """

  label_table: labels.LabelTable
  size: tuple[int, int] | None = None
  kind: str = 'resize'


def read_scene(
  files: file_kinds.SceneFiles[file_kinds.File],
  name: str,
  target: Target,
  *,
  is_cityscapes: bool = False,
  encoding: instance_encodings.Encoding = instance_encodings.OWN,
) -> batch.Scene:
  """Decodes a scene, resizes it, and checks its values.

  Args:
    files: paths or contents of its files, which have one size.
    name: the scene, for messages.
    target: classes and size. Cityscapes' maps are compared on the pixels that
      remain, without a size on every one.
    is_cityscapes: whether images must be in color and instance maps have 16
      bits and Cityscapes' encoding.
    encoding: of other instance maps.

  Returns:
    The scene, as `data_pipeline.batch.Scene` describes it.

  Raises:
    InputError: naming the file, if one is missing, damaged or of another
      kind, if sizes differ, if a label id is not in the table, or if label
      map and instance map disagree.
  """
  arrays = [
    image_file.decode(file, kind, name, modes=_modes(kind, is_cityscapes))
    for kind, file in zip(_kinds(encoding), files, strict=True)
    if file is not None
  ]
  check_sizes(name, [(a.shape[1], a.shape[0]) for a in arrays])
  image, label_map, *maps = arrays
  scene = batch.Scene(image, label_map, maps[0] if maps else None)
  table = target.label_table
  if is_cityscapes:
    scene = fit(scene, target)
    _check_ids(scene, files, name, table, _CITYSCAPES_MAPS)
    if scene.instance_ids is not None:
      label_map, ids = scene.label_map, scene.instance_ids
      instances.check_labels_agree(label_map, ids, _instance_file(files, name))
      ids = instances.of_things(label_map, ids, table)
      scene = scene._replace(instance_ids=ids)
    return scene
  # Dense ids are known as such at the files' own size.
  _check_ids(scene, files, name, table, _OWN_MAPS)
  if scene.instance_ids is not None:
    ids = encoding.decode(
      label_map, scene.instance_ids, table, _instance_file(files, name)
    )
    scene = scene._replace(instance_ids=ids)
  return fit(scene, target)


_CITYSCAPES_MAPS = (
  'use *_gtFine_labelIds.png, not *_labelTrainIds.png or maps of another data'
  ' set.'
)
_OWN_MAPS = 'use maps of label ids, or add the classes to labels.json.'


def fit(scene: batch.Scene, target: Target) -> batch.Scene:
  """Brings a scene to its size; the border of 'pad' gets no label."""
  if target.size is None:
    return scene
  is_padded = target.kind == 'pad'
  pad_label = _pad_label(target.label_table) if is_padded else 0
  return geometry.fit(scene, target.size, target.kind, pad_label)


def _check_ids(
  scene: batch.Scene,
  files: file_kinds.SceneFiles[file_kinds.File],
  name: str,
  label_table: labels.LabelTable,
  hint: str,
) -> None:
  described = image_file.describe(files.label_map, file_kinds.LABEL_MAP, name)
  label_table.check_ids(scene.label_map, described, hint)


def _instance_file(
  files: file_kinds.SceneFiles[file_kinds.File], name: str
) -> str:
  file = files.instance_ids
  assert file is not None
  return image_file.describe(file, file_kinds.INSTANCE_MAP, name)


def check_headers(
  files: file_kinds.SceneFiles[file_kinds.File],
  name: str,
  *,
  is_cityscapes: bool = False,
  encoding: instance_encodings.Encoding = instance_encodings.OWN,
) -> tuple[int, int]:
  """Checks kind, size and end of a scene's files without decoding them.

  Returns:
    Their (width, height).

  Raises:
    InputError: naming the file that is unreadable, cut off or of another
      kind, or the scene whose sizes differ.
  """
  sizes = [
    image_file.check_header(file, kind, name, modes=_modes(kind, is_cityscapes))
    for kind, file in zip(_kinds(encoding), files, strict=True)
    if file is not None
  ]
  check_sizes(name, sizes)
  return sizes[0]


def check_all(
  check: Callable[[str], tuple[int, int]],
  names: Sequence[str],
  num_threads: int,
) -> tuple[tuple[int, int], ...]:
  """Checks every scene, then raises one error about all that failed.

  Args:
    check: gives the (width, height) of a scene's files, or raises InputError.
    names: of the scenes.
    num_threads: that check.

  Returns:
    The sizes of the scenes' files.

  Raises:
    SceneErrors: if there are any.
  """

  def checked(name: str) -> tuple[int, int] | str:
    try:
      return check(name)
    except InputError as error:
      return str(error)

  results = read_ahead.map_ahead(checked, names, num_threads=num_threads)
  bar = list(progress.bar(results, total=len(names), desc='Checking files'))
  if problems := [problem for problem in bar if isinstance(problem, str)]:
    raise errors.SceneErrors(problems, len(names))
  return tuple(size for size in bar if not isinstance(size, str))


def _kinds(encoding: instance_encodings.Encoding) -> tuple[str, str, str]:
  return file_kinds.IMAGE, file_kinds.LABEL_MAP, encoding.kind


def _modes(kind: str, is_cityscapes: bool) -> Collection[str]:
  return () if is_cityscapes else ANY_MODES.get(kind, ())


def check_sizes(
  name: str,
  sizes: Sequence[tuple[int, int]],
  kinds: Sequence[str] = file_kinds.ALL,
) -> None:
  """Refuses a scene whose files, of these kinds, differ in (width, height)."""
  if len(set(sizes)) > 1:
    listed = ', '.join(
      f'{kind} {width}x{height}'
      for kind, (width, height) in zip(kinds, sizes, strict=False)
    )
    raise InputError(
      f'Scene {name}: sizes (width x height) differ: {listed}. Expected one'
      ' size; take all files of the scene from one data set.'
    )


def _pad_label(table: labels.LabelTable) -> int:
  """The label of a border: one that is not scored."""
  ids = [
    label.id
    for label in table.labels
    if label.ignore_in_eval and not label.has_instances
  ]
  if ids:
    return labels.NO_CHANNEL if labels.NO_CHANNEL in ids else ids[0]
  raise InputError(
    'A padded scene needs a label for its border, and the table of classes has'
    ' none that is not scored: add one with "ignore_in_eval": true, such as'
    ' {"id": 255, "name": "void", "ignore_in_eval": true}, or choose another'
    ' data.geometry.'
  )
