"""Our generator of method L is GauGAN's, in every one of its forms."""

import functools
from typing import NamedTuple

import jax
import numpy as np
import pytest
import torch

from benchmarks.twins import gaugan_generator, torch_arrays
from instgan_jax.models import generator
from instgan_jax.weights import gaugan
from tests.twins import precision, pytorch, scenes

pytestmark = pytest.mark.slow


NUM_LABELS = 6
STATS = ['batch_stats', 'spectral_stats']


class Form(NamedTuple):
  upsampling: str
  use_edges: bool
  latent: int
  image_size: tuple[int, int]
  modulation: str


FORMS = (
  Form('normal', True, 0, (64, 128), 'auto'),
  Form('more', False, 8, (128, 64), 'auto'),
  Form('most', True, 0, (128, 256), 'dense'),
)


@functools.cache
def twins(form):
  return pytorch.twins(
    lambda: gaugan_generator.Generator(
      input_channels=NUM_LABELS + form.use_edges,
      base=2,
      hidden=8,
      image_size=form.image_size,
      upsampling=form.upsampling,
      latent=form.latent,
    )
  )


def generate_with_twins(form, *, train):
  """The image and the statistics after it, in float32 and float64."""
  scene = scenes.random(2, *form.image_size)
  labels = scenes.network_input(
    scene.labels,
    scene.raw_instances,
    num_labels=NUM_LABELS,
    use_edges=form.use_edges,
  )
  latent = torch.from_numpy(latents(form)) if form.latent else None
  results = []
  for twin in twins(form):
    dtype = twin.conv_img.weight.dtype
    before = torch_arrays.state_dict(twin)
    twin.train(train)
    with torch.no_grad():
      image = twin(
        labels.to(dtype), None if latent is None else latent.to(dtype)
      )
    variables = gaugan.generator_variables(torch_arrays.state_dict(twin))
    torch_arrays.load(twin, before)
    results.append(
      (torch_arrays.to_array(image), {k: variables[k] for k in STATS})
    )
  return results


def latents(form):
  rng = np.random.default_rng(1)
  return rng.standard_normal((2, form.latent)).astype(np.float32)


@functools.partial(jax.jit, static_argnames=('form', 'train'))
def generate(variables, form, train):
  """Ours."""
  scene = scenes.random(2, *form.image_size)
  ours = generator.Generator(
    num_labels=NUM_LABELS,
    base_channels=2,
    hidden_channels=8,
    image_size=form.image_size,
    upsampling=form.upsampling,
    use_edges=form.use_edges,
    use_instances=False,
    image_style_dim=form.latent,
    modulation_form=form.modulation,
  )
  return ours.apply(
    variables,
    scene.labels,
    scene.instances,
    None,
    latents(form) if form.latent else None,
    train=train,
    mutable=STATS,
  )


@pytest.mark.parametrize('train', [False, True])
@pytest.mark.parametrize('form', FORMS, ids=lambda form: form.upsampling)
def test_image_and_all_statistics(form, train):
  variables = gaugan.generator_variables(
    torch_arrays.state_dict(twins(form)[0])
  )
  image, stats = generate(variables, form, train)
  single, double = generate_with_twins(form, train=train)
  # tanh at its ends would hide a difference.
  assert np.mean(np.abs(image) < 0.98) > 0.6
  precision.assert_as_precise(image, single[0], double[0], floor=1e-5)
  precision.assert_as_precise(stats, single[1], double[1], floor=2e-6)
  before = {name: variables[name] for name in STATS}
  moved = np.array(list(precision.errors(before, double[1]).values())) > 1e-4
  # A vector of one element cannot move.
  assert moved.mean() > 0.9 if train else not moved.any()
