#include "steps/explain_report.h"

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/version.h"
#include "charts/page.h"
#include "models/metrics.h"

namespace filrouge {
namespace {

constexpr size_t kMostEffects = 6;
constexpr size_t kMostPairs = 8;

std::string figure(const Json& value) {
  if (!value.is_number()) return "";
  double number = value.get<double>();
  return std::abs(number) < 1e-6 ? "0" : fmt::format("{:.4g}", number);
}

std::string range(const Json& from, const Json& to) {
  return from.is_number() && to.is_number() ? figure(from) + " to " + figure(to) : "";
}

std::string text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

std::string count(const Json& value) {
  return value.is_number() ? with_commas(static_cast<uint64_t>(value.get<double>())) : "";
}

std::string paragraph(const std::string& words) {
  return words.empty() ? "" : "<p>" + html_words(words) + "</p>\n";
}

/// What only a person can write.
std::string by_hand(const std::string& question) {
  return "<p class=\"human\">To be written by a person: " + html_words(question) + "</p>\n";
}

std::string yaml_value(const Json& value) {
  if (!value.is_string()) return dump(value);
  std::string said = value.get<std::string>();
  bool plain = !said.empty() && said.find_first_of(":#{}[],&*!|>'\"%@`\n") == std::string::npos;
  return plain ? said : dump(value);
}

class Report {
 public:
  Report(const WorkRequest& request, const Model& model, Engine& engine)
      : request_(request), model_(model), engine_(engine), told_(request.work.at("report")) {
    std::filesystem::path folder = model_folder(request, request.name);
    card_ = parse_json(read_file(folder / "card.json"), "card.json");
    key_ = folder.filename().string();
    for (const Json& part : card_.at("evaluation")) parts_[part.at("part")] = part;
    judge_ = card_.at("evaluation").back();
  }

  /// A table of the explain step, as it was written.
  void know(const WrittenTable& table) {
    std::string name = table.name.substr(table.name.rfind('.') + 1);
    if (name == "contributions" || name == "counterfactuals" || table.files.empty())
      return;  // those have rows of the data
    std::vector<std::string> files;
    for (const auto& file : table.files) files.push_back(quote_text(file.string()));
    explained_[name] = rows(fmt::format("SELECT * FROM read_parquet([{}])", join(files, ", ")));
  }

  std::string html() {
    Page page("Model report: " + request_.name, lead());
    page.add("What it predicts", overview());
    page.add("How well it does", judged());
    page.add("Which class is said", decisions());
    page.add("Are its probabilities right?", calibration());
    page.add("Where it errs", errors());
    page.add("What it goes by", importance());
    page.add("How values move it", effects());
    page.add("What works together", pairs());
    page.add("How groups fare", fairness());
    page.add("The data", data());
    page.add("For a person to say", limits());
    page.add("To make it again", again());
    return page.html();
  }

