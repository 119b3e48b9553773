"""README.md and docs/: their code blocks and the commands in them."""

import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).parent.parent
# In an order in which each finds what it needs.
DOCUMENTS = (
  'README.md',
  *(
    f'docs/{name}.md'
    for name in (
      'data',
      'weights',
      'train',
      'generate',
      'evaluate',
      'export',
      'studio',
      'study',
      'reliability',
      'architecture',
    )
  ),
  'CONTRIBUTING.md',
)


def text_of(document):
  return (ROOT / document).read_text()


def blocks(document, language=''):
  """The code blocks of a language."""
  parts = re.findall(
    r'^```(\w*)\n(.*?)^```', text_of(document), re.DOTALL | re.MULTILINE
  )
  return [text for name, text in parts if name == language]


def commands(document):
  """The arguments after `python -m` of every command, in order."""
  lines = [
    shlex.split(line, comments=True)
    for block in blocks(document)
    for line in block.replace('\\\n', ' ').splitlines()
  ]
  return [tuple(words[2:]) for words in lines if words[:2] == ['python', '-m']]
