"""Fetching a public weight file: checked, cached, continued where it broke."""

import http.client
import os
import pathlib
import urllib.error
import urllib.request

import tqdm

from data_pipeline.errors import InputError
from instgan_jax.weights import state_dict
from instgan_jax.weights.public_files import PublicFile

_ATTEMPTS = 3
_TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 2**20


def cache_folder() -> pathlib.Path:
  """Where fetched files stay: `$XDG_CACHE_HOME/instgan_jax` (~/.cache)."""
  root = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
  return pathlib.Path(root) / 'instgan_jax'


def fetch(public_file: PublicFile, folder: str | os.PathLike) -> pathlib.Path:
  """The path of `public_file` in `folder`, fetched if it is not there yet.

  A transfer that broke is continued, by this call or a later one, from
  NAME.partial. Only a file with the right hash gets its name.

  Raises:
    InputError: in one line, if there is no address, the transfer failed, or
      the content is not the published one.
  """
  folder = pathlib.Path(folder)
  path = folder / public_file.name
  by_hand = (
    f'Fetch {public_file.name} by hand from {public_file.page} and put it at '
    f'{path}, or name it with --input.'
  )
  if path.exists():
    _check_hash(path, public_file, by_hand)
    return path
  if public_file.url is None:
    raise InputError(f'No program can fetch {public_file.name}. {by_hand}')
  partial = path.with_name(f'{path.name}.partial')
  try:
    folder.mkdir(parents=True, exist_ok=True)
    _transfer(public_file.url, partial)
  except (OSError, http.client.HTTPException) as error:
    raise InputError(
      f'{public_file.url} could not be fetched ({_reason(error)}). The same '
      f'command continues the transfer. Or: {by_hand}'
    ) from error
  _check_hash(partial, public_file, by_hand)
  partial.rename(path)
  return path


def _transfer(url: str, partial: pathlib.Path) -> None:
  """Brings `partial` to its full length, in several attempts."""
  for attempt in range(1, _ATTEMPTS + 1):
    try:
      return _continue_transfer(url, partial)
    except urllib.error.HTTPError as error:
      complete = error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
      if complete and partial.stat().st_size:
        return None  # Nothing behind what is there: the hash will tell.
      if error.code < 500 or attempt == _ATTEMPTS:
        raise
    except (TimeoutError, ConnectionError, http.client.HTTPException):
      if attempt == _ATTEMPTS:
        raise


def _continue_transfer(url: str, partial: pathlib.Path) -> None:
  """Appends to `partial` what it lacks, or begins anew if the server does.

  Raises:
    ConnectionError: if the transfer ended early.
  """
  offset = partial.stat().st_size if partial.exists() else 0
  request = urllib.request.Request(url, headers={'User-Agent': 'instgan_jax'})
  if offset:
    request.add_header('Range', f'bytes={offset}-')
  with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
      offset = 0
    length = response.headers.get('Content-Length')
    total = None if length is None else offset + int(length)
    with (
      open(partial, 'ab' if offset else 'wb') as file,
      tqdm.tqdm(
        desc=partial.stem,
        total=total,
        initial=offset,
        unit='B',
        unit_scale=True,
      ) as bar,
    ):
      while chunk := response.read(_CHUNK_BYTES):
        file.write(chunk)
        bar.update(len(chunk))
      if total is not None and file.tell() < total:
        raise ConnectionError(f'it broke after {file.tell()} of {total} bytes')


def _check_hash(path: pathlib.Path, public_file: PublicFile, by_hand: str):
  found = state_dict.sha256(path)
  if not found.startswith(public_file.sha256):
    if path.suffix == '.partial':
      path.unlink()  # Nothing good can come of continuing it.
    raise InputError(
      f'{path.name} has the SHA-256 {found}, the published file '
      f'{public_file.sha256}: it was changed or cut off. Remove {path} if it '
      f'is still there and try again. {by_hand}'
    )


def _reason(error: Exception) -> str:
  return str(getattr(error, 'reason', None) or error or type(error).__name__)
