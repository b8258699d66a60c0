"""Make the model: corpus, augmentation, training, evaluation, export. Needs the [train] extra."""
