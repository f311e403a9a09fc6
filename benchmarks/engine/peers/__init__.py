"""The engines that are measured, ours among them, and one translation of a program for each of the others."""
