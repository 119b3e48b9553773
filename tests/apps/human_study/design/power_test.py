import pytest
from scipy import stats

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import power


@pytest.mark.parametrize('preference', [0.6, 0.65, 0.8])
def test_answers_needed_is_the_first_number_with_enough_power(preference):
  def refused(n):
    """Probability that scipy's own exact test refuses chance."""
    return sum(
      stats.binom.pmf(k, n, preference)
      for k in range(n + 1)
      if stats.binomtest(k, n).pvalue <= 0.05
    )

  count = power.answers_needed(preference)
  assert refused(count) >= 0.8
  assert power.answers_needed(1 - preference) == count
  assert all(refused(n) < 0.8 for n in range(count - 8, count))


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
