"""What a data set is, and which of its files cannot be used."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline import image_file
from data_pipeline.errors import InputError
from tests import commands_in_process, tiny
from tests.data_pipeline import folder_layouts_test


def run(tmp_path, *flags, **changes):
  sheet = tmp_path / 'sheet.png'
  commands_in_process.run(
    'data_pipeline.inspect',
    *('--config', 'configs/toy_street.py', '--output', sheet),
    *tiny.flags(**changes),
    *flags,
  )
  with Image.open(sheet) as image:
    return np.asarray(image)


@pytest.fixture
def root(tmp_path, make_scenes, write_folder):
  return write_folder(tmp_path, 'train', make_scenes(3, height=32, width=64))


def of_folder(root):
  return {'data__source': 'folder', 'data__path': str(root)}


def test_classes_and_instances_are_counted(tmp_path, root, capsys):
  sheet = run(tmp_path, **of_folder(root))
  text = capsys.readouterr().out
  assert 'train: 3 scenes at 32x64 (height x width), 3 of them read.' in text
  assert 'Sizes of the files (width x height): 64x32 (3).' in text
  # Of 3 x 2048 pixels: 31 x 3 in the car, 31 in its group, 30 x 2 bicycles.
  lines = {
    line.split('|')[2].strip(): line
    for line in text.splitlines()
    if line.startswith('| ')
  }
  assert lines['car'] == '| 26 | car | 6.05 | 100.0 | 3 | 93 |'
  assert lines['bicycle'] == '| 33 | bicycle | 2.93 | 100.0 | 3 | 60 |'
  assert lines['unlabeled (not scored)'].endswith('| 0.00 | 0.0 |  |  |')
  assert 'Instances in a scene: 2 to 2, median 2; 0 scenes have none.' in text
  # 31 of 31 + 93 + 60.
  assert '16.8 % are in no instance' in text
  # Label map, instance map and image of three scenes, 320 pixels wide.
  assert sheet.shape[1] > 3 * 320 and sheet.shape[0] > 3 * 160


def test_scenes_without_an_instance_map_are_counted(tmp_path, root, capsys):
  maps = sorted(root.glob('gtFine/train/*/*_instanceIds.png'))
  maps[0].unlink()
  run(tmp_path, '--num_scenes=1', **of_folder(root))
  assert '2 of 3 scenes have an instance map: the' in capsys.readouterr().out
  for path in maps[1:]:
    path.unlink()
  run(tmp_path, **of_folder(root))
  assert 'No scene has an instance map: ' in capsys.readouterr().out


def test_files_that_are_stretched_are_counted(tmp_path, root, capsys):
  changes = {**of_folder(root), 'data__width': 32}
  run(tmp_path, **changes)
  assert '3 of them are stretched to 32x32: with' in capsys.readouterr().out
  run(tmp_path, '--config.data.geometry=crop', **changes)
  run(tmp_path, **of_folder(root))
  assert 'stretched to' not in capsys.readouterr().out


def test_some_scenes_of_any_source_are_enough(tmp_path, capsys):
  run(tmp_path, '--split=val', '--num_scenes=2')
  assert 'val: 4 scenes at 32x64 (height x width), 2 of them' in (
    capsys.readouterr().out
  )


@pytest.mark.parametrize(
  ('write', 'line'),
  [
    # 8 of 48 pixels; of those of ADE20K an object has 6.
    (folder_layouts_test.write_ade20k, '| 21 | car | 16.67 | 100.0 | 2 | 6 |'),
    (
      folder_layouts_test.write_kitti360,
      '| 26 | car | 16.67 | 100.0 | 2 | 8 |',
    ),
  ],
)
def test_other_layouts_are_shown(tmp_path, write, line, capsys):
  write(tmp_path / 'data')
  size = {'data__height': 6, 'data__width': 8}
  run(tmp_path, **of_folder(tmp_path / 'data'), **size)
  text = capsys.readouterr().out
  assert 'train: 2 scenes at 6x8' in text and line in text


def test_every_file_that_cannot_be_used_is_named(tmp_path, root, capsys):
  files = sorted(root.glob('gtFine/train/*/*_labelIds.png'))
  foreign = np.full((32, 64), 77, np.uint8)
  for file in files[:2]:
    file.write_bytes(image_file.encode_png(foreign))
  with pytest.raises(InputError, match='2 scenes cannot be used, see above'):
    run(tmp_path, **of_folder(root))
  text = capsys.readouterr().out
  assert text.count('label ids that no class has: 77') == 2
  assert '1 of them read' in text
  for file in files:
    file.write_bytes(b'no PNG')
  with pytest.raises(InputError, match='3 of 3 scenes cannot be used, see ab'):
    run(tmp_path, **of_folder(root))
  text = capsys.readouterr().out
  assert all(f'{file}: cannot be read' in text for file in files)


def test_negative_numbers_are_refused(tmp_path):
  with pytest.raises(InputError, match='--num_scenes is -1, expected 0 or'):
    run(tmp_path, '--num_scenes=-1')
