"""One file per head: which features it asks for, how they are transformed, what its answers mean."""
