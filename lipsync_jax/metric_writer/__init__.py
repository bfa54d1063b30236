"""Where numbers, pictures and videos of a run go.

JSON lines and files in the workdir always, TensorBoard and W&B if asked. The
only package that knows wandb and tensorboardX, which are imported when used:
they take a second.
"""

from lipsync_jax.metric_writer.file_writer import read
from lipsync_jax.metric_writer.interface import Silent, Writer
from lipsync_jax.metric_writer.metric_writer import MetricWriter
from lipsync_jax.metric_writer.pictures import grid

__all__ = ['MetricWriter', 'Silent', 'Writer', 'grid', 'read']
