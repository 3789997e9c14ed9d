"""The kernel axes that support vector classification and regression share."""

from __future__ import annotations

from typing import Any

from metalearn.learners.algorithm import Values, category, real, whole

__all__ = ["kernel_arguments", "kernel_axes"]


def kernel_axes() -> list[Any]:
    """Return kernel, C and the axes that only some kernels have, with their conditions."""
    import ConfigSpace

    kernel = category("kernel", ["rbf", "poly", "sigmoid"])
    gamma = real("gamma", 3e-5, 8.0, 0.05, log=True)
    degree = whole("degree", 2, 5, 3)
    coef0 = real("coef0", -1.0, 1.0, 0.0)
    return [
        real("C", 2**-5, 2**10, 1.0, log=True),
        kernel,
        gamma,
        degree,
        coef0,
        ConfigSpace.EqualsCondition(degree, kernel, "poly"),
        ConfigSpace.InCondition(coef0, kernel, ["poly", "sigmoid"]),
    ]


def kernel_arguments(values: Values) -> dict[str, Any]:
    """Return the scikit-learn arguments of active kernel axes."""
    names = ("C", "kernel", "gamma", "degree", "coef0")
    return {name: values[name] for name in names if name in values}
