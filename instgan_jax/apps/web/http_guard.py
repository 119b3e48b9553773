"""Limits on every request and headers of every response."""

from collections.abc import Mapping


class HttpGuard:
  """ASGI middleware: refuses bodies that are too long, adds headers."""

  def __init__(
    self,
    app,
    *,
    max_body_bytes: int,
    frame_ancestors: str = "'none'",
    headers: Mapping[str, str] | None = None,
  ):
    """Wraps an application.

    Args:
      app: the application.
      max_body_bytes: of a request.
      frame_ancestors: which pages may show this one in a frame, as a
        Content-Security-Policy says it.
      headers: more of them.
    """
    self._app = app
    self._max_body_bytes = max_body_bytes
    self._headers = _headers(frame_ancestors) + [
      (name.encode(), value.encode()) for name, value in (headers or {}).items()
    ]

  async def __call__(self, scope, receive, send):
    """Forwards a request with its whole body, or answers 413."""
    if scope['type'] != 'http':
      await self._app(scope, receive, send)
      return

    async def send_with_headers(message):
      if message['type'] == 'http.response.start':
        message['headers'] = [*message.get('headers', ()), *self._headers]
      await send(message)

    body = await self._read(receive)
    if body is None:
      await _refuse(send_with_headers)
      return
    waiting = [{'type': 'http.request', 'body': body, 'more_body': False}]

    async def receive_whole():
      return waiting.pop() if waiting else await receive()

    await self._app(scope, receive_whole, send_with_headers)

  async def _read(self, receive) -> bytes | None:
    """The body, or None if it is too long or never ends."""
    body = bytearray()
    while True:
      message = await receive()
      body += message.get('body', b'')
      if len(body) > self._max_body_bytes:
        return None
      if not message.get('more_body', False):
        return bytes(body)


def _headers(frame_ancestors: str) -> list[tuple[bytes, bytes]]:
  policy = (
    "default-src 'none'; connect-src 'self'; img-src blob: data:;"
    " script-src 'self'; style-src 'self'; base-uri 'none';"
    f" form-action 'none'; frame-ancestors {frame_ancestors}"
  )
  return [
    (b'content-security-policy', policy.encode()),
    (b'cache-control', b'no-store'),
    # A link is a key: do not send it on.
    (b'referrer-policy', b'no-referrer'),
    (b'x-content-type-options', b'nosniff'),
    (b'x-robots-tag', b'noindex'),
  ]


async def _refuse(send) -> None:
  text = b'{"error": "too long"}'
  headers = [
    (b'content-type', b'application/json'),
    (b'content-length', str(len(text)).encode()),
    (b'connection', b'close'),
  ]
  await send({'type': 'http.response.start', 'status': 413, 'headers': headers})
  await send({'type': 'http.response.body', 'body': text})
