"""Configurations of segmenters: sizes, schedules, refusals."""

import importlib
import pathlib

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import segmenter as build_segmenter
from instgan_jax.pretrained import pspnet
from instgan_jax.train import segmenter_step
from tests import tiny

CONFIGS = pathlib.Path(__file__).parent.parent.parent / 'configs'
# Parameters without and with the auxiliary head of training.
NUM_PARAMETERS = {
  'cityscapes_segmenter': (65_602_931, 67_967_622),
  'toy_segmenter': (1_158_467, 1_307_286),
}


def get_config(name):
  return importlib.import_module(f'configs.{name}').get_config()


def test_every_config_has_its_golden_count():
  names = {path.stem for path in CONFIGS.glob('*_segmenter.py')}
  assert names == set(NUM_PARAMETERS)


@pytest.mark.parametrize('name', sorted(NUM_PARAMETERS))
def test_number_of_parameters(name):
  config = get_config(name)
  state = jax.eval_shape(
    lambda: segmenter_step.initialize(
      build_segmenter.network(config, train=True),
      build_segmenter.optimizer(config, 10),
      seed=0,
      size=build_segmenter.size(config),
    )
  )
  kept = segmenter_step.inference_variables(state)['params']
  counts = [
    sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))
    for tree in (kept, state.params)
  ]
  assert tuple(counts) == NUM_PARAMETERS[name]


def test_the_rate_falls_as_a_power():
  # SGD from a zero gradient moves by rate * decay * weight: rate .01,
  # (1 - 5 / 10)^.9 = .5359 of it at step 5, decay 1e-4.
  config = get_config('cityscapes_segmenter')
  optimizer = build_segmenter.optimizer(config, 10)
  state = optimizer.init({'w': np.ones(1)})
  zero = {'w': np.zeros(1)}
  moves = []
  for _ in range(10):
    update, state = optimizer.update(zero, state, {'w': np.ones(1)})
    moves.append(float(update['w'][0]))
  momentum = [sum(0.9**k for k in range(n + 1)) for n in range(10)]
  rates = [-m / n / 1e-4 for m, n in zip(moves, momentum, strict=True)]
  np.testing.assert_allclose(rates[0], 0.01, rtol=1e-5)
  np.testing.assert_allclose(rates[5], 0.01 * 0.5**0.9, rtol=1e-5)


def test_the_toy_segmenter_is_trained_on_the_toy_streets():
  segmenter, toy = get_config('toy_segmenter'), get_config('toy_street')
  assert segmenter.data.to_dict() == toy.data.to_dict()
  size = (segmenter.model.height, segmenter.model.width)
  assert build_segmenter.size(segmenter) == size


def test_options_build_the_network_that_was_trained():
  config = tiny.segmenter_config()
  options = build_segmenter.options(config)
  assert options['num_classes'] == 19
  network = pspnet.PspNet(**options)
  trained = build_segmenter.network(config, train=False)
  assert network == trained.clone(dropout_rate=network.dropout_rate)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'batch_size': 6}, r'batch_size 6 .* 4 devices'),
    ({'optimizer': 'lamb'}, r"optimizer is 'lamb', expected one of 'sgd'"),
    (
      {'eval_every_steps': 0},
      r'eval_every_steps is 0, expected .* \[1, inf',
    ),
    ({'data__loader': 'grain'}, r"data\.loader is 'grain', .*'tf_data'"),
    ({'min_scale': 0.0}, r'min_scale is 0\.0 .* 0 < min_scale'),
    ({'min_scale': 2.0}, r'min_scale is 2\.0 and max_scale 1\.0'),
  ],
)
def test_check_refuses(changes, message):
  with pytest.raises(InputError, match=message):
    build_segmenter.check(tiny.segmenter_config(**changes))
