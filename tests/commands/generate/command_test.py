"""The command line: flags, styles in a file, another size."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline import file_lock
from data_pipeline.errors import InputError
from tests import commands_in_process, tiny
from tests.commands.generate import streets

pytestmark = pytest.mark.slow

NAMES = streets.NAMES


def test_the_command(maps, folder, tmp_path, capsys):
  arguments = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', tmp_path / 'out', '--scenes', NAMES[0]),
  ]
  kept = tmp_path / 'styles.json'
  commands_in_process.run(
    'instgan_jax.generate', *arguments, '--save_styles', kept
  )
  assert '1 images generated' in capsys.readouterr().out
  record = json.loads((tmp_path / 'out' / 'generate.json').read_text())
  assert record['seed'] == 0 and record['num_frames'] is None
  content = json.loads(kept.read_text())
  assert content['weights_sha256'] == record['weights_sha256']
  kept.write_text(json.dumps({**content, 'weights_sha256': 'other'}))
  arguments[arguments.index('--output_dir') + 1] = tmp_path / 'again'
  commands_in_process.run(
    'instgan_jax.generate', *arguments, '--styles', kept, '--seed=9'
  )
  assert 'are of other weights' in capsys.readouterr().out
  first, again = (
    streets.read(tmp_path / d / f'{NAMES[0]}.png') for d in ('out', 'again')
  )
  np.testing.assert_array_equal(first, again)


def test_without_maps_it_draws_toy_streets(folder, tmp_path, capsys):
  words = ('--workdir', folder, '--output_dir', tmp_path, '--grid')
  commands_in_process.run('instgan_jax.generate', *words)
  said = capsys.readouterr().out
  assert f'No --label_dir: toy streets, whose maps are in {tmp_path}' in said
  assert f'Open {tmp_path}/grid/000.png.' in said
  for name in NAMES:
    assert (tmp_path / f'{name}.png').exists()
  commands_in_process.run('instgan_jax.generate', *words)
  assert '0 images generated, 4 existed already' in capsys.readouterr().out


def test_the_command_takes_a_style_from_a_photograph(maps, tmp_path):
  config = tiny.config('lip', model__instance_encoder=True)
  folder = tiny.save_generator(tmp_path / 'weights', config)
  ids = f'{maps}/toytown/{NAMES[1]}_gtFine_instanceIds.png'
  photo = ids.replace('gtFine/', 'leftImg8bit/').replace(
    'gtFine_instanceIds', 'leftImg8bit'
  )
  style = streets.sampler(folder).encode(photo, ids)
  source = next(iter(style))
  target = streets.scene_of(maps, folder, NAMES[0]).instance_ids[0]
  arguments = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', tmp_path / 'out', '--scenes', NAMES[0]),
  ]
  commands_in_process.run(
    'instgan_jax.generate',
    *arguments,
    *('--style_from', f'{target}={photo}:{ids}:{source}'),
  )
  np.testing.assert_array_equal(
    streets.read(tmp_path / 'out' / f'{NAMES[0]}.png'),
    streets.expected(maps, folder, NAMES[0], **{str(target): style[source]}),
  )
  with pytest.raises(InputError, match='style_from_sha256'):
    commands_in_process.run('instgan_jax.generate', *arguments)


def test_the_command_reconstructs_scenes_from_their_photographs(maps, tmp_path):
  config = tiny.config('lip', model__instance_encoder=True)
  folder = tiny.save_generator(tmp_path / 'weights', config)
  photos = maps.replace('gtFine', 'leftImg8bit')
  photo, ids = (
    f'{root}/toytown/{NAMES[1]}_{kind}.png'
    for root, kind in ((photos, 'leftImg8bit'), (maps, 'gtFine_instanceIds'))
  )
  real = streets.sampler(folder).encode(photo, ids)
  expected = streets.expected(
    maps, folder, NAMES[1], **{str(i): style for i, style in real.items()}
  )
  arguments = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--scenes', NAMES[1]),
  ]
  for k, word in enumerate((photo, photos, f'{photo}:{ids}')):
    commands_in_process.run(
      'instgan_jax.generate',
      *arguments,
      *('--output_dir', tmp_path / f'{k}', '--style_from', word),
    )
    image = streets.read(tmp_path / f'{k}' / f'{NAMES[1]}.png')
    np.testing.assert_array_equal(image, expected)
  one, other = list(real)[:2]
  commands_in_process.run(
    'instgan_jax.generate',
    *arguments,
    *('--output_dir', tmp_path / 'film', '--style_from', photos),
    *('--interpolate', f'{one}={photo}:{ids}:{one}..{photo}:{ids}:{other}'),
    '--frames=2',
  )
  first, last = sorted((tmp_path / 'film' / NAMES[1]).glob('*.png'))
  np.testing.assert_array_equal(streets.read(first), expected)
  changed = {str(i): style for i, style in real.items()}
  changed[str(one)] = real[other]
  np.testing.assert_array_equal(
    streets.read(last), streets.expected(maps, folder, NAMES[1], **changed)
  )


def test_the_command_says_which_flag_is_missing(folder):
  with pytest.raises(InputError, match='--output_dir is needed'):
    commands_in_process.run('instgan_jax.generate', '--workdir', folder)
  with pytest.raises(InputError, match='--label_dir is needed'):
    commands_in_process.run(
      'instgan_jax.generate', '--output_dir=a', '--instance_dir=b'
    )
  with pytest.raises(InputError, match="--copy has '3', expected"):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', folder, '--label_dir=a', '--output_dir=b', '--copy=3'),
    )


def test_weights_of_another_architecture_are_listed(maps, folder, tmp_path):
  other = tiny.config('lip', model__base_channels=4)
  tiny.save_generator(tmp_path / 'wide', other)
  (tmp_path / 'wide' / 'config.json').write_text(
    (folder / 'config.json').read_text()
  )
  with pytest.raises(InputError, match=r'conv_img/kernel is \(3, 3, 4, 3\)'):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', tmp_path / 'wide', '--label_dir', maps),
      *('--instance_dir', maps, '--output_dir', tmp_path / 'out'),
    )


def test_a_second_program_in_one_folder_is_refused(maps, folder, tmp_path):
  output = tmp_path / 'out'
  words = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', output),
  ]
  commands_in_process.run('instgan_jax.generate', *words)
  with file_lock.held(output / 'generate.json', ''):
    with pytest.raises(InputError, match='Another program is generating into'):
      commands_in_process.run('instgan_jax.generate', *words)
  commands_in_process.run('instgan_jax.generate', *words)


def test_another_size_than_that_of_the_training(maps, folder, tmp_path, capsys):
  output = tmp_path / 'out'
  words = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', output),
  ]
  commands_in_process.run('instgan_jax.generate', *words, '--image_size=64x128')
  assert 'Generating at 64x128' in capsys.readouterr().out
  for path in output.glob('*.png'):
    with Image.open(path) as image:
      assert image.size == (128, 64)
  with pytest.raises(InputError, match='image_size'):
    commands_in_process.run('instgan_jax.generate', *words)
  with pytest.raises(InputError, match='40x64 must be divisible by the stride'):
    commands_in_process.run(
      'instgan_jax.generate', *words, '--image_size=40x64'
    )


def test_a_generator_with_a_style_of_the_whole_image_has_one_size(
  maps, tmp_path
):
  config = tiny.config('l', model__image_style_dim=8)
  tiny.save_generator(tmp_path / 'run', config)
  with pytest.raises(InputError, match='run: the weights do not fit.*fc/'):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', tmp_path / 'run', '--label_dir', maps),
      *('--output_dir', tmp_path / 'out', '--image_size=64x128'),
    )
