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
    figures = {"ndcg": [], "ndcg@10": [], "ndcg@5": [], "map": [], "mrr": []}
    weights = []
    relevant = []
    for begin in range(0, len(y), size):
        t, s = y[begin:begin + size], p[begin:begin + size]
        weights.append(1.0 if w is None else w[begin:begin + size].mean())
        figures["ndcg"].append(m.ndcg_score([t], [s]))
        figures["ndcg@10"].append(m.ndcg_score([t], [s], k=10))
        figures["ndcg@5"].append(m.ndcg_score([t], [s], k=5))
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


def features(seed, rows):
    """Two collinear numbers, one of another scale with gaps, a category of four values."""
    a, b, c, d = (column(seed * 10 + k, rows) for k in range(4))
    gap = np.arange(rows) % 7 == 0
    return np.stack([a * 10, a * 5 + b, c * 1e6, np.floor(d * 4)], 1), gap


def terms(x, gap, w):
    columns = []
    for k in range(3):
        seen = ~gap if k == 2 else np.ones(len(x), bool)
        mean = np.average(x[seen, k], weights=w[seen])
        deviation = np.sqrt(np.average((x[seen, k] - mean) ** 2, weights=w[seen]))
        columns.append(np.where(seen, (x[:, k] - mean) / deviation, 0))
    columns.append(gap.astype(float))
    columns += [(x[:, 3] == v).astype(float) for v in range(4)]
    return np.stack(columns, 1)


def linear():
    from sklearn.linear_model import LogisticRegression, Ridge
    for name, classes, rows, seed, penalty, weighted in [
        ("ridge", 1, 300, 31, 1e-3, False), ("ridge, weights", 1, 300, 32, 0.1, True),
        ("two classes", 2, 400, 33, 1e-3, False), ("two classes, weights", 2, 400, 34, 0.02, True),
        ("three classes", 3, 400, 35, 1e-3, False), ("five classes, weights", 5, 500, 36, 0.01, True),
    ]:
        x, gap = features(seed, rows)
        noise = column(seed * 10 + 5, rows)
        signal = x[:, 0] / 10 + (x[:, 3] == 2) * 0.5 + noise
        y = signal if classes == 1 else np.minimum(np.floor(signal / 2.5 * classes), classes - 1)
        w = np.floor(column(seed * 10 + 6, rows) * 8) / 4 + 0.25 if weighted else np.ones(rows)
        z = terms(x, gap, w)
        if classes == 1:
            model = Ridge(alpha=penalty * w.sum(), tol=1e-14).fit(z, y, sample_weight=w)
            raw = model.predict(z)[:, None]
        else:
            model = LogisticRegression(C=1 / (penalty * w.sum()), solver="newton-cg", tol=1e-12, max_iter=100000).fit(z, y, sample_weight=w)
            raw = model.decision_function(z)
            raw = raw[:, None] if classes == 2 else raw - raw.mean(1, keepdims=True)
        yield dict(kind="linear", name=name, classes=classes, rows=rows, seed=seed, penalty=penalty, weighted=weighted,
                   raw=raw[:4].tolist())


def silhouettes():
    from sklearn.metrics import silhouette_score
    for rows, seed, k in [(60, 41, 2), (200, 42, 5), (150, 43, 40)]:
        x = np.stack([column(seed * 10 + c, rows) for c in range(3)], 1)
        labels = np.floor(x[:, 0] * k)
        yield dict(kind="silhouette", rows=rows, seed=seed, k=k, value=silhouette_score(x, labels))


def blobs(seed, rows):
    a, b, c = (column(seed * 10 + k, rows) for k in range(3))
    of = np.arange(rows) % 3
    # Sums of three even draws: nearly normal, correlated, three centres.
    d = column(seed * 10 + 3, rows)
    u, v = a + b + c - 1.5, d + b + c - 1.5
    return np.stack([u + of * 4, v - (of == 1) * 5, d + a + (of == 2) * 3], 1)


