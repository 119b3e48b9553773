"""The four streets of these tests, and the images they must give."""

import functools

import numpy as np
from PIL import Image

from instgan_jax.inference import sampler as sampler_lib

NAMES = [f'toytown_{k:06d}_000019' for k in range(4)]


def files(output):
  return sorted(
    str(path.relative_to(output))
    for path in output.rglob('*')
    if path.is_file()
  )


def contents(output):
  return {name: (output / name).read_bytes() for name in files(output)}


def read(path):
  with Image.open(path) as image:
    return np.asarray(image)


@functools.cache
def sampler(folder):
  return sampler_lib.Sampler.from_folder(str(folder))


def scene_of(maps, folder, name):
  stem = f'{maps}/toytown/{name}_gtFine_'
  return sampler(folder).scene(f'{stem}labelIds.png', f'{stem}instanceIds.png')


def expected(maps, folder, name, **changes):
  """The image of a scene with the styles of seed 0 but for the changes."""
  scene = scene_of(maps, folder, name)
  changes = {int(i): style for i, style in changes.items()}
  styles_of_scene = sampler(folder).styles(scene, 0, changes)
  return sampler(folder).generate([scene], [styles_of_scene])[0]
