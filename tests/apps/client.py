"""Requests to an application of this process, without a network."""

import asyncio

import httpx


class Client:
  """Sends requests to an application of this process."""

  def __init__(self, asgi):
    self._asgi = asgi

  def get(self, path, **options):
    return self._send('GET', path, options)

  def post(self, path, **options):
    return self._send('POST', path, options)

  def _send(self, method, path, options):
    async def send():
      transport = httpx.ASGITransport(self._asgi, raise_app_exceptions=False)
      async with httpx.AsyncClient(transport=transport) as client:
        # As it is: a client would tidy dots away.
        url = httpx.URL('http://127.0.0.1').copy_with(raw_path=path.encode())
        return await client.request(method, url, **options)

    return asyncio.run(send())
