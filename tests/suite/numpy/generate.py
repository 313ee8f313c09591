"""Writes cases.txt, which tests/suite/numpy/main.rs reads: formulas, and what numpy makes of them.

    python3 -m venv target/venv && target/venv/bin/pip install numpy
    target/venv/bin/python tests/suite/numpy/generate.py > tests/suite/numpy/cases.txt

Python's own parser reads each formula, and numpy computes each operation in float64, rounded to float32 as the language
computes. A function may be off by the ULP that it is promised to be within: the formula is computed again and again with
every function's result moved by as much at random, and how far the result moves is the tolerance. Arithmetic, comparisons
and what is exact are not moved, so formulas of these have to agree to the bit.

Where numpy leaves something open, or the language departs from it, the rule of the language is used here:
minimum and maximum order -0 before +0, and copysign takes a NaN as positive. deg2rad and rad2deg are products with a constant
of float32, as numpy's of float32 are; logaddexp near 0 is as exact as a result of a half.

The first three lines of cases.txt are the values of x, y and z, as the bits of float32 in hexadecimal. Formula number n has
y rotated to the left by n elements and z by 5 n. Its line is the formula, a tab, and for each element the expected bits and,
after a ~, the tolerance in ULP. NaN is n, and ? is an element that no tolerance can judge, as the errors that are promised
make it anything.
"""

import ast
import math
import random
import sys

import numpy as np

np.seterr(all="ignore")
SEED, RUNS, RANDOM = 20260719, 24, 600
F32 = np.float32

EDGES = [
    float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e-45, -1e-45, 1.1754942e-38, 1.17549435e-38, 3.4028235e38,
    -3.4028235e38, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 0.1, -0.1, 7.25, -7.25, 1e-30, 1.8446828e19, 1e30, 16777216.0,
    8388607.5, 88.7, -103.3, 3.1415927, 1.0000001, 0.99999994,
]
N = len(EDGES)


def column(seed, sign):
    values = [F32(v) for v in EDGES]
    random.Random(seed).shuffle(values)
    return np.array([v * F32(sign) for v in values], dtype=F32)


COLUMNS = {"x": np.array(EDGES, dtype=F32), "y": column(1, 1), "z": column(2, -1)}


def rotated(case):
    turns = {"x": 0, "y": case, "z": 5 * case}
    return {name: np.roll(values, -(turns[name] % N)) for name, values in COLUMNS.items()}


def least(a, b):
    return np.where((a == 0) & (b == 0), np.where(np.signbit(a), a, b), np.minimum(a, b))


def greatest(a, b):
    return np.where((a == 0) & (b == 0), np.where(np.signbit(a), b, a), np.maximum(a, b))


