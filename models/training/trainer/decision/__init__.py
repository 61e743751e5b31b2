"""The heads of a decision: `train_decision.py` beside the package is the command."""
