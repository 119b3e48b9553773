"""Inference with a trained generator."""

from instgan_jax.inference.sampler import Sampler

__all__ = ('Sampler',)
