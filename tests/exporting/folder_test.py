"""An export generates what the run generates, with our code and without it."""

import functools
import gc
import json
import os
import shutil
import subprocess
import sys
import time
import types

import jax
import numpy as np
import pytest
from jax import export as jax_export

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder
from instgan_jax.exporting import (
  agreement,
  folder,
  saved_model,
  spectral_fold,
  stablehlo,
)
from instgan_jax.inference import Sampler
from instgan_jax.runtime import exits
from tests import commands_in_process, tiny

pytestmark = pytest.mark.slow


# What somebody without this project runs.
PROGRAM = """
import sys
import numpy as np
from jax import export
generator = export.deserialize(open(sys.argv[1], 'rb').read())
inputs = dict(np.load(sys.argv[2]))
np.save(sys.argv[3], generator.call(**inputs))
for name in ('instgan_jax', 'data_pipeline', 'flax'):
  assert name not in sys.modules, name
"""


@functools.cache
def sampler_of(method='lip', **changes):
  config = tiny.config(method, **changes)
  return Sampler(
    config,
    tiny.generator_variables(config),
    step=40,
    uses_ema=True,
    encoder_variables=tiny.encoder_variables(config),
  )


def sampler_with_encoder():
  return sampler_of(model__instance_encoder=True)


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
  output = tmp_path_factory.mktemp('exports') / 'lip'
  # What is left of an export that was stopped gives way.
  stopped = output.with_name('lip.unchecked')
  stopped.mkdir()
  (stopped / 'generator.json').touch()
  lines = folder.save(sampler_with_encoder(), output)
  assert not stopped.exists()
  assert 'StableHLO module: within' in lines and f'Wrote {output}.' in lines
  return output


def some_inputs(sampler, num_scenes):
  scenes = [agreement.random_scene(sampler, 7 + k) for k in range(num_scenes)]
  styles = [sampler.styles(scene, seed=3) for scene in scenes]
  inputs = sampler.inputs(scenes, styles)
  return inputs, sampler.run(inputs)


def test_the_module_runs_in_a_new_process_with_jax_alone(exported, tmp_path):
  inputs, expected = some_inputs(sampler_with_encoder(), 2)
  np.savez(tmp_path / 'inputs.npz', **inputs)
  module = exported / folder.MODULE_FILE
  subprocess.run(
    [
      *(sys.executable, '-c', PROGRAM, module),
      *(tmp_path / 'inputs.npz', tmp_path / 'out.npy'),
    ],
    check=True,
    cwd=tmp_path,
    env={k: v for k, v in os.environ.items() if k != 'PYTHONPATH'},
  )
  images = np.load(tmp_path / 'out.npy')
  assert images.dtype == np.float32 and 0.05 < np.std(expected) < 0.9
  np.testing.assert_allclose(images, expected, atol=1e-5)


def test_the_module_is_for_every_platform_and_batch_size(exported):
  module = jax_export.deserialize((exported / folder.MODULE_FILE).read_bytes())
  assert module.platforms == ('cpu', 'cuda', 'tpu')
  assert str(module.out_avals[0].shape) == '(b, 32, 64, 3)'
  assert 'stablehlo.case' in module.mlir_module()  # Forms of other platforms.
  for num_scenes in (1, 5):
    inputs, expected = some_inputs(sampler_with_encoder(), num_scenes)
    np.testing.assert_allclose(module.call(**inputs), expected, atol=1e-5)


def test_the_checkpoint_is_a_sampler_of_the_same_images(exported):
  reread = Sampler.from_folder(str(exported))
  assert reread.encoder is not None
  kinds = {'params', 'batch_stats', 'latent_stats'}
  assert set(reread.variables) == kinds
  assert (reread.step, reread.uses_ema) == (40, True)
  assert reread.weights_sha256 == sampler_with_encoder().weights_sha256
  inputs, expected = some_inputs(sampler_with_encoder(), 3)
  np.testing.assert_allclose(reread.run(inputs), expected, atol=1e-5)


def test_an_export_has_one_set_of_weights(exported):
  with pytest.raises(InputError, match='holds the moving average alone'):
    Sampler.from_folder(str(exported), use_ema=False)


def coroutines():
  gc.collect()
  return {id(x) for x in gc.get_objects() if type(x) is types.CoroutineType}


