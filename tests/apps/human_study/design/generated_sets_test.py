"""A generator can be a set: its images are generated before planning."""

import pytest

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import generated_sets, plan
from tests import commands_in_process, tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def root(tmp_path_factory):
  root = tmp_path_factory.mktemp('study')
  tiny.save_generator(root / 'run', tiny.config())
  commands_in_process.run(
    'data_pipeline.toy_street',
    f'--output={root / "toy"}',
    *('--num_train=0', '--num_val=12', '--height=64'),
  )
  return root


def test_real_against_generated_in_one_command(root, capsys):
  commands_in_process.run(
    'instgan_jax.apps.human_study',
    'plan',
    *('--set', f'real={root}/toy/leftImg8bit/val'),
    *('--set', f'L+I+P={root}/run', '--maps', f'{root}/toy/gtFine/val'),
    *('--participants', '2', '--questions', '4', '--practice', '1'),
    *('--image_size', '32x64', '--output', root / 'study.json'),
  )
  assert '12 images generated' in capsys.readouterr().out
  made = plan.read(root / 'study.json')
  assert made.sets[1].folder == str(root / 'study_images' / 'L+I+P')
  assert made.sets[0].images.keys() == made.sets[1].images.keys()
  for each in made.sets:
    assert {image.size for image in each.images.values()} == {(64, 32)}


def test_a_generator_needs_maps(root):
  with pytest.raises(InputError, match='is a generator: give --maps'):
    generated_sets.generate([f'a={root}/run'], maps=None, folder=root / 'x')
