"""How a training run moves the weights: optimizer, learning rate over time, averaging."""

import dataclasses
from typing import Self

import keras
from keras import ops
from keras.optimizers import schedules

DEFAULT_RATES = {"adamw": 5e-4, "sgd": 5e-3}
LONGEST_WARMUP = 1000
STEPS_DOWN = (2 / 3, 8 / 9)  # of the run, as in Detectron2's 1x schedule


@dataclasses.dataclass(frozen=True)
class Optimization:
    """How the weights move.

    Args:
        optimizer: "adamw", or "sgd" with a momentum of 0.9.
        learning_rate: float, the highest rate. Default: 5e-4 for "adamw", 5e-3 for "sgd".
        warmup: int, steps in which the rate rises in a line from a hundredth. Default: a twentieth
            of all steps, 1000 at most.
        schedule: what follows: "cosine" down to a hundredth, "step" to a tenth after 2/3 and a
            hundredth after 8/9 of all steps, or "constant".
        weight_decay: float, on kernels only; `rate * weight_decay` of a kernel is lost per update.
        clip_norm: float, the gradient is scaled down to this norm; 0 never.
        accumulate: int, steps whose gradients are averaged into one update: a larger batch in the
            same memory.
        ema: float in 0..1, momentum per update of an exponential moving average of the weights,
            such as 0.999, which remembers the last 1000 updates or so. The averaged weights are
            what is measured and saved. 0 averages nothing.

    Raises:
        ValueError: for a value out of its range.

    Example:

    >>> Optimization("sgd", warmup=100).build(steps=1000).momentum
    0.9

    References: Goyal et al. 2017, Accurate, Large Minibatch SGD, for the warm-up; Loshchilov and
        Hutter 2019, Decoupled Weight Decay Regularization (AdamW); Polyak and Juditsky 1992 for
        the average.
    """

    optimizer: str = "adamw"
    learning_rate: float | None = None
    warmup: int | None = None
    schedule: str = "cosine"
    weight_decay: float = 1e-4
    clip_norm: float = 10.0
    accumulate: int = 1
    ema: float = 0.0

    def __post_init__(self):
        _check_choice("optimizer", self.optimizer, DEFAULT_RATES)
        _check_choice("schedule", self.schedule, _SHAPES)
        _check("learning_rate", self.learning_rate, lambda x: x is None or x > 0, "above 0")
        for name in ("weight_decay", "clip_norm"):
            _check(name, getattr(self, name), lambda value: value >= 0, "at least 0")
        _check("warmup", self.warmup, lambda steps: steps is None or steps >= 0, "at least 0")
        _check("accumulate", self.accumulate, lambda steps: steps >= 1, "at least 1")
        _check("ema", self.ema, lambda share: 0 <= share < 1, "at least 0 and below 1")

    def rates(self, steps) -> schedules.LearningRateSchedule:
        """Return the learning rate by step of a run of so many steps."""
        steps = max(1, steps)
        warmup = min(LONGEST_WARMUP, steps // 20) if self.warmup is None else self.warmup
        rate = self.learning_rate or DEFAULT_RATES[self.optimizer]
        return WarmUp(_SHAPES[self.schedule](rate, max(1, steps - warmup)), warmup)

    def build(self, steps) -> keras.optimizers.Optimizer:
        """Return a new optimizer for a run of so many steps."""
        options = {
            "weight_decay": self.weight_decay,
            "global_clipnorm": self.clip_norm or None,
            "gradient_accumulation_steps": self.accumulate if self.accumulate > 1 else None,
            "use_ema": self.ema > 0,
            # Keras averages at every step, also at those that only accumulate.
            "ema_momentum": self.ema ** (1 / self.accumulate),
        }
        if self.optimizer == "adamw":
            optimizer = keras.optimizers.AdamW(self.rates(steps), **options)
        else:
            optimizer = keras.optimizers.SGD(self.rates(steps), momentum=0.9, **options)
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer


@keras.saving.register_keras_serializable("keras_maskrcnn")
class WarmUp(schedules.LearningRateSchedule):
    """A schedule whose rate first rises in a line from a hundredth of its start.

    Args:
        schedule: `keras.optimizers.schedules.LearningRateSchedule` that follows.
        steps: int, how many the rise takes; 0 for none.

    Example:

    >>> rates = WarmUp(schedules.CosineDecay(1.0, 100), steps=10)
    >>> [round(float(rates(step)), 3) for step in (0, 5, 10, 60)]
    [0.01, 0.505, 1.0, 0.5]
    """

    def __init__(self, schedule, steps):
        super().__init__()
        self.schedule = schedule
        self.steps = steps

    def __call__(self, step):
        """Return the rate at a step."""
        step = ops.cast(step, "float32")
        share = ops.minimum(step / max(1, self.steps), 1.0) if self.steps else 1.0
        return self.schedule(ops.maximum(step - self.steps, 0.0)) * (0.01 + 0.99 * share)

    def get_config(self) -> dict:
        """Return the arguments, as plain values."""
        return {
            "schedule": schedules.serialize(self.schedule),
            "steps": self.steps,
        }

    @classmethod
    def from_config(cls, config) -> Self:
        """Build from what `get_config` gave."""
        return cls(**{**config, "schedule": schedules.deserialize(config["schedule"])})


def _cosine(rate, steps):
    return schedules.CosineDecay(rate, steps, alpha=0.01)


def _constant(rate, steps):
    return schedules.CosineDecay(rate, steps, alpha=1.0)


def _step(rate, steps):
    boundaries = [round(steps * share) for share in STEPS_DOWN]
    return schedules.PiecewiseConstantDecay(boundaries, [rate, rate / 10, rate / 100])


_SHAPES = {"cosine": _cosine, "step": _step, "constant": _constant}


def _check(name, value, fits, rule):
    if not fits(value):
        raise ValueError(f"`{name}` must be {rule}. Received: {name}={value}.")


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {list(choices)}. Received: {name}={value!r}.")
