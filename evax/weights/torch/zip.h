#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "evax/core/file.h"

namespace evax::weights::torch {

/// Bytes and whoever keeps them alive.
struct Bytes {
  std::span<const std::byte> view;
  std::shared_ptr<const void> owner;
};

/// A read-only zip archive in memory (PKWARE APPNOTE 6.3; ZIP64; stored and deflated entries, which
/// is all PyTorch's own writer and ordinary zip programs make). Nothing is ever extracted to disk,
/// so names are only keys. Stored entries are windows into the archive, which is why this is not
/// libzip: it does not expose where an entry's bytes are. Throws Error naming the path.
class Zip {
 public:
  struct Entry {
    uint16_t method = 0;
    uint32_t crc = 0;
    uint64_t packed_size = 0;
    uint64_t size = 0;
    uint64_t header = 0;  // offset of the local header
  };

  /// Whether the bytes start as a zip archive does.
  static bool recognises(std::span<const std::byte> bytes);

  Zip(Bytes archive, std::string path);

  const std::map<std::string, Entry>& entries() const { return entries_; }

  /// The whole entry, checked against its size and CRC. Takes memory only for a deflated entry,
  /// after its size was found possible for its packed size, and 512 MB at most for all of them.
  Bytes read(const std::string& name);

 private:
  void read_directory();
  Bytes packed_bytes(const std::string& name, const Entry& entry) const;

  Bytes archive_;
  std::string path_;
  std::map<std::string, Entry> entries_;
  uint64_t inflated_ = 0;
};

/// Writes a zip archive of stored entries through an AtomicFile, front to back. Dates are fixed and
/// every entry's data starts at a multiple of 64 bytes, as PyTorch asks for, so equal entries give
/// equal bytes. Entries and archive stay below 4 GiB; Error otherwise.
class ZipWriter {
 public:
  explicit ZipWriter(std::string path);
  /// The pieces follow one another in the entry.
  void add(const std::string& name, const std::vector<std::span<const std::byte>>& pieces);
  void commit();

 private:
  void append(const std::string& bytes);

  std::string path_;
  AtomicFile file_;
  uint64_t position_ = 0;
  std::string directory_;
  uint16_t count_ = 0;
};

}  // namespace evax::weights::torch
