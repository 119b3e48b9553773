"""Links, image addresses, completion codes and the admin token.

All are keyed hashes (HMAC-SHA-256, cut to 132 bits) with a secret that only the
database holds: they cannot be guessed, and stay the same when the server is
restarted.
"""

import base64
import hashlib
import hmac

LEFT, RIGHT = 'left', 'right'


class Keys:
  """The keyed hashes of one study."""

  def __init__(self, secret: bytes):
    """Takes the secret: 32 random bytes."""
    self._secret = secret

  def link(self, participant: int) -> str:
    """The last part of a participant's personal link."""
    return self._name('link', participant)

  def image(self, participant: int, question: int, side: str) -> str:
    """The address of one image of one question of one participant."""
    return self._name('image', participant, question, side)

  def completion_code(self, participant: int) -> str:
    """The code that proves that a participant reached the end."""
    return self._digest('completion', participant).hex()[:10].upper()

  def admin_token(self) -> str:
    """The token of the admin page."""
    return self._name('admin')

  def is_admin_token(self, token: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(token.encode(), self.admin_token().encode())

  def _name(self, *what: object) -> str:
    return base64.urlsafe_b64encode(self._digest(*what))[:22].decode()

  def _digest(self, *what: object) -> bytes:
    return hmac.digest(self._secret, repr(what).encode(), hashlib.sha256)
