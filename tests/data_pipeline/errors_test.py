from data_pipeline import errors


def test_five_are_shown_and_the_others_counted():
  assert errors.summarize(['a', 'b']) == 'a, b'
  assert errors.summarize(list('abcde')) == 'a, b, c, d, e'
  assert errors.summarize(list('abcdefg'), '\n') == (
    'a\nb\nc\nd\ne\nand 2 more'
  )
