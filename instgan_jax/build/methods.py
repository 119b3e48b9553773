"""The paper's three methods, as fields of a configuration."""

import copy

import ml_collections

# Name -> fields of `config.model`.
METHODS = {
  'L': {'use_instances': False, 'use_position_map': False},
  'L+I': {'use_instances': True, 'use_position_map': False},
  'L+I+P': {'use_instances': True, 'use_position_map': True},
}


def name(config: ml_collections.ConfigDict) -> str:
  """The method of a configuration: L, L+I or L+I+P."""
  model = config.model
  for method, fields in METHODS.items():
    if all(model[key] == value for key, value in fields.items()):
      return method
  raise ValueError('use_position_map needs use_instances, see gan.check.')


def with_method(
  config: ml_collections.ConfigDict, method: str
) -> ml_collections.ConfigDict:
  """A copy of `config` for a method of `METHODS`."""
  config = copy.deepcopy(config)
  config.model.update(METHODS[method])
  return config


def has_styles(config: ml_collections.ConfigDict) -> bool:
  """Whether two seeds give two images of one scene."""
  return bool(config.model.use_instances or config.model.image_style_dim)
