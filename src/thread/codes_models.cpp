// Error codes of models (FR08xx): learn (FR0800-), score and the model's files (FR0810-), trees and LightGBM (FR0820-),
// other learners and metrics (FR0830-), explain (FR0840-).
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0801", "no such column for a model",
     R"(`predict`, `features`, `ignore`, `weight`, `segments`, `split` and `group` name columns of the table under `from`; `counterfactuals` of `explain` names features of the model.)",
     R"(predict: is_lat)", R"(predict: is_late)"},

    {"FR0802", "wrong target",
     R"(What is predicted must be a number, a boolean or a text, must suit the `task`, and cannot be a feature as well.)",
     R"(- learn: late
  from: departures
  predict: is_late
  features: [hour, is_late])",
     R"(- learn: late
  from: departures
  predict: is_late
  features: [hour, carrier])"},

    {"FR0803", "rows cannot be split",
     R"(A model needs rows to learn from and other rows to be judged by: at least 20 with a target, a test share between 0 and 1, a time or number to split by, or at least 3 groups. The rows of a list (`group:` of `task: rank`) stay on one side, and a list has at most 10,000 rows.)",
     R"(split: {time: time_hour, test: 100%})", R"(split: {time: time_hour, test: 20%})"},

    {"FR0804", "nothing to learn from",
     R"(Every column is ignored, constant, empty, or names its row. The step's notes say which is which.)",
     R"(features: [country]    # always the same)", R"(features: [country, age, income])"},

    {"FR0805", "missing values in the split",
     R"(A row without a time, a group or a list belongs to no side of the split. Leave such rows out, or fill the column, in SQL.)",
     R"(split: {time: paid_on, test: 20%}    # NULL while unpaid)",
     R"(query: SELECT * FROM invoices WHERE paid_on IS NOT NULL)"},

    {"FR0806", "nothing to predict",
     R"(The target has one value only, or more than 100 where classes are wanted, or `classes`, `positive`, `class_weight` and `costs` name a class that it does not have. Grades to rank by are whole numbers from 0 to 30, and differ within some list.)",
     R"(predict: country    # always "NL")", R"(predict: churned)"},

    {"FR0807", "one class on a side of the split",
     R"(With one class alone nothing can be learned, and a test set of one class judges nothing. Mostly the classes come in runs and the split is by time.)",
     R"(split: {time: opened_on, test: 1%})", R"(split: {time: opened_on, test: 20%})"},

    {"FR0808", "leak",
     R"(The model would be judged by what it cannot know when it is used: a feature is computed from what the target is computed from, or tells the target nearly alone, or test rows stand in the training rows too. Ignore the column, mend the join, or allow it with a reason, which the card keeps.)",
     R"(- learn: late
  from: departures       # is_late is arr_delay > 15
  predict: is_late)",
     R"(- learn: late
  from: departures
  predict: is_late
  ignore: [arr_delay])"},

    {"FR0809", "wrong option of learn",
     R"(A metric that does not exist or does not judge this task, a key or a method of another task, a budget of nothing, a weight below 0, a monotone column that is no feature, a leak allowed without a reason, costs by which a mistake is no worse than being right, or quantiles that are no shares or are wanted of classes.)",
     R"(metric: ruc_auc
budget: 0)",
     R"(metric: auc
