#include "evax/core/error.h"
#include "evax/data/dataset.h"
#include "evax/data/shards/shard.h"
#include "evax/image/read.h"

namespace evax::data {

image::Image read_image(const Sample& sample) {
  if (sample.shard) return sample.shard->image(sample.record);
  return image::read(sample.path).image;
}

}  // namespace evax::data
