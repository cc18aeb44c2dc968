"""What a course builds before it uses the library: layers, derivatives and optimizers, written out by hand.

A layer is a `torch.autograd.Function`: its forward pass, and its backward pass as a formula. The module beside it has
weights, first values and a signature from its namesake in `torch.nn`, so that ``layers=scratch`` swaps it in.
"""
