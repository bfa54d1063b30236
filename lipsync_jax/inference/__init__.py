"""Dubbing: one streaming engine behind every door (`dub.events`).

  plans -> schedule -> follow -> edit -> paste -> segments -> join
           decode      detect    generate        encode

`plans` looks at the inputs and says what will be done; `schedule` yields the
pictures of the output; `follow` finds faces, keeps them apart (`people`),
chooses (`choose`) and smooths; `edit` draws new mouths; `paste` lays them into
the picture's own colours; `segments` keeps what is finished, so that a broken
job resumes. Each arrow is an iterator; `pipe.background` puts some of them into
threads with bounded queues. Nothing holds more than about two seconds of
pictures, so memory does not depend on the length.

`stream` is the same for sound that comes in while it is spoken.
"""
