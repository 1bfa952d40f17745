#include "evax/data/augment/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "evax/core/error.h"
#include "evax/data/augment/crop.h"
#include "evax/data/augment/erase.h"
#include "evax/data/augment/rand_augment.h"
#include "evax/data/transform.h"
#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

void check_range(const char* name, double value, double low, double high) {
  if (!(value >= low && value <= high))
    fail("augment.{}: expected a number from {} to {}, found {}", name, low, high, value);
}

// Too small an alpha leaves nothing of either part in float64.
void check_alpha(const char* name, double value) {
  if (value != 0) check_range(name, value, 0.05, 100);
}

// timm's fill of what geometry leaves empty.
Colour mean_colour(const weights::Preprocess& preprocess) {
  Colour colour;
  for (size_t c = 0; c < 3; ++c)
    colour[c] =
        static_cast<uint8_t>(std::clamp(std::nearbyint(255.0 * preprocess.mean[c]), 0.0, 255.0));
  return colour;
}

image::Image to_rgb(const image::Image& grey) {
  image::Image rgb{grey.width, grey.height, 3, std::vector<uint8_t>(grey.pixels.size() * 3)};
  for (size_t i = 0; i < rgb.pixels.size(); ++i) rgb.pixels[i] = grey.pixels[i / 3];
  return rgb;
}

CropRange crop_range(const AugmentConfig& config) {
  return {config.crop_scale_min, config.crop_scale_max, config.crop_ratio_min,
          config.crop_ratio_max};
}

// timm's create_transform for training, as spec C.4 has it, and random erasing.
class TimmTransform {
 public:
  TimmTransform(const AugmentConfig& config, const weights::Preprocess& preprocess)
      : crop_(crop_range(config)),
        flip_(config.flip),
        erase_(config.erase),
        erase_fill_(fill_from_name(config.erase_mode)),
        fill_(mean_colour(preprocess)),
        preprocess_(preprocess) {
    if (!config.auto_augment.empty()) rand_augment_ = parse_rand_augment(config.auto_augment);
  }

  void operator()(const image::Image& image, const Key& key, float* out) const {
    Random crop = stream(key, Draw::crop);
    const Box box = draw_crop(image.width, image.height, crop_, crop);
    image::Image picture = resized_crop(image, box, preprocess_.crop);
    if (stream(key, Draw::flip).chance(flip_)) flip_horizontally(picture);
    if (rand_augment_) augment(key, picture);
    normalise(picture, preprocess_, out);
    Random erasing = stream(key, Draw::erase);
    erase(out, preprocess_.crop, erase_, erase_fill_, erasing);
  }

 private:
  void augment(const Key& key, image::Image& picture) const {
    const bool grey_fill = fill_[0] == fill_[1] && fill_[1] == fill_[2];
    if (picture.channels == 1 && !grey_fill) picture = to_rgb(picture);
    Random random = stream(key, Draw::auto_augment);
    for (const Step& step : draw_steps(*rand_augment_, random))
      apply(step.operation, argument_of(step, rand_augment_->increasing), fill_, picture);
  }

  CropRange crop_;
  double flip_;
  double erase_;
  Fill erase_fill_;
  std::optional<RandAugment> rand_augment_;
  Colour fill_;
  weights::Preprocess preprocess_;
};

size_t floats_of(int side) { return size_t{3} * side * side; }

bool has_view(const weights::Preprocess& preprocess, int teacher_size) {
  return teacher_size > 0 && teacher_size != preprocess.crop;
}

class PretrainTransform {
 public:
  PretrainTransform(const AugmentConfig& config, const weights::Preprocess& preprocess,
                    int teacher_size)
      : crop_(crop_range(config)),
        flip_(config.flip),
        preprocess_(preprocess),
        teacher_size_(has_view(preprocess, teacher_size) ? teacher_size : 0) {}

  void operator()(const image::Image& image, const Key& key, float* out) const {
    Random random = stream(key, Draw::crop);
    Box box = draw_crop(image.width, image.height, crop_, random);
    const bool flip = stream(key, Draw::flip).chance(flip_);
    // The box of the mirrored image, without mirroring what is not in it.
    if (flip) box.x = image.width - box.x - box.width;
    image::Image picture = cut(image, box);
    if (flip) flip_horizontally(picture);
    write(picture, preprocess_.crop, out);
    if (teacher_size_ > 0) write(picture, teacher_size_, out + floats_of(preprocess_.crop));
  }

