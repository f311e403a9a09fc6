"""The rule engine beside its peers: programs, data, translations and what measures them.

python -m benchmarks.engine --help
"""
