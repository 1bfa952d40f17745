#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace evax::data {

// The layout of docs/shards.md, version 1: header, pictures, then the tail (records, labels, names,
// description). All numbers are little-endian.
static_assert(std::endian::native == std::endian::little, "shards are read and written in place");

inline constexpr char shard_magic[8] = {'E', 'V', 'A', 'X', 'S', 'H', 'R', 'D'};
inline constexpr uint32_t shard_version = 1;
inline constexpr const char* shard_extension = ".shard";
inline constexpr const char* table_extension = ".csv";

struct ShardHeader {
  char magic[8];
  uint32_t version;
  uint32_t records;
  uint32_t labels;             // per record: 0, or one for each class
  uint32_t description_bytes;  // the JSON object that ends the file
  uint64_t tail_offset;        // where the records begin
  uint64_t names_bytes;        // paths and patients, one after the other
  uint32_t tail_crc;           // of everything from tail_offset
  uint32_t reserved[4];        // 0
  uint32_t header_crc;         // of the 60 bytes before
};
static_assert(sizeof(ShardHeader) == 64 && std::is_trivially_copyable_v<ShardHeader>);

struct ShardRecord {
  uint64_t offset;  // of the picture: height * width * channels bytes
  uint32_t width, height;
  uint32_t channels;  // 1 or 3
  uint32_t crc;       // of the picture
  int32_t label;      // multiclass; -1: none
  uint32_t position;  // in the list that was packed
  uint32_t path_bytes, patient_bytes;
};
static_assert(sizeof(ShardRecord) == 40 && std::is_trivially_copyable_v<ShardRecord>);

/// CRC-32 (of zlib, gzip and PNG), from libdeflate, which carries the fastest one available.
uint32_t crc32_of(const void* bytes, size_t size);

}  // namespace evax::data
