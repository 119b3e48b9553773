"""The public weight files: their addresses and hashes."""

from typing import NamedTuple


class PublicFile(NamedTuple):
  """A published file.

  Attributes:
    name: of the file.
    url: the address of the file; None if it can only be downloaded by hand.
    sha256: of its content, all or the first hexadecimal digits; empty if it is
      unknown. The publishers of VGG and mmsegmentation put the first eight into
      the file's name; where no more is known, these are compared.
    page: the web page on which it is published.
  """

  name: str
  url: str | None
  sha256: str
  page: str


_INCEPTION = 'pt_inception-2015-12-05-6726825d.pth'
_PSPNET = 'pspnet_r101-d8_512x1024_80k_cityscapes'
_VGG19 = 'vgg19-dcbb9e9d.pth'

FILES = {
  'gaugan': PublicFile(
    name='latest_net_G.pth',
    url=None,
    sha256='',
    page='https://github.com/NVlabs/SPADE (checkpoints.tar.gz, "Generating '
    'Images Using Pretrained Model")',
  ),
  'inception': PublicFile(
    name=_INCEPTION,
    url='https://github.com/mseitzer/pytorch-fid/releases/download/'
    f'fid_weights/{_INCEPTION}',
    sha256='6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2',
    page='https://github.com/mseitzer/pytorch-fid/releases',
  ),
  'pspnet': PublicFile(
    name=f'{_PSPNET}_20200606_112211-e1e1100f.pth',
    url='https://download.openmmlab.com/mmsegmentation/v0.5/pspnet/'
    f'{_PSPNET}/{_PSPNET}_20200606_112211-e1e1100f.pth',
    sha256='e1e1100f',
    page='https://github.com/open-mmlab/mmsegmentation (configs/pspnet)',
  ),
  'vgg19': PublicFile(
    name=_VGG19,
    url=f'https://download.pytorch.org/models/{_VGG19}',
    sha256='dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44',
    page='https://github.com/pytorch/vision (models/vgg.py)',
  ),
}
