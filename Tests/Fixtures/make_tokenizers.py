#!/usr/bin/env python3
"""Writes tokenizers/: small byte-level BPE tokenizers of the kinds the engine runs, and what `tokenizers` makes of
difficult texts with them.

Needs tokenizers as Transformers of Tests/requirements-bench.txt brings it.

    NAME.json    a tokenizer.json
    cases.json   texts; per tokenizer the ids of each text, without special tokens around it; slices of ids with
                 what they decode to; and long texts as a piece and how often it is repeated, with how many ids they
                 have and the FNV-1a hash of these as little-endian int32
    unicode.json the code points of \\p{L}, \\p{N} and \\s in the regular expressions, and of numbers for `Digits`, as
                 ranges [first, last]
"""

import json
import pathlib
import random
import struct

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(__file__).resolve().parent
PROBE = FOLDER.parent.parent / "Sources/HubInference/Resources/probe.txt"

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
GPT2_SHORT = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

MORE = """
Ein größerer Baum wächst über dem Fluß; naïve façade, œuvre, Ångström, İstanbul, ﬁnale. 12345 1999-12-31 3.14159
Это свободная программа: вы можете распространять её. Ελευθερία και λογισμικό. 自由软件是自由的问题，不是价格的问题。
日本語の文章です。モデルの重みを保存する。 한국어 문장입니다. हिन्दी में एक वाक्य। ภาษาไทย العربية تجربة עברית שלום
I'll say it's what they've done; we're sure he'd go, I'm told they can't. I'LL SAY IT'S WHAT THEY'VE DONE.
for (int i = 0; i < 100; ++i) {\n\t\tif (a[i] != b[i]) return -1;\r\n    }\n\n\n   x = y ** 2  # comment
"""


def lines():
    return (PROBE.read_text() + MORE).splitlines(keepends=True)


