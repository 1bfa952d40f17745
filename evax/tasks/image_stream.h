#pragma once

#include <deque>
#include <future>
#include <string>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/core/thread_pool.h"
#include "evax/data/transform.h"
#include "evax/image/read.h"

namespace evax::tasks {

/// One input file, read and made ready for the network, or the reason why it could not be.
struct Item {
  std::string path;
  image::Info info;
  int width = 0;  // of the X-ray as read
  int height = 0;
  Tensor input;       // [3, S, S]
  std::string error;  // not empty: nothing else is set but the path
};

/// Reads and preprocesses files on `threads` threads ahead of the consumer, in order, with a
/// bounded number of images in memory. A file that cannot be read becomes an Item with an error.
class ImageStream {
 public:
  ImageStream(std::vector<std::string> paths, const data::Transform& transform,
              const image::ReadOptions& options, size_t threads);

  /// Waits for the next item, then takes those after it that are ready, `most` at the most.
  /// Empty at the end.
  std::vector<Item> next(size_t most);

 private:
  void read_ahead();

  std::vector<std::string> paths_;
  const data::Transform& transform_;
  image::ReadOptions options_;
  size_t posted_ = 0;
  std::deque<std::future<Item>> pending_;
  ThreadPool pool_;  // last member: its jobs end before what they use
};

}  // namespace evax::tasks
