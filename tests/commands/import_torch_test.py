"""Public weights become folders that the commands take."""

import functools
import json
import pathlib
import re

import jax
import numpy as np
import pytest

from configs import cityscapes_l, cityscapes_lip
from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.checkpoints import networks, weights_folder
from instgan_jax.commands import import_torch
from instgan_jax.pretrained import pspnet
from instgan_jax.train import warm_start
from tests import tiny
from tests.golden import recipe

pytestmark = pytest.mark.slow


CITYSCAPES, LATENT = 'cityscapes_more_edges', 'label_only_normal_vae'


@pytest.fixture(scope='module')
def files(tmp_path_factory):
  """State dict files of the reference networks, made when asked for."""
  folder = tmp_path_factory.mktemp('weights')

  @functools.cache
  def make(name, network):
    path = folder / f'{name}_{network}.npz'
    np.savez(path, **recipe.state_dict(name, network))
    return path

  return make


def import_gaugan(sources, output, **options):
  options = {
    'base': cityscapes_l.get_config(),
    'image_size': (64, 128),
    'upsampling': None,
    'num_labels': None,
  } | (options)
  return import_torch.import_gaugan(sources, output, **options)


@pytest.fixture(scope='module')
def cityscapes(files, tmp_path_factory):
  """Generator and discriminator of the Cityscapes set, imported."""
  output = tmp_path_factory.mktemp('imported') / 'gaugan'
  sources = {'generator': files(CITYSCAPES, 'G')}
  sources['discriminator'] = files(CITYSCAPES, 'D')
  message = import_gaugan(sources, output, upsampling='more')
  return output, message


def test_what_was_imported_is_written_beside_it(cityscapes, files):
  output, message = cityscapes
  metadata = json.loads((output / 'weights.json').read_text())
  assert metadata['network'] == 'gaugan'
  assert [file['name'] for file in metadata['files']] == [
    f'{CITYSCAPES}_G.npz',
    f'{CITYSCAPES}_D.npz',
  ]
  assert all(len(file['sha256']) == 64 for file in metadata['files'])
  config = json.loads((output / 'config.json').read_text())
  assert config['model']['use_edges'] is True
  assert config['model']['num_labels'] == 35
  assert config['model']['base_channels'] == 4
  assert config['discriminator'] == {
    'kind': 'patch',
    'base_channels': 8,
    'num_layers': 4,
    'num_scales': 2,
    'segmentation_channels': 128,
    'segmentation_layers': 6,
    'augmentation': '',
  }
  assert '64x128, 35 labels and edges, width 4, upsampling more' in message


def lip_config(output, message):
  """configs/cityscapes_lip.py with the flags that the import names."""
  flags = dict(re.findall(r'--config\.(\S+)=(\S+)', message))
  assert flags.pop('init_from') == str(output)
  config = cityscapes_lip.get_config()
  for key, value in flags.items():
    part, name = key.split('.')
    config[part][name] = json.loads(value.lower())
  return config


def test_gaugan_starts_an_instance_model_whose_first_image_is_gaugans(
  cityscapes,
):
  output, message = cityscapes
  config = lip_config(output, message)
  modules = gan.networks(config)
  state = gan.initial_state(config, modules, gan.optimizers(config, 6))
  weights = networks.load(str(output))
  warm_start.check(state, weights, str(output))
  assert warm_start.summary(state, weights, 'weights') == (
    'Starts from weights: its generator with fresh instance branches, '
    'its discriminator.'
  )
  state = warm_start.apply(state, weights)
  variables = {'params': state.g_params['generator']}
  variables |= state.g_stats['generator']
  inputs = recipe.inputs(CITYSCAPES)
  ids = inputs['instance'].astype(np.int32)
  things = np.unique(ids[ids >= 1000])
  dense = np.where(ids >= 1000, np.searchsorted(things, ids) + 1, 0)
  latents = jax.random.normal(
    jax.random.key(0), (len(ids), *modules.latent_shape)
  )
  apply = functools.partial(modules.generator.apply, train=False)
  image = jax.jit(apply)(variables, inputs['label'], dense, latents)
  expected = recipe.expected(CITYSCAPES)['generator_eval']
  assert np.abs(image - expected).max() <= 1e-4


