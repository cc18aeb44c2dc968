"""Declares the keys of the config group `data`.

A key means the same wherever a choice has it. A choice may have further keys: its own code checks those.
"""

from lightlab.config.keys import Key
from lightlab.config.rules import (
    NOT_NEGATIVE,
    SHARE,
    SWITCH,
    AnyOf,
    ListOf,
    MappingOf,
    Number,
    OneOf,
    Part,
    Place,
    Text,
    Whole,
)

_PLACES = (Place(), ListOf(Place()))
_VALUE = AnyOf((Text(), Number()))

_ROWS = {
    "name": Key(Text(80), "the data set's name"),
    "seed": Key(Whole(0, 2**32 - 1), "seed of the order of the rows"),
    "data_dir": Key(Place(), "the folder that holds a folder for each data set"),
    "cache_dir": Key(Place(also=(None,)), "the folder of parsed files"),
    "source": Key(
        OneOf(("auto", "files", "embedded")),
        "auto: files in data_dir, else download, else synthetic data; files: files or an error; embedded: synthetic",
    ),
    "batch_size": Key(Whole(1), "rows of a training batch"),
    "eval_batch_size": Key(Whole(1), "rows of a batch in validation, test and prediction"),
    "shuffle": Key(SWITCH, "a new order of the training rows every epoch"),
    "drop_last": Key(SWITCH, "leave out a last batch that is not full"),
    "test_fraction": Key(SHARE, "share of the rows for the test, where there are no test rows of their own"),
    "val_fraction": Key(SHARE, "share of the remaining rows for validation"),
    "train_size": Key(Whole(2, also=(None,)), "training rows that are used; null: all"),
    "class_names": Key(
        ListOf(_VALUE, also=(None,)), "names of the classes, in the order of their labels; null: the values themselves"
    ),
    "target_kind": Key(OneOf(("number", "binary", "class")), "what is predicted"),
    "target_name": Key(Text(), "heading of the column of predictions"),
    "target_scale": Key(
        OneOf(("raw", "standard", "log")),
        "scale of a numeric target in training: as it is, mean 0 and deviation 1, or that of its logarithm",
    ),
}

_IMAGES = {
    "scale": Key(OneOf(("unit", "standard", "raw")), "pixels on [0, 1], with mean 0 and deviation 1, or 0 to 255"),
    "size": Key(ListOf(Whole(1, 4096), 2), "height and width in pixels; photos are reduced to cover it, then cropped"),
    "invert": Key(OneOf(("auto", True, False)), "invert photos before predicting; auto: those with a light border"),
    "augment.shift": Key(Whole(0, 4096), "training images are shifted by up to so many pixels"),
    "augment.flip": Key(SWITCH, "half of the training images are mirrored"),
    "augment.cut_out": Key(
        Whole(0, 4096), "side in pixels of a square of each training image that is set to 0; 0: none"
    ),
    "augment.mixup": Key(
        NOT_NEGATIVE, "alpha of mixup: training images and their targets are mixed with another's; 0: none"
    ),
    "grey": Key(SWITCH, "read photos without colour"),
    "folder": Key(AnyOf(_PLACES, also=(None,)), "folder of the photos, or several names that it may have"),
    "images": Key(AnyOf(_PLACES), "names that the sub-folder of the photos may have"),
    "labels": Key(AnyOf(_PLACES, also=(None,)), "file of `name,score` rows; null: the only one in the folder"),
    "test_labels": Key(AnyOf(_PLACES, also=(None,)), "another such file, whose photos are the test rows"),
    "name_column": Key(Text(also=(None,)), "column of the photos' names, where the file has several"),
    "label_column": Key(Text(also=(None,)), "column of the labels, where the file has several"),
    "label_from_name": Key(Text(also=(None,)), "regular expression on a photo's name; its first group is the label"),
    "score_range": Key(ListOf(Number(), 2, also=(None,)), "lowest and highest score; others are refused"),
    "bad_photos": Key(
        OneOf(("refuse", "skip")),
        "what to do with unreadable photos, photos without a label and labels without a photo",
    ),
    "workers": Key(Whole(1, 64, also=("auto",)), "threads that decode photos; auto: one a processor"),
    "most_memory": Key(Whole(0), "MiB of pixels held in memory; larger data is read from the cache batch by batch"),
}

