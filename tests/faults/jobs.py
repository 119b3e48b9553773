"""Commands that take a while, and the bytes that they make."""

import hashlib
import os
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

from instgan_jax.checkpoints import tree, weights_folder
from instgan_jax.commands import completed_quality
from tests import programs, tiny


class Job(NamedTuple):
  """A command that takes a while.

  Attributes:
    command: its module.
    words: of the command line; {m} is the folder of `material`, {o} the output.
    digest: SHA-256 of what it made.
  """

  command: str
  words: str
  digest: Callable[[pathlib.Path], str]


def _files(folder: pathlib.Path, pattern: str) -> str:
  digest = hashlib.sha256()
  for path in sorted(folder.rglob(pattern)):
    if path.suffix == '.partial':  # A kill left it.
      continue
    digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
  return digest.hexdigest()


def _weights(folder: pathlib.Path) -> str:
  return tree.sha256(weights_folder.restore(folder))


def _run(folder: pathlib.Path) -> str:
  last = max(folder.glob('samples/*.png')).read_bytes()
  return _weights(folder) + hashlib.sha256(last).hexdigest()


def _completed(folder: pathlib.Path) -> str:
  files = [_files(folder, name) for name in ('*.png', completed_quality.FILE)]
  return ''.join([*files, _weights(folder / 'network')])


def _segmenter(folder: pathlib.Path) -> str:
  return _weights(folder) + _weights(folder / weights_folder.TRAINED_FOLDER)


JOBS = {
  'main': Job(
    'instgan_jax.main',
    '--config configs/toy_street.py --workdir {o} ' + shlex.join(tiny.flags()),
    _run,
  ),
  'train_segmenter': Job(
    'instgan_jax.train_segmenter',
    '--config configs/toy_segmenter.py --workdir {o} '
    + shlex.join(tiny.segmenter_flags()),
    _segmenter,
  ),
  'generate': Job(
    'instgan_jax.generate',
    '--workdir {m}/run --label_dir {m}/city/gtFine/val --instance_dir '
    '{m}/city/gtFine/val --output_dir {o} --num_draws 20 --grid',
    lambda folder: _files(folder, '*.png'),
  ),
  'augment': Job(
    'instgan_jax.augment',
    '--workdir {m}/run --dataset_dir {m}/city --split val --variants 5 '
    '--output {o}',
    lambda folder: _files(folder, '*.*'),
  ),
  'complete_instances': Job(
    'instgan_jax.complete_instances',
    '--config configs/toy_street.py --output {o} --config.data.height=32 '
    '--config.data.width=64 --config.data.num_train=24 '
    '--config.data.num_val=8 --config.data.instance_share=0.3 --num_steps 40 '
    '--batch_size 4 --base_channels 8 --min_confidence 0',
    _completed,
  ),
  'export': Job(
    'instgan_jax.export', '--workdir {m}/run --output {o}', _weights
  ),
  'export --compact': Job(
    'instgan_jax.export', '--workdir {m}/run --output {o} --compact', _weights
  ),
  'toy_street': Job(
    'data_pipeline.toy_street',
    '--output {o} --num_train 40 --num_val 10 --height 64',
    lambda folder: _files(folder, '*.png'),
  ),
}


def words(job: Job, material: pathlib.Path, output: pathlib.Path) -> list[str]:
  """Of the command line."""
  return [w.format(m=material, o=output) for w in shlex.split(job.words)]


def start(
  job: Job, material: pathlib.Path, output: pathlib.Path, cache: pathlib.Path
) -> subprocess.Popen:
  """Starts a job, whose compiled programs are kept below `cache`."""
  others = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith('JAX_COMPILATION_CACHE')
  }
  return subprocess.Popen(
    [
      *(sys.executable, '-m', job.command),
      *words(job, material, output),
    ],
    cwd=programs.ROOT,
    env={
      **others,
      'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
      'XDG_CACHE_HOME': str(cache),
    },
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )
