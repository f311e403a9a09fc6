"""Losses of events: parts by form, the compound process of a year, insurance, second methods to check by."""
