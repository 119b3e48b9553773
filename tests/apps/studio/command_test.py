"""The command and the notebook: what starts a studio, and what does not."""

import signal
import socket
import sys
import types

import httpx
import pytest

from data_pipeline.errors import InputError
from instgan_jax.apps import studio as studio_lib
from instgan_jax.apps.studio import access
from instgan_jax.apps.web import extra
from tests import commands_in_process
from tests.apps.studio import studios

MODULE = 'instgan_jax.apps.studio'


@pytest.mark.slow
def test_it_serves_until_it_is_stopped(workdirs):
  with studios.serving(*workdirs) as server:
    assert httpx.get(f'{server.url}api/studio').status_code == 200
    server.process.send_signal(signal.SIGINT)
    _, said = server.process.communicate(timeout=20)
  assert server.process.returncode == 128 + signal.SIGINT
  assert 'keep their work' in said and 'Traceback' not in said


@pytest.mark.slow
def test_another_address_has_a_token(workdirs):
  with studios.serving(workdirs[1], words=('--host=0.0.0.0',)) as server:
    url, _, token = server.url.partition('#')
    assert len(token) > 20
    assert httpx.get(f'{url}api/studio').status_code == 401
    headers = {'Authorization': f'Bearer {token}'}
    answer = httpx.get(f'{url}api/studio', headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['--workdir='], '--workdir is needed'),
    (['--workdir=nowhere'], 'nowhere: there is no such folder'),
    (['--workdir=a', '--host=999.9.9.9'], 'Cannot listen on 999.9.9.9'),
    (['--workdir=a', '--token=a b'], "--token is 'a b', expected letters"),
    (['--workdir=a', '--token=鍵'], "--token is '鍵', expected letters"),
    (['--workdir=a', '--label_dir=nowhere'], 'no such file or folder of label'),
  ],
)
def test_wrong_input_is_said(words, message):
  with pytest.raises(InputError, match=message):
    commands_in_process.run(MODULE, '--port=0', *words)


def test_a_port_in_use_is_said():
  with socket.create_server(('127.0.0.1', 0)) as other:
    port = other.getsockname()[1]
    with pytest.raises(InputError, match=f'Port {port} on 127.0.0.1 is in use'):
      commands_in_process.run(MODULE, '--workdir=a', f'--port={port}')


def test_missing_libraries_are_named(monkeypatch):
  monkeypatch.setattr(extra.importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(InputError, match=r"pip install '\.\[studio\]'"):
    commands_in_process.run(MODULE, '--workdir=a')


@pytest.mark.parametrize(
  ('host', 'expected'),
  [
    *[(h, True) for h in ('127.0.0.1', '127.0.0.9', '::1', 'localhost')],
    *[(h, False) for h in ('0.0.0.0', '::', '10.0.0.1', 'example.org')],
  ],
)
def test_which_addresses_are_of_this_machine(host, expected):
  assert access.is_local(host) is expected


def module(monkeypatch, name, **content):
  """Stands in for a package and a module in it, such as IPython.display."""
  package, _, short = name.rpartition('.')
  made = types.ModuleType(package)
  made.__spec__ = types.SimpleNamespace()
  setattr(made, short, types.SimpleNamespace(**content))
  monkeypatch.setitem(sys.modules, package, made)
  monkeypatch.setitem(sys.modules, name, getattr(made, short))


@pytest.mark.slow
def test_colab_serves_the_port_of_the_page(workdirs, monkeypatch):
  """As google.colab.output has it: texts for path and height."""
  served = []

  def serve_kernel_port_as_iframe(
    port, path='/', width='100%', height='400', cache_in_notebook=False
  ):
    served.append((port, path, height))

  module(monkeypatch, 'IPython.display')
  module(
    monkeypatch,
    'google.colab.output',
    serve_kernel_port_as_iframe=serve_kernel_port_as_iframe,
  )
  address = studio_lib.show(workdirs[1])
  ((port, path, height),) = served
  assert address == f'http://127.0.0.1:{port}{path}'
  assert path.startswith('/#') and height == '820'


@pytest.mark.slow
def test_a_notebook_shows_the_page_in_a_frame(workdirs, monkeypatch):
  shown = []
  module(
    monkeypatch,
    'IPython.display',
    IFrame=lambda *frame: frame,
    display=shown.append,
  )
  address = studio_lib.show(workdirs[1], height=500)
  assert shown == [(address, '100%', 500)]
  url, _, token = address.partition('#')
  answer = httpx.get(url)
  assert 'frame-ancestors *' in answer.headers['content-security-policy']
  headers = {'Authorization': f'Bearer {token}'}
  assert httpx.get(f'{url}api/studio', headers=headers).status_code == 200
