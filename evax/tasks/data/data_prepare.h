#pragma once

#include <string>

#include "evax/data/segmentation/annotated.h"
#include "evax/image/read.h"

namespace evax::tasks {

struct DataPrepareOptions {
  data::AnnotatedSource source;
  std::string output;                 // folder
  std::string train_list, test_list;  // files with an image's name a line; empty: none
  image::ReadOptions reading;
  size_t threads = 0;  // 0: all
};

/// `evax data prepare`: a segmentation data set in its publisher's form -> images/NAME.png,
/// masks/NAME.png (0 background, 1 ... C) and the lists train.csv and test.csv, or all.csv. Images
/// without target are left out; images that an earlier run on the same sources prepared
/// (PreparedLog) are kept. Returns the exit code: 3 when some of it could not be prepared.
int data_prepare(const DataPrepareOptions& options);

}  // namespace evax::tasks
