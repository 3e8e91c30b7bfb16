#!/usr/bin/env python3
"""Prints the figures that tests/unit/models compare ours with: scikit-learn's, on data made by formula.

    python3 tests/support/sklearn_metrics.py metrics > tests/unit/models/sklearn_metrics.json
    python3 tests/support/sklearn_metrics.py learners > tests/unit/models/sklearn_learners.json

Needs numpy, scipy and scikit-learn 1.9. The formulas stand here and in tests/unit/models/made_data.h: the two must agree.
"""
import json
import sys
import warnings

import numpy as np

MASK = (1 << 64) - 1


def mix(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def draw(seed: int, number: int) -> float:
    return (mix(mix(seed) ^ number) >> 11) * 2.0**-53


def column(seed: int, rows: int) -> np.ndarray:
    return np.array([draw(seed, i) for i in range(rows)])


def rounded(values: np.ndarray, grid: int) -> np.ndarray:
    """To multiples of 1 / grid, so that there are ties; 0 = as they are."""
    return np.floor(values * grid) / grid if grid else values


# name, task, classes, rows, seed, grid, weighted
CASES = [
    ("two classes", "classify", 2, 500, 1, 0, False),
    ("two classes, ties", "classify", 2, 500, 2, 10, False),
    ("two classes, weights", "classify", 2, 500, 3, 0, True),
    ("two classes, ties and weights", "classify", 2, 800, 4, 20, True),
    ("two classes, few rows", "classify", 2, 12, 5, 0, False),
    ("two classes, sure predictions", "classify", 2, 300, 6, 2, False),
    ("two classes, many rows", "classify", 2, 5000, 7, 0, True),
    ("three classes", "classify", 3, 500, 8, 0, False),
    ("three classes, weights", "classify", 3, 400, 9, 0, True),
    ("three classes, ties", "classify", 3, 400, 10, 4, False),
    ("seven classes", "classify", 7, 900, 11, 0, False),
    ("numbers", "regress", 1, 500, 12, 0, False),
    ("numbers, weights", "regress", 1, 501, 13, 0, True),
    ("numbers, ties", "regress", 1, 400, 14, 8, False),
    ("numbers, ties and weights", "regress", 1, 400, 15, 4, True),
    ("numbers, two rows", "regress", 1, 2, 16, 0, False),
    ("queries", "rank", 1, 600, 17, 0, False),
    ("queries, ties", "rank", 1, 600, 18, 5, False),
    ("queries, weights", "rank", 1, 600, 19, 0, True),
    ("queries, long", "rank", 1, 900, 20, 50, False),
]


def made(task, classes, rows, seed, grid, weighted):
    a, b, c = column(seed * 10, rows), column(seed * 10 + 1, rows), column(seed * 10 + 2, rows)
    weight = np.floor(c * 8) / 4 + 0.25 if weighted else None
    if task == "classify" and classes == 2:
        p = rounded(a, grid)
        return (b < 0.2 + 0.6 * a).astype(float), p, weight
    if task == "classify":
        y = np.floor(b * classes)
        raw = np.stack([rounded(column(seed * 10 + 3 + k, rows), grid) + 0.125 + (y == k) * 0.5 for k in range(classes)], 1)
        total = raw[:, 0].copy()
        for k in range(1, classes):
            total += raw[:, k]
        return y, raw / total[:, None], weight
    if task == "regress":
        return rounded(a, grid) * 10 - 3, rounded(a * 0.75 + b * 0.25, grid) * 10 - 2.5, weight
    return np.floor(b * b * 4), rounded(a * 0.5 + b * 0.5, grid), weight


def two_classes(y, p, w):
    from sklearn import metrics as m
    said = (p >= 0.5).astype(float)
    edges = np.clip(np.ceil(p * 15) - 1, 0, 14).astype(int)
    weight = np.ones(len(y)) if w is None else w
    ece = sum(abs(np.sum((weight * (y - p))[edges == b])) for b in range(15)) / weight.sum()
    return {
        "auc": m.roc_auc_score(y, p, sample_weight=w), "log_loss": m.log_loss(y, p, sample_weight=w),
        "average_precision": m.average_precision_score(y, p, sample_weight=w), "brier": m.brier_score_loss(y, p, sample_weight=w),
        "accuracy": m.accuracy_score(y, said, sample_weight=w),
        "balanced_accuracy": m.balanced_accuracy_score(y, said, sample_weight=w),
        "f1": m.f1_score(y, said, sample_weight=w), "mcc": m.matthews_corrcoef(y, said, sample_weight=w), "ece": ece,
    }


def many_classes(y, p, w):
    from sklearn import metrics as m
    said = p.argmax(1).astype(float)
    return {
        "log_loss": m.log_loss(y, p, sample_weight=w), "brier": m.brier_score_loss(y, p, sample_weight=w),
        "macro_auc": m.roc_auc_score(y, p, multi_class="ovr", sample_weight=w),
        "accuracy": m.accuracy_score(y, said, sample_weight=w),
        "balanced_accuracy": m.balanced_accuracy_score(y, said, sample_weight=w),
        "macro_f1": m.f1_score(y, said, average="macro", sample_weight=w),
    }


def numbers(y, p, w):
    from sklearn import metrics as m
    return {
        "rmse": m.root_mean_squared_error(y, p, sample_weight=w), "mae": m.mean_absolute_error(y, p, sample_weight=w),
        "r2": m.r2_score(y, p, sample_weight=w), "median_ae": m.median_absolute_error(y, p, sample_weight=w),
        "mape": m.mean_absolute_percentage_error(y, p, sample_weight=w),
        "pinball": m.mean_pinball_loss(y, p, sample_weight=w, alpha=0.5),
    }


def queries(y, p, w, size):
    from sklearn import metrics as m
    figures = {"ndcg": [], "ndcg@10": [], "map": [], "mrr": []}
    weights = []
    relevant = []
    for begin in range(0, len(y), size):
        t, s = y[begin:begin + size], p[begin:begin + size]
        weights.append(1.0 if w is None else w[begin:begin + size].mean())
        figures["ndcg"].append(m.ndcg_score([t], [s]))
        figures["ndcg@10"].append(m.ndcg_score([t], [s], k=10))
        relevant.append(bool((t > 0).any()))
        if relevant[-1]:
            figures["map"].append(m.label_ranking_average_precision_score([t > 0], [s]))
            figures["mrr"].append(1 / (s >= s[t > 0].max()).sum())
    kept = [x for x, r in zip(weights, relevant) if r]
    return {name: np.average(values, weights=weights if name.startswith("ndcg") else kept) for name, values in figures.items()}


def delong(y, p):
    """The standard error, from all pairs."""
    one, zero = p[y > 0.5], p[y < 0.5]
    psi = (one[:, None] > zero[None]) + 0.5 * (one[:, None] == zero[None])
    return float(np.sqrt(psi.mean(1).var(ddof=1) / len(one) + psi.mean(0).var(ddof=1) / len(zero)))


def metrics():
    answer = []
    for name, task, classes, rows, seed, grid, weighted in CASES:
        y, p, w = made(task, classes, rows, seed, grid, weighted)
        size = 45 if "long" in name else 12
        figures = (two_classes(y, p, w) if classes == 2 else many_classes(y, p, w) if task == "classify" else
                   numbers(y, p, w) if task == "regress" else queries(y, p, w, size))
        case = dict(name=name, task=task, classes=classes, rows=rows, seed=seed, grid=grid, weighted=weighted,
                    expected={k: float(v) for k, v in figures.items()})
        if task == "rank":
            case["query_size"] = size
        if classes == 2 and not weighted:
            case["auc_standard_error"] = delong(y, p)
        answer.append(case)
    return answer


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    lines = ",\n".join(json.dumps(case) for case in {"metrics": metrics}[sys.argv[1]]())
    print(f"[\n{lines}\n]")
