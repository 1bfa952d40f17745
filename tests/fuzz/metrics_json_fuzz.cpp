// Feeds arbitrary text to the reader of a run's folder: metrics.json, protocol.json and
// summary.json, one behind the other with a NUL between them.

#include "evax/report/finished_run.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(metrics_json) {
  static const evax::fuzz::Scratch scratch;
  evax::fuzz::Parts parts(input);
  const std::string_view metrics = parts.next(), protocol = parts.next();
  scratch.write("metrics.json", metrics);
  scratch.write("protocol.json", protocol);
  evax::fuzz::read_or_refuse([&] { evax::report::read_finished_run(scratch.path()); });

  static const evax::fuzz::Scratch repeated;
  repeated.write("summary.json", evax::fuzz::text_of(parts.rest()));
  repeated.write("seed_0/metrics.json", metrics);
  repeated.write("seed_0/protocol.json", protocol);
  evax::fuzz::read_or_refuse([&] { evax::report::read_finished_run(repeated.path()); });
}
