#include "evax/data/shards/pack.h"

#include <algorithm>
#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/data/fingerprint.h"
#include "evax/data/grey.h"
#include "evax/data/shards/format.h"
#include "evax/data/shards/pictures.h"
#include "evax/data/shards/read.h"
#include "evax/data/shards/writer.h"
#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_errors = 10;  // said on stderr; failed.csv has all

class Packer {
 public:
  Packer(const Dataset& dataset, const PackOptions& options)
      : dataset_(dataset),
        options_(options),
        pool_(options.threads == 0 ? available_threads() : options.threads) {
    if (dataset.samples.empty()) fail("{}: expected images to pack, found none", dataset.source);
    if (dataset.task == weights::Task::segmentation)
      fail("{}: expected a list without masks, which shards do not store, found one with masks",
           dataset.source);
    if (options.part < 1 || options.part > options.parts)
      fail("expected a part from 1 to {}, found {}", options.parts, options.part);
    constexpr uint64_t original_bytes = uint64_t{1} << 20;  // NIH's 1024 squared
    const auto side = static_cast<uint64_t>(options.size);
    const uint64_t bytes = side == 0 ? original_bytes : side * side;
    per_shard_ = std::max<uint64_t>(1, options.shard_bytes / bytes);
    description_.task = dataset.task;
    description_.classes = dataset.classes;
    description_.source = dataset.source;
    description_.size = options.size;
    description_.samples = static_cast<uint32_t>(dataset.size());
    description_.shards = static_cast<uint32_t>((dataset.size() + per_shard_ - 1) / per_shard_);
    description_.fingerprint = fingerprint();
  }

  PackResult run() {
    make_folder(options_.folder);
    remove_unfinished();
    check_folder();
    std::vector<uint32_t> missing;
    std::vector<size_t> positions;
    for (uint32_t shard = options_.part - 1; shard < description_.shards; shard += options_.parts) {
      if (is_packed(shard)) continue;
      missing.push_back(shard);
      for (size_t i = begin_of(shard); i < end_of(shard); ++i) positions.push_back(i);
    }
    refuse_changed_pictures();
    Progress progress("packed", positions.size());
    PictureQueue pictures(pool_, std::move(positions), pictures_ahead(),
                          [this](size_t position) { return make_picture(position); });
    for (const uint32_t shard : missing) write_shard(shard, pictures, progress);
    if (result_.packed + result_.kept == 0 && !result_.failed.empty() && !options_.may_be_empty)
      fail("{}: none of its {} images can be read; the first: {}", dataset_.source,
           result_.failed.size(), result_.failed[0].reason);
    list_failures();
    return std::move(result_);
  }

 private:
  size_t begin_of(uint32_t shard) const { return shard * per_shard_; }
  size_t end_of(uint32_t shard) const {
    return std::min<size_t>(dataset_.size(), (shard + size_t{1}) * per_shard_);
  }
  std::string path_of(uint32_t shard) const {
    return (fs::path(options_.folder) / shard_name(shard)).string();
  }

  std::string table_of(uint32_t shard) const {
    return (fs::path(options_.folder) / table_name(shard)).string();
  }

  // Enough for the workers while a shard goes to the disk; few where pictures keep their size.
  size_t pictures_ahead() const {
    constexpr size_t small_pictures = 64;
    return 2 * pool_.size() + (options_.size == 0 ? 0 : small_pictures);
  }

  // The same on every machine, wherever it keeps the images.
  std::string stored_path(size_t position) const {
    if (options_.name) return options_.name(position);
    const Sample& sample = dataset_.samples[position];
    if (options_.root.empty()) return sample.path;
    const fs::path relative = fs::path(sample.path).lexically_relative(options_.root);
    const bool below = !relative.empty() && *relative.begin() != "..";
    return below ? relative.string() : sample.path;
  }

