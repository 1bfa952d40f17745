#include "evax/data/shards/writer.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json_text.h"

namespace evax::data {
namespace {

std::string describe(const ShardDescription& description) {
  nlohmann::ordered_json json{{"task", weights::name_of(description.task)},
                              {"classes", description.classes},
                              {"source", description.source},
                              {"size", description.size},
                              {"samples", description.samples},
                              {"shard", description.shard},
                              {"shards", description.shards},
                              {"fingerprint", description.fingerprint},
                              {"failed", nlohmann::ordered_json::array()},
                              {"pictures", description.pictures}};
  for (const FailedSample& sample : description.failed)
    json["failed"].push_back(
        {{"position", sample.position}, {"path", sample.path}, {"reason", sample.reason}});
  return json_text(json);
}

template <typename T>
void append(std::string& bytes, const std::vector<T>& values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

}  // namespace

ShardWriter::ShardWriter(const std::string& path, ShardDescription description)
    : file_(path, AtomicFile::Start::rewritten), description_(std::move(description)) {
  file_.write(std::string(sizeof(ShardHeader), '\0'));
}

void ShardWriter::add(const Sample& sample, uint32_t position, const std::string& path,
                      const image::Image& image, const std::string& source) {
  if (labels_.size() != records_.size() * sample.labels.size())
    fail("{}: expected as many labels as the samples before it have, found {}", path,
         sample.labels.size());
  const auto pixels = std::as_bytes(std::span(image.pixels));
  records_.push_back({.offset = offset_,
                      .width = static_cast<uint32_t>(image.width),
                      .height = static_cast<uint32_t>(image.height),
                      .channels = static_cast<uint32_t>(image.channels),
                      .crc = crc32_of(pixels.data(), pixels.size()),
                      .label = sample.label,
                      .position = position,
                      .path_bytes = static_cast<uint32_t>(path.size()),
                      .patient_bytes = static_cast<uint32_t>(sample.patient.size())});
  labels_.insert(labels_.end(), sample.labels.begin(), sample.labels.end());
  names_ += path + sample.patient;
  description_.pictures.push_back(source);
  file_.write(pixels);
  offset_ += pixels.size();
}

void ShardWriter::skip(FailedSample sample) { description_.failed.push_back(std::move(sample)); }

void ShardWriter::commit() {
  const std::string description = describe(description_);
  std::string tail;
  append(tail, records_);
  append(tail, labels_);
  tail += names_ + description;
  file_.write(tail);

  ShardHeader header{};
  std::memcpy(header.magic, shard_magic, sizeof shard_magic);
  header.version = shard_version;
  header.records = static_cast<uint32_t>(records_.size());
  header.labels = records_.empty() ? 0 : static_cast<uint32_t>(labels_.size() / records_.size());
  header.description_bytes = static_cast<uint32_t>(description.size());
  header.tail_offset = offset_;
  header.names_bytes = names_.size();
  header.tail_crc = crc32_of(tail.data(), tail.size());
  header.header_crc = crc32_of(&header, sizeof header - sizeof header.header_crc);
  file_.rewrite_start({reinterpret_cast<const char*>(&header), sizeof header});
  file_.commit();
}

}  // namespace evax::data
