import bisect

import pytest
from scipy import stats

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import power


@pytest.mark.parametrize('preference', [0.6, 0.65, 0.8])
def test_answers_needed_is_the_first_number_with_enough_power(preference):
  def rejected(n):
    """Probability that scipy's own exact test rejects 0.5."""
    # P values grow towards the middle, and are symmetric in it.
    num_low = bisect.bisect_right(
      range(n // 2), 0.05, key=lambda k: stats.binomtest(k, n).pvalue
    )
    low = stats.binom.cdf(num_low - 1, n, preference)
    return low + stats.binom.sf(n - num_low, n, preference)

  count = power.answers_needed(preference)
  assert rejected(count) >= 0.8
  assert power.answers_needed(1 - preference) == count
  assert all(rejected(n) < 0.8 for n in range(count - 8, count))


def test_usual_preferences():
  # Exact two-sided binomial test, level 0.05, power 0.8.
  assert [power.answers_needed(p) for p in (0.55, 0.6, 0.65)] == [786, 199, 90]


def test_the_table_counts_participants():
  # 199 answers x 6 pairs / 100 questions = 11.94.
  lines = list(power.table([0.6], num_pairs=6, num_questions=100))
  assert '199 answers = 12 participants of 100 questions' in lines[1]


@pytest.mark.parametrize('preference', [0.5, 0.0, 1.2, float('nan')])
def test_impossible_preferences_are_refused(preference):
  with pytest.raises(InputError, match='--power'):
    power.answers_needed(preference)
