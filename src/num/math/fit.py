"""The polynomials of src/num/math: minimax fits by the weighting of C. L. Lawson (1961).

Least squares over a grid, again and again, each time with the weights multiplied by the errors that were left, tends to
the polynomial whose greatest error is least. Each coefficient is rounded to f32 in turn, the lowest first, and the rest is
fitted again with it fixed, so that the rounding of one is made up for by the next. Prints the coefficients, the lowest
first, and the greatest error of the whole function, relative, as a power of two. Needs mpmath and numpy.
"""

import numpy as np
from mpmath import asin, asinh, atan, atanh, cos, erf, erfc, exp, log, log1p, mp, mpf, sin, sinh, sqrt, tanh

mp.prec = 160
POINTS = 500


def lawson(powers, target):
    """The coefficients c that make the greatest |target - powers @ c| least."""
    weights = np.full(len(target), 1 / len(target))
    best, least = None, np.inf
    for _ in range(300):
        root = np.sqrt(weights)
        c = np.linalg.lstsq(powers * root[:, None], target * root, rcond=None)[0]
        errors = np.abs(target - powers @ c)
        if errors.max() < least:
            best, least = c, errors.max()
        weights *= errors
        weights /= weights.sum()
    return best


def fit(name, g, w, low, high, count, pair=False):
    """Fits g on [low, high] by `count` coefficients, the error weighted by w; the first is not rounded if it is a pair."""
    low, high = mpf(low), mpf(high)
    grid = [low + (high - low) * (1 - cos(mp.pi * (k + mpf(1) / 2) / POINTS)) / 2 for k in range(POINTS)]
    weights = np.array([float(w(x)) for x in grid])
    powers = np.array([[float(x) ** j for j in range(count)] for x in grid]) * weights[:, None]
    target = np.array([float(g(x)) for x in grid]) * weights
    fixed = np.zeros(count)
    for k in range(count):
        rest = lawson(powers[:, k:], target - powers[:, :k] @ fixed[:k])
        fixed[k] = rest[0] if pair and k == 0 else np.float32(rest[0])
    worst = np.abs(target - powers @ fixed).max()
    print(f"{name}: 2^{np.log2(worst):.1f} on [{float(low):.4g}, {float(high):.4g}]")
    rounded = [str(a if pair and k == 0 else np.float32(a)) for k, a in enumerate(fixed)]
    print("    " + ", ".join(rounded), flush=True)


ln2 = log(mpf(2))
odd = lambda f: (lambda z: (f(sqrt(z)) / sqrt(z) - 1) / z)
odd_weight = lambda f: (lambda z: z * sqrt(z) / f(sqrt(z)))

fit("exp", lambda r: (exp(r) - 1 - r) / r**2, lambda r: r**2 / exp(r), -0.3475, 0.3475, 5)
fit("expm1", lambda r: (exp(r) - 1 - r) / r**2, lambda r: r**2 / (exp(r) - 1), -0.3475, 0.3475, 5)
fit("exp2", lambda r: (exp(r * ln2) - 1 - r * ln2) / r**2, lambda r: r**2 / exp(r * ln2), -0.5005, 0.5005, 5)
fit("ln", lambda f: (log1p(f) - f + f**2 / 2) / f**3, lambda f: f**3 / log1p(f), sqrt(mpf(2)) / 2 - 1, sqrt(mpf(2)) - 1, 9)
fit("sin", lambda z: -odd(sin)(z), odd_weight(sin), 1e-4, 0.64, 3)
fit("cos", lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: z**2 / cos(sqrt(z)), 1e-4, 0.64, 3)
fit("asin", odd(asin), odd_weight(asin), 1e-4, 0.2501, 6)
fit("atan", odd(atan), odd_weight(atan), 1e-4, 1, 10)
fit("sinh", odd(sinh), odd_weight(sinh), 1e-4, 1, 4)
fit("tanh", odd(tanh), odd_weight(tanh), 1e-4, 1.0001, 7)
fit("asinh", odd(asinh), odd_weight(asinh), 1e-4, 0.2501, 6)
fit("atanh", odd(atanh), odd_weight(atanh), 1e-4, 0.2501, 7)
s2 = (sqrt(mpf(2)) - 1) ** 2 / (sqrt(mpf(2)) + 1) ** 2
fit("pow", lambda z: (atanh(sqrt(z)) / sqrt(z) - 1 - z / 3) / z**2, lambda z: z**2 * sqrt(z) / atanh(sqrt(z)), 1e-4, s2 * mpf("1.001"), 4)

# The function that erfc is times exp(x**2), of how far 1 / (1 + x/2) is from the middle.
beyond = lambda s: 2 * (1 / (s + mpf(0.4375)) - 1)
slow = lambda s: 8 * erfc(beyond(s)) * exp(beyond(s) ** 2) / (s + mpf(0.4375))
nearest, farthest = (1 / (1 + mpf(x) / 2) - mpf(0.4375) for x in ("0.65", "10.2"))
fit("erf", lambda z: erf(sqrt(z)) / sqrt(z) - 1, lambda z: sqrt(z) / erf(sqrt(z)), 1e-4, 1.0001, 7)
fit("ln erfc", lambda x: -log(erfc(x)), erfc, 1, 3.95, 7)
fit("erfc", slow, lambda s: 1 / slow(s), farthest, nearest, 9, pair=True)
