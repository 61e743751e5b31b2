"""From exported point-in-time rows to a proven model bundle. `train.py` beside this package is the command."""