# Name: the function in float64, and the ULP that it is promised to be within; 0 where it is correctly rounded.
UNARY = {
    "abs": (np.abs, 0), "sqrt": (np.sqrt, 0), "floor": (np.floor, 0), "round": (np.rint, 0), "ceil": (np.ceil, 0),
    "trunc": (np.trunc, 0), "sign": (np.sign, 0), "exp": (np.exp, 1), "exp2": (np.exp2, 1), "expm1": (np.expm1, 2),
    "log": (np.log, 1), "log2": (np.log2, 1), "log10": (np.log10, 1), "log1p": (np.log1p, 2), "sin": (np.sin, 1),
    "cos": (np.cos, 1), "tan": (np.tan, 2), "arcsin": (np.arcsin, 2), "arccos": (np.arccos, 2),
    "arctan": (np.arctan, 2), "sinh": (np.sinh, 2), "cosh": (np.cosh, 2), "tanh": (np.tanh, 1),
    "arcsinh": (np.arcsinh, 2), "arccosh": (np.arccosh, 2), "arctanh": (np.arctanh, 2), "cbrt": (np.cbrt, 1),
    "square": (np.square, 0), "reciprocal": (lambda a: 1 / a, 0), "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), 2),
    "erf": (np.vectorize(math.erf), 2), "erfc": (np.vectorize(math.erfc), 2),
    "deg2rad": (lambda a: a * float(F32(F32(np.pi) / F32(180))), 0),
    "rad2deg": (lambda a: a * float(F32(F32(180) / F32(np.pi))), 0),
}
BINARY = {
    "minimum": (least, 0), "maximum": (greatest, 0), "power": (np.power, 2), "hypot": (np.hypot, 2),
    "arctan2": (np.arctan2, 2), "fmod": (np.fmod, 0), "remainder": (np.remainder, 0),
    "copysign": (lambda a, b: np.copysign(a, np.where(np.isnan(b), 1.0, b)), 0),
    "heaviside": (np.heaviside, 0), "logaddexp": (np.logaddexp, 2),
    "nextafter": (lambda a, b: np.nextafter(a.astype(F32), b.astype(F32)).astype(float), 0),
}
TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}
CONSTANTS = {"pi": np.pi, "tau": 2 * np.pi, "e": np.e, "inf": np.inf, "nan": np.nan, "True": True, "False": False}
OPERATORS = {
    ast.Add: (np.add, 0), ast.Sub: (np.subtract, 0), ast.Mult: (np.multiply, 0), ast.Div: (np.divide, 0),
    ast.Mod: (np.remainder, 0), ast.FloorDiv: (np.floor_divide, 0), ast.Pow: (np.power, 2),
}
COMPARE = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def spacing(value):
    return np.maximum(2.0**-149, np.exp2(np.floor(np.log2(np.abs(value))) - 23))


class Evaluation:
    """Evaluates Python's syntax tree. Numbers are float64 arrays of float32 values, conditions bool arrays."""

    def __init__(self, inputs, moves):
        self.inputs, self.moves = inputs, moves

    def rounded(self, value, ulp=0, least_size=0.0):
        value = np.asarray(value, dtype=float)
        if ulp and self.moves is not None:
            moved = self.moves.uniform(-ulp, ulp, value.shape)
            ends = self.moves.integers(0, 2, value.shape)
            moved = np.where(ends == 1, np.sign(moved) * ulp, moved)
            known = np.isfinite(value) & (value != 0)
            value = np.where(known, value + moved * spacing(np.maximum(np.where(known, np.abs(value), 1.0), least_size)), value)
        return value.astype(F32).astype(float)

    def number(self, node):
        value = self.of(node)
        return value.astype(float) if value.dtype == bool else value

    def of(self, node):
        n = self.number
        match node:
            case ast.Constant(value=bool(value)):
                return np.full(N, value)
            case ast.Constant(value=value):
                return self.rounded(np.full(N, float(value)))
            case ast.Name(id=name):
                if name in CONSTANTS:
                    return self.rounded(np.full(N, CONSTANTS[name]))
                return self.inputs[name].astype(float)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return -n(a)
            case ast.UnaryOp(op=ast.UAdd(), operand=a):
                return n(a)
            case ast.UnaryOp(op=ast.Invert() | ast.Not(), operand=a):
                return np.logical_not(self.condition(a))
            case ast.BinOp(op=ast.BitAnd(), left=a, right=b):
                return self.condition(a) & self.condition(b)
            case ast.BinOp(op=ast.BitOr(), left=a, right=b):
                return self.condition(a) | self.condition(b)
            case ast.BinOp(op=op, left=a, right=b):
                function, ulp = OPERATORS[type(op)]
                a, b = n(a), n(b)
                if isinstance(op, ast.Pow) and b.min() == b.max() and b[0] in (0.0, 0.5, 1.0, 2.0):
                    function, ulp = (np.sqrt, 0) if b[0] == 0.5 else (np.power, 0)
                    return self.rounded(function(a) if b[0] == 0.5 else function(a, b))
                return self.rounded(function(a, b), ulp)
            case ast.BoolOp(op=op, values=values):
                join = np.logical_and if isinstance(op, ast.And) else np.logical_or
                return join.reduce([self.condition(value) for value in values])
            case ast.Compare(left=left, ops=ops, comparators=rights):
                values = [n(left)] + [n(right) for right in rights]
                return np.logical_and.reduce([COMPARE[type(op)](a, b) for op, a, b in zip(ops, values, values[1:])])
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, args)
        raise ValueError(ast.dump(node))

    def condition(self, node):
        value = self.of(node)
        assert value.dtype == bool, ast.unparse(node)
        return value

    def call(self, name, args):
        if name == "where":
            yes, no = self.of(args[1]), self.of(args[2])
            return np.where(self.condition(args[0]), yes, no)
        if name in TESTS:
            return TESTS[name](self.number(args[0]))
        values = [self.number(arg) for arg in args]
        if name == "clip":
            return least(greatest(values[0], values[1]), values[2])
        if name == "fma":
            return self.rounded(values[0] * values[1] + values[2])
        if name == "fract":
            return self.rounded(values[0] - np.floor(values[0]))
        if name == "rsqrt":
            return self.rounded(1 / self.rounded(np.sqrt(values[0])))
        function, ulp = (UNARY | BINARY)[name]
        return self.rounded(function(*values), ulp, 0.5 if name == "logaddexp" else 0.0)


