#include "evax/train/pretraining/masked_pictures.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "evax/data/augment/augment.h"
#include "evax/train/recipe/masked_sheet.h"

namespace evax::train {
namespace {

constexpr size_t most_images = 4;

data::Batch first_images(const data::Dataset& dataset, const weights::Preprocess& preprocess,
                         int view_size, const Shape& row) {
  const auto transform = data::evaluation_transform(preprocess, view_size);
  const size_t count = std::min(most_images, dataset.size());
  const auto floats = static_cast<size_t>(element_count(row));
  Shape shape = row;
  shape.insert(shape.begin(), static_cast<int64_t>(count));
  data::Batch batch;
  batch.images = Tensor(DType::f32, shape);
  for (uint32_t i = 0; i < count; ++i) {
    batch.samples.push_back(i);
    transform(data::read_image(dataset, dataset.samples[i]), {},
              batch.images.mutable_floats().data() + i * floats);
  }
  return batch;
}

// The first channel of a normalised picture in 8 bits.
image::Image grey_picture(const float* values, const weights::Preprocess& preprocess) {
  image::Image image{preprocess.crop, preprocess.crop, 1, {}};
  const size_t pixels = static_cast<size_t>(preprocess.crop) * preprocess.crop;
  for (size_t i = 0; i < pixels; ++i) {
    const float grey = 255 * (values[i] * preprocess.std[0] + preprocess.mean[0]);
    image.pixels.push_back(static_cast<uint8_t>(std::clamp(std::lround(grey), 0L, 255L)));
  }
  return image;
}

}  // namespace

image::Image masked_pictures(MaskedImageModelling& modelling, const data::Dataset& dataset,
                             const weights::Preprocess& preprocess) {
  const data::Batch batch =
      first_images(dataset, preprocess, modelling.teacher().view_size(), modelling.row_shape());
  const auto floats = static_cast<size_t>(element_count(modelling.row_shape()));
  const auto patches = static_cast<size_t>(modelling.student().config().tokens() - 1);
  std::vector<MaskedImage> images;
  for (size_t i = 0; i < batch.samples.size(); ++i)
    images.push_back({grey_picture(batch.images.floats().data() + i * floats, preprocess),
                      std::vector<uint8_t>(patches), std::vector<float>(patches)});
  const auto [hidden, cosine] = modelling.predicted(batch, {});
  const int64_t* cell = hidden.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < hidden.numel(); ++i) {
    MaskedImage& image = images[static_cast<size_t>(cell[i]) / patches];
    const size_t patch = static_cast<size_t>(cell[i]) % patches;
    image.mask[patch] = 1;
    image.cosine[patch] = cosine.const_data_ptr<float>()[i];
  }
  return masked_sheet(images);
}

}  // namespace evax::train