 private:
  Json rows(const std::string& sql) const {
    Json list = Json::array();
    for (Json& row : chart_table(engine_.rows(sql, 10'000)).rows) list.push_back(std::move(row));
    return list;
  }
  bool has(const std::string& table) const {
    return std::any_of(request_.inputs.begin(), request_.inputs.end(),
                       [&](const TableFiles& input) { return input.name == request_.name + "." + table; });
  }
  /// Of a table of the learn step, its rows of the part that judges where it has parts.
  Json learned(const std::string& table, const std::string& where = "") const {
    if (!has(table)) return Json::array();
    return rows(fmt::format("SELECT * FROM {}{}", quote_table(request_.name + "." + table),
                            where.empty() ? "" : " WHERE " + where));
  }
  std::string of_judge() const { return "part = " + quote_text(judge_.at("part").get<std::string>()); }
  const Json& explained(const std::string& table) const {
    static const Json none = Json::array();
    auto found = explained_.find(table);
    return found == explained_.end() ? none : found->second;
  }

  std::string lead() const {
    std::string about = told_.value("about", "");
    const Json& m = judge_.at("metrics").at(0);
    std::string interval = range(m["lower"], m["upper"]);
    std::string result = fmt::format("On {} {} rows: {} {}{}; the baseline reaches {}.", count(judge_.at("rows")),
                                     text(judge_.at("part")), text(m["metric"]), figure(m["value"]),
                                     interval.empty() ? "" : " (95 %: " + interval + ")", figure(m["baseline"]));
    if (!about.empty() && !about.ends_with('.') && !about.ends_with('?') && !about.ends_with('!')) about += ".";
    return about.empty() ? result : about + " " + result;
  }

  std::string task() const {
    if (model_.task == Task::rank) return "puts rows in order within lists";
    if (model_.task == Task::regress) return "a number";
    return model_.classes.size() == 2
               ? fmt::format("two classes; the probability is that of `{}`", model_.classes[1])
               : fmt::format("{} classes: {}", model_.classes.size(), join(model_.classes, ", "));
  }

  std::string overview() const {
    std::vector<std::string> methods;
    for (const Json& tried : card_.at("tried"))
      if (double weight = tried.at("weight"); weight > 0)
        methods.push_back(
            fmt::format("{:.0f} % {} ({})", 100 * weight, text(tried["method"]), text(tried["settings"])));
    std::vector<std::string> quantiles;
    for (const Quantile& quantile : model_.quantiles) quantiles.push_back(fmt::format("{}", quantile.level));
    return html_facts(
        {{"predicts", fmt::format("`{}` of the table `{}`", text(card_.at("predicts")), text(card_.at("from")))},
         {"that is", task()},
         {"learned from", count(Json(model_.about.value("rows", 0.0))) + " rows"},
         {"method", join(methods, "; ")},
         {"quantiles", join(quantiles, ", ")},
         {"thread", told_.value("thread", "")}});
  }

  std::string judged() const {
    std::string html = paragraph("Split: " + text(card_.at("split")) + ".");
    if (std::string because = card_.value("because", ""); !because.empty())
      html += paragraph("Rows are drawn at random although they may belong together, because: " + because + ".");
    const Json& metrics = judge_.at("metrics");
    std::string name = text(judge_.at("part"));
    std::vector<PageColumn> columns = {{"metric"}, {name, true}, {"95 % interval", true}, {"baseline", true}};
    std::vector<std::string> others;
    for (const char* part : {"validation", "train"})
      if (part != name && parts_.contains(part)) others.push_back(part), columns.push_back({part, true});
    std::vector<std::vector<std::string>> lines;
    for (size_t i = 0; i < metrics.size(); ++i) {
      const Json& m = metrics[i];
      std::vector<std::string> line = {text(m["metric"]), figure(m["value"]), range(m["lower"], m["upper"]),
                                       figure(m["baseline"])};
      for (const std::string& other : others) line.push_back(figure(value_of(parts_.at(other), text(m["metric"]))));
      lines.push_back(std::move(line));
    }
    html += html_table("", columns, lines);
    if (const MetricSpec* spec = find_metric(text(metrics.at(0)["metric"])))
      html += paragraph(
          fmt::format("`{}`: {} {} is better.", spec->name, spec->about, spec->higher_is_better ? "Higher" : "Lower"));
    html += paragraph(name == "test"
                          ? "Test rows were seen neither by the fit nor by any choice; the validation rows chose among "
                            "candidates, so "
                            "their figures are a little too good."
                          : "The folds chose among candidates and judge as well: the figures are a little too good.");
    return html + folds();
  }

  static Json value_of(const Json& part, const std::string& metric) {
    for (const Json& m : part.at("metrics"))
      if (text(m["metric"]) == metric) return m["value"];
    return nullptr;
  }

  std::string folds() const {
    std::vector<std::vector<std::string>> lines;
    Json table = learned("folds");
    bool timed = !table.empty() && table[0]["from"].is_string();
    for (const Json& fold : table) {
      std::vector<std::string> line = {count(fold["fold"]), count(fold["train_rows"]), count(fold["validation_rows"])};
      if (timed) line.insert(line.end(), {text(fold["from"]), text(fold["to"])});
      line.push_back(figure(fold["value"]));
      lines.push_back(std::move(line));
    }
    std::vector<PageColumn> columns = {{"fold", true}, {"learned from", true}, {"judged on", true}};
    if (timed) columns.insert(columns.end(), {{"from"}, {"to"}});
    columns.push_back({lines.empty() ? "" : text(table[0]["metric"]), true});
    return html_table("Fold by fold, by models that had not seen the rows", columns, lines);
  }

  std::string decisions() const {
    if (model_.task != Task::classify) return "";
    std::string html;
    if (card_.contains("decision")) {
      const Json& d = card_["decision"];
      html += paragraph(d["threshold"].is_number()
                            ? fmt::format("`{}` is said from a probability of {} on: from there on it costs less.",
                                          text(d["says"]), figure(d["threshold"]))
                            : "The class with the least expected cost is said.");
      std::vector<std::vector<std::string>> lines = {{"the model", figure(d["cost"]), range(d["lower"], d["upper"])}};
      for (const auto& [label, cost] : d["always"].items())
        lines.push_back({"always `" + label + "`", figure(cost), ""});
      html += html_table(fmt::format("What it costs, a {} row", text(d["part"])),
                         {{"decision"}, {"cost", true}, {"95 % interval", true}}, lines);
    }
    html += confusion();
    double chosen = least_cost_threshold(model_.costs);
    return html + threshold_figure(learned("thresholds"), chosen);
  }

  std::string confusion() const {
    size_t k = model_.classes.size();
    if (k > 12) return "";
    std::map<std::string, std::map<std::string, Json>> counts;
    for (const Json& row : learned("confusion", of_judge()))
      counts[text(row["actual"])][text(row["predicted"])] = row["rows"];
    std::vector<PageColumn> columns = {{"true"}};
    std::vector<std::vector<std::string>> lines;
    for (const std::string& label : model_.classes) columns.push_back({"said `" + label + "`", true});
    for (const std::string& actual : model_.classes) {
      std::vector<std::string> line = {"`" + actual + "`"};
      for (const std::string& said : model_.classes) line.push_back(count(counts[actual][said]));
      lines.push_back(std::move(line));
    }
    return html_table(fmt::format("How many {} rows, by true class and class said", text(judge_.at("part"))), columns,
                      lines);
  }

  std::string calibration() const { return calibration_figure(learned("calibration", of_judge())); }

  std::string errors() const {
    if (model_.task != Task::regress || !has("predictions")) return "";
    std::string table = fmt::format("(SELECT actual::DOUBLE AS a, prediction::DOUBLE AS p FROM {} WHERE {})",
                                    quote_table(request_.name + ".predictions"), of_judge());
    Json tenths = rows(fmt::format(
        "SELECT avg(p) AS predicted, avg(a) AS actual, quantile_cont(a, 0.1) AS low, quantile_cont(a, 0.9) AS high "
        "FROM "
        "(SELECT *, ntile(10) OVER (ORDER BY p) AS tenth FROM {}) GROUP BY tenth HAVING count(*) >= {} ORDER BY tenth",
        table, kFewestNamed));
    Json sizes =
        rows(fmt::format("SELECT count(*) AS n, avg(a - p) AS bias, quantile_cont(abs(a - p), 0.5) AS half, "
                         "quantile_cont(abs(a - p), 0.9) "
                         "AS most FROM {}",
                         table));
    std::string html = tenths_figure(tenths);
    if (sizes[0]["n"].get<double>() < static_cast<double>(10 * kFewestNamed)) return html;
    return html + paragraph(fmt::format(
                      "Half of the errors are smaller than {}, nine tenths smaller than {}. True values are {} "
                      "{} than predicted on average.",
                      figure(sizes[0]["half"]), figure(sizes[0]["most"]),
                      figure(Json(std::abs(sizes[0]["bias"].get<double>()))),
                      sizes[0]["bias"].get<double>() >= 0 ? "higher" : "lower"));
  }

  std::string unit() const {
    if (model_.task == Task::regress) return "prediction";
    return model_.task == Task::rank ? "score" : "log of the odds";
  }

  std::string importance() const {
    std::string html = importance_figure(explained("importance"));
    if (html.empty()) return "";
    return paragraph(fmt::format(
               "How much each column moves the {} of a row, on average, whichever way (exact SHAP values). It "
               "says what the model goes by, not what causes what; two columns that say the same share "
               "their importance.",
               unit())) +
           html;
  }

  /// Columns of texts so many that each is hardly more than one thing or person: their values are not named.
  std::set<std::string> unnamed() const {
    std::set<std::string> columns;
    for (const Json& use : learned("features"))
      if (text(use["used_as"]).starts_with("mean of the target")) columns.insert(text(use["column"]));
    return columns;
  }

  std::string effects() const {
    std::set<std::string> left_out = unnamed();
    Json shown = Json::array();
    for (const Json& row : explained("effects"))
      if (!left_out.contains(text(row["column"]))) shown.push_back(row);
    std::string html = effect_figures(shown, unit(), kMostEffects);
    if (html.empty()) return "";
    std::string without =
        left_out.empty()
            ? ""
            : fmt::format(" Of {} the values are too many to be named.",
                          "`" + join(std::vector<std::string>(left_out.begin(), left_out.end()), "`, `") + "`");
    return paragraph(
               fmt::format("How a column's values move the {}, for the columns that count most: above 0 upwards, "
                           "below 0 downwards, with 95 % intervals of the mean. Texts with fewer than {} rows are "
                           "not shown.{}",
                           unit(), kFewestNamed, without)) +
           html;
  }

  std::string pairs() const {
    std::vector<std::vector<std::string>> lines;
    for (const Json& pair : explained("pairs"))
      if (lines.size() < kMostPairs)
        lines.push_back({text(pair["first"]), text(pair["second"]), figure(pair["strength"])});
    if (lines.empty()) return "";
    return paragraph(fmt::format("How much two columns together move the {} beyond what each does alone, on average.",
                                 unit())) +
           html_table("", {{"column"}, {"and"}, {"strength", true}}, lines);
  }

  std::string fairness() const {
    std::string html;
    std::set<std::string> columns;
    for (const Json& row : explained("fairness")) columns.insert(text(row["by"]));
    for (const std::string& by : columns) html += rates(by) + criteria(by);
    return html;
  }

  static bool is_rate(const std::string& measure) {
    for (const char* name : {"base_rate", "selection_rate", "true_positive_rate", "false_positive_rate", "precision",
                             "accuracy", "mean_predicted"})
      if (measure == name) return true;
    return false;
  }

  /// A line for each rate, a column for each group.
  std::string rates(const std::string& by) const {
    constexpr size_t kMostGroups = 8;
    std::vector<std::string> groups, measures;
    std::map<std::string, std::map<std::string, Json>> values;  // by measure and group
    for (const Json& row : explained("fairness")) {
      std::string group = text(row["group"]).empty() ? "missing" : text(row["group"]), measure = text(row["measure"]);
      if (text(row["by"]) != by || !is_rate(measure)) continue;
      if (row["rows"].get<double>() < static_cast<double>(kFewestNamed)) continue;
      if (values["rows"].emplace(group, row["rows"]).second) groups.push_back(group);
      if (values[measure].empty()) measures.push_back(measure);
      values[measure][group] = row["value"];
    }
    size_t shown = std::min(groups.size(), kMostGroups);
    std::vector<PageColumn> columns = {{"rate"}};
    std::vector<std::vector<std::string>> lines = {{"rows"}};
    for (size_t g = 0; g < shown; ++g) {
      columns.push_back({groups[g], true});
      lines[0].push_back(count(values["rows"][groups[g]]));
    }
    for (const std::string& measure : measures) {
      lines.push_back({measure});
      for (size_t g = 0; g < shown; ++g) lines.back().push_back(figure(values[measure][groups[g]]));
    }
    std::string more = shown < groups.size() ? fmt::format("; {} groups more stand in `{}.fairness`",
                                                           groups.size() - shown, request_.name)
                                             : "";
    return html_table(fmt::format("Groups of `{}`{}", by, more), columns,
                      shown > 0 ? lines : std::vector<std::vector<std::string>>());
  }

  std::string criteria(const std::string& by) const {
    std::vector<std::vector<std::string>> lines;
    for (const Json& row : explained("fairness"))
      if (text(row["by"]) == by && !is_rate(text(row["measure"])))
        lines.push_back(
            {text(row["measure"]), figure(row["value"]), range(row["lower"], row["upper"]), text(row["group"])});
    return html_table(
        "The two groups that are furthest apart, by criterion: a difference of 0 or a ratio of 1 is alike",
        {{"criterion"}, {"value", true}, {"95 % interval", true}, {"highest / lowest"}}, lines);
  }

  std::string data() const {
    std::string html;
    std::vector<std::string> leaks, notes;
    for (const Json& leak : card_.at("allowed_leaks")) leaks.push_back(text(leak));
    for (const Json& note : card_.at("notes")) notes.push_back(text(note));
    if (!leaks.empty())
      html += paragraph("Columns that seem to tell the target, and why they are used all the same:") + html_list(leaks);
    html += html_list(notes);
    std::vector<std::vector<std::string>> lines;
    for (const Json& use : learned("features"))
      lines.push_back({text(use["column"]), text(use["kind"]),
                       text(use["used_as"]).empty() ? "left out" : text(use["used_as"]), count(use["missing"]),
                       text(use["note"])});
    return html + html_table("Columns and what became of them",
                             {{"column"}, {"kind"}, {"used as"}, {"missing", true}, {"note"}}, lines);
  }

  std::string limits() const {
    return by_hand("what is the model meant for, and what is it not to be used for?") +
           by_hand("whom can a wrong prediction harm, and who looks at it before it does?") +
           by_hand("what in the data is not as the world is, and what has changed since?");
  }

  std::string again() const {
    const Json& learn = told_.at("learn");
    std::string step = "- learn: " + request_.name + "\n";
    for (const auto& [key, value] : learn.items()) step += fmt::format("  {}: {}\n", key, yaml_value(value));
    return html_facts({{"model", "version `" + key_ + "`"},
                       {"seed", dump(card_.at("seed"))},
                       {"made with", fmt::format("filrouge {}, {}", kVersion, model_.about.value("library", ""))}}) +
           "<pre>" + html_text(step) + "</pre>\n" +
           paragraph(fmt::format(
               "`filrouge run --again {0}` learns it anew and compares, `filrouge verify` checks the files, `filrouge "
               "trace {0}` says where its columns come from. The same thread gives the same bytes on any machine.",
               request_.name));
  }

  const WorkRequest& request_;
  const Model& model_;
  Engine& engine_;
  const Json& told_;
  Json card_, judge_;
  std::string key_;
  std::map<std::string, Json> parts_, explained_;
};

}  // namespace

std::vector<std::string> report_tables(const Step& learn) {
  std::vector<std::string> names;
  for (const std::string& table : find_verb("learn")->yields(learn))
    for (const char* shown : {".folds", ".calibration", ".confusion", ".thresholds", ".features"})
      if (table.ends_with(shown)) names.push_back(table);
  return names;
}

void bind_report(const Step& step, const Step& learn, const ModelPlan& plan, BindContext& context, Binding& binding) {
  for (const std::string& name : report_tables(learn))
    if (const Schema* schema = context.schema(name)) binding.uses.push_back({name, schema->names()});
  if (plan.task == Task::regress) {
    std::string name = step.name + ".predictions";
    auto use = std::find_if(binding.uses.begin(), binding.uses.end(), [&](const Use& u) { return u.table == name; });
    if (use == binding.uses.end()) use = binding.uses.insert(use, {name, {"part"}});
    for (const char* column : {"actual", "prediction"}) use->columns.push_back(column);
  }
  std::string about = learn.config.value("about", context.thread().about);
  binding.work["report"] = {{"thread", context.thread().name}, {"about", about}, {"learn", learn.config}};
  binding.canonical["told"] = binding.work["report"];
  binding.publishes.push_back(std::filesystem::path("reports") / (step.name + ".html"));
}

void write_report(const WorkRequest& request, const Model& model, const std::vector<WrittenTable>& explained,
                  Engine& engine, WorkResult& result) {
  Report report(request, model, engine);
  for (const WrittenTable& table : explained) report.know(table);
  std::string file = request.name + ".html";
  write_file(request.staging / file, report.html());
  result.publish.emplace_back(request.staging / file, std::filesystem::path("reports") / file);
}

}  // namespace filrouge
