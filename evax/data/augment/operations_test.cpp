#include "evax/data/augment/operations.h"

#include <map>

#include "evax/data/augment/rand_augment.h"
#include "evax/data/augment/test_support.h"

namespace evax::data {
namespace {

struct Name {
  Operation operation;
  bool increasing;  // which of timm's two sets it belongs to; does not matter for most
};

const std::map<std::string, Name> names{
    {"AutoContrast", {Operation::auto_contrast, true}},
    {"Equalize", {Operation::equalize, true}},
    {"Invert", {Operation::invert, true}},
    {"Rotate", {Operation::rotate, true}},
    {"Posterize", {Operation::posterize, false}},
    {"PosterizeIncreasing", {Operation::posterize, true}},
    {"Solarize", {Operation::solarize, false}},
    {"SolarizeIncreasing", {Operation::solarize, true}},
    {"SolarizeAdd", {Operation::solarize_add, true}},
    {"Color", {Operation::color, false}},
    {"ColorIncreasing", {Operation::color, true}},
    {"Contrast", {Operation::contrast, false}},
    {"ContrastIncreasing", {Operation::contrast, true}},
    {"Brightness", {Operation::brightness, false}},
    {"BrightnessIncreasing", {Operation::brightness, true}},
    {"Sharpness", {Operation::sharpness, false}},
    {"SharpnessIncreasing", {Operation::sharpness, true}},
    {"ShearX", {Operation::shear_x, true}},
    {"ShearY", {Operation::shear_y, true}},
    {"TranslateXRel", {Operation::translate_x, true}},
    {"TranslateYRel", {Operation::translate_y, true}},
};

struct Picture {
  std::string name;
  Colour fill;
};

class Pictures : public ::testing::TestWithParam<Picture> {};

TEST_P(Pictures, OperationsEqualPillowsBitForBit) {
  const auto& [name, fill] = GetParam();
  const image::Image picture = testing::picture_of(testing::fixture(name + "_in"));
  const Tensor expected = testing::fixture(name + "_out");
  const auto cases = testing::table("cases");
  ASSERT_EQ(cases.size(), static_cast<size_t>(expected.size(0)));
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto [operation, increasing] = names.at(cases[i][0]);
    const Step step{operation, std::stod(cases[i][1]), cases[i][2] == "1"};
    image::Image ours = picture;
    apply(operation, argument_of(step, increasing), fill, ours);
    EXPECT_EQ(ours.pixels, testing::picture_of(expected, i).pixels)
        << cases[i][0] << " at " << cases[i][1] << (step.negate ? ", negated" : "");
  }
}

TEST_P(Pictures, GreyGivesWhatEqualChannelsGive) {
  const auto& [name, fill] = GetParam();
  const image::Image picture = testing::picture_of(testing::fixture(name + "_in"));
  if (picture.channels == 3) GTEST_SKIP() << "a picture of colours";
  for (const auto& row : testing::table("cases")) {
    const auto [operation, increasing] = names.at(row[0]);
    const double argument = argument_of({operation, std::stod(row[1]), row[2] == "1"}, increasing);
    image::Image grey = picture;
    image::Image rgb = testing::equal_channels(picture);
    apply(operation, argument, fill, grey);
    apply(operation, argument, fill, rgb);
    EXPECT_EQ(testing::equal_channels(grey).pixels, rgb.pixels) << row[0];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Operations, Pictures,
    ::testing::Values(Picture{"grey", {125, 125, 125}}, Picture{"rgb", {124, 116, 104}},
                      Picture{"xray", {125, 125, 125}}, Picture{"dark", {129, 129, 129}},
                      Picture{"flat", {125, 125, 125}}, Picture{"tiny", {125, 125, 125}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace evax::data
