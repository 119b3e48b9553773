"""`config.json`, the configuration of a run, in its workdir."""

import json
import os
import pathlib
from typing import Any

import ml_collections
from flax import traverse_util

from data_pipeline import atomic_file
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager

FILE = 'config.json'
# What a resumed run may change: none of it touches the result.
FREE_KEYS = (
  'data.path',
  'data.num_threads',
  'log_every_steps',
  'sample_every_steps',
  'sample_scenes',
  'num_measured_scenes',
  'checkpoint_every_steps',
  'keep_checkpoints',
  'keep_every_steps',
  'fast_compilation',
  'profile',
)
FREE_GROUPS = ('eval.',)
# What may grow.
LENGTHS = ('num_steps', 'num_epochs')
# Without these a folder has no generator.
_REQUIRED = {
  'data.height': int,
  'data.width': int,
  'dtype': str,
  'remat': bool,
  'model.base_channels': int,
  'model.head_kernel_size': int,
  'model.hidden_channels': int,
  'model.image_style_dim': int,
  'model.latent_dim': int,
  'model.position_frequencies': str,
  'model.style_channels': int,
  'model.upsampling': str,
  'model.use_edges': bool,
  'model.use_instances': bool,
  'model.use_position_map': bool,
}


def save(workdir: str | os.PathLike, config: ml_collections.ConfigDict) -> None:
  """Writes the configuration of a run."""
  atomic_file.write_json(pathlib.Path(workdir) / FILE, config.to_dict())


def load(workdir: str | os.PathLike) -> ml_collections.ConfigDict:
  """The configuration that `workdir` was made with.

  Fields that are younger than the workdir get the value that the run had
  without them.

  Args:
    workdir: of a training run, an export, or a folder of imported GauGAN
      weights.

  Raises:
    InputError: if there is no readable configuration of this program.
  """
  path = pathlib.Path(workdir) / FILE
  if not path.exists():
    raise InputError(
      f'{workdir} has no {FILE}: expected a workdir of instgan_jax.main '
      '(not one of its checkpoints, which --step chooses), an export of '
      'instgan_jax.export or GauGAN weights imported with '
      'instgan_jax.import_torch.'
    )
  saved = _read(path)
  flat = traverse_util.flatten_dict(saved, sep='.')
  if missing := sorted(_REQUIRED.keys() - flat.keys()):
    raise InputError(
      f'{path} is not the configuration of a run: it lacks '
      f'{", ".join(missing)}. Restore the file, or choose another folder.'
    )
  for key, kind in _REQUIRED.items():
    if type(flat[key]) is not kind:
      raise InputError(
        f'{path} is not the configuration of a run: {key} is {flat[key]!r}, '
        f'expected {kind.__name__}. Restore the file, or choose another folder.'
      )
  flat = _older_values(flat) | flat
  config = traverse_util.unflatten_dict(flat, sep='.')
  return ml_collections.ConfigDict(_with_tuples(config))


def check(workdir: str | os.PathLike, config: ml_collections.ConfigDict) -> str:
  """Checks that a configuration continues what is in a workdir.

  A run that has no checkpoint begins again, with any configuration. One that
  has may become longer.

  Returns:
    What a longer run means, '' otherwise.

  Raises:
    InputError: listing the differing fields.
  """
  path = pathlib.Path(workdir) / FILE
  if not path.exists() or not manager.saved_steps(workdir):
    return ''
  saved = traverse_util.flatten_dict(_read(path), sep='.')
  # Through JSON, which has no tuples.
  given = traverse_util.flatten_dict(
    json.loads(json.dumps(config.to_dict())), sep='.'
  )
  older = _older_values(saved) | _older_labels(saved)
  longer = [key for key in LENGTHS if _is_more(given.get(key), saved.get(key))]
  saved = {key: older[key] for key in older.keys() & given.keys()} | saved
  differing = [
    f'  {key}: {saved.get(key, "absent")} there, '
    f'{given.get(key, "absent")} here'
    for key in sorted(saved.keys() | given.keys())
    if saved.get(key) != given.get(key)
    and key not in FREE_KEYS
    and not key.startswith(FREE_GROUPS)
    and not _is_color(key)
    and key not in longer
  ]
  if differing:
    raise InputError(
      f'{workdir} holds a run of another configuration:\n'
      + '\n'.join(differing)
      + '\nContinue it with its own configuration, choose another --workdir, '
      'or start from its weights with --config.init_from.'
    )
  return '\n'.join(
    f'{key} grows from {saved[key]} to {given[key]}: from here on the learning '
    'rates are those of a run of the new length, also where they had decayed.'
    for key in longer
  )


def _is_color(key: str) -> bool:
  """Whether a field is only about how label maps are shown."""
  return key.startswith('labels.') and key.endswith('.color')


def _is_more(given: float | None, saved: float | None) -> bool:
  """Whether the length of a run grew; 0 says that another field counts."""
  return (given or 0) > (saved or 0) > 0


def _older_values(saved: dict[str, Any]) -> dict[str, Any]:
  """What runs did before there were these fields."""
  return {
    'data.seed': saved.get('seed', 0),
    'data.geometry': 'resize',
    'data.instance_share': 1.0,
    'data.without_instance_map': 'unknown',
    'data.load_height': 0,
    'data.load_width': 0,
    'model.num_labels': 35,
    # Another order of the same sums.
    'model.modulation_form': 'auto',
    'model.instance_encoder': False,
    'discriminator.kind': 'patch',
    'discriminator.augmentation': '',
    # Of a segmentation discriminator beside GauGAN's.
    'discriminator.segmentation_channels': 128,
    'discriminator.segmentation_layers': 6,
    'loss_weights.diversity': 0.0,
    # Of a segmentation discriminator.
    'loss_weights.segmentation': 1.0,
    'loss_weights.label_mix': 10.0,
    # Without effect where there is no instance encoder.
    'loss_weights.instance_kl': 0.01,
    'loss_weights.l1': 5.0,
    'prior_fraction': 0.5,
    'profile': '',
  }


def _older_labels(saved: dict[str, Any]) -> dict[str, Any]:
  """The classes of runs that do not have them in their configuration."""
  if any(key.startswith('labels.') for key in saved):
    return {}
  return {
    f'labels.{label.id}.{field}': list(value) if field == 'color' else value
    for label in labels.TABLE.labels
    for field, value in label._asdict().items()
    if field != 'id'
  }


def _read(path: pathlib.Path) -> dict[str, Any]:
  try:
    content = json.loads(path.read_text())
  except ValueError as error:
    raise InputError(
      f'{path} is not the configuration of a run: it is no JSON ({error}). '
      'Restore the file, or choose another folder.'
    ) from error
  if not isinstance(content, dict):
    raise InputError(
      f'{path} is not the configuration of a run: expected a JSON object.'
    )
  return content


def _with_tuples(value: Any) -> Any:
  """The same with tuples for JSON's lists, as configurations have them."""
  if isinstance(value, dict):
    return {key: _with_tuples(item) for key, item in value.items()}
  if isinstance(value, list):
    return tuple(map(_with_tuples, value))
  return value
