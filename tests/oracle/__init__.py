"""The independent oracle: right values for random problems, by HIPS autograd, sharing no code with the checker."""
