"""One update of a network that finds the centers of objects."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax

from data_pipeline import batch as batch_lib
from data_pipeline import instance_centers as centers_lib
from instgan_jax.losses import instance_centers
from instgan_jax.models import instance_center_network
from instgan_jax.runtime import image_range

Tree = Any
# Panoptic-DeepLab's.
_HEAT_WEIGHT = 200.0
# Of offsets in units of sigma. Panoptic-DeepLab's 0.01, of pixels where sigma
# is 8, would be 0.08: too little for a short training from scratch.
_OFFSET_WEIGHT = 1.0


@flax.struct.dataclass
class InstanceCenterState:
  """Everything that training changes; arrays only.

  Attributes:
    step: updates made, int32.
    params: of the network.
    opt_state: of the optimizer.
  """

  step: jax.Array
  params: Tree
  opt_state: Tree


def initialize(
  network: instance_center_network.InstanceCenterNetwork,
  optimizer: optax.GradientTransformation,
  *,
  seed: int,
) -> InstanceCenterState:
  """A fresh state."""
  side = 2**network.num_levels
  maps = jnp.zeros((1, side, side), jnp.int32)
  images = jnp.zeros((*maps.shape, 3))
  params = network.init(jax.random.key(seed), images, maps)['params']
  return InstanceCenterState(
    jnp.zeros((), jnp.int32), params, optimizer.init(params)
  )


@dataclasses.dataclass(frozen=True, eq=False)
class TrainStep:
  """The pure function `step(state, batch) -> (state, metrics)`.

  The losses are means over the pixels of objects of all devices.

  Attributes:
    network: that is trained.
    optimizer: of its parameters.
    axis_name: of the devices under `pmap`; None on one device.
  """

  network: instance_center_network.InstanceCenterNetwork
  optimizer: optax.GradientTransformation
  axis_name: str | None = None

  def __call__(
    self, state: InstanceCenterState, batch: Tree
  ) -> tuple[InstanceCenterState, Tree]:
    """One update."""
    counts = batch[centers_lib.IS_OBJECT]
    num_pixels = jnp.maximum(self._total(jnp.sum(counts)), 1)

    def loss(params):
      found = self.network.apply(
        {'params': params},
        image_range.normalize(batch[batch_lib.IMAGE]),
        batch[batch_lib.LABEL_MAP],
      )
      of_heat = instance_centers.heat_loss(
        heat=found.heat, target=batch[centers_lib.HEAT], counts=counts
      )
      of_offsets = instance_centers.offset_loss(
        offsets=found.offsets, target=batch[centers_lib.OFFSETS], counts=counts
      )
      metrics = {
        'heat_loss': of_heat / num_pixels,
        'offset_loss': of_offsets / num_pixels,
      }
      value = (
        _HEAT_WEIGHT * metrics['heat_loss']
        + _OFFSET_WEIGHT * metrics['offset_loss']
      )
      return value, metrics

    gradients, metrics = jax.grad(loss, has_aux=True)(state.params)
    gradients, metrics = self._total(gradients), self._total(metrics)
    moves, opt_state = self.optimizer.update(
      gradients, state.opt_state, state.params
    )
    params = optax.apply_updates(state.params, moves)
    return InstanceCenterState(state.step + 1, params, opt_state), metrics

  def _total(self, x):
    """The sum over all devices."""
    return x if self.axis_name is None else jax.lax.psum(x, self.axis_name)


def with_targets(
  batches: Iterable[dict[str, np.ndarray]],
) -> Iterator[dict[str, np.ndarray]]:
  """What `TrainStep` takes of batches as `data_pipeline.batch` has them."""
  for batch in batches:
    maps = batch[batch_lib.LABEL_MAP], batch[batch_lib.INSTANCE_MAP]
    rows = [
      centers_lib.targets(*row)._asdict() for row in zip(*maps, strict=True)
    ]
    yield {
      batch_lib.IMAGE: batch[batch_lib.IMAGE],
      batch_lib.LABEL_MAP: batch[batch_lib.LABEL_MAP],
      **{key: np.stack([row[key] for row in rows]) for key in rows[0]},
    }