_TABLES = {
    "file": Key(Place(also=(None,)), "the table: .csv, .csv.gz or .parquet"),
    "test_file": Key(Place(also=(None,)), "a table of test rows, in place of test_fraction"),
    "target": Key(Text(also=(None,)), "the column that is predicted; null: the last one"),
    "positive": Key(
        AnyOf((Text(), Number(), SWITCH), also=(None,)),
        "the value of a binary target that counts as 1; null: the second",
    ),
    "index": Key(Text(also=(None,)), "the column that names the rows: not learnt from, kept in predictions"),
    "drop": Key(ListOf(Text()), "columns that are not learnt from"),
    "numeric": Key(ListOf(Text()), "columns that must be numbers; others are recognised by their values"),
    "categorical": Key(ListOf(Text()), "columns that are categories, also where they hold numbers"),
    "dates": Key(ListOf(Text()), "columns of dates: year, month and weekday are learnt from"),
    "max_categories": Key(
        Whole(1, 10**6), "a text column of more categories is left out unless `categorical` names it"
    ),
    "separator": Key(Text(), "what separates the cells of a row"),
    "decimal": Key(OneOf((".", ",")), "the character before decimal places"),
    "number_marks": Key(
        ListOf(Text()),
        'texts that are no part of a number, such as "," between thousands, "%" or "€"; they stand between groups of '
        "three digits, or at an end",
    ),
    "encoding": Key(Text(), "auto: UTF-8, else GBK; or a name such as latin-1"),
    "header": Key(
        OneOf(("auto", True, False)),
        "whether the first row names the columns; auto: unless one of its cells is a number",
    ),
    "columns": Key(ListOf(Text()), "names of the columns, where no row gives them"),
    "missing_values": Key(ListOf(Text()), "further texts that stand for an empty cell, beside NA, NaN and the like"),
    "missing": Key(OneOf(("mean", "median")), "what replaces a missing number"),
    "skewed": Key(OneOf(("log",), also=(None,)), "log: ln(1 + x) of numbers that are never negative and skewed"),
    "clip": Key(
        Number(0, open_low=True, also=(None,)), "standardised numbers are clipped to so many deviations; null: not"
    ),
    "rare_below": Key(Whole(1, also=(None,)), "categories of fewer training rows share one input; null: none do"),
    "sums": Key(MappingOf(ListOf(Text())), "further columns, each the sum of some: {area: [ground, first]}"),
    "openml": Key(MappingOf(also=(None,)), "the data set's number on openml.org, and the file it is kept as"),
}

_TEXT = {
    "corpus": Key(Place(also=(None,)), "a text file, a folder or a pattern; null: the folder of poems in data_dir"),
    "window": Key(Whole(1, 10_000), "tokens of a row at most; of word vectors: words on each side"),
    "stride": Key(Whole(1, also=(None,)), "characters from one window to the next; null: whole poems"),
    "rules.punctuation": Key(OneOf(("drop", "keep")), "drop punctuation, or keep ，。？！；：、 as tokens"),
    "rules.min_length": Key(Whole(1), "characters of a poem at least"),
    "rules.max_length": Key(Whole(1, also=(None,)), "characters of a poem at most"),
    "rules.quatrains": Key(OneOf((5, 7), also=(None,)), "only poems of four lines of so many characters"),
    "rules.form_token": Key(SWITCH, "begin each poem with a token for its form: <5>, <7>, <other>"),
    "rules.min_count": Key(Whole(1), "rarer characters become <UNK>"),
    "rules.val_fraction": Key(SHARE, "share of the poems for validation, by a hash of the poem"),
    "rules.test_fraction": Key(SHARE, "share of the poems for the test, by a hash of the poem"),
    "embedded_poems": Key(Whole(1, 10**6), "synthetic poems"),
    "unit": Key(OneOf(("word", "character")), "word vectors of words, as jieba segments them, or of characters"),
    "user_dictionary": Key(
        Place(also=(None,)), "a file of words for jieba, one a line, with its frequency if you like"
    ),
    "new_words": Key(SWITCH, "let jieba guess words that no dictionary has"),
    "stop_words": Key(Place(), "words to leave out: builtin, none, or a file, one a line"),
    "min_count": Key(Whole(1), "rarer words are left out"),
    "subsample": Key(
        Number(0, 1, open_low=True, also=(None,)), "words with a larger share of all are thinned out; null: none"
    ),
    "embedded_texts": Key(Whole(1, 10**6), "synthetic texts"),
}

_SYNTHETIC = {
    "synthetic": Key(Part(also=(None,)), "what makes the data where no files are at hand"),
    "synthetic_test": Key(Whole(0, 10**7), "synthetic test rows"),
    "rows": Key(Whole(2, 10**8), "generated training rows"),
    "noise": Key(NOT_NEGATIVE, "standard deviation of the noise on generated targets"),
    "weight": Key(ListOf(Number()), "true weights of generated data"),
    "bias": Key(Number(), "true bias of generated data"),
    "x": Key(AnyOf((ListOf(Number()), ListOf(ListOf(Number())))), "inputs: a number or a list for each row"),
    "y": Key(ListOf(Number()), "targets, one a row"),
    "start": Key(ListOf(Number(), 2), "the point (x, y) on a surface where a descent starts"),
}

DATA = _ROWS | _IMAGES | _TABLES | _TEXT | _SYNTHETIC
