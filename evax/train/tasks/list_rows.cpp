#include "evax/train/tasks/list_rows.h"

#include <ATen/ATen.h>

#include <map>

#include "evax/core/log.h"
#include "evax/evaluation/scored.h"
#include "evax/train/loop/loading.h"

namespace evax::train {
namespace {

/// This process's part of a list.
class Part {
 public:
  void add(const data::Batch& batch, const BatchRows& rows_of_batch) {
    const at::Tensor readable = readable_in(batch);
    const std::vector<int64_t> samples(batch.samples.begin(), batch.samples.end());
    samples_.push_back(at::tensor(samples, at::kLong).index_select(0, readable));
    rows_.push_back(rows_of_batch(batch, readable));
  }

  /// Of all ranks, in the order of the list, whatever rank or batch a row came from.
  ListRows gather(const data::Dataset& dataset, Distributed& distributed) {
    const at::Tensor samples = distributed.gather_rows(at::cat(samples_));
    const at::Tensor order = samples.argsort();
    ListRows list;
    list.rows = distributed.gather_rows(own_rows(distributed)).index_select(0, order);
    const at::Tensor sorted = samples.index_select(0, order);
    const int64_t* sample = sorted.const_data_ptr<int64_t>();
    list.samples.assign(sample, sample + sorted.numel());
    size_t next = 0;
    for (uint32_t i = 0; i < dataset.size(); ++i)
      if (next < list.samples.size() && list.samples[next] == i)
        ++next;
      else
        list.unreadable.emplace_back(dataset.samples[i].path, reason_of(i));
    return list;
  }

 private:
  at::Tensor readable_in(const data::Batch& batch) {
    for (const auto& [sample, reason] : batch.unreadable) {
      warn("left out: " + reason);
      reasons_[sample] = reason;
    }
    std::vector<int64_t> places;
    for (size_t i = 0; i < batch.samples.size(); ++i)
      if (!reasons_.contains(batch.samples[i])) places.push_back(static_cast<int64_t>(i));
    return at::tensor(places, at::kLong);
  }

  // A rank without images has no rows, but of the width that the others have.
  at::Tensor own_rows(Distributed& distributed) const {
    const at::Tensor rows = rows_.empty() ? at::empty({0, 0}) : at::cat(rows_);
    const at::Tensor widths = distributed.gather_rows(at::full({1}, rows.size(1), at::kLong));
    return rows_.empty() ? at::empty({0, widths.max().item<int64_t>()}) : rows;
  }

  std::string reason_of(uint32_t sample) const {
    const auto found = reasons_.find(sample);
    return found == reasons_.end() ? "another process could not read it" : found->second;
  }

  std::vector<at::Tensor> samples_{at::empty({0}, at::kLong)}, rows_;
  std::map<uint32_t, std::string> reasons_;  // of this process's unreadable ones
};

}  // namespace

ListRows rows_of_list(const data::Dataset& dataset, const data::SampleTransform& transform,
                      const ListOptions& options, Distributed& distributed,
                      const BatchRows& rows_of_batch) {
  const Shape row{3, options.image_size, options.image_size};
  data::Loader loader(dataset, transform,
                      scoring_options(options.batch_size, options.workers, row, distributed));
  Part part;
  data::Batch batch;
  for (loader.start(0); loader.next(batch);)
    if (!batch.samples.empty()) part.add(batch, rows_of_batch);
  ListRows list = part.gather(dataset, distributed);
  evaluation::check_readable(dataset, list.unreadable);
  return list;
}

}  // namespace evax::train
