"""The sizes at which Cityscapes can be prepared for TFDS."""

# Name of the TFDS config -> (height, width), None for the official files.
SIZES: dict[str, tuple[int, int] | None] = {
  '256x512': (256, 512),
  '512x1024': (512, 1024),
  'full': None,
}
