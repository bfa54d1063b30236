"""Networks with published PyTorch weights: how to know one by its state_dict.

Names of layers say which network it is; `published_shapes` says the rest.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from lipsync_jax import networks, published_shapes

Shapes = published_shapes.Shapes


class Published(NamedTuple):
  """One published network.

  Attributes:
    title: what people call it.
    name: of the network in our checkpoints.
    module: of its spec.
    prefix: how keys begin that no other network of the table has.
    fields: the spec's fields from the shapes and the picture size wanted.
    wrapped: whether the original loads {'state_dict': ...} or the dict alone.
    licence: what is known of the published weights' licence.
    about: more for the checkpoint's description.
  """

  title: str
  name: str
  module: str
  prefix: str
  fields: Callable[[Shapes, int | None], dict[str, int]]
  wrapped: bool
  licence: str
  about: dict[str, Any]


class Found(NamedTuple):
  """A network that was recognised.

  Attributes:
    kind: key of `NETWORKS` and of `torch_networks.NETWORKS`.
    spec: builds it, see `networks.make`.
    also: picture sizes whose networks have the very same shapes.
  """

  kind: str
  spec: networks.Spec
  also: tuple[int, ...]


def recognise(shapes: Shapes, *, image_size: int | None = None) -> Found:
  """Says which network a state_dict is of.

  Args:
    shapes: by PyTorch name.
    image_size: side of its pictures in pixels, for where shapes leave a choice.

  Raises:
    ValueError: no network of `NETWORKS`, a telling layer is missing, or the
      network is for pictures of another size.
  """
  kind = next(
    (
      kind
      for kind, network in NETWORKS.items()
      if any(key.startswith(network.prefix) for key in shapes)
    ),
    None,
  )
  if kind is None:
    known = ', '.join(network.title for network in NETWORKS.values())
    some = ', '.join(sorted(shapes)[:3]) or 'no tensors at all'
    raise ValueError(
      f'These are weights of no network we know ({known}); they have {some}.'
    )
  network = NETWORKS[kind]
  try:
    fields = network.fields(shapes, image_size)
  except (KeyError, IndexError) as error:
    raise ValueError(
      f'These look like weights of the {network.title}, but layers that say '
      f'how wide it is are missing or misshapen ({error}).'
    ) from error
  also = fields.pop('also', ())
  spec = {'module': network.module, **fields, 'dtype': 'float32'}
  return Found(kind, spec, also)


def kind_of(spec: networks.Spec) -> str:
  """The kind of a network by its spec.

  Raises:
    ValueError: it has no published form.
  """
  for kind, network in NETWORKS.items():
    if network.module == spec['module']:
      return kind
  raise ValueError(
    f'{spec["module"]} was never published for PyTorch, so there is no form to '
    'write it in.'
  )


_WAV2LIP_LICENCE = (
  'The published Wav2Lip weights are for personal, research and non-commercial '
  'use only (trained on LRS2)'
)
_WAV2LIP = {
  'wrapped': True,
  'licence': _WAV2LIP_LICENCE,
}

NETWORKS = {
  'generator': Published(
    title='Wav2Lip generator',
    name='generator',
    module='wav2lip.Generator',
    prefix='face_decoder_blocks.',
    fields=published_shapes.unet,
    # Trained by wav2lip_train.py, see input_pipeline/alignment.py.
    about={'task': 'wav2lip', 'reference_alignment': True},
    **_WAV2LIP,
  ),
  'expert': Published(
    title='SyncNet_color (expert of Wav2Lip)',
    name='expert',
    module='expert.Expert',
    prefix='face_encoder.',
    fields=published_shapes.expert,
    about={'task': 'expert', 'objective': 'cosine_bce'},
    **_WAV2LIP,
  ),
  'discriminator': Published(
    title='visual-quality discriminator of Wav2Lip',
    name='discriminator',
    module='discriminator.Discriminator',
    prefix='binary_pred.',
    fields=published_shapes.unet,
    about={'task': 'wav2lip'},
    **_WAV2LIP,
  ),
  'syncnet': Published(
    title='SyncNet v2',
    name='expert',
    module='syncnet.SyncNet',
    prefix='netcnn',
    fields=published_shapes.syncnet,
    wrapped=False,
    licence='No licence is stated for the published SyncNet v2 weights',
    # Its embeddings are not of unit length; near means in sync.
    # The margin is what the author names (syncnet_python, issues 7 and 18).
    about={'task': 'expert', 'objective': 'contrastive', 'margin': 20.0},
  ),
  's3fd': Published(
    title='S3FD face detector',
    name='detector',
    module='s3fd.S3FD',
    prefix='conv3_3_norm.',
    fields=published_shapes.s3fd,
    wrapped=False,
    licence='No licence is stated for the published S3FD weights',
    about={'task': 'detector'},
  ),
  'inception': Published(
    title='Inception-v3 of the FID',
    name='inception',
    module='inception.InceptionV3',
    prefix='Mixed_5b.',
    fields=published_shapes.inception,
    wrapped=False,
    licence=(
      'No licence is stated for the weights; pytorch-fid, which publishes '
      'them, is under Apache-2.0'
    ),
    about={'task': 'picture_quality'},
  ),
  'lpips': Published(
    title='LPIPS on AlexNet',
    name='lpips',
    module='lpips.LPIPS',
    prefix='lin0.model.',
    fields=published_shapes.lpips,
    wrapped=False,
    licence=(
      'LPIPS is under BSD-2-Clause; no licence is stated for the weights of '
      "torchvision's AlexNet"
    ),
    about={'task': 'picture_quality'},
  ),
}
