#include "evax/data/loader.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <numeric>
#include <span>
#include <stdexcept>
#include <thread>

#include "evax/core/error.h"
#include "evax/core/random.h"
#include "evax/data/labels.h"
#include "evax/data/segmentation/masked_image.h"

namespace evax::data {
namespace {

using Unreadable = std::vector<std::pair<uint32_t, std::string>>;

// Samples tried in place of one that cannot be read.
constexpr size_t most_replacements = 20;

// Reads and transforms a sample to its rows of the batch; throws Error where it is no usable one.
using MakeRow =
    std::function<void(const Sample& sample, const Key& key, float* image, uint8_t* mask)>;

MakeRow make_row(const Dataset& dataset, SampleTransform transform) {
  return [&dataset, transform = std::move(transform)](const Sample& sample, const Key& key,
                                                      float* image, uint8_t*) {
    transform(read_image(dataset, sample), key, image);
  };
}

MakeRow make_row(const Dataset& dataset, MaskedTransform transform) {
  return [&dataset, transform = std::move(transform)](const Sample& sample, const Key& key,
                                                      float* image, uint8_t* mask) {
    const MaskedImage pair = read_masked_image(dataset, sample);
    transform(pair.image, pair.mask, key, image, mask);
  };
}

// A batch in the making; workers that still write into one that nobody waits for keep it alive.
struct Slot {
  Batch batch;
  std::once_flag allocated;
  std::vector<uint32_t> draws;         // of the epoch, one for each row
  std::vector<Unreadable> unreadable;  // per row, so that threads cannot change the order
  size_t taken = 0;                    // rows given to a worker
  size_t done = 0;
  std::exception_ptr error;
};

void check_dataset(const Dataset& dataset) {
  if (dataset.samples.empty()) fail("{}: expected images, found none", dataset.source);
  const size_t classes = dataset.classes.size();
  for (const Sample& sample : dataset.samples)
    if (sample.label >= static_cast<int>(classes) ||
        (!sample.labels.empty() && sample.labels.size() != classes))
      fail("{}: expected labels of {} classes, found others", sample.path, classes);
}

}  // namespace

std::vector<uint32_t> epoch_order(size_t draws, uint64_t seed, uint32_t epoch, bool shuffled) {
  std::vector<uint32_t> order(draws);
  std::iota(order.begin(), order.end(), 0U);
  Random random(seed, epoch, 0, Draw::order);
  if (shuffled) shuffle(order.begin(), order.end(), random);
  return order;
}

struct Loader::State {
  const Dataset& dataset;
  const MakeRow make_row;
  const bool masked;
  const LoaderOptions options;

  std::mutex mutex;  // guards all below
  std::condition_variable work, ready;
  bool stopping = false;
  uint32_t epoch = 0;
  std::vector<uint32_t> order;
  size_t next_batch = 0;                    // to be made
  std::deque<std::shared_ptr<Slot>> ahead;  // in order, the one next() waits for first
  std::vector<std::thread> threads;

  State(const Dataset& its_dataset, MakeRow its_make_row, bool has_masks, LoaderOptions its_options)
      : dataset(its_dataset),
        make_row(std::move(its_make_row)),
        masked(has_masks),
        options(std::move(its_options)) {
    check();
  }

  void check() const {
    check_dataset(dataset);
    if (options.batch_size == 0 || options.ranks == 0 || options.rank >= options.ranks)
      throw std::logic_error("Loader: expected a batch size and a rank below the number of ranks");
    if (options.sampling == Sampling::all && draws() > dataset.size())
      throw std::logic_error("Loader: an epoch has more draws than the data set samples");
    if (masked && (dataset.task != weights::Task::segmentation || options.shape.size() < 2))
      throw std::logic_error("Loader: expected a segmentation list and images of height and width");
  }

  void start_workers() {
    for (size_t i = 0; i < std::max<size_t>(1, options.workers); ++i)
      threads.emplace_back([this] { run(); });
  }

  size_t draws() const { return options.epoch_length == 0 ? dataset.size() : options.epoch_length; }

  size_t global_size() const { return options.batch_size * options.ranks; }

  // This rank's rows of a global batch: [begin, end) of the order.
  std::pair<size_t, size_t> rows_of(size_t batch) const {
    const size_t begin = batch * global_size() + options.rank * options.batch_size;
    return {std::min(begin, draws()), std::min(begin + options.batch_size, draws())};
  }

  size_t batches() const {
    const size_t whole = draws() / global_size();
    const auto [begin, end] = rows_of(whole);
    return whole + (!options.drop_last && begin < end ? 1 : 0);
  }

  // Queues batches to be made. Called with the lock held.
  void refill() {
    for (; ahead.size() < std::max<size_t>(1, options.ahead) && next_batch < batches();
         ++next_batch) {
      const auto [begin, end] = rows_of(next_batch);
      auto slot = std::make_shared<Slot>();
      slot->draws.assign(order.begin() + static_cast<ptrdiff_t>(begin),
                         order.begin() + static_cast<ptrdiff_t>(end));
      slot->unreadable.resize(slot->draws.size());
      slot->batch.samples.resize(slot->draws.size());
      ahead.push_back(std::move(slot));
    }
    work.notify_all();
  }

