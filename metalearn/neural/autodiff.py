"""Reverse-mode automatic differentiation, from the package autograd (Maclaurin 2016).

The one module that imports autograd; docs/decisions/016 says why it is neither torch nor jax.
`np` is NumPy with derivatives. Import this module only where a network is trained: without the
extra `neural` the import itself raises `MissingPackageError`.
"""

from __future__ import annotations

from metalearn.errors import MissingPackageError

try:
    import autograd.numpy as np
    from autograd import grad, value_and_grad
    from autograd.extend import defvjp, defvjp_argnums, primitive
    from autograd.tracer import getval
except ImportError as error:
    raise MissingPackageError("autograd", "neural", "a learned network") from error

__all__ = ["defvjp", "defvjp_argnums", "getval", "grad", "np", "primitive", "value_and_grad"]
