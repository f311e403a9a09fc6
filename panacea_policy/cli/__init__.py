"""The ``panacea`` command: one module per command, each thin."""
