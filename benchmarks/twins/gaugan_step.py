"""GauGAN's training step in PyTorch, on the twins.

The generator is updated, then generates again without gradient, in training
mode, for the update of the discriminator. In both halves fake and real images
are discriminated in one batch.
"""

import torch

from benchmarks.twins import gaugan_losses

BASE_RATE = 2e-4  # GauGAN's; the two networks' are half and twice of it.


class Step:
  """Updates the twins of generator, discriminator and perhaps encoder.

  Attributes:
    networks: those that are updated, by name. After a step their parameters
      hold its gradients.
    features: of images, for the perceptual loss; None without.
  """

  def __init__(self, generator, discriminator, encoder=None, features=None):
    self.networks = {
      'generator': generator.train(),
      'discriminator': discriminator.train(),
    }
    if encoder is not None:
      self.networks['encoder'] = encoder.train()
    self.features = features
    self.of_generator = torch.optim.Adam(
      [
        parameter
        for name, network in self.networks.items()
        if name != 'discriminator'
        for parameter in network.parameters()
      ],
      lr=BASE_RATE / 2,
      betas=(0.0, 0.9),
      fused=True,
    )
    self.of_discriminator = torch.optim.Adam(
      discriminator.parameters(),
      lr=BASE_RATE * 2,
      betas=(0.0, 0.9),
      fused=True,
    )

  def __call__(self, labels, image, noise=None):
    """One update; returns all losses.

    Args:
      labels: [B, C, H, W], one-hot, perhaps with edges.
      image: [B, 3, H, W] in [-1, 1].
      noise: [B, Z] of the image style; None without encoder.
    """
    discriminator = self.networks['discriminator']
    self.of_generator.zero_grad()
    discriminator.requires_grad_(False)
    terms = self._generator_terms(labels, image, noise)
    sum(terms.values()).backward()
    self.of_generator.step()

    self.of_discriminator.zero_grad()
    discriminator.requires_grad_(True)
    with torch.no_grad():
      fake, _ = self._generate(labels, image, noise)
    d_loss = sum(
      gaugan_losses.discriminator_terms(
        *self._discriminate(labels, fake, image)
      )
    )
    d_loss.backward()
    self.of_discriminator.step()
    return {
      name: loss.detach() for name, loss in {**terms, 'd_loss': d_loss}.items()
    }

  def _generate(self, labels, image, noise):
    """Images, and the divergence of their style; None without encoder."""
    if 'encoder' not in self.networks:
      return self.networks['generator'](labels), None
    mean, log_variance = self.networks['encoder'](image)
    latent = mean + noise * torch.exp(log_variance / 2)
    divergence = gaugan_losses.divergence(mean, log_variance)
    return self.networks['generator'](labels, latent), divergence

  def _discriminate(self, labels, fake, image):
    discriminator = self.networks['discriminator']
    return gaugan_losses.discriminate(discriminator, labels, fake, image)

  def _generator_terms(self, labels, image, noise):
    fake, divergence = self._generate(labels, image, noise)
    gan, matching = gaugan_losses.generator_terms(
      *self._discriminate(labels, fake, image)
    )
    terms = {'g_adversarial': gan, 'g_feature_matching': matching}
    if self.features is not None:
      terms['g_perceptual'] = 10 * gaugan_losses.perceptual(
        self.features(fake), self.features(image)
      )
    if divergence is not None:
      terms['g_kl'] = 0.05 * divergence
    return terms
