"""The networks' variables of a training run, an import or an export.

All three are brought to one form, {network: variables}.
"""

from typing import Any

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder

Tree = Any
_OPTIMIZER_STATES = ('g_opt_state', 'd_opt_state')
_NETWORKS = ('generator', 'encoder', 'instance_encoder', 'discriminator')


def load(
  folder: str, *, use_ema: bool = True, step: int | None = None
) -> dict[str, Tree]:
  """The networks' variables in `folder`, as numpy arrays.

  Args:
    folder: a training workdir or a folder of weights.
    use_ema: whether to take the moving averages of a training run, where there
      are any.
    step: of a training run's checkpoint; None for the latest.

  Returns:
    {network: {'params', 'batch_stats', 'spectral_stats'}} for those of
    generator, encoder, instance_encoder and discriminator that the folder
    holds; of a generator with an instance encoder also 'latent_stats'.

  Raises:
    InputError: if there are no weights.
  """
  tree = weights_folder.restore(folder, without=_OPTIMIZER_STATES, step=step)
  if 'g_params' not in tree:
    networks = {key: tree[key] for key in _NETWORKS if key in tree}
    if not networks:
      raise InputError(
        f'{folder} holds {", ".join(sorted(tree))}, expected weights of a '
        'generator.'
      )
    return networks
  networks = {
    name: {'params': params, **tree['g_stats'].get(name, {})}
    for name, params in tree['g_params'].items()
  }
  if use_ema:
    averaged = dict(tree.get('ema') or {})
    if 'instance_encoder' in averaged:
      networks['instance_encoder']['params'] = averaged.pop('instance_encoder')
    networks['generator'].update(averaged)
  networks['discriminator'] = {'params': tree['d_params'], **tree['d_stats']}
  return networks
