"""What networks hear, in words for those who only have the file."""

# By kind, `input_pipeline.alignment.SOUNDS`.
WORDS = {
  'mel': (
    'log-mel of 16 kHz mono: pre-emphasis 0.97, Hann windows of 800 samples '
    'every 200 (12.5 ms), centred, reflected at the ends, 80 bands (Slaney) of '
    '55 to 7600 Hz; 20 log10 of the magnitudes (at least 1e-5) - 20, -100..0 '
    'dB mapped to -4..4'
  ),
  'mfcc': (
    'MFCC 0 to 12 (0 is the log energy) of 16 kHz int16 samples, 25 ms every '
    '10 ms, 26 filters, as python_speech_features 0.6 computes them'
  ),
  'mfcc35': (
    'MFCC 1 to 12 of 16 kHz int16 samples, 25 ms every 10 ms, as '
    'input_pipeline.mfcc computes them with its SPEECH2VID settings'
  ),
  'mfcc35_lipgan': (
    'MFCC 1 to 12 of 16 kHz int16 samples, 25 ms every 10 ms, as '
    'input_pipeline.mfcc computes them with its LIPGAN settings'
  ),
}
WORDS['mel27'] = WORDS['mel']
