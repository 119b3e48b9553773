"""Run lengths and learning rates."""

import numpy as np
import pytest

from configs import cityscapes_l
from data_pipeline.errors import InputError
from instgan_jax.build import schedule
from tests import tiny


def test_gaugan_schedule_is_constant_for_100_epochs_then_falls_each_epoch():
  config = cityscapes_l.get_config()
  # 2975 scenes, batch 16: 185 steps an epoch.
  rate = schedule.learning_rate(config, 2975, 1.0)
  assert schedule.num_steps(config, 2975) == 200 * 185
  assert rate(0) == rate(100 * 185) == 1.0
  assert rate(101 * 185 - 1) == 1.0
  np.testing.assert_allclose(rate(101 * 185), 0.99, rtol=1e-6)
  np.testing.assert_allclose(rate(102 * 185 - 1), 0.99, rtol=1e-6)
  np.testing.assert_allclose(rate(200 * 185 - 1), 0.01, rtol=1e-5)


def test_a_run_in_steps_decays_at_every_step():
  config = tiny.config(num_steps=10)
  assert schedule.num_steps(config, 6) == 10
  rate = schedule.learning_rate(config, 6, 1.0)
  np.testing.assert_allclose(
    [rate(k) for k in range(10)],
    [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2],
    rtol=1e-6,
  )


def test_without_decay_the_rate_is_constant():
  rate = schedule.learning_rate(
    tiny.config(num_steps=10, decay_fraction=0.0), 6, 0.5
  )
  np.testing.assert_allclose([rate(k) for k in range(10)], [0.5] * 10)


def test_an_epoch_has_a_step_at_least():
  config = tiny.config(num_steps=0, num_epochs=3)
  assert schedule.num_steps(config, 2) == 3  # Batch 4.


def test_steps_and_epochs_exclude_each_other():
  with pytest.raises(InputError, match='exactly one'):
    schedule.num_steps(tiny.config(num_epochs=1), 6)
  with pytest.raises(InputError, match='exactly one'):
    schedule.num_steps(tiny.config(num_steps=0), 6)
