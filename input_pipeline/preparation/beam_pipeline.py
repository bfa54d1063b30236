"""The line of `prepare` on Apache Beam: from one machine to many.

  videos -> candidates, offsets, selection, finished chunks     each video
         -> splits and shards                                   one worker
         -> shards                                              each shard
         -> manifest, report, metadata                          one worker

Each video is done by the functions that `prepare` calls, in a temporary folder
of the worker, so nothing is left to choose from again. The shards are those of
`prepare`, byte for byte, whatever the number of workers. Workers read the
videos as files, at the same paths as the machine that starts the pipeline. The
list of all tracks must fit into the memory of one worker.
"""

from collections.abc import Sequence

import apache_beam as beam

from input_pipeline.preparation import (
  beam_settings,
  beam_steps,
  division,
  sources,
)


def build(
  pipeline: beam.Pipeline,
  found: Sequence[sources.Source],
  folder: str,
  settings: beam_settings.Settings,
) -> None:
  """Adds all steps.

  Args:
    pipeline: to add them to.
    found: the clips, see `sources.find`.
    folder: where the data set is written, on any file system of Beam's.
    settings: see there.
  """
  done = (
    pipeline
    | 'Videos' >> beam.Create(list(found))
    # Else a runner may do all of them on one worker.
    | 'Spread' >> beam.Reshuffle()
    | 'Prepare'
    >> beam.ParDo(beam_steps.Prepare(settings)).with_outputs(
      'rows', 'videos', main='records'
    )
  )
  divided = beam.pvalue.AsSingleton(
    done.videos
    | 'All videos' >> beam.combiners.ToList()
    | 'Divide'
    >> beam.Map(
      division.divide,
      settings.validation_fraction,
      shard_bytes=settings.shard_bytes,
    )
  )
  written = (
    done.records
    | 'Place'
    >> beam.Map(beam_steps.place, divided).with_output_types(
      tuple[tuple[str, int, int], tuple[division.Key, bytes]]
    )
    | 'By shard' >> beam.GroupByKey()
    | 'Write' >> beam.Map(beam_steps.write_shard, folder)
  )
  _ = (
    pipeline
    | 'Once' >> beam.Create([folder])
    | 'Finish'
    >> beam.Map(
      beam_steps.finish,
      settings,
      divided=divided,
      rows=beam.pvalue.AsList(done.rows),
      # All shards are there before the manifest, which says: complete.
      written=beam.pvalue.AsList(written),
    )
  )
