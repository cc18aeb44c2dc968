"""Declares the keys of a run: those at the top level, of the device and of callbacks."""

from typing import NamedTuple

from lightlab.config.rules import SHARE, SWITCH, ListOf, MappingOf, Number, OneOf, Place, Rule, Text, Whole


class Key(NamedTuple):
    """A key's type and range, and its meaning; the check, the JSON schemas and the reference are made from them."""

    rule: Rule
    meaning: str


# The keys of the config that are no group; each must be there, and no other.
TOP = {
    "name": Key(Text(200), "the task's name; folders of runs are named for it"),
    "seed": Key(Whole(0, 2**32 - 1), "seed of the weights, the order of the rows, augmentation and dropout"),
    "data_dir": Key(Place(), "the folder that holds a folder for each data set; default: LIGHTLAB_DATA, else data"),
    "cache_dir": Key(
        Place(also=(None,)), "the folder of parsed files; null: LIGHTLAB_CACHE, else the user's cache folder"
    ),
    "resume": Key(Place(also=(None,)), "the run to go on with: `last`, or its folder"),
    "allow": Key(
        ListOf(Text()),
        "packages whose classes a resumed run may name; counts on the command line alone",
    ),
    "folds": Key(Whole(2, 1000, also=(None,)), "k-fold cross-validation: number of folds; null: off"),
    "fold_repeats": Key(Whole(1, 1000), "repetitions of the cross-validation with new folds"),
    "init_from": Key(Place(also=(None,)), "a checkpoint, or the folder of a run, whose weights training starts from"),
    "init_from_except": Key(
        ListOf(Text()), "names or patterns of weights that are not taken from init_from, such as `head` or `features.*`"
    ),
    "init_from_rename": Key(
        ListOf(Text()),
        "prefixes of the names in init_from's checkpoint, each with what it is replaced by: `[encoder.:network.]`",
    ),
    "init_from_strict": Key(
        SWITCH, "whether every weight must be in init_from's checkpoint and fit; false: take those that do"
    ),
    "find_lr": Key(SWITCH, "measure the loss at rising learning rates and suggest one; trains nothing"),
    "find_batch_size": Key(SWITCH, "measure the speed and memory at rising batch sizes; trains nothing"),
    "compile": Key(
        OneOf(("auto", True, False)), "whether torch.compile compiles the network; auto: long runs on a CUDA GPU"
    ),
    "checkpoint_every": Key(
        Whole(1, 10**6), "epochs between checkpoints (last.ckpt and the check for a new best.ckpt)"
    ),
    "keep_pages": Key(SWITCH, "whether glibc keeps freed memory pages, which makes steps faster (Linux)"),
    "explain": Key(SWITCH, "show where each value of the config comes from, and run nothing"),
    "pictures": Key(
        OneOf(("auto", "all", "none")),
        "which pictures a run draws; auto: in a sweep, only runs that are the best so far",
    ),
    "language": Key(OneOf(("en", "zh")), "language of reports and of the labels in pictures"),
    "learning_rates": Key(
        MappingOf(Number(0, open_low=True)),
        "the learning rate of each optimizer, measured for the task's network; optimizer.lr= overrides it",
    ),
    "tags": Key(ListOf(Text(200)), "words of your own that a run is found by"),
    "extras": Key(MappingOf(), "keys of your own: kept with the run and shown in reports, used by nothing"),
    "sweep": Key(MappingOf(Text()), "the keys that an experiment sweeps with -m, each with its values: `seed: 0,1,2`"),
}

MONITOR = {
    "name": Key(
        Text(also=(None,)),
        "the metric that the best checkpoint, early stopping and the plateau scheduler watch; null: none, and "
        "best.ckpt is that of the last epoch",
    ),
    "mode": Key(OneOf(("min", "max")), "whether a lower or a higher value of it is better"),
}

ACCELERATOR = {
    "name": Key(OneOf(("auto", "cpu", "gpu", "mps")), "the device; auto: the first available of gpu, mps, cpu"),
    "memory_format": Key(
        OneOf(("auto", "contiguous", "channels_last")), "layout of images; auto: channels_last for convolutions"
    ),
}

CALLBACKS = {
    "overview.histograms": Key(
        Whole(0, 10**4), "how many times in a run histograms of the weights are logged; 0: never"
    ),
    "overview.graph": Key(SWITCH, "log the network's graph"),
    "inputs.most": Key(Whole(1, 1000), "training rows that figures/inputs.png shows"),
    "mistakes.worst": Key(Whole(1, 1000), "mistakes that figures/mistakes.png shows"),
    "diagnosis.acceptable": Key(Number(0, 1), "a training error above this is high bias"),
    "diagnosis.gap": Key(Number(0, 1), "a test error that exceeds the training error by more is high variance"),
    "progress.refresh_rate": Key(Whole(1), "steps from one update of the progress bar to the next"),
    "step_curves.every": Key(Whole(1), "steps from one point of the step curves to the next"),
    "early_stopping.patience": Key(Whole(0), "validations without an improvement after which the run stops"),
    "early_stopping.min_delta": Key(Number(0), "a smaller improvement does not count"),
    "accumulation.scheduling": Key(
        MappingOf(Whole(1, 10**6), also=(None,)),
        "for the epochs from which they hold, 0 the first, the batches whose gradients are added for one step",
    ),
    "ema.decay": Key(SHARE, "share of the average that a step keeps; it reaches back 1 / (1 - decay) steps"),
    "ema.start": Key(SHARE, "share of the run before the first weights that are averaged"),
    "swa.start": Key(SHARE, "share of the run before the first weights that are averaged"),
}
