"""Small studios for tests: random weights, toy streets."""

import base64
import contextlib
import io
import re
import subprocess
import sys

import numpy as np
from PIL import Image

from data_pipeline import image_file
from instgan_jax.apps.studio import serve
from instgan_jax.inference import Sampler
from tests import programs, tiny
from tests.apps import client, waiting

PAGE = '0' * 32
OTHER_PAGE = '1' * 32


def model(folder, method='lip', **changes):
  """A folder with a generator of 32x64 pixels; L+I+P has an encoder."""
  changes = {'model__instance_encoder': method == 'lip', **changes}
  config = tiny.config(method, **changes)
  return str(tiny.save_generator(folder / method, config))


def base64_of(content):
  return base64.b64encode(content).decode()


def bytes_of(text):
  return base64.b64decode(text)


def image_of(response):
  """The picture that an answer is."""
  assert response.status_code == 200, response.text
  return image_of_file(io.BytesIO(response.content))


def image_of_file(file):
  with Image.open(file) as image:
    return np.asarray(image)


def num_frames(content):
  with Image.open(io.BytesIO(content)) as image:
    return image.n_frames


class Studio:
  """A studio in this process; `sampler` is one of its first model."""

  def __init__(self, workdirs, **options):
    self.sampler = Sampler.from_folder(workdirs[0])
    self.client = client.Client(serve.application(workdirs, **options).asgi)

  def toy(self, seed=1, **changes):
    """A toy street, as pages send it."""
    return {**self.client.get(f'/api/toy/{seed}').json(), **changes}

  def looks(self, image, instance_map):
    """The answer on a photograph and its map, arrays or contents of files."""
    image, instance_map = (
      base64_of(
        given if isinstance(given, bytes) else image_file.encode_png(given)
      )
      for given in (image, instance_map)
    )
    body = {'image': image, 'instance_map': instance_map}
    return self.client.post('/api/looks', json=body)

  def layout(self, scene):
    return self.client.post('/api/layout', json=scene)

  def picture(self, scene, *, model=0, page=PAGE):
    body = {'page': page, 'model': model, 'scene': scene}
    return self.client.post('/api/picture', json=body)


class Server:
  """A studio in a process of its own, as the command starts it."""

  def __init__(self, *workdirs, port=0, words=()):
    self.process = subprocess.Popen(
      [
        *(sys.executable, '-m', 'instgan_jax.apps.studio', '--port', str(port)),
        *(word for workdir in workdirs for word in ('--workdir', workdir)),
        *words,
      ],
      env=programs.environment(),
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    said = waiting.until_served(self.process)
    self.url = re.search(r'Studio: (\S+)', said).group(1)

  @property
  def port(self):
    return int(re.search(r':(\d+)/', self.url).group(1))

  def kill(self):
    self.process.kill()
    self.process.communicate()


@contextlib.contextmanager
def serving(*workdirs, **options):
  """A server that ends with the block."""
  server = Server(*workdirs, **options)
  try:
    yield server
  finally:
    server.kill()
