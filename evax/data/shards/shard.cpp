#include "evax/data/shards/shard.h"

#include <libdeflate.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json.h"
#include "evax/core/utf8.h"
#include "evax/data/shards/format.h"
#include "evax/image/read.h"

namespace evax::data {

uint32_t crc32_of(const void* bytes, size_t size) { return libdeflate_crc32(0, bytes, size); }

struct Shard::State {
  std::string name;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  ShardDescription description;
  std::vector<ShardRecord> records;
  std::vector<size_t> names;  // where each record's path begins in the file
  size_t labels_offset = 0;
  uint32_t labels = 0;

  std::string text(size_t offset, size_t size) const {
    return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
  }
};

namespace {

using Json = nlohmann::json;

constexpr size_t max_description = size_t{64} << 20;  // it lists the images that failed

uint64_t picture_bytes(const ShardRecord& record) {
  return uint64_t{record.width} * record.height * record.channels;
}

ShardHeader read_header(std::span<const std::byte> bytes, const std::string& name) {
  ShardHeader header{};
  const size_t present = std::min(bytes.size(), sizeof header);
  if (present > 0) std::memcpy(&header, bytes.data(), present);
  if (present < sizeof header.magic ||
      std::memcmp(header.magic, shard_magic, sizeof shard_magic) != 0)
    fail("{}: expected a shard, found something else", name);
  if (present < sizeof header)
    fail("{}: expected a shard's header of {} bytes, found {}", name, sizeof header, present);
  if (header.version != shard_version)
    fail("{}: expected a shard of version {}, found version {}", name, shard_version,
         header.version);
  if (header.header_crc != crc32_of(&header, sizeof header - sizeof header.header_crc))
    fail("{}: the shard is damaged: its header's checksum is wrong", name);
  // Each term is below 2^63, so that their sum cannot wrap before it is compared.
  const uint64_t tail = uint64_t{header.records} * sizeof(ShardRecord) + header.description_bytes;
  const uint64_t size = bytes.size();
  const bool fits = header.tail_offset >= sizeof header && header.tail_offset <= size &&
                    header.names_bytes <= size && tail <= size &&
                    uint64_t{header.records} * header.labels <= size / sizeof(float);
  const uint64_t expected = header.tail_offset + header.names_bytes + tail +
                            uint64_t{header.records} * header.labels * sizeof(float);
  if (!fits || expected != size)
    fail("{}: the shard is incomplete or damaged: its header does not add up to {} bytes", name,
         size);
  if (header.tail_crc != crc32_of(bytes.data() + header.tail_offset, size - header.tail_offset))
    fail("{}: the shard is damaged: its index's checksum is wrong", name);
  return header;
}

ShardDescription read_description(const std::string& text, const std::string& name) {
  ShardDescription description;
  try {
    const Json json = parse_json(text, name, max_description);
    const auto task = json.at("task").get<std::string>();
    if (task == weights::name_of(weights::Task::multiclass))
      description.task = weights::Task::multiclass;
    else if (task != weights::name_of(weights::Task::multilabel))
      fail("{}: expected the task multilabel or multiclass, found {}", name, task);
    description.classes = json.at("classes").get<std::vector<std::string>>();
    description.source = from_utf8(json.at("source").get<std::string>());
    description.size = json.at("size").get<int>();
    description.samples = json.at("samples").get<uint32_t>();
    description.shard = json.at("shard").get<uint32_t>();
    description.shards = json.at("shards").get<uint32_t>();
    description.fingerprint = json.at("fingerprint").get<std::string>();
    for (const Json& entry : json.at("failed"))
      description.failed.push_back({entry.at("position").get<uint32_t>(),
                                    from_utf8(entry.at("path").get<std::string>()),
                                    from_utf8(entry.at("reason").get<std::string>())});
    if (json.contains("pictures"))
      description.pictures = json.at("pictures").get<std::vector<std::string>>();
  } catch (const Json::exception&) {
    fail("{}: expected a shard's description, found JSON that is none", name);
  }
  if (description.size < 0 || description.shard >= description.shards)
    fail("{}: expected shard numbers below {}, found {}", name, description.shards,
         description.shard);
  return description;
}

void check_record(const ShardRecord& record, const ShardHeader& header,
                  const ShardDescription& description, const std::string& name, size_t number) {
  const uint64_t pixels = uint64_t{record.width} * record.height;
  const bool picture = pixels > 0 && pixels <= static_cast<uint64_t>(image::max_pixels) &&
                       (record.channels == 1 || record.channels == 3);
  const bool inside = picture && record.offset >= sizeof(ShardHeader) &&
                      record.offset <= header.tail_offset &&
                      picture_bytes(record) <= header.tail_offset - record.offset;
  if (!inside)
    fail("{}: record {}: expected an image inside the shard, found {} x {} x {} at byte {}", name,
         number, record.width, record.height, record.channels, record.offset);
  const bool multiclass = description.task == weights::Task::multiclass;
  const int64_t classes = multiclass ? static_cast<int64_t>(description.classes.size()) : 0;
  if (record.label < -1 || record.label >= classes)
    fail("{}: record {}: expected a class below {}, found {}", name, number, classes, record.label);
  if (record.position >= description.samples)
    fail("{}: record {}: expected a position below {}, found {}", name, number, description.samples,
         record.position);
}

void check_labels(std::span<const std::byte> labels, const std::string& name) {
  for (size_t i = 0; i < labels.size(); i += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, labels.data() + i, sizeof value);
    if (!std::isnan(value) && value != -1 && !(value >= 0 && value <= 1))
      fail("{}: expected labels in [0, 1], -1 or blank, found {}", name, value);
  }
}

}  // namespace

