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

// A row of cases.csv: an operation by timm's name at a magnitude.
struct Case {
  explicit Case(const image::testing::Row& row)
      : name(row.at("operation")),
        operation(names.at(name).operation),
        argument(argument_of({operation, std::stod(row.at("level")), row.at("negate") == "1"},
                             names.at(name).increasing)) {}

  std::string name;
  Operation operation;
  double argument;
};

struct Picture {
  std::string name;
  Colour fill;
};

class Pictures : public ::testing::TestWithParam<Picture> {};
class GreyPictures : public Pictures {};

TEST_P(Pictures, OperationsEqualPillowsBitForBit) {
  const auto& [name, fill] = GetParam();
  const image::Image picture = testing::picture_of(testing::fixture(name + "_in"));
  const Tensor expected = testing::fixture(name + "_out");
  const auto rows = testing::table("cases");
  ASSERT_EQ(rows.size(), static_cast<size_t>(expected.size(0)));
  for (size_t i = 0; i < rows.size(); ++i) {
    const Case a_case(rows[i]);
    image::Image ours = picture;
    apply(a_case.operation, a_case.argument, fill, ours);
    EXPECT_EQ(ours.pixels, testing::picture_of(expected, i).pixels)
        << a_case.name << " with " << a_case.argument;
  }
}

TEST_P(GreyPictures, GiveWhatEqualChannelsGive) {
  const auto& [name, fill] = GetParam();
  const image::Image picture = testing::picture_of(testing::fixture(name + "_in"));
  for (const auto& row : testing::table("cases")) {
    const Case a_case(row);
    image::Image grey = picture;
    image::Image rgb = testing::equal_channels(picture);
    apply(a_case.operation, a_case.argument, fill, grey);
    apply(a_case.operation, a_case.argument, fill, rgb);
    EXPECT_EQ(testing::equal_channels(grey).pixels, rgb.pixels) << a_case.name;
  }
}

const auto grey_pictures =
    ::testing::Values(Picture{"grey", {125, 125, 125}}, Picture{"xray", {125, 125, 125}},
                      Picture{"dark", {129, 129, 129}}, Picture{"flat", {125, 125, 125}},
                      Picture{"tiny", {125, 125, 125}});
std::string name_of(const ::testing::TestParamInfo<Picture>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(Grey, Pictures, grey_pictures, name_of);
INSTANTIATE_TEST_SUITE_P(Grey, GreyPictures, grey_pictures, name_of);
INSTANTIATE_TEST_SUITE_P(Colour, Pictures, ::testing::Values(Picture{"rgb", {124, 116, 104}}),
                         name_of);

}  // namespace
}  // namespace evax::data
