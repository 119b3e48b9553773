"""The official Cityscapes folders, read in place."""

import concurrent.futures
import os
import pathlib
from collections.abc import Callable

import tqdm

from data_pipeline import batch, errors
from data_pipeline.cityscapes import file_names, png
from data_pipeline.errors import InputError


class CityscapesFolder:
  """A source of the scenes of one split, in the order of their names.

  Attributes:
    image_ids: the scenes' names, such as aachen_000000_000019.
  """

  def __init__(
    self,
    root: str | os.PathLike[str],
    split: str,
    *,
    size: tuple[int, int] | None,
    require_images: bool = True,
    num_threads: int = 16,
  ):
    """Lists the split and checks the header of every file.

    Args:
      root: the folder that holds leftImg8bit and gtFine (`data_pipeline.
        layout` has the details).
      split: a folder below these, such as train or val.
      size: (height, width) of the scenes that `read` gives, whatever the
        files' aspect is; None for the files' own size.
      require_images: False for maps alone. Scenes then have no image, also
        where the file exists.
      num_threads: to open files with.

    Raises:
      InputError: if a folder is missing or empty, a scene lacks a file, or a
        file is unreadable, of another kind or of another size than its
        scene.
    """
    self._size = size
    self._num_threads = num_threads
    root = pathlib.Path(root).expanduser()
    paths = {
      kind: _list_files(root, split, kind)
      for kind in file_names.KINDS
      if require_images or kind != file_names.IMAGE
    }
    scenes = file_names.match_scenes(paths, root)
    self.image_ids = tuple(scenes)
    self._files = tuple(scenes.values())
    self._check_each(png.check_headers, 'Checking files')

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`, resized (see `scene_files.read_scene`).

    Raises:
      InputError: if a file is damaged or its values are wrong.
    """
    return png.read_scene(self._files[index], self.image_ids[index], self._size)

  def validate(self) -> None:
    """Decodes every file at full size and compares the maps on every pixel.

    Raises:
      InputError: with everything that is wrong.
    """
    self._check_each(png.read_scene, 'Decoding files')

  def _check_each(
    self, check: Callable[[file_names.SceneFiles, str], object], doing: str
  ) -> None:
    """Runs `check` on every scene; raises after all, with what all raised."""

    def problem_of(files: file_names.SceneFiles, image_id: str) -> str | None:
      try:
        check(files, image_id)
      except InputError as error:
        return str(error)
      return None

    with concurrent.futures.ThreadPoolExecutor(self._num_threads) as threads:
      results = threads.map(problem_of, self._files, self.image_ids)
      bar = tqdm.tqdm(results, total=len(self), desc=doing, disable=None)
      problems = [problem for problem in bar if problem]
    if len(problems) > 1:
      raise InputError(
        f'{len(problems)} of {len(self)} scenes cannot be used:\n'
        + errors.summarize(problems, separator='\n')
      )
    if problems:
      raise InputError(problems[0])


def _list_files(root: pathlib.Path, split: str, kind: str) -> list[str]:
  name, ending = file_names.KINDS[kind]
  folder = root / name / split
  if not folder.is_dir():
    raise InputError(
      f'{_what_is_missing(root, name, split)}. Expected the unpacked Cityscapes'
      f' layout {name}/{split}/CITY/*{ending}; give the folder that holds'
      ' leftImg8bit and gtFine, and one of their splits.'
    )
  return [str(path) for path in folder.glob(f'*/*{ending}')]


def _what_is_missing(root: pathlib.Path, name: str, split: str) -> str:
  if not root.is_dir():
    return f'{root}: there is no such folder'
  if not (root / name).is_dir():
    return f'{root}: has no folder {name}'
  splits = [path.name for path in (root / name).iterdir() if path.is_dir()]
  found = ', '.join(sorted(splits)) or 'nothing'
  return f'{root / name}: has no split {split!r}, only {found}'
