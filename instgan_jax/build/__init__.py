"""From a configuration to data, modules, optimizers and schedules."""
