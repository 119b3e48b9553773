"""The command itself: wrong input, stopping, continuing, metrics at the end.

Programs run in processes of their own, with the shipped toy configuration,
shrunk. They share the suite's compilation cache.
"""

import functools
import json
import pathlib
import random
import re
import signal
import time

import jax
import numpy as np
import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder
from instgan_jax.runtime import exits
from instgan_jax.train import loop
from tests import commands_in_process, programs, tiny

pytestmark = [pytest.mark.slow, pytest.mark.user]


ROOT = programs.ROOT


@pytest.fixture
def command(compilation_cache):
  return functools.partial(programs.start, compilation_cache)


def steps_logged(workdir):
  return [entry['step'] for entry in programs.metrics(workdir)]


@pytest.fixture(scope='module')
def finished(compilation_cache, tmp_path_factory):
  """A run that was never stopped."""
  workdir = tmp_path_factory.mktemp('finished')
  status, out, err = programs.finish(programs.start(compilation_cache, workdir))
  assert status == 0, err
  return workdir, out


def test_a_whole_run_names_the_image_and_leaves_what_it_promises(finished):
  workdir, out = finished
  image = pathlib.Path(re.search(r'Open (\S+\.png)', out).group(1))
  assert image == workdir / 'samples' / '000006.png'
  with Image.open(image) as image:
    assert image.width > image.height > 200
  assert 'MICV of cars' in out and 'times as much' in out
  assert 'Perceptual loss off: no VGG19 weights' in out
  assert steps_logged(workdir) == [2, 4, 6]
  assert json.loads((workdir / 'config.json').read_text())['num_steps'] == 6
  assert list(workdir.glob('events.out.tfevents.*'))
  steps = {p.name for p in (workdir / 'checkpoints').iterdir()}
  assert steps == {'2', '4', '6'}


@pytest.mark.oldest
def test_a_finished_run_is_not_trained_again(finished, capsys):
  workdir, _ = finished
  last = workdir / 'checkpoints' / '6'
  before = last.stat().st_mtime_ns
  run_here(workdir)
  assert 'Open ' in capsys.readouterr().out
  assert last.stat().st_mtime_ns == before
  assert steps_logged(workdir) == [2, 4, 6]


@pytest.fixture
def without_tensorflow(tmp_path_factory):
  """An environment where TensorFlow and what needs it are missing."""
  blocked = tmp_path_factory.mktemp('blocked')
  for name in ('tensorflow', 'tensorflow_datasets', 'clu', 'tensorboard'):
    (blocked / name).mkdir()
    (blocked / name / '__init__.py').write_text(
      f"raise ImportError('no {name} on this host')\n"
    )
  return {'PYTHONPATH': str(blocked)}


def test_signals_and_kills_lose_nothing_that_was_saved(
  finished, command, tmp_path, without_tensorflow
):
  """The same command, ended in every way, comes to the state of one run.

  At last on a host without TensorFlow and clu.
  """
  dice = random.Random(7)
  for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
    before = steps_logged(tmp_path)
    process = command(tmp_path)
    programs.wait_for(
      lambda before=before: len(steps_logged(tmp_path)) > len(before), process
    )
    if number == signal.SIGKILL:  # Between two steps, or in a checkpoint.
      time.sleep(dice.uniform(0.0, 0.6))
    process.send_signal(number)
    status, _, err = programs.finish(process)
    if status == 0 or number == signal.SIGKILL:
      continue  # It may have been done before the signal came.
    assert status == 128 + number
    assert re.search(rf'Stopped by {number.name} after step \d', err)
  curves = list(tmp_path.glob('events.out.tfevents.*'))
  status, _, err = programs.finish(
    command(tmp_path, environment=without_tensorflow)
  )
  assert status == 0, err
  programs.assert_same_state(finished[0], tmp_path)
  assert list(tmp_path.glob('events.out.tfevents.*')) == curves
  # Every second step, each once, and those at which a signal stopped it.
  logged = steps_logged(tmp_path)
  assert logged == sorted(set(logged)) and {2, 4, 6} <= set(logged)
  left = {p.name for p in (tmp_path / 'checkpoints').iterdir()}
  assert left <= set(map(str, logged)), 'An unfinished checkpoint stayed.'


