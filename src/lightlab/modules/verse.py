"""Generates verse with a language model: (tokens (N, T), state) → (logits (N, T, V), state)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from itertools import product

import torch
from torch import Tensor, nn

from lightlab.errors import UsageError
from lightlab.modules.verse_options import Verse, mark_after

COLDEST = 1e-6  # below this temperature the likeliest token is taken: float32 could not divide by it
BATCH = 1000  # poems that are written at a time


class Alphabet:
    """The tokens of a vocabulary by their use.

    Attributes:
        characters: (V,) whether a token is a character that may stand in a line, unlike a form, a mark and <UNK>.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = vocabulary
        self.number = {token: number for number, token in enumerate(vocabulary)}
        self.known = {token for token in vocabulary if len(token) == 1 and token.isalnum()}
        self.characters = torch.tensor([token in self.known for token in vocabulary])

    def form(self, length: int) -> int | None:
        """Returns the token that begins a poem with lines of this length; None if the model knows none."""
        return self.number.get(f"<{length}>", self.number.get("<other>"))

    def check_known(self, characters: Sequence[str], option: str) -> None:
        """Raises `UsageError`, which names them, if the model has not learnt some of these characters."""
        unknown = [character for character in dict.fromkeys(characters) if character not in self.known]
        if unknown:
            raise UsageError(
                f"{option}: {'、'.join(unknown)} is not among the {len(self.known):,} characters that this "
                "model has learnt; choose another"
            )


def write_poems(
    network: nn.Module,
    vocabulary: Sequence[str],
    verse: Verse,
    device: torch.device,
    rhymes: Sequence[int] | None = None,
) -> list[str]:
    """Returns `verse.count` poems for each start, with marks: ，after odd lines, 。after even ones.

    Args:
        rhymes: the number of each token's rhyme, -1 for none; needed if `verse.rhyme`.

    Raises:
        UsageError: the model does not know a start, or its vocabulary is too small for the form.
    """
    alphabet = Alphabet(vocabulary)
    starts = [start for start in verse.starts or [""] for _ in range(verse.count)]
    alphabet.check_known(verse.starts, f"start={verse.start}")
    alphabet.check_known(verse.acrostic, f"acrostic={verse.acrostic}")
    _check_size(alphabet, verse)
    if not verse.start and not verse.acrostic and alphabet.form(verse.length) is None:
        raise UsageError("start= is missing: this model continues a character; give start=春 or acrostic=春夏秋冬")
    generator = torch.Generator().manual_seed(verse.seed)
    poems: list[str] = []
    was_training = network.training
    network.eval()
    for first in range(0, len(starts), BATCH):
        poet = _Poet(network, alphabet, verse, starts[first : first + BATCH], device, generator, rhymes)
        poems += map(poet.as_text, poet.write().tolist())
    network.train(was_training)
    return poems


def _check_size(alphabet: Alphabet, verse: Verse) -> None:
    known, wanted = len(alphabet.known), verse.line_count * verse.length
    if verse.no_repeat and known < wanted:
        raise UsageError(f"no_repeat=true: a poem of {wanted} characters from a vocabulary of {known}; write less")


@dataclass
class _Poet:
    """Writes a batch of poems a character at a time, and carries the hidden state along."""

    network: nn.Module
    alphabet: Alphabet
    verse: Verse
    starts: list[str]
    device: torch.device
    generator: torch.Generator
    groups: InitVar[Sequence[int] | None]  # the number of each token's rhyme

    def __post_init__(self, groups: Sequence[int] | None) -> None:
        self.state: object = None
        self.logits = torch.empty(0)  # (N, V) of the next token
        self.free = self.alphabet.characters.repeat(len(self.starts), 1)  # (N, V) tokens that may still be used
        rhyming = groups if self.verse.rhyme else None
        self.rhymes = _Rhymes(rhyming, self.alphabet, self.verse, len(self.starts)) if rhyming else None

    @torch.inference_mode()
    def write(self) -> Tensor:
        """Returns tokens (N, lines, length)."""
        lines, length = self.verse.line_count, self.verse.length
        poems = torch.zeros(len(self.starts), lines, length, dtype=torch.long)
        if self.verse.no_repeat:
            self._use(torch.tensor([self._forced(line) for line in range(lines) if self._forced(line)]).T)
        form = self.alphabet.form(length)
        if form is not None:
            self._feed(torch.full((len(self.starts),), form))
        for line, place in product(range(lines), range(length)):
            forced = self._forced(line) if place == 0 else []
            token = torch.tensor(forced) if forced else self._choose(line, place)
            poems[:, line, place] = token
            if self.verse.no_repeat:
                self._use(token[:, None])
            self._feed(token)
            if place == length - 1 and mark_after(line) in self.alphabet.number:
                self._feed(torch.full_like(token, self.alphabet.number[mark_after(line)]))
        return poems

    def as_text(self, poem: list[list[int]]) -> str:
        """Converts tokens (lines, length)."""
        lines = ("".join(self.alphabet.vocabulary[token] for token in line) for line in poem)
        return "".join(line + mark_after(number) for number, line in enumerate(lines))

    def _forced(self, line: int) -> list[int]:
        characters = [self.verse.first_of_line(line, start) for start in self.starts]
        return [self.alphabet.number[character] for character in characters] if all(characters) else []

    def _use(self, tokens: Tensor) -> None:
        """Bars tokens (N, any) from being used again in their poem."""
        if tokens.numel():
            self.free.scatter_(1, tokens, False)

    def _feed(self, tokens: Tensor) -> None:
        logits, self.state = self.network(tokens[:, None].to(self.device), self.state)
        self.logits = logits[:, -1].float().cpu()  # the CPU draws: the same on every device

    def _choose(self, line: int, place: int) -> Tensor:
        ends_on_rhyme = self.rhymes is not None and line % 2 and place == self.verse.length - 1
        allowed = self.free & self.rhymes.allowed() if self.rhymes and ends_on_rhyme else self.free
        tokens = sample(self.logits.masked_fill(~allowed, -torch.inf), self.verse, self.generator)
        if self.rhymes and ends_on_rhyme:
            self.rhymes.use(tokens)
        return tokens


