"""Downloads of public weight files: cached, resumed, verified by their hash."""

import http.client
import os
import pathlib
import urllib.error
import urllib.request

from data_pipeline import progress
from data_pipeline.errors import InputError
from instgan_jax.checkpoints import checksums
from instgan_jax.weights.public_files import PublicFile

_ATTEMPTS = 3
_TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 2**20
# Of the name of an unfinished file. It is the same in every process (unlike
# that of `data_pipeline.atomic_file`), so that a later one can resume it.
_PARTIAL_SUFFIX = '.partial'


def fetch(public_file: PublicFile, folder: str | os.PathLike) -> pathlib.Path:
  """Downloads `public_file` to `folder` unless it is there already.

  An interrupted transfer is resumed, by this call or a later one, from
  NAME.partial. Only a file with the right hash gets its name.

  Args:
    public_file: the file, see `public_files.FILES`.
    folder: made if it is missing.

  Returns:
    The path of the file in `folder`.

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
  partial = path.with_name(path.name + _PARTIAL_SUFFIX)
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
  """Completes `partial`, in up to `_ATTEMPTS` attempts."""
  for attempt in range(1, _ATTEMPTS + 1):
    try:
      return _resume_transfer(url, partial)
    except urllib.error.HTTPError as error:
      complete = error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
      if complete and partial.stat().st_size:
        return  # Nothing follows what is there; the hash decides.
      if error.code < 500 or attempt == _ATTEMPTS:
        raise
    except (TimeoutError, ConnectionError, http.client.HTTPException):
      if attempt == _ATTEMPTS:
        raise


def _resume_transfer(url: str, partial: pathlib.Path) -> None:
  """Appends the rest of a file, or starts again where the server does.

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
      progress.bar(
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


def _check_hash(
  path: pathlib.Path, public_file: PublicFile, by_hand: str
) -> None:
  sha256 = checksums.sha256(path)
  if not sha256.startswith(public_file.sha256):
    if path.suffix == _PARTIAL_SUFFIX:
      path.unlink()  # Resuming it cannot give the published content.
    raise InputError(
      f'{path.name} has the SHA-256 {sha256}, the published file '
      f'{public_file.sha256}: it was changed or cut off. Remove {path} if it '
      f'is still there and try again. {by_hand}'
    )


def _reason(error: Exception) -> str:
  return str(getattr(error, 'reason', None) or error or type(error).__name__)
