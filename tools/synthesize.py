"""Writes a folder of synthetic talkers: videos, and the truth beside them.

  python -m tools.synthesize --output runs/talkers --people 40 --clips 3

gives runs/talkers/talker_07/clip_0.mp4 (25 fps H.264, 16 kHz AAC) and
clip_0.npz with `mouth` [t, 3] (opening, width, rounding of every frame, 0..1)
and `mouth_box` [t, 4] (x0, y0, x1, y1 in pixels). Clips that exist already are
kept, so a stopped run continues where it was.

  python -m tools.synthesize --output runs/words --clips 10 --words 10

lets every clip say one word, and writes runs/words/labels.json, by clip; give
it to lip reading as --config.data.labels=runs/words/labels.json.
"""

import argparse
import concurrent.futures
import functools
import json
import multiprocessing
import os
import pathlib
import sys

import cv2
import numpy as np
import tqdm

from input_pipeline import alignment, media, synthetic, synthetic_words


def main(argv: list[str] | None = None) -> None:
  options = parse(argv)
  jobs = [
    (person, clip)
    for person in range(options.first, options.first + options.people)
    for clip in range(options.clips)
  ]
  if options.words:
    write_labels(options, jobs)
  work = functools.partial(write_clip, options=options)
  # Spawned, not forked: threads of OpenCV and PyAV do not survive a fork.
  with concurrent.futures.ProcessPoolExecutor(
    max_workers=min(options.workers, len(jobs)),
    mp_context=multiprocessing.get_context('spawn'),
    initializer=cv2.setNumThreads,
    initargs=(1,),
  ) as pool:
    done = pool.map(work, jobs)
    for _ in tqdm.tqdm(done, total=len(jobs), desc='talkers', unit='clip'):
      pass
  print(f'{len(jobs)} clips of {options.people} people in {options.output}')


def parse(argv: list[str] | None) -> argparse.Namespace:
  parser = argparse.ArgumentParser(
    prog='python -m tools.synthesize',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument('--output', type=pathlib.Path, required=True)
  parser.add_argument('--people', type=int, default=40)
  parser.add_argument(
    '--first', type=int, default=0, metavar='N', help='number of the first'
  )
  parser.add_argument('--clips', type=int, default=3, help='per person')
  parser.add_argument(
    '--frames', type=int, help='per clip (default 75; 40 with --words)'
  )
  parser.add_argument(
    '--words',
    type=int,
    default=0,
    metavar='K',
    help='clips say one of K words in turn',
  )
  parser.add_argument('--size', type=int, default=256, help='pixels, even')
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--workers', type=int, default=os.cpu_count())
  options = parser.parse_args(argv)
  if not 0 <= options.first < synthetic.NUM_PEOPLE:
    parser.error(f'--first: choose 0 to {synthetic.NUM_PEOPLE - 1}')
  if not 1 <= options.people <= synthetic.NUM_PEOPLE - options.first:
    most = synthetic.NUM_PEOPLE - options.first
    parser.error(f'--people: choose 1 to {most}')
  if options.frames is None:
    options.frames = 40 if options.words else 75
  if not 0 <= options.words <= len(synthetic_words.WORDS):
    parser.error(f'--words: choose 0 to {len(synthetic_words.WORDS)}')
  if options.clips < options.words:
    parser.error(
      f'--words {options.words} needs --clips {options.words} or more: each '
      'person says them in turn'
    )
  if options.size % 2 or options.size < 64:
    parser.error('--size: choose an even number from 64 up')
  if options.output.exists() and not options.output.is_dir():
    parser.error(f'--output: {options.output} is a file')
  for name in ('clips', 'frames', 'workers'):
    if getattr(options, name) < 1:
      parser.error(f'--{name}: choose 1 or more')
  return options


def write_clip(job: tuple[int, int], options: argparse.Namespace) -> None:
  """Writes one clip: the truth first, so that a video is never without it."""
  person, number = job
  video = options.output / _name(person, number)
  if video.exists():
    return
  video.parent.mkdir(parents=True, exist_ok=True)
  clip = synthetic.make_clip(
    synthetic.person(person),
    seed=options.seed + number,
    num_frames=options.frames,
    height=options.size,
    width=options.size,
    word=_word(options, number),
  )
  truth = video.with_suffix('.npz')
  part = truth.with_suffix('.part')
  with open(part, 'wb') as file:
    np.savez_compressed(file, mouth=clip.mouth, mouth_box=clip.mouth_box)
  part.replace(truth)
  with media.VideoWriter(
    video,
    width=options.size,
    height=options.size,
    fps=alignment.FPS,
    audio=clip.audio,
  ) as writer:
    for frame in clip.frames:
      writer.write(frame)


def _name(person: int, number: int) -> str:
  return f'talker_{person:02d}/clip_{number}.mp4'


def _word(options: argparse.Namespace, number: int) -> str:
  """What clip `number` of everybody says; '' for anything."""
  if not options.words:
    return ''
  return synthetic_words.WORDS[number % options.words]


def write_labels(
  options: argparse.Namespace, jobs: list[tuple[int, int]]
) -> None:
  """{clip id: [word]}; ids are those that tools.prepare gives."""
  labels = {
    _name(person, number): [_word(options, number)] for person, number in jobs
  }
  options.output.mkdir(parents=True, exist_ok=True)
  path = options.output / 'labels.json'
  # Videos that are there are kept, so their labels must be too.
  old = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
  if any(
    labels[clip] != words for clip, words in old.items() if clip in labels
  ):
    sys.exit(
      f'error: {options.output} holds talkers of other words; give another '
      '--output.'
    )
  if not path.exists() and any(options.output.glob('talker_*/*.mp4')):
    sys.exit(
      f'error: {options.output} holds talkers without labels; give another '
      '--output.'
    )
  path.write_text(json.dumps(old | labels, indent=1), encoding='utf-8')


if __name__ == '__main__':
  main()
