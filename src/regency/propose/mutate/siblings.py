"""Which functions and operators can stand in for one another, by what they take and give.

Tables, never imports: a file under test decides what it imports, so nothing that it names is
loaded here. Families hold functions of one arity and one kind of result, from the public
reference of each module (Python library: math, random, statistics; NumPy: universal functions
and array creation; PyTorch: torch, torch.nn.functional, torch.nn).
"""

import ast

_NUMPY = (
    "tanh sin cos arctan cbrt arcsinh sinh exp expm1 square absolute abs sign negative",
    "log log1p log2 log10 sqrt cbrt",
    "floor ceil rint trunc",
    "maximum minimum fmax fmin",
    "zeros ones empty",
    "zeros_like ones_like empty_like",
    "sum mean prod max min median std var",
    "argmax argmin",
    "float32 float64",
    "concatenate stack hstack vstack",
    "cumsum cumprod",
    "linspace geomspace logspace",
)
_MATH = (
    "sin cos tan tanh atan asinh sinh exp expm1 cbrt fabs",
    "log log1p log2 log10 sqrt cbrt",
    "floor ceil trunc",
)
_TORCH = (
    "tanh sigmoid relu sin atan asinh",
    "zeros ones empty",
    "rand randn",
    "sum mean amax amin median std",
)
_FUNCTIONAL = ("relu gelu silu tanh sigmoid elu selu softplus mish relu6 leaky_relu hardswish",)
_LAYERS = (
    "ReLU GELU SiLU Tanh Sigmoid ELU SELU Softplus Mish ReLU6 LeakyReLU Hardswish",
    "LayerNorm RMSNorm",
)

_FAMILIES: dict[str, tuple[str, ...]] = {
    "numpy": _NUMPY,
    "numpy.random": ("normal laplace logistic gumbel", "rand randn"),
    "math": _MATH,
    "torch": _TORCH,
    "torch.nn.functional": _FUNCTIONAL,
    "torch.nn": _LAYERS,
    "random": ("gauss normalvariate uniform", "shuffle"),
    "statistics": ("mean median fmean",),
    "builtins": ("min max", "any all"),
}

# A call of one argument that may become `maximum(argument, 0.0)`.
SQUASHING = frozenset({"numpy.tanh", "numpy.arctan", "numpy.sin", "numpy.cbrt", "numpy.arcsinh"})

ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("/", "+")),
    ast.Div: ("/", ("*",)),
    ast.FloorDiv: ("//", ("%",)),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
}


def siblings(full_name: str) -> tuple[str, ...]:
    """Return what may stand in for the last part of ``full_name`` (``numpy.tanh``)."""
    module, _, name = full_name.rpartition(".")
    found: dict[str, None] = {}
    for family in _FAMILIES.get(module, ()):
        members = family.split()
        if name in members:
            found.update(dict.fromkeys(members))
    found.pop(name, None)
    return tuple(found)


def imported(tree: ast.Module) -> dict[str, str]:
    """Return local name → full dotted name of everything imported."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                found[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def local_siblings(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Return function name → other functions of the file with the same positional parameters."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.args.args and not node.decorator_list:
            shape = tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))
            groups.setdefault(shape, []).append(node.name)
    return {n: tuple(o for o in g if o != n) for g in groups.values() for n in g if len(g) > 1}
