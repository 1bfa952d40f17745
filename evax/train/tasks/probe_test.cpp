#include "evax/train/tasks/probe.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "evax/core/testing/support.h"
#include "evax/image/write.h"
#include "evax/train/tasks/probe/figures.h"
#include "evax/train/tasks/probe/knn.h"
#include "evax/train/tasks/probe/linear_probe.h"
#include "evax/train/tasks/probe/spread.h"
#include "evax/train/testing/fixtures.h"

namespace evax::train {
namespace {

using test::error_of;
using testing::difference;
using testing::tensor_of;

// ---- against scikit-learn and NumPy (tools/oracles/probe.py) ----

class ProbeParts : public ::testing::TestWithParam<weights::Task> {
 protected:
  at::Tensor oracle(const std::string& name) const {
    return tensor_of(tensors_, std::string(name_of(GetParam())) + "." + name);
  }
  LabelledFeatures learnt() const {
    return {tensor_of(tensors_, "learnt.features"), oracle("learnt.labels")};
  }
  at::Tensor judged() const { return tensor_of(tensors_, "judged.features"); }

  const weights::TensorMap tensors_ =
      weights::Safetensors::open(testing::fixture("probe.safetensors")).tensors();
};

TEST_P(ProbeParts, NearestNeighboursVoteAsInScikitLearn) {
  EXPECT_LT(difference(nearest_neighbour_votes(learnt(), judged(), 20), oracle("votes")), 1e-9);
}

TEST_P(ProbeParts, LinearProbeIsScikitLearnsRegression) {
  const LinearProbe probe = fit_linear_probe(learnt(), GetParam());
  EXPECT_LT(difference(probe.weight, oracle("weight")), 1e-6);
  EXPECT_LT(difference(probe(judged()), oracle("probabilities")), 1e-6);
}

// A class that nobody learnt has, though someone judged has it, counts in no mean.
TEST_P(ProbeParts, MeanAucIsScikitLearns) {
  const auto with = [](const at::Tensor& labels, double last) {
    return at::cat({labels, at::full({labels.size(0), 1}, last, at::kDouble)}, 1);
  };
  at::Tensor truth = with(oracle("judged.labels"), 0);
  truth[0][3] = 1;
  const ProbeFigures figures = probe_figures({learnt().features, with(learnt().labels, 0)},
                                             {judged(), truth}, GetParam(), 20);
  EXPECT_NEAR(figures.knn_auc, oracle("knn_auc").item<double>(), 1e-9);
  EXPECT_NEAR(figures.linear_auc, oracle("linear_auc").item<double>(), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Tasks, ProbeParts,
                         ::testing::Values(weights::Task::multilabel, weights::Task::multiclass));

TEST(Spread, EqualsNumPy) {
  const auto tensors = weights::Safetensors::open(testing::fixture("probe.safetensors")).tensors();
  const at::Tensor features = tensor_of(tensors, "judged.features");
  EXPECT_NEAR(feature_std(features), tensor_of(tensors, "feature_std").item<double>(), 1e-12);
  EXPECT_NEAR(effective_rank(features), tensor_of(tensors, "feature_rank").item<double>(), 1e-9);
}

TEST(Spread, ShowsCollapse) {
  const at::Tensor one = at::arange(1, 9, at::kDouble).unsqueeze(0);
  const at::Tensor collapsed = at::arange(1, 6, at::kDouble).unsqueeze(1) * one;
  EXPECT_NEAR(feature_std(collapsed), 0, 1e-15);
  EXPECT_NEAR(effective_rank(collapsed), 1, 1e-9);
  EXPECT_NEAR(effective_rank(at::eye(8, at::kDouble)), 8, 1e-9);
  EXPECT_TRUE(std::isnan(effective_rank(at::zeros({5, 8}, at::kDouble))));
}

TEST(NearestNeighbours, FewerThanKVoteWhereThereAreFewer) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  const LabelledFeatures known{at::eye(3, at::kDouble),
                               at::tensor({1., gap, 0., 1., 1., 0.}, at::kDouble).reshape({3, 2})};
  // All three are equally far from the first two classes' middle; of the second, only two are
  // known.
  const at::Tensor votes = nearest_neighbour_votes(known, at::ones({1, 3}, at::kDouble), 20);
  EXPECT_NEAR(votes[0][0].item<double>(), 2. / 3, 1e-12);
  EXPECT_NEAR(votes[0][1].item<double>(), 1. / 2, 1e-12);
}

// ---- lists ----

/// Grey pictures, the i-th of brightness 2 i; a finding "bright" that is there from 100 on, the
/// contrary in val.csv; a finding nobody has; an uncertain one.
class ProbeLists : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string train = "path,bright,never,unsure\n", val = train, test = train;
    for (int i = 0; i < 127; ++i) {
      const std::string name = std::to_string(i) + ".png";
      image::write_png(folder_.file(name), {4, 4, 1, std::vector<uint8_t>(16, 2 * i)});
      const bool bright = i >= 50;
      if (i % 10 == 3)
        val += name + (bright ? ",0,0,0\n" : ",1,0,1\n");
      else if (i % 10 == 7)
        test += name + (bright ? ",1,0,1\n" : ",0,0,0\n");
      else
        train += name + (bright ? ",1,0,-1\n" : ",0,0,0\n");
    }
    folder_.write("train.csv", train);
    folder_.write("val.csv", val);
    folder_.write("test.csv", test);
    recipe_.data.kind = "csv";
    recipe_.data.train = folder_.file("train.csv");
    recipe_.data.test = folder_.file("test.csv");
    preprocess_.resize = {16, 16};
    preprocess_.crop = 16;
  }

