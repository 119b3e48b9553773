"""The studio in a notebook: the same page in a frame."""

import importlib.util
import secrets
import sys
import threading
from collections.abc import Sequence

from data_pipeline.errors import InputError
from instgan_jax.apps.studio import serve
from instgan_jax.apps.web import listener as listener_lib
from instgan_jax.cli import generator_workdir


def show(
  workdirs: Sequence[str] | str = (),
  *,
  label_dir: str = '',
  instance_dir: str = '',
  height: int = 820,
) -> str:
  """Shows the studio below the cell, on Jupyter and on Colab.

  It is served by a thread of this process, and ends with it.

  Args:
    workdirs: folders of generators, or one; without any, the generator that
      ships with the package.
    label_dir: folder of label maps to choose scenes from; '' for none.
    instance_dir: folder of their instance maps; '' for the same folder.
    height: of the frame, in pixels.

  Returns:
    The address, for a browser on this machine.

  Raises:
    InputError: if something is missing, or this is no notebook.
  """
  if importlib.util.find_spec('IPython') is None:
    raise InputError(
      'studio.show() is for notebooks, but IPython is not installed: run '
      'python -m instgan_jax.apps.studio instead.'
    )
  folders = [workdirs] if isinstance(workdirs, str) else list(workdirs)
  folders = folders or [generator_workdir.shipped()]
  token = secrets.token_urlsafe(16)
  made = serve.application(
    folders,
    label_dir=label_dir,
    instance_dir=instance_dir,
    token=token,
    frame_ancestors='*',
  )
  listener = listener_lib.listen('127.0.0.1', 0)
  server = serve.uvicorn_server(made)
  threading.Thread(
    target=server.run, kwargs={'sockets': [listener]}, daemon=True
  ).start()
  address = serve.address(listener, token)
  if 'google.colab' in sys.modules:
    from google.colab import output

    output.serve_kernel_port_as_iframe(
      listener.getsockname()[1], path=f'/#{token}', height=str(height)
    )
  else:
    from IPython import display

    display.display(display.IFrame(address, '100%', height))
  return address
