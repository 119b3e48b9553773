import os
import signal

import pytest

from instgan_jax.runtime import interruption


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_remembered_and_handlers_come_back(number):
  before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
  with interruption.Interruption() as stop:
    assert not stop.requested(1)
    os.kill(os.getpid(), number)
    assert stop.requested(2)
    assert stop.signal_name == number.name
  after = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
  assert before == after


def test_a_second_ctrl_c_ends_at_once():
  with interruption.Interruption():
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
      os.kill(os.getpid(), signal.SIGINT)
