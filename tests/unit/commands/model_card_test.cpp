#include "commands/model_card.h"

#include <gtest/gtest.h>

namespace filrouge {
namespace {

Json metric(const char* name, double value) {
  return {{"metric", name}, {"value", value}, {"lower", value - 0.01}, {"upper", value + 0.01}, {"baseline", 0.5}};
}

Json sample_card() {
  Json metrics = {metric("auc", 0.81234), metric("log_loss", 0.4), metric("brier", 0.2), metric("mcc", 0.3)};
  Json importance = Json::array();
  for (const char* name : {"age", "visits", "plan", "sex", "city", "colour", "height"})
    importance.push_back({{"column", name}, {"importance", importance.empty() ? 4.0 : 1.0}});
  return {{"predicts", "gone"},
          {"from", "people"},
          {"split", "the latest 20 % of the rows"},
          {"because", ""},
          {"allowed_leaks", {"age: known to all"}},
          {"tried",
           {{{"method", "linear"}, {"settings", "ridge"}, {"weight", 0.0}},
            {{"method", "boosting"}, {"settings", "leaves 7"}, {"weight", 1.0}}}},
          {"evaluation",
           {{{"part", "train"}, {"rows", 8000}, {"metrics", metrics}},
            {{"part", "test"}, {"rows", 2000}, {"metrics", metrics}}}},
          {"importance", importance}};
}

size_t place_of(const std::string& text, const std::string& part) {
  size_t place = text.find(part);
  EXPECT_NE(place, std::string::npos) << part << " is not in\n" << text;
  return place;
}

TEST(ModelCard, SaysWhatCountsMostFirst) {
  std::string text = draw_model_card(sample_card());
  EXPECT_LT(place_of(text, "predicts  gone of people"), place_of(text, "test: 2,000"));
  EXPECT_LT(place_of(text, "test: 2,000"), place_of(text, "train: 8,000"))
      << "what judges stands before what was fitted";
  place_of(text, "0.8123  0.8023 to 0.8223       0.5");
  place_of(text, "leak      age: known to all");
  EXPECT_LT(place_of(text, "age"), place_of(text, "visits"));
  place_of(text, "4   40 %");
  place_of(text, "and 2 more");
  place_of(text, "method    100 % boosting (leaves 7)");
  for (const char* left_out : {"mcc", "colour", "ridge", "because"})
    EXPECT_EQ(text.find(left_out), std::string::npos) << left_out << " is left out";
}

TEST(ModelCard, FiguresThatAreNoNumbersStayEmpty) {
  Json card = sample_card();
  for (Json& part : card["evaluation"])
    for (Json& m : part["metrics"]) m["lower"] = m["upper"] = m["baseline"] = nullptr;
  std::string text = draw_model_card(card);
  place_of(text, "0.8123");
  EXPECT_EQ(text.find("null"), std::string::npos);
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace filrouge
