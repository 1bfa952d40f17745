#include "evax/data/shards/pictures.h"

namespace evax::data {

PictureQueue::PictureQueue(ThreadPool& pool, std::vector<size_t> positions, size_t ahead, Make make)
    : pool_(pool), positions_(std::move(positions)), ahead_(ahead), make_(std::move(make)) {}

Picture PictureQueue::next() {
  for (; posted_ < positions_.size() && pictures_.size() < ahead_; ++posted_)
    pictures_.push_back(
        pool_.post([make = make_, position = positions_[posted_]] { return make(position); }));
  Picture picture = pictures_.front().get();
  pictures_.pop_front();
  return picture;
}

}  // namespace evax::data
