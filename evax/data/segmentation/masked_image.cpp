#include "evax/data/segmentation/masked_image.h"

#include <algorithm>

#include "evax/core/error.h"

namespace evax::data {
namespace {

Mask mask_of(const Dataset& dataset, const Sample& sample) {
  return read_mask(sample.mask, dataset.classes.size(), dataset.mask_values);
}

bool is_readable_with_target(const Dataset& dataset, const Sample& sample) {
  bool target = false;  // what cannot be read is reported where the sample is
  attempt(sample.mask, [&] { target = has_target(mask_of(dataset, sample)); });
  return target;
}

}  // namespace

MaskedImage read_masked_image(const Dataset& dataset, const Sample& sample) {
  image::Radiograph xray = read_radiograph(dataset, sample);
  MaskedImage pair{std::move(xray.image), mask_of(dataset, sample), xray.info.pixel_spacing};
  check_same_size(pair.mask, sample.mask, pair.image, sample.path);
  return pair;
}

void check_has_target(const Dataset& dataset) {
  const bool any =
      std::any_of(dataset.samples.begin(), dataset.samples.end(),
                  [&](const Sample& sample) { return is_readable_with_target(dataset, sample); });
  if (!any)
    fail("{}: expected a mask with a pixel of {}, found {} without", dataset.source,
         fmt::join(dataset.classes, " or "), dataset.size());
}

}  // namespace evax::data
