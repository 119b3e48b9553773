"""What a compiled program costs, as text."""

from benchmarks.tpu import chips, compilation

_GIB = 2**30


def text(
  title: str, compiled: compilation.Compiled, chip: chips.Chip, num_rows: int
) -> str:
  """A summary, and a table of the operations that take longest."""
  return '\n'.join(
    [*_summary(title, compiled, chip), '', *_table(compiled, chip, num_rows)]
  )


def _summary(title, compiled, chip) -> list[str]:
  figures = compiled.summary
  total = figures['roofline_seconds']
  padded = sum(o.num_bytes for o in compiled.operations)
  useful = sum(o.num_useful_bytes for o in compiled.operations)
  lanes = sum(o.num_lane_flops for o in compiled.operations)
  executed = sum(o.num_flops for o in compiled.operations)
  images = figures['images_a_chip']
  times = ''
  if useful_flops := figures['useful_flops']:
    times = f': {executed / useful_flops:.2f} times those of the networks'
  return [
    f'{figures["program"]} of {title}',
    f'{figures["num_chips"]} x {figures["topology"]}, {images} images a chip, '
    f'JAX {figures["jax"]}, libtpu {figures["libtpu"]}',
    f'compilation  {figures["lowering_seconds"]:.0f} + '
    f'{figures["compilation_seconds"]:.0f} s: {figures["convolutions"]} '
    f'convolutions and products, {figures["copies"]} copies, '
    f'{figures["lookups"]} gathers and scatters',
    f'memory       {figures["peak_bytes"] / _GIB:.2f} GiB of '
    f'{chip.memory / _GIB:.1f}: {figures["temporaries_bytes"] / _GIB:.2f} of '
    'temporaries',
    f'FLOPs        {executed / 1e9:.1f} G{times}; '
    f'{executed / max(lanes, 1):.0%} of the lanes in use',
    f'bytes        {padded / 1e9:.1f} GB, {padded / useful - 1:.0%} of padding',
    f'at best      {1e3 * total:.2f} ms, {images / total:.1f} images a second '
    'and chip',
  ]


def _table(compiled, chip, num_rows: int) -> list[str]:
  def seconds(operation) -> float:
    return compilation.seconds(operation, chip)

  total = sum(map(seconds, compiled.operations))
  lines = ['      ms  share   GFLOP      MB  bound by  operation']
  longest = sorted(compiled.operations, key=seconds, reverse=True)
  for operation in longest[:num_rows]:
    spent = seconds(operation)
    computes = operation.num_lane_flops / chip.flops >= spent
    shapes = ' '.join(
      'x'.join(map(str, shape.dims)) for shape in operation.shapes
    )
    lines.append(
      f'{1e3 * spent:8.3f} {spent / total:6.1%} '
      f'{operation.num_flops / 1e9:7.2f} {operation.num_bytes / 1e6:7.1f}  '
      f'{"FLOPs   " if computes else "bytes   "}  '
      f'{operation.source[-60:] or operation.name} -> {shapes[:40]}'
    )
  return lines