def wait_for_orbax(before):
  """Until its threads have dropped the coroutines of a failed read."""
  deadline = time.monotonic() + 20
  while time.monotonic() < deadline and coroutines() - before:
    time.sleep(0.05)


# Orbax leaves coroutines behind when it fails.
@pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')
def test_a_damaged_export_is_named(exported, tmp_path):
  before = coroutines()
  damaged = shutil.copytree(exported, tmp_path / 'damaged')
  for path in damaged.glob('ocdbt.process_0/d/*'):
    path.write_bytes(path.read_bytes()[:50])
  with pytest.raises(
    InputError, match='damaged cannot be read .* It may be damaged'
  ):
    Sampler.from_folder(str(damaged))
  shutil.copy(exported / 'weights.json', damaged)
  (damaged / 'weights.json').write_text('{"origin": {"stop": 3}}')
  for path in exported.glob('ocdbt.process_0/d/*'):
    shutil.copy(path, damaged / 'ocdbt.process_0' / 'd')
  with pytest.raises(InputError, match='weights.json is not that of an export'):
    Sampler.from_folder(str(damaged))
  (damaged / 'weights.json').write_text('[1]')
  with pytest.raises(InputError, match='weights.json cannot be read'):
    Sampler.from_folder(str(damaged))
  wait_for_orbax(before)  # While the warnings are ignored.


def test_a_module_that_jax_reads_no_longer_says_how_old_it_is(
  exported, tmp_path
):
  metadata = json.loads((exported / folder.METADATA_FILE).read_text())
  assert metadata['versions']['jax'] == jax.__version__
  (tmp_path / folder.MODULE_FILE).write_bytes(b'of another format')
  with pytest.raises(InputError, match='of unknown age, cannot be read by JAX'):
    folder.load_module(tmp_path)
  shutil.copy(exported / folder.METADATA_FILE, tmp_path)
  age = f'of {metadata["date"]} by JAX {jax.__version__}, cannot be read'
  with pytest.raises(InputError, match=f'{age}.*Export again .*--output NEW'):
    folder.load_module(tmp_path)
  with pytest.raises(InputError, match='No such file.*folder of an export'):
    folder.load_module(tmp_path / 'nothing')


def test_the_arguments_are_described(exported):
  metadata = json.loads((exported / folder.METADATA_FILE).read_text())
  assert metadata['method'] == 'L+I+P' and metadata['num_labels'] == 35
  assert metadata['labels']['26'] == 'car'
  shapes = {name: a['shape'] for name, a in metadata['arguments'].items()}
  assert shapes == {
    'label_map': ['b', 32, 64],
    'instance_map': ['b', 32, 64],
    'latents': ['b', 256, 64],
  }
  inputs, _ = some_inputs(sampler_of(), 1)
  for name, argument in metadata['arguments'].items():
    assert inputs[name].dtype == argument['dtype']


@pytest.mark.oldest
@pytest.mark.parametrize(
  ('method', 'changes', 'names'),
  [
    (
      'l',
      {'model__use_edges': True, 'model__image_style_dim': 8},
      {'label_map', 'instance_map', 'image_style'},
    ),
    (
      'li',
      {'model__head_kernel_size': 3},
      {'label_map', 'instance_map', 'latents'},
    ),
  ],
)
def test_every_method_is_exported(tmp_path, method, changes, names):
  sampler = sampler_of(method, **changes)
  assert set(sampler.program.input_shapes) == names
  folder.save(sampler, tmp_path / 'out')
  reread = Sampler.from_folder(str(tmp_path / 'out'))
  inputs, expected = some_inputs(sampler, 2)
  np.testing.assert_allclose(reread.run(inputs), expected, atol=1e-5)


def test_an_export_that_generates_something_else_is_refused(
  tmp_path, monkeypatch
):
  fold = spectral_fold.fold_spectral_norm

  def fold_badly(variables):
    folded = fold(variables)
    folded['params']['conv_img']['bias'] = np.float32([0.1, 0, 0])
    return folded

  monkeypatch.setattr(spectral_fold, 'fold_spectral_norm', fold_badly)
  with pytest.raises(
    exits.Failure, match='Orbax checkpoint .* does not generate'
  ):
    folder.save(sampler_of(), tmp_path / 'out')
  assert [p.name for p in tmp_path.iterdir()] == ['out.unchecked']


