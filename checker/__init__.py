"""Automatic grading of back-propagation worked by hand."""

__version__ = "0.1.0"
