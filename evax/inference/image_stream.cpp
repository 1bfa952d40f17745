#include "evax/inference/image_stream.h"

#include <algorithm>
#include <chrono>

#include "evax/core/error.h"

namespace evax::inference {

Item prepared(std::string path, const image::Radiograph& xray,
              const weights::Preprocess& preprocess, const data::Transform& transform) {
  Item item;
  item.path = std::move(path);
  item.info = xray.info;
  item.width = xray.image.width;
  item.height = xray.image.height;
  item.input = transform(xray.image);
  item.warnings = data::warnings_of(item.info, item.width, item.height,
                                    data::brightness_of(item.input.floats()), preprocess);
  return item;
}

ImageStream::ImageStream(std::vector<std::string> paths, const weights::Preprocess& preprocess,
                         const image::ReadOptions& options, size_t threads, Keep keep)
    : paths_(std::move(paths)),
      preprocess_(preprocess),
      transform_(preprocess),
      options_(options),
      keep_(keep),
      pool_(std::clamp<size_t>(paths_.size(), 1, threads)) {
  read_ahead();
}

Item ImageStream::read(const std::string& path) const {
  Item item;
  const std::string error = attempt(path, [&] {
    std::vector<std::byte> bytes;
    if (keep_.bytes) bytes = read_file(path, image::max_file_bytes, options_.streams);
    image::Radiograph xray =
        keep_.bytes ? image::decode(bytes, path, options_) : image::read(path, options_);
    item = prepared(path, xray, preprocess_, transform_);
    if (keep_.image) item.image = std::move(xray.image);
    item.bytes = std::move(bytes);
  });
  if (error.empty()) return item;
  Item failed;
  failed.path = path;
  failed.error = error;
  return failed;
}

void ImageStream::read_ahead() {
  // Whole pictures take much more memory than what the network sees of them.
  const size_t window = (keep_.image ? 2 : 4) * pool_.size();
  for (; posted_ < paths_.size() && pending_.size() < window; ++posted_)
    pending_.push_back(pool_.post([this, index = posted_] { return read(paths_[index]); }));
}

void ImageStream::wait_for_reads() const {
  for (const std::future<Item>& item : pending_) item.wait();
}

std::vector<Item> ImageStream::next(size_t most) {
  std::vector<Item> items;
  while (!pending_.empty() && items.size() < most) {
    const bool ready =
        pending_.front().wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (!items.empty() && !ready) break;
    items.push_back(pending_.front().get());
    tally_.add(items.back().path, items.back().warnings);
    pending_.pop_front();
    read_ahead();
  }
  return items;
}

}  // namespace evax::inference
