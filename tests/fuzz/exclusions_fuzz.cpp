// Feeds arbitrary text to the reader of lists of test images, as text and as CSV, and asks what it
// took in for images.

#include "evax/data/corpus/exclusions.h"
#include "tests/fuzz/harness.h"

using namespace evax::data;

namespace {

void ask(const std::string& list, int field) {
  std::vector<CorpusExclusion> all(1);
  all[0].name = "tests";
  all[0].lists = {list};
  all[0].field = field;
  const Exclusions exclusions(all);
  for (const std::string& entry : exclusions.entries(0)) {
    SourceImage image;
    image.file = "images/" + entry;
    image.path = entry;
    exclusions.name(0, "nih", image);
    exclusions.name_nih_patient(0, "nih", image);
  }
}

}  // namespace

EVAX_FUZZ_TARGET(exclusions) {
  static const evax::fuzz::Scratch scratch;
  const auto text = evax::fuzz::text_of(input);
  const std::string list = scratch.write("list.txt", text), table = scratch.write("list.csv", text);
  for (const int field : {1, 2}) evax::fuzz::read_or_refuse([&] { ask(list, field); });
  evax::fuzz::read_or_refuse([&] { ask(table, 1); });
}