def test_the_module_is_compared_too(tmp_path, monkeypatch):
  serialize = stablehlo.serialize

  def serialize_another(sampler):
    other = jax.tree.map(np.copy, sampler.variables)
    other['params']['conv_img']['bias'] = np.float32([0.1, 0, 0])
    return serialize(sampler.with_variables(other))

  monkeypatch.setattr(stablehlo, 'serialize', serialize_another)
  with pytest.raises(
    exits.Failure, match='StableHLO module .* does not generate'
  ):
    folder.save(sampler_of(), tmp_path / 'out')


def test_a_compact_export_has_rounded_weights_alone(tmp_path):
  sampler = sampler_of(model__instance_encoder=True)
  lines = folder.save(sampler, tmp_path / 'small', is_compact=True)
  assert 'folder of 0.' in lines and 'MB: within' in lines
  assert sorted(path.name for path in (tmp_path / 'small').iterdir()) == [
    'config.json',
    'sha256.json',
    'weights.json',
    'weights.npz',
  ]
  reread = Sampler.from_folder(str(tmp_path / 'small'))
  assert (reread.step, reread.uses_ema) == (40, True)
  assert reread.weights_sha256 != sampler.weights_sha256
  inputs, expected = some_inputs(sampler, 3)
  difference = np.abs(reread.run(inputs) - expected)
  # Of bfloat16's 8 bits, in weights that no training made robust.
  assert 0 < difference.max() < 0.05 and difference.mean() < 0.005
  photo = np.random.default_rng(0).integers(256, size=(32, 64, 3))
  ids = inputs['instance_map'][0]
  for i, style in sampler.encode(photo.astype(np.uint8), ids).items():
    other = reread.encode(photo.astype(np.uint8), ids)[i]
    assert np.linalg.norm(other - style) < 0.02 * np.linalg.norm(style)
  folder.save(reread, tmp_path / 'again', is_compact=True)
  again = Sampler.from_folder(str(tmp_path / 'again'))
  assert again.weights_sha256 == reread.weights_sha256
  with pytest.raises(InputError, match='compact export has no SavedModel'):
    folder.save(
      sampler, tmp_path / 'new', is_compact=True, with_saved_model=True
    )


def test_nothing_is_overwritten(tmp_path):
  (tmp_path / 'file').touch()
  with pytest.raises(InputError, match='file exists already'):
    folder.save(sampler_of(), tmp_path / 'file')
  with pytest.raises(
    InputError, match='file/out cannot be made: Not a directory'
  ):
    folder.save(sampler_of(), tmp_path / 'file' / 'out')


def test_a_saved_model_generates_the_same(tmp_path):
  pytest.importorskip('tensorflow')
  saved_model.save(sampler_of(), tmp_path / 'model')
  inputs, expected = some_inputs(sampler_of(), 2)
  generate = saved_model.load(tmp_path / 'model')
  if jax.__version_info__ >= (0, 11):
    try:
      generate(**inputs)
    except exits.Failure as error:  # TensorFlow 2.21 reads what JAX 0.10 makes.
      assert 'cannot run the SavedModel that JAX' in str(error)
      return
  images = generate(**inputs)
  np.testing.assert_allclose(images, expected, atol=1e-5)


def test_a_saved_model_without_tensorflow_is_refused(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'tensorflow', None)
  with pytest.raises(
    InputError, match='SavedModel needs TensorFlow and jax2tf'
  ):
    folder.save(sampler_of(), tmp_path / 'out', with_saved_model=True)
  assert not list(tmp_path.iterdir())


def test_the_command(tmp_path, capsys):
  weights = tiny.save_generator(tmp_path / 'run', tiny.config('l'))
  commands_in_process.run(
    'instgan_jax.export',
    *('--workdir', weights, '--output', tmp_path / 'out'),
  )
  assert f'Wrote {tmp_path}/out.' in capsys.readouterr().out
  with pytest.raises(InputError, match='--output is needed'):
    commands_in_process.run('instgan_jax.export', '--workdir', weights)
  assert set(weights_folder.restore(tmp_path / 'out')) == {'generator'}
  reread = Sampler.from_folder(str(tmp_path / 'out'))
  assert set(reread.program.input_shapes) == {'label_map'}
  inputs, expected = some_inputs(sampler_of('l'), 2)
  np.testing.assert_allclose(reread.run(inputs), expected, atol=1e-5)
