"""Small neural networks: weights, training, deep kernels and few-shot learning on arrays.

Gradients come from the package autograd (extra `neural`), which `neural.autodiff` alone imports.
Other layers import the modules of this package inside the function that trains, so that a program
that trains no network does not need the extra and does not load it.
"""
