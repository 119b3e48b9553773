r"""A page in the browser: paint a street, click a car, give it another look.

Examples:

  python -m instgan_jax.apps.studio
  python -m instgan_jax.apps.studio --workdir runs/toy_street
  python -m instgan_jax.apps.studio --workdir runs/l --workdir runs/li \
    --workdir runs/lip
  python -m instgan_jax.apps.studio --workdir runs/lip \
    --label_dir /data/cityscapes/gtFine/val
  python -m instgan_jax.apps.studio --workdir runs/lip --host 0.0.0.0

Scenes come from the toy streets by their seeds, from --label_dir, or from the
visitor's own pair of PNGs. Several workdirs are shown beside each other. The
page is for this machine alone; on another --host its address has a token.

Exit status: 2 for wrong input, 128 + the signal when it was stopped.
"""

from absl import flags

from instgan_jax.cli import generator_workdir, program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, integer, names = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer, program.define_list
  )
  names(
    'workdir',
    None,
    'Training workdirs, exports, or imported GauGAN weights, to compare; '
    'default: the generator that ships with the package.',
  )
  string('label_dir', '', 'Folder of label maps to choose scenes from.')
  string(
    'instance_dir', '', 'Folder of their instance maps; default: the same.'
  )
  string('host', '127.0.0.1', 'Address to listen on; 0.0.0.0 for others.')
  integer('port', 8090, 'Port; 0 for any free one.')
  string(
    'token',
    '',
    'That a page needs in its address; default: a random one, or none where '
    '--host is of this machine alone.',
  )


def main(values: flags.FlagValues) -> None:
  """Serves until it is stopped."""
  from instgan_jax.apps.web import extra

  extra.require('studio', 'fastapi', 'uvicorn')

  from instgan_jax.apps.studio import serve

  if values.workdir is None:
    workdirs = [generator_workdir.shipped()]
  else:
    program.require(values, 'workdir')
    workdirs = values.workdir

  serve.run(
    workdirs,
    label_dir=values.label_dir,
    instance_dir=values.instance_dir,
    host=values.host,
    port=values.port,
    token=values.token,
  )


command = program.Command(__doc__, define_flags, main)

if __name__ == '__main__':
  command.run()
