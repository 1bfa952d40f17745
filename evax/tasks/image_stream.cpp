#include "evax/tasks/image_stream.h"

#include <chrono>
#include <new>

#include "evax/core/error.h"

namespace evax::tasks {
namespace {

Item read_item(const std::string& path, const data::Transform& transform,
               const image::ReadOptions& options) {
  Item item;
  item.path = path;
  try {
    image::Radiograph radiograph = image::read(path, options);
    item.width = radiograph.image.width;
    item.height = radiograph.image.height;
    item.info = std::move(radiograph.info);
    item.input = transform(radiograph.image);
  } catch (const std::bad_alloc&) {
    item.error = fmt::format("{}: not enough memory to read it", path);
  } catch (const std::exception& error) {
    const std::string_view reason = error.what();
    const bool named = reason.find(printable(path)) != std::string_view::npos;
    item.error = named ? std::string(reason) : fmt::format("{}: {}", path, reason);
  }
  return item;
}

}  // namespace

ImageStream::ImageStream(std::vector<std::string> paths, const data::Transform& transform,
                         const image::ReadOptions& options, size_t threads)
    : paths_(std::move(paths)), transform_(transform), options_(options), pool_(threads) {
  read_ahead();
}

void ImageStream::read_ahead() {
  const size_t window = 4 * pool_.size();
  for (; posted_ < paths_.size() && pending_.size() < window; ++posted_)
    pending_.push_back(pool_.post(
        [this, index = posted_] { return read_item(paths_[index], transform_, options_); }));
}

std::vector<Item> ImageStream::next(size_t most) {
  std::vector<Item> items;
  while (!pending_.empty() && items.size() < most) {
    const bool ready =
        pending_.front().wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (!items.empty() && !ready) break;
    items.push_back(pending_.front().get());
    pending_.pop_front();
    read_ahead();
  }
  return items;
}

}  // namespace evax::tasks
