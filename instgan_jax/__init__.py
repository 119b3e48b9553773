"""Photographs from instance maps, with a style for every instance."""

__version__ = '0.2.0'