def rank(values):
    """The place of each number among all float32, so that a difference of 1 is one ULP."""
    bits = values.astype(F32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def expected(text, case):
    tree, inputs = ast.parse(text, mode="eval").body, rotated(case)
    exact = Evaluation(inputs, None).number(tree)
    moves = np.random.default_rng([SEED, case])
    runs = [Evaluation(inputs, moves).number(tree) for _ in range(RUNS)]
    words = []
    for i, value in enumerate(exact.astype(F32)):
        others = np.array([run[i] for run in runs], dtype=F32)
        if np.isnan(value) and np.isnan(others).all():
            words.append("n")
            continue
        moved = others.view(np.uint32) != value.view(np.uint32)
        if not moved.any():
            words.append(f"{value.view(np.uint32):x}")
            continue
        if np.isnan(value) or np.isnan(others).any():
            words.append("?")
            continue
        # Twice what was found at random, and one for the last rounding.
        off = 2 * int(np.abs(rank(others) - rank(np.array([value]))).max()) + 1
        words.append(f"{value.view(np.uint32):x}~{off}" if off <= 4096 else "?")
    return words


def systematic():
    yield from (f"{name}(x)" for name in [*UNARY, "fract", "rsqrt", *TESTS])
    yield from (f"{name}(x, y)" for name in BINARY)
    yield from (f"{name}({a})" for name in ["expm1", "tanh", "sinh"] for a in ["x*1e-30", "x/1e30"])
    yield from ["clip(x, y, z)", "fma(x, y, z)", "where(x < y, x, z)", "where(x < y, y < z, x == z)"]
    yield from (f"x {op} {b}" for op in ["+", "-", "*", "/", "//", "%", "**"] for b in ["y", "z", "0.1"])
    yield from (f"3 {op} x" for op in ["-", "/", "//", "%", "**"])
    yield from (f"x {op} {b}" for op in ["<", "<=", ">", ">=", "==", "!="] for b in ["y", "0"])
    yield from ["x < y < z", "x <= y != z", "not x < y", "x < y and y < z or x > z", "not x < y and y < z"]
    yield from ["(x < y) & (y < z) | (z < x)", "~(x < y) | (y == z)", "-x", "--x + 0", "-x ** 2", "x - y - z"]
    yield from ["x // y * y + x % y", "2 ** -x", "-x % y", "-x // y", "x ** y ** 2", "x / y / z", "x - (y - z)"]
    exponents = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 31, 32, 64, 65, 100, 0.5, 1.5, 2.5, 0.25]
    yield from (f"x ** {exponent}" for exponent in exponents)
    yield from (f"x ** -{exponent}" for exponent in exponents)