def test_a_latent_and_its_upsampling_are_read(files, tmp_path):
  source = files(LATENT, 'G')
  message = import_gaugan({'generator': source}, tmp_path / 'out')
  config = json.loads((tmp_path / 'out' / 'config.json').read_text())
  assert config['model']['image_style_dim'] == 256
  assert config['model']['upsampling'] == 'normal'
  assert config['model']['use_edges'] is False
  assert '--config.model.upsampling=normal' in message
  with pytest.raises(InputError, match='--upsampling is more, .* normal'):
    import_gaugan({'generator': source}, tmp_path / 'b', upsampling='more')
  with pytest.raises(InputError, match='has 8 pixels.* 256x512 does not give'):
    import_gaugan({'generator': source}, tmp_path / 'b', image_size=(256, 512))
  assert not (tmp_path / 'b').exists()


def test_what_the_weights_do_not_tell_is_asked_for(files, tmp_path):
  sources = {'generator': files(CITYSCAPES, 'G')}
  with pytest.raises(InputError, match='--image_size 256x512'):
    import_gaugan(sources, tmp_path / 'a', image_size=None)
  with pytest.raises(InputError, match='--upsampling more'):
    import_gaugan(sources, tmp_path / 'a')
  with pytest.raises(InputError, match='must be divisible by the stride 64'):
    import_gaugan(
      sources, tmp_path / 'a', image_size=(60, 128), upsampling='more'
    )
  with pytest.raises(InputError, match='--num_labels is 20.* expected 36'):
    import_gaugan(sources, tmp_path / 'a', upsampling='more', num_labels=20)
  assert not list(tmp_path.iterdir())


def test_another_number_of_labels(files, tmp_path):
  sources = {'generator': files(CITYSCAPES, 'G')}
  options = {'upsampling': 'more', 'num_labels': 36}
  import_gaugan(sources, tmp_path / 'a', **options)
  config = json.loads((tmp_path / 'a' / 'config.json').read_text())
  assert config['model']['num_labels'] == 36
  assert config['model']['use_edges'] is False


def test_a_discriminator_of_other_inputs_lists_its_names(files, tmp_path):
  sources = {
    'generator': files(LATENT, 'G'),  # 35 channels in.
    'discriminator': files(CITYSCAPES, 'D'),  # 36 + 3.
  }
  with pytest.raises(InputError) as error:
    import_gaugan(sources, tmp_path / 'a')
  for scale in range(2):
    name = f'discriminator/params/scale_{scale}/layer_0/kernel'
    assert f'{name} is (4, 4, 39, 8), the model has (4, 4, 38, 8)' in str(
      error.value
    )


def test_an_encoder_joins_a_generator_with_a_latent(files, tmp_path):
  sources = {'generator': files(LATENT, 'G'), 'encoder': files('encoder', 'E')}
  import_gaugan(sources, tmp_path / 'a')
  config = json.loads((tmp_path / 'a' / 'config.json').read_text())
  assert config['model']['encoder_channels'] == 4
  assert set(networks.load(str(tmp_path / 'a'))) == {
    'generator',
    'encoder',
  }


def test_an_encoder_without_a_latent_is_refused(files, tmp_path):
  sources = {
    'generator': files(CITYSCAPES, 'G'),
    'encoder': files('encoder', 'E'),
  }
  with pytest.raises(InputError, match='no latent'):
    import_gaugan(sources, tmp_path / 'a', upsampling='more')


def test_vgg_weights_turn_on_the_perceptual_loss(files, tmp_path):
  source = files('vgg19', None)
  message = import_torch.import_pretrained('vgg19', source, tmp_path / 'vgg')
  assert message.startswith('vgg19: 12.94 M parameters')
  config = tiny.config(vgg19_weights=str(tmp_path / 'vgg'))
  vgg19 = gan.networks(config).vgg19
  features = vgg19(gan.vgg19_variables(config), np.zeros((1, 16, 16, 3)))
  assert [x.shape[1:] for x in features] == [
    (16, 16, 64),
    (8, 8, 128),
    (4, 4, 256),
    (2, 2, 512),
    (1, 1, 512),
  ]


