"""Runs, imports and exports as one form, {network: variables}."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import networks, weights_folder


def arrays(value):
  return {'w': np.full(2, value, np.float32)}


def training_state(*, ema):
  return {
    'step': np.int32(3),
    'g_params': {'generator': arrays(1), 'encoder': arrays(2)},
    'g_stats': {
      'generator': {'batch_stats': arrays(3), 'spectral_stats': arrays(4)},
      'encoder': {'spectral_stats': arrays(5)},
    },
    'g_opt_state': arrays(0),
    'd_params': arrays(6),
    'd_stats': {'spectral_stats': arrays(7)},
    'd_opt_state': arrays(0),
    **({'ema': {'params': arrays(8), 'batch_stats': arrays(9)}} if ema else {}),
  }


def values(loaded):
  return {
    network: {name: int(leaf['w'][0]) for name, leaf in variables.items()}
    for network, variables in loaded.items()
  }


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run') / 'with_ema'
  weights_folder.save(folder, training_state(ema=True))
  return str(folder)


def test_a_run_gives_its_average_or_its_last_weights(run):
  others = {
    'encoder': {'params': 2, 'spectral_stats': 5},
    'discriminator': {'params': 6, 'spectral_stats': 7},
  }
  assert values(networks.load(run)) == {
    'generator': {'params': 8, 'batch_stats': 9, 'spectral_stats': 4},
    **others,
  }
  assert values(networks.load(run, use_ema=False)) == {
    'generator': {'params': 1, 'batch_stats': 3, 'spectral_stats': 4},
    **others,
  }


def test_an_average_of_the_encoder_is_taken_with_the_generators(tmp_path):
  state = training_state(ema=True)
  state['g_params']['instance_encoder'] = arrays(10)
  weights_folder.save(tmp_path / 'older', state)
  state['ema']['instance_encoder'] = arrays(11)
  weights_folder.save(tmp_path / 'run', state)
  for name, use_ema, expected in (
    ('run', True, 11),
    ('run', False, 10),
    ('older', True, 10),
  ):
    loaded = networks.load(str(tmp_path / name), use_ema=use_ema)
    assert values(loaded)['instance_encoder'] == {'params': expected}
    assert 'instance_encoder' not in loaded['generator']


def test_a_run_without_average_gives_its_last_weights(tmp_path):
  weights_folder.save(tmp_path / 'run', training_state(ema=False))
  generator = values(networks.load(str(tmp_path / 'run')))['generator']
  assert generator == {'params': 1, 'batch_stats': 3, 'spectral_stats': 4}


def test_an_import_gives_what_it_has(tmp_path):
  tree = {'generator': {'params': arrays(1)}, 'other': arrays(2)}
  weights_folder.save(tmp_path / 'import', tree)
  loaded = networks.load(str(tmp_path / 'import'))
  assert values(loaded) == {'generator': {'params': 1}}


def test_weights_of_something_else_are_refused(tmp_path):
  weights_folder.save(tmp_path / 'x', {'vgg19': {'w': np.zeros(3)}})
  with pytest.raises(InputError, match='holds vgg19, expected weights'):
    networks.load(str(tmp_path / 'x'))
