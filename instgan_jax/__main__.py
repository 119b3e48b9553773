"""`python -m instgan_jax` lists the commands; `instgan` runs them."""

from instgan_jax.cli import command_list

if __name__ == '__main__':
  command_list.run()
