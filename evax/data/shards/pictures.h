#pragma once

#include <deque>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "evax/core/thread_pool.h"
#include "evax/image/image.h"

namespace evax::data {

/// A sample's picture as a shard holds it, or why there is none.
struct Picture {
  image::Image image;
  std::vector<std::string> fields;  // of its row in the table beside the shard
  std::string error;                // not empty: it could not be read
  std::string source;               // fingerprint of what it was read from
};

/// Pictures in the order of `positions`, a few of them made ahead on the workers of `pool`.
class PictureQueue {
 public:
  using Make = std::function<Picture(size_t position)>;
  PictureQueue(ThreadPool& pool, std::vector<size_t> positions, size_t ahead, Make make);

  /// The next picture; at most positions.size() times.
  Picture next();

 private:
  ThreadPool& pool_;
  std::vector<size_t> positions_;
  size_t ahead_;
  Make make_;
  size_t posted_ = 0;
  std::deque<std::future<Picture>> pictures_;
};

}  // namespace evax::data