def mixtures():
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture
    for rows, seed in [(300, 51), (600, 52)]:
        x = blobs(seed, rows)
        z = (x - x.mean(0)) / x.std(0)
        means = KMeans(3, n_init=20, random_state=1).fit(z)
        mixture = GaussianMixture(3, reg_covar=1e-3, n_init=5, tol=1e-12, max_iter=10000, random_state=1).fit(z)
        yield dict(kind="mixture", rows=rows, seed=seed, inertia=means.inertia_, log_likelihood=mixture.score(z),
                   bic=mixture.bic(z))


def components():
    from scipy.stats import f, norm
    for rows, seed in [(120, 61), (400, 62)]:
        a, b = column(seed * 10, rows), column(seed * 10 + 1, rows)
        noise = np.stack([column(seed * 10 + 2 + k, rows) for k in range(5)], 1)
        x = np.stack([a, a + b, b * 3, a - b, 2 * a], 1) + noise * 0.3
        z = (x - x.mean(0)) / x.std(0, ddof=1)
        values, vectors = np.linalg.eigh(z.T @ z / (rows - 1))
        values, vectors = values[::-1], vectors[:, ::-1]
        k = 2
        t = z @ vectors[:, :k]
        t2 = (t**2 / values[:k]).sum(1)
        rest = z - t @ vectors[:, :k].T
        theta = [float((values[k:] ** i).sum()) for i in (1, 2, 3)]
        h = 1 - 2 * theta[0] * theta[2] / (3 * theta[1] ** 2)
        c = norm.ppf(0.99)
        q_limit = theta[0] * (c * np.sqrt(2 * theta[1] * h * h) / theta[0] + 1 + theta[1] * h * (h - 1) / theta[0]**2) ** (1 / h)
        t2_limit = k * (rows - 1) * (rows + 1) / (rows * (rows - k)) * f.ppf(0.99, k, rows - k)
        yield dict(kind="components", rows=rows, seed=seed, t2=t2[:4].tolist(), q=(rest**2).sum(1)[:4].tolist(),
                   t2_limit=float(t2_limit), q_limit=float(q_limit))


def isolation():
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score
    for rows, seed in [(1000, 71), (3000, 72)]:
        x = blobs(seed, rows)
        odd = np.arange(rows) % 50 == 0
        for c in range(3):
            x[odd, c] = column(seed * 10 + 5 + c, rows)[odd] * 14 - 6
        forests = [IsolationForest(n_estimators=200, max_samples=256, random_state=s).fit(x) for s in range(5)]
        auc = [roc_auc_score(odd, -forest.score_samples(x)) for forest in forests]
        yield dict(kind="isolation", rows=rows, seed=seed, auc=float(np.mean(auc)))


def fairness():
    for rows, seed, weighted in [(600, 81, False), (900, 82, True)]:
        a, b, c = (column(seed * 10 + k, rows) for k in range(3))
        group = np.floor(c * 3)
        y = b < 0.2 + 0.5 * a + 0.1 * group
        said = a >= 0.5
        w = np.floor(column(seed * 10 + 3, rows) * 8) / 4 + 0.25 if weighted else np.ones(rows)

        def rates(event, among):
            return [np.average(event[(group == g) & among], weights=w[(group == g) & among]) for g in range(3)]

        every = np.ones(rows, bool)
        select, tpr, fpr, precision = rates(said, every), rates(said, y), rates(said, ~y), rates(y, said)
        gap = np.array(rates(y, every)) - np.array(rates(a, every))
        yield dict(kind="fairness", rows=rows, seed=seed, weighted=weighted, selection=select, tpr=tpr, fpr=fpr, precision=precision,
                   demographic_parity_difference=np.ptp(select), demographic_parity_ratio=min(select) / max(select),
                   equalized_odds_difference=max(np.ptp(tpr), np.ptp(fpr)),
                   equalized_odds_ratio=min(min(tpr) / max(tpr), min(fpr) / max(fpr)), equal_opportunity_difference=np.ptp(tpr),
                   predictive_parity_difference=np.ptp(precision), calibration_difference=np.ptp(gap))


def learners():
    return [*isolation(), *linear(), *silhouettes(), *mixtures(), *components(), *fairness()]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    lines = ",\n".join(json.dumps(case) for case in {"metrics": metrics, "learners": learners}[sys.argv[1]]())
    print(f"[\n{lines}\n]")
