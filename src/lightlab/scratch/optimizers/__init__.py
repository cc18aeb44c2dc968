"""Optimizers written out by hand, one a page. w is a parameter, g its gradient, η the learning rate `lr`."""