  std::string fingerprint() const {
    std::string text =
        fmt::format("{} {} {} {}\n{}\n", shard_version, weights::name_of(dataset_.task),
                    options_.size, per_shard_, fmt::join(dataset_.classes, "\n"));
    if (const int bits = dataset_.reading.bits; bits > 0) text += fmt::format("bits {}\n", bits);
    for (size_t i = 0; i < dataset_.size(); ++i) {
      const Sample& sample = dataset_.samples[i];
      text += fmt::format("{}\n{}\n{} {}\n", stored_path(i), sample.patient, sample.label,
                          fmt::join(sample.labels, " "));
    }
    return sha256(std::as_bytes(std::span(text)));
  }

  // What a killed packing of this part left behind: "00012.shard.PID.N.tmp".
  void remove_unfinished() const {
    for (const auto& entry : fs::directory_iterator(options_.folder)) {
      const std::string name = entry.path().filename().string();
      const size_t dot = name.find('.');
      const std::string_view rest = std::string_view(name).substr(std::min(dot, name.size()));
      const bool ours = rest.starts_with(std::string(shard_extension) + ".") ||
                        rest.starts_with(std::string(table_extension) + ".");
      if (!ours || !name.ends_with(".tmp") || dot == 0 || dot > 9 ||
          name.find_first_not_of("0123456789") != dot)
        continue;
      const auto shard = std::stoul(name.substr(0, dot));
      std::error_code ignored;
      if (shard % options_.parts == options_.part - 1) fs::remove(entry.path(), ignored);
    }
  }

  // Shards of another list or of other options are not to be mixed with these.
  void check_folder() const {
    if (!has_shards(options_.folder)) return;
    for (const auto& shard : open_shards(options_.folder))
      if (shard->description().fingerprint != description_.fingerprint)
        fail("{}: expected shards of this list and size, found others; choose another folder",
             options_.folder);
  }

  // Whether the shard is there, none of its pictures has changed, and none of the files it lacks
  // can be read now.
  bool is_packed(uint32_t number) {
    if (!fs::exists(path_of(number))) return false;
    if (!options_.table.columns.empty() && !fs::exists(table_of(number))) return false;
    const auto shard = Shard::open(path_of(number));
    if (find_changed_pictures(*shard)) return false;
    for (const FailedSample& sample : shard->description().failed)
      if (make_picture(sample.position).error.empty()) return false;
    result_.kept += shard->size();
    const auto& failed = shard->description().failed;
    result_.failed.insert(result_.failed.end(), failed.begin(), failed.end());
    return true;
  }

  // Whether the shard has pictures whose files are not those that were packed.
  bool find_changed_pictures(const Shard& shard) {
    const std::vector<std::string>& packed = shard.description().pictures;
    if (packed.empty() && shard.size() > 0) ++unrecorded_;
    std::vector<char> changed(packed.size());
    pool_.parallel_for(packed.size(), [&](size_t record, size_t) {
      const uint32_t position = shard.position(static_cast<uint32_t>(record));
      changed[record] = source_of(position) != packed[record] ? 1 : 0;
    });
    const auto count = std::count(changed.begin(), changed.end(), 1);
    if (count == 0) return false;
    if (changed_ == 0) {
      const auto first = std::find(changed.begin(), changed.end(), 1) - changed.begin();
      first_changed_ = stored_path(shard.position(static_cast<uint32_t>(first)));
    }
    changed_ += static_cast<size_t>(count);
    return true;
  }

  // Before anything is written. What has changed is packed anew when it is told to.
  void refuse_changed_pictures() const {
    if (unrecorded_ > 0)
      note(
          fmt::format("{}: {} shards were packed by a version without fingerprints of images: "
                      "changed images are not detected",
                      options_.folder, unrecorded_));
    if (changed_ == 0) return;
    const std::string first = printable(first_changed_);
    if (!options_.repack)
      fail(
          "{}: expected the images that its shards were packed from, found {} changed, the first "
          "{} (--force packs their shards again)",
          options_.folder, changed_, first);
    warn(
        fmt::format("{}: images changed since they were packed: {}, the first {}; their shards are "
                    "packed again",
                    options_.folder, changed_, first));
  }

