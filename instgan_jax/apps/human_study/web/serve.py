"""The verb `serve`: checks plan and images, then serves until stopped."""

import contextlib
import csv
import logging
import pathlib
import re
import signal
import socket
from collections.abc import Sequence

import uvicorn

from data_pipeline import atomic_file, file_lock
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.human_study.design import image_sets, plan
from instgan_jax.apps.human_study.web import keys, server
from instgan_jax.apps.web import listener as listener_lib
from instgan_jax.runtime import exits


def run(
  *,
  plan_path: pathlib.Path,
  database_path: pathlib.Path,
  host: str,
  port: int,
  public_url: str | None,
  moved_sets: Sequence[str],
) -> None:
  """Serves a study.

  Args:
    plan_path: the file that `plan` wrote.
    database_path: file of the answers; made if it is missing.
    host: address to listen on.
    port: 0 for any free one.
    public_url: address at which participants reach the server; if None, that
      of host and port.
    moved_sets: NAME=FOLDER of sets whose folder moved after planning.

  Raises:
    InputError: for wrong input, a changed image, or a port in use.
    exits.Stopped: by Ctrl-C or SIGTERM.
  """
  if public_url and not re.match(r'https?://[^/\s]+', public_url):
    raise InputError(
      f'--public_url is {public_url!r}, expected an address such as'
      ' https://study.example.org.'
    )
  study = _with_folders(plan.read(plan_path), moved_sets)
  image_sets.check_unchanged(study.sets)
  with (
    contextlib.closing(listener_lib.listen(host, port)) as listener,
    contextlib.closing(database.Database(database_path, study)) as store,
    file_lock.held(
      database_path.with_suffix('.lock'),
      f'{database_path}: another server has these answers. Stop it, or give '
      'another --database.',
    ),
  ):
    study_keys = keys.Keys(store.secret)
    url = (public_url or listener_lib.url(listener)).rstrip('/')
    links = database_path.with_suffix('.links.csv')
    _write_links(links, url, study_keys, len(study.participants))
    print(f'Answers: {database_path}')
    print(f'Personal links: {links}, the first is')
    print(f'  {url}/p/{study_keys.link(0)}')
    print(f'Admin page: {url}/admin#{study_keys.admin_token()}')
    print('Ctrl-C stops; the same command continues.', flush=True)
    _serve(server.Application(study, store), listener)


def _serve(application: server.Application, listener: socket.socket) -> None:
  """Runs until a signal. Uvicorn raises it again after its own shutdown."""
  config = uvicorn.Config(
    application.asgi,
    # It would keep addresses and links of participants.
    access_log=False,
    log_level='warning',
    server_header=False,
    # Longer than a question takes, so that answers share a connection.
    timeout_keep_alive=75,
  )
  signal.signal(signal.SIGTERM, _stop)
  signal.signal(signal.SIGINT, _stop)
  uvicorn.Server(config).run(sockets=[listener])
  raise exits.Failure('The web server ended by itself.')


def _stop(number, _):
  raise exits.Stopped(
    'Stopped. Every answer is saved; the same command continues.', 128 + number
  )


def _with_folders(study: plan.Plan, moved: Sequence[str]) -> plan.Plan:
  folders = dict(image_sets.parse(argument) for argument in moved)
  unknown = sorted(set(folders) - set(study.set_names()))
  if unknown:
    raise InputError(
      f'--set {unknown[0]}: the plan has no such set, expected one of'
      f' {", ".join(study.set_names())}.'
    )
  sets = tuple(
    entry._replace(folder=str(folders.get(entry.name, entry.folder)))
    for entry in study.sets
  )
  return study._replace(sets=sets)


def _write_links(path, url, study_keys, count) -> None:
  """Writes a file that only its owner may read, because a link is a key."""
  try:
    with atomic_file.replacing(path) as partial:
      partial.touch(0o600)
      with partial.open('w', newline='') as file:
        rows = csv.writer(file, lineterminator='\n')
        rows.writerow(['participant', 'link'])
        for i in range(count):
          rows.writerow([i + 1, f'{url}/p/{study_keys.link(i)}'])
  except OSError as error:
    logging.warning('%s: cannot be written (%s).', path, error.strerror)
