"""What a run is made of, and what it refuses before it begins."""

import numpy as np
import pytest

from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.build import data
from instgan_jax.checkpoints import manager
from instgan_jax.cli import configurations
from instgan_jax.commands import train
from instgan_jax.evaluation import generated_images
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.train import loop
from instgan_jax.train import state as state_lib
from instgan_jax.visualization import image_grid
from tests import tiny, tiny_segmenter

pytestmark = pytest.mark.slow


@pytest.fixture
def runs(tmp_path, monkeypatch):
  """What the loop is given, which does not run."""
  runs = []

  def train_loop(run):
    runs.append(run)
    (tmp_path / 'samples').mkdir()
    (tmp_path / 'samples' / '0.png').touch()
    return None, {}

  monkeypatch.setattr(loop, 'train', train_loop)
  return runs


def test_the_networks_of_toy_streets_alone_are_small():
  names = (
    'toy_street',
    'toy_street_strong',
    'toy_street_large',
    'cityscapes_l',
  )
  small = [name for name in names if train.is_small(configurations.read(name))]
  assert small == ['toy_street', 'toy_street_strong']


def test_metrics_in_the_run_keep_the_best_checkpoint(
  tmp_path, monkeypatch, runs
):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
  config = tiny.config(
    eval__metrics='miou,micv',
    eval__every_steps=3,
    eval__num_scenes=2,
    eval__best='miou',
    eval__segmenter=tiny_segmenter.save(tmp_path / 'segmenter'),
  )
  train.run(config, tmp_path)
  (run,) = runs
  (evaluator,) = run.evaluators
  assert evaluator.every_steps == 3
  state = run.initialize()
  metrics = evaluator.run(state_lib.generator_variables(state))
  assert 0 <= metrics['miou'] <= 1
  assert metrics['micv_car'] > 0 and metrics['style_change_outside'] >= 0
  assert metrics['micv_car_real'] > 0.01
  evaluator.on_metrics(3, metrics, state)
  assert manager.last_step(tmp_path / 'best') == 3
  best = sampler_lib.Sampler.from_folder(str(tmp_path / 'best'))
  assert best.step == 3 and best.uses_ema


def test_sample_grids_are_what_the_sampler_generates(tmp_path, runs):
  config = tiny.config(eval__metrics='', sample_scenes=(1, 3))
  train.run(config, tmp_path)
  (run,) = runs
  assert run.evaluators == ()
  variables = tiny.generator_variables(config)
  sampler = sampler_lib.Sampler(
    config, variables, batch_size=sampler_lib.default_batch_size()
  )
  scenes = train.sample_scenes(config, data.source(config, 'val'))
  assert scenes.names == ('toytown_000001_000019', 'toytown_000003_000019')
  images = {'real image': scenes.images}
  for seed in (0, 1):
    images[f'generated, seed {seed}'] = generated_images.generate(
      sampler, scenes, seed
    )
  np.testing.assert_array_equal(
    run.sample(variables),
    image_grid.image_grid(
      label_maps=scenes.label_maps,
      instance_maps=scenes.instance_maps,
      images=images,
      label_table=labels.TABLE,
      names=scenes.names,
    ),
  )


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'eval__every_steps': 0}, 'eval.every_steps is 0'),
    ({'eval__best': 'fid'}, "'micv' do not have"),
    ({'eval__metrics': 'fid'}, 'fid needs the weights of Inception'),
    ({'eval__metrics': 'mic'}, "'mic' is no metric"),
    ({'sample_scenes': ()}, 'expected some of 0 to 3'),
    ({'sample_scenes': (0, 4)}, 'expected some of 0 to 3'),
    ({'sample_scenes': (-1,)}, 'expected some of 0 to 3'),
  ],
)
def test_what_cannot_be_run_is_refused(tmp_path, runs, changes, message):
  config = tiny.config(**({'eval__metrics': 'micv'} | changes))
  with pytest.raises(InputError, match=message):
    train.run(config, tmp_path)
  assert not runs


def test_the_best_of_a_metric_needs_the_metric(tmp_path, runs):
  with pytest.raises(
    InputError, match="eval.best is 'fid', which eval.metrics"
  ):
    train.run(tiny.config(eval__metrics='', eval__best='fid'), tmp_path)
