#include "evax/data/augment/augment.h"

#include <algorithm>
#include <functional>
#include <thread>

#include "evax/core/error.h"
#include "evax/core/testing/support.h"
#include "evax/data/augment/crop.h"
#include "evax/data/augment/rand_augment.h"
#include "evax/data/augment/test_support.h"
#include "evax/data/transform.h"

namespace evax::data {
namespace {

weights::Preprocess small_preprocess() {
  weights::Preprocess preprocess;
  preprocess.resize = {28, 28};
  preprocess.crop = 24;
  return preprocess;
}

AugmentConfig timm() {
  AugmentConfig config;
  config.policy = "timm";
  config.erase = 0.25;
  return config;
}

image::Image xray() { return testing::picture_of(testing::fixture("xray_in")); }

std::vector<float> run(const SampleTransform& transform, const image::Image& image,
                       const Key& key) {
  std::vector<float> out(3 * 24 * 24);
  transform(image, key, out.data());
  return out;
}

TEST(AugmentTest, PolicyNoneIsTheEvaluationTransform) {
  const auto transform = make_train_transform(AugmentConfig{}, small_preprocess());
  const Tensor expected = Transform(small_preprocess())(xray());
  const auto floats = expected.floats();
  EXPECT_EQ(run(transform, xray(), {1, 2, 3}), std::vector<float>(floats.begin(), floats.end()));
}

TEST(AugmentTest, DrawsDependOnTheKeyAlone) {
  const auto transform = make_train_transform(timm(), small_preprocess());
  const image::Image image = xray();
  constexpr uint32_t samples = 64;
  std::vector<std::vector<float>> once(samples), again(samples);
  for (uint32_t i = 0; i < samples; ++i) once[i] = run(transform, image, {9, 4, i});
  std::vector<std::thread> threads;
  for (uint32_t part = 0; part < 4; ++part)
    threads.emplace_back([&, part] {  // another order, on other threads, by another transform
      const auto other = make_train_transform(timm(), small_preprocess());
      for (uint32_t i = samples; i-- > 0;)
        if (i % 4 == part) again[i] = run(other, image, {9, 4, i});
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(once, again);
  EXPECT_NE(once[0], once[1]);
  EXPECT_NE(once[0], run(transform, image, {9, 5, 0}));
  EXPECT_NE(once[0], run(transform, image, {8, 4, 0}));
}

TEST(AugmentTest, CropsFlipsAugmentsThenNormalises) {
  AugmentConfig config = timm();
  config.erase = 0;
  const auto transform = make_train_transform(config, small_preprocess());
  const RandAugment policy = parse_rand_augment(config.auto_augment);
  for (uint32_t sample = 0; sample < 50; ++sample) {
    const auto stream = [&](Draw draw) { return Random(3, 1, sample, draw); };
    Random crop = stream(Draw::crop), steps = stream(Draw::auto_augment);
    const image::Image source = xray();
    image::Image image = resized_crop(
        source, draw_crop(source.width, source.height, {0.08, 1, 3.0 / 4, 4.0 / 3}, crop), 24);
    if (stream(Draw::flip).chance(0.5)) flip_horizontally(image);
    for (const Step& step : draw_steps(policy, steps))
      apply(step.operation, argument_of(step, true), {125, 125, 125}, image);
    std::vector<float> expected(3 * 24 * 24);
    normalise(image, small_preprocess(), expected.data());
    EXPECT_EQ(run(transform, source, {3, 1, sample}), expected) << sample;
  }
}

// Each operation has a stream of its own: leaving one out changes nothing of the others.
TEST(AugmentTest, OperationsDrawFromStreamsOfTheirOwn) {
  AugmentConfig crop = timm();
  crop.flip = 0;
  crop.auto_augment.clear();
  crop.erase = 0;
  AugmentConfig flipped = crop;
  flipped.flip = 1;
  const auto plain = make_train_transform(crop, small_preprocess());
  const auto mirrored = make_train_transform(flipped, small_preprocess());
  auto image = run(plain, xray(), {1, 1, 1});
  for (size_t row = 0; row < image.size(); row += 24)
    std::reverse(image.begin() + row, image.begin() + row + 24);
  EXPECT_EQ(image, run(mirrored, xray(), {1, 1, 1}));
}

TEST(AugmentTest, GreyGivesWhatEqualChannelsGive) {
  weights::Preprocess colours = small_preprocess();
  colours.mean = {0.485F, 0.456F, 0.406F};  // a fill that is no grey
  for (const auto& preprocess : {small_preprocess(), colours}) {
    const auto transform = make_train_transform(timm(), preprocess);
    for (uint32_t sample = 0; sample < 300; ++sample)
      ASSERT_EQ(run(transform, xray(), {1, 0, sample}),
                run(transform, testing::equal_channels(xray()), {1, 0, sample}))
          << sample;
  }
}

TEST(AugmentTest, FlipsHalf) {
  AugmentConfig config = timm();
  config.crop_scale_min = config.crop_ratio_min = config.crop_ratio_max = 1;
  config.auto_augment.clear();
  config.erase = 0;
  const auto transform = make_train_transform(config, small_preprocess());
  image::Image ramp{24, 24, 1, std::vector<uint8_t>(24 * 24)};
  for (size_t i = 0; i < ramp.pixels.size(); ++i) ramp.pixels[i] = static_cast<uint8_t>(i % 24);
  double flips = 0;
  for (uint32_t sample = 0; sample < 4000; ++sample) {
    const auto out = run(transform, ramp, {2, 0, sample});
    flips += out.front() > out[23];
  }
  testing::expect_frequency(flips, 4000, 0.5);
}

TEST(AugmentTest, NamesTheKeyOfAValueThatMakesNoSense) {
  const auto message = [](const std::function<void(AugmentConfig&)>& change) -> std::string {
    AugmentConfig config = timm();
    change(config);
    try {
      check_augment(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto expect_named = [&](const std::string& name, auto change) {
    EXPECT_NE(message(change).find(name), std::string::npos) << message(change);
  };
  EXPECT_EQ(message([](AugmentConfig&) {}), "accepted");
  expect_named("policy", [](auto& c) { c.policy = "autoaugment"; });
  expect_named("auto_augment", [](auto& c) { c.auto_augment = "rand-x3"; });
  expect_named("crop_scale_min", [](auto& c) { c.crop_scale_min = 0; });
  expect_named("crop_scale_min", [](auto& c) { c.crop_scale_min = 0.9, c.crop_scale_max = 0.5; });
  expect_named("crop_scale_max", [](auto& c) { c.crop_scale_max = 1.5; });
  expect_named("crop_ratio_min", [](auto& c) { c.crop_ratio_min = -1; });
  expect_named("crop_ratio_max", [](auto& c) { c.crop_ratio_max = std::nan(""); });
  expect_named("flip", [](auto& c) { c.flip = 2; });
  expect_named("rotate", [](auto& c) { c.policy = "segment", c.rotate = 181; });
  expect_named("zoom", [](auto& c) { c.policy = "segment", c.zoom = -0.1; });
  expect_named("shift", [](auto& c) { c.policy = "segment", c.shift = 1.1; });
  expect_named("rotate", [](auto& c) { c.rotate = 5; });  // timm's is RandAugment
  expect_named("erase", [](auto& c) { c.erase = -0.1; });
  expect_named("erase", [](auto& c) { c.policy = "none"; });
  expect_named("erase_mode", [](auto& c) { c.erase_mode = "black"; });
  expect_named("mixup", [](auto& c) { c.mixup = 1e-3; });
  expect_named("cutmix", [](auto& c) { c.cutmix = -1; });
  expect_named("mix_probability", [](auto& c) { c.mix_probability = 1.1; });
  expect_named("mix_switch", [](auto& c) { c.mix_switch = -1; });
}

AugmentConfig pretrain() {
  AugmentConfig config;
  config.policy = "pretrain";
  config.crop_scale_min = 0.2;
  return config;
}

// Flip first, then the crop, resized for the student and again for the teacher (spec B.1).
TEST(PretrainTransformTest, BothViewsAreOneCropOfTheFlippedPicture) {
  constexpr int teacher_size = 21;
  const auto transform = make_pretrain_transform(pretrain(), small_preprocess(), teacher_size);
  const size_t first = 3 * 24 * 24, second = size_t{3} * teacher_size * teacher_size;
  int flipped = 0;
  for (uint32_t sample = 0; sample < 16; ++sample) {
    const Key key{9, 4, sample};
    image::Image picture = xray();
    Random crop(9, 4, sample, Draw::crop);
    const Box box = draw_crop(picture.width, picture.height, {0.2, 1, 3.0 / 4, 4.0 / 3}, crop);
    if (Random(9, 4, sample, Draw::flip).chance(0.5)) {
      flip_horizontally(picture);
      ++flipped;
    }
    std::vector<float> expected(first + second), found(first + second);
    normalise(resized_crop(picture, box, 24), small_preprocess(), expected.data());
    normalise(resized_crop(picture, box, teacher_size), small_preprocess(),
              expected.data() + first);
    transform(xray(), key, found.data());
    EXPECT_EQ(found, expected) << sample;
  }
  EXPECT_GT(flipped, 2);
  EXPECT_LT(flipped, 14);
}

TEST(PretrainTransformTest, ATeacherOfTheStudentsSizeGetsNoViewOfItsOwn) {
  const auto transform = make_pretrain_transform(pretrain(), small_preprocess(), 24);
  std::vector<float> out(3 * 24 * 24 + 1, 7.0F);
  transform(xray(), {1, 2, 3}, out.data());
  EXPECT_EQ(out.back(), 7.0F);
}

TEST(PretrainTransformTest, EvaluationShowsTheTeacherTheSamePart) {
  weights::Preprocess half = small_preprocess();
  half.resize = {14, 14};
  half.crop = 12;
  const size_t first = 3 * 24 * 24;
  std::vector<float> found(first + 3 * 12 * 12);
  evaluation_transform(small_preprocess(), 12)(xray(), {}, found.data());
  const Tensor student = Transform(small_preprocess())(xray());
  const Tensor teacher = Transform(half)(xray());
  EXPECT_TRUE(std::equal(student.floats().begin(), student.floats().end(), found.begin()));
  EXPECT_TRUE(std::equal(teacher.floats().begin(), teacher.floats().end(),
                         found.begin() + static_cast<std::ptrdiff_t>(first)));
}

TEST(PretrainTransformTest, RefusesAnotherPolicy) {
  EXPECT_EQ(test::error_of([] { make_pretrain_transform(timm(), small_preprocess(), 0); }),
            "augment.policy: expected pretrain or none in pre-training, found \"timm\"");
}

}  // namespace
}  // namespace evax::data