  // The next row nobody has taken, or null. Called with the lock held.
  std::shared_ptr<Slot> take(size_t& row) {
    for (const auto& slot : ahead)
      if (slot->taken < slot->draws.size()) {
        row = slot->taken++;
        return slot;
      }
    return nullptr;
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      size_t row = 0;
      std::shared_ptr<Slot> slot;
      work.wait(lock, [&] { return stopping || (slot = take(row)) != nullptr; });
      if (stopping) return;
      const uint32_t its_epoch = epoch;
      lock.unlock();
      std::exception_ptr error;
      try {
        fill(*slot, row, its_epoch);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && !slot->error) slot->error = error;
      if (++slot->done == slot->draws.size()) ready.notify_all();
    }
  }

  // On a worker, for the memory of a large batch takes a while to clear.
  void allocate(Slot& slot) const {
    const auto rows = static_cast<int64_t>(slot.draws.size());
    const auto classes = static_cast<int64_t>(dataset.classes.size());
    Shape shape = options.shape;
    shape.insert(shape.begin(), rows);
    slot.batch.images = Tensor(DType::f32, shape);
    slot.batch.targets = Tensor(DType::f32, {rows, classes});
    if (!masked) return;
    const size_t last = options.shape.size() - 1;
    slot.batch.masks = Tensor(DType::u8, {rows, options.shape[last - 1], options.shape[last]});
  }

  // The row of the masks; empty without masks.
  std::span<uint8_t> mask_row(Slot& slot, size_t row) const {
    if (!masked) return {};
    const auto bytes = slot.batch.masks.mutable_bytes();
    const size_t pixels = bytes.size() / slot.draws.size();
    return {reinterpret_cast<uint8_t*>(bytes.data()) + row * pixels, pixels};
  }

  // Reads and transforms one row. Without the lock: no other thread touches this row.
  void fill(Slot& slot, size_t row, uint32_t its_epoch) const {
    std::call_once(slot.allocated, [&] { allocate(slot); });
    const uint32_t draw = slot.draws[row];
    const Key key{options.seed, its_epoch, draw};
    const auto pixels = static_cast<size_t>(element_count(options.shape));
    const size_t classes = dataset.classes.size();
    float* image = slot.batch.images.mutable_floats().data() + row * pixels;
    float* target =  // an empty tensor has no memory to point into
        classes == 0 ? nullptr : slot.batch.targets.mutable_floats().data() + row * classes;
    const std::span<uint8_t> mask = mask_row(slot, row);

    Random other(options.seed, its_epoch, draw, Draw::sample);
    uint32_t& sample = slot.batch.samples[row];
    sample = sample_of_draw(options.sampling, dataset.size(), draw, options.seed, its_epoch);
    while (!read(slot, row, key, image, mask.data())) {
      const size_t tried = slot.unreadable[row].size();
      if (!options.replace) {
        std::fill_n(image, pixels, 0.0F);
        std::fill_n(target, classes, std::numeric_limits<float>::quiet_NaN());
        std::ranges::fill(mask, ignored_pixel);
        return;
      }
      if (tried > most_replacements)
        fail("{}; {} images in a row cannot be read", slot.unreadable[row][0].second, tried);
      sample = static_cast<uint32_t>(other.integer(0, static_cast<int64_t>(dataset.size()) - 1));
    }
    write_target(dataset, dataset.samples[sample], target);
  }

  // False, and the reason is noted, when the row's sample is no usable picture.
  bool read(Slot& slot, size_t row, const Key& key, float* image, uint8_t* mask) const {
    const uint32_t sample = slot.batch.samples[row];
    const auto unreadable = [&] {
      slot.unreadable[row].emplace_back(sample, failure_of(dataset.samples[sample].path));
      return false;
    };
    // A defect is none of the picture's: it reaches next().
    try {
      make_row(dataset.samples[sample], key, image, mask);
      return true;
    } catch (const Error&) {
      return unreadable();
    } catch (const std::bad_alloc&) {
      return unreadable();
    }
  }
};

Loader::Loader(const Dataset& dataset, SampleTransform transform, LoaderOptions options)
    : state_(std::make_unique<State>(dataset, make_row(dataset, std::move(transform)), false,
                                     std::move(options))) {
  state_->start_workers();
}

Loader::Loader(const Dataset& dataset, MaskedTransform transform, LoaderOptions options)
    : state_(std::make_unique<State>(dataset, make_row(dataset, std::move(transform)), true,
                                     std::move(options))) {
  state_->start_workers();
}

Loader::~Loader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

const Dataset& Loader::dataset() const { return state_->dataset; }

size_t Loader::batches() const { return state_->batches(); }

void Loader::start(uint32_t epoch, size_t first) {
  auto order = epoch_order(state_->draws(), state_->options.seed, epoch, state_->options.shuffle);
  const std::lock_guard lock(state_->mutex);
  state_->epoch = epoch;
  state_->order = std::move(order);
  state_->next_batch = first;
  state_->ahead.clear();
  state_->refill();
}

bool Loader::next(Batch& batch) {
  std::unique_lock lock(state_->mutex);
  if (state_->ahead.empty()) return false;
  const auto slot = state_->ahead.front();
  const auto begin = std::chrono::steady_clock::now();
  state_->ready.wait(lock, [&] { return slot->done == slot->draws.size(); });
  state_->ahead.pop_front();
  state_->refill();
  lock.unlock();
  if (slot->error) std::rethrow_exception(slot->error);
  slot->batch.waited =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const Unreadable& row : slot->unreadable)
    slot->batch.unreadable.insert(slot->batch.unreadable.end(), row.begin(), row.end());
  batch = std::move(slot->batch);
  return true;
}

}  // namespace evax::data
