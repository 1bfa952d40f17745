// Feeds arbitrary text to every reader of lists: labels, boxes, and the sources of a corpus.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "evax/core/error.h"
#include "evax/data/corpus/sources.h"
#include "evax/data/localization/boxes.h"
#include "evax/data/readers/readers.h"

namespace {

using namespace evax::data;

template <class Read>
void try_reading(const Read& read) {
  try {
    read();
  } catch (const evax::Error&) {  // the answer to bad input
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string list =
      (std::filesystem::temp_directory_path() / ("evax-fuzz-" + std::to_string(getpid()) + ".csv"))
          .string();
  std::ofstream(list, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  DataConfig config;
  config.images = "images";
  for (const Reader read : {read_cxr14, read_chexpert, read_covidx3, read_covidx4, read_csv})
    try_reading([&] { read(list, config, Role::train); });
  for (const char* kind : {"cxr14", "chexpert", "mimic_cxr", "csv"})
    try_reading([&] {
      read_source({.name = kind,
                   .kind = kind,
                   .images = "images",
                   .list = list,
                   .split = list,
                   .records = list});
    });
  try_reading([&] { read_boxes(list); });
  std::filesystem::remove(list);
  return 0;
}