std::shared_ptr<const Shard> Shard::open(const std::string& path) {
  auto file = MappedFile::open(path);
  return decode(file->bytes(), path, file);
}

std::shared_ptr<const Shard> Shard::decode(std::span<const std::byte> bytes, std::string name,
                                           std::shared_ptr<const void> owner) {
  const ShardHeader header = read_header(bytes, name);
  auto state = std::make_unique<State>();
  state->name = std::move(name);
  state->bytes = bytes;
  state->owner = std::move(owner);
  state->description = read_description(
      state->text(bytes.size() - header.description_bytes, header.description_bytes), state->name);
  const size_t pictures = state->description.pictures.size();
  if (pictures != 0 && pictures != header.records)
    fail("{}: expected a fingerprint for each of {} images, found {}", state->name, header.records,
         pictures);
  state->labels = header.labels;
  if (header.labels != 0 && (state->description.task != weights::Task::multilabel ||
                             header.labels != state->description.classes.size()))
    fail("{}: expected a label for each of {} classes, found {}", state->name,
         state->description.classes.size(), header.labels);

  state->records.resize(header.records);
  const size_t records_bytes = header.records * sizeof(ShardRecord);
  if (records_bytes > 0)
    std::memcpy(state->records.data(), bytes.data() + header.tail_offset, records_bytes);
  state->labels_offset = header.tail_offset + records_bytes;
  const size_t labels_bytes = size_t{header.records} * header.labels * sizeof(float);
  check_labels(bytes.subspan(state->labels_offset, labels_bytes), state->name);

  size_t next = state->labels_offset + labels_bytes;
  const size_t end = next + header.names_bytes;
  for (size_t i = 0; i < state->records.size(); ++i) {
    const ShardRecord& record = state->records[i];
    check_record(record, header, state->description, state->name, i);
    if (i > 0 && record.position <= state->records[i - 1].position)
      fail("{}: expected records in the list's order, found {} after {}", state->name,
           record.position, state->records[i - 1].position);
    state->names.push_back(next);
    next += size_t{record.path_bytes} + record.patient_bytes;
    if (next > end) break;
  }
  if (next != end) fail("{}: expected {} bytes of names", state->name, header.names_bytes);
  return std::shared_ptr<const Shard>(new Shard(std::move(state)));
}

Shard::Shard(std::unique_ptr<State> state) : state_(std::move(state)) {}
Shard::~Shard() = default;

size_t Shard::size() const { return state_->records.size(); }
const ShardDescription& Shard::description() const { return state_->description; }
uint64_t Shard::file_bytes() const { return state_->bytes.size(); }
uint32_t Shard::position(uint32_t record) const { return state_->records.at(record).position; }
uint32_t Shard::checksum(uint32_t record) const { return state_->records.at(record).crc; }
int Shard::channels(uint32_t record) const {
  return static_cast<int>(state_->records.at(record).channels);
}

Sample Shard::sample(uint32_t record) const {
  const ShardRecord& entry = state_->records.at(record);
  Sample sample;
  sample.path = state_->text(state_->names[record], entry.path_bytes);
  sample.patient = state_->text(state_->names[record] + entry.path_bytes, entry.patient_bytes);
  sample.label = entry.label;
  sample.record = record;
  sample.labels.resize(state_->labels);
  if (state_->labels > 0)
    std::memcpy(sample.labels.data(),
                state_->bytes.data() + state_->labels_offset +
                    size_t{record} * state_->labels * sizeof(float),
                state_->labels * sizeof(float));
  return sample;
}

image::Image Shard::image(uint32_t record) const {
  if (record >= size())
    fail("{}: expected a record below {}, found {}", state_->name, size(), record);
  const ShardRecord& entry = state_->records[record];
  const auto* pixels = reinterpret_cast<const uint8_t*>(state_->bytes.data()) + entry.offset;
  const auto bytes = static_cast<size_t>(picture_bytes(entry));
  if (crc32_of(pixels, bytes) != entry.crc)
    fail("{}: record {} ({}) is damaged: its checksum is wrong", state_->name, record,
         state_->text(state_->names[record], entry.path_bytes));
  return {static_cast<int>(entry.width),
          static_cast<int>(entry.height),
          static_cast<int>(entry.channels),
          {pixels, pixels + bytes}};
}

}  // namespace evax::data
