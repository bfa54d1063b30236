"""How fast and how good things are here: tables to print, paste and compare.

python -m tools.benchmark data               input pipeline against Wav2Lip's
python -m tools.benchmark train              steps with their data, waiting
python -m tools.benchmark overhead           evaluation, checkpoints, logging
python -m tools.benchmark scaling            the step on 1, 2, 4 devices
python -m tools.benchmark infer              the generator against a matmul
python -m tools.benchmark prepare            the preparation, stage by stage
python -m tools.benchmark dub                dubbing, stage by stage, and memory
python -m tools.benchmark live               live frames: latency, speed, drift
python -m tools.benchmark judge              measuring sync and LSE, by stage
python -m tools.benchmark smoothing --videos FILE...   jitter and lag of squares
python -m tools.benchmark seam --videos FILE...        what shows of the paste
python -m tools.benchmark shifts --expert RUN VIDEOS   offsets found, and fixed

Repeats are interleaved and medians printed with their range, because other
programs on the machine come and go.
"""

import argparse
import importlib
import sys

from tools import benchmark_options


def main(argv: list[str] | None = None) -> None:
  options = parse(argv)
  # Imported here: each measures what the others need not load.
  module = importlib.import_module(f'tools.benchmark_{options.what}')
  try:
    print(module.run(options))
  except (ValueError, OSError) as error:
    sys.exit(f'error: {error}')


def parse(argv: list[str] | None) -> argparse.Namespace:
  return benchmark_options.parser(
    prog='python -m tools.benchmark', description=__doc__
  ).parse_args(argv)


if __name__ == '__main__':
  main()
