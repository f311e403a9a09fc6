"""Benchmarks of dynamic risk: attack graphs, simulation, losses."""
