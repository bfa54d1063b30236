"""Face tracks and crops by the rules of syncnet_python's run_pipeline.py.

Wav2Lip's real-video scores are of these crops (joonson/syncnet_python 6efbb1c).
Our own tracks (`tracking`, `tracks`) are made by other rules, so numbers of the
two do not compare. Boxes are x0, y0, x1, y1 in pixels.
"""

from input_pipeline.run_pipeline.crops import crop, squares
from input_pipeline.run_pipeline.looking import look
from input_pipeline.run_pipeline.rules import Rules
from input_pipeline.run_pipeline.tracks import Track, find_tracks

__all__ = ['Rules', 'Track', 'crop', 'find_tracks', 'look', 'squares']
