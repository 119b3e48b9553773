"""The folder of an export: weights, StableHLO module, and their metadata.

OUT/                      an Orbax checkpoint, to generate and evaluate with;
                          with the instance encoder, where there is one
OUT/config.json           the configuration
OUT/weights.json          where the weights come from
OUT/generator.stablehlo   the program with its weights, see `stablehlo`
OUT/generator.json        its arguments
OUT/saved_model/          TensorFlow's form, if it is asked for

A compact one, to ship, has the weights in bfloat16 and no program:

OUT/weights.npz           see `checkpoints.compact_file`
OUT/config.json
OUT/weights.json
"""

import datetime
import json
import pathlib
import shutil
from collections.abc import Callable

import jax
import numpy as np
from jax import export as jax_export

from data_pipeline import file_lock
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
from instgan_jax.runtime import exits, versions

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
  is_compact: bool = False,
) -> str:
  """Exports a generator, and compares what was written with the Sampler.

  Args:
    sampler: of the generator, on a CPU: accelerators round more.
    output: the folder, which appears when all of it has been checked.
    with_saved_model: whether to write TensorFlow's form as well.
    is_compact: whether to write the weights alone, in bfloat16.

  Returns:
    Lines on what was written and how well it agrees.

  Raises:
    InputError: if `output` exists or cannot be made.
    exits.Failure: if an export does not generate what the Sampler generates.
  """
  if output.exists():
    raise InputError(f'{output} exists already: choose another --output.')
  if with_saved_model and is_compact:
    raise InputError('A compact export has no SavedModel: leave out one flag.')
  if with_saved_model:
    saved_model.require()
  unchecked = output.with_name(f'{output.name}.unchecked')
  try:
    with file_lock.while_making(output):
      shutil.rmtree(unchecked, ignore_errors=True)
      if is_compact:
        lines = _save_compact(sampler, unchecked)
      else:
        lines = _save(sampler, unchecked, with_saved_model)
      unchecked.rename(output)
      return '\n'.join([*lines, f'Wrote {output}.'])
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
  sampler: sampler_lib.Sampler, folder: pathlib.Path, with_saved_model: bool
) -> list[str]:
  folded = _folded(sampler)
  weights_folder.save(
    folder,
    _weights(folded),
    {
      **_descriptions(folded, {'weights_sha256': sampler.weights_sha256}),
      METADATA_FILE: _json(_metadata(folded)),
      MODULE_FILE: stablehlo.serialize(folded),
    },
  )
  if with_saved_model:
    saved_model.save(folded, folder / SAVED_MODEL)
  reread = sampler_lib.Sampler.from_folder(str(folder))
  module = load_module(folder)
  forms = {
    'Orbax checkpoint': lambda **inputs: reread.run(inputs),
    'StableHLO module': module.call,
  }
  if with_saved_model:
    forms['SavedModel'] = saved_model.load(folder / SAVED_MODEL)
  bound = agreement.TOLERANCES[sampler.config.dtype]
  return [_check(sampler, folder, *form, bound) for form in forms.items()]


def _save_compact(
  sampler: sampler_lib.Sampler, folder: pathlib.Path
) -> list[str]:
  folded = _folded(sampler)
  # Rounded weights are others: their hash is their own.
  weights_folder.save(
    folder, _weights(folded), _descriptions(folded, {}), is_compact=True
  )
  reread = sampler_lib.Sampler.from_folder(str(folder))
  megabytes = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
  return [
    _check(
      sampler,
      folder,
      f'folder of {megabytes:.1f} MB',
      lambda **inputs: reread.run(inputs),
      agreement.TOLERANCES['bfloat16'],
    )
  ]


def _folded(sampler: sampler_lib.Sampler) -> sampler_lib.Sampler:
  return sampler_lib.Sampler(
    sampler.config,
    spectral_fold.fold_spectral_norm(sampler.variables),
    step=sampler.step,
    uses_ema=sampler.uses_ema,
    weights_sha256=sampler.weights_sha256,
    encoder_variables=sampler.encoder and sampler.encoder.variables,
  )


def _weights(sampler: sampler_lib.Sampler) -> dict:
  weights = {'generator': sampler.variables}
  if sampler.encoder is not None:
    weights['instance_encoder'] = sampler.encoder.variables
  return weights


def _check(
  sampler: sampler_lib.Sampler,
  folder: pathlib.Path,
  name: str,
  generate: Callable[..., np.ndarray],
  bound: float,
) -> str:
  """Compares what is in `folder` with the Sampler; a line about it."""
  difference = agreement.largest_difference(sampler, generate)
  # Also for NaN.
  if not difference <= bound:
    raise exits.Failure(
      f'The {name} in {folder} does not generate what the Sampler generates: '
      f'colors in [-1, 1] differ by {difference:.1e}, expected at most '
      f'{bound:g}. It was left there for inspection.'
    )
  return f'{name}: within {difference:.1e} of the Sampler on random maps.'


def _descriptions(
  sampler: sampler_lib.Sampler, hashes: dict[str, str]
) -> dict[str, str]:
  """Files on the network and on where its weights come from."""
  origin = {'step': sampler.step, 'uses_ema': sampler.uses_ema, **hashes}
  metadata = {
    'network': 'generator',
    'origin': origin,
    'spectral_norm': 'folded into the kernels',
  }
  return {
    run_config.FILE: _json(sampler.config.to_dict()),
    weights_folder.METADATA_FILE: _json(metadata),
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
