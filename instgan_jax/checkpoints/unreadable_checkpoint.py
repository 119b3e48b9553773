"""Why a checkpoint cannot be read, in words."""


def reason(error: Exception) -> str:
  """One line about an error of any kind, from the depths of Orbax."""
  # TensorStore goes on with details that are no text.
  text, *_ = str(error).partition('See full TensorStore details')
  return f'{type(error).__name__}: {" ".join(text.split())[:200].rstrip(" .")}'
