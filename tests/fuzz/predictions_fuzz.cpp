// Feeds arbitrary text to the readers of predictions.csv: findings, whose table must read back as
// the same, and masks.

#include <cstdlib>

#include "evax/report/findings/predictions_file.h"
#include "evax/report/segmentation/predictions_file.h"
#include "tests/fuzz/harness.h"

using namespace evax::report;
using evax::fuzz::read_or_refuse;

EVAX_FUZZ_TARGET(predictions) {
  static const evax::fuzz::Scratch scratch;
  const std::string path = scratch.write("predictions.csv", evax::fuzz::text_of(input));
  std::string table;
  read_or_refuse([&] { table = predictions_csv(read_predictions(path)); });
  if (!table.empty() &&
      predictions_csv(read_predictions(scratch.write("again.csv", table))) != table)
    std::abort();
  read_or_refuse([&] { holds_masks(path); });
  read_or_refuse([&] { read_segmentations(path); });
}
