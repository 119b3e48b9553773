import numpy as np
import pytest
from PIL import Image

from data_pipeline.cityscapes import labels
from instgan_jax.visualization import image_grid


def test_instances_get_colors_of_their_own_and_none_is_gray():
  ids = np.arange(257).reshape(1, 257)
  colors = image_grid.colorize_instances(ids)[0]
  assert (colors[0] == colors[0, 0]).all()
  assert len(np.unique(colors, axis=0)) > 200
  near = np.abs(colors[1:-1].astype(int) - colors[2:]).max(axis=1)
  assert near.min() > 30, 'Neighboring ids have similar colors.'


@pytest.mark.parametrize('num_samples', [0, 1, 2])
def test_every_image_is_in_its_row_and_column(num_samples):
  grid = image_grid.image_grid(
    label_maps=np.array([np.full((160, 320), label) for label in (26, 7)]),
    instance_maps=np.zeros((2, 160, 320), int),
    images={
      f'sample {i}': np.stack(
        [np.full((160, 320, 3), 10 * i + row, np.uint8) for row in (1, 2)]
      )
      for i in range(num_samples)
    },
    label_table=labels.TABLE,
  )
  assert grid.dtype == np.uint8
  columns = 2 + num_samples
  # The image fills nearly the whole of each of equal rows and columns.
  left, top = grid.shape[1] / columns, grid.shape[0] / 2
  assert 320 <= left < 1.1 * 320 and 160 <= top < 1.2 * 160
  for row, label_color in enumerate([(0, 0, 142), (128, 64, 128)]):
    middle = [
      tuple(grid[int((row + 0.6) * top), int((column + 0.5) * left)])
      for column in range(columns)
    ]
    samples = [(10 * i + row + 1,) * 3 for i in range(num_samples)]
    assert middle == [label_color, (64,) * 3, *samples]


def test_the_name_of_a_scene_is_on_its_label_map():
  maps = np.full((2, 160, 320), 7)
  plain, named = (
    image_grid.image_grid(
      label_maps=maps,
      instance_maps=0 * maps,
      images={},
      label_table=labels.TABLE,
      names=names,
    )
    for names in ((), ('street_1', 'street_2'))
  )
  rows, columns = np.nonzero((plain != named).any(-1))
  assert columns.max() < 160 and len(np.unique(rows)) < 2 * 30
  assert (rows < 192).any() and (rows > 192).any(), 'A scene has no name.'


def test_small_images_are_enlarged_by_a_whole_number():
  pixels = np.random.default_rng(0).integers(0, 2, (1, 4, 8)) + 7
  grid = image_grid.image_grid(
    label_maps=pixels,
    instance_maps=np.zeros_like(pixels),
    images={},
    label_table=labels.TABLE,
  )
  # 8 columns of 40 make 320: count the pixels of road.
  road = (grid == (128, 64, 128)).all(-1).sum()
  assert road == (pixels == 7).sum() * 40 * 40


def test_save_png_makes_the_folder_and_leaves_no_partial_file(tmp_path):
  image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
  image_grid.save_png(tmp_path / 'samples' / '1.png', image)
  with Image.open(tmp_path / 'samples' / '1.png') as saved:
    np.testing.assert_array_equal(np.asarray(saved), image)
  assert [p.name for p in (tmp_path / 'samples').iterdir()] == ['1.png']
