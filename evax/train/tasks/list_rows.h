#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/loader.h"
#include "evax/train/loop/distributed.h"

namespace evax::train {

struct ListOptions {
  int image_size = 224;
  int batch_size = 32;
  int workers = 2;
};

/// What a network gave for the images of a list, a row each.
struct ListRows {
  std::vector<uint32_t> samples;  // [n], in the list's order; without those that cannot be read
  at::Tensor rows;                // float32 [n, width]
  std::vector<std::pair<std::string, std::string>> unreadable;  // path, reason
};

/// From a batch to the rows of its readable images, float32 [N, width] on the CPU. `readable`:
/// their places in the batch, int64 [N].
using BatchRows = std::function<at::Tensor(const data::Batch& batch, const at::Tensor& readable)>;

/// Runs over the whole list, its images distributed to all ranks; every rank gets the answer.
/// Batches hold the same images for any number of ranks. Unreadable images are left out and warned
/// about; more than 1 % are an Error.
ListRows rows_of_list(const data::Dataset& dataset, const data::SampleTransform& transform,
                      const ListOptions& options, Distributed& distributed,
                      const BatchRows& rows_of_batch);

}  // namespace evax::train
