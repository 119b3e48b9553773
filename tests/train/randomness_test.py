"""Random numbers that depend on seed, stream and example alone."""

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.train import randomness


@jax.jit
def sample(key, positions):
  return randomness.example_normal(key, positions, (256, 4))


def test_an_example_has_its_numbers_in_any_batch():
  key = randomness.stream_key(0, randomness.INSTANCE_LATENTS)
  together = sample(key, jnp.array([4, 5, 6], jnp.uint32))
  alone = sample(key, jnp.array([5, 5, 9], jnp.uint32))
  assert together.shape == (3, 256, 4) and together.dtype == jnp.float32
  np.testing.assert_array_equal(alone[0], together[1])
  assert (together[0] != together[1]).all()


def test_seeds_and_streams_differ():
  positions = jnp.array([4, 5, 6], jnp.uint32)
  streams = (
    randomness.INSTANCE_LATENTS,
    randomness.IMAGE_STYLE,
    randomness.INITIALIZATION,
    randomness.SCALED_CROPS,
  )
  samples = [
    np.asarray(sample(randomness.stream_key(seed, stream), positions))
    for seed in (0, 1)
    for stream in streams
  ]
  for i, one in enumerate(samples):
    for other in samples[:i]:
      assert (one != other).mean() > 0.999


def test_numbers_are_standard_normal():
  key = randomness.stream_key(0, randomness.INSTANCE_LATENTS)
  values = sample(key, jnp.arange(3, dtype=jnp.uint32))
  # 3072 numbers: 4 deviations of the mean are .072, of the deviation .051.
  assert abs(values.mean()) < 0.072 and abs(values.std() - 1.0) < 0.051


def test_a_share_of_examples_is_spread_evenly():
  chosen = np.asarray(
    jax.jit(randomness.example_share)(
      randomness.stream_key(0, randomness.PRIOR_IMAGES),
      np.arange(2**32 - 2000, 2**32).astype(np.uint32),
      0.5,
    )
  )
  assert abs(chosen.mean() - 0.5) < 0.002
  of_four = np.lib.stride_tricks.sliding_window_view(chosen, 4).sum(1)
  assert set(of_four) <= {1, 2, 3}


def test_shares_of_nothing_and_of_all_and_of_other_seeds():
  position = jnp.arange(100, dtype=jnp.uint32)
  keys = [randomness.stream_key(seed, 4) for seed in (0, 1)]
  assert not randomness.example_share(keys[0], position, 0.0).any()
  assert randomness.example_share(keys[0], position, 1.0).all()
  one, other = (randomness.example_share(k, position, 0.3) for k in keys)
  assert abs(int(one.sum()) - 30) <= 1 and (one != other).any()
