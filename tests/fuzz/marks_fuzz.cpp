// Feeds a shard and the table of marks beside it to their reader: the table, a NUL, the shard,
// whose checksums are set right.

#include "evax/data/corpus/marks.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/sealed_shard.h"

using namespace evax::data;

EVAX_FUZZ_TARGET(marks) {
  static const evax::fuzz::Scratch scratch;
  evax::fuzz::Parts parts(input);
  scratch.write(table_name(0), parts.next());
  scratch.write(shard_name(0), evax::fuzz::sealed(std::string(evax::fuzz::text_of(parts.rest()))));
  evax::fuzz::read_or_refuse([&] {
    const Marks marks = read_marks(scratch.path());
    for (size_t i = 0; i < marks.marks.size(); ++i)
      if (marks.marks[i].problem.empty()) marks.name(i);
  });
}
