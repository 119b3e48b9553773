"""JAX's cache of compiled programs, which spares the next start the compiling.

JAX reads it as it is: what a kill or the disk damaged must not go unnoticed.
"""

import contextlib
import os
import pathlib
import sys

from instgan_jax.runtime import user_cache

_MAX_BYTES = 2 * 2**30  # The oldest programs go first.


def configure() -> None:
  """Lets JAX, if it is imported later, keep compiled programs for next time.

  A folder of the user's own, in `JAX_COMPILATION_CACHE_DIR`, has precedence;
  `JAX_ENABLE_COMPILATION_CACHE=false` keeps none.
  """
  # JAX would compress with it, without a checksum: of programs with a flipped
  # bit some crash, some compute something else. Without it JAX takes zlib,
  # which has one, warns of the program and compiles it again.
  sys.modules.setdefault('zstandard', None)  # type: ignore[arg-type]
  if 'JAX_COMPILATION_CACHE_DIR' not in os.environ:
    folder = user_cache.folder() / 'compiled_programs'
    _remove_incomplete(folder)
    os.environ['JAX_COMPILATION_CACHE_DIR'] = str(folder)
    os.environ['JAX_COMPILATION_CACHE_MAX_SIZE'] = str(_MAX_BYTES)


def _remove_incomplete(folder: pathlib.Path) -> None:
  """Removes what a kill left, which JAX would warn of at each start.

  JAX writes `KEY-cache`, then `KEY-atime`.
  """
  with contextlib.suppress(OSError):
    for program in folder.glob('*-cache'):
      time = program.with_name(program.name.removesuffix('cache') + 'atime')
      if not time.exists():
        program.unlink(missing_ok=True)
