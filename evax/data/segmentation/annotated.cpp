#include "evax/data/segmentation/annotated.h"

#include <string_view>

#include "evax/core/error.h"
#include "evax/data/segmentation/patients.h"
#include "evax/data/segmentation/sources.h"

namespace evax::data {
namespace {

struct Kind {
  std::string_view name;
  size_t fewest, most;  // paths
  std::string_view paths;
  AnnotatedSet (*read)(const AnnotatedSource& source);
};
constexpr Kind kinds[] = {{"siim", 2, 2, "a CSV and a folder of images", read_siim},
                          {"rsna", 2, 2, "a CSV and a folder of images", read_rsna},
                          {"shenzhen", 2, 2, "folders of images and masks", read_shenzhen},
                          {"montgomery", 1, 1, "a folder", read_montgomery},
                          {"jsrt", 2, 2, "folders of images and masks", read_jsrt},
                          {"v7", 1, 9, "a folder, then tables", read_v7},
                          {"folder", 1, 2, "a folder, or two of images and masks", read_pairs}};

const Kind& kind_of(const AnnotatedSource& source) {
  std::vector<std::string_view> names;
  for (const Kind& kind : kinds) {
    if (kind.name == source.kind) return kind;
    names.push_back(kind.name);
  }
  throw UsageError(
      fmt::format("expected one of the kinds {}, found '{}'", fmt::join(names, ", "), source.kind));
}

}  // namespace

AnnotatedSet read_annotated(const AnnotatedSource& source) {
  const Kind& kind = kind_of(source);
  const size_t count = source.paths.size();
  if (count < kind.fewest || count > kind.most)
    throw UsageError(fmt::format("{}: expected {}, found {} path{}", kind.name, kind.paths, count,
                                 count == 1 ? "" : "s"));
  AnnotatedSet set = kind.read(source);
  if (set.images.empty() && set.unpaired.empty())
    fail("{}: expected images with masks, found none", fmt::join(source.paths, ", "));
  if (!source.patients.empty()) add_patients(source.patients, set.images);
  return set;
}

}  // namespace evax::data