  // Of what a sample's picture is read from.
  std::string source_of(size_t position) const {
    constexpr size_t digits = 16;
    return picture_fingerprint(dataset_.samples.at(position)).substr(0, digits);
  }

  Picture make_picture(size_t position) const {
    Picture picture;
    picture.source = source_of(position);
    const Sample& sample = dataset_.samples.at(position);
    picture.error = attempt(sample.path, [&] {
      image::Image read = read_image(dataset_, sample);
      drop_equal_channels(read);
      picture.image = options_.size == 0 ? read
                                         : image::resize(read, options_.size, options_.size,
                                                         Interpolation::bilinear);
      if (options_.table.row) picture.fields = options_.table.row(read, picture.image);
    });
    return picture;
  }

  void write_shard(uint32_t number, PictureQueue& pictures, Progress& progress) {
    ShardDescription description = description_;
    description.shard = number;
    ShardWriter writer(path_of(number), description);
    std::string table = fmt::format("path,reason,{}\n", fmt::join(options_.table.columns, ","));
    for (size_t i = begin_of(number); i < end_of(number); ++i) {
      const Picture picture = pictures.next();
      const Sample& sample = dataset_.samples[i];
      const auto position = static_cast<uint32_t>(i);
      const std::string path = stored_path(i);
      const std::string reason = without_path(picture.error, sample.path);
      if (picture.error.empty()) {
        writer.add(sample, position, path, picture.image, picture.source);
        ++result_.packed;
      } else {
        report(picture.error);
        result_.failed.push_back({position, path, reason});
        writer.skip({position, path, reason});
      }
      table += table_row(path, reason, picture.fields);
      progress.advance();
    }
    // The shard last: where it is, its table is.
    if (!options_.table.columns.empty()) write_file(table_of(number), table);
    writer.commit();
  }

  std::string table_row(const std::string& path, const std::string& reason,
                        const std::vector<std::string>& fields) const {
    std::string row = csv_field(path) + ',' + csv_field(reason);
    for (size_t i = 0; i < options_.table.columns.size(); ++i)
      row += ',' + (i < fields.size() ? csv_field(fields[i]) : "");
    return row + '\n';
  }

  void report(const std::string& error) {
    if (++errors_ <= most_errors) note("error: " + error);
    if (errors_ == most_errors) note("... more are only in failed.csv");
  }

  // Of every shard in the folder, other parts' too.
  void list_failures() const {
    if (!has_shards(options_.folder)) return;  // more parts than shards
    const std::string path = (fs::path(options_.folder) / "failed.csv").string();
    std::string text;
    for (const auto& shard : open_shards(options_.folder))
      for (const FailedSample& sample : shard->description().failed)
        text += csv_field(sample.path) + ',' + csv_field(sample.reason) + '\n';
    if (!text.empty()) return write_file(path, "path,reason\n" + text);
    std::error_code ignored;
    fs::remove(path, ignored);
  }

  static std::string without_path(const std::string& reason, const std::string& path) {
    const std::string prefix = printable(path) + ": ";
    return reason.starts_with(prefix) ? reason.substr(prefix.size()) : reason;
  }

  const Dataset& dataset_;
  const PackOptions& options_;
  size_t per_shard_ = 1;
  ShardDescription description_;
  PackResult result_;
  size_t errors_ = 0;
  size_t changed_ = 0;         // pictures, of whole shards
  std::string first_changed_;  // as it is stored
  size_t unrecorded_ = 0;      // whole shards that cannot tell
  ThreadPool pool_;            // last: its jobs end before what they use
};

}  // namespace

PackResult pack(const Dataset& dataset, const PackOptions& options) {
  return Packer(dataset, options).run();
}

}  // namespace evax::data
