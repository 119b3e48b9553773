import numpy as np
import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.inference import photograph

IMAGE = np.arange(8 * 16 * 3, dtype=np.uint8).reshape(8, 16, 3)
IDS = np.zeros((8, 16), np.uint16)
IDS[:4], IDS[4:, :8], IDS[0, 1] = 26003, 24001, 26007


def read(image=IMAGE, ids=IDS, size=(4, 8)):
  return photograph.read(image, ids, image_size=size)


def test_files_are_what_arrays_are(tmp_path):
  files = tmp_path / 'photo.png', tmp_path / 'ids.png'
  Image.fromarray(IMAGE).save(files[0])
  Image.fromarray(IDS).save(files[1])
  for array, file in zip(read(), read(*files), strict=True):
    np.testing.assert_array_equal(array, file)


def test_ids_are_numbered_at_the_size_of_the_generator():
  photo = read()
  assert photo.image.shape == (4, 8, 3) and photo.image.dtype == np.uint8
  # Of 26007 no pixel is left; 0 is no instance.
  assert photo.instance_ids == (24001, 26003)
  np.testing.assert_array_equal(photo.instance_map[:, 0], [2, 2, 1, 1])
  assert not photo.instance_map[3, 4:].any()
  assert read(ids=IDS // 10000).instance_ids == (2,)


@pytest.mark.parametrize(
  ('image', 'ids', 'message'),
  [
    (IMAGE[:4], IDS, 'image is 4x16 .*, the instance map 8x16: expected the'),
    (IMAGE[..., 0], IDS, r'image is uint8 of shape \(8, 16\), expected uint8'),
    (IMAGE / 255, IDS, r'image is float64 of shape'),
    ('nowhere.png', IDS, 'nowhere.png: cannot be read'),
    (IMAGE, IDS - 0.5, r'instance map is float64 of shape \(8, 16\)'),
  ],
)
def test_what_does_not_fit_is_refused(image, ids, message):
  with pytest.raises(InputError, match=message):
    read(image, ids)
