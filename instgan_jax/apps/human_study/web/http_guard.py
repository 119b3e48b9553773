"""Limits on every request and headers of every response."""

MAX_BODY_BYTES = 16 * 1024

_HEADERS = (
  (
    b'content-security-policy',
    b"default-src 'none'; connect-src 'self'; img-src blob: data:;"
    b" script-src 'self'; style-src 'self'; base-uri 'none';"
    b" form-action 'none'; frame-ancestors 'none'",
  ),
  (b'cache-control', b'no-store'),
  (b'referrer-policy', b'no-referrer'),  # A link is a key: do not send it on.
  (b'x-content-type-options', b'nosniff'),
  (b'x-robots-tag', b'noindex'),
)


class HttpGuard:
  """ASGI middleware: refuses bodies that are too long, adds headers."""

  def __init__(self, app):
    """Wraps an application."""
    self._app = app

  async def __call__(self, scope, receive, send):
    """Forwards a request with its whole body, or answers 413."""
    if scope['type'] != 'http':
      await self._app(scope, receive, send)
      return

    async def send_with_headers(message):
      if message['type'] == 'http.response.start':
        message['headers'] = [*message.get('headers', ()), *_HEADERS]
      await send(message)

    body = await _read(receive)
    if body is None:
      await _refuse(send_with_headers)
      return
    waiting = [{'type': 'http.request', 'body': body, 'more_body': False}]

    async def receive_whole():
      return waiting.pop() if waiting else await receive()

    await self._app(scope, receive_whole, send_with_headers)


async def _read(receive) -> bytes | None:
  """The body, or None if it is too long or never ends."""
  body = b''
  while True:
    message = await receive()
    body += message.get('body', b'')
    if len(body) > MAX_BODY_BYTES:
      return None
    if not message.get('more_body', False):
      return body


async def _refuse(send) -> None:
  text = b'{"error": "too long"}'
  headers = [
    (b'content-type', b'application/json'),
    (b'content-length', str(len(text)).encode()),
    (b'connection', b'close'),
  ]
  await send({'type': 'http.response.start', 'status': 413, 'headers': headers})
  await send({'type': 'http.response.body', 'body': text})