budget: normal)"},

    {"FR0810", "model cannot be read",
     R"(A file of the model is missing or is not what `learn` writes. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"(rm .filrouge/tables/late/*/model.json)", R"(filrouge verify --repair)"},
    {"FR0811", "no such model", R"(`score` and `explain` name a model that a `learn` step of the thread makes.)",
     R"(- score: scored
  from: departures
  model: lates)",
     R"(- score: scored
  from: departures
  model: late)"},

    {"FR0812", "table does not suit the model",
     R"(The table to score must have every column that the model may read, of the same kind of type, and none of the names that scoring adds. `counterfactuals` lead from one class to another, by columns that may change, at costs above 0.)",
     R"(query: SELECT hour FROM departures       # the model reads carrier too)", R"(query: SELECT * FROM departures)"},

    {"FR0813", "random rows of a time or an entity",
     R"(A column is declared as `time` or `entity` where it is read: rows of one time or one entity resemble each other, and with some on each side of the split a model looks better than it is.)",
     R"(- learn: churn
  from: customers        # customer_id: {entity: true}
  predict: churned)",
     R"(- learn: churn
  from: customers
  predict: churned
  split: {group: customer_id, test: 20%})"},

    {"FR0814", "not for this kind of model",
     R"(Ranks have a score that estimates nothing, so there is no `interval:` for them. Clusters and detectors of anomalies predict no column: `explain` and `interval:` have nothing to work on there, and clusters give no `reasons:`. NAME.profiles describes clusters; `score` with `reasons:` says what is unusual in a row.)",
     R"(- learn: segments
  from: customers
  task: cluster
- explain: segments)",
     R"(query: SELECT * FROM segments.profiles ORDER BY cluster, abs(lift) DESC)"},

    {"FR0820", "trees cannot be read",
     R"(The text of a model's trees is damaged, or has something that the scorer does not know (linear trees). The message names the line.)",
     R"(a trees.txt that was cut off or edited)", R"(filrouge verify --repair)"},
    {"FR0825", "LightGBM cannot train",
     R"(LightGBM refuses the data or the options, in its own words: for instance trees of one leaf.)",
     R"({ learn: m, method: boosting, settings: { leaves: 1 } })",
     R"({ learn: m, method: boosting, settings: { leaves: 7 } })"},
    {"FR0826", "LightGBM cannot be opened",
     R"(Boosting needs lib_lightgbm.so, which is installed with the program in lib/filrouge/, and the system's libgomp1. The environment variable FILROUGE_LIGHTGBM names another file.)",
     R"(FILROUGE_LIGHTGBM=/nowhere filrouge run)", R"(apt install libgomp1)"},
    {"FR0830", "a linear model has nothing to learn from",
     R"(There are no rows, or no feature takes two different values. The filter of the table, the split or `features:` leaves too little.)",
     R"(features: [country]   # always "NL")", R"(features: [country, age, income])"},
    {"FR0831", "a linear model cannot be read",
     R"(The JSON of a linear model lacks a part or its sizes do not fit together. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"({"kind": "linear", "weights": []})", R"(filrouge verify --repair)"},
    {"FR0833", "too few different rows to make clusters of",
     R"(Rows that are equal in all features cannot be told apart: there must be at least as many different rows as clusters. Set a smaller `k:`, or name more columns in `features:`.)",
     R"(k: 5   # features: [member], which is yes or no)", R"(k: 2)"},
    {"FR0834", "clusters cannot be read",
     R"(The JSON of a clustering lacks a part or its sizes do not fit together. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"({"kind": "clusters", "centres": []})", R"(filrouge verify --repair)"},
    {"FR0835", "no rows to tell the unusual from",
     R"(Finding unusual rows needs rows that differ: at least two for an isolation forest, three and a feature that varies for principal components. The filter of the table or `features:` leaves too little.)",
     R"(features: [country]   # always "NL")", R"(features: [pressure, flow, temperature])"},
    {"FR0836", "a detector of unusual rows cannot be read",
     R"(The JSON of an isolation forest or of principal components lacks a part or its sizes do not fit together. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"({"kind": "isolation_forest", "trees": []})", R"(filrouge verify --repair)"},
    {"FR0840", "no row to explain", R"(`explain` shows what a model does with rows; the table under `from` has none.)",
     R"(- explain: late
  from: nothing     # an empty table)",
     R"(- explain: late)"},
};

}  // namespace

std::span<const ErrorCode> model_codes() {
  return kRows;
}

}  // namespace filrouge
