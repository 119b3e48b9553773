"""Files of a package that a server gives as they are."""

import importlib.resources

import fastapi

_TYPES = {
  'css': 'text/css',
  'html': 'text/html',
  'js': 'text/javascript',
  'json': 'application/json',
}


def read(package: str) -> dict[str, str]:
  """The texts in the folder `pages` of a package, by the names of files."""
  folder = importlib.resources.files(package) / 'pages'
  return {
    file.name: file.read_text(encoding='utf-8')
    for file in folder.iterdir()
    if file.name.rpartition('.')[2] in _TYPES
  }


def response(files: dict[str, str], name: str) -> fastapi.Response:
  """A file of `read`; a name that is not in it, or a page's, is not found.

  Raises:
    fastapi.HTTPException: 404; no path is ever built from input.
  """
  if name not in files or name.endswith('.html'):
    raise fastapi.HTTPException(404)
  return fastapi.Response(
    files[name], media_type=_TYPES[name.rpartition('.')[2]]
  )
