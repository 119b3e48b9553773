"""What cannot be guessed: links, picture addresses, codes, the admin's token.

All of them are keyed hashes (HMAC-SHA-256, 132 bits kept) of a secret that lies
in the database alone, so they stay the same when the server starts again.
"""

import base64
import hashlib
import hmac

LEFT, RIGHT = 'left', 'right'


class Keys:
  """The names that one study's secret gives to things."""

  def __init__(self, secret: bytes):
    """Takes the secret: 32 random bytes."""
    self._secret = secret

  def link(self, participant: int) -> str:
    """The last part of a participant's personal link."""
    return self._name('link', participant)

  def picture(self, participant: int, question: int, side: str) -> str:
    """The address of one picture of one question of one participant."""
    return self._name('picture', participant, question, side)

  def completion_code(self, participant: int) -> str:
    """Shows that a participant reached the end."""
    return self._digest('completion', participant).hex()[:10].upper()

  def admin_token(self) -> str:
    """Opens the admin page."""
    return self._name('admin')

  def is_admin_token(self, token: str) -> bool:
    """Compares in a time that does not depend on the token."""
    return hmac.compare_digest(token.encode(), self.admin_token().encode())

  def _name(self, *what: object) -> str:
    return base64.urlsafe_b64encode(self._digest(*what))[:22].decode()

  def _digest(self, *what: object) -> bytes:
    return hmac.digest(self._secret, repr(what).encode(), hashlib.sha256)
