"""Files are fetched from a server on this machine, whole and checked."""

import hashlib
import http.server
import re
import threading

import pytest

from data_pipeline.errors import InputError
from instgan_jax.weights import download, public_files

CONTENT = bytes(range(256)) * 5000  # 1.28 MB: two chunks.


class Server(http.server.ThreadingHTTPServer):
  """Serves CONTENT, with the faults that a test asks for."""

  def __init__(self):
    super().__init__(('127.0.0.1', 0), Handler)
    self.content = CONTENT
    self.breaks_after = []  # Bytes sent by each of the next answers.
    self.knows_ranges = True
    self.status = None
    self.ranges = []  # What was asked for.
    threading.Thread(target=self.serve_forever, daemon=True).start()

  @property
  def url(self):
    return f'http://127.0.0.1:{self.server_port}/weights.pth'


class Handler(http.server.BaseHTTPRequestHandler):
  def do_GET(self):  # noqa: N802
    server = self.server
    asked = self.headers.get('Range')
    server.ranges.append(asked)
    if server.status:
      return self.send_error(server.status)
    start = 0
    if asked and server.knows_ranges:
      start = int(re.fullmatch(r'bytes=(\d+)-', asked)[1])
      if start >= len(server.content):
        return self.send_error(416)
    rest = server.content[start:]
    self.send_response(206 if start else 200)
    self.send_header('Content-Length', str(len(rest)))
    self.end_headers()
    if server.breaks_after:
      rest = rest[: server.breaks_after.pop(0)]
    self.wfile.write(rest)

  def log_message(self, *_):
    pass


@pytest.fixture
def server():
  server = Server()
  yield server
  server.shutdown()
  server.server_close()


def public_file(server, content=CONTENT):
  return public_files.PublicFile(
    name='weights.pth',
    url=server.url,
    sha256=hashlib.sha256(content).hexdigest(),
    page='https://example.org/weights',
  )


def test_a_file_is_fetched_once(server, tmp_path):
  for _ in range(2):
    path = download.fetch(public_file(server), tmp_path / 'cache')
    assert path.read_bytes() == CONTENT
  assert server.ranges == [None]
  assert [p.name for p in path.parent.iterdir()] == ['weights.pth']


def test_a_broken_transfer_goes_on_where_it_broke(server, tmp_path):
  server.breaks_after = [1000, 2000]
  path = download.fetch(public_file(server), tmp_path)
  assert path.read_bytes() == CONTENT
  assert server.ranges == [None, 'bytes=1000-', 'bytes=3000-']


def test_a_later_call_continues_what_an_earlier_one_left(server, tmp_path):
  server.breaks_after = [1000, 1000, 1000]
  with pytest.raises(InputError) as error:
    download.fetch(public_file(server), tmp_path)
  message = str(error.value)
  assert 'broke after 3000 of 1280000 bytes' in message
  assert (
    f'by hand from https://example.org/weights and put it at {tmp_path}'
    in (message)
  )
  assert '\n' not in message
  download.fetch(public_file(server), tmp_path)
  assert server.ranges[-1] == 'bytes=3000-'


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
  server.knows_ranges = False
  (tmp_path / 'weights.pth.partial').write_bytes(b'old')
  path = download.fetch(public_file(server), tmp_path)
  assert path.read_bytes() == CONTENT


def test_a_partial_file_that_is_complete_gets_its_name(server, tmp_path):
  (tmp_path / 'weights.pth.partial').write_bytes(CONTENT)
  path = download.fetch(public_file(server), tmp_path)
  assert path.read_bytes() == CONTENT


def test_another_content_is_refused_and_not_kept(server, tmp_path):
  server.content = b'something else'
  with pytest.raises(InputError, match='has the SHA-256'):
    download.fetch(public_file(server), tmp_path)
  assert not list(tmp_path.iterdir())


def test_a_changed_file_in_the_cache_is_refused(server, tmp_path):
  (tmp_path / 'weights.pth').write_bytes(b'changed')
  with pytest.raises(InputError, match='has the SHA-256'):
    download.fetch(public_file(server), tmp_path)
  assert not server.ranges


def test_leading_digits_are_enough_where_no_more_are_known(server, tmp_path):
  known = public_file(server)
  short = known._replace(sha256=known.sha256[:8])
  assert download.fetch(short, tmp_path).read_bytes() == CONTENT
  wrong = known._replace(name='b.pth', sha256='00000000')
  with pytest.raises(InputError, match='published file 00000000'):
    download.fetch(wrong, tmp_path)


def test_a_server_error_is_tried_again_and_a_missing_file_is_not(
  server, tmp_path
):
  server.status = 503
  with pytest.raises(InputError, match='Service Unavailable'):
    download.fetch(public_file(server), tmp_path)
  assert len(server.ranges) == 3
  server.status = 404
  with pytest.raises(InputError, match='Not Found'):
    download.fetch(public_file(server), tmp_path)
  assert len(server.ranges) == 4


def test_no_server_is_one_line(tmp_path):
  server = Server()
  server.shutdown()
  server.server_close()
  with pytest.raises(InputError, match='could not be fetched') as error:
    download.fetch(public_file(server), tmp_path)
  assert '\n' not in str(error.value)


def test_a_file_without_an_address_says_where_people_find_it(tmp_path):
  with pytest.raises(
    InputError, match='by hand from https://github.com/NVlabs'
  ):
    download.fetch(public_files.FILES['gaugan'], tmp_path)


def test_what_lies_in_the_cache_needs_no_address(tmp_path):
  path = tmp_path / 'latest_net_G.pth'
  path.write_bytes(b'put here by hand')
  assert download.fetch(public_files.FILES['gaugan'], tmp_path) == path


@pytest.mark.parametrize('network', public_files.FILES)
def test_the_names_of_public_files_hold_their_hashes(network):
  # The publishers' custom, where they have one.
  file = public_files.FILES[network]
  if file.url is not None:
    assert file.url.endswith(file.name)
    assert file.name.removesuffix('.pth').endswith(file.sha256[:8])
