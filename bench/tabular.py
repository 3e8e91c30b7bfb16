#!/usr/bin/env python3
"""Quality on tables: filrouge's `method: auto` beside FLAML, LightGBM's defaults and a linear model, on the same outer folds.

Usage: tabular.py FILROUGE DATA [--seconds 60] [--folds 5] [--sets churn,bank,...] [--peers flaml,lightgbm,linear] [--out RUNS.jsonl]
DATA is the folder of the shared data sets. Needs pandas, scikit-learn, scipy, lightgbm and flaml[automl]; each learner gets the same
rows, the same budget and two threads. Prints one JSON line per set, fold and learner, and at the end the mean ranks and, for each set
and peer, the one-sided p of a paired test that filrouge is worse. With --out a run that was interrupted goes on where it was.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd
from scipy.stats import t as t_distribution
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

# name -> (file, target, task, columns that are not features)
SETS = {
    "churn": ("tables/wa_churn.csv.gz", "churn", "classify", []),
    "bank": ("fairness/bank-full.csv.gz", "y", "classify", []),
    "german": ("fairness/german_data_credit.csv", "class-label", "classify", []),
    "loans": ("tables/loans_full_schema.csv.gz", "interest_rate", "regress",
              ["grade", "sub_grade", "installment", "balance", "paid_total", "paid_principal", "paid_interest", "paid_late_fees"]),
    "car": ("tables/dataCar.parquet", "clm", "classify", ["numclaims", "claimcst0", "X_OBSTAT_"]),
    "diamonds": ("tables/diamonds.csv.gz", "price", "regress", []),
}


def load(data, name):
    file, target, task, drop = SETS[name]
    path = data / file
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    frame = frame.drop(columns=[c for c in drop + ["rownames"] if c in frame.columns])
    frame = frame.rename(columns={target: "target"})
    if task == "classify":
        frame["target"] = (frame["target"] == sorted(frame["target"].unique())[-1]).astype(bool)
    return frame, task


def filrouge(program, train, test, task, seconds):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        train.to_parquet(folder / "train.parquet", index=False)
        test.drop(columns="target").to_parquet(folder / "test.parquet", index=False)
        (folder / "thread.yaml").write_text(
            f"thread: quality\nsteps:\n  - read: train\n    from: train.parquet\n  - read: test\n    from: test.parquet\n"
            f"  - learn: m\n    from: train\n    predict: target\n    task: {task}\n    budget: {seconds}\n"
            "  - score: s\n    from: test\n    model: m\n")
        subprocess.run([program, "run", "--quiet", "--jobs", "1"], cwd=folder, check=True)
        column = "probability" if task == "classify" else "prediction"
        out = subprocess.run([program, "ask", f"SELECT {column} AS p FROM s", "--csv"], cwd=folder, check=True, capture_output=True, text=True)
        return np.array([float(line) for line in out.stdout.split()[1:]])


def as_categories(train, test):
    train, test = train.copy(), test.copy()
    for column in train.columns:
        if not pd.api.types.is_numeric_dtype(train[column]):
            kinds = pd.CategoricalDtype(sorted(train[column].dropna().astype(str).unique()))
            train[column] = train[column].astype(str).where(train[column].notna()).astype(kinds)
            test[column] = test[column].astype(str).where(test[column].notna()).astype(kinds)
    return train, test


def lightgbm(train, test, task, seconds):
    import lightgbm as lgb
    x, z = as_categories(train.drop(columns="target"), test.drop(columns="target"))
    model = (lgb.LGBMClassifier if task == "classify" else lgb.LGBMRegressor)(n_jobs=2, verbose=-1)
    model.fit(x, train["target"])
    return model.predict_proba(z)[:, 1] if task == "classify" else model.predict(z)


def flaml(train, test, task, seconds):
    from flaml import AutoML
    model = AutoML()
    x, z = as_categories(train.drop(columns="target"), test.drop(columns="target"))
    model.fit(x, train["target"], task="classification" if task == "classify" else "regression",
              metric="roc_auc" if task == "classify" else "rmse", time_budget=seconds, n_jobs=2, verbose=0, seed=1)
    return model.predict_proba(z)[:, 1] if task == "classify" else model.predict(z)


def linear(train, test, task, seconds):
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegressionCV, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    x, z = train.drop(columns="target"), test.drop(columns="target")
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), make_column_selector(dtype_include=np.number)),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=10), make_column_selector(dtype_exclude=np.number)))
    model = make_pipeline(prepare, LogisticRegressionCV(max_iter=500, n_jobs=2) if task == "classify" else RidgeCV(np.logspace(-2, 4, 13)))
    model.fit(x, train["target"])
    return model.predict_proba(z)[:, 1] if task == "classify" else model.predict(z)


def done_before(file, seconds, folds):
    """(set, fold, learner) -> figure, of runs with the same budget and folds."""
    figures = {}
    if file and file.exists():
        for line in file.read_text().splitlines():
            try:
                run = json.loads(line)
            except ValueError:
                continue  # the line that was being written when the run before ended
            if (run["budget"], run["folds"]) == (seconds, folds):
                figures[run["set"], run["fold"], run["learner"]] = run["figure"]
    return figures


def note(file, run):
    line = json.dumps(run)
    print(line, flush=True)
    if file:
        cut = file.exists() and not file.read_bytes().endswith(b"\n")  # of a run that was killed
        with file.open("a") as out:
            out.write(("\n" if cut else "") + line + "\n")


def worse_than(differences, test_share):
    """One-sided p that the mean difference is below 0, by the corrected resampled t-test (Nadeau & Bengio 2003): the
    training rows of folds overlap, so their differences vary less than those of fresh data would."""
    n, spread = len(differences), np.var(differences, ddof=1) if len(differences) > 1 else float("nan")
    if not spread > 0:
        return float("nan")
    return float(t_distribution.cdf(np.mean(differences) / np.sqrt((1 / n + test_share / (1 - test_share)) * spread), n - 1))


def summary(figures, names, folds):
    """Ranks where all learners have finished; filrouge minus each peer in each set."""
    table = pd.Series(figures).unstack().reindex(columns=names).dropna()
    if table.empty:
        return
    print(json.dumps({"set and fold": len(table), "mean rank": table.rank(axis=1, ascending=False).mean().round(3).to_dict()}))
    sets = table.groupby(level=0).mean()
    print(json.dumps({"sets": len(sets), "mean rank of the means": sets.rank(axis=1, ascending=False).mean().round(3).to_dict()}))
    for peer in names[1:]:
        worse, untested = [], []
        for name, rows in table.groupby(level=0):
            difference = (rows["filrouge"] - rows[peer]).to_numpy()
            p = worse_than(difference, 1 / folds)
            worse += [name] if p < 0.05 else []
            untested += [name] if np.isnan(p) else []
            print(json.dumps({"set": name, "against": peer, "folds": len(rows), "filrouge": round(rows["filrouge"].mean(), 5),
                              "peer": round(rows[peer].mean(), 5), "p": None if np.isnan(p) else round(p, 4)}))
        print(json.dumps({"against": peer, "significantly worse (5 %) in": worse, "too few folds to test": untested}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("filrouge")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--take", type=int, default=0, help="only so many of the folds; 0 = all")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--peers", default="flaml,lightgbm,linear")
    parser.add_argument("--out", type=pathlib.Path, help="finished runs, one JSON object a line; what stands there is not run again")
    a = parser.parse_args()
    program = str(pathlib.Path(a.filrouge).resolve())
    learners = {"filrouge": lambda *rest: filrouge(program, *rest)}
    learners.update({name: globals()[name] for name in a.peers.split(",") if name})
    figures = done_before(a.out, a.seconds, a.folds)
    for name in a.sets.split(","):
        frame, task = load(a.data, name)
        splitter = (StratifiedKFold if task == "classify" else KFold)(a.folds, shuffle=True, random_state=1)
        for fold, (train, test) in enumerate(splitter.split(frame, frame["target"])):
            if a.take and fold >= a.take:
                break
            for learner, run in learners.items():
                if (name, fold, learner) in figures:
                    continue
                start = time.perf_counter()
                p = run(frame.iloc[train], frame.iloc[test], task, a.seconds)
                truth = frame["target"].iloc[test].to_numpy()
                # larger is better for both
                figure = float(roc_auc_score(truth, p)) if task == "classify" else -float(np.sqrt(np.mean((truth - p) ** 2)))
                figures[name, fold, learner] = figure
                note(a.out, dict(set=name, fold=fold, learner=learner, figure=figure, seconds=round(time.perf_counter() - start, 1),
                                 budget=a.seconds, folds=a.folds, load=round(os.getloadavg()[0], 1)))
    summary({k: v for k, v in figures.items() if k[0] in a.sets.split(",") and k[2] in learners}, list(learners), a.folds)


main()
