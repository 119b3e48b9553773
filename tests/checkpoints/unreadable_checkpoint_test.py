"""The reason is one short line, without what is no text."""

from instgan_jax.checkpoints import unreadable_checkpoint


def test_a_reason_is_a_line_without_what_is_no_text():
  error = ValueError(
    'DATA_LOSS: Error\n  reading "a". See full TensorStore details \x00\x01'
  )
  assert unreadable_checkpoint.reason(error) == (
    'ValueError: DATA_LOSS: Error reading "a"'
  )


def test_a_long_reason_is_cut():
  assert len(unreadable_checkpoint.reason(OSError('x' * 1000))) < 220
