#include "steps/learn_judge.h"

#include <cmath>

#include "base/parallel.h"
#include "base/text.h"
#include "models/shapes.h"
#include "steps/learn_quantiles.h"

namespace filrouge {
namespace {

constexpr size_t kExplainedRows = 2000;  // for the importance; `explain` takes all
constexpr size_t kMostSegmentValues = 20;

Part part_of(const std::string& name, const Model& model, const Frame& frame, const Rows& rows, int threads) {
  // In pieces, so that no second copy of a large table is made.
  constexpr size_t kPiece = 32'768;
  std::vector<std::pair<std::vector<double>, std::vector<double>>> pieces((rows.size() + kPiece - 1) / kPiece);
  for_row_parts(rows.size(), kPiece, threads, [&](size_t piece, size_t begin, size_t end) {
    Matrix x = model.features.encode(
        rows_of(frame, Rows(rows.begin() + static_cast<long>(begin), rows.begin() + static_cast<long>(end))));
    pieces[piece] = {model.predict(model.raw(x)), model.predict_quantiles(x)};
  });
  Part part{name, rows, {}, {}};
  for (const auto& [answers, quantiles] : pieces) {
    part.answers.insert(part.answers.end(), answers.begin(), answers.end());
    part.quantiles.insert(part.quantiles.end(), quantiles.begin(), quantiles.end());
  }
  return part;
}

std::vector<double> constant_answers(const Learned& learned, size_t rows) {
  std::vector<double> raw;
  for (size_t i = 0; i < rows; ++i) raw.insert(raw.end(), learned.baseline.begin(), learned.baseline.end());
  Model baseline;
  baseline.task = learned.model.task;
  baseline.classes = learned.model.classes;
  return baseline.predict(raw);
}

/// Of ranks the order by one column, else the same for all rows.
std::vector<double> baseline_answers(const Verdicts& v, const Rows& rows) {
  if (v.data.task != Task::rank || v.learned.order.way == 0) return constant_answers(v.learned, rows.size());
  return scores_by(v.learned.order, v.learned.model.features.encode(rows_of(v.data.inputs, rows)));
}

void judge_parts(const std::string& main_metric, int threads, Verdicts& v) {
  std::vector<Judged> sets;
  for (const Part& part : v.parts) sets.push_back(judged_of(v.data, part.rows, part.answers));
  v.metrics = judge_all(std::move(sets), v.seed, threads);
  for (std::vector<Metric>& metrics : v.metrics) {
    auto first = std::find_if(metrics.begin(), metrics.end(), [&](const Metric& m) { return m.name == main_metric; });
    if (first != metrics.end()) std::rotate(metrics.begin(), first, first + 1);
  }
}

void judge_baseline(size_t p, Verdicts& v) {
  const Part& part = v.parts[p];
  Judged constant = judged_of(v.data, part.rows, baseline_answers(v, part.rows));
  for (const Metric& m : v.metrics[p])
    v.baseline[p].push_back({m.name, metric(m.name, constant), 0, 0, m.higher_is_better});
}

void find_importance(const LearnData& data, Verdicts& v, int threads) {
  const Model& model = v.learned.model;
  const Rows& all = v.judge().rows;
  Rows rows;
  size_t step = std::max<size_t>(1, all.size() / kExplainedRows);
  for (size_t i = 0; i < all.size() && rows.size() < kExplainedRows; i += step) rows.push_back(all[i]);
  Matrix x = model.features.encode(rows_of(data.inputs, rows));
  size_t sources = model.features.sources().size(), width = sources + 1;
  std::vector<double> contributions = model.contributions(x, threads);
  std::vector<double> sums(sources);
  for (size_t line = 0; line * width < contributions.size(); ++line)
    for (size_t s = 0; s < sources; ++s) sums[s] += std::abs(contributions[line * width + s]);
  for (size_t s = 0; s < sources; ++s)
    v.importance.emplace_back(model.features.sources()[s].name,
                              sums[s] / static_cast<double>(std::max<size_t>(1, rows.size())));
  std::stable_sort(v.importance.begin(), v.importance.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

void fill_metrics(const Verdicts& v, ResultTable& table) {
  for (size_t p = 0; p < v.parts.size(); ++p)
    for (size_t i = 0; i < v.metrics[p].size(); ++i) {
      const Metric& m = v.metrics[p][i];
      table.add({v.parts[p].name, m.name, m.value, m.lower, m.upper, v.baseline[p][i].value, v.parts[p].rows.size(),
                 has_direction(m.name) ? CellValue(m.higher_is_better ? 1.0 : 0.0) : CellValue()});
    }
}

void fill_folds(const Verdicts& v, ResultTable& table) {
  const std::vector<Fold>& folds = v.data.split.folds;
  size_t outputs = v.learned.model.outputs();
  std::vector<double> answers = v.learned.model.predict(v.learned.judged_raw);
  for (size_t f = 0; f < folds.size(); ++f) {
    const Rows& judged = v.learned.judged;
    if (folds[f].validation.empty() || !std::binary_search(judged.begin(), judged.end(), folds[f].validation[0]))
      continue;
    std::vector<double> part;
    for (uint32_t row : folds[f].validation) {
      auto place = static_cast<size_t>(std::lower_bound(judged.begin(), judged.end(), row) - judged.begin());
      part.insert(part.end(), &answers[place * outputs], &answers[place * outputs] + outputs);
    }
    const std::string& name = v.judging_metrics()[0].name;
    table.add({f + 1, folds[f].train.size(), folds[f].validation.size(), text_or_nothing(folds[f].from),
               text_or_nothing(folds[f].to), name, metric(name, judged_of(v.data, folds[f].validation, part))});
  }
}

void fill_importance(const Verdicts& v, ResultTable& table) {
  double total = 0;
  for (const auto& [column, value] : v.importance) total += value;
  for (const auto& [column, value] : v.importance) table.add({column, value, total > 0 ? value / total : 0});
}

void fill_calibration(const Verdicts& v, ResultTable& table) {
  if (v.data.labels.size() != 2) return;
  for (const Part& part : v.parts) {
    Judged judged = judged_of(v.data, part.rows, part.answers);
    double bin = 0;
    for (const CalibrationBin& b : calibration(judged.y, judged.prediction, judged.weight, 10))
      table.add({part.name, ++bin, b.from, b.to, b.rows, b.mean_predicted, b.observed, b.lower, b.upper});
  }
}

void fill_confusion(const Verdicts& v, ResultTable& table) {
  if (v.data.task != Task::classify) return;
  size_t k = v.data.labels.size();
  for (const Part& part : v.parts) {
    std::vector<uint64_t> counts = confusion(judged_of(v.data, part.rows, part.answers));
    for (size_t actual = 0; actual < k; ++actual)
      for (size_t said = 0; said < k; ++said)
        table.add({part.name, v.data.labels[actual], v.data.labels[said], counts[actual * k + said]});
  }
}

void fill_thresholds(const Verdicts& v, ResultTable& table) {
  if (v.data.labels.size() != 2) return;
  Judged judged = judged_of(v.data, v.judge().rows, v.judge().answers);
  const std::vector<double>& costs = v.data.costs;
  double chosen = least_cost_threshold(costs);
  for (const ThresholdRow& t : thresholds(judged.y, judged.prediction, 100, chosen)) {
    std::vector<CellValue> row = {t.threshold,     t.precision,     t.recall,        t.specificity,    t.f1,
                                  t.accuracy,      t.flagged_share, t.true_positive, t.false_positive, t.true_negative,
                                  t.false_negative};
    if (!costs.empty()) {
      uint64_t counts[] = {t.true_negative, t.false_positive, t.false_negative, t.true_positive};
      double sum = 0;
      for (size_t i = 0; i < 4; ++i) sum += costs[i] * static_cast<double>(counts[i]);
      row.push_back(sum / static_cast<double>(judged.y.size()));
      row.push_back(t.threshold == chosen ? 1.0 : 0.0);
    }
    table.add(row);
  }
}

std::vector<const FrameColumn*> segment_columns(const Verdicts& v, const Json& config) {
  std::vector<const FrameColumn*> columns;
  if (config.contains("segments")) {
    Json said = config["segments"];
    for (const Json& name : said.is_array() ? said : Json::array({said}))
      for (const FrameColumn& column : v.data.others.columns)
        if (lower(column.source.name) == lower(name.get<std::string>())) columns.push_back(&column);
    return columns;
  }
  for (const FrameColumn& column : v.data.inputs.columns) {
    bool few = column.source.kind == SourceKind::boolean ||
               (column.is_text() && column.dictionary.size() <= kMostSegmentValues);
    if (few) columns.push_back(&column);
  }
  return columns;
}

void fill_segments(const Verdicts& v, const Json& config, ResultTable& table) {
  const Part& part = v.judge();
  size_t outputs = v.learned.model.outputs();
  for (const FrameColumn* column : segment_columns(v, config)) {
    std::map<std::string, std::vector<size_t>> values;
    for (size_t i = 0; i < part.rows.size(); ++i) values[value_text(*column, part.rows[i])].push_back(i);
    if (values.size() > 1000) continue;
    for (const auto& [value, places] : values) {
      Rows rows;
      std::vector<double> answers;
      for (size_t i : places) {
        rows.push_back(part.rows[i]);
        answers.insert(answers.end(), &part.answers[i * outputs], &part.answers[i * outputs] + outputs);
      }
      Metric m = judge_by(v.judging_metrics()[0].name, judged_of(v.data, rows, answers), v.seed);
      table.add({column->source.name, text_or_nothing(value), rows.size(), m.name, m.value, m.lower, m.upper});
    }
  }
}

const char* tried_metric(Task task) {
  if (task == Task::rank) return "1 - ndcg@10";
  return task == Task::classify ? "log_loss" : "rmse";
}

void fill_tried(const Verdicts& v, ResultTable& table) {
  for (const Tried& t : v.learned.tried)
    table.add({t.method, t.settings, t.trees ? CellValue(static_cast<double>(t.trees)) : CellValue(),
               tried_metric(v.data.task), t.loss, t.weight});
}

/// Rows of validation and test.
struct Place {
  uint32_t row;
  const Part* part;
  size_t at;
};

/// In the order of the table.
std::vector<Place> judged_places(const Verdicts& v) {
  std::vector<Place> places;
  for (const Part& part : v.parts)
    if (part.name != "train" || v.parts.size() == 1)
      for (size_t i = 0; i < part.rows.size(); ++i) places.push_back({part.rows[i], &part, i});
  std::sort(places.begin(), places.end(),
            [&](const Place& a, const Place& b) { return v.data.row_in_table(a.row) < v.data.row_in_table(b.row); });
  return places;
}

/// For a column of numbers and for one of texts.
CellValue number_or_text(double number) {
  CellValue cell(number);
  cell.text = fmt::format("{}", number);
  return cell;
}

/// "hour" of the feature "time_hour: hour"; empty of a column's own value.
std::string part_of_column(const Model& model, size_t feature) {
  const Feature& f = model.features.features()[feature];
  const std::string& column = model.features.sources()[f.source].name;
  return f.name.starts_with(column + ": ") ? f.name.substr(column.size() + 2) : "";
}

void fill_shapes(const Verdicts& v, ResultTable& table) {
  constexpr size_t kMostRows = 50'000;
  const Model& model = v.learned.model;
  const Rows& all = v.data.split.train;
  Rows rows;
  for (size_t step = all.size() / kMostRows + 1, i = 0; i < all.size(); i += step) rows.push_back(all[i]);
  Shapes shapes = shapes_of(model, model.features.encode(rows_of(v.data.inputs, rows)));
  auto class_name = [&](size_t output) { return model.outputs() > 1 ? CellValue(model.classes[output]) : CellValue(); };
  auto edge = [](double at) { return std::isfinite(at) ? CellValue(at) : CellValue(); };
  for (size_t k = 0; k < shapes.intercept.size(); ++k)
    table.add({CellValue(), CellValue(), class_name(k), CellValue(), CellValue(), CellValue(), CellValue(), CellValue(),
               CellValue(), CellValue(), uint64_t{rows.size()}, shapes.intercept[k]});
  for (const ShapeEffect& e : shapes.effects) {
    std::vector<CellValue> line = {model.features.sources()[model.features.features()[e.bin.feature].source].name,
                                   text_or_nothing(part_of_column(model, e.bin.feature)),
                                   class_name(e.output),
                                   text_or_nothing(e.bin.value),
                                   edge(e.bin.from),
                                   edge(e.bin.to)};
    if (e.second)
      for (const CellValue& cell : {CellValue(model.features.features()[e.second->feature].name),
                                    text_or_nothing(e.second->value), edge(e.second->from), edge(e.second->to)})
        line.push_back(cell);
    else
      line.resize(line.size() + 4);
    line.push_back(e.rows), line.push_back(e.effect);
    table.add(line);
  }
}

void fill_predictions(const Verdicts& v, ResultTable& table) {
  size_t outputs = v.learned.model.outputs();
  const FrameColumn& target = *v.data.others.find(v.plan.target);
  for (const Place& place : judged_places(v)) {
    const double* answer = &place.part->answers[place.at * outputs];
    std::vector<CellValue> row = {v.data.row_in_table(place.row) + 1, place.part->name};
    if (v.data.task == Task::classify) {
      size_t said = v.learned.model.said(answer);
      row.push_back(value_text(target, place.row));
      row.push_back(v.data.labels[said]);
      row.push_back(outputs == 1 ? answer[0] : answer[said]);
    } else {
      row.push_back(number_or_text(v.data.y[place.row]));
      row.push_back(number_or_text(answer[0]));
      row.push_back(CellValue());
    }
    size_t width = v.learned.model.quantiles.size();
    for (size_t q = 0; q < width; ++q) row.push_back(place.part->quantiles[place.at * width + q]);
    table.add(row);
  }
}

/// How many rows of the same list in the same part have a higher score, and one: by place in the part.
std::vector<double> ranks_in(const Part& part, const std::vector<uint32_t>& list) {
  std::vector<double> ranks(part.rows.size(), 1);
  for (size_t begin = 0, end = 0; begin < ranks.size(); begin = end) {
    std::vector<double> scores;
    for (; end < ranks.size() && list[part.rows[end]] == list[part.rows[begin]]; ++end)
      scores.push_back(part.answers[end]);
    std::sort(scores.begin(), scores.end(), std::greater<>());
    for (size_t i = begin; i < end; ++i) {
      auto place = std::lower_bound(scores.begin(), scores.end(), part.answers[i], std::greater<>());
      ranks[i] = static_cast<double>(place - scores.begin()) + 1;
    }
  }
  return ranks;
}

void fill_ranked(const Verdicts& v, ResultTable& table) {
  const FrameColumn& group = *v.data.others.find(v.plan.group);
  std::map<const Part*, std::vector<double>> ranks;
  for (const Part& part : v.parts) ranks[&part] = ranks_in(part, v.data.list);
  for (const Place& place : judged_places(v))
    table.add({v.data.row_in_table(place.row) + 1, place.part->name, value_text(group, place.row), v.data.y[place.row],
               place.part->answers[place.at], ranks[place.part][place.at]});
}

}  // namespace

Judged judged_of(const LearnData& data, const Rows& rows, const std::vector<double>& answers) {
  Judged judged;
  judged.task = data.task;
  judged.classes = data.classes();
  judged.prediction = answers;
  judged.costs = data.costs;
  for (uint32_t row : rows) {
    judged.y.push_back(data.y[row]);
    if (!data.weight.empty()) judged.weight.push_back(data.weight[row]);
    if (!data.list.empty()) judged.group.push_back(data.list[row]);
  }
  return judged;
}

Verdicts judge_model(const ModelPlan& plan, const LearnData& data, const Learned& learned,
                     const std::string& main_metric, int threads) {
  Verdicts v{plan, data, learned, {}, {}, {}, {}, 1};
  v.parts.push_back(part_of("train", learned.model, data.inputs, data.split.train, threads));
  if (!learned.judged.empty())
    v.parts.push_back(
        {"validation", learned.judged, learned.model.predict(learned.judged_raw), learned.judged_quantiles});
  if (!data.split.test.empty())
    v.parts.push_back(part_of("test", learned.model, data.inputs, data.split.test, threads));
  v.baseline.resize(v.parts.size());
  judge_parts(main_metric, threads, v);
  for_parts(v.parts.size(), threads, [&](size_t p) { judge_baseline(p, v); });
  for (size_t p = 0; p < v.parts.size() && !plan.quantiles.empty(); ++p)
    for (const QuantileFigure& figure :
         judge_quantiles(learned.model, judged_of(data, v.parts[p].rows, v.parts[p].answers), v.parts[p].quantiles)) {
      v.metrics[p].push_back(figure.metric);
      v.baseline[p].push_back({figure.metric.name, figure.baseline, 0, 0, false});
    }
  find_importance(data, v, threads);
  return v;
}

void fill_table(const std::string& name, const Verdicts& v, const Json& config, ResultTable& table) {
  if (name == "metrics") fill_metrics(v, table);
  if (name == "folds") fill_folds(v, table);
  if (name == "importance") fill_importance(v, table);
  if (name == "calibration") fill_calibration(v, table);
  if (name == "confusion") fill_confusion(v, table);
  if (name == "thresholds") fill_thresholds(v, table);
  if (name == "segments") fill_segments(v, config, table);
  if (name == "tried") fill_tried(v, table);
  if (name == "features") fill_features(v.learned.model.features.uses(), table);
  if (name == "shapes") fill_shapes(v, table);
  if (name == "predictions") v.data.task == Task::rank ? fill_ranked(v, table) : fill_predictions(v, table);
}

}  // namespace filrouge
