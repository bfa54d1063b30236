"""Dubbing: one streaming engine behind every door (`dub.events`).

  file -> schedule -> faces -> edit (generator) -> paste -> file

Each arrow is an iterator; `pipe.background` puts some of them into threads with
bounded queues. Nothing holds more than about two seconds of pictures, so memory
does not depend on the length.
"""
