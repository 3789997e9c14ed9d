"""Configurations of learners in a space of learners or of pipelines, which end in a learner."""

from __future__ import annotations

from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space
from metalearn.pipelines import ALGORITHM_NAME, PipelineSpace, genotype_of

__all__ = ["inside", "learner_of", "learner_spaces", "of_learner"]


def learner_spaces(space: Space) -> tuple[Space, ...]:
    """Return the space of each learner."""
    if isinstance(space, PipelineSpace):
        return tuple(map(space.grammar.space_of, space.grammar.learners))
    return space.parts if isinstance(space, JointSpace) else (space,)


def inside(space: Space, configuration: Configuration) -> Configuration | None:
    """Return a configuration as the space has it, or None if it is of another learner.

    In a space of pipelines a learner's configuration is the pipeline without steps.
    """
    if not isinstance(space, PipelineSpace):
        known = {part.algorithm for part in learner_spaces(space)}
        return configuration if configuration.algorithm in known else None
    if learner_of(configuration) not in space.grammar.learners:
        return None
    return space.canonical(space.wrapped(configuration))


def of_learner(configuration: Configuration) -> Configuration:
    """Return the configuration of the learner alone that ends a pipeline; another as it is."""
    if configuration.algorithm != ALGORITHM_NAME:
        return configuration
    model = genotype_of(configuration).model
    return Configuration(model.name, dict(model.values))


def learner_of(configuration: Configuration) -> str:
    """Return the name of the learner of a configuration, also of a pipeline's."""
    return of_learner(configuration).algorithm
