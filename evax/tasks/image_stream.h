#pragma once

#include <deque>
#include <future>
#include <new>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/core/thread_pool.h"
#include "evax/data/transform.h"
#include "evax/data/warnings.h"
#include "evax/image/read.h"

namespace evax::tasks {

/// One input file, read and made ready for the network, or the reason why it could not be.
struct Item {
  std::string path;
  image::Info info;
  int width = 0;  // of the X-ray as read
  int height = 0;
  Tensor input;                         // [3, S, S]
  std::vector<std::string> warnings{};  // data::warnings_of()
  std::string error{};                  // not empty: nothing else is set but the path
};

/// Reads and preprocesses files on `threads` threads ahead of the consumer, in order, with a
/// bounded number of images in memory. A file that cannot be read becomes an Item with an error.
/// Warnings about the others are counted and printed to stderr at the end.
class ImageStream {
 public:
  ImageStream(std::vector<std::string> paths, const weights::Preprocess& preprocess,
              const image::ReadOptions& options, size_t threads);

  /// Waits for the next item, then takes those after it that are ready, `most` at the most.
  /// Empty at the end.
  std::vector<Item> next(size_t most);

  /// Does the work of others than the stream; where it finds too little memory, again when nothing
  /// is being read: one large picture may take what there is for a while.
  template <typename Work>
  auto with_memory(const Work& work) {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      wait_for_reads();
    }
    return work();
  }

 private:
  void wait_for_reads() const;
  void read_ahead();

  std::vector<std::string> paths_;
  weights::Preprocess preprocess_;
  data::Transform transform_;
  image::ReadOptions options_;
  data::WarningTally tally_;
  size_t posted_ = 0;
  std::deque<std::future<Item>> pending_;
  ThreadPool pool_;  // last member: its jobs end before what they use
};

}  // namespace evax::tasks
