"""Whole evaluations of a tiny generator, and of its images in folders."""

import json

import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.commands import evaluate
from instgan_jax.evaluation import evaluation as evaluation_lib
from instgan_jax.evaluation import options as options_lib
from tests import commands_in_process, tiny, tiny_segmenter

pytestmark = pytest.mark.slow


CONFIG = tiny.config('lip')


def save_run(folder, method):
  """A working folder with a generator that was never trained."""
  config = tiny.config(method)
  networks = gan.networks(config)
  state = gan.initial_state(config, networks, gan.optimizers(config, 6))
  folder.mkdir()
  run_config.save(folder, config)
  with manager.Checkpoints(folder) as checkpoints:
    checkpoints.save(7, state)
    checkpoints.wait()
  return str(folder)


@pytest.fixture(scope='module')
def paths(tmp_path_factory):
  root = tmp_path_factory.mktemp('evaluation')
  return {
    'lip': save_run(root / 'lip', 'lip'),
    'segmenter': tiny_segmenter.save(root / 'segmenter'),
    'cache': str(root / 'cache'),
    'root': root,
  }


def scenes_of(split):
  return evaluate.data_set(CONFIG, split)


def complete_options(paths, **changes):
  given = {'cache': paths['cache'], 'segmenter': paths['segmenter']}
  return options_lib.complete(options_lib.Options(**(given | changes)))


def evaluate_command(*arguments):
  commands_in_process.run('instgan_jax.evaluate', *arguments)


@pytest.fixture(scope='module')
def maps(paths):
  """The val scenes as files."""
  commands_in_process.run(
    'data_pipeline.toy_street',
    *(f'--output={paths["root"]}/streets', '--height=32'),
    *('--num_train=0', f'--num_val={CONFIG.data.num_val}'),
  )
  return paths['root'] / 'streets' / 'gtFine' / 'val'


@pytest.fixture(scope='module')
def folders(paths, maps):
  """What `generate` writes for two samples of the val scenes."""
  output = paths['root'] / 'generated'
  commands_in_process.run(
    'instgan_jax.generate',
    *('--workdir', paths['lip'], '--label_dir', maps, '--instance_dir', maps),
    *('--num_draws=2', '--output_dir', output),
  )
  return [str(output / f'seed_{seed}') for seed in (0, 1)]


@pytest.fixture(scope='module')
def config_flag(paths):
  """A configuration file of the tiny toy streets."""
  path = paths['root'] / 'tiny_config.py'
  path.write_text('from tests import tiny\nget_config = tiny.config\n')
  return f'--config={path}'


def test_a_workdir_has_the_metrics_of_what_it_generates(
  paths, folders, config_flag, capsys
):
  def evaluate_json(name, *arguments):
    output = paths['root'] / 'out' / f'{name}.json'
    evaluate_command(
      *arguments,
      f'--segmenter={paths["segmenter"]}',
      f'--cache={paths["cache"]}',
      f'--output={output}',
    )
    return json.loads(output.read_text())

  of_workdir = evaluate_json(
    'workdir', f'--workdir={paths["lip"]}', '--num_draws=2'
  )
  capsys.readouterr()
  of_folders = evaluate_json(
    'folders', *(f'--generated={folder}' for folder in folders), config_flag
  )
  assert of_folders['protocol']['generated'] == {'folders': folders}
  # To the last bit, image by image.
  assert of_folders['metrics'] == of_workdir['metrics']
  assert of_folders['class_iou'] == of_workdir['class_iou']
  output = paths['root'] / 'out' / 'folders.json'
  assert output.with_suffix('.md').read_text() in capsys.readouterr().out
  with Image.open(output.with_name('folders_confusion.png')) as plot:
    assert plot.width > 500


def test_the_command_evaluates_some_scenes_of_a_workdir(paths, capsys):
  evaluate_command(
    f'--workdir={paths["lip"]}', '--metrics=micv', '--num_scenes=2'
  )
  out = capsys.readouterr().out
  assert 'MICV car' in out and 'mIoU' not in out


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'metrics': ('lpips',)}, "'lpips' is no metric"),
    (
      {'metrics': ('fid',)},
      '--inception FOLDER, made with python -m instgan_jax.import_torch',
    ),
    (
      {'metrics': ('miou',), 'segmenter': ''},
      '--segmenter FOLDER, made with python -m instgan_jax.train_segmenter',
    ),
    ({'classes': ('road',)}, "'road' is no class that has instances"),
    ({'classes': ('dragon',)}, 'dragon'),
    ({'num_draws': 0}, 'at least 1'),
    ({'segmenter': 'nowhere', 'metrics': ('miou',)}, 'nowhere'),
    ({'segmenter_protocol': 'half'}, "protocol is 'half'"),
  ],
)
def test_wrong_options(paths, changes, message):
  with pytest.raises(InputError) as error:
    evaluation_lib.Evaluation(scenes_of, complete_options(paths, **changes))
  assert message in str(error.value)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ([], 'neither is given: give one'),
    (['--workdir=a', '--generated=b'], 'both are given: give one'),
    (['--workdir=nowhere'], 'nowhere: there is no such folder'),
    (['--generated=nowhere'], '--dataset_dir or --config is needed'),
    (['--workdir=a', '--output=a.txt'], 'ends in .json'),
    (['--generated=a', '--dataset_dir=nowhere'], 'nowhere'),
    (
      ['--generated=a', '--dataset_dir=b', '--style_of=class'],
      "--style_of is 'class', but the images of --generated have",
    ),
  ],
)
def test_wrong_flags(arguments, message):
  with pytest.raises(InputError) as error:
    evaluate_command(*arguments)
  assert message in str(error.value)


def test_images_of_another_size_than_the_toy_streets(
  paths, config_flag, tmp_path
):
  for name in scenes_of('val').image_ids:
    Image.new('RGB', (128, 64)).save(tmp_path / f'{name}.png')
  with pytest.raises(InputError, match='give --config.data.height=64'):
    evaluate_command(f'--generated={tmp_path}', config_flag)
