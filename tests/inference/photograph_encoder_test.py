"""Photographs to styles, by the encoder of a trained generator."""

import numpy as np
import pytest

from data_pipeline import toy_street
from data_pipeline.errors import InputError
from instgan_jax.inference import sampler
from tests import tiny

pytestmark = pytest.mark.slow

SOURCE = toy_street.ToyStreet(1, height=32, split='val')


@pytest.fixture(scope='module')
def with_encoder(tmp_path_factory):
  config = tiny.config(
    'lip', model__instance_encoder=True, model__encoder_channels=2
  )
  folder = tmp_path_factory.mktemp('with_encoder') / 'run'
  return sampler.Sampler.from_folder(str(tiny.save_generator(folder, config)))


def test_a_photograph_gives_its_instances_their_styles(with_encoder):
  street = SOURCE.read(0)
  scene = with_encoder.scene(street.label_map, street.instance_ids)
  real = with_encoder.encode(street.image, street.instance_ids)
  assert tuple(real) == scene.instance_ids
  assert all(np.shape(style) == (64,) for style in real.values())
  # They are all that a scene needs, and each depends on its own pixels.
  assert with_encoder.generate([scene], [real]).shape == (1, 32, 64, 3)
  i = scene.instance_ids[0]
  is_other = street.instance_ids != i
  image = np.where(is_other[..., None], 255 - street.image, street.image)
  others = with_encoder.encode(image, street.instance_ids)
  np.testing.assert_array_equal(others[i], real[i])
  assert all((others[k] != real[k]).any() for k in list(real)[1:])


def test_the_generator_gets_the_latents_of_the_photograph(with_encoder):
  street = SOURCE.read(0)
  scene = with_encoder.scene(street.label_map, street.instance_ids)
  styles = with_encoder.encode(street.image, street.instance_ids)
  without = {
    key: value
    for key, value in with_encoder.variables.items()
    if key != 'latent_stats'
  }
  plain = sampler.Sampler(
    with_encoder.config,
    without,
    encoder_variables=with_encoder.encoder.variables,
  )
  latents = plain.encode(street.image, street.instance_ids)
  i = scene.instance_ids[0]
  assert not np.allclose(styles[i], latents[i], atol=0.1)
  np.testing.assert_allclose(
    with_encoder.run(with_encoder.inputs([scene], [styles])),
    plain.run(plain.inputs([scene], [latents])),
    atol=1e-4,
  )


def test_a_generator_without_encoder_says_so():
  config, street = tiny.config('lip'), SOURCE.read(0)
  without = sampler.Sampler(config, tiny.generator_variables(config))
  with pytest.raises(InputError, match='has no instance encoder, .*train one'):
    without.encode(street.image, street.instance_ids)


def test_another_encoder_is_refused(with_encoder):
  config = tiny.config('lip', model__instance_encoder=True)
  with pytest.raises(InputError, match=r'instance encoder do not fit.*patches'):
    sampler.Sampler(
      config,
      with_encoder.variables,
      encoder_variables=with_encoder.encoder.variables,
    )
