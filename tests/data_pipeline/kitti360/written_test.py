"""The frames of KITTI-360 that are written, and the lists of their splits."""

import threading

import numpy as np
import pytest

from data_pipeline import folder_reader, image_file, new_scenes
from data_pipeline.errors import InputError
from data_pipeline.kitti360 import labels, written

NAME = '2013_05_28_drive_0000_sync_image_00_0000000250'
LIST = 'data_2d_semantics/train/2013_05_28_drive_{}_frames.txt'
# A car, a group of them, and road.
IDS = np.full((4, 6), 7, np.int32)
IDS[0], IDS[1] = 26001, 26


class Program:
  """Writes its own scenes, each with a gray of its own."""

  def __init__(self, root, *names, split='train', ending='.png'):
    self.made = new_scenes.NewScenes(root, split, written.LAYOUT, labels.TABLE)
    self._names, self._ending = names, ending

  def write_files(self):
    label_map = np.where(IDS >= 1000, IDS // 1000, IDS).astype(np.uint8)
    for name in self._names:
      self.made.write_maps([name], label_map, IDS)
      image = self.made.image(name, self._ending)
      image.parent.mkdir(parents=True, exist_ok=True)
      gray = np.full((4, 6, 3), sum(name.encode()) % 256, np.uint8)
      image.write_bytes(image_file.encode_png(gray))

  def write(self):
    self.write_files()
    self.made.write_index(self._names)


def names_in(root, split='train'):
  source = folder_reader.open_split(root, split, size=None, geometry='resize')
  for index, name in enumerate(source.image_ids):
    scene = source.read(index)
    assert (scene.image == sum(name.encode()) % 256).all()
    np.testing.assert_array_equal(scene.instance_ids, IDS)
  return source.image_ids


def lines_in(root, split='train'):
  return (root / LIST.format(split)).read_text().splitlines()


def test_frames_lie_where_kitti_360_has_them(tmp_path):
  variant = written.LAYOUT.variant_name(NAME, 0)
  Program(tmp_path, variant, NAME).write()
  below = '2013_05_28_drive_0000_sync/image_00'
  assert lines_in(tmp_path) == [
    f'data_2d_raw/{below}/data_rect/{frame}.png'
    f' data_2d_semantics/train/{below}/semantic/{frame}.png'
    for frame in ('0000000250', '0000000250_v0')
  ]
  assert all(
    (tmp_path / path).exists()
    for line in lines_in(tmp_path)
    for path in line.split()
  )
  assert (tmp_path / variant_map(below)).exists()
  assert names_in(tmp_path) == (NAME, variant)


def variant_map(below):
  return f'data_2d_semantics/train/{below}/instance/0000000250_v0.png'


@pytest.mark.parametrize(
  'name',
  [
    NAME,
    f'{NAME}_v0_v11',
    'my-drive_image_01_a.b_c',
    'a_image_00_image_01_7',
    # Of frames in other folders than those of sequences and cameras.
    '7',
    'a_7',
    'image_00_7',
    'a_b_c_data_rect_7',
    'a_image_00_',
    '.._image_00_7',
  ],
)
def test_every_name_is_read_as_it_was_written(tmp_path, name):
  Program(tmp_path, name).write()
  assert names_in(tmp_path) == (name,)
  assert {path.name for path in tmp_path.iterdir()} == {
    *('data_2d_raw', 'data_2d_semantics', 'labels.json'),
  }


def test_names_that_share_their_parts_are_different_frames(tmp_path):
  names = ('a_image_00_b_image_01_7', 'a_image_00_b', 'a_image_00')
  Program(tmp_path, *names).write()
  assert names_in(tmp_path) == tuple(sorted(names))


def test_each_split_lists_its_own_frames(tmp_path):
  """Also one that is in both."""
  Program(tmp_path, 'a_image_00_1', 'a_image_00_2').write()
  Program(tmp_path, 'a_image_00_2', 'a_image_00_3', split='val').write()
  assert names_in(tmp_path) == ('a_image_00_1', 'a_image_00_2')
  assert names_in(tmp_path, 'val') == ('a_image_00_2', 'a_image_00_3')


def test_a_program_adds_its_frames_to_those_of_others(tmp_path):
  first, second = (Program(tmp_path, f'a_image_00_{k}') for k in (1, 2))
  first.write_files()
  second.write()
  assert names_in(tmp_path) == ('a_image_00_2',)
  for program in (first, second, first):  # As continued ones do.
    program.write()
    assert names_in(tmp_path) == ('a_image_00_1', 'a_image_00_2')


def test_the_list_has_the_frames_whose_files_are_there(tmp_path):
  names = [f'a_image_00_{k}' for k in (1, 2, 3)]
  program = Program(tmp_path, *names)
  program.write()
  program.made.image(names[0]).unlink()
  program.made.maps(names[1])[0].unlink()
  Program(tmp_path).write()
  assert names_in(tmp_path) == (names[2],)
  program.write()
  assert names_in(tmp_path) == tuple(names)


def test_a_photograph_with_another_ending_takes_the_place(tmp_path):
  Program(tmp_path, NAME).write()
  program = Program(tmp_path, NAME, ending='.PNG')
  program.made.image(NAME).unlink()
  program.write()
  assert names_in(tmp_path) == (NAME,)
  assert '0000000250.PNG ' in lines_in(tmp_path)[0]


def test_programs_at_the_same_time_lose_no_frame(tmp_path):
  programs = [Program(tmp_path, f'a_image_00_{k}') for k in range(12)]
  for program in programs:
    program.write_files()
  together = threading.Barrier(len(programs))

  def write(program):
    together.wait()
    for _ in range(5):
      program.write()

  threads = [threading.Thread(target=write, args=(p,)) for p in programs]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert len(names_in(tmp_path)) == 12


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'\xff\xfe', r'train_frames\.txt: cannot be read .*utf-8.* Expected data'),
    (b'one\n', r"train_frames\.txt, line 1: is 'one', expected a photograph"),
    (b'a b\n', r"train_frames\.txt, line 1: is 'a b', expected a photograph"),
  ],
)
def test_a_list_that_is_damaged_is_not_lost(tmp_path, content, message):
  program = Program(tmp_path, NAME)
  program.write()
  path = tmp_path / LIST.format('train')
  path.write_bytes(content)
  with pytest.raises(InputError, match=f'{message}.* remove it, and run the'):
    program.write()
  assert path.read_bytes() == content
  path.unlink()
  program.write()
  assert names_in(tmp_path) == (NAME,)
