"""Who may use a studio: this machine, or whoever has the token.

Without a token only this machine's own names are answered. A page of another
site, whose name was made to point here, has its own name in `Host`.
"""

import hmac

import fastapi

_LOCAL = ('localhost', '127.0.0.1', '[::1]')


class Access:
  """Checks requests."""

  def __init__(self, token: str = ''):
    """Takes the token; '' for this machine alone."""
    self._token = token

  def check(self, request: fastapi.Request) -> None:
    """Raises HTTPException unless the request may pass.

    The token comes in the header `Authorization: Bearer TOKEN`; the page takes
    it from the part of its address behind #, which browsers never send.
    """
    if not self._token:
      host = request.headers.get('host', '')
      if host.rpartition(':')[0] not in _LOCAL and host not in _LOCAL:
        raise fastapi.HTTPException(403, 'this studio is for this machine')
      return
    scheme, _, token = request.headers.get('authorization', '').partition(' ')
    if scheme.lower() != 'bearer' or not hmac.compare_digest(
      token.encode(), self._token.encode()
    ):
      raise fastapi.HTTPException(
        401, 'the token is needed', {'www-authenticate': 'Bearer'}
      )