def byte_level(name, pre, normalizer=None, decoder=None, size=560, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder or decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False,
        special_tokens=["<|endoftext|>"])
    tokenizer.train_from_iterator(lines(), trainer)
    return name, tokenizer


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior, invert=invert),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def tokenizers():
    byte = pre_tokenizers.ByteLevel
    name, gpt2 = byte_level("gpt2", byte(add_prefix_space=False))
    gpt2.add_tokens(["<|end", "<|endoftext|>!", "    ", "café"])
    gpt2.add_tokens([
        AddedToken("<mask>", lstrip=True), AddedToken("<pad>", rstrip=True), AddedToken("<both>", lstrip=True, rstrip=True),
        AddedToken("hub", single_word=True), AddedToken("<raw>", normalized=False),
    ])
    yield name, gpt2
    yield byte_level("gpt2-prefix", byte(add_prefix_space=True))
    yield byte_level("gpt2-split", split(GPT2))
    yield byte_level("gpt2-split-short", split(GPT2_SHORT))
    name, llama = byte_level("llama3", split(LLAMA3), ignore_merges=True)
    llama.add_special_tokens([AddedToken(f"<|{word}|>", normalized=False, special=True)
                              for word in ("begin_of_text", "eot_id", "reserved_special_token_0")])
    llama.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", llama.token_to_id("<|begin_of_text|>"))])
    # A word of the vocabulary that no merge makes: `ignore_merges` finds it all the same.
    document = json.loads(llama.to_str())
    document["model"]["vocab"]["Ġzzyzx"] = max(document["model"]["vocab"].values()) + 10
    yield name, Tokenizer.from_str(json.dumps(document))
    yield byte_level("llama3-inverted", split(LLAMA3, "removed", True))
    name, qwen = byte_level("qwen2", split(QWEN2), normalizers.NFC())
    qwen.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    # One matched in the text as written, one after normalisation.
    qwen.add_tokens([AddedToken("e\u0301<", normalized=False), AddedToken("Å>", normalized=True)])
    yield name, qwen
    name, smollm = byte_level("smollm2", pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), byte(add_prefix_space=False, use_regex=True)]))
    smollm.add_special_tokens(["<|im_start|>", "<|im_end|>", "<repo_name>"])
    yield name, smollm
    yield byte_level("digits-together", pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=False), byte(add_prefix_space=False)]))
    # A vocabulary that lacks most bytes: what is unknown is left out, or becomes the unknown token.
    for name, unknown in (("gaps", {}), ("gaps-unknown", dict(unk_token="<unk>")),
                          ("gaps-fused", dict(unk_token="<unk>", fuse_unk=True))):
        tokenizer = Tokenizer(models.BPE(**unknown))
        tokenizer.pre_tokenizer = byte(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.train_from_iterator(
            ["the hub keeps weights, the hub keeps models"] * 3,
            trainers.BpeTrainer(vocab_size=60, show_progress=False, special_tokens=list(unknown and ["<unk>"])))
        yield name, tokenizer
    yield "gpt-neo-tiny", Tokenizer.from_file(str(FOLDER / "models/gpt-neo-tiny/tokenizer.json"))


def texts():
    yield from [
        "", " ", "  ", "   ", "\n", "\r\n", "\t", "a", " a", "a ", "  a", "a  b", "a   b", "a\n b", "a \n\n b\n", "\n\n\na",
        "Hello, world!", "I'll say it's we've he'd I'm they're can't", "I'LL SAY IT'S WE'VE HE'D I'M THEY'RE CAN'T",
        "'s't're", "''s", "x'S", "x'\u017f y'\u017fx", "'", " '", "'l", "'L", "it's 'll 'r e", "\u2019s", "don\u2019t",
        "0", "12", "123", "1234", "1234567890", "a1b22c333", "3.14159", "1,000,000", " 42", "  42", "x=1;y=22", "²½٣Ⅷ①", "१२३४५",
        "自由软件是自由的问题，不是价格的问题。", "日本語の文章です。ﾊﾝｶｸ", "한국어 문장", "ภาษาไทย", "हिन्दी में", "العربية تجربة", "עברית",
        "cafe\u0301 café", "A\u030a Å \u212b", "e\u0301<x Å> A\u030a>", "\u1e9b\u0323", "q\u0307\u0323", "각 \u1100\u1161\u11a8",
        "🙂", "👩‍👩‍👧‍👦 family", "🇩🇪🇫🇷", "👍🏽!", "a🙂b", "🙂🙂🙂", "\u200b\u200d\ufeff", "zero\u200bwidth", "\ufeffbom",
        "nul\u0000byte", "\u0001\u0002\u007f\u0080\u009f", "\u00a0nbsp\u00a0", "\u2003em\u2003 \u2003", "\u3000ideographic\u3000",
        "a\u0085b", "\u2028line\u2029par", "\u180evowel", "\u001c\u001d\u001e\u001f", "\u202eright", "\ue000private", "\uffff\ufffe",
        "\U0010ffff", "\U000e0001tag", "\u0378unassigned", "\U0001d54f\U0001d7d8 math", "ǅ ǈ titlecase", "ʰ modifier", "\u0903 mark",
        "\U000323b0 \U00011de3 newer than the tables", "\U00016ea0", "_under__score_", "__init__(self)", "a-b--c---d", "...", "$%&/()=?`´",
        "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> ", "<|endoftext|><|endoftext|>", "<|endoftext|>!", "<|endoftext", "<|end", "<|e",
        "x <mask> y", "x  <mask>  y", "<mask>", "x <pad> y", "x <pad>  \n y", "x  <both>  y<both>z", "\n<mask>\n", "<pad><mask>",
        "hub", "hub hub", "hubs", "a hub.", "github", "hub_", "_hub", "hub1", "éhub", "hubé", "日hub", "-hub-", "hub\u0301", "hubhub hub",
        "<raw>", "a<raw>b", "<mask><raw>", "café au café", "a    b", "a     b", "a        b",
        "<|im_start|>user\nhi<|im_end|>\n", "<|begin_of_text|>x<|eot_id|>", "<repo_name>acme/tiny", "<|IM_START|>",
        " zzyzx", "zzyzx", " zzyzxa", "\r\r\n\n\r", "a\r\n\r\nb", "  \n  \n  a", "a!\n\n", "a!\r\n b", "!!\n\nx", " \t \t x", "\t\tx", "\tx", " \n", "\n ",
        "x\u00a0y", "\u00a0\u00a0x", "\u3000\u3000日本", "def f(x):\n    return x  # done\n\n\n", "https://example.org/a?b=c&d=%20#e",
        "the hub keeps weights", "the hub, keeps; models!", "thé hub", "MODEL model Model",
        "ﬁ ﬀ ß ẞ ŉ", "İI ıi", "\u0345", "Z\u0351\u036b\u0343\u036a\u0302a\u0334\u0318l\u035dg\u0332o", "a\u0300" * 30,
    ]
    random.seed(7)
    alphabet = list("aZé'sStTlLrRvVdDmMeE  \t\n\r\n  00123!?._-<|>hub漢字😀") + [
        "\u0301", "\u00a0", "\u3000", "\u2003", "\u017f", "'ll", "'VE", "<|endoftext|>", "<mask>", "hub", "١", "²", "Ⅷ", "👩‍👧", "\u200d",
        "\u0085", "ß", "Å", "A\u030a", "e\u0301", "ʼ", "\U0001d7d8", "ก", "가"]
    for _ in range(220):
        yield "".join(random.choice(alphabet) for _ in range(random.randint(1, 30)))
    for _ in range(40):
        yield "".join(chr(c) for c in random.choices(range(0x3000), k=20) if not 0xD800 <= c < 0xE000)


LONG = [("a", 30000), (" ", 30000), ("ab", 20000), ("0", 10000), ("\n", 9000), ("🙂", 5000), ("the ", 8000), ("!?", 9000), ("字", 9000),
        ("a\u0301", 6000), ("'s", 6000), (" \n", 7000)]


def fnv(ids):
    value = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(ids)}i", *ids):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def ranges(members):
    result = []
    for code in members:
        if result and result[-1][1] == code - 1:
            result[-1][1] = code
        else:
            result.append([code, code])
    return result


