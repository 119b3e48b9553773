from instgan_jax.evaluation import sliding_crops


def test_crops_of_the_semseg_release_cover_1024x2048():
  # Stride ceil(2/3 * 713) = 476; ceil(311 / 476) + 1 = 2 rows and
  # ceil(1335 / 476) + 1 = 4 columns, the last ones at 1024 - 713, 2048 - 713.
  assert sliding_crops.crop_starts(1024, 713) == [0, 311]
  assert sliding_crops.crop_starts(2048, 713) == [0, 476, 952, 1335]
  assert sliding_crops.crop_starts(713, 713) == [0]
  assert sliding_crops.crop_starts(500, 713) == [0]