 private:
  void write(const image::Image& picture, int size, float* out) const {
    normalise(image::resize(picture, size, size, Interpolation::bicubic), preprocess_, out);
  }

  CropRange crop_;
  double flip_;
  weights::Preprocess preprocess_;
  int teacher_size_;  // 0: it looks at the student's picture
};

}  // namespace

Random stream(const Key& key, Draw operation) {
  return {key.seed, key.epoch, key.sample, operation};
}

void check_augment(const AugmentConfig& config) {
  constexpr std::array<std::string_view, 4> policies{"none", "timm", "pretrain", "segment"};
  if (std::find(policies.begin(), policies.end(), config.policy) == policies.end())
    fail("augment.policy: expected one of {}, found \"{}\"", fmt::join(policies, ", "),
         config.policy);
  if (!config.auto_augment.empty()) parse_rand_augment(config.auto_augment);
  check_range("crop_scale_max", config.crop_scale_max, 1e-4, 1);
  check_range("crop_scale_min", config.crop_scale_min, 1e-4, config.crop_scale_max);
  check_range("crop_ratio_max", config.crop_ratio_max, 1e-2, 1e2);
  check_range("crop_ratio_min", config.crop_ratio_min, 1e-2, config.crop_ratio_max);
  check_range("flip", config.flip, 0, 1);
  check_range("rotate", config.rotate, 0, 180);
  check_range("zoom", config.zoom, 0, 4);
  check_range("shift", config.shift, 0, 1);
  if (config.policy != "segment" && (config.rotate != 0 || config.zoom != 0 || config.shift != 0))
    fail("augment: expected rotate, zoom and shift = 0 with policy = \"{}\", found {}, {} and {}",
         config.policy, config.rotate, config.zoom, config.shift);
  check_range("erase", config.erase, 0, 1);
  if (config.policy != "timm" && config.erase != 0)
    fail("augment.erase: expected 0 with policy = \"{}\", found {}", config.policy, config.erase);
  fill_from_name(config.erase_mode);
  check_alpha("mixup", config.mixup);
  check_alpha("cutmix", config.cutmix);
  if (config.policy == "segment" && (config.mixup != 0 || config.cutmix != 0))
    fail("augment: expected mixup = 0 and cutmix = 0 with policy = \"segment\", found {} and {}",
         config.mixup, config.cutmix);
  check_range("mix_probability", config.mix_probability, 0, 1);
  check_range("mix_switch", config.mix_switch, 0, 1);
}

SampleTransform make_train_transform(const AugmentConfig& config,
                                     const weights::Preprocess& preprocess) {
  check_augment(config);
  if (config.policy == "timm") return TimmTransform(config, preprocess);
  if (config.policy == "pretrain") return make_pretrain_transform(config, preprocess, 0);
  if (config.policy == "segment")
    fail("augment.policy: expected timm, pretrain or none for images without masks, found segment");
  return evaluation_transform(preprocess);
}

SampleTransform make_pretrain_transform(const AugmentConfig& config,
                                        const weights::Preprocess& preprocess, int teacher_size) {
  check_augment(config);
  if (config.policy == "pretrain") return PretrainTransform(config, preprocess, teacher_size);
  if (config.policy == "none") return evaluation_transform(preprocess, teacher_size);
  fail("augment.policy: expected pretrain or none in pre-training, found \"{}\"", config.policy);
}

SampleTransform evaluation_transform(const weights::Preprocess& preprocess, int teacher_size) {
  if (!has_view(preprocess, teacher_size))
    return [transform = Transform(preprocess)](const image::Image& image, const Key&, float* out) {
      transform(image, out);
    };
  weights::Preprocess teacher = preprocess;
  teacher.crop = teacher_size;
  for (int& side : teacher.resize)
    side =
        static_cast<int>(std::lround(static_cast<double>(side) * teacher_size / preprocess.crop));
  return [student = Transform(preprocess), teacher = Transform(teacher),
          floats = floats_of(preprocess.crop)](const image::Image& image, const Key&, float* out) {
    student(image, out);
    teacher(image, out + floats);
  };
}

}  // namespace evax::data
