#include "evax/data/corpus/pack.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/text.h"
#include "evax/data/corpus/marks.h"
#include "evax/data/corpus/plan.h"
#include "evax/data/corpus/settings.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// Test images are packed at the size that perceptual_hash() makes of any: no use but to compare.
constexpr int test_size = 64;

// Every part writes the same; one that would not is of another corpus.
void write_same(const std::string& path, const std::string& text, bool alone) {
  std::error_code ignored;
  const bool other = fs::exists(path, ignored) && read_text(path) != text;
  if (other && !alone)
    fail("{}: expected what the other parts of this corpus wrote, found other lists or settings",
         path);
  write_file(path, text);
}

PackResult pack_list(const PackList& list, PackOptions options) {
  options.name = [&list](size_t position) { return list.names[position]; };
  options.table = mark_table();
  return pack(list.dataset, options);
}

}  // namespace

PackResult pack_corpus(const CorpusConfig& config, const PackOptions& options) {
  CorpusPlan plan = plan_corpus(config);
  const auto below = [&](const char* name) { return (fs::path(options.folder) / name).string(); };
  make_folder(options.folder);
  const bool alone = options.parts == 1;
  write_same(below(plan_file), plan.table, alone);
  write_same(below(settings_file), to_text(settings_of(config, plan, options.size)), alone);
  plan.table = {};
  if (!plan.tests.names.empty()) {
    PackOptions tests = options;
    tests.folder = below(tests_folder);
    tests.size = test_size;
    tests.may_be_empty = true;
    pack_list(plan.tests, tests);
  }
  return pack_list(plan.images, options);
}

}  // namespace evax::data
