"""Whether images show their labels, as a segmenter sees them."""

import numpy as np
import pytest

from data_pipeline import labels as labels_lib
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.evaluation import label_agreement, segmenter
from tests import tiny_segmenter

pytestmark = pytest.mark.slow


def test_agreement_by_hand(tmp_path):
  agreement = label_agreement.LabelAgreement(
    tiny_segmenter.save(tmp_path / 'segmenter'), labels.TABLE
  )
  network = segmenter.load(str(tmp_path / 'segmenter'))
  images = np.random.default_rng(0).integers(0, 256, (3, 32, 64, 3), 'u1')
  maps = network.label_maps(images, (32, 64))
  maps[1, :, 32:] = 0  # Not scored.
  maps[2, :8] = np.where(maps[2, :8] == 7, 8, 7)  # A quarter is wrong.
  np.testing.assert_allclose(agreement.shares(images, maps), [1, 1, 0.75])
  assert agreement.shares(images, np.zeros_like(maps)).tolist() == [1, 1, 1]


def test_a_segmenter_of_other_classes_is_refused(tmp_path):
  folder = tiny_segmenter.save(tmp_path / 'segmenter')
  with pytest.raises(InputError, match='other classes than the data: road, .*'):
    label_agreement.LabelAgreement(folder, labels_lib.numbered(19))
