"""Single bits flipped in the files that are read back.

Afterwards a command gives the same result, or one clear message.
"""

import contextlib
import functools
import hashlib
import io
import pathlib
import random
import shutil
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import in_memory
from data_pipeline.cityscapes import folder as cityscapes_folder
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.human_study.design import plan
from instgan_jax.checkpoints import tree, weights_folder
from instgan_jax.evaluation import feature_cache
from instgan_jax.exporting import folder as export_folder
from tests import commands_in_process, programs
from tests.faults import bad_inputs, jobs


class Kind(NamedTuple):
  """A kind of file.

  Attributes:
    pattern: of the files, below the folder of `material`.
    result: what comes of them, a SHA-256; raises InputError.
  """

  pattern: str
  result: Callable[[pathlib.Path], str]


def _scene_digest(scenes: Sequence[np.ndarray]) -> str:
  return hashlib.sha256(b''.join(x.tobytes() for x in scenes)).hexdigest()


def _photos(root: pathlib.Path) -> str:
  source = cityscapes_folder.CityscapesFolder(
    root / 'city', 'val', size=(32, 64)
  )
  return ''.join(_scene_digest(source.read(i)) for i in range(len(source)))


def _npz(root: pathlib.Path) -> str:
  source = in_memory.InMemory.from_npz(root / 'npz' / 'val.npz')
  return _scene_digest([source.images, source.label_maps, source.instance_ids])


def _checkpoint(root: pathlib.Path) -> str:
  return tree.sha256(weights_folder.restore(root / 'run'))


def _images(root: pathlib.Path) -> str:
  """The images after `generate` ran once more on them."""
  words = bad_inputs.Case('generate', '', '').arguments(root, root / 'drawn')
  commands_in_process.run('instgan_jax.generate', *words)
  files = sorted((root / 'drawn').glob('*.png'))
  return hashlib.sha256(b''.join(f.read_bytes() for f in files)).hexdigest()


def _export(root: pathlib.Path) -> str:
  """The weights of an export and its program, as `generate` would take it."""
  if not (root / 'export').exists():
    commands_in_process.run(
      'instgan_jax.export', f'--workdir={root}/run', f'--output={root}/export'
    )
  weights = tree.sha256(weights_folder.restore(root / 'export'))
  program = (root / 'export' / export_folder.MODULE_FILE).read_bytes()
  return weights + hashlib.sha256(program).hexdigest()


def _compact(root: pathlib.Path) -> str:
  job, output = jobs.JOBS['export --compact'], root / 'compact'
  if not output.exists():
    commands_in_process.run(job.command, *jobs.words(job, root, output))
  return job.digest(output)


def _again(name: str, root: pathlib.Path) -> str:
  """What a job has made after it ran once more on that."""
  job, output = jobs.JOBS[name], root / 'again' / name
  commands_in_process.run(job.command, *jobs.words(job, root, output))
  return job.digest(output)


def _compiled(root: pathlib.Path) -> str:
  """The images of a program that finds itself compiled."""
  job, output = jobs.JOBS['generate'], root / 'of_compiled'
  shutil.rmtree(output, ignore_errors=True)
  status, _, err = programs.finish(
    jobs.start(job, root, output, root / 'cache')
  )
  if status:
    raise RuntimeError(f'status {status}: {err}')
  return job.digest(output)


def _features(root: pathlib.Path) -> str:
  images = np.zeros((2, 4, 4, 3), np.uint8)

  def extract(images: np.ndarray) -> np.ndarray:
    return np.arange(16 * len(images), dtype=np.float32).reshape(-1, 16)

  cache = feature_cache.FeatureCache(root / 'features', extract, {'a': 1})
  features = cache.features(images, ['x', 'y'])
  cache.save()
  return hashlib.sha256(features.tobytes()).hexdigest()


def _plan(root: pathlib.Path) -> str:
  return plan.read(root / 'study.json').sha256


def _database(root: pathlib.Path) -> str:
  store = database.Database(root / 'study.db', plan.read(root / 'study.json'))
  with contextlib.closing(store):
    return repr((store.secret, store.answers()))


KINDS = {
  'weights of a checkpoint': Kind('run/**/d/*', _checkpoint),
  'index of a checkpoint': Kind('run/**/manifest.ocdbt', _checkpoint),
  'names of a checkpoint': Kind('run/_METADATA', _checkpoint),
  'program of an export': Kind('export/*.stablehlo', _export),
  'compact weights': Kind('compact/*.npz', _compact),
  'compiled programs': Kind('cache/**/*-cache', _compiled),
  'photographs and maps': Kind('city/**/val/**/*.png', _photos),
  'scenes in an npz': Kind('npz/val.npz', _npz),
  'generated images': Kind('drawn/*.png', _images),
  'augmented data': Kind(
    'again/augment/*/val/*/*.png', functools.partial(_again, 'augment')
  ),
  'completed data': Kind(
    'again/complete_instances/*/*/*.png',
    functools.partial(_again, 'complete_instances'),
  ),
  'network of completed data': Kind(
    'again/complete_instances/network/checkpoints/**/d/*',
    functools.partial(_again, 'complete_instances'),
  ),
  'features of real images': Kind('features/*.npz', _features),
  'plan of a study': Kind('study.json', _plan),
  'answers of a study': Kind('study.db', _database),
}


def outcomes(
  kind: Kind, material: pathlib.Path, dice: random.Random, num_flips: int
) -> Iterator[bad_inputs.Outcome]:
  """Flips a bit of a file of that kind, so many times, one after the other.

  Yields:
    'same' for the same result, 'refused', 'silent' for another result, or
    'traceback'. The file is restored.
  """
  with _quiet():
    expected = kind.result(material)
  for _ in range(num_flips):
    file = dice.choice(sorted(material.glob(kind.pattern)))
    sound = file.read_bytes()
    data = bytearray(sound)
    position = dice.randrange(len(data))
    data[position] ^= 1 << dice.randrange(8)
    file.write_bytes(data)
    try:
      yield _outcome(
        kind,
        material,
        expected,
        f'{file.relative_to(material)}, byte {position} of {len(data)}: ',
      )
    finally:
      file.write_bytes(sound)


def _outcome(
  kind: Kind, material: pathlib.Path, expected: str, where: str
) -> bad_inputs.Outcome:
  try:
    with _quiet():
      result = kind.result(material)
  except InputError as error:
    return bad_inputs.Outcome('refused', where + str(error))
  except BaseException:  # noqa: BLE001
    return bad_inputs.Outcome('traceback', where + traceback.format_exc())
  return bad_inputs.Outcome('same' if result == expected else 'silent', where)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
  said = io.StringIO()
  with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    yield
