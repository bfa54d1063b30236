"""Every number of the benchmark: what it is called, means and is good for."""

import dataclasses

OWN, OTHER, SILENCE = 'own', 'other', 'silence'
KINDS = {
  OWN: 'Their own sound',
  OTHER: "Another's sound",
  SILENCE: 'Silence',
}


@dataclasses.dataclass(frozen=True)
class Entry:
  """One number of a clip, and its mean over clips.

  Attributes:
    title: head of its column.
    meaning: in a sentence.
    better: 'more', 'less' or '' where neither is.
    digits: after the point.
  """

  title: str
  meaning: str
  better: str = ''
  digits: int = 3


ENTRIES = {
  'confidence': Entry(
    'sync confidence',
    "height of the expert's similarity curve over its median",
    'more',
  ),
  'in_sync': Entry(
    'in sync', 'share of clips whose offset is within one frame', 'more', 2
  ),
  'sure': Entry(
    'sure',
    'share of clips whose confidence is above what wrong sounds reach with the '
    'same pictures; of the others the offset means nothing',
    'more',
    2,
  ),
  'offset': Entry(
    'offset', 'frames by which the sound leads; of clips, the mean', '', 1
  ),
  'distance': Entry(
    'distance',
    'least mean distance of SyncNet features over 31 offsets '
    '(syncnet_python); LSE-D if the weights are the published ones',
    'less',
  ),
  'lse_confidence': Entry(
    'confidence (SyncNet)',
    'median less least of these distances; LSE-C if the weights are the '
    'published ones',
    'more',
  ),
  'distance_at_0': Entry(
    'distance at 0',
    'the same distance where the sound is: a constant lag costs something '
    'here, and nothing in LSE',
    'less',
  ),
  'success': Entry(
    'success', 'frames with new lips, of those with speech', 'more', 3
  ),
  'fid': Entry(
    'FID',
    'Frechet distance of Inception features to those of the source videos',
    'less',
    2,
  ),
  'psnr': Entry('PSNR, dB', 'of the lower half of the face square', 'more', 2),
  'ssim': Entry('SSIM', 'of the lower half of the face square', 'more'),
  'l1': Entry('L1', 'of the lower half of the face square, 0 to 1', 'less', 4),
  'lpips': Entry('LPIPS', 'of the face square (AlexNet)', 'less'),
  'lmd': Entry(
    'LMD, px', 'distance of 20 mouth landmarks, their mean taken out', 'less', 2
  ),
  'sharpness': Entry(
    'sharpness', "variance of the mouth's Laplacian, the source being 1", '', 2
  ),
  'flicker': Entry(
    'flicker, levels',
    "second difference of the mouth's grey levels in time, less the source's",
    'less',
    2,
  ),
  'leakage': Entry(
    'leakage',
    "correlation of the mouth's opening with that of the source, whose sound "
    'is not heard; of the ground truth, that of the mouth that did say it, '
    'which is how much there is without any leakage',
    'less',
    2,
  ),
  'silence_opening': Entry(
    'opening',
    'of the mouth when it hears nothing: 0 shut, 1 its mean while speaking',
    '',
    2,
  ),
  'silence_motion': Entry(
    'motion', "of the mouth's opening, that of the source being 1", 'less', 2
  ),
  'silence_leakage': Entry(
    'leakage', "correlation of its opening with the source's", 'less', 2
  ),
}
# Of which kind of pair the tables show what.
COLUMNS = {
  OWN: (
    'confidence', 'in_sync', 'sure', 'offset', 'distance', 'lse_confidence',
    'distance_at_0', 'success', 'fid', 'psnr', 'ssim', 'l1', 'lpips', 'lmd',
    'sharpness', 'flicker',
  ),
  OTHER: (
    'confidence', 'in_sync', 'sure', 'offset', 'distance', 'lse_confidence',
    'distance_at_0', 'success', 'fid', 'sharpness', 'flicker', 'leakage',
  ),
  SILENCE: ('silence_opening', 'silence_motion', 'silence_leakage'),
}  # fmt: skip
