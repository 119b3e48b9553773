"""Who may use a studio: this machine, or whoever has the token.

Without a token only this machine's own names are answered. A page of another
site, whose name was made to point here, has its own name in `Host`.
"""

import hmac
import ipaddress
import re

import fastapi


def is_local(host: str) -> bool:
  """Whether a name or an address is of this machine alone."""
  try:
    return ipaddress.ip_address(host.strip('[]')).is_loopback
  except ValueError:
    return host == 'localhost'


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
      host = re.sub(r':\d*$', '', request.headers.get('host', ''))
      if not is_local(host):
        raise fastapi.HTTPException(403, 'this studio is for this machine')
      return
    scheme, _, token = request.headers.get('authorization', '').partition(' ')
    if scheme.lower() != 'bearer' or not hmac.compare_digest(
      token.encode(), self._token.encode()
    ):
      raise fastapi.HTTPException(
        401, 'the token is needed', {'www-authenticate': 'Bearer'}
      )
