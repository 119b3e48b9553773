"""Commands run in this process: what `python -m MODULE FLAGS` does."""

from instgan_jax.cli import command_list

_NAMES = {module: name for name, (module, _) in command_list.COMMANDS.items()}


def run(module: str, *arguments) -> None:
  """Runs a command; its errors are raised."""
  words = [module, *map(str, arguments)]
  command_list.load(_NAMES[module]).call(words)
