"""A web page for dubbing: the same engine, for people who like no commands.

  upload -> thumbnails (which face?) -> jobs (one at a time) -> views (report)

`serve` opens it, `build` lays it out and is the only file that knows Gradio.
All files of a visitor are in one temporary folder (`sessions`), which goes when
the page is closed.
"""
