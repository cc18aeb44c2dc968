"""Layers, losses and optimizers written out by hand, as a course builds them before it uses the library.

A layer is a `torch.autograd.Function`: its forward pass, and its backward pass as a formula. The module beside it has
the weights, initial values and signature of its namesake in `torch.nn`, so that ``layers=scratch`` can replace it.
"""
