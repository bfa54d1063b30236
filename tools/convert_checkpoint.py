"""Takes published PyTorch weights in, and gives networks out as such.

python -m tools.convert_checkpoint --input wav2lip_gan.pth --output runs/gan
"""

import argparse
import pathlib
import sys

_EXAMPLE = """\
examples:
  python -m tools.convert_checkpoint --input wav2lip_gan.pth \\
    --output runs/official
  python -m tools.dub --video talk.mp4 --audio speech.wav \\
    --checkpoint runs/official --output dubbed.mp4

  python -m tools.convert_checkpoint --input runs/wav2lip --network generator \\
    --to-torch generator.pth

  python -m tools.convert_checkpoint \\
    --input pt_inception-2015-12-05-6726825d.pth --output runs/fid
  python -m tools.convert_checkpoint \\
    --input alexnet-owt-7be5be79.pth alex.pth --output runs/lpips

What a file is is seen from its content: the Wav2Lip generator, its expert
(SyncNet_color), its visual-quality discriminator, SyncNet v2, the S3FD face
detector, the Inception-v3 of the FID (pytorch-fid's) or LPIPS on AlexNet (the
state_dict of the module, or torchvision's AlexNet and the linear layers, two
files), as torch.save wrote it, as TorchScript or as safetensors. Files of
PyTorch need `pip install "torch>=2.6"`; .safetensors files do not. No file is
allowed to run code.

Weights keep their licence: the published Wav2Lip weights are for personal,
research and non-commercial use only.

exit codes: 0 done, 2 bad input (nothing was written).
"""

# How a converted network is used, by its name in the checkpoint.
_NEXT = {
  'generator': 'python -m tools.dub --checkpoint {0} ...',
  'expert': '--config.pretrained.expert={0}',
  'discriminator': '--config.pretrained.discriminator={0}',
}


def main(arguments: list[str] | None = None) -> int:
  parser = _parser()
  options = parser.parse_args(arguments)
  if options.to_torch and (options.image_size or options.licence):
    parser.error('--image-size and --licence go with --output')
  if options.to_torch and len(options.input) > 1:
    parser.error('--to-torch reads one run')
  try:
    if options.output:
      _convert(options)
    else:
      _export(options)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('\nStopped; nothing was written.', file=sys.stderr)
    return 130
  return 0


def _convert(options: argparse.Namespace) -> None:
  # Here, so that --help does not wait for JAX.
  from lipsync_jax import conversion, provenance, weight_files

  conversion.check_free(options.output)
  given = ' and '.join(options.input)
  print(f'Reading {given} ...', flush=True)
  state_dict, about = weight_files.read_all(options.input)
  try:
    converted = conversion.from_torch(
      state_dict, image_size=options.image_size, about=about
    )
  except ValueError as error:
    raise ValueError(f'{given}: {error}') from error
  network, spec = converted.network, converted.found.spec
  if options.network not in (None, network.name):
    raise ValueError(
      f'{given} holds the {network.title} ({network.name}), not '
      f'{options.network}.'
    )
  size = f', {spec["image_size"]} px' if 'image_size' in spec else ''
  print(
    f'Recognised: {network.title}, width {spec["width"]}{size}, '
    f'{converted.num_parameters:,} parameters.'
  )
  if converted.found.also:
    others = ' or '.join(map(str, converted.found.also))
    print(f'A network for {others} px has the same shapes; see --image-size.')
  files = [weight_files.digests(path) for path in options.input]
  said = {
    'source': ' and '.join(pathlib.Path(p).name for p in options.input),
    'licence': options.licence,
    'digests': {kind: ' '.join(f[kind] for f in files) for kind in files[0]},
  }
  told = converted.description(**said)
  licence = '; '.join(provenance.licences(told['data']))
  print(f'Licence: {licence or "not known"}.')
  print(f'Writing {options.output} ...', flush=True)
  conversion.save(options.output, converted, **said)
  use = _NEXT.get(network.name, 'lipsync_jax.networks.load({0!r}, {1!r})')
  print(f'Done. To use it: {use.format(options.output, network.name)}')


def _export(options: argparse.Namespace) -> None:
  from lipsync_jax import provenance, torch_export, weight_files

  if pathlib.Path(options.to_torch).exists():
    raise ValueError(f'{options.to_torch} exists; give another name.')
  weight_files.check_target(options.to_torch)
  run = options.input[0]
  print(f'Reading {run} ...', flush=True)
  network, state_dict, description = torch_export.to_torch(run, options.network)
  step = description['step']
  print(f'Recognised: {network.title}, step {step}.')
  licence = '; '.join(provenance.licences(description['data']))
  print(f'Licence: {licence or "not known"}.')
  print(f'Writing {options.to_torch} ...', flush=True)
  weight_files.write(
    options.to_torch,
    state_dict,
    wrapped=network.wrapped,
    step=step,
    about=provenance.of_run(description),
  )
  if network.name == 'generator' and not description['reference_alignment']:
    print(
      'Note: the original code gives every frame sound from 0.08 s later than '
      'this generator learnt it (data.reference_alignment=False).'
    )
  print(f'Done: {len(state_dict)} tensors.')


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.convert_checkpoint',
    description='Takes published PyTorch weights in, and gives networks out.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add(
    '--input',
    required=True,
    nargs='+',
    metavar='FILE',
    help='file of weights, or several that are one network; with --to-torch '
    'the run folder to read',
  )
  where = parser.add_mutually_exclusive_group(required=True)
  where.add_argument('--output', metavar='DIR', help='run folder to write')
  where.add_argument(
    '--to-torch',
    metavar='FILE',
    help='file to write: .pth (needs PyTorch) or .safetensors',
  )
  add(
    '--network',
    help='name of the network in the run, if it has several; of a file: what '
    'it must be',
  )
  add(
    '--image-size',
    type=int,
    metavar='PIXELS',
    help="side of the network's pictures, if its shapes leave a choice",
  )
  add(
    '--licence',
    default='',
    metavar='TEXT',
    help='of the weights, kept in the run; default: what the file says, or '
    'what is known of published ones',
  )
  return parser


if __name__ == '__main__':
  sys.exit(main())
