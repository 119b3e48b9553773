"""Loads models and serves a studio until it is stopped."""

import contextlib
import re
import secrets
import signal
import socket
from collections.abc import Sequence

import uvicorn

from data_pipeline.errors import InputError
from instgan_jax.apps.studio import access, models, scenes, server
from instgan_jax.apps.web import listener as listener_lib
from instgan_jax.inference import map_folder
from instgan_jax.runtime import exits

# Open requests; the limit of their bodies bounds the memory that they take.
_MAX_REQUESTS = 64


def application(
  workdirs: Sequence[str],
  *,
  label_dir: str = '',
  instance_dir: str = '',
  token: str = '',
  frame_ancestors: str = "'none'",
) -> server.Application:
  """Loads models and finds scenes.

  Args:
    workdirs: folders of generators.
    label_dir: folder of label maps to choose scenes from; '' for none.
    instance_dir: folder of their instance maps; '' for the same folder.
    token: see `server.Application`.
    frame_ancestors: likewise.

  Raises:
    InputError: if something is missing or does not fit.
  """
  files: Sequence[map_folder.SceneFiles] = ()
  if instance_dir and not label_dir:
    raise InputError(
      f'--instance_dir is {instance_dir}, but there is no --label_dir: give '
      'both, or neither.'
    )
  if label_dir:
    files = map_folder.find(label_dir, instance_dir or label_dir)
  loaded = models.load(list(workdirs))
  first = loaded[0].sampler
  opened = scenes.Scenes(
    files,
    image_size=first.image_size,
    label_table=first.label_table,
  )
  return server.Application(
    loaded, opened, token=token, frame_ancestors=frame_ancestors
  )


def run(
  workdirs: Sequence[str],
  *,
  label_dir: str,
  instance_dir: str,
  host: str,
  port: int,
  token: str,
) -> None:
  """Serves a studio.

  Args:
    workdirs: as in `application`.
    label_dir: likewise.
    instance_dir: likewise.
    host: address to listen on.
    port: 0 for any free one.
    token: that pages need, of letters, digits and -._~; '' for a random one,
      or none on this machine.

  Raises:
    InputError: for wrong input, or a port in use.
    exits.Stopped: by Ctrl-C or SIGTERM.
  """
  if not re.fullmatch(r'[\w.~-]*', token, re.ASCII):
    raise InputError(
      f'--token is {token!r}, expected letters, digits and -._~ alone, which '
      'an address keeps as they are.'
    )
  if not token and not access.is_local(host):
    token = secrets.token_urlsafe(16)
  with contextlib.closing(listener_lib.listen(host, port)) as listener:
    print('Loading ...', flush=True)
    made = application(
      workdirs, label_dir=label_dir, instance_dir=instance_dir, token=token
    )
    print(f'Studio: {address(listener, token)}')
    if host in ('0.0.0.0', '::'):
      print("For others, with this machine's name in the place of the numbers.")
    print('Ctrl-C stops; open pages keep their work.', flush=True)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    uvicorn_server(made).run(sockets=[listener])
  raise exits.Failure('The web server ended by itself.')


def uvicorn_server(made: server.Application) -> uvicorn.Server:
  """What runs an application."""
  config = uvicorn.Config(
    made.asgi,
    access_log=False,
    log_config=None,  # It would take away the handlers of a notebook.
    log_level='warning',
    server_header=False,
    limit_concurrency=_MAX_REQUESTS,
  )
  return uvicorn.Server(config)


def address(listener: socket.socket, token: str) -> str:
  """What to open in a browser."""
  return listener_lib.url(listener) + (f'/#{token}' if token else '/')


def _stop(number, _):
  raise exits.Stopped('Stopped. Open pages keep their work.', 128 + number)
