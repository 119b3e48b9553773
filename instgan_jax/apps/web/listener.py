"""The socket that a server listens on."""

import errno
import socket

from data_pipeline.errors import InputError


def listen(host: str, port: int) -> socket.socket:
  """Binds and listens.

  Args:
    host: address to listen on.
    port: 0 for any free one.

  Raises:
    InputError: if that is impossible, or the port in use.
  """
  family = socket.AF_INET6 if ':' in host else socket.AF_INET
  listener = socket.socket(family, socket.SOCK_STREAM)
  listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
  try:
    listener.bind((host, port))
    listener.listen(2048)
  except (OSError, OverflowError) as error:
    listener.close()
    if getattr(error, 'errno', None) == errno.EADDRINUSE:
      raise InputError(
        f'Port {port} on {host} is in use, perhaps by this command already.'
        ' Stop the other program, or give another --port (0 for any free one).'
      ) from error
    reason = getattr(error, 'strerror', None) or error
    raise InputError(
      f'Cannot listen on {host}, port {port} ({reason}). Give another --host'
      ' or --port.'
    ) from error
  return listener


def url(listener: socket.socket) -> str:
  """The address of a listener, such as http://127.0.0.1:8080."""
  host, port = listener.getsockname()[:2]
  return f'http://[{host}]:{port}' if ':' in host else f'http://{host}:{port}'
