#include "evax/data/segmentation/source_fingerprint.h"

#include <filesystem>
#include <span>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/data/fingerprint.h"
#include "evax/image/folder.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// Raised when the same sources become other pictures or masks.
constexpr int preparation_version = 1;

std::string hash_of(const std::string& text) { return sha256(std::as_bytes(std::span(text))); }

std::string listing(const std::string& folder) {
  std::string text;
  for (const std::string& path : image::images_below(folder))
    text += fmt::format("{} {}\n", path, file_fingerprint(path));
  return hash_of(text);
}

}  // namespace

std::string fingerprint(const AnnotatedSource& source) {
  std::string text = fmt::format("{} {} {}\n", preparation_version, source.kind,
                                 source.annotations == Annotations::last ? "last" : "union");
  for (const std::string& name : source.classes) text += name + "\n";
  for (const std::string& path : source.paths)
    text +=
        (fs::is_directory(path) ? listing(path) : sha256(MappedFile::open(path)->bytes())) + "\n";
  return hash_of(text);
}

}  // namespace evax::data
