"""Declares the keys of what learns: module, network, layers, activation, optimizer, scheduler, initializer, gradient.

A key means the same wherever a choice of its group has it. A choice may have further keys: its own code checks those.
"""

from lightlab.config.keys import Key
from lightlab.config.rules import NOT_NEGATIVE, POSITIVE, SHARE, SWITCH, ListOf, MappingOf, Number, OneOf, Part, Whole

MODULE = {
    "criterion": Key(Part(), "the loss: (outputs, targets) → scalar"),
    "criterion.reduction": Key(OneOf(("mean", "sum")), "whether the loss of a batch is a mean or a sum over its rows"),
    "criterion.label_smoothing": Key(Number(0, 1), "share of the target probability spread over all classes"),
    "criterion.weight": Key(ListOf(NOT_NEGATIVE, also=(None,)), "weight of each class in the loss"),
    "threshold": Key(
        Number(0, 1, open_low=True, open_high=True), "probabilities from here on are predicted as class 1"
    ),
    "correlation": Key(SWITCH, "measure Pearson's correlation of predictions and targets too"),
    "objective": Key(
        OneOf(("auto", "softmax", "negative")),
        "loss of word vectors: a softmax over all words, or negative sampling; auto: softmax up to softmax_words",
    ),
    "softmax_words": Key(Whole(0), "the largest vocabulary for which objective=auto takes the softmax"),
    "negatives": Key(Whole(1, 100_000), "noise words for each target of negative sampling"),
    "surface": Key(Part(), "the function of two variables that is minimised"),
}

NETWORK = {
    "hidden": Key(ListOf(Whole(1, 100_000), at_most=1000), "width of each hidden layer"),
    "channels": Key(ListOf(Whole(1, 100_000), at_most=1000), "channels of each convolution or stage"),
    "blocks": Key(Whole(1, 1000), "residual blocks in each stage"),
    "grid": Key(
        Whole(1, 4096), "fields along each side whose means the last layer takes; 1: the mean of the whole image"
    ),
    "members": Key(Whole(1, 1000), "networks of the ensemble"),
    "kinds": Key(ListOf(MappingOf()), "the members' networks, in turn"),
    "dropout": Key(SHARE, "share of the units dropped in training"),
    "batch_norm": Key(SWITCH, "batch normalisation before each activation; of the linear model: of its inputs"),
    "cell": Key(OneOf(("rnn", "gru", "lstm")), "the recurrent cell"),
    "embedding_size": Key(Whole(1, 100_000), "length of a token's vector"),
    "hidden_size": Key(Whole(1, 100_000), "units of a recurrent layer"),
    "num_layers": Key(Whole(1, 1000), "recurrent layers"),
    "tied": Key(SWITCH, "use the embedding's weights in the head too"),
}

LAYERS = {
    **{
        name: Key(Part(), f"factory of the layers that stand for torch.nn.{kind}")
        for name, kind in {
            "linear": "Linear",
            "conv2d": "Conv2d",
            "avg_pool2d": "AvgPool2d",
            "max_pool2d": "MaxPool2d",
            "batch_norm1d": "BatchNorm1d",
            "batch_norm2d": "BatchNorm2d",
            "dropout": "Dropout",
        }.items()
    },
    "counterparts": Key(MappingOf(Part()), "classes used in place of the activation or criterion of that name"),
}

ACTIVATION = {
    "alpha": Key(Number(), "ELU: the limit at −∞ is −alpha"),
    "negative_slope": Key(Number(), "leaky ReLU: slope below 0"),
    "beta": Key(POSITIVE, "softplus: sharpness of the bend"),
    "dim": Key(Whole(-4, 4), "softmax: the dimension whose values sum to 1"),
}

OPTIMIZER = {
    "groups": Key(
        ListOf(MappingOf(), also=(None,)),
        "parameters with settings of their own: each `match` (a name or pattern) and `frozen: true`, `lr` or others",
    ),
    "lr": Key(POSITIVE, "learning rate: the size of a step"),
    "momentum": Key(SHARE, "share of the last step that is repeated"),
    "dampening": Key(SHARE, "share of the gradient that momentum leaves out"),
    "nesterov": Key(SWITCH, "take the gradient where momentum alone would lead"),
    "weight_decay": Key(NOT_NEGATIVE, "pull of every weight towards 0"),
    "betas": Key(ListOf(SHARE, 2), "decay of the running means of the gradient and of its square"),
    "eps": Key(NOT_NEGATIVE, "added to denominators, against a division by 0"),
    "alpha": Key(SHARE, "RMSprop: decay of the running mean of squared gradients"),
    "rho": Key(SHARE, "AdaDelta: decay of the running means"),
    "lr_decay": Key(NOT_NEGATIVE, "AdaGrad: decay of the learning rate with the number of steps"),
    "initial_accumulator_value": Key(NOT_NEGATIVE, "AdaGrad: the sum of squares at the start"),
    "amsgrad": Key(SWITCH, "divide by the largest mean square so far"),
    "centered": Key(SWITCH, "RMSprop: divide by the standard deviation instead of the root mean square"),
    "fused": Key(SWITCH, "one kernel for all weights"),
}

SCHEDULER = {
    "step_size": Key(Whole(1), "epochs from one change to the next"),
    "milestones": Key(ListOf(Whole(1)), "epochs after which the learning rate changes"),
    "gamma": Key(POSITIVE, "factor of each change"),
    "factor": Key(Number(0, 1, open_low=True, open_high=True), "plateau: factor of each change"),
    "patience": Key(Whole(0), "plateau: validations without an improvement before a change"),
    "threshold": Key(NOT_NEGATIVE, "plateau: a smaller relative improvement does not count"),
    "min_lr": Key(NOT_NEGATIVE, "plateau: the lowest learning rate"),
    "mode": Key(OneOf(("min", "max")), "plateau: whether a lower or a higher metric is better"),
    "final_fraction": Key(Number(0, 1), "the learning rate at the end, as a share of optimizer.lr"),
    "warmup": Key(Number(0, 1), "share of the run in which the learning rate rises from 0"),
    "pct_start": Key(
        Number(0, 1, open_low=True, open_high=True), "one cycle: share of the run in which the learning rate rises"
    ),
    "div_factor": Key(POSITIVE, "one cycle: it starts at lr / div_factor"),
    "final_div_factor": Key(POSITIVE, "one cycle: it ends at lr / div_factor / final_div_factor"),
    "cycle_momentum": Key(SWITCH, "one cycle: momentum (Adam's first beta) falls while the learning rate rises"),
    "base_momentum": Key(SHARE, "one cycle: the lowest momentum"),
    "max_momentum": Key(SHARE, "one cycle: the highest momentum"),
}

INITIALIZER = {
    "weight": Key(Part(also=(None,)), "fills weights of two or more dimensions; null: as each layer does itself"),
    "bias": Key(Number(also=(None,)), "value of every bias; null: as each layer sets it itself"),
}

GRADIENT = {
    "h": Key(POSITIVE, "step of the differences"),
    "difference": Key(Part(), "central, forward or backward difference"),
    "every": Key(Whole(1), "steps from one check to the next, the first step included"),
    "entries": Key(Whole(1, also=(None,)), "random entries of each parameter that are compared; null: all"),
    "tolerance": Key(POSITIVE, "relative error up to which the gradients agree"),
}
