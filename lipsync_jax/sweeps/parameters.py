"""Values to try: by chance, or all there are.

Distributions and their fields have W&B's names and meaning.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

# The fields of each; q is the step to which it rounds, 1 where it is not given.
_RANGE, _NORMAL = ('min', 'max'), ('mu', 'sigma')
_FIELDS = {
  'constant': ('value',),
  'categorical': ('values',),
  'int_uniform': _RANGE,
  'uniform': _RANGE,
  'log_uniform': _RANGE,  # min and max are exponents of e
  'log_uniform_values': _RANGE,
  'normal': _NORMAL,
  'log_normal': _NORMAL,
}
_FIELDS |= {
  f'q_{name}': _FIELDS[name]
  for name in (
    *('uniform', 'log_uniform', 'log_uniform_values'),
    *('normal', 'log_normal'),
  )
}
_DRAW: dict[str, Callable[[np.random.Generator, Any, Any], float]] = {
  'uniform': lambda rng, a, b: rng.uniform(a, b),
  'log_uniform': lambda rng, a, b: np.exp(rng.uniform(a, b)),
  'log_uniform_values': lambda rng, a, b: np.exp(
    rng.uniform(np.log(a), np.log(b))
  ),
  'normal': lambda rng, mu, sigma: rng.normal(mu, sigma),
  'log_normal': lambda rng, mu, sigma: rng.lognormal(mu, sigma),
}


def check(parameters: Any) -> None:
  """Refuses what cannot be tried.

  Raises:
    ValueError: a parameter has no values, or is of an unknown kind.
  """
  if not isinstance(parameters, Mapping) or not parameters:
    raise ValueError('parameters: none are given.')
  for name, about in parameters.items():
    if not isinstance(about, Mapping):
      raise ValueError(f'{name}: give value, values, or min and max.')
    if 'parameters' in about:
      check(about['parameters'])
    else:
      _check_one(name, about)


def draw(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict:
  """One trial's values by name; nested ones are a dictionary."""
  return {
    name: draw(about['parameters'], rng)
    if 'parameters' in about
    else _draw_one(about, rng)
    for name, about in parameters.items()
  }


def grid(parameters: Mapping[str, Any]) -> Iterator[dict]:
  """Every combination, the last parameter changing fastest.

  Raises:
    ValueError: one has more values than can be counted.
  """
  choices = [
    list(grid(about['parameters']))
    if 'parameters' in about
    else _all(name, about)
    for name, about in parameters.items()
  ]
  for values in itertools.product(*choices):
    yield dict(zip(parameters, values, strict=True))


def _kind(about: Mapping[str, Any]) -> str | None:
  """The distribution, named or told by the fields that are there."""
  if 'distribution' in about:
    return about['distribution']
  if 'value' in about:
    return 'constant'
  if 'values' in about:
    return 'categorical'
  if 'mu' in about:
    return 'normal'
  if 'min' in about and 'max' in about:
    whole = all(type(about[name]) is int for name in _RANGE)
    return 'int_uniform' if whole else 'uniform'
  return None


def _check_one(name: str, about: Mapping[str, Any]) -> None:
  kind = _kind(about)
  if kind is None:
    raise ValueError(f'{name}: give value, values, or min and max.')
  if kind not in _FIELDS:
    raise ValueError(
      f'{name}: there is no distribution {kind!r} here; there are '
      f'{", ".join(_FIELDS)}.'
    )
  for field in _FIELDS[kind]:
    if field not in about:
      raise ValueError(f'{name}: {field} of distribution {kind} is missing.')
  if kind == 'categorical':
    values = about['values']
    if not isinstance(values, list) or not values:
      raise ValueError(f'{name}: values is no list of values.')
    shares = about.get('probabilities')
    if shares and (len(shares) != len(values) or abs(sum(shares) - 1) > 1e-6):
      raise ValueError(
        f'{name}: give each value a probability; their sum is 1.'
      )
  elif kind != 'constant':
    _check_numbers(name, kind, about)


def _check_numbers(name: str, kind: str, about: Mapping[str, Any]) -> None:
  numbers = {f: about[f] for f in (*_FIELDS[kind], 'q') if f in about}
  for field, value in numbers.items():
    if type(value) not in (int, float):
      raise ValueError(
        f'{name}: {field} is {value!r}, no number. YAML takes 1e-4 for text: '
        'write 1.0e-4.'
      )
  if numbers.get('min', 0) > numbers.get('max', np.inf):
    raise ValueError(f'{name}: min is more than max.')
  if kind.endswith('log_uniform_values') and numbers['min'] <= 0:
    raise ValueError(f'{name}: min has no logarithm; it must be more than 0.')
  if numbers.get('q', 1) <= 0 or numbers.get('sigma', 1) <= 0:
    raise ValueError(f'{name}: q and sigma must be more than 0.')


def _draw_one(about: Mapping[str, Any], rng: np.random.Generator) -> Any:
  kind = _kind(about)
  if kind == 'constant':
    return about['value']
  if kind == 'categorical':
    shares = about.get('probabilities')
    return about['values'][rng.choice(len(about['values']), p=shares)]
  limits = [about[field] for field in _FIELDS[kind]]
  if kind == 'int_uniform':
    return int(rng.integers(*limits, endpoint=True))
  value = float(_DRAW[kind.removeprefix('q_')](rng, *limits))
  return _rounded(value, about.get('q', 1)) if kind[:2] == 'q_' else value


def _rounded(value: float, q: int | float) -> int | float:
  # In steps of 0.1, 0.3 is not 0.30000000000000004.
  return type(q)(round(round(value / q) * q, 12))


def _all(name: str, about: Mapping[str, Any]) -> list[Any]:
  kind = _kind(about)
  if kind == 'constant':
    return [about['value']]
  if kind == 'categorical':
    return list(about['values'])
  if kind == 'int_uniform':
    return list(range(about['min'], about['max'] + 1))
  if kind == 'q_uniform':
    low, high, q = about['min'], about['max'], about.get('q', 1)
    count = int((high - low) / q + 1e-9) + 1
    return [_rounded(float(low + k * q), q) for k in range(count)]
  raise ValueError(
    f'{name}: a grid cannot try all of distribution {kind}; give values, or '
    'choose --method random.'
  )
