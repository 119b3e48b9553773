"""The folder of a data set that TFDS has prepared."""

import os
import pathlib
import re


def versions(folder: str | os.PathLike[str]) -> list[pathlib.Path]:
  """The folders of the versions of a data set, the newest last.

  Args:
    folder: of the data set, or of one version; that of all data sets has none.
  """
  root = pathlib.Path(folder).expanduser()
  found = [root / 'dataset_info.json', *root.glob('*/dataset_info.json')]
  return sorted(
    (file.parent for file in found if file.is_file()),
    key=lambda version: [int(n) for n in re.findall(r'\d+', version.name)],
  )
