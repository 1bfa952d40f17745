#include "evax/tasks/image_stream.h"

#include <chrono>

#include "evax/core/error.h"

namespace evax::tasks {
namespace {

Item read_item(const std::string& path, const weights::Preprocess& preprocess,
               const data::Transform& transform, const image::ReadOptions& options) {
  Item item;
  item.path = path;
  item.error = attempt(path, [&] {
    image::Radiograph radiograph = image::read(path, options);
    item.width = radiograph.image.width;
    item.height = radiograph.image.height;
    item.info = std::move(radiograph.info);
    item.input = transform(radiograph.image);
    item.warnings = data::warnings_of(item.info, item.width, item.height,
                                      data::brightness_of(item.input.floats()), preprocess);
  });
  return item;
}

}  // namespace

ImageStream::ImageStream(std::vector<std::string> paths, const weights::Preprocess& preprocess,
                         const image::ReadOptions& options, size_t threads)
    : paths_(std::move(paths)),
      preprocess_(preprocess),
      transform_(preprocess),
      options_(options),
      pool_(threads) {
  read_ahead();
}

void ImageStream::read_ahead() {
  const size_t window = 4 * pool_.size();
  for (; posted_ < paths_.size() && pending_.size() < window; ++posted_)
    pending_.push_back(pool_.post([this, index = posted_] {
      return read_item(paths_[index], preprocess_, transform_, options_);
    }));
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

}  // namespace evax::tasks
