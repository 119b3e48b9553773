"""One update of a segmenter on real images (arXiv:1612.01105, section 4)."""

from collections.abc import Callable
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax

from data_pipeline import batch as batch_lib
from data_pipeline import labels
from instgan_jax.pretrained import pspnet
from instgan_jax.train import scaled_crop

Tree = Any
# Train ids by label id.
TRAIN_IDS = np.full(batch_lib.NUM_LABELS, scaled_crop.IGNORED, np.int32)
for _label in labels.LABELS:
  if not _label.ignore_in_eval:
    TRAIN_IDS[_label.id] = _label.train_id


@flax.struct.dataclass
class SegmenterState:
  """Everything that training changes; arrays only.

  Attributes:
    step: updates made, int32.
    params: of the network.
    batch_stats: its running moments.
    opt_state: of the optimizer.
  """

  step: jax.Array
  params: Tree
  batch_stats: Tree
  opt_state: Tree


def initialize(
  network: pspnet.PspNet,
  optimizer: optax.GradientTransformation,
  *,
  seed: int,
  size: tuple[int, int],
) -> SegmenterState:
  """A fresh state; `size` is any height and width that the network takes."""
  images = jnp.zeros((1, *size, 3))
  variables = network.init(jax.random.key(seed), images)
  params = variables['params']
  return SegmenterState(
    step=jnp.zeros((), jnp.int32),
    params=params,
    batch_stats=variables['batch_stats'],
    opt_state=optimizer.init(params),
  )


def make_train_step(
  network: pspnet.PspNet,
  optimizer: optax.GradientTransformation,
  *,
  seed: int,
  size: tuple[int, int],
  auxiliary_weight: float,
  scales: tuple[float, float] = (1.0, 1.0),
  axis_name: str | None,
) -> Callable:
  """Builds `step(state, batch) -> (state, metrics)`, pure and not pmapped.

  The loss is the mean over the pixels with a class of all devices. Without
  dropout any number of devices makes the same update; with it, every device
  drops channels of its own.

  Args:
    network: with `use_auxiliary`, and `axis_name` for its batch norms.
    optimizer: of its parameters.
    seed: of the dropout.
    size: what images are brought to, bilinearly.
    auxiliary_weight: of the auxiliary loss.
    scales: least and largest factor of random crops, see `scaled_crop`.
    axis_name: of the devices; None for one.
  """

  def total(x):
    return x if axis_name is None else jax.lax.psum(x, axis_name)

  def prepare(batch):
    """Normalised images of `size`, and the classes of the batch's pixels."""
    targets = jnp.asarray(TRAIN_IDS)[batch[batch_lib.LABEL_MAP]]
    images = pspnet.preprocess(batch[batch_lib.IMAGE])
    if scales != (1.0, 1.0):
      images, targets = scaled_crop.scaled_crops(
        images,
        targets,
        batch[batch_lib.POSITION],
        seed=seed,
        min_scale=scales[0],
        max_scale=scales[1],
      )
    shape = (len(images), *size, 3)
    return (
      jax.image.resize(images, shape, 'bilinear', antialias=False),
      targets,
    )

  def step(state: SegmenterState, batch):
    images, targets = prepare(batch)
    is_valid = targets != scaled_crop.IGNORED
    num_valid = jnp.maximum(total(jnp.sum(is_valid)), 1)
    key = jax.random.fold_in(jax.random.key(seed), state.step)
    if axis_name is not None:
      key = jax.random.fold_in(key, jax.lax.axis_index(axis_name))

    def cross_entropy(logits):
      """This device's share of the mean over all valid pixels."""
      shape = (*targets.shape, logits.shape[-1])
      logits = jax.image.resize(logits, shape, 'bilinear', antialias=False)
      losses = optax.softmax_cross_entropy_with_integer_labels(
        logits, jnp.where(is_valid, targets, 0)
      )
      return jnp.sum(losses * is_valid) / num_valid, logits

    def loss_of(params):
      output, updates = network.apply(
        {'params': params, 'batch_stats': state.batch_stats},
        images,
        train=True,
        rngs={'dropout': key},
        mutable=['batch_stats'],
      )
      loss, logits = cross_entropy(output.logits)
      auxiliary, _ = cross_entropy(output.auxiliary_logits)
      is_right = (jnp.argmax(logits, -1) == targets) & is_valid
      metrics = {
        'loss': loss,
        'auxiliary_loss': auxiliary,
        'accuracy': jnp.sum(is_right) / num_valid,
      }
      return loss + auxiliary_weight * auxiliary, (metrics, updates)

    gradients, (metrics, updates) = jax.grad(loss_of, has_aux=True)(
      state.params
    )
    gradients, metrics = total(gradients), total(metrics)
    moves, opt_state = optimizer.update(
      gradients, state.opt_state, state.params
    )
    return SegmenterState(
      step=state.step + 1,
      params=optax.apply_updates(state.params, moves),
      batch_stats=updates['batch_stats'],
      opt_state=opt_state,
    ), metrics

  return step


def inference_variables(state: SegmenterState) -> Tree:
  """{'params', 'batch_stats'} of the network without its auxiliary head."""

  def without_head(tree):
    return {
      name: leaf
      for name, leaf in tree.items()
      if not name.startswith('auxiliary')
    }

  return {
    'params': without_head(state.params),
    'batch_stats': without_head(state.batch_stats),
  }
