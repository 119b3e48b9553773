import os
import signal

import pytest

from instgan_jax.runtime import exits, interruption


@pytest.mark.parametrize(
  ('number', 'status'), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_signal_is_remembered_and_handlers_come_back(number, status, capfd):
  before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
  with interruption.Interruption('finishing the image') as stop:
    assert not stop.requested(1) and stop.signal_name is None
    os.kill(os.getpid(), number)
    assert stop.requested(2)
    assert stop.signal_name == number.name
    assert stop.exit_status == status
  after = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
  assert before == after
  assert capfd.readouterr().err == f'\n{number.name}: finishing the image.\n'


def test_a_second_ctrl_c_ends_at_once():
  with interruption.Interruption():
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
      os.kill(os.getpid(), signal.SIGINT)


def test_a_program_without_steps_leaves_and_says_what_is_saved():
  with interruption.Interruption() as stop:
    stop.leave_if_requested('nothing is in out')
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(
      exits.Stopped,
      match='^Stopped by SIGTERM: 3 images are in out. The same command cont',
    ) as error:
      stop.leave_if_requested('3 images are in out')
  assert error.value.exit_status == 143
