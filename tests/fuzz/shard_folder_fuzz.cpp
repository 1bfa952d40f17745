// Feeds a folder of one shard or two, and a corpus's manifest, to their readers: the manifest, a
// NUL, the length of the first shard, the shards.

#include "evax/data/corpus/merge.h"
#include "evax/data/corpus/read.h"
#include "evax/data/shards/read.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/sealed_shard.h"

using namespace evax::data;
using evax::fuzz::read_or_refuse;
using evax::fuzz::sealed;

EVAX_FUZZ_TARGET(shard_folder) {
  static const evax::fuzz::Scratch scratch;
  evax::fuzz::Parts parts(input);
  scratch.write(manifest_file, parts.next());
  evax::fuzz::Choices shards(parts.rest());
  const size_t first = shards.word();
  scratch.write(shard_name(0), sealed(shards.text(first)));
  if (const std::string second = shards.rest(); second.empty())
    std::filesystem::remove(scratch.path() + "/" + shard_name(1));
  else
    scratch.write(shard_name(1), sealed(second));

  for (const bool tolerant : {false, true}) {
    std::vector<std::string> notes;
    read_or_refuse([&] { read_shards(scratch.path(), tolerant ? &notes : nullptr); });
    read_or_refuse([&] {
      const Dataset corpus = read_corpus(scratch.path(), tolerant ? &notes : nullptr);
      for (const Sample& sample : corpus.samples)
        read_or_refuse([&] { read_image(corpus, sample); });
    });
  }
}