def run_here(workdir, *flags):
  """The command, in this process."""
  commands_in_process.run(
    'instgan_jax.main',
    f'--config={ROOT}/configs/toy_street.py:lip',
    f'--workdir={workdir}',
    *tiny.flags(),
    *flags,
  )


def test_another_configuration_is_refused_with_the_differing_keys(finished):
  workdir, _ = finished
  with pytest.raises(InputError) as error:
    run_here(workdir, '--config.seed=3', '--config.data.flip=false')
  assert 'seed: 0 there, 3 here' in str(error.value)
  assert 'data.flip: True there, False here' in str(error.value)


def test_init_from_starts_with_the_weights_of_another_run(
  finished, tmp_path, monkeypatch
):
  source, _ = finished
  begun = []

  def train(run):
    begun.append(run.initialize())
    raise exits.Stopped('Before the first step.', 0)

  monkeypatch.setattr(loop, 'train', train)
  with pytest.raises(exits.Stopped):
    run_here(tmp_path, f'--config.init_from={source}')
  jax.tree.map(
    np.testing.assert_array_equal,
    begun[0].g_params['generator'],
    weights_folder.restore(source)['ema']['params'],
  )
  assert int(begun[0].step) == 0


WRONG = {
  'unknown_key': (['--config.batchsize=4'], r'batchsize'),
  'unknown_key_in_group': (['--config.data.hight=4'], r'hight'),
  'type': (['--config.batch_size=many'], r'batch_size'),
  'method': (['--config={root}/configs/toy_street.py:gan'], r"'gan'.*lip"),
  'config_file': (['--config={root}/configs/nothing.py'], r'nothing\.py'),
  'argument': (['train'], r"unexpected argument 'train'"),
  'stride': (['--config.data.height=40', '--config.data.width=80'], r'40x80'),
  'data_folder': (
    ['--config.data.source=folder', '--config.data.path=/nowhere'],
    r'/nowhere',
  ),
  'weights': (['--config.vgg19_weights=/nowhere'], r'/nowhere is not a check'),
  'sample_scenes': (
    ['--config.sample_scenes=(0, 4)'],
    r'sample_scenes is .*0 to 3',
  ),
  'init_from': (['--config.init_from=/nowhere'], r'/nowhere is not a check'),
  'workdir': (['--workdir={root}/README.md'], r'README\.md cannot be written'),
  'processes': (['--num_processes=2'], r'belong together'),
}


@pytest.mark.parametrize('case', sorted(WRONG))
def test_wrong_input_is_one_message_before_any_training(
  tmp_path, monkeypatch, capsys, case
):
  monkeypatch.setattr(loop, 'train', lambda run: pytest.fail('trained'))
  flags, message = WRONG[case]
  flags = [flag.format(root=ROOT) for flag in flags]
  if not flags[0].startswith('--config='):
    flags = [f'--config={ROOT}/configs/toy_street.py', *flags]
  with pytest.raises(InputError) as error:
    commands_in_process.run(
      'instgan_jax.main',
      flags[0],
      f'--workdir={tmp_path}',
      *tiny.flags(),
      *flags[1:],
    )
  assert re.search(message, str(error.value))
  assert len(str(error.value).splitlines()) <= 3
  assert capsys.readouterr().out == ''


def test_wrong_input_of_a_process_has_one_message_and_status_2(
  command, tmp_path
):
  status, _, err = programs.finish(command(tmp_path, '--config.batchsize=4'))
  assert status == 2
  assert len(err.strip().splitlines()) == 1 and 'batchsize' in err


def test_divergence_names_the_step_and_the_last_good_checkpoint(
  command, tmp_path
):
  status, _, err = programs.finish(
    command(
      tmp_path,
      '--config.g_learning_rate=1e38',
      '--config.checkpoint_every_steps=1',
      '--config.decay_fraction=0.0',
    )
  )
  assert status == 1
  assert re.search(r'became NaN or infinite at step \d', err), err
  assert 'checkpoint' in err and 'Traceback' not in err
