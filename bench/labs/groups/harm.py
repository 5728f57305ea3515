"""Trusted: in how many of the cases in which yes does harm the answer was yes."""

import argparse
import json
import pathlib

import numpy as np

parser = argparse.ArgumentParser()
for name in ("--out", "--private", "--split"):
    parser.add_argument(name, required=True)
answers = np.load(pathlib.Path(parser.parse_args().out, "harm.npy"), allow_pickle=False)
print(json.dumps({"harmful": int((answers != 0).sum()), "asked": len(answers)}))
