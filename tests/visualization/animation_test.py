"""Animated files hold their frames."""

import numpy as np
import pytest
from PIL import Image

from instgan_jax.visualization import animation

FRAMES = [np.full((16, 32, 3), level, np.uint8) for level in (0, 60, 120, 180)]


@pytest.mark.parametrize('ending', ['webp', 'gif', 'png'])
def test_every_format_keeps_all_frames(tmp_path, ending):
  path = tmp_path / f'film.{ending}'
  animation.save(path, FRAMES, frames_per_second=10)
  with Image.open(path) as film:
    assert film.n_frames == 4 and film.size == (32, 16)
    assert film.info.get('loop') == 0
    film.seek(2)
    frame = np.asarray(film.convert('RGB')).astype(int)
    assert film.info['duration'] == 100
  assert np.abs(frame - 120).max() <= 3
  assert [p.name for p in tmp_path.iterdir()] == [path.name]
