"""The counts are those of the public networks."""

import pytest

from benchmarks import useful_flops
from configs import cityscapes_gaugan


def test_multiply_adds_of_the_networks_at_256x512():
  """PyTorch's FlopCounterMode on the public modules, over two."""
  config = cityscapes_gaugan.get_config()
  assert useful_flops.generator_macs(config)[0] == 281_276_612_608
  assert useful_flops.discriminator_macs(config)[0] == 10_471_897_088
  assert useful_flops.vgg19_macs(config) == 47_336_914_944


@pytest.mark.parametrize(
  ('share', 'expected'),
  # G forward 563, backward 1082, again 563; VGG19 284; D 63 and 119.
  [(False, 2673), (True, 2110)],
)
def test_operations_of_an_iteration(share, expected):
  config = cityscapes_gaugan.get_config()
  config.share_generator_forward = share
  update = useful_flops.work(config, use_vgg19=True).update
  assert round(update / 1e9) == expected


def test_less_without_vgg19_and_edges():
  config = cityscapes_gaugan.get_config()
  whole = useful_flops.work(config, use_vgg19=True)
  without = useful_flops.work(config, use_vgg19=False)
  # Two forward passes and one gradient of the image.
  assert whole.update - without.update == 6 * 47_336_914_944
  config.model.use_edges = False
  assert useful_flops.work(config, use_vgg19=True).forward < whole.forward
