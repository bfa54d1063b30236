"""Networks as files that run elsewhere: StableHLO, ONNX, TFLite.

  run folder -> program (what goes in and out) -> plain (no operation that a
  format gets wrong) -> one file per format -> loaded back, run, compared

`export.export` is the way in; `python -m tools.export` calls it. (Weights for
PyTorch's own code are another thing: `lipsync_jax.torch_export`.)
"""
