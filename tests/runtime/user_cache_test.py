"""The cache is the user's."""

from instgan_jax.runtime import user_cache


def test_the_cache_is_the_users(monkeypatch, tmp_path):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  assert user_cache.folder() == tmp_path / 'instgan_jax'
  monkeypatch.delenv('XDG_CACHE_HOME')
  monkeypatch.setenv('HOME', str(tmp_path))
  assert user_cache.folder() == tmp_path / '.cache' / 'instgan_jax'
