"""Whole evaluations of a tiny generator, and of its pictures in a folder."""

import functools
import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline import batches
from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.commands import evaluate, import_torch
from instgan_jax.evaluation import evaluation, options
from instgan_jax.evaluation import generated_images as pictures_lib
from instgan_jax.inference import sampler as sampler_lib
from tests import commands_in_process, tiny, tiny_segmenter
from tests.golden import recipe

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
def places(tmp_path_factory):
  root = tmp_path_factory.mktemp('evaluation')
  return {
    'lip': save_run(root / 'lip', 'lip'),
    'l': save_run(root / 'l', 'l'),
    'segmenter': tiny_segmenter.save(root / 'segmenter'),
    'cache': str(root / 'cache'),
    'root': root,
  }


def scenes_of(split):
  return evaluate.data_set(CONFIG, split)


def options(places, **changes):
  given = {'cache': places['cache'], 'segmenter': places['segmenter']}
  return options.check(options.Options(**(given | changes)))


@functools.cache
def sampler(folder):
  return sampler_lib.Sampler.from_folder(folder)


def run(places, method='lip', **changes):
  chosen = options(places, **changes)
  pictures = pictures_lib.from_sampler(
    sampler(places[method]), chosen.seed, method
  )
  return evaluation.Evaluation(scenes_of, chosen).run(pictures)


def assert_equal_figures(a, b, rtol=1e-9):
  assert a.keys() == b.keys()
  for name in a:
    # JSON has null where a figure has no value.
    means = [np.asarray(x[name]['mean'], np.float64) for x in (a, b)]
    np.testing.assert_allclose(*means, rtol=rtol, atol=1e-9, err_msg=name)


def test_figures_and_protocol_of_a_workdir(places):
  results = run(places, num_draws=2)
  assert list(results['figures']) == [
    'fsd',
    'miou',
    'accuracy_valid',
    'accuracy_all',
    'micv_car',
    'border_contrast_car',
    'micv_person',
    'border_contrast_person',
    'draw_distance_car',
    'draw_distance_person',
    'draw_distance_outside',
  ]
  assert len(results['figures']['micv_car']['per_draw']) == 2
  protocol = results['protocol']
  assert protocol['pictures']['step'] == 7
  assert protocol['pictures']['method'] == 'L+I+P'
  assert protocol['pictures']['weights'] == 'ema'
  assert len(protocol['pictures']['weights_sha256']) == 64
  assert (protocol['num_scenes'], protocol['size']) == (4, [32, 64])
  assert protocol['segmenter']['size'] == (32, 64)
  assert set(results['class_iou']) == {'generated', 'real'}
  text = evaluation.text(results)
  assert 'MICV car' in text and 'bicycle' in text


def test_batches_of_another_size_change_nothing(places):
  figures = [run(places, batch_size=size)['figures'] for size in (1, 3, 8)]
  # Other batch sizes may round a pixel to the next of 256 levels.
  for other in figures[1:]:
    assert_equal_figures(figures[0], other, rtol=1e-3)


def write_pictures(places, folder, seed):
  scenes = scenes_of('val')
  batch = next(batches.eval_batches(scenes, batch_size=4))
  folder.mkdir()
  drawn = sampler(places['lip']).draw_batch(batch, seed)
  for name, picture in zip(scenes.image_ids, drawn, strict=True):
    Image.fromarray(picture).save(folder / f'{name}.png')
  return str(folder)


def evaluate_command(*arguments):
  commands_in_process.run('instgan_jax.evaluate', *arguments)


@pytest.fixture(scope='module')
def folders(places):
  return [
    write_pictures(places, places['root'] / f'draw_{seed}', seed)
    for seed in (0, 1)
  ]


@pytest.fixture(scope='module')
def config_flag(places):
  """A configuration file of the tiny toy streets."""
  path = places['root'] / 'tiny_config.py'
  path.write_text('from tests import tiny\nget_config = tiny.config\n')
  return f'--config={path}'