class Random:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def name(self, name):
        return ast.Name(id=name)

    def leaf(self):
        if self.r.random() < 0.7:
            return self.name(self.r.choice("xyz"))
        if self.r.random() < 0.2:
            return self.name(self.r.choice(["pi", "tau", "e"]))
        return ast.Constant(self.r.choice([0, 1, 2, 3, 0.5, 0.1, 1.5, 10, 7, 1e-3, 1e6, 1e-30, 1e30, 100]))

    def number(self, depth):
        if depth == 0 or self.r.random() < 0.1:
            return self.leaf()
        sub = lambda: self.number(depth - 1)
        call = lambda name, count: ast.Call(func=self.name(name), args=[sub() for _ in range(count)], keywords=[])
        match self.r.choices(range(9), [34, 8, 16, 12, 3, 8, 12, 4, 4])[0]:
            case 0:
                op = self.r.choice([ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Add, ast.Sub, ast.Mult, ast.Mod, ast.FloorDiv])
                return ast.BinOp(left=sub(), op=op(), right=sub())
            case 1:
                return ast.UnaryOp(op=ast.USub(), operand=sub())
            case 2:
                return call(self.r.choice([*UNARY, "fract", "rsqrt"]), 1)
            case 3:
                return call(self.r.choice([*BINARY]), 2)
            case 4:
                return call(self.r.choice(["clip", "fma"]), 3)
            case 5:
                exponent = ast.Constant(self.r.choice([2, 3, 2, 3, 4, 5, 8, 0.5, 1.5, 16, 1]))
                if self.r.random() < 0.3:
                    exponent = ast.UnaryOp(op=ast.USub(), operand=exponent)
                return ast.BinOp(left=sub(), op=ast.Pow(), right=exponent)
            case 6:
                return ast.Call(func=self.name("where"), args=[self.condition(depth - 1), sub(), sub()], keywords=[])
            case 7:
                return ast.BinOp(left=self.condition(depth - 1), op=ast.Mult(), right=sub())
            case _:
                return ast.BinOp(left=sub(), op=ast.Pow(), right=sub())

    def condition(self, depth):
        sub = lambda: self.condition(depth - 1)
        number = lambda: self.number(max(depth - 1, 0))
        kind = self.r.choices(range(7), [30, 10, 10, 6, 6, 6, 4])[0] if depth > 0 else 0
        match kind:
            case 0:
                count = self.r.choice([1, 1, 1, 2, 3])
                ops = [self.r.choice(list(COMPARE))() for _ in range(count)]
                return ast.Compare(left=number(), ops=ops, comparators=[number() for _ in range(count)])
            case 1:
                return ast.BoolOp(op=self.r.choice([ast.And, ast.Or])(), values=[sub() for _ in range(self.r.choice([2, 3]))])
            case 2:
                return ast.BinOp(left=sub(), op=self.r.choice([ast.BitAnd, ast.BitOr])(), right=sub())
            case 3:
                return ast.UnaryOp(op=ast.Not(), operand=sub())
            case 4:
                return ast.UnaryOp(op=ast.Invert(), operand=sub())
            case 5:
                return ast.Call(func=self.name(self.r.choice([*TESTS])), args=[number()], keywords=[])
            case _:
                return ast.Call(func=self.name("where"), args=[sub(), sub(), sub()], keywords=[])


def formulas():
    known = list(dict.fromkeys(systematic()))
    yield from known
    made, r = set(known), Random(SEED)
    while len(made) < len(known) + RANDOM:
        node = r.number(r.r.choice([2, 3, 3, 4])) if r.r.random() < 0.8 else r.condition(r.r.choice([2, 3]))
        text = ast.unparse(ast.fix_missing_locations(node))
        if len(text) <= 120 and any(name in text for name in "xyz") and text not in made:
            made.add(text)
            yield text


def main():
    for name, values in COLUMNS.items():
        print(name, *(f"{value.view(np.uint32):x}" for value in values))
    judged = total = 0
    for case, text in enumerate(formulas()):
        words = expected(text, case)
        judged += sum(word != "?" for word in words)
        total += len(words)
        print(text, " ".join(words), sep="\t")
    print(f"{case + 1} formulas, {judged} of {total} elements judged", file=sys.stderr)
    assert judged > 0.97 * total


main()
