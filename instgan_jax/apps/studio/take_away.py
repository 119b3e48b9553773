"""A picture with all that makes it again, as a ZIP file.

NAME/NAME.png                              the picture
NAME/maps/NAME_gtFine_labelIds.png         its maps, as the data set has them
NAME/maps/NAME_gtFine_instanceIds.png
NAME/styles.json                           the style of every instance
NAME/NAME.studio.json                      the scene, for the studio
NAME/command.txt                           what generates the same picture
"""

import io
import pathlib
import shlex
import tempfile
import zipfile

import numpy as np

from data_pipeline import file_kinds, image_file
from data_pipeline.cityscapes import file_names
from instgan_jax.apps.studio import bodies
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.apps.studio import models as models_lib
from instgan_jax.checkpoints import manager
from instgan_jax.inference import (
  map_folder,
  output_folder,
  shipped_generator,
)
from instgan_jax.inference import styles as styles_lib
from instgan_jax.visualization import animation, image_grid

_STYLES = 'styles.json'


def command(model: models_lib.Model, name: str) -> str:
  """What gives the picture, in the folder where the ZIP file was unpacked.

  The image is IMAGES/NAME.png, the same file to the byte.
  """
  words = ['python', '-m', 'instgan_jax.generate']
  if not shipped_generator.is_it(model.folder):
    words += ['--workdir', str(pathlib.Path(model.folder).resolve())]
  if manager.saved_steps(model.folder):  # Others have one set of weights.
    words += ['--step', str(model.sampler.step)]
  words += ['--label_dir', f'{name}/maps', '--instance_dir', f'{name}/maps']
  if model.sampler.has_styles:
    words += ['--styles', f'{name}/{_STYLES}']
  words += ['--batch_size', '1', '--output_dir', f'{name}/images']
  return shlex.join(words)


def archive(
  model: models_lib.Model, scene: bodies.Scene, layout: layout_lib.Layout
) -> bytes:
  """The ZIP file of a scene and its picture."""
  name = scene.name
  maps = model.scene(layout, name)
  styles = model.styles(maps, scene.styles, scene.seed)
  picture = model.generate(maps, styles)
  with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary, name)
    files = _write_maps(root / 'maps', name, layout)
    if not model.sampler.needs_instance_map:
      files = files._replace(instance_map=None)
    image_grid.save_png(
      root / f'{name}.png',
      picture,
      {output_folder.MAPS_SHA256: output_folder.maps_sha256(files)},
    )
    if model.sampler.has_styles:
      styles_lib.save(
        root / _STYLES, {name: styles}, model.sampler.weights_sha256
      )
    (root / f'{name}.studio.json').write_text(scene.model_dump_json())
    (root / 'command.txt').write_text(command(model, name) + '\n')
    return _zipped(root)


def film(frames: list[np.ndarray]) -> bytes:
  """Frames, uint8 [H, W, 3] each, there and back, as a WebP animation."""
  with tempfile.TemporaryDirectory() as temporary:
    path = pathlib.Path(temporary, 'film.webp')
    animation.save(path, [*frames, *frames[-2:0:-1]])
    return path.read_bytes()


def _write_maps(
  folder: pathlib.Path, name: str, layout: layout_lib.Layout
) -> map_folder.SceneFiles:
  folder.mkdir(parents=True)
  kinds = (file_kinds.LABEL_MAP, file_kinds.INSTANCE_MAP)
  paths = []
  for kind, array in zip(kinds, layout.maps(), strict=True):
    paths.append(folder / f'{name}{file_names.KINDS[kind].ending}')
    paths[-1].write_bytes(image_file.encode_png(array))
  return map_folder.SceneFiles(name, *paths)


def _zipped(root: pathlib.Path) -> bytes:
  stream = io.BytesIO()
  with zipfile.ZipFile(stream, 'w', zipfile.ZIP_DEFLATED) as file:
    for path in sorted(root.rglob('*')):
      if path.is_file():
        file.write(path, path.relative_to(root.parent))
  return stream.getvalue()
