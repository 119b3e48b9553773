"""The studio: paint a street, click a car, give it another look.

In a notebook:

  from instgan_jax.apps import studio

  studio.show()  # Or studio.show('runs/toy_street').
"""


def show(*args, **kwargs) -> str:
  """See `notebook.show`; nothing is loaded before it is called."""
  from instgan_jax.apps.web import extra

  extra.require('studio', 'fastapi', 'uvicorn')

  from instgan_jax.apps.studio import notebook

  return notebook.show(*args, **kwargs)
