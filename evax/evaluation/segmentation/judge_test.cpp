#include "evax/evaluation/segmentation/judge.h"

#include <gtest/gtest.h>

#include "evax/core/testing/support.h"
#include "evax/image/dicom/file_builder.h"
#include "evax/image/write.h"

namespace evax::evaluation {
namespace {

constexpr int side = 16;

// DICOM X-rays of 16 x 16 pixels with a mask of the first row, and a network that marks the row
// `marked`.
class List {
 public:
  List() {
    dataset_.task = weights::Task::segmentation;
    dataset_.classes = {"lung"};
  }

  void add(const std::string& name, const std::string& spacing) {
    image::dicom::FileBuilder file;
    file.preamble("1.2.840.10008.1.2.1").radiograph(side, side);
    if (!spacing.empty()) file.text(0x00280030, "DS", spacing);
    std::vector<uint16_t> pixels(side * side);
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint16_t>(i);
    file.pixels(pixels);
    data::Sample sample;
    sample.path = folder_.write(name + ".dcm", file.bytes());
    sample.mask = folder_.file(name + ".png");
    image::Image mask{side, side, 1, std::vector<uint8_t>(side * side)};
    std::fill_n(mask.pixels.begin(), side, uint8_t{1});
    image::write_png(sample.mask, mask);
    dataset_.samples.push_back(std::move(sample));
  }

  SegmentedList segmented(int64_t marked) const {
    weights::Preprocess preprocess;
    preprocess.resize = {side, side};
    preprocess.crop = side;
    std::vector<uint32_t> all(dataset_.samples.size());
    for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    const auto network = [marked](const Tensor&) {
      Tensor logits(DType::f32, {1, 1, side, side});
      std::ranges::fill(logits.mutable_floats(), -9.0F);
      std::fill_n(logits.mutable_floats().data() + marked * side, side, 9.0F);
      return logits;
    };
    return segment_list(dataset_, all, preprocess, network, std::vector{0.5});
  }

 private:
  test::TestFolder folder_;
  data::Dataset dataset_;
};

TEST(SegmentedList, DistancesAreInMillimetresWhereEveryPixelSizeIsKnown) {
  List list;
  list.add("a", "0.5\\2");
  list.add("b", "0.25\\1");
  const SegmentedList known = list.segmented(4);
  EXPECT_EQ(known.distance_unit, "mm");
  ASSERT_EQ(known.images.size(), 2U);
  EXPECT_EQ(known.images[0].hd95.at(0), 4 * 0.5);
  EXPECT_EQ(known.images[1].hd95.at(0), 4 * 0.25);

  list.add("c", "");
  const SegmentedList mixed = list.segmented(4);
  EXPECT_EQ(mixed.distance_unit, "px");
  for (const auto& image : mixed.images) EXPECT_EQ(image.hd95.at(0), 4);
}

}  // namespace
}  // namespace evax::evaluation