  nlohmann::ordered_json measure(const Probe::Features& features) const {
    return Probe(recipe_, preprocess_, 16, *distributed_).measure(features);
  }

  // Brightness as an angle, so that k-NN sees it too.
  static at::Tensor brightness(const data::Batch& batch) {
    auto* data = const_cast<std::byte*>(batch.images.bytes().data());
    const at::Tensor images = at::from_blob(data, batch.images.shape(), at::kFloat);
    const at::Tensor angle = images.mean({1, 2, 3}) * 0.3;
    return at::stack({angle.cos(), angle.sin()}, 1);
  }

  test::TestFolder folder_;
  ProbeRecipe recipe_;
  weights::Preprocess preprocess_;
  std::unique_ptr<Distributed> distributed_ = Distributed::from_environment(false, 10);
};

TEST_F(ProbeLists, JudgesOnTheTestListElseOnTheValidationList) {
  const auto on_test = measure(brightness);
  EXPECT_EQ(on_test["probe/linear_auc"], 1);
  EXPECT_GT(on_test["probe/knn_auc"], 0.99);
  EXPECT_NEAR(on_test["probe/feature_rank"].get<double>(), 2, 0.3);
  recipe_.data.test.clear();
  recipe_.data.val = folder_.file("val.csv");
  EXPECT_EQ(measure(brightness)["probe/linear_auc"], 0);
}

TEST_F(ProbeLists, LeavesUnreadableImagesOut) {
  folder_.write("60.png", "no picture");  // 1 of 102
  EXPECT_EQ(measure(brightness)["probe/linear_auc"], 1);
}

TEST_F(ProbeLists, CollapsedFeaturesAreWorthNothing) {
  const auto found = measure([](const data::Batch& batch) {
    return at::ones({batch.images.shape()[0], 8});
  });
  EXPECT_EQ(found["probe/knn_auc"], 0.5);
  EXPECT_EQ(found["probe/linear_auc"], 0.5);
  EXPECT_NEAR(found["probe/feature_std"].get<double>(), 0, 1e-12);
  EXPECT_NEAR(found["probe/feature_rank"].get<double>(), 1, 1e-9);
}

TEST_F(ProbeLists, FiguresOfBrokenFeaturesAreUndefined) {
  const auto found = measure([](const data::Batch& batch) {
    return at::full({batch.images.shape()[0], 8}, std::numeric_limits<float>::quiet_NaN());
  });
  EXPECT_TRUE(found["probe/knn_auc"].is_null());
  EXPECT_TRUE(found["probe/feature_rank"].is_null());
}

TEST_F(ProbeLists, RefusesListsThatTeachNothing) {
  const auto error = [&] {
    return error_of([&] { Probe(recipe_, preprocess_, 16, *distributed_); });
  };
  recipe_.data.train = folder_.write("unlabelled.csv", "path\n1.png\n2.png\n");
  recipe_.data.test = folder_.write("other.csv", "path\n3.png\n");
  EXPECT_CONTAINS(error(),
                  "unlabelled.csv: expected labelled images to learn from, found no label");
  recipe_.data.train.clear();
  EXPECT_CONTAINS(error(),
                  "probe.data: expected a list of labelled images to learn from, found none");
  recipe_.data.train = folder_.file("train.csv");
  recipe_.data.test.clear();
  recipe_.data.val_fraction = 0;
  EXPECT_CONTAINS(error(),
                  "probe.data: expected a list of labelled images to judge on, found none");
  recipe_.data.test =
      folder_.write("absent.csv", "path,bright,never,unsure\nnot_there.png,1,0,0\n");
  EXPECT_CONTAINS(error(), "expected at most 1 % of the images to be missing, found 1 of 1");
}

}  // namespace
}  // namespace evax::train
