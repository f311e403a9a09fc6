"""What runs on: a model that feeds keep up to date."""
