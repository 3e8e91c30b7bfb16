#!/usr/bin/env python3
"""Quality on tables: filrouge's `method: auto` beside FLAML, LightGBM's defaults and a linear model, on the same outer folds.

Usage: tabular.py FILROUGE DATA [--seconds 60] [--folds 5] [--sets churn,bank,...] [--peers flaml,lightgbm,linear]
DATA is the folder of the shared data sets. Needs pandas, scikit-learn, lightgbm and flaml[automl]; each learner gets the same rows,
the same budget and two threads. Prints one JSON line per set, fold and learner, and at the end the mean ranks.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("filrouge")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--take", type=int, default=0, help="only so many of the folds; 0 = all")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--peers", default="flaml,lightgbm,linear")
    a = parser.parse_args()
    program = str(pathlib.Path(a.filrouge).resolve())
    learners = {"filrouge": lambda *rest: filrouge(program, *rest)}
    learners.update({name: globals()[name] for name in a.peers.split(",") if name})
    ranks = {name: [] for name in learners}
    for name in a.sets.split(","):
        frame, task = load(a.data, name)
        splitter = (StratifiedKFold if task == "classify" else KFold)(a.folds, shuffle=True, random_state=1)
        for fold, (train, test) in enumerate(splitter.split(frame, frame["target"])):
            if a.take and fold >= a.take:
                break
            figures = {}
            for learner, run in learners.items():
                start = time.perf_counter()
                p = run(frame.iloc[train], frame.iloc[test], task, a.seconds)
                truth = frame["target"].iloc[test].to_numpy()
                # larger is better for both
                figures[learner] = float(roc_auc_score(truth, p)) if task == "classify" else -float(np.sqrt(np.mean((truth - p) ** 2)))
                print(json.dumps(dict(set=name, fold=fold, learner=learner, figure=round(figures[learner], 5),
                                      seconds=round(time.perf_counter() - start, 1))), flush=True)
            order = pd.Series(figures).rank(ascending=False)
            for learner, rank in order.items():
                ranks[learner].append(rank)
    print(json.dumps({"mean rank": {name: round(float(np.mean(rank)), 3) for name, rank in ranks.items()}}))


main()
