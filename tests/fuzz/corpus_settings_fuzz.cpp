// Feeds arbitrary text to the reader of corpus.json; what it accepts must read back as the same.

#include <cstdlib>

#include "evax/data/corpus/settings.h"
#include "tests/fuzz/harness.h"

using namespace evax::data;

EVAX_FUZZ_TARGET(corpus_settings) {
  static const evax::fuzz::Scratch scratch;
  const std::string path = scratch.write("corpus.json", evax::fuzz::text_of(input));
  std::string text;
  evax::fuzz::read_or_refuse([&] { text = to_text(read_settings(path)); });
  if (!text.empty() && to_text(read_settings(scratch.write("again.json", text))) != text)
    std::abort();
}
