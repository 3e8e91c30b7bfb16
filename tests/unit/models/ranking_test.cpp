// Ranking: models put rows of a list in a better order than any single column, on lists that they have not seen; the
// baseline is the best single column.
#include "models/ranking.h"

#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "made_frame.h"
#include "models/learner.h"

namespace filrouge {
namespace {

constexpr size_t kLists = 200, kRowsOfList = 8;

struct Lists {
  Frame frame = FrameMaker(kLists * kRowsOfList)
                    .number("match", [](size_t r) { return noise(r, 101); })
                    .number("dear", [](size_t r) { return noise(r, 102); })
                    .number("nothing", [](size_t r) { return noise(r, 103); })
                    .make();
  std::vector<double> grade;
  std::vector<uint32_t> group;
  Split split;

  Lists() {
    for (size_t r = 0; r < frame.rows; ++r) {
      double suits = 3 * noise(r, 101) * (noise(r, 102) < 0.5 ? 1 : 0.2) + 0.3 * noise(r, 109);
      grade.push_back(std::floor(std::min(suits, 2.9)));
      group.push_back(static_cast<uint32_t>(r / kRowsOfList));
      (group.back() % 4 == 0 ? split.test : split.train).push_back(static_cast<uint32_t>(r));
    }
    for (uint32_t f = 0; f < 2; ++f) {
      Fold fold;
      for (uint32_t r : split.train) (group[r] % 2 == f ? fold.validation : fold.train).push_back(r);
      split.folds.push_back(fold);
    }
  }
  Learned learn(const std::string& method, int threads = 1) const {
    LearnOrder order;
    order.task = Task::rank;
    order.target = "grade";
    order.method = method;
    order.group = &group;
    order.budget_seconds = 1;
    order.threads = threads;
    if (method == "boosting") order.settings = {{"trees", 60}, {"leaves", 7}};
    return learn_model(order, frame, grade, {}, split);
  }
  double test_figure(const std::vector<double>& scores) const {
    std::vector<double> some, grades;
    std::vector<uint32_t> lists;
    for (uint32_t r : split.test) some.push_back(scores[r]), grades.push_back(grade[r]), lists.push_back(group[r]);
    return 1 - rank_loss(some, grades, lists);
  }
};

TEST(Ranking, EveryMethodBeatsTheBestSingleColumn) {
  Lists lists;
  for (const char* method : {"auto", "boosting", "additive", "linear"}) {
    Learned learned = lists.learn(method);
    Matrix x = learned.model.features.encode(lists.frame);
    double reached = lists.test_figure(learned.model.predict(learned.model.raw(x)));
    double baseline = lists.test_figure(scores_by(learned.order, x));
    EXPECT_GT(reached, baseline + 0.02) << method;
    EXPECT_GT(reached, method == std::string("linear") ? 0.8 : 0.9) << method;
    EXPECT_TRUE(learned.model.residuals.empty());
    EXPECT_LT(learned.tried.at(0).loss, 0.3);
  }
}

TEST(Ranking, SameModelOnOneAndTwoThreads) {
  Lists lists;
  EXPECT_EQ(lists.learn("boosting", 1).model.members.at(0).text, lists.learn("boosting", 2).model.members.at(0).text);
}

TEST(Ranking, AModelComesBackFromDiskAsItWas) {
  TempFolder folder;
  Lists lists;
  Model model = lists.learn("boosting").model;
  model.save(folder.path());
  Model back = Model::open(folder.path());
  EXPECT_EQ(back.task, Task::rank);
  EXPECT_EQ(back.raw(back.features.encode(lists.frame)), model.raw(model.features.encode(lists.frame)));
}

TEST(Ranking, TheBaselineIsTheBestColumnInEitherDirection) {
  TrainingSet set;
  set.features = {{"nothing", 0, 0}, {"falls", 0, 0}, {"kind", 3, 0}};
  set.x = Matrix(8, 3);
  for (size_t r = 0; r < 8; ++r) {
    double place = static_cast<double>(r % 4);
    set.y.push_back(3 - place);
    set.group.push_back(static_cast<uint32_t>(r / 4));
    set.x.at(r, 0) = r == 2 ? NAN : 1;
    set.x.at(r, 1) = place;
    set.x.at(r, 2) = place;  // codes of a category are no order
  }
  SingleOrder best = best_single_order(set);
  EXPECT_EQ(best.feature, 1u);
  EXPECT_EQ(best.way, -1);
  EXPECT_NEAR(rank_loss(scores_by(best, set.x), set.y, set.group), 0, 1e-12);
  set.x.at(1, 1) = NAN;
  std::vector<double> scores = scores_by(best, set.x);
  EXPECT_EQ(std::min_element(scores.begin(), scores.end()) - scores.begin(), 1) << "a missing value comes last";
  set.y.assign(8, 1);
  EXPECT_EQ(best_single_order(set).way, 0);
}

}  // namespace
}  // namespace filrouge
