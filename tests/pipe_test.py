"""Threads end when they should, and errors are heard."""

import contextlib
import threading
import time

import pytest

from lipsync_jax.inference import pipe


def test_order_is_kept():
  assert list(pipe.background(range(100), size=3)) == list(range(100))


def test_no_more_than_size_ahead():
  made = []
  stream = pipe.background((made.append(k) or k for k in range(100)), size=3)
  with contextlib.closing(stream):
    next(stream)
    time.sleep(0.3)
    assert len(made) <= 1 + 3 + 1  # taken, in the queue, in the hand


def test_an_error_arrives_in_its_place():
  def items():
    yield 1
    raise KeyError('on purpose')

  stream = pipe.background(pipe.background(items(), size=2), size=2)
  assert next(stream) == 1
  with pytest.raises(KeyError, match='on purpose'):
    next(stream)


def test_closing_stops_a_chain_of_threads():
  closed = threading.Event()

  def endless():
    try:
      while True:
        yield 0
    finally:
      closed.set()

  before = threading.active_count()
  stream = pipe.background(pipe.background(endless(), size=2), size=2)
  next(stream)
  stream.close()
  assert closed.wait(5)
  assert threading.active_count() == before