def small_pspnet(family):
  """The state dict of a narrow PSPNet of either family, and its options."""
  from instgan_jax.weights import matching
  from instgan_jax.weights import pspnet as pspnet_weights

  options = {
    'num_classes': 5,
    'stage_blocks': (1, 2, 1, 1),
    'stem_channels': (4, 4, 6),
    'base_channels': 4,
    'pyramid_channels': 8,
    **pspnet_weights.FAMILIES[family],
  }
  variables = jax.eval_shape(
    pspnet.PspNet(**options).init,
    jax.random.key(0),
    np.zeros((1, 65, 65, 3), np.float32),
  )
  rng = np.random.default_rng(0)
  entries = matching.entries_of(
    variables, lambda modules: pspnet_weights.public_name(family, modules)
  )
  arrays = {e.key: rng.random(e.shape, np.float32) for e in entries}
  return arrays, options


@pytest.mark.parametrize(
  ('family', 'names'),
  [
    (
      'semseg',
      {
        'layer0.6.weight',
        'layer0.7.running_var',
        'layer2.1.conv2.weight',
        'layer2.1.bn2.bias',
        'layer4.0.downsample.0.weight',
        'layer4.0.downsample.1.running_mean',
        'ppm.features.3.1.weight',
        'ppm.features.3.2.weight',
        'cls.0.weight',
        'cls.1.bias',
        'cls.4.bias',
      },
    ),
    (
      'mmsegmentation',
      {
        'backbone.stem.6.weight',
        'backbone.stem.7.running_var',
        'backbone.layer2.1.conv2.weight',
        'backbone.layer2.1.bn2.bias',
        'backbone.layer4.0.downsample.0.weight',
        'backbone.layer4.0.downsample.1.running_mean',
        'decode_head.psp_modules.3.1.conv.weight',
        'decode_head.psp_modules.3.1.bn.weight',
        'decode_head.bottleneck.conv.weight',
        'decode_head.bottleneck.bn.bias',
        'decode_head.conv_seg.bias',
      },
    ),
  ],
)
def test_both_families_of_pspnet(tmp_path, family, names):
  arrays, options = small_pspnet(family)
  assert names <= set(arrays)
  auxiliary = 'aux.' if family == 'semseg' else 'auxiliary_head.'
  arrays[f'{auxiliary}0.weight'] = np.zeros(3)
  np.savez(tmp_path / 'p.npz', **{f'module.{k}': v for k, v in arrays.items()})
  import_torch.import_pretrained('pspnet', tmp_path / 'p.npz', tmp_path / 'out')
  metadata = json.loads((tmp_path / 'out' / 'weights.json').read_text())
  assert metadata['options'] == json.loads(json.dumps(options))
  variables = weights_folder.restore(tmp_path / 'out')['pspnet']
  np.testing.assert_array_equal(
    variables['params']['head_classifier']['kernel'][0, 0],
    arrays[
      'cls.4.weight' if family == 'semseg' else 'decode_head.conv_seg.weight'
    ][:, :, 0, 0].T,
  )


@pytest.mark.parametrize('network', ['inception', 'pspnet', 'vgg19'])
def test_another_network_is_refused(network, files, tmp_path):
  with pytest.raises(InputError):
    import_torch.import_pretrained(
      network, files('encoder', 'E'), tmp_path / 'out'
    )
  assert not (tmp_path / 'out').exists()


def test_every_name_that_differs_is_listed(files, tmp_path):
  arrays, _ = small_pspnet('semseg')
  del arrays['ppm.features.2.1.weight']
  arrays['layer1.0.bn1.bias'] = np.zeros(9)
  arrays['cls.5.weight'] = np.zeros(2)
  np.savez(tmp_path / 'p.npz', **arrays)
  with pytest.raises(InputError) as error:
    import_torch.import_pretrained(
      'pspnet', tmp_path / 'p.npz', tmp_path / 'out'
    )
  message = str(error.value)
  assert '3 names differ' in message
  assert 'missing: ppm.features.2.1.weight (8, 128, 1, 1)' in message
  assert 'misshapen: layer1.0.bn1.bias is (9,), expected (4,)' in message
  assert 'extra: cls.5.weight (2,)' in message


def test_a_folder_that_cannot_be_made_is_named(files, tmp_path):
  (tmp_path / 'file').touch()
  output = pathlib.Path(tmp_path / 'file' / 'out')
  with pytest.raises(InputError, match=re.escape(str(output))):
    import_torch.import_pretrained('vgg19', files('vgg19', None), output)
