import numpy as np
import pytest
from PIL import Image

from instgan_jax.visualization import image_grid


def test_instances_get_colours_of_their_own_and_none_is_gray():
  ids = np.arange(257).reshape(1, 257)
  colors = image_grid.colorize_instances(ids)[0]
  assert (colors[0] == colors[0, 0]).all()
  assert len(np.unique(colors, axis=0)) > 200
  near = np.abs(colors[1:-1].astype(int) - colors[2:]).max(axis=1)
  assert near.min() > 30, 'Neighbouring ids look alike.'


@pytest.mark.parametrize('num_draws', [1, 2])
def test_sheet_shows_every_picture_at_its_place(num_draws):
  images = np.full((3, 160, 320, 3), 200, np.uint8)
  draws = [np.full_like(images, 10 * (i + 1)) for i in range(num_draws)]
  sheet = image_grid.sample_grid(
    label_maps=np.full((3, 160, 320), 26),
    instance_maps=np.zeros((3, 160, 320), int),
    images=images,
    draws=draws,
  )
  columns = 3 + num_draws
  assert sheet.shape == (26 + 3 * 166, 6 + columns * 326, 3)
  middle = [
    [
      tuple(sheet[26 + row * 166 + 80, 6 + i * 326 + 160])
      for i in range(columns)
    ]
    for row in range(3)
  ]
  expected = [(0, 0, 142), (64,) * 3, (200,) * 3]
  expected += [(10 * (i + 1),) * 3 for i in range(num_draws)]
  assert middle == [expected] * 3


def test_save_png_makes_the_folder_and_leaves_no_partial_file(tmp_path):
  image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
  image_grid.save_png(tmp_path / 'samples' / '1.png', image)
  with Image.open(tmp_path / 'samples' / '1.png') as saved:
    np.testing.assert_array_equal(np.asarray(saved), image)
  assert [p.name for p in (tmp_path / 'samples').iterdir()] == ['1.png']
