// Lung masks of V7's COVID-19 data set: pairs of files, and tables about the images.

#include <array>
#include <filesystem>
#include <unordered_map>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/segmentation/sources.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// What is kept of a table's row: of a manifest the licence and its tier, of the COVID-19 image data
// collection's metadata.csv the patient and the view; the rest may say more about a patient.
const std::vector<std::string> kept_columns{"view", "licence", "tier"};

class Details {
 public:
  explicit Details(AnnotatedSet& set) : set_(set) {
    set.meta = kept_columns;
    for (size_t i = 0; i < set.images.size(); ++i) {
      set.images[i].meta.resize(kept_columns.size());
      by_file_[fs::path(set.images[i].path).filename().string()] = i;
    }
  }

  void add(const std::string& path) {
    CsvTable table(path);
    const auto file = find_any(table, {"file", "filename"});
    if (!file) fail("{}: expected a column 'file' or 'filename', found neither", path);
    const auto patient = find_patient(table);
    const std::array columns{table.find("view"), find_any(table, {"licence", "license"}),
                             table.find("tier")};
    while (table.next()) {
      AnnotatedImage* image = find(std::string(trim(table[*file])));
      if (image == nullptr) continue;
      if (patient) image->patient = trim(table[*patient]);
      for (size_t i = 0; i < columns.size(); ++i)
        if (columns[i]) image->meta[i] = trim(table[*columns[i]]);
    }
  }

 private:
  // A manifest names files by their path, of which it may have several of one name.
  AnnotatedImage* find(const std::string& file) {
    const auto found = by_file_.find(fs::path(file).filename().string());
    if (found == by_file_.end()) return nullptr;
    AnnotatedImage& image = set_.images[found->second];
    const std::string path = "/" + fs::absolute(image.path).lexically_normal().string();
    return path.ends_with("/" + file) ? &image : nullptr;
  }

  AnnotatedSet& set_;
  std::unordered_map<std::string, size_t> by_file_;
};

void keep_tier(const std::string& tier, AnnotatedSet& set) {
  std::erase_if(set.images, [&](const AnnotatedImage& image) { return image.meta[2] != tier; });
  if (set.images.empty())
    fail("--tier {}: expected a table that names images of this tier, found none", tier);
}

}  // namespace

AnnotatedSet read_v7(const AnnotatedSource& source) {
  AnnotatedSource pairs = source;
  pairs.paths.resize(1);
  AnnotatedSet set = read_pairs(pairs);
  set.classes = {"lung"};
  if (source.paths.size() > 1) {
    Details details(set);
    for (size_t i = 1; i < source.paths.size(); ++i) details.add(source.paths[i]);
  }
  if (!source.tier.empty()) {
    if (set.meta.empty())
      fail("--tier {}: expected a manifest after the folder, found none", source.tier);
    keep_tier(source.tier, set);
  }
  return set;
}

}  // namespace evax::data
