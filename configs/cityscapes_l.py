"""Method L: GauGAN on Cityscapes, labels only (Table 1: FID 23.22, mIoU 0.457).

GauGAN's own protocol, and the base of every other configuration: 256x512,
batch 16, 200 epochs of which the last 100 decay to 0, TTUR, hinge loss,
feature matching and VGG losses. The paper used 8 GPUs.

  python -m instgan_jax.main --config configs/cityscapes_l.py \\
    --workdir runs/cityscapes_l --config.data.path=/data/cityscapes
"""

import ml_collections


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L."""
  config = ml_collections.ConfigDict()
  config.seed = 0
  _add_data(config)
  _add_model(config)
  _add_discriminator(config)

  config.batch_size = 16
  config.num_epochs = 200
  config.num_steps = 0  # Instead of epochs, which are then 0: one of the two.
  config.decay_fraction = 0.5  # The last part, in which the rates go to 0.
  config.g_learning_rate = 1e-4
  config.d_learning_rate = 4e-4
  config.adam_b1 = 0.0
  config.adam_b2 = 0.9

  _add_loss_weights(config)
  # Share of the images with styles from N(0, 1), beside an instance encoder.
  # The rest has those of its photograph and alone is compared with it.
  config.prior_fraction = 0.5
  config.vgg19_weights = ''  # A folder written by import_torch.

  config.ema_decay = 0.0  # 0.999 and more: a moving average for inference.
  config.dtype = 'float32'  # Of computation; 'bfloat16' on TPU and new GPUs.
  config.share_generator_forward = False
  config.remat = False
  # On a TPU: compiles in a fifth of the time, for steps that may be slower.
  config.fast_compilation = False

  config.log_every_steps = 100
  config.sample_every_steps = 1000
  config.checkpoint_every_steps = 1000
  config.keep_checkpoints = 3
  config.keep_every_steps = 0
  config.sample_scenes = (0, 1, 2, 3)
  config.profile = ''  # FIRST:LAST: a trace of these steps in the workdir.

  _add_evaluation(config)
  config.init_from = ''  # Weights to start from: a workdir or a checkpoint.
  return config


def _add_data(config: ml_collections.ConfigDict) -> None:
  """Which scenes, at which size, and how they are read."""
  config.data = ml_collections.ConfigDict()
  # 'folder': the unpacked official folders, or your own photographs with a
  # labels.json. 'panoptic': COCO, Vistas and others in COCO's panoptic format,
  # see docs/data.md. 'tfds': prepared by
  # `python -m data_pipeline.cityscapes`, much faster to read. 'toy_street':
  # rendered when it is read. 'npz': one file per split, <path>/{train,val}.npz.
  config.data.source = 'folder'
  config.data.path = 'data/cityscapes'
  config.data.height = 256
  config.data.width = 512
  # How files come to that size: 'resize' stretches them, 'crop' and 'pad' keep
  # their aspect.
  config.data.geometry = 'resize'
  config.data.load_height = 0  # Larger ones: training takes random crops.
  config.data.load_width = 0
  # Of the training scenes, whose instance maps are used; 1.0: all that there
  # are. The others count as unknown.
  config.data.instance_share = 1.0
  # In training, of scenes without one: 'unknown', each class is one instance;
  # 'left_out'; or 'components', each connected part of a class is one.
  config.data.without_instance_map = 'unknown'
  config.data.flip = True
  # 'tf_data', or 'in_memory' where TensorFlow is missing or data are small.
  config.data.loader = 'tf_data'
  config.data.num_threads = 16
  config.data.num_train = 0  # Scenes of 'toy_street'.
  config.data.num_val = 0
  config.data.seed = 0  # Of these scenes.


def _add_model(config: ml_collections.ConfigDict) -> None:
  """The generator, and the encoders beside it."""
  config.model = ml_collections.ConfigDict()
  config.model.use_instances = False
  config.model.use_position_map = False
  config.model.use_edges = False
  config.model.num_labels = 35  # Of Cityscapes; other data bring theirs.
  config.model.base_channels = 64
  config.model.hidden_channels = 128
  config.model.upsampling = 'more'
  config.model.latent_dim = 64
  config.model.style_channels = 128
  config.model.head_kernel_size = 1
  config.model.position_frequencies = 'paper'
  # SPADE's convolutions on the labels: 'dense' or 'deduplicated', once for each
  # distinct neighborhood. They agree up to rounding; 'auto' takes the faster.
  config.model.modulation_form = 'auto'
  config.model.image_style_dim = 0  # 256 for GauGAN's style encoder.
  config.model.instance_encoder = False  # One for the styles of instances.
  config.model.encoder_channels = 64  # Of either encoder's first layer.


def _add_discriminator(config: ml_collections.ConfigDict) -> None:
  """The discriminator, and what it sees."""
  config.discriminator = ml_collections.ConfigDict()
  # 'patch': GauGAN's. 'segmentation': OASIS's (arXiv:2012.04781), which finds
  # the labels instead of seeing them and replaces feature matching and VGG's
  # loss; there base_channels is 128, num_layers 6, and num_scales does nothing.
  # 'patch+segmentation': both, the second with channels and layers of its own.
  config.discriminator.kind = 'patch'
  config.discriminator.base_channels = 64
  config.discriminator.num_layers = 4
  config.discriminator.num_scales = 2
  config.discriminator.segmentation_channels = 128  # Of 'patch+segmentation'.
  config.discriminator.segmentation_layers = 6
  # Some of color,translation,cutout: DiffAugment's (arXiv:2006.10738) changes
  # of all that the discriminator sees, for small data.
  config.discriminator.augmentation = ''


def _add_loss_weights(config: ml_collections.ConfigDict) -> None:
  """Weights of the losses beside the adversarial one."""
  config.loss_weights = ml_collections.ConfigDict()
  config.loss_weights.feature_matching = 10.0
  config.loss_weights.perceptual = 10.0
  config.loss_weights.kl = 0.05  # Of GauGAN's style encoder.
  config.loss_weights.segmentation = 1.0  # Of OASIS's beside GauGAN's.
  config.loss_weights.label_mix = 10.0  # Of a segmentation discriminator.
  config.loss_weights.instance_kl = 0.01  # These two: of the instance encoder.
  config.loss_weights.l1 = 5.0
  # Of mode seeking (arXiv:1903.05628): that other latents change instances.
  config.loss_weights.diversity = 0.0


def _add_evaluation(config: ml_collections.ConfigDict) -> None:
  """Metrics of the val split in the run, as instgan_jax.evaluate has them.

  Each option of instgan_jax.evaluate can be a field here.
  """
  config.eval = ml_collections.ConfigDict()
  config.eval.metrics = ''  # Some of fid,kid,fsd,miou,micv; none: off.
  config.eval.every_steps = 5000
  config.eval.num_scenes = 0  # The first ones; 0: all.
  config.eval.best = ''  # A metric, such as fid: its best checkpoint is kept.
  config.eval.inception = ''  # Folders written by import_torch or, for the
  config.eval.segmenter = ''  # segmenter, by train_segmenter.
