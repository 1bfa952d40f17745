// Feeds arbitrary text to every reader of lists: labels, boxes, and the sources of a corpus.

#include "evax/data/corpus/sources.h"
#include "evax/data/localization/boxes.h"
#include "evax/data/readers/readers.h"
#include "tests/fuzz/harness.h"

using namespace evax::data;
using evax::fuzz::read_or_refuse;

EVAX_FUZZ_TARGET(table) {
  static const evax::fuzz::Scratch scratch;
  const std::string list = scratch.write("list.csv", evax::fuzz::text_of(input));
  DataConfig config;
  config.images = "images";
  for (const Reader read : {read_cxr14, read_chexpert, read_covidx3, read_covidx4, read_csv})
    read_or_refuse([&] { read(list, config, Role::train); });
  for (const char* kind : {"cxr14", "chexpert", "mimic_cxr", "csv"})
    read_or_refuse([&] {
      read_source({.name = kind,
                   .kind = kind,
                   .images = "images",
                   .list = list,
                   .split = list,
                   .records = list});
    });
  read_or_refuse([&] { read_boxes(list); });
}
