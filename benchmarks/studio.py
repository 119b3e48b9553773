"""From click to picture in the studio, for one visitor and for ten.

  python -m benchmarks.studio --workdir runs/toy_street

Visitors ask over HTTP for pictures of toy streets, each with another style for
one instance, as pages do after a click. `one` does so alone; `ten` at once,
with a pause of two seconds on average after each picture; `ten, no pause`
without any. The times include the network of this machine, the PNG, and
waiting for other visitors.
"""

import concurrent.futures
import json
import random
import statistics
import threading
import time
import urllib.request

from benchmarks import measurement
from instgan_jax.apps.studio import serve
from instgan_jax.apps.web import listener as listener_lib
from instgan_jax.cli import program

# Visitors, and the mean pause after each picture in seconds.
CASES = {'one': (1, 0.1), 'ten': (10, 2.0), 'ten, no pause': (10, 0.0)}


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = measurement.parser(__doc__, num_rounds=20)
  parser.add_argument('--workdir', required=True, help='of a generator')
  flags = parser.parse_args()
  made = serve.application([flags.workdir])
  listener = listener_lib.listen('127.0.0.1', 0)
  server = serve.uvicorn_server(made)
  run = threading.Thread(target=server.run, kwargs={'sockets': [listener]})
  run.start()
  url = listener_lib.url(listener)
  lines = measurement.Lines('studio', flags.workdir, flags.output)
  try:
    for case, (num_visitors, pause) in CASES.items():
      seconds = _visit(url, num_visitors, flags.rounds, pause)
      lines.add(
        case,
        measurement.timing(seconds[0], [(value, 0.0) for value in seconds]),
        ms_p95=1e3 * statistics.quantiles(seconds, n=20)[-1],
      )
  finally:
    server.should_exit = True
    run.join()


def _visit(
  url: str, num_visitors: int, num_clicks: int, pause: float
) -> list[float]:
  """Seconds of all pictures of several visitors at once."""
  with concurrent.futures.ThreadPoolExecutor(num_visitors) as pool:
    visits = pool.map(
      lambda number: _visitor(url, number, num_clicks, pause),
      range(num_visitors),
    )
    return [value for visit in visits for value in visit]


def _visitor(
  url: str, number: int, num_clicks: int, pause: float
) -> list[float]:
  chance = random.Random(number)
  page = f'{number:032x}'
  scene = json.loads(_ask(f'{url}/api/toy/{number}'))
  layout = json.loads(_ask(f'{url}/api/layout', scene))
  one = layout['instances'][-1]['id']
  seconds = []
  for seed in range(num_clicks):
    time.sleep(chance.uniform(0.0, 2.0 * pause))
    body = {'page': page, 'scene': {**scene, 'styles': {one: {'seed': seed}}}}
    start = time.perf_counter()
    _ask(f'{url}/api/picture', body)
    seconds.append(time.perf_counter() - start)
  return seconds


def _ask(url: str, body: dict | None = None) -> bytes:
  request = urllib.request.Request(
    url,
    data=None if body is None else json.dumps(body).encode(),
    headers={'Content-Type': 'application/json'},
  )
  with urllib.request.urlopen(request, timeout=60) as answer:
    return answer.read()


if __name__ == '__main__':
  program.exit_after(main)
