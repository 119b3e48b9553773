"""Kinds of convolutions, those of GauGAN and PSPNet among them."""

# Kernel size, stride, padding, dilation.
KINDS = [
  (3, 1, (1, 1), 1),
  (4, 2, (2, 2), 1),
  (4, 1, (2, 2), 1),
  (1, 1, (0, 0), 1),
  (3, 1, (2, 2), 2),
  (3, 2, (0, 1), 1),
]