class _Rhymes:
    """Which tokens may end the next rhyming line: at first those with enough rhymes, then those that rhyme."""

    def __init__(self, groups: Sequence[int], alphabet: Alphabet, verse: Verse, poems: int) -> None:
        self.groups = torch.tensor(groups).masked_fill(~alphabet.characters, -1)  # (V,)
        needed = verse.line_count // 2 + (verse.line_count * verse.length if verse.no_repeat else 0)
        sizes = (self.groups[:, None] == self.groups).sum(1)
        self.first = (sizes >= needed) & (self.groups >= 0)
        if needed and not self.first.any():
            raise UsageError("rhyme=true: no rhyme of this model's vocabulary has enough characters; write fewer lines")
        self.chosen: Tensor | None = None  # (N,) groups
        self.used = torch.zeros(poems, len(self.groups), dtype=torch.bool)

    def allowed(self) -> Tensor:
        if self.chosen is None:
            return self.first
        return (self.groups == self.chosen[:, None]) & ~self.used

    def use(self, tokens: Tensor) -> None:
        if self.chosen is None:
            self.chosen = self.groups[tokens]
        self.used.scatter_(1, tokens[:, None], True)


def sample(logits: Tensor, verse: Verse, generator: torch.Generator) -> Tensor:
    """Draws a token for each row of logits (N, V) → (N,); rows hold -inf where nothing may be drawn."""
    if verse.temperature < COLDEST:
        return logits.argmax(1)
    logits = (logits - logits.amax(1, keepdim=True)) / verse.temperature
    if verse.top_k is not None:
        least = logits.topk(min(verse.top_k, logits.shape[1])).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    probabilities = logits.softmax(1)
    if verse.top_p is not None:
        probabilities = nucleus(probabilities, verse.top_p)
    return torch.multinomial(probabilities, 1, generator=generator).squeeze(1)


def nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Keeps the fewest likeliest entries of each row (N, V) whose sum reaches `top_p` (arXiv:1904.09751)."""
    ordered, order = probabilities.sort(1, descending=True)
    kept = ordered.cumsum(1) - ordered < top_p
    kept[:, 0] = True  # where top_p is 0 as a float32
    return torch.zeros_like(probabilities).scatter(1, order, ordered.where(kept, 0.0))


# Finals that rhyme: the fourteen classes of the New Chinese Rhymes (中华新韵).
_CLASSES = (
    "a ia ua, o e uo, ie ve ê, ai uai, ei uei, ao iao, ou iou, an ian uan van, en in uen vn, ang iang uang, "
    "eng ing ueng ong iong, i er v, -i, u"
)
_CLASS = {final: number for number, finals in enumerate(_CLASSES.split(",")) for final in finals.split()}
_BUZZING = {"zh", "ch", "sh", "r", "z", "c", "s"}  # an i after one of these is another vowel


def rhyme_groups(tokens: Sequence[str]) -> list[int]:
    """Returns the number of each token's rhyme, different for level and oblique tones; -1 if it has none.

    Raises:
        UsageError: pypinyin, which knows how characters are read, is not installed.
    """
    try:
        from pypinyin import Style, pinyin
    except ImportError:
        raise UsageError("rhyme=true needs the package pypinyin, an extra: pip install 'lightlab-dl[rhymes]'") from None

    def read(token: str, style: Style) -> str:
        return pinyin(token, style=style, errors="ignore")[0][0] if pinyin(token, errors="ignore") else ""

    groups = []
    for token in tokens:
        final = read(token, Style.FINALS_TONE3) if len(token) == 1 else ""
        vowel, tone = final.rstrip("1234"), final[-1:]
        if vowel == "i" and read(token, Style.INITIALS) in _BUZZING:
            vowel = "-i"
        number = _CLASS.get(vowel)
        groups.append(-1 if number is None else 2 * number + (tone in ("3", "4")))
    return groups
