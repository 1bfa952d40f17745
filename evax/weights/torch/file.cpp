#include "evax/weights/torch/file.h"

#include <cstring>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/weights/torch/storage_types.h"
#include "evax/weights/torch/unpickler.h"

namespace evax::weights::torch {
namespace {

// 0x1950a86a20f9469cfc6c, little-endian: the first pickle of the legacy format.
constexpr std::string_view legacy_magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t legacy_protocol = 1001;
constexpr std::string_view pickle_entry = "/data.pkl";

/// ('storage', storage type, key, location, elements[, view]) (torch/serialization.py).
struct StorageId {
  DType dtype;
  std::string_view key;
  int64_t elements;
};

StorageId storage_id(const Value& id, const std::string& path) {
  const auto* tuple = id.get<Sequence>();
  if (tuple == nullptr || tuple->kind != Sequence::Kind::tuple || tuple->items.size() < 5)
    fail("{}: expected a persistent id that names a storage, found {}", path, describe(id));
  const auto* kind = tuple->items[0]->get<Text>();
  const auto* type = tuple->items[1]->get<Global>();
  const auto* key = tuple->items[2]->get<Text>();
  const auto* elements = tuple->items[4]->get<int64_t>();
  const bool has_view = tuple->items.size() > 6 ||
                        (tuple->items.size() == 6 && tuple->items[5]->get<None>() == nullptr);
  if (kind == nullptr || kind->utf8 != "storage" || type == nullptr || key == nullptr ||
      elements == nullptr)
    fail("{}: expected a persistent id that names a storage, found another", path);
  if (has_view)
    fail("{}: the storage '{}' is a view of another, which is not read", path, key->utf8);
  if (const auto dtype = storage_dtype(type->name)) return {*dtype, key->utf8, *elements};
  fail("{}: expected a storage type, found {}", path, type->name);
}

std::string archive_folder(const Zip& zip, const std::string& path) {
  std::string folder;
  size_t found = 0;
  for (const auto& [name, entry] : zip.entries())
    if (name.ends_with(pickle_entry) && name.find('/') == name.size() - pickle_entry.size()) {
      folder = name.substr(0, name.size() - pickle_entry.size() + 1);
      ++found;
    }
  if (found != 1)
    fail("{}: expected a PyTorch checkpoint, found a zip archive with {} data.pkl in it", path,
         found);
  return folder;
}

void check_byte_order(Zip& zip, const std::string& folder, const std::string& path) {
  const std::string name = folder + "byteorder";
  if (!zip.entries().contains(name)) return;
  const Bytes bytes = zip.read(name);
  const std::string_view order(reinterpret_cast<const char*>(bytes.view.data()), bytes.view.size());
  if (order != "little") fail("{}: expected byte order 'little', found '{}'", path, order);
}

}  // namespace

bool File::recognises(std::span<const std::byte> bytes) {
  return Zip::recognises(bytes) ||
         (!bytes.empty() && bytes[0] == static_cast<std::byte>(Op::proto));
}

File File::open(const std::string& path) {
  const auto file = MappedFile::open(path);
  return {Bytes{file->bytes(), file}, path};
}

File::File(Bytes bytes, const std::string& path)
    : arena_(std::make_unique<Arena>(path)), storages_(std::make_unique<StorageTable>(path)) {
  container_ = Zip::recognises(bytes.view) ? Container::zip : Container::legacy;
  if (container_ == Container::zip)
    read_zip(std::move(bytes));
  else
    read_legacy(std::move(bytes));
}

void File::read_zip(Bytes bytes) {
  const std::string& path = arena_->path();
  const auto zip = zip_ = std::make_shared<Zip>(std::move(bytes), path);
  const std::string folder = folder_ = archive_folder(*zip, path);
  check_byte_order(*zip, folder, path);
  pickle_ = zip->read(folder + std::string(pickle_entry.substr(1)));

  const auto load_storage = [&](const Value& id) {
    const StorageId storage = storage_id(id, path);
    const size_t index = storages_->declare(storage.key, storage.dtype, storage.elements);
    const auto entry = zip->entries().find(folder + "data/" + std::string(storage.key));
    if (entry == zip->entries().end())
      fail("{}: the zip archive has no storage '{}'", path, storage.key);
    const uint64_t size = static_cast<uint64_t>(storage.elements) * size_of(storage.dtype);
    if (entry->second.size != size)
      fail("{}: the storage '{}' needs {} bytes, found {}", path, storage.key, size,
           entry->second.size);
    return arena_->make(StorageRef{index});
  };
  storages_->set_loader(
      [zip, folder](const std::string& key, size_t) { return zip->read(folder + "data/" + key); });
  Constructors constructors(*arena_, *storages_);
  root_ = &Unpickler(pickle_.view, *arena_, constructors, load_storage).load();
}

std::optional<std::string> File::record(const std::string& name) const {
  if (!zip_ || !zip_->entries().contains(folder_ + name)) return std::nullopt;
  const Bytes bytes = zip_->read(folder_ + name);
  return std::string(reinterpret_cast<const char*>(bytes.view.data()), bytes.view.size());
}

void File::read_legacy(Bytes bytes) {
  const std::string& path = arena_->path();
  Constructors constructors(*arena_, *storages_);
  const auto load_storage = [&](const Value& id) {
    const StorageId storage = storage_id(id, path);
    return arena_->make(
        StorageRef{storages_->declare(storage.key, storage.dtype, storage.elements)});
  };
  pickle_ = bytes;
  auto rest = bytes.view;
  const auto next = [&]() -> const Value& {
    Unpickler unpickler(rest, *arena_, constructors, load_storage);
    const Value& value = unpickler.load();
    rest = rest.subspan(unpickler.position());
    return value;
  };

  const auto* magic = next().get<BigInt>();
  if (magic == nullptr || magic->little_endian != legacy_magic)
    fail("{}: expected a PyTorch checkpoint, found a pickle without its magic number", path);
  const auto* protocol = next().get<int64_t>();
  if (protocol == nullptr || *protocol != legacy_protocol)
    fail("{}: expected version {} of the legacy PyTorch format", path, legacy_protocol);
  const auto* system = next().get<Dict>();
  const Value* little = system == nullptr ? nullptr : find(*system, "little_endian");
  if (little == nullptr || little->get<bool>() == nullptr || !*little->get<bool>())
    fail("{}: expected byte order 'little', found another", path);
  root_ = &next();

  const auto* keys = next().get<Sequence>();
  if (keys == nullptr) fail("{}: expected a list of storages", path);
  std::map<std::string, Bytes> found;
  for (const Value* item : keys->items) {
    const auto* key = item->get<Text>();
    const auto dtype = key == nullptr ? std::nullopt : storages_->dtype_of(key->utf8);
    if (!dtype) fail("{}: the list of storages names one that no tensor uses", path);
    int64_t elements = 0;
    if (rest.size() < sizeof elements) fail("{}: the file ends before '{}'", path, key->utf8);
    std::memcpy(&elements, rest.data(), sizeof elements);
    rest = rest.subspan(sizeof elements);
    if (elements < 0 || static_cast<uint64_t>(elements) > rest.size() / size_of(*dtype))
      fail("{}: the storage '{}' of {} elements does not fit the file", path, key->utf8, elements);
    const size_t size = static_cast<size_t>(elements) * size_of(*dtype);
    if (!found.emplace(key->utf8, Bytes{rest.first(size), bytes.owner}).second)
      fail("{}: the storage '{}' is there twice", path, key->utf8);
    rest = rest.subspan(size);
  }
  storages_->set_loader([found, path](const std::string& key, size_t) {
    const auto storage = found.find(key);
    if (storage == found.end()) fail("{}: the storage '{}' is not in the file", path, key);
    return storage->second;
  });
}

}  // namespace evax::weights::torch
