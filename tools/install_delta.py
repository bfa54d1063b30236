"""Installs what this project lacks, and leaves the machine's JAX alone.

python tools/install_delta.py
python tools/install_delta.py --dry-run

For Colab, Kaggle and every machine whose JAX was made to fit its accelerator:
`pip install` of a project may replace JAX and NumPy, and the accelerator is
gone, or what was loaded no longer fits. Here packages that are missing or too
old are installed, JAX, NumPy and what belongs to them are held where they are,
and the project comes without dependencies. Run again, it finds nothing to do.

exit codes: 0 done, 1 pip failed, 2 an installed JAX or NumPy does not fit.
"""

import argparse
import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Never installed anew where there is one. The second: plugins of accelerators.
HELD = ('jax', 'jaxlib', 'libtpu', 'numpy')
_PLUGINS = re.compile(r'jax-(cuda|rocm|metal)')
# Other packages with the same module.
_SAME = {
  'opencv-python-headless': (
    'opencv-python',
    'opencv-contrib-python',
    'opencv-contrib-python-headless',
  )
}


def main(argv: Sequence[str] | None = None) -> int:
  parser = argparse.ArgumentParser(
    prog='python tools/install_delta.py',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument(
    '--dry-run', action='store_true', help='say what would be installed'
  )
  options = parser.parse_args(argv)
  found, required = installed(), needs(project())
  missing = lacking(required, found)
  held = {name: found[name] for name in found if is_held(name)}
  print(
    f'Kept: {", ".join(f"{k} {v}" for k, v in sorted(held.items())) or "-"}'
  )
  wrong = [need for need in missing if need.name in held]
  for need in wrong:
    print(
      f'error: {need.name} {found[need.name]} is installed, and {need} is '
      'needed. Choose another version of the runtime, or install it yourself '
      'with the extra of your accelerator, and restart.',
      file=sys.stderr,
    )
  if wrong:
    return 2
  for need in missing:
    print(f'{need}: {found.get(key(need.name), "missing")}')
  if not missing:
    print('No package is missing.')
  if options.dry_run:
    return 0
  ours = key(project()['name']) not in found
  return _install(missing, required, held, ours=ours)


def project() -> dict[str, Any]:
  """The table `project` of pyproject.toml."""
  text = (ROOT / 'pyproject.toml').read_text(encoding='utf-8')
  return tomllib.loads(text)['project']


def needs(project: Mapping[str, Any]) -> list[Requirement]:
  return [Requirement(line) for line in project['dependencies']]


def installed() -> dict[str, str]:
  """Versions of all packages of this Python, by normalised name."""
  return {
    key(found.metadata['Name']): found.version
    for found in importlib.metadata.distributions()
    if found.metadata['Name']
  }


def lacking(
  required: Sequence[Requirement], found: Mapping[str, str]
) -> list[Requirement]:
  """Those that no installed package meets."""

  def met(need: Requirement) -> bool:
    if need.marker and not need.marker.evaluate():
      return True
    names = (key(need.name), *_SAME.get(key(need.name), ()))
    return any(
      need.specifier.contains(found[name], prereleases=True)
      for name in names
      if name in found
    )

  return [need for need in required if not met(need)]


def is_held(name: str) -> bool:
  return name in HELD or bool(_PLUGINS.match(name))


def key(name: str) -> str:
  """A package's name as pip compares names."""
  return re.sub(r'[-_.]+', '-', name).lower()


def _install(missing, required, held: Mapping[str, str], *, ours: bool) -> int:
  pip = [sys.executable, '-m', 'pip', 'install', '--quiet']
  commands = []
  if ours:
    commands.append([*pip, '--no-deps', '--editable', str(ROOT)])
  with tempfile.TemporaryDirectory() as folder:
    # What is installed brings packages of its own: neither may they replace
    # what is held, nor be newer than this project allows.
    limits = pathlib.Path(folder, 'constraints.txt')
    lines = [f'{name}=={version}' for name, version in held.items()]
    lines += [str(need) for need in required if key(need.name) not in held]
    limits.write_text('\n'.join(lines) + '\n')
    if missing:
      words = [str(need) for need in missing]
      commands.insert(0, [*pip, '--constraint', str(limits), *words])
    for command in commands:
      print(f'$ {" ".join(command)}', flush=True)
      if subprocess.run(command).returncode:
        print('error: pip failed; its last lines say why.', file=sys.stderr)
        return 1
  return 0


if __name__ == '__main__':
  sys.exit(main())
