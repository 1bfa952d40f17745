#include "evax/data/augment/segment.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/data/augment/affine.h"
#include "evax/data/augment/crop.h"
#include "evax/data/augment/photometric.h"
#include "evax/data/transform.h"
#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

void check(const AugmentConfig& config, const weights::Preprocess& preprocess) {
  check_augment(config);
  if (config.policy != "segment" && config.policy != "none")
    fail("augment.policy: expected segment or none for masks, found \"{}\"", config.policy);
  const int size = preprocess.crop;
  const bool whole = preprocess.fit == weights::Fit::squash && preprocess.resize[0] == size &&
                     preprocess.resize[1] == size;
  if (!whole)
    fail(
        "preprocess: expected fit = \"squash\" and resize = [{0}, {0}], as crop is, for masks, "
        "found another",
        size);
  if (preprocess.arithmetic == weights::Arithmetic::real && config.policy == "segment")
    fail(
        "preprocess.arithmetic: expected cv2_8 or pillow8 with policy = \"segment\", which works "
        "on 8 bits, found float");
}

void write(const Mask& mask, uint8_t* out) {
  std::copy(mask.pixels.begin(), mask.pixels.end(), out);
}

class SegmentTransform {
 public:
  SegmentTransform(const AugmentConfig& config, const weights::Preprocess& preprocess)
      : flip_(config.flip),
        affine_{config.rotate, config.zoom, config.shift},
        preprocess_(preprocess) {}

  void operator()(const image::Image& image, const Mask& mask, const Key& key, float* out,
                  uint8_t* mask_out) const {
    image::Image picture = resize_and_crop(image, preprocess_);
    Mask target = image::resize_nearest(mask, preprocess_.crop, preprocess_.crop);
    if (stream(key, Draw::flip).chance(flip_)) {
      flip_horizontally(picture);
      flip_horizontally(target);
    }
    if (!affine_.empty()) {
      Random draws = stream(key, Draw::affine);
      const image::Affine matrix = draw_affine(affine_, preprocess_.crop, draws);
      picture = image::transform(picture, matrix, {0, 0, 0});
      target = transform_nearest(target, matrix);
    }
    Random random = stream(key, Draw::photometric);
    apply(draw_distortion(random), picture);
    normalise(picture, preprocess_, out);
    write(target, mask_out);
  }

 private:
  double flip_;
  AffineRange affine_;
  weights::Preprocess preprocess_;
};

}  // namespace

MaskedTransform make_segment_transform(const AugmentConfig& config,
                                       const weights::Preprocess& preprocess) {
  check(config, preprocess);
  if (config.policy == "segment") return SegmentTransform(config, preprocess);
  return [transform = Transform(preprocess)](const image::Image& image, const Mask& mask,
                                             const Key&, float* out, uint8_t* mask_out) {
    transform(image, out);
    write(image::resize_nearest(mask, transform.size(), transform.size()), mask_out);
  };
}

}  // namespace evax::data