def test_pictures_in_folders_have_the_figures_of_their_generator(
  places, folders, config_flag, capsys
):
  output = places['root'] / 'out' / 'folders.json'
  evaluate_command(
    *(f'--generated={folder}' for folder in folders),
    config_flag,
    f'--segmenter={places["segmenter"]}',
    f'--cache={places["cache"]}',
    '--batch_size=4',
    f'--output={output}',
  )
  found = json.loads(output.read_text())
  assert found['protocol']['pictures'] == {'folders': folders}
  expected = run(places, num_draws=2, batch_size=4)['figures']
  assert_equal_figures(found['figures'], expected)
  printed = capsys.readouterr().out
  assert output.with_suffix('.md').read_text() in printed
  with Image.open(output.with_name('folders_confusion.png')) as picture:
    assert picture.width > 500


def test_the_command_measures_a_workdir(places, capsys):
  evaluate_command(
    f'--workdir={places["lip"]}', '--metrics=micv', '--num_scenes=2'
  )
  out = capsys.readouterr().out
  assert 'MICV car' in out and 'mIoU' not in out


def test_the_segmenter_may_look_at_another_size(places):
  results = run(places, metrics=('miou',), segmenter_size=(64, 128))
  assert results['protocol']['segmenter']['size'] == (64, 128)


def test_a_method_without_styles_has_one_draw(places):
  results = run(places, 'l', metrics=('micv',), num_draws=3)
  assert results['protocol']['num_draws'] == 1
  assert not [n for n in results['figures'] if n.startswith('draw_distance')]


@pytest.mark.slow
def test_real_pictures_have_fid_0_and_kid_near_it(places, tmp_path):
  np.savez(tmp_path / 'i.npz', **recipe.state_dict('inception_fid'))
  weights = tmp_path / 'inception'
  import_torch.import_frozen('inception', tmp_path / 'i.npz', weights)
  chosen = options(
    places, inception=str(weights), segmenter='', metrics=('fid', 'kid')
  )
  real = pictures_lib.GeneratedImages(
    draw=lambda batch, names, number: batch['image'], num_draws=1, about={}
  )
  evaluation = evaluation.Evaluation(scenes_of, chosen)
  results = evaluation.run(real)
  np.testing.assert_allclose(results['figures']['fid']['mean'], 0, atol=1e-6)
  assert results['figures']['fid']['real'] > 1e-3  # The floor of 2 and 2.
  assert results['figures']['kid']['mean'] < 0  # Unbiased: below 0 for copies.
  protocol = results['protocol']['inception']
  assert protocol['resize'] == 'pytorch-fid'
  assert protocol['reference_split'] == 'val'


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
def test_wrong_options(places, changes, message):
  with pytest.raises(InputError) as error:
    evaluation.Evaluation(scenes_of, options(places, **changes))
  assert message in str(error.value)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ([], 'Either --workdir or --generated'),
    (['--workdir=a', '--generated=b'], 'Either --workdir or --generated'),
    (['--workdir=nowhere'], 'nowhere: there is no such folder'),
    (['--generated=nowhere'], '--dataset_dir or --config is needed'),
    (['--workdir=a', '--output=a.txt'], 'ends in .json'),
    (['--generated=a', '--dataset_dir=nowhere'], 'nowhere'),
  ],
)
def test_wrong_flags(arguments, message):
  with pytest.raises(InputError) as error:
    evaluate_command(*arguments)
  assert message in str(error.value)


def test_pictures_of_another_size_than_the_toy_streets(
  places, config_flag, tmp_path
):
  for name in scenes_of('val').image_ids:
    Image.new('RGB', (128, 64)).save(tmp_path / f'{name}.png')
  with pytest.raises(InputError, match='give --config.data.height=64'):
    evaluate_command(f'--generated={tmp_path}', config_flag)