def unicode_classes():
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    classes = {}
    for name, pattern in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s")):
        pre = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
        members = []
        for start in range(0, len(codes), 4096):
            block = codes[start:start + 4096]
            for _, (first, end) in pre.pre_tokenize_str("".join(map(chr, block))):
                members += block[first:end]
        classes[name] = ranges(members)
    digits = pre_tokenizers.Digits(individual_digits=False)
    members = []
    for start in range(0, len(codes), 4096):
        block = codes[start:start + 4096]
        text = "".join("a" + chr(code) for code in block) + "a"
        # Pieces that are cut from the letters around them.
        for _, (first, end) in digits.pre_tokenize_str(text):
            if end - first == 1 and first % 2:
                members.append(block[first // 2])
    classes["digit"] = ranges(members)
    return classes


def main():
    folder = FOLDER / "tokenizers"
    folder.mkdir(exist_ok=True)
    cases = {"texts": list(texts()), "tokenizers": {}}
    for name, tokenizer in tokenizers():
        if name != "gpt-neo-tiny":
            document = json.loads(tokenizer.to_str())
            if name.startswith("gpt2"):  # as older files have them
                document["model"]["merges"] = [" ".join(pair) for pair in document["model"]["merges"]]
            (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False) + "\n")
            tokenizer = Tokenizer.from_file(str(folder / f"{name}.json"))
        encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
        random.seed(11)
        words = sorted(tokenizer.get_vocab().values())
        slices = [random.choices(words, k=random.randint(1, 12)) for _ in range(120)]
        cases["tokenizers"][name] = {
            "ids": [encode(text) for text in cases["texts"]],
            "decoded": [[ids, tokenizer.decode(ids, skip_special_tokens=False)] for ids in slices],
            "long": [dict(piece=piece, times=times, count=len(ids), hash=str(fnv(ids)))
                     for piece, times in LONG for ids in [encode(piece * times)]],
        }
        print(name, tokenizer.get_vocab_size(), sum(map(len, cases["tokenizers"][name]["ids"])))
    (folder / "cases.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    (folder / "unicode.json").write_text(json.dumps(unicode_classes(), separators=(",", ":")) + "\n")


main()
