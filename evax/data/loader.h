#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/data/dataset.h"

namespace evax::data {

/// From a picture to what the network takes of it, float32 of LoaderOptions::shape; (seed, epoch,
/// sample) key every random draw. Must be thread-safe.
struct Key {
  uint64_t seed;
  uint32_t epoch;
  uint32_t sample;  // index in the data set; where an epoch repeats samples, the draw's number
};
using SampleTransform = std::function<void(const image::Image&, const Key&, float* out)>;

/// The same with the image's mask beside it, to uint8 of the shape's last two dimensions.
using MaskedTransform = std::function<void(const image::Image&, const Mask&, const Key&, float* out,
                                           uint8_t* mask_out)>;

/// Part of a global batch, for one process and one micro-step.
struct Batch {
  std::vector<uint32_t> samples;  // indices in the data set; as many as rows of `images`
  Tensor images;                  // F32 [N, shape...]
  Tensor masks;                   // U8 [N, height, width] of a segmentation list; else empty
  Tensor targets;  // F32 [N, classes]; NaN does not count (unlabelled); multiclass: one-hot
  std::vector<std::pair<uint32_t, std::string>> unreadable;  // samples replaced, and why
  double waited = 0;                                         // seconds next() was blocked
};

struct LoaderOptions {
  size_t batch_size = 1;     // rows of a Batch
  Shape shape{3, 224, 224};  // of a row of Batch::images
  uint64_t seed = 0;
  bool shuffle = true;
  /// An unreadable image by another sample. False, for evaluation: its targets and its mask do not
  /// count (NaN, 255).
  bool replace = true;
  bool drop_last = true;  // of the global batch, as the original does in training
  size_t workers = 2;     // threads that read and transform
  size_t ahead = 2;       // batches made in advance, at most
  size_t rank = 0;        // which part of every global batch is this process's
  size_t ranks = 1;
  size_t epoch_length = 0;            // draws of an epoch, 0: the size of the data set (Splits)
  Sampling sampling = Sampling::all;  // which samples the draws represent (Splits)
};

/// Order of an epoch: a permutation of its draws keyed by (seed, epoch), their own order without
/// shuffle.
std::vector<uint32_t> epoch_order(size_t draws, uint64_t seed, uint32_t epoch, bool shuffle);

/// Deals an epoch out in batches, read and transformed on worker threads through a bounded queue.
/// Global batch g (B = batch_size * ranks samples) is order[g * B ...]; this process gets the rows
/// [rank * batch_size, (rank + 1) * batch_size) of it, so that neither thread count nor the number
/// of ranks changes what a global batch holds. Without drop_last the last global batch may be
/// short: the last batch of a rank is then shorter, or there is none, and every sample is delivered
/// exactly once over the ranks. An image that cannot be read or transformed is listed, and replaced
/// by another sample (keyed, Draw::sample), and so is one whose mask cannot. `dataset` must outlive
/// the loader. Used by one thread.
class Loader {
 public:
  Loader(const Dataset& dataset, SampleTransform transform, LoaderOptions options);
  /// For a segmentation list: batches have masks.
  Loader(const Dataset& dataset, MaskedTransform transform, LoaderOptions options);
  /// Waits for the images in work, not for those read ahead.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  const Dataset& dataset() const;
  /// Number of batches of an epoch, for this process.
  size_t batches() const;
  /// Begins an epoch at its batch `first` (resuming); drops what was read ahead.
  void start(uint32_t epoch, size_t first = 0);
  /// The next batch in order; false at the end of the epoch. Rethrows what a worker threw; throws
  /// Error when no readable sample is found in place of one that is not.
  bool next(Batch& batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax::data
