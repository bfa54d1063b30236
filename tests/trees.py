"""Made-up data sets on disk: empty files in their places."""

from input_pipeline.preparation import sources


def make(folder, tree, lists=()):
  for name in tree:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
  for name, text in dict(lists).items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(folder, layout):
  return {
    source.clip_id: (source.speaker, source.split)
    for source in sources.find(folder, layout=layout)
  }
