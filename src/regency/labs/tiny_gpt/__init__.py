"""A second, heavier lab: a byte-level GPT in PyTorch, trained for ten CPU-seconds or on a GPU."""

NEEDS = {"torch": "pip install 'regency[torch]'"}  # module → how to get it
SHARED = {"tiny_lm": ("prepare.py", "score.py")}  # the same text, windows and scorer
