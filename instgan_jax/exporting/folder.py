"""The folder of an export: weights, StableHLO module, and their metadata.

OUT/                      an Orbax checkpoint, to generate and evaluate with;
                          with the instance encoder, where there is one
OUT/config.json           the configuration
OUT/weights.json          where the weights come from
OUT/generator.stablehlo   the program with its weights, see `stablehlo`
OUT/generator.json        its arguments
OUT/saved_model/          TensorFlow's form, if it is asked for
"""

import datetime
import json
import pathlib
import shutil

import jax
import numpy as np
from jax import export as jax_export

from data_pipeline.errors import InputError
from instgan_jax.build import methods
from instgan_jax.checkpoints import run_config, weights_folder
from instgan_jax.exporting import (
  agreement,
  saved_model,
  spectral_fold,
  stablehlo,
)
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import exits, file_lock, versions

MODULE_FILE = 'generator.stablehlo'
METADATA_FILE = 'generator.json'
SAVED_MODEL = 'saved_model'
_RANGES = {
  'label_map': 'label ids, below num_labels',
  'instance_map': 'dense instance ids: 0 for none, 1 and up for instances',
  'latents': 'from N(0, 1); row i - 1 is the style of the instance id i',
  'image_style': 'from N(0, 1), the style of the whole image',
}


def save(
  sampler: sampler_lib.Sampler,
  output: pathlib.Path,
  *,
  with_saved_model: bool = False,
) -> str:
  """Exports a generator, and compares what was written with the Sampler.

  Args:
    sampler: of the generator, on a CPU: accelerators round more.
    output: the folder, which appears when all of it has been checked.
    with_saved_model: whether to write TensorFlow's form as well.

  Returns:
    Lines on what was written and how well it agrees.

  Raises:
    InputError: if `output` exists or cannot be made.
    exits.Failure: if an export does not generate what the Sampler generates.
  """
  if output.exists():
    raise InputError(f'{output} exists already: choose another --output.')
  if with_saved_model:
    saved_model.require()
  try:
    with file_lock.while_making(output):
      return _save(sampler, output, with_saved_model)
  except OSError as error:
    raise InputError(
      f'{output} cannot be made: {error.strerror}. Choose another --output.'
    ) from error


def load_module(folder: pathlib.Path) -> jax_export.Exported:
  """The StableHLO module of an export.

  Args:
    folder: of the export.

  Raises:
    InputError: if this JAX does not read it; JAX promises to read modules that
      are six months old, and no longer.
  """
  file = folder / MODULE_FILE
  try:
    return jax_export.deserialize(bytearray(file.read_bytes()))
  except OSError as error:
    raise InputError(
      f'{file} cannot be read: {error.strerror}. Expected the folder of an '
      'export.'
    ) from error
  except Exception as error:  # Of any kind, from the depths of XLA.
    reason = ' '.join(str(error).split())[:200]
    raise InputError(
      f'{file}, {_age(folder)}, cannot be read by JAX {jax.__version__} '
      f'({type(error).__name__}: {reason}). JAX reads modules of the last six '
      'months. Export again from the workdir, or from the folder itself, whose '
      f'weights do not age: python -m instgan_jax.export --workdir {folder} '
      '--output NEW.'
    ) from error


def _age(folder: pathlib.Path) -> str:
  """When and with which JAX an export was made."""
  try:
    metadata = json.loads((folder / METADATA_FILE).read_text())
    return f'of {metadata["date"]} by JAX {metadata["versions"]["jax"]}'
  except (OSError, ValueError, KeyError, TypeError):
    return 'of unknown age'


def _save(
  sampler: sampler_lib.Sampler, output: pathlib.Path, with_saved_model: bool
) -> str:
  unchecked = output.with_name(f'{output.name}.unchecked')
  shutil.rmtree(unchecked, ignore_errors=True)
  folded = sampler_lib.Sampler(
    sampler.config,
    spectral_fold.fold_spectral_norm(sampler.variables),
    step=sampler.step,
    uses_ema=sampler.uses_ema,
    weights_sha256=sampler.weights_sha256,
  )
  weights = {'generator': folded.variables}
  if sampler.encoder is not None:
    weights['instance_encoder'] = sampler.encoder.variables
  module = stablehlo.serialize(folded)
  weights_folder.save(
    unchecked,
    weights,
    {
      run_config.FILE: _json(folded.config.to_dict()),
      weights_folder.METADATA_FILE: _json(_origin(folded)),
      METADATA_FILE: _json(_metadata(folded)),
      MODULE_FILE: module,
    },
  )
  if with_saved_model:
    saved_model.save(folded, unchecked / SAVED_MODEL)
  lines = _check(sampler, unchecked, with_saved_model)
  unchecked.rename(output)
  return '\n'.join([*lines, f'Wrote {output}.'])


def _check(
  sampler: sampler_lib.Sampler, folder: pathlib.Path, with_saved_model: bool
) -> list[str]:
  """Compares what is in `folder` with the Sampler; a line for each form."""
  reread = sampler_lib.Sampler.from_folder(str(folder))
  module = load_module(folder)
  forms = {
    'Orbax checkpoint': lambda **inputs: reread.run(inputs),
    'StableHLO module': module.call,
  }
  if with_saved_model:
    forms['SavedModel'] = saved_model.load(folder / SAVED_MODEL)
  bound = agreement.TOLERANCES[sampler.config.dtype]
  lines = []
  for name, generate in forms.items():
    difference = agreement.largest_difference(sampler, generate)
    # Also for NaN.
    if not difference <= bound:
      raise exits.Failure(
        f'The {name} in {folder} does not generate what the Sampler generates: '
        f'colors in [-1, 1] differ by {difference:.1e}, expected at most '
        f'{bound:g}. It was left there for inspection.'
      )
    lines.append(
      f'{name}: within {difference:.1e} of the Sampler on random maps.'
    )
  return lines


def _origin(sampler: sampler_lib.Sampler) -> dict:
  return {
    'network': 'generator',
    'origin': {
      'step': sampler.step,
      'uses_ema': sampler.uses_ema,
      'weights_sha256': sampler.weights_sha256,
    },
    'spectral_norm': 'folded into the kernels',
  }


def _metadata(sampler: sampler_lib.Sampler) -> dict:
  """What a program without this project has to know."""
  arguments = {
    name: {
      'shape': ['b', *shape],
      'dtype': np.dtype(dtype).name,
      'values': _RANGES[name],
    }
    for name, (shape, dtype) in sampler.program.input_shapes.items()
  }
  height, width = sampler.image_size
  return {
    'method': methods.name(sampler.config),
    'num_labels': sampler.config.model.num_labels,
    'labels': {label.id: label.name for label in sampler.label_table.labels},
    'arguments': arguments,
    'result': {
      'shape': ['b', height, width, 3],
      'dtype': 'float32',
      'values': 'RGB in [-1, 1]',
    },
    'platforms': list(stablehlo.PLATFORMS),
    'dtype': sampler.config.dtype,
    'date': datetime.datetime.now(datetime.UTC).date().isoformat(),
    'versions': versions.versions(),
  }


def _json(content: dict) -> str:
  return json.dumps(content, indent=2) + '\n'
