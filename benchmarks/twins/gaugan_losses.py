"""GauGAN's losses in PyTorch, on the outputs of the twins."""

import torch

LAYER_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


def discriminate(discriminator, labels, fake, real):
  """Features of fake and real images, discriminated in one batch."""
  images = torch.cat([fake, real])
  outputs = discriminator(torch.cat([labels.repeat(2, 1, 1, 1), images], 1))
  batch = len(fake)
  return (
    [[layer[:batch] for layer in scale] for scale in outputs],
    [[layer[batch:] for layer in scale] for scale in outputs],
  )


def generator_terms(fake, real, *, matching_weight=10.0):
  """The hinge loss and the weighted feature matching."""
  gan, matching = 0.0, 0.0
  for fake_scale, real_scale in zip(fake, real, strict=True):
    gan = gan - fake_scale[-1].mean()
    for ours, theirs in zip(fake_scale[:-1], real_scale[:-1], strict=True):
      matching = matching + (ours - theirs.detach()).abs().mean()
  return gan / len(fake), matching_weight * matching / len(fake)


def discriminator_terms(fake, real):
  """The hinge losses of fake and of real images."""
  on_fake = [torch.relu(1 + scale[-1]).mean() for scale in fake]
  on_real = [torch.relu(1 - scale[-1]).mean() for scale in real]
  return sum(on_fake) / len(fake), sum(on_real) / len(real)


def perceptual(fake, real):
  """The weighted distance of VGG's features."""
  return sum(
    weight * (ours - theirs.detach()).abs().mean()
    for weight, ours, theirs in zip(LAYER_WEIGHTS, fake, real, strict=True)
  )


def divergence(mean, log_variance):
  """Kullback and Leibler's, to N(0, 1), summed."""
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
