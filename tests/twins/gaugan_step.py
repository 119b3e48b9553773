"""GauGAN's training step in PyTorch, on the twins.

The generator is updated, then generates again without gradient, in training
mode, for the update of the discriminator. In both halves fake and real images
are discriminated in one batch.
"""

from tests.twins import gaugan_losses, pytorch

torch = pytorch.torch
BASE_RATE = 2e-4  # GauGAN's; the two networks' are half and twice of it.


class Step:
  """Updates the twins of generator, encoder and discriminator."""

  def __init__(self, generator, encoder, discriminator, features):
    self.networks = {
      'generator': generator.train(),
      'encoder': encoder.train(),
      'discriminator': discriminator.train(),
    }
    self.features = features  # Replace those of VGG19.
    self.of_generator = torch.optim.Adam(
      [*generator.parameters(), *encoder.parameters()],
      lr=BASE_RATE / 2,
      betas=(0.0, 0.9),
    )
    self.of_discriminator = torch.optim.Adam(
      discriminator.parameters(), lr=BASE_RATE * 2, betas=(0.0, 0.9)
    )

  def __call__(self, labels, image, noise):
    """One update; returns all losses and the gradients by network."""
    self.of_generator.zero_grad()
    terms = self._generator_terms(labels, image, noise)
    sum(terms.values()).backward()
    gradients = {
      name: pytorch.gradients(self.networks[name])
      for name in ('generator', 'encoder')
    }
    self.of_generator.step()

    self.of_discriminator.zero_grad()
    with torch.no_grad():
      fake, _ = self._generate(labels, image, noise)
    d_loss = sum(
      gaugan_losses.discriminator_terms(
        *self._discriminate(labels, fake, image)
      )
    )
    d_loss.backward()
    gradients['discriminator'] = pytorch.gradients(
      self.networks['discriminator']
    )
    self.of_discriminator.step()
    terms = {name: term.item() for name, term in terms.items()}
    return {**terms, 'd_loss': d_loss.item()}, gradients

  def _generate(self, labels, image, noise):
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
    distance = gaugan_losses.perceptual(
      self.features(fake), self.features(image)
    )
    return {
      'g_adversarial': gan,
      'g_feature_matching': matching,
      'g_perceptual': 10 * distance,
      'g_kl': 0.05 * divergence,
    }
